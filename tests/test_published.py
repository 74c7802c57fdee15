"""What search engines and lost readers get: a small book is built, with an address and without."""

import io
import json
import re
import shutil
import subprocess
import sys
import types
import xml.etree.ElementTree as ET
from pathlib import Path

import own_assets
import published
import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

TEMPLATES = Path(published.__file__).with_name("templates")
SITE = "https://ada.github.io/em"
PAGES = {
    "book/front": "# The book\n\nOur words.\n\n```{toctree}\n:numbered:\na\nb\n```\n",
    "book/a": "# Bells & whistles\n\nThe first words, with $\\mu_k$ in them.\n",
    "book/b": "# Second\n\nOther words.\n",
}


def built(folder, address):
    """The site of the small book, published at an address, or nowhere yet."""
    text = folder / "text"
    for name, words in PAGES.items():
        (text / name).parent.mkdir(parents=True, exist_ok=True)
        (text / f"{name}.md").write_text(words, encoding="utf-8")
    settings = {
        "extensions": ["myst_parser", "published", "describing"],
        "myst_enable_extensions": ["dollarmath"],
        "root_doc": "book/front",
        "project": "A book",
        "author": "Ada",
        "html_title": "A book",
        "html_baseurl": address,
        "html_theme": "basic",
        "templates_path": [str(folder / "templates")],  # of ours this one alone
    }
    said = io.StringIO()
    (folder / "templates").mkdir()
    shutil.copy(TEMPLATES / "lost.html", folder / "templates")
    with patch_docutils(), docutils_namespace():
        Sphinx(text, None, folder / "html", folder / "trees", "html",
               confoverrides=settings, status=None, warning=said).build()  # fmt: skip
    assert said.getvalue() == ""
    return folder / "html"


@pytest.fixture(scope="module")
def described():
    """The description that own_assets.py takes from a page, for published.py to go on with."""

    def describe(app, pagename, templatename, context, doctree):
        context["description"] = own_assets.first_words(doctree) if doctree else ""

    module = types.ModuleType("describing")
    module.setup = lambda app: app.connect("html-page-context", describe, 900) and {}
    sys.modules["describing"] = module
    yield
    del sys.modules["describing"]


@pytest.fixture(scope="module")
def known(described, tmp_path_factory):
    return built(tmp_path_factory.mktemp("known"), SITE)


@pytest.fixture(scope="module")
def unknown(described, tmp_path_factory):
    return built(tmp_path_factory.mktemp("unknown"), "")


def read(site, name):
    return (site / name).read_text(encoding="utf-8")


def data(site, name):
    return json.loads(re.search(r'ld\+json">(.*?)</script>', read(site, name))[1])


def test_the_map_of_the_site_has_every_page_of_the_book_once_in_its_order(known):
    namespace = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    found = [e.text for e in ET.parse(known / "sitemap.xml").iter(f"{namespace}loc")]
    assert found == [f"{SITE}/{name}.html" for name in ("book/front", "book/a", "book/b")]
    assert f"Sitemap: {SITE}/sitemap.xml" in read(known, "robots.txt")


def test_each_page_names_its_own_address_and_the_root_that_of_the_front_page(known):
    for name in ("book/front", "book/a", "book/b"):
        found = re.findall(r'rel="canonical" href="([^"]*)"', read(known, f"{name}.html"))
        assert found == [f"{SITE}/{name}.html"]
    assert f'rel="canonical" href="{SITE}/book/front.html"' in read(known, "index.html")
    assert 'rel="canonical"' not in read(known, "404.html")


def test_where_no_address_is_known_nothing_is_half_made(unknown):
    assert not (unknown / "sitemap.xml").exists()
    assert read(unknown, "robots.txt") == "User-agent: *\nAllow: /\n"
    for page in unknown.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "canonical" not in text and "://None" not in text
    assert "url" not in data(unknown, "book/a.html")


def test_a_chapter_says_to_machines_what_it_is_and_of_which_book(known):
    page = data(known, "book/a.html")
    assert page["@type"] == ["LearningResource", "Chapter"] and page["position"] == 1
    assert page["name"] == "Bells & whistles" and page["timeRequired"] == "PT1M"
    assert page["description"] == "The first words, with μ_k in them."
    assert page["url"] == f"{SITE}/book/a.html"
    assert page["isPartOf"]["name"] == "A book" and page["isPartOf"]["author"] == "Ada"
    assert data(known, "book/front.html")["@type"] == "Book"


def test_the_page_for_a_lost_reader_names_every_page_from_the_root(known, unknown):
    for site, root in ((known, "/em/"), (unknown, "")):
        links = re.search(r'id="all-pages">(.*?)</ul>', read(site, "404.html"), re.DOTALL)[1]
        assert re.findall(r'href="([^"]*)">([^<]*)<', links) == [
            (f"{root}book/front.html", "The book"),
            (f"{root}book/a.html", "1. Bells &amp; whistles"),
            (f"{root}book/b.html", "2. Second"),
        ]
        assert f'action="{root}search.html"' in read(site, "404.html")
    assert "XMLHttpRequest" not in read(known, "404.html")
    assert "XMLHttpRequest" in read(unknown, "404.html")


def test_only_addresses_within_the_site_get_its_root():
    page = '<a href="#x"><a href="a.html"><img src="./b.png"><a href="/c"><a href="https://d">'
    found = published.at_any_depth(page, f"{SITE}/")
    assert found == page.replace('"a.html', '"/em/a.html').replace('"./b.png', '"/em/b.png')


def test_a_page_changed_on_the_day_that_git_knows_and_a_shallow_clone_knows_none(tmp_path):
    def git(*words, day="2026-01-02"):
        environment = {"GIT_COMMITTER_DATE": f"{day}T12:00:00", "PATH": "/usr/bin:/bin"}
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, env=environment, check=True)

    tmp_path.joinpath("book").mkdir()
    git("init", "-q")
    assert published.changed(tmp_path) == {}
    for name, day in (("a", "2026-01-02"), ("b", "2026-03-04"), ("a", "2026-05-06")):
        (tmp_path / f"book/{name}.md").write_text(day)
        git("add", ".")
        git("commit", "-qm", day, day=day)
    assert published.changed(tmp_path) == {"book/a.md": "2026-05-06", "book/b.md": "2026-03-04"}
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}", "shallow")
    assert published.changed(tmp_path / "shallow") == {}


def test_an_address_in_the_map_is_escaped():
    assert "<loc>https://a.example/?x=1&amp;y</loc></url>" in published.sitemap(
        {"https://a.example/?x=1&y": None}
    )
