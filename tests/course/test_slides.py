"""The three lectures, as `make slides` built them: alone on a disk, alive, and inside their frame.

Reads _build/slides and _build/html (make slides), course/slides and tools/course.
"""

import json
import re
import shutil
from collections import Counter
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import browser as chromium
import nbformat
import pytest
import slides
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rules.letters import letters
from rules.numbers import held, written
from rules.reading import words_of

ROOT = Path(__file__).parents[2]
BUILT, SITE = ROOT / "_build/slides", ROOT / "_build/html"
LECTURES = sorted((ROOT / "course/slides").glob("*.ipynb"))
EACH = pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)
ASKED = re.compile(r"^```\{(\w+)\} (.*)$", re.M)
INSIDE = """() => {
  const slide = Reveal.getCurrentSlide().querySelector(".slide"), faults = [];
  const edges = slide.getBoundingClientRect(), scale = edges.width / 1280;
  const box = (e) => e.getBoundingClientRect();
  const says = (e) => `${e.tagName}.${e.getAttribute("class")} “${e.textContent.slice(0, 40)}”`;
  const foot = box(slide.querySelector(".foot")).top, heading = slide.querySelector("h1, h2");
  for (const e of slide.querySelectorAll("*")) {
    // cut off by the frame of a plot, or there for screen readers only
    if (e.closest(".gx-inside, [clip-path], .katex-mathml, .gx-heard")) continue;
    const b = box(e);
    if (!b.width || !b.height) continue;
    const out = b.left < edges.left - 1 || b.top < edges.top - 1 || b.right > edges.right + 1;
    const low = !e.closest(".foot, svg") && !e.childElementCount && b.bottom > foot + 2 * scale;
    if (out || low || b.bottom > edges.bottom + 1) faults.push(says(e));
  }
  for (const e of slide.querySelectorAll(".column")) {
    if (e.scrollWidth > e.clientWidth + 1) faults.push(`wider than its column: ${says(e)}`);
  }
  // nothing lies on the words of the heading
  const words = document.createRange();
  words.selectNodeContents(heading);
  const h = words.getBoundingClientRect();
  for (const e of slide.querySelectorAll(".column > *, .gx-controls > *")) {
    const b = box(e), across = b.left < h.right && b.right > h.left;
    const on = b.width && across && b.top < h.bottom - 1 && b.bottom > h.top;
    if (on) faults.push(`on the heading: ${says(e)}`);
  }
  return faults;
}"""
GO = """(selector) => {
  const slide = document.querySelector(selector).closest("section");
  const { h, v } = Reveal.getIndices(slide);
  Reveal.slide(h, v, 99);
}"""
DRAWN = "(name) => document.getElementById(name).querySelector('.gx').innerHTML"
PUT = """([name, slider, at]) => {
  const input = document.getElementById(`${name}-${slider}`);
  input.value = at;
  input.dispatchEvent(new Event(input.tagName === "SELECT" ? "change" : "input"));
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {
        **browser_type_launch_args, "executable_path": chromium.find(), "args": chromium.ARGS
    }  # fmt: skip


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The built folder by itself, at a place with a space and an umlaut in its name."""
    assert (BUILT / "index.html").exists(), "there are no slides to test: run make slides first"
    return shutil.copytree(BUILT, tmp_path_factory.mktemp("a disk") / "Vorträge 1")


@pytest.fixture(scope="module")
def pages(browser, alone):
    """Each lecture opened from the disk, the longer version; what went wrong there."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(10_000)
    opened = {}

    def lecture(path):
        if path not in opened:
            page, faults = context.new_page(), []
            near = (alone.as_uri() + "/", "data:", "blob:")
            page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
            page.on("console", lambda said: said.type == "error" and faults.append(said.text))
            page.on(
                "request",
                lambda asked: asked.url.startswith(near) or faults.append(f"asks {asked.url}"),
            )
            page.on("requestfailed", lambda asked: faults.append(f"failed: {asked.url}"))
            page.goto(f"{(alone / path.stem).as_uri()}.html?long")
            page.wait_for_selector("html[data-explorers=ready]", state="attached")
            opened[path] = page, faults
        # the others draw nothing meanwhile
        opened[path][0].bring_to_front()
        return opened[path]

    yield lecture
    context.close()


def source(path):
    return nbformat.read(path, as_version=4)


def asked(path, kind):
    """What the directives of one kind ask for, in the order of the lecture."""
    return [
        words for cell in source(path).cells if cell.cell_type == "markdown"
        for found, words in ASKED.findall(cell.source) if found == kind
    ]  # fmt: skip


def declared(page, kind, name):
    """What the page's widgets say of an explorer ("spec") or of a question ("question")."""
    state = json.loads(page.locator(f'script[type="{slides.STATE}"]').text_content())["state"]
    found = [entry["state"][kind] for entry in state.values() if kind in entry["state"]]
    return next(one for one in found if one["name"] == name)


