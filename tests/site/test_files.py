"""The site as files: what can be said without a browser."""

import gzip
import io
import posixpath
import re
import zipfile
from functools import cache
from html.parser import HTMLParser
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import address
import icons
import nbformat
import own_assets
import page_widgets
import pytest
import toc
from chapter_cards import WORDS_A_MINUTE
from PIL import Image
from site_pages import PAGES, ROOT, SITE, of_the_book

ALL = [path.relative_to(SITE).as_posix() for path in of_the_book("*.html")]
# attributes that make a browser fetch something, as opposed to links that a reader may follow
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
BUNDLES = {"site.css": 26_000, "site.js": 14_000, "theme.js": 32_000}  # bytes, compressed
LOADING_RELS = {"stylesheet", "preload", "icon", "modulepreload", "preconnect", "dns-prefetch"}


class Page(HTMLParser):
    """The ids, links, loads and pictures of one page."""

    def __init__(self, text, widgets=()):
        super().__init__()
        self.ids, self.links, self.loads, self.images = set(), [], [], []
        self.feed(text)
        # the host gives an explorer its id when the page opens
        for entry in widgets:
            for key in {"spec", "question"} & set(entry["state"]):
                self.ids.add(entry["state"][key]["name"])

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if found.get("id"):
            self.ids.add(found["id"])
        if tag == "a" and found.get("name"):
            self.ids.add(found["name"])
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        if tag == "img":
            self.images.append(found)
        if found.get(LOADS.get(tag, "")):
            self.loads.append(found[LOADS[tag]])
        if tag == "link" and LOADING_RELS & set((found.get("rel") or "").split()):
            self.loads.append(found["href"])


@cache  # the tests of a page run together: a fixture of this file would be made for each page
def read(name):
    return Page((SITE / name).read_text(encoding="utf-8"), page_widgets.on(SITE / name).values())


def dead_links(name, pages):
    """The links of page `name` that lead to no file or no anchor of the site."""
    dead = []
    for link in pages[name].links + pages[name].loads:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (SITE / name).resolve()
        if parts.path:
            target = (target.parent / unquote(parts.path)).resolve()
        if target.is_dir():
            target /= "index.html"
        inside = target.is_relative_to(SITE.resolve())
        if not inside or not target.exists():
            dead.append(link)
        elif parts.fragment and target.suffix == ".html":
            # after the ? comes the state of an explorer; its name is the anchor
            anchor = unquote(parts.fragment).partition("?")[0]
            if anchor not in pages[target.relative_to(SITE.resolve()).as_posix()].ids:
                dead.append(link)
    return dead


def poor_alt(image):
    """Why an image's alternative text does not do, or None."""
    alt = (image.get("alt") or "").strip()
    # logos stand beside their names: the theme's, and our own
    if re.search(r"_static/(images/logo_|logo\.svg$)", image.get("src", "")):
        return None
    if len(alt) < 20:
        return f"too short: {alt!r}"
    if re.search(r"\.(png|svg|jpe?g|gif|webp)$|^[0-9a-f]{16,}|[/\\]", alt):
        return f"a file name: {alt!r}"
    return None


@pytest.fixture(scope="module")
def pages():
    return {name: read(name) for name in ALL}


@pytest.mark.parametrize("name", PAGES)
def test_every_chapter_is_on_the_site(name):
    assert (SITE / name).exists()


def test_every_chapter_is_reachable_from_the_front_page(pages):
    seen, todo = set(), [PAGES[0]]
    while todo:
        name = todo.pop()
        if name in seen or name not in pages:
            continue
        seen.add(name)
        for link in pages[name].links:
            if not urlsplit(link).scheme and urlsplit(link).path:
                target = ((SITE / name).parent / unquote(urlsplit(link).path)).resolve()
                todo.append(target.relative_to(SITE.resolve()).as_posix())
    assert set(PAGES) <= seen


def test_the_root_leads_to_the_front_page():
    text = (SITE / "index.html").read_text(encoding="utf-8")
    assert re.search(rf'url={re.escape(PAGES[0])}"', text)


@pytest.mark.parametrize("name", ALL)
def test_links_and_anchors_lead_somewhere(name, pages):
    assert dead_links(name, pages) == []


