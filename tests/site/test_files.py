"""The site as files: what can be said without a browser."""

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from site_pages import PAGES, SITE

ALL = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))
# attributes that make a browser fetch something, as opposed to links that a reader may follow
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}
WIDGET_STATE = re.compile(
    r'<script type="application/vnd.jupyter.widget-state\+json">(.*?)</script>', re.DOTALL
)
LOADING_RELS = {"stylesheet", "preload", "icon", "modulepreload", "preconnect", "dns-prefetch"}


class Page(HTMLParser):
    """The ids, links, loads and pictures of one page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.images = set(), [], [], []
        self.feed(text)
        # the host gives an explorer its id when the page opens
        for state in WIDGET_STATE.findall(text):
            for entry in json.loads(state)["state"].values():
                if "spec" in entry["state"]:
                    self.ids.add(entry["state"]["spec"]["name"])

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


def read(name):
    return Page((SITE / name).read_text(encoding="utf-8"))


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
    # the theme's logos stand beside their names
    if "_static/images/logo_" in image.get("src", ""):
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
    for sheet in SITE.rglob("*.css"):
        for url in re.findall(r"url\(\s*['\"]?([^'\")]+)", sheet.read_text(encoding="utf-8")):
            parts = urlsplit(url)
            if parts.scheme == "data" or url.startswith("#"):
                continue
            if parts.netloc or not (sheet.parent / unquote(parts.path)).exists():
                faults.append(f"{sheet.name}: {url}")
    assert faults == []


# ---- these checks can fail -------------------------------------------------------------------


def test_a_dead_link_and_a_dead_anchor_are_found():
    page = Page('<a href="nowhere.html">a</a><a href="#missing?p=1">b</a><a id="x" href="#x">c</a>')
    assert dead_links(PAGES[0], {PAGES[0]: page}) == ["nowhere.html", "#missing?p=1"]


@pytest.mark.parametrize(
    "alt", ["", "A plot", "../_images/0b5f7a0c2d9e4c1f8a77.png", "0b5f7a0c2d9e4c1f8a7700"]
)
def test_a_poor_description_is_found(alt):
    assert poor_alt({"alt": alt})