# ---- the files -------------------------------------------------------------------------------


@EACH
def test_a_lecture_needs_nothing_but_its_folder(pages, path):
    page, faults = pages(path)
    for _ in range(100):
        page.keyboard.press("PageDown")  # as a clicker does
    assert page.evaluate("Reveal.isLastSlide()")
    assert faults == []


@EACH
def test_links_lead_to_pages_and_places_of_the_book(path):
    text = (BUILT / f"{path.stem}.html").read_text(encoding="utf-8")
    links = [urlsplit(unescape(href)) for href in re.findall(r'<a[^>]* href="([^"]+)"', text)]
    assert len(links) >= 15
    elsewhere = slides.full_book() if slides.left_out() else None
    for link in links:
        if elsewhere and link.geturl().startswith(f"{elsewhere}/"):
            continue
        assert not link.scheme and not link.netloc, link
        target = (BUILT / unquote(link.path)).resolve()
        assert target.exists(), link
        place = link.fragment.partition("?")[0]
        assert not place or f'id="{place}"' in target.read_text(encoding="utf-8"), link


def test_the_first_page_lists_the_lectures_in_both_lengths():
    text = (BUILT / "index.html").read_text(encoding="utf-8")
    for path in LECTURES:
        assert f'href="{path.stem}.html"' in text and f'href="{path.stem}.html?long"' in text


# ---- time, and what is said ------------------------------------------------------------------


@EACH
def test_the_minutes_add_up_and_every_slide_has_notes(pages, path):
    page, _ = pages(path)
    found = page.evaluate("""[...document.querySelectorAll(".slides section section")].map((s) => [
      s.matches(".long"), Number(s.dataset.minutes), s.querySelector("aside.notes").innerText])""")
    assert sum(minutes for _, minutes, _ in found) == 80
    assert sum(minutes for is_long, minutes, _ in found if not is_long) == 50
    assert 18 <= sum(not is_long for is_long, _, _ in found) <= 25
    assert all(len(said.split()) >= 15 for _, _, said in found)
    # what students get wrong stands at nearly every slide
    wrong = [bool(re.search(r"Often answered|Misconception", said)) for *_, said in found]
    assert sum(wrong) >= 0.6 * len(found)
    clocks = [re.findall(r"(\d+)–(\d+) of (\d+)", said) for *_, said in found]
    for length in ("50", "80"):
        spans = [(int(a), int(b)) for clock in clocks for a, b, of in clock if of == length]
        assert spans[0][0] == 0 and spans[-1][1] == int(length)
        assert all(before[1] == after[0] for before, after in pairwise(spans))


@EACH
def test_the_shorter_lecture_has_the_slides_of_fifty_minutes_only(browser, alone, path):
    page = browser.new_page()
    page.goto(f"{(alone / path.stem).as_uri()}.html")
    page.wait_for_selector("html[data-explorers=ready]", state="attached")
    assert page.locator("section.long").count() == 0
    minutes = page.evaluate("""[...document.querySelectorAll("section[data-minutes]")]
      .reduce((sum, slide) => sum + Number(slide.dataset.minutes), 0)""")
    assert minutes == 50
    page.close()


@EACH
def test_a_number_on_a_slide_or_in_its_notes_was_computed(path):
    lecture = slides.executed(path)
    chapters = {cell.metadata.get("gmm", {}).get("chapter") for cell in lecture.cells} - {None}
    books = [nbformat.read(ROOT / f"book/{name}.ipynb", as_version=4) for name in chapters]
    for cell in lecture.cells:  # what a cell shows as Markdown is an output too
        for output in cell.get("outputs", []):
            if text := output.get("data", {}).get("text/markdown"):
                output["data"]["text/plain"] = text
    sizes = set().union(*(held(notebook)[0] for notebook in [lecture, *books]))
    for notebook in books:  # the chapters' own text has passed this rule
        for cell in notebook.cells:
            sizes |= {size for _, size, *_ in written(words_of(cell))}
    loose = [
        (shown, cell.source[:60])
        for cell in lecture.cells
        for shown, size, digits, percent, _ in written(words_of(cell))
        if not any(
            abs(scale * one - size) <= 0.5 * 10.0**-digits * (1 + 1e-9)
            for scale in ((1, 100) if percent else (1,))
            for one in sizes
        )
    ]
    assert loose == []


