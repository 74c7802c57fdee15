"""The zip: unpacked somewhere else, with the network off, it is the whole site.

Reads _build/html; packs it anew.
"""

import html
import re
import zipfile
from urllib.parse import unquote, urlsplit

import imprint
import offline
import pytest

SITE = imprint.ROOT / "_build/html"
PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.rglob("*.html"))
SHOWN = [name for name in PAGES if not offline.is_left_out(name) and name != "index.html"]
LEADS = re.compile(r'<(?:a|link|img|script|source|iframe)\b[^>]*?\s(?:href|src)="([^"]*)"')
TITLE = imprint.config()["title"]
ALIVE = """() => !document.querySelector("script[src*=explore_host]") ||
  document.documentElement.dataset.explorers === "ready" """
# every control of every explorer to its other end; returns the explorers whose drawing stayed
MOVE = """async () => {
  const next = (done) => requestAnimationFrame(() => requestAnimationFrame(done));
  const still = [];
  for (const explorer of document.querySelectorAll(".gx-explorer")) {
    const drawn = () => explorer.querySelector(".gx").innerHTML, before = drawn();
    for (const input of explorer.querySelectorAll("input[type=range], select")) {
      const last = input.max ?? input.options.length - 1;
      input.value = input.value === String(last) ? 0 : last;
      input.dispatchEvent(new Event(input.tagName === "SELECT" ? "change" : "input"));
    }
    await new Promise(next);
    if (drawn() === before) still.push(explorer.id);
  }
  return still;
}"""
# the first choice of every question that has choices, checked; returns the silent ones
ANSWER = """() => {
  const asked = [...document.querySelectorAll(".gx-question:has(input[type=radio])")];
  return asked.filter((question) => {
    question.querySelector("input[type=radio]").click();
    question.querySelector(".gx-check").click();
    return question.querySelector(".gx-said").textContent.length < 10;
  }).map((question) => question.textContent.slice(0, 60));
}"""
FONTS = """() => document.fonts.ready.then(() => [...document.fonts]
  .filter((font) => font.family.startsWith("KaTeX") && font.status === "loaded").length)"""


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    path = tmp_path_factory.mktemp("packed") / "site.zip"
    offline.pack(SITE, path, TITLE, None)
    return path


@pytest.fixture(scope="module")
def unpacked(packed, tmp_path_factory):
    """Where a reader may put it."""
    folder = tmp_path_factory.mktemp("Bücher für später") / "ein Ordner"
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
    (root,) = folder.iterdir()
    return root


@pytest.fixture
def disk(page, context):
    """Open a file with the network off; nothing may go wrong, and nothing else be asked for."""
    faults = []
    context.set_offline(True)
    page.on("console", lambda m: m.type in ("error", "warning") and faults.append(m.text))
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on("requestfailed", lambda asked: faults.append(f"failed: {asked.url}"))
    page.on(
        "request",
        lambda asked: (
            urlsplit(asked.url).scheme in ("file", "data", "blob") or faults.append(asked.url)
        ),
    )

    def opened(path, rest=""):
        page.goto(path.as_uri() + rest)
        page.wait_for_function(ALIVE)
        return page

    yield opened
    assert not faults, "\n".join(faults)


def dead(root, page):
    """The links of an unpacked page that lead to no file."""
    text = (root / page).read_text(encoding="utf-8")
    for link in LEADS.findall(text):
        parts = urlsplit(html.unescape(link))
        target = ((root / page).parent / unquote(parts.path)).resolve()
        if not parts.scheme and not parts.netloc and parts.path:
            if not target.is_file() or not target.is_relative_to(root.resolve()):
                yield f"{page}: {link}"


def test_the_reader_sees_one_folder_with_a_page_to_start_from_and_it_opens_the_book(disk, unpacked):
    assert sorted(path.name for path in unpacked.iterdir()) == [offline.START, "site"]
    page = disk(unpacked / offline.START)
    page.click(".open a")
    page.wait_for_function(ALIVE)
    assert page.locator(".gx-explorer[data-ready]").count() == 1


@pytest.mark.parametrize("name", SHOWN)
def test_from_the_disk_every_slider_moves_every_question_answers_and_the_mathematics_is_set(
    name, disk, unpacked
):
    page = disk(unpacked / "site" / name)
    assert page.evaluate(MOVE) == []
    assert page.evaluate(ANSWER) == []
    if page.locator(".katex").count():
        # a font is asked for when the formula is laid out, and what is far below waits
        page.wait_for_function("() => document.documentElement.dataset.laidOut")
        assert page.evaluate(FONTS) >= 1