@pytest.mark.parametrize("name", sorted(set(ALL) - {"index.html"}))
def test_a_page_waits_for_a_style_sheet_and_no_script_and_knows_the_sizes_of_its_pictures(name):
    text = (SITE / name).read_text(encoding="utf-8")
    head = text[: text.index("</head>")]
    # a page that is unlike all others may bring one of its own
    assert 1 <= len(re.findall(r'<link[^>]*rel="stylesheet"', text)) <= 2
    assert re.findall(r"<script(?![^>]*defer)[^>]*\bsrc=", text) == []
    # what decides on the theme, what looks for the site's root, and what machines read
    assert len(re.findall(r"<script(?![^>]*\bsrc=)", head)) <= 2
    loads = re.findall(r"<script[^>]*\bsrc=", text)
    # the search has its index, and the page for the reader's own data what stands behind Start
    assert len(loads) <= {"search.html": 5, "book/your_data.html": 6}.get(name, 4)
    assert "widget-state" not in text  # a browser would have it before the words
    # but for those in a menu that opens over the page
    pictures = re.findall(r"<img\b(?![^>]*images/logo_)[^>]*>", text)
    assert [p for p in pictures if "width=" not in p or "height=" not in p] == []


def test_the_style_sheet_of_all_pages_and_the_scripts_are_small():
    sizes = {name: len(gzip.compress((SITE / "_static" / name).read_bytes())) for name in BUNDLES}
    assert all(size <= BUNDLES[name] for name, size in sizes.items()), sizes


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_loaded_from_another_host(name, pages):
    elsewhere = [url for url in pages[name].loads if urlsplit(url).netloc]
    assert elsewhere == []


@pytest.mark.parametrize("name", ALL)
def test_every_image_is_described_in_words(name, pages):
    poor = [why for image in pages[name].images if (why := poor_alt(image))]
    assert poor == []


def test_style_sheets_load_only_what_the_site_has():
    faults = []
    for sheet in of_the_book("*.css"):
        for url in re.findall(r"url\(\s*['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8")):
            parts = urlsplit(url)
            if parts.scheme == "data" or url.startswith("#"):
                continue
            if parts.netloc or not (sheet.parent / unquote(parts.path)).exists():
                faults.append(f"{sheet.name}: {url}")
    assert faults == []


def within_the_site(url):
    """An address as a path from the page: the site may know its own address, or not."""
    base = address.site()
    return SITE / url.removeprefix(f"{base}/") if base else url


# ---- icons, and what a shared link shows -------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_a_shared_page_shows_its_title_its_first_words_and_a_picture(name):
    text = (SITE / name).read_text(encoding="utf-8")
    seen = dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)"', text))
    assert re.sub(r"^\d+\. ", "", seen["og:title"]) in text[text.index("<article") :]
    assert 20 <= len(seen["og:description"]) <= 200
    assert seen["twitter:card"] == "summary_large_image"
    picture = ((SITE / name).parent / within_the_site(seen["og:image"])).resolve()
    own = "social.png" if name == PAGES[0] else f"cards/{name.rpartition('/')[2][:-5]}.png"
    assert picture == SITE.resolve() / "_static" / own
    with Image.open(picture) as image:
        size = [seen["og:image:width"], seen["og:image:height"]]
        assert list(map(str, image.size)) == size == ["1200", "630"]
    assert picture.stat().st_size <= 80_000
    assert len(seen["og:image:alt"]) > 20


def test_no_two_pages_have_one_picture_one_title_or_one_description():
    shown = "og:image", "og:image:alt", "description"
    found = {key: [] for key in (*shown, "title")}
    for name in sorted(set(ALL) - {"index.html"}):
        text = (SITE / name).read_text(encoding="utf-8")
        found["title"].append(re.search("<title>(.*?)</title>", text)[1])
        for key in shown if name in PAGES else ("description",):
            found[key].append(re.search(f'="{key}" content="([^"]+)"', text)[1])
    for key, values in found.items():
        assert len(set(values)) == len(values) > len(PAGES) - 1, key
    assert not [text for text in found["description"] if "\\" in text or "$" in text]


def test_the_address_of_the_picture_is_whole_where_the_site_has_one():
    config = SimpleNamespace(html_baseurl="https://example.org/book")
    context = {"script_files": [], "css_files": []}
    own_assets.mend(SimpleNamespace(config=config), "book/intro", "", context, None)
    assert context["social_picture"] == "https://example.org/book/_static/social.png"


def test_every_page_names_its_icons_and_the_root_has_one_for_those_who_only_ask():
    assert (SITE / "favicon.ico").exists()
    for name in set(ALL) - {"index.html"}:
        icons = re.findall(r'<link rel="icon" href="([^"]+)"', (SITE / name).read_text("utf-8"))
        assert [icon.rpartition("/")[2] for icon in icons] == ["favicon.ico", "logo.svg"]
        assert all(((SITE / name).parent / icon).exists() for icon in icons)


