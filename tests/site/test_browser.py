"""The site as a reader meets it: a real browser, two themes, two widths, no other host."""

import base64
import gzip

import pytest
import toc
from covering import covering, elements
from site_explorers import ON_PAGE, views_of
from site_pages import FIRST, PAGES, ROOT, SITE

AXE = ROOT / "node_modules/axe-core/axe.min.js"
# every rule that axe-core has, its experiments, best practice and AAA, except:
# AAA asks for a contrast of 7 where AA asks for 4.5; the theme's links and buttons, the colors of
# code and the components' own colors keep AA, so that they stay as far apart from one another
NOT_ASKED = ["color-contrast-enhanced"]
WIDTHS = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
PAGE_KILOBYTES = 400

RAW_TEX = r"""() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent, parent = walker.currentNode.parentElement;
    // code shows dollars and backslashes on purpose; MathML keeps the source as an annotation
    if (parent.closest("script, style, pre, code, annotation")) continue;
    if (/\\[(\[]|\$\$|\\(begin|frac|mathcal|sum|mu|sigma|pi|theta)\b/.test(text))
      found.push(text.trim());
  }
  for (const e of document.querySelectorAll(".katex-error")) found.push(e.outerHTML);
  return found;
}"""

TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > width + 1).slice(0, 5)
    .map(e => e.outerHTML.slice(0, 120)).concat([`page: ${document.documentElement.scrollWidth}`]);
}"""

# an icon that its font lacks is drawn as an empty box or not at all: ask how wide its glyph is
ICONS = r"""async () => {
  await document.fonts.ready;
  const found = [];
  for (const icon of document.querySelectorAll("i[class*='fa-'], span[class*='fa-']")) {
    if (!icon.getClientRects().length) continue;
    const glyph = getComputedStyle(icon, "::before");
    const shown = /^"[\ue000-\uf8ff]"$/.test(glyph.content);
    const font = `${glyph.fontWeight} 16px ${glyph.fontFamily}`;
    if (!shown || !document.fonts.check(font, glyph.content[1])) found.push(icon.outerHTML);
  }
  return found;
}"""


@pytest.fixture(params=["light", "dark"])
def theme(request, page):
    page.add_init_script(
        f"localStorage.setItem('mode', '{request.param}');"
        f"localStorage.setItem('theme', '{request.param}');"
    )
    return request.param


@pytest.fixture(params=WIDTHS)
def width(request, page):
    page.set_viewport_size(WIDTHS[request.param])
    return request.param


# A long page has thousands of words of code in ten colors: of each color axe-core sees one.
ONE_OF_EACH = """() => {
  const seen = new Set();
  for (const word of document.querySelectorAll("pre > span")) {
    const where = ["[class*='highlight-']", ".sd-card, .admonition, details"];
    const look = [word, ...where.map(what => word.closest(what))].map(e => e?.className).join();
    if (seen.has(look)) word.style.visibility = "hidden";
    seen.add(look);
  }
}"""


def violations(page, *within):
    """What axe-core finds wrong, one line each."""
    page.evaluate(ONE_OF_EACH)
    page.add_script_tag(path=AXE)
    result = page.evaluate(
        """([within, notAsked]) => axe.run({include: within}, {
          preload: false, resultTypes: ["violations"],
          rules: Object.fromEntries(axe.getRules().map(({ruleId}) =>
            [ruleId, {enabled: !notAsked.includes(ruleId)}]))})""",
        [within or ["html"], NOT_ASKED],
    )
    assert len(result["passes"]) > 1
    return [
        f"{found['id']} ({found['impact']}), {len(found['nodes'])} times: "
        f"{found['nodes'][0]['html'][:200]} {found['nodes'][0]['failureSummary'][:300]}"
        for found in result["violations"]
    ]


def use(page):
    """Open every fold, and move and play every explorer to its end."""
    page.evaluate("document.querySelectorAll('article details').forEach(e => { e.open = true; })")
    for explorer in page.locator(".gx-explorer").all():
        ranges = explorer.locator("input[type=range]")
        for number in range(ranges.count()):
            ranges.nth(number).press("End")
        play = explorer.get_by_role("button", name="Play")
        if play.count():
            ranges.last.press("ArrowLeft")
            play.press("Enter")  # a click would wait for the page to have glided there
    for explorer in page.locator(".gx-explorer").all():
        explorer.get_by_text("Pause", exact=True).wait_for(state="detached")
    page.evaluate("scrollTo(0, 0)")


# chapters that have, together, every element that any has, and all other pages
CHAPTERS = [f"{page.name}.html" for page in toc.pages() if page.number and not page.out]
STAND_FOR_ALL = {
    path
    for (path,) in covering(
        [(path,) for path in CHAPTERS],
        lambda path: elements((SITE / path).read_text(encoding="utf-8")),
    )
}
TWO = [PAGES[0], FIRST]
OTHERS = [path for path in PAGES if path not in TWO]
HEARD = {*TWO, *STAND_FOR_ALL, *(path for path in PAGES if path not in CHAPTERS)}
ALL_FOUR = [(width, theme) for width in WIDTHS for theme in ("light", "dark")]
# axe-core takes seconds a page: two pages in all widths and themes, untouched and after use, the
# others after use in one of the four, the next page in the next; and not on a chapter that has
# nothing that others do not have
LOOKS = [(path, *look) for path in TWO for look in ALL_FOUR]
LOOKS += [(path, "desk", "light") for path in ("search.html", "genindex.html")]
LOOKS_AFTER = [(path, *look) for path in TWO for look in ALL_FOUR]
LOOKS_AFTER += [(path, *ALL_FOUR[i % 4]) for i, path in enumerate(OTHERS)]
OTHER_WIDTH = {"desk": WIDTHS["phone"], "phone": WIDTHS["desk"]}


def faults_to_see(page, heard=True):
    seen = page.evaluate(TOO_WIDE) + page.evaluate(ICONS)
    return seen + (violations(page) if heard else [])


@pytest.mark.parametrize(("path", "width", "theme"), LOOKS, indirect=["width", "theme"])
def test_accessible_and_within_the_screen_with_every_icon(path, width, theme, open_page):
    page = open_page(path)
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    found = faults_to_see(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("path", "width", "theme"), LOOKS_AFTER, indirect=["width", "theme"])
def test_accessible_and_within_the_screen_after_use(path, width, theme, open_page):
    page = open_page(path)
    use(page)
    found = faults_to_see(page, heard=path in HEARD)
    page.set_viewport_size(OTHER_WIDTH[width])
    found += page.evaluate(TOO_WIDE)
    assert not found, "\n".join(found)


# with explorers: test_explorers.py
@pytest.mark.parametrize("path", [path for path in PAGES if path not in ON_PAGE])
def test_text_of_twice_the_size_stays_within_a_phone(path, open_page, page):
    page.set_viewport_size(WIDTHS["phone"])
    open_page(path).add_style_tag(content="html { font-size: 200% !important; }")
    assert page.evaluate(TOO_WIDE) == []


def test_the_first_stop_of_the_keyboard_leads_to_the_text(open_page):
    page = open_page(FIRST)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('article') !== null")


def test_a_page_without_javascript_has_a_theme_and_a_header_that_hides_what_it_covers(
    browser, base_url
):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(base_url + FIRST)
        assert page.locator("html[data-theme=light]").count() == 1
        header = page.locator(".bd-header-article")
        color = header.evaluate("e => getComputedStyle(e).backgroundColor")
        assert color.startswith("rgb(")


def test_a_printed_page_shows_what_is_folded(open_page):
    page = open_page(FIRST)
    count = "document.querySelectorAll('article details:not([open])').length"
    folded = page.evaluate(count)
    assert folded > 5
    page.evaluate(f"addEventListener('beforeprint', () => {{ window.left = {count}; }})")
    page.pdf()
    assert page.evaluate("window.left") == 0
    assert page.evaluate(count) == folded


A4 = {"width": 680, "height": 1000}  # pixels between the margins
SEEN = """[...document.querySelectorAll("article *")].filter(e => e.checkVisibility() &&
  !e.closest("svg, .katex-mathml, .visually-hidden"))"""
CUT = f"""{SEEN}.filter(e => getComputedStyle(e).overflowX != "visible" && e.clientWidth &&
  e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML.slice(0, 120))"""
OUT = f"""{SEEN}.filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 120))"""
SCREEN_ONLY = "button, .bd-sidebar-primary, .bd-sidebar-secondary, .headerlink, .prev-next-footer"


@pytest.mark.parametrize("path", [*PAGES, "search.html", "genindex.html"])
def test_loads_light_without_an_error_or_raw_mathematics_and_is_white_and_whole_on_paper(
    path, open_page, page, base_url
):
    loaded = []
    page.on("response", lambda response: loaded.append(response.url))
    page.emulate_media(color_scheme="dark")
    open_page(path).wait_for_load_state("networkidle")
    total = 0
    for url in {url.split("?")[0].split("#")[0] for url in loaded if url.startswith(base_url)}:
        file = SITE / url[len(base_url) :]
        total += len(gzip.compress(file.read_bytes()))
    assert 0 < total <= PAGE_KILOBYTES * 1000, f"{total / 1000:.0f} kB compressed"
    assert page.evaluate(RAW_TEX) == []
    assert page.evaluate("typeof MathJax") == "undefined"
    broken = "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
    assert page.evaluate(broken) == []
    if path in PAGES:
        assert_fit_for_paper(page)


def assert_fit_for_paper(page):
    """White, nothing cut off, and nothing on it that is for a screen only."""
    page.set_viewport_size(A4)
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.evaluate(CUT) == [] and page.evaluate(OUT) == []
    seen = page.locator(SCREEN_ONLY).evaluate_all(
        "all => all.filter(e => e.checkVisibility()).length"
    )
    assert seen == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_front_page_has_one_explorer_and_it_packs_to_80_kilobytes():
    (view,) = views_of(PAGES[0]).values()
    assert len(base64.b64decode(view["data"])) <= 80_000


@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_the_first_screen_of_the_front_page_holds_an_em_that_moves(size, open_page, page):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_page(PAGES[0]).wait_for_selector("html[data-explorers=ready]", state="attached")
    first = page.locator(".gx-explorer").first
    sliders = first.locator("input[type=range]")
    play = first.get_by_role("button", name="Play")
    for part in (*sliders.all(), play, first.locator("svg[role=img]")):
        box = part.bounding_box()
        assert 0 <= box["x"] and box["x"] + box["width"] <= size[0]
        assert 0 <= box["y"] and box["y"] + box["height"] <= size[1]
    ellipse = first.locator("[data-kind=Ellipses] path").last
    before = ellipse.get_attribute("d")
    play.click()
    page.wait_for_function(
        "([path, d]) => path.getAttribute('d') !== d", arg=[ellipse.element_handle(), before]
    )
    assert page.evaluate("scrollY") == 0


def test_the_root_of_the_site_opens_the_front_page(open_page):
    page = open_page("")
    page.wait_for_url(f"**/{PAGES[0]}")
    assert page.locator("article h1").first.is_visible()


def test_the_site_opens_from_the_disk(page):
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("requestfailed", lambda request: errors.append(request.url))
    page.goto((SITE / "index.html").as_uri())
    page.wait_for_url(f"**/{PAGES[0]}")
    assert page.locator("article h1").first.is_visible()
    assert errors == []


def test_the_theme_switch_turns_the_page_dark(open_page):
    page = open_page(PAGES[0])
    background = "getComputedStyle(document.body).backgroundColor"
    button = page.locator("button.theme-switch-button:visible").first
    seen = {}
    for _ in range(3):
        button.click()
        seen[page.evaluate("document.documentElement.dataset.theme")] = page.evaluate(background)
    assert set(seen) == {"light", "dark"} and seen["light"] != seen["dark"]


def test_search_finds_a_word_of_a_chapter(open_page):
    page = open_page("search.html?q=mixture")
    page.locator("#search-results li").first.wait_for()
    assert page.locator("#search-results li").count() > 0


# ---- these checks can fail -------------------------------------------------------------------


def test_raw_mathematics_is_found(page):
    page.set_content(r"<p>\(x\)</p><p>$$y$$</p><code>$$</code><span class='katex-error'>z</span>")
    assert len(page.evaluate(RAW_TEX)) == 3


def test_a_page_that_is_too_wide_is_found(page):
    page.set_viewport_size(WIDTHS["phone"])
    page.set_content("<div style='width: 800px'>wide</div>")
    assert page.evaluate(TOO_WIDE) != []


def test_an_unreadable_page_is_found(page):
    page.set_content("<p style='color: #ccc; background: #fff'>pale</p><img src='data:,'>")
    assert len(violations(page)) >= 2


def test_an_unreadable_color_of_code_is_found(page):
    words = "<span class=k>good</span> <span class=n style='color: #ccc'>pale</span>"
    page.set_content(f"<pre style='background: #fff'>{words} {words}</pre>")
    (found,) = [fault for fault in violations(page) if fault.startswith("color-contrast")]
    assert "1 times" in found and "pale" in found


def test_a_missing_icon_is_found(page):
    page.set_content("<i class='fa-solid fa-sun' style='display: inline-block'>.</i>")
    assert len(page.evaluate(ICONS)) == 1


def test_a_request_to_another_host_and_a_console_error_are_found(watch):
    page = watch.open(PAGES[0])
    page.evaluate("console.error('oops'); new Image().src = 'http://example.org/a.png'")
    page.wait_for_timeout(300)
    assert any("oops" in fault for fault in watch.faults)
    assert any("request to elsewhere" in fault for fault in watch.faults)