@EACH
def test_letters_mean_what_they_mean_in_the_book(path):
    assert list(letters(source(path))) == []


# ---- what is seen ----------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_leaves_its_slide(pages, path, theme):
    page, _ = pages(path)
    if page.evaluate("document.documentElement.dataset.theme") != theme:
        page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.evaluate("Reveal.slide(0)")
    wrong = {}
    for number in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate("while (Reveal.availableFragments().next) Reveal.nextFragment()")
        page.wait_for_timeout(60)  # a picture is drawn when its slide is first seen
        if faults := page.evaluate(INSIDE):
            wrong[number] = faults
        page.evaluate("Reveal.next()")
    assert wrong == {}


@EACH
def test_an_explorer_is_the_books_in_the_state_asked_for_and_each_slider_moves_it(pages, path):
    page, _ = pages(path)
    wanted = asked(path, "explorer")
    assert len(wanted) >= 2
    seen = Counter()
    for words in wanted:
        name, _, query = words.partition("?")
        seen[name] += 1
        name += f"-{seen[name]}" * (seen[name] > 1)
        page.evaluate(GO, f'[data-explorer="{name}"]')
        page.wait_for_timeout(80)
        spec = declared(page, "spec", name)
        sliders = {slider["name"]: slider for slider in spec["sliders"]}
        for slider, value in slides.parse_qsl(query):
            label = sliders[slider]["labels"][slides.position(sliders[slider], value)]
            assert page.locator(f"#{name}-{slider} + .gx-value").text_content() == label
        for slider in spec["sliders"]:
            pictures = []
            for at in {0, len(slider["labels"]) // 2, len(slider["labels"]) - 1}:
                page.evaluate(PUT, [name, slider["name"], at])
                pictures.append(page.evaluate(DRAWN, name))
                assert page.evaluate(INSIDE) == [], (name, slider["name"], at)
            assert len(set(pictures)) > 1, (name, slider["name"])
            page.evaluate(PUT, [name, slider["name"], slider["rest"]])
        page.locator(f"#{name}").get_by_role("button", name="Reset").click()


@EACH
def test_a_question_answers_and_its_answer_is_inside_the_slide(pages, path):
    page, _ = pages(path)
    wanted = asked(path, "question")
    assert len(wanted) >= 4
    for name in wanted:
        page.evaluate(GO, f'[data-question="{name}"]')
        here = page.locator(f'[data-question="{name}"]')
        check, said = here.get_by_role("button", name="Check", exact=True), here.locator(".gx-said")
        if here.locator(".gx-program").count():
            for line in declared(page, "question", name)["order"]:
                here.locator(f"[data-line={line}] [data-use]").click()
            tries = [lambda: None]
        elif here.locator("input[type=text]").count():
            here.locator("input").fill("1000000")
            tries = [lambda: None]
        else:
            tries = [one.check for one in here.locator("input").all()]
        for put in tries:
            put()
            check.click()
            assert said.get_attribute("data-tone") in ("right", "almost", "not-yet"), name
            assert page.evaluate(INSIDE) == [], name


def test_a_link_of_a_question_leads_to_the_slide_of_its_explorer(pages):
    page, _ = pages(LECTURES[0])
    page.evaluate(GO, '[data-question="right-order"]')
    here = page.locator('[data-question="right-order"]')
    here.locator("input").first.check()
    here.get_by_role("button", name="Check", exact=True).click()
    here.get_by_role("link", name="See it in the explorer.").click()
    page.wait_for_function("Reveal.getCurrentSlide().querySelector('#half-steps')")
    assert page.locator("#half-steps-guess + .gx-value").text_content() == "2 and 3"
    # and the keys are the lecture's again
    page.keyboard.press("ArrowRight")
    page.wait_for_function("!Reveal.getCurrentSlide().querySelector('#half-steps')")


def test_a_slide_is_found_again_by_the_address_of_its_explorer(browser, alone):
    page = browser.new_page()
    state = f"half-steps?guess={quote('1 and 0')}&half={quote('12 M')}"
    page.goto(f"{(alone / LECTURES[0].stem).as_uri()}.html#{state}")
    page.wait_for_selector("html[data-explorers=ready]", state="attached")
    page.locator("#half-steps").wait_for(state="visible")
    assert page.locator("#half-steps-guess + .gx-value").text_content() == "1 and 0"
    page.close()


def test_the_notes_open_in_a_window_of_their_own_from_the_disk(browser, alone):
    page = browser.new_context().new_page()
    page.goto(f"{(alone / LECTURES[0].stem).as_uri()}.html")
    page.wait_for_selector("html[data-explorers=ready]", state="attached")
    with page.context.expect_page() as opened:
        page.keyboard.press("s")
    notes = opened.value
    notes.locator(".speaker-controls-notes .value").get_by_text("Minutes 0–1").wait_for()
    page.keyboard.press("ArrowRight")
    notes.locator(".speaker-controls-notes .value").get_by_text("Minutes 1–3").wait_for()
    page.context.close()


# ---- what is refused -------------------------------------------------------------------------


def slide(text, minutes=50, kind="slide"):
    about = {"slideshow": {"slide_type": kind}, "gmm": {"minutes": minutes}}
    return new_markdown_cell(text, metadata=about)


NOTES = new_markdown_cell("Say it.", metadata={"slideshow": {"slide_type": "notes"}})
AGAIN = new_markdown_cell("Say more.", metadata={"slideshow": {"slide_type": "notes"}})
LONGER = [slide("## More", 30, "subslide"), AGAIN]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([slide("## A", 49), NOTES, *LONGER], "the short lecture takes 49 minutes, not 50"),
        ([slide("## A"), NOTES], "the long lecture takes 50 minutes, not 80"),
        ([slide("## A"), *LONGER], "slide 'A': the slide 'A' has no notes"),
        ([slide("A"), NOTES], "has no heading"),
        ([slide("## A", None), NOTES], "say \"gmm\": {\"minutes\": 3}"),
        ([slide("## A\n```{explorer} half-stepz\n```"), NOTES, *LONGER], "no 'half-stepz'"),
        ([slide("## A\n```{explorer} half-steps?p=7\n```"), NOTES, *LONGER], "at '7'; it has 0.1"),
        ([slide("## A\n```{explorer} half-steps?q=7\n```"), NOTES, *LONGER], "no slider q"),
        ([slide("## A\n```{figure} Hist\n```"), NOTES, *LONGER], "figures begin with 'Hist', not"),
        ([slide("## A\n```{film} a\n```"), NOTES, *LONGER], "{film} is not known"),
        ([slide("## A [b](c.ipynb)"), NOTES, *LONGER], "c.ipynb leads to no page"),
    ],
)  # fmt: skip
def test_a_lecture_that_cannot_be_given_is_refused_in_words(monkeypatch, cells, why):
    monkeypatch.chdir(ROOT)
    with pytest.raises(slides.SlideError, match=re.escape(why)):
        slides.page_of(Path("a.ipynb"), new_notebook(cells=cells))


