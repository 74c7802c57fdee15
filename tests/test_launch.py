"""Buttons and links that need the address of the book are there when it is known, and right.

A book of two pages is built by Sphinx with the book's own theme; nothing of the real one is read.
The built site of this book is asked the same in tests/site/test_elsewhere.py.
"""

import io
import re
from html import unescape

import pytest
import yaml
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

SITE, REPOSITORY = "https://ada.github.io/em", "https://github.com/ada/em"
FRONT = """# Front

The folder <a data-repository="tree/main/course">`course` of it</a>, and
<a data-repository="">the repository</a>.

<p><a data-repository="issues">A block</a>.</p>

<div data-cite></div>

```{toctree}
chapter
```
"""
HUBS = {"colab_url": "https://colab.example", "binderhub_url": "https://binder.example"}
CFF = {
    "title": "A Book: of EM",
    "authors": [{"name": "Ada & Bo"}],
    "version": "0.1.0",
    "date-released": "2026-11-24",
}


def built(tmp_path, monkeypatch, site="", repository="", hubs=HUBS):
    """{page: HTML} of the book, published there."""
    monkeypatch.setenv("SITE_URL", site or "https://OWNER.github.io/REPOSITORY")
    monkeypatch.setenv("REPOSITORY_URL", repository or "https://github.com/OWNER/REPOSITORY")
    folder = tmp_path / "text"
    (folder / "pages").mkdir(parents=True)
    (folder / "pages/front.md").write_text(FRONT, encoding="utf-8")
    notebook = (
        '{"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Chapter"}],'
    )
    notebook += '"metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    (folder / "pages/chapter.ipynb").write_text(notebook, encoding="utf-8")
    (folder / "CITATION.cff").write_text(yaml.safe_dump(CFF), encoding="utf-8")
    settings = {
        "extensions": ["myst_nb", "launch"],
        "root_doc": "pages/front",
        "html_theme": "sphinx_book_theme",
        "html_copy_source": False,
        "nb_execution_mode": "off",
        # its own: extensions write into the one that Sphinx would lend to every later test
        "source_suffix": {".md": "myst-nb", ".ipynb": "myst-nb"},
        "html_theme_options": {
            "repository_url": "https://github.com/OWNER/REPOSITORY",
            "repository_branch": "main",
            "launch_buttons": hubs,
            "use_repository_button": True,
            "use_issues_button": True,
        },
    }
    said = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            folder, None, tmp_path / "html", tmp_path / "trees", "html",
            confoverrides=settings, status=None, warning=said,
        )  # fmt: skip
        app.build()
    assert said.getvalue() == ""
    pages = (tmp_path / "html/pages").glob("*.html")
    return {path.stem: path.read_text(encoding="utf-8") for path in pages}


def buttons(text):
    """{words: where it leads} of the buttons above a page."""
    header = text.partition('class="article-header-buttons"')[2].partition("<article")[0]
    found = re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', header, re.DOTALL)
    return {re.sub(r"<[^>]*>", "", words).strip(): unescape(to) for to, words in found}


def menus(text):
    return re.findall(r'dropdown-toggle"[^>]*aria-label="([^"]*)"', text)


def body(text):
    return text.partition("<article")[2].partition("</article>")[0]


DOWNLOADS = {"../notebooks/chapter.ipynb", "../notebooks.zip"}


def test_every_button_leads_where_it_says_when_the_addresses_are_known(tmp_path, monkeypatch):
    pages = built(tmp_path, monkeypatch, SITE, REPOSITORY)
    found = buttons(pages["chapter"])
    assert found == {
        "Colab": "https://colab.example/github/ada/em/blob/gh-pages/notebooks/chapter.ipynb",
        "Binder": "https://binder.example/v2/gh/ada/em/main?urlpath=lab/tree/pages/chapter.ipynb",
        "Repository": REPOSITORY,
        "Open issue": f"{REPOSITORY}/issues/new?title=On%20the%20page%20pages/chapter",
        ".ipynb": "../notebooks/chapter.ipynb",
        "all notebooks": "../notebooks.zip",
    }
    assert len(menus(pages["chapter"])) == 3
    # a page of words is no notebook
    assert set(buttons(pages["front"])) == {"Repository", "Open issue", "all notebooks"}


def test_without_an_address_there_is_no_button_that_needs_it_and_no_empty_menu(
    tmp_path, monkeypatch
):
    pages = built(tmp_path, monkeypatch)
    assert set(buttons(pages["chapter"]).values()) == DOWNLOADS
    assert menus(pages["chapter"]) == ["Download this page"]
    for text in pages.values():
        assert "OWNER" not in text and "REPOSITORY" not in text and "canonical" not in text


def test_links_into_the_repository_are_links_or_plain_words(tmp_path, monkeypatch):
    known = body(built(tmp_path / "a", monkeypatch, SITE, REPOSITORY)["front"])
    for where in ("/tree/main/course", "", "/issues"):
        assert f'href="{REPOSITORY}{where}"' in known
    unknown = body(built(tmp_path / "b", monkeypatch)["front"])
    said = " ".join(re.sub("<[^>]*>", "", unknown).split())
    assert "The folder course of it, and the repository. A block." in said
    assert "data-repository" not in unknown and "</a>" not in unknown.partition("#")[0]


def test_the_book_says_how_to_cite_it_once_it_has_an_address(tmp_path, monkeypatch):
    known = re.sub("<[^>]*>", "", body(built(tmp_path / "a", monkeypatch, SITE)["front"]))
    for part in ("Cite this book", "@misc{a_book,", "{{Ada &amp; Bo}}", f"{{{SITE}}}", "{2026}"):
        assert part in known, part
    assert "Cite" not in built(tmp_path / "b", monkeypatch, "", REPOSITORY)["front"]


def test_a_repository_elsewhere_has_binder_and_no_colab(tmp_path, monkeypatch):
    forge = "https://gitlab.example.edu/stat/em"
    found = buttons(built(tmp_path, monkeypatch, SITE, forge)["chapter"])
    assert "Colab" not in found
    git = "git/https%3A%2F%2Fgitlab.example.edu%2Fstat%2Fem"
    assert found["Binder"].startswith(f"https://binder.example/v2/{git}/main?urlpath=lab/tree/")
    assert found["Open issue"].startswith(f"{forge}/-/issues/new?issue[title]=")


def test_a_hub_of_ones_own_brings_the_repository_into_the_students_home(tmp_path, monkeypatch):
    hubs = {"jupyterhub_url": "https://hub.example.edu"}
    found = buttons(built(tmp_path, monkeypatch, SITE, REPOSITORY, hubs)["chapter"])
    assert set(found) & {"Colab", "Binder", "JupyterHub"} == {"JupyterHub"}
    assert found["JupyterHub"] == (
        "https://hub.example.edu/hub/user-redirect/git-pull?repo=https%3A//github.com/ada/em"
        "&urlpath=lab/tree/em/pages/chapter.ipynb&branch=main"
    )


def test_an_address_that_is_none_stops_the_build_in_words(tmp_path, monkeypatch):
    with pytest.raises(Exception, match=r"html\.baseurl needs to be an address such as"):
        built(tmp_path, monkeypatch, "ada.github.io", REPOSITORY)