def test_icons_and_pictures_are_small_and_a_logo_of_ours_is_the_fit_that_it_claims_to_be():
    files = list(icons.FOLDER.iterdir())
    assert {file.name for file in files} == {"favicon.ico", "logo.svg", "social.png"}
    assert sum(file.stat().st_size for file in files) <= 60_000
    logo = (icons.FOLDER / "logo.svg").read_text(encoding="utf-8")
    _, run = icons.fitted()
    assert icons.MARK in icons.logo(run.mixture)
    assert icons.MARK not in logo or logo == icons.logo(run.mixture)


# ---- the cards of the contents, and the chapters' numbers --------------------------------------

CARD = re.compile(r'<li>.*?(<svg.*?</svg>).*?href="([^"]+)".*?reading-time">(\d+) min', re.DOTALL)
CHAPTER = re.compile(r"(?:(\[[^\]]*)?\b[Cc]hapters? (\d+)(?(1)[^\]]*\]\(([\w/.]+)\)|(?! of\b)))")


def cards():
    """(picture, page, minutes) of every card of the contents, in order."""
    text = (SITE / "book/contents.html").read_text(encoding="utf-8")
    boxes = re.findall(r'<div class="chapter-cards.*?</ul>', text, re.DOTALL)
    return [card for box in boxes for card in CARD.findall(box)]


def numbered():
    """{page: number} of the chapters of this book, as the parts of _toc.yml count them."""
    chapters = [page.name for page in toc.pages() if page.number and not page.out]
    return {f"{chapter}.html": number for number, chapter in enumerate(chapters, start=1)}


def numbered_in_full():
    """The same with the chapters that _toc.yml leaves out: what the texts go by."""
    return {f"{page.name}.html": page.number for page in toc.pages() if page.number}


def wrong_numbers(text, folder, numbers):
    """Where a text says "chapter 3" and its link leads elsewhere, or it has no link to check."""
    # a link to a state is HTML
    text = re.sub(r'<a href="([\w/.]+)(?:#[^"]*)?">(.*?)</a>', r"[\2](\1)", text, flags=re.DOTALL)
    for found in CHAPTER.finditer(text):
        page = f"{folder}/{(found[3] or '').rpartition('.')[0]}.html"
        if numbers.get(page) != int(found[2]):
            yield found[0]


SAID = re.compile(
    r'<a\b[^>]*href="([\w/.:-]+)\.html(?:#[^"]*)?"[^>]*>((?:(?!</a>).)*)</a>', re.DOTALL
)


def wrong_on_page(text, name, pages, numbers):
    """Links of a built page that call a chapter by a number or a place that it does not have."""
    here = pages.index(name)
    beside = {"next": [*pages, ""][here + 1], "last": pages[here - 1], "previous": pages[here - 1]}
    for page, words in SAID.findall(text):
        target = posixpath.join(posixpath.dirname(name), f"{page}.html")
        words = re.sub("<[^>]*>", "", words).strip()
        number = re.search(r"\b[Cc]hapter (\d+)|^(\d\d?)$", words)  # 1994 is a year
        place = re.search(r"\b(next|last|previous) chapter", words)
        if number and numbers.get(target) != int(number[1] or number[2]):
            yield f"{words} leads to {page}"
        elif place and target != beside[place[1]]:
            yield f"{words} leads to {page}"


def test_the_contents_have_one_card_for_each_chapter_in_their_order():
    assert [f"book/{page}" for _, page, _ in cards()] == list(numbered())