def test_from_the_disk_the_search_finds_a_word_and_leads_to_its_page(disk, unpacked):
    page = disk(unpacked / "site/search.html", "?q=mixture")
    found = page.locator("#search-results li a").first
    found.wait_for()
    found.click()
    page.wait_for_function(ALIVE)
    assert "mixture" in page.locator("article").inner_text().lower()


def test_every_link_leads_to_a_file_of_the_zip(unpacked):
    pages = [offline.START, *(f"site/{name}" for name in [*SHOWN, "index.html"])]
    assert [link for page in pages for link in dead(unpacked, page)] == []


def test_a_dead_link_and_one_out_of_the_folder_are_found(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "beside.html").write_text("")
    (tmp_path / "in/a.html").write_text(
        '<a href="b.html"><a href="a.html"><a href="../beside.html">'
    )
    assert len(list(dead(tmp_path / "in", "a.html"))) == 2


def test_the_same_site_gives_the_same_bytes(packed, tmp_path):
    offline.pack(SITE, tmp_path / "again.zip", TITLE, None)
    assert (tmp_path / "again.zip").read_bytes() == packed.read_bytes()


def test_no_solution_of_a_problem_set_is_in_the_zip(packed):
    # each solution and hidden test has a line with this word; see course/ADDING.md
    found = []
    with zipfile.ZipFile(packed) as archive:
        for name in archive.namelist():
            content = archive.open(name)
            if zipfile.is_zipfile(content):
                with zipfile.ZipFile(content) as inner:
                    found += [n for n in inner.namelist() if b"GMM-KEY" in inner.read(n)]
            found += [name] * (b"GMM-KEY" in archive.read(name))
    assert found == []


# ---- what needs a server ------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path):
    """A site of one page, with what a server would serve."""
    files = {
        "index.html": '<meta http-equiv="Refresh" content="0; url=book/a.html" />',
        "book/a.html": '<a class="run" href="../lite/lab/index.html?path=a.ipynb">run</a>'
        '<a href="../_static/pyodide.md">kept</a><a href="https://x.example/lite/">kept</a>',
        "lite/lab/index.html": "JupyterLite",
        "_static/pyodide/pyodide.js": "Python",
        "_static/pyodide.md": "about it",
        "_static/documentation_options.js": "SHOW_SEARCH_SUMMARY: true,",
        "404.html": "lost",
        "sitemap.xml": "all",
    }
    for name, text in files.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(text)
    return tmp_path / "site"


def read(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_what_needs_a_server_is_left_out_and_its_links_lead_to_words_that_say_why(site, tmp_path):
    offline.pack(site, tmp_path / "a.zip", "Ü: a book?", None)
    files = read(tmp_path / "a.zip")
    assert [name.removeprefix("Ü a book/") for name in files] == [
        offline.START, "site/_static/documentation_options.js", "site/_static/pyodide.md",
        "site/book/a.html", "site/index.html",
    ]  # fmt: skip
    page = files["Ü a book/site/book/a.html"]
    assert page.count("START%20HERE.html#server") == 1
    assert page.count("../_static/pyodide.md") == page.count("https://x.example/lite/") == 1
    start = files[f"Ü a book/{offline.START}"]
    # what a server would need is not in the folder
    assert 'id="server"' in start and "http.server" not in start
    assert "false" in files["Ü a book/site/_static/documentation_options.js"]


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        (None, "../../START%20HERE.html#server"),
        ("https://x.example/", "https://x.example/book/a.html"),
    ],
)
def test_in_the_place_of_the_button_that_runs_a_chapter_stands_where_that_can_be_done(
    address, leads
):
    page = '<p class="run-here"><a href="../lite/">Run this</a>\n <span>MB</span></p><p>b</p>'
    said = offline.led_anew(page, "book/a.html", address)
    assert f'href="{leads}"' in said and said.endswith("<p>b</p>")
    assert "run-here" not in said and "MB" not in said


def test_where_the_address_of_the_site_is_known_they_lead_there(site, tmp_path):
    offline.pack(site, tmp_path / "a.zip", "A book", "https://x.example/em/")
    files = read(tmp_path / "a.zip")
    page = files["A book/site/book/a.html"]
    assert 'href="https://x.example/em/lite/lab/index.html?path=a.ipynb"' in page
    assert "https://x.example/em/" in files[f"A book/{offline.START}"]


def test_the_file_has_the_name_of_the_book_in_plain_letters():
    assert imprint.slug("Two Bells, One Book") == "two-bells-one-book"
    assert imprint.slug("Über Mischungen: EM!") == "uber-mischungen-em"
    assert imprint.slug("本") == "book"