def test_a_picture_of_a_slide_needs_words(monkeypatch):
    monkeypatch.chdir(ROOT)
    drawn = nbformat.v4.new_output("display_data", data={"image/svg+xml": "<svg/>"})
    cells = [slide("## A"), new_code_cell("plot()", outputs=[drawn]), NOTES, *LONGER]
    with pytest.raises(slides.SlideError, match="a figure needs words"):
        slides.page_of(Path("a.ipynb"), new_notebook(cells=cells))


def test_links_lead_to_the_published_book_where_there_is_one(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("SITE_URL", raising=False)
    beside = slides.chapter_address("starts.ipynb#basins?third=8")
    assert beside == "../html/book/starts.html#basins?third=8"
    monkeypatch.setenv("SITE_URL", "https://example.org/course/")
    assert slides.chapter_address("starts.ipynb") == "https://example.org/course/book/starts.html"


def test_an_explorer_asked_for_twice_gets_a_name_and_widgets_of_its_own(monkeypatch):
    monkeypatch.chdir(ROOT)
    widgets = slides.Widgets()
    first, box, _ = widgets.explorer("half-steps", "half=2 M")
    count = len(widgets.state)
    second, other, _ = widgets.explorer("half-steps", "half=12 M")
    assert (first, second) == ("half-steps", "half-steps-2") and box != other
    assert len(widgets.state) == 2 * count
    rests = [
        entry["state"]["spec"]["sliders"][3]["rest"]
        for entry in widgets.state.values() if "spec" in entry["state"]
    ]  # fmt: skip
    assert rests == [4, 24]