def words_of(name):
    """The text of a page's source, a piece for each cell."""
    source = ROOT / name.replace(".html", ".ipynb")
    if not source.exists():
        return source.with_suffix(".md").read_text(encoding="utf-8")
    cells = nbformat.read(source, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_a_card_has_a_described_picture_and_a_time_that_fits_its_words():
    for picture, page, minutes in cards():
        assert len(re.search(r'aria-label="([^"]*)"', picture)[1]) >= 20
        prose = re.sub(r"```.*?```|\$\$.*?\$\$|\$.*?\$", "", words_of(f"book/{page}"), flags=re.S)
        assert 0.8 < int(minutes) / (len(prose.split()) / WORDS_A_MINUTE) < 1.2


def test_a_chapter_has_the_same_number_in_the_sidebar_in_its_title_and_in_links_to_it():
    for name in PAGES:
        text = (SITE / name).read_text(encoding="utf-8")
        article = text[text.index("<article") :]
        heading = re.search(r'<h1>(?:<span class="section-number">(\d+)\. </span>)?', article)[1]
        assert heading == (str(numbered()[name]) if name in numbered() else None)
        links = re.findall(r'href="([\w/.]*\.html)"[^>]*>\s*(?:<[^>]+>\s*)*(\d+)\. ', text)
        found = {(SITE / name).parent.joinpath(link).resolve(): int(n) for link, n in links}
        here = {(SITE / page).resolve(): n for page, n in numbered().items() if page != name}
        assert here.items() <= found.items()
        assert all(here.get(page, numbered().get(name)) == n for page, n in found.items())


@pytest.mark.parametrize("name", PAGES)
def test_a_chapter_that_is_named_by_its_number_is_linked_and_is_that_chapter(name):
    assert list(wrong_numbers(words_of(name), "book", numbered_in_full())) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_the_numbers_of_this_book_and_next_of_the_next_chapter(name):
    text = (SITE / name).read_text(encoding="utf-8")
    assert list(wrong_on_page(text[text.index("<article") :], name, PAGES, numbered())) == []


# ---- these checks can fail -------------------------------------------------------------------


def test_a_wrong_and_an_unlinked_number_of_a_chapter_are_found():
    numbers = {"book/a.html": 1, "book/b.html": 2}
    good = "[chapter 2](b.ipynb), chapter 9 of Bishop, [see chapter 1](a.ipynb)"
    assert list(wrong_numbers(good, "book", numbers)) == []
    assert list(wrong_numbers('<a href="b.html#x?p=1">in chapter 2</a>', "book", numbers)) == []
    wrong = '[chapter 1](b.ipynb), Chapter 2, <a href="b.html#x?p=1">chapter 1</a>'
    assert len(list(wrong_numbers(wrong, "book", numbers))) == 3


def test_a_number_or_a_place_of_a_chapter_that_is_another_one_on_the_page_is_found():
    pages, numbers = ["book/f.html", "book/a.html", "book/b.html"], {"book/b.html": 2}
    good = '<a href="b.html"><span>chapter 2</span></a>, <a href="b.html">the next chapter</a>'
    assert list(wrong_on_page(good, pages[1], pages, numbers)) == []
    wrong = '<a href="b.html#x?p=1">chapter 3</a>, <a href="f.html">next chapter</a>'
    wrong += '<a href="b.html">3</a>, <a href="https://other.example/book/b.html">chapter 2</a>'
    assert len(list(wrong_on_page(wrong, pages[1], pages, numbers))) == 4


def test_a_dead_link_and_a_dead_anchor_are_found():
    page = Page('<a href="nowhere.html">a</a><a href="#missing?p=1">b</a><a id="x" href="#x">c</a>')
    assert dead_links(PAGES[0], {PAGES[0]: page}) == ["nowhere.html", "#missing?p=1"]


@pytest.mark.parametrize(
    "alt", ["", "A plot", "../_images/0b5f7a0c2d9e4c1f8a77.png", "0b5f7a0c2d9e4c1f8a7700"]
)
def test_a_poor_description_is_found(alt):
    assert poor_alt({"alt": alt})


def holding(word, name, data):
    """The names of a file, or of what is packed in it at any depth, that have a word in them."""
    if word in data:
        yield name
    if zipfile.is_zipfile(io.BytesIO(data)):  # a wheel is one, too
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for inner in archive.namelist():
                yield from holding(word, f"{name}: {inner}", archive.read(inner))


def test_no_solution_of_a_problem_set_is_on_the_site():
    # each solution and hidden test has a line with this word; see course/ADDING.md
    found = []
    for path in (path for path in SITE.rglob("*") if path.is_file()):
        found += holding(b"GMM-KEY", path.relative_to(SITE).as_posix(), path.read_bytes())
    assert found == []


def test_a_solution_in_a_zip_in_a_zip_is_found():
    data = b"# GMM-KEY"
    for name in ("solution.py", "a.whl"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        data = buffer.getvalue()
    assert list(holding(b"GMM-KEY", "all.zip", data)) == ["all.zip: a.whl: solution.py"]


def test_no_page_but_that_of_ones_own_data_knows_where_python_comes_from():
    knows = {
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*")
        if path.suffix in (".html", ".js", ".css", ".json") and "lite" not in path.parts
        if "cdn.jsdelivr.net" in path.read_text(encoding="utf-8", errors="replace")
        if "pyodide" not in path.parts
    }
    assert knows <= {"book/your_data.html"}
