"""A chapter that the table of contents leaves out takes no other page with it.

A book of four pages is built by Sphinx; nothing of the real one is read.
"""

import io
import re

import left_out
import pytest
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import docutils_namespace, patch_docutils

FULL = "https://full.example/book"
FRONT = """# Front

```{toctree}
:numbered:
a
c
```

## Chapters

### One

:::{container} chapter-cards
- [A](a.md): the first.
- [B](b.md): the second.
:::

### Two

:::{container} chapter-cards
- [B](b.md): once more.
:::

What follows.
"""
B = """# Bees and **more**

(b-here)=
## Here

$$
x = 1
$$

$$
x = 2
$$ (b-one)

$$
x = 3
$$ (b-two)
"""


def built(tmp_path, a, c="# C\n\nNothing.", full=FULL, **files):
    """({page: the HTML of its text}, warnings) of a book whose page b is left out."""
    folder = tmp_path / "text" / "pages"
    folder.mkdir(parents=True)
    for name, text in {"front": FRONT, "a": f"# A\n\n{a}", "b": B, "c": c, **files}.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    settings = {
        "extensions": ["myst_parser", "left_out"],
        "source_suffix": {".md": "markdown"},
        "root_doc": "pages/front",
        "exclude_patterns": ["pages/b.md", "pages/glossary.md", "pages/bibliography.md"],
        "myst_enable_extensions": ["colon_fence", "dollarmath"],
        "nitpicky": True,
        "html_theme": "basic",
        "full_book": full,
    }
    said = io.StringIO()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            tmp_path / "text", None, tmp_path / "html", tmp_path / "trees", "html",
            confoverrides=settings, status=None, warning=said,
        )  # fmt: skip
        app.build()
    pages = {}
    for path in (tmp_path / "html/pages").glob("*.html"):
        body = path.read_text(encoding="utf-8").partition('role="main"')[2]
        pages[path.stem] = body.partition('class="sphinxsidebar"')[0]
    return pages, said.getvalue()


def links(text):
    """(where it leads, its words) of each link of a text but those of its headings."""
    found = re.findall(r'<a\b[^>]*href="([^"]*)"[^>]*>(.*?)</a>', text, re.DOTALL)
    return [(to, re.sub("<[^>]*>", "", words)) for to, words in found if words != "¶"]


def words(text):
    return " ".join(re.sub("<[^>]*>", "", text).split())


SAID = """[The next chapter](b.md), [chapter 2](b.md#here), [Chapter 2](b.md), [a word](b.md),
{doc}`b`, {ref}`b-here`, by {eq}`b-two`, <a href="b.html#state?p=1&q=2">*in* chapter 2</a>,
[2](b.md).

<p><a href="b.html">A block</a>, <a href="c.html">and what is here</a></p>
"""


def test_a_link_to_it_leads_to_the_full_book_and_calls_it_by_its_title(tmp_path):
    pages, said = built(tmp_path, SAID)
    assert said == ""
    b = f"{FULL}/pages/b.html"
    assert links(pages["a"]) == [
        (b, "The chapter “Bees and more”"),
        (f"{b}#here", "the chapter “Bees and more”"),
        (b, "The chapter “Bees and more”"),
        (b, "a word"),
        (b, "Bees and more"),
        (f"{b}#b-here", "“Bees and more”"),
        (f"{b}#equation-b-two", "(2)"),
        (f"{b}#state?p=1&q=2", "in the chapter “Bees and more”"),
        (b, "“Bees and more”"),
        (b, "A block"),
        ("c.html", "and what is here"),
    ]
    assert "by (2) of “Bees and more”" in words(pages["a"])


def test_without_an_address_of_the_full_book_the_words_stay_and_the_links_go(tmp_path):
    pages, said = built(tmp_path, SAID, full="")
    assert said == "" and links(pages["a"]) == [("c.html", "and what is here")]
    assert (
        "The chapter “Bees and more” of the full book, the chapter “Bees and more” of the full book"
    ) in words(pages["a"])
    assert (
        "“Bees and more”, in the chapter “Bees and more”, “Bees and more” of the full book. A b"
        in (words(pages["a"]))
    )


def test_a_number_and_a_neighbor_are_those_of_this_table_of_contents(tmp_path):
    a = """[chapter 3](c.md), [the next chapter](c.md), [chapter 4](front.md), [3](c.md),
    <a href="c.html#x?p=1">Chapter 3</a>, [3 more](c.md)"""
    pages, said = built(tmp_path, a, "# C\n\n[chapter 1](a.md), [Last chapter](a.md), [x](a.md)")
    assert said == ""
    assert [found for _, found in links(pages["a"])] == [
        "chapter 2", "the next chapter", "the chapter “Front”", "2", "Chapter 2", "3 more"
    ]  # fmt: skip
    assert [found for _, found in links(pages["c"])] == ["chapter 1", "Last chapter", "x"]


def test_a_place_that_is_not_beside_the_page_any_more_is_a_title(tmp_path):
    pages, _ = built(tmp_path, "[the previous chapter](c.md)", "# C\n\n[next chapter](a.md)")
    assert [found for _, found in links(pages["a"])] == ["the chapter “C”"]
    assert [found for _, found in links(pages["c"])] == ["chapter “A”"]


def test_its_card_goes_and_a_part_without_cards_loses_its_heading(tmp_path):
    pages, said = built(tmp_path, "Nothing.")
    assert said == ""
    assert "the first" in pages["front"] and "One" in pages["front"]
    assert "the second" not in pages["front"] and "Two" not in pages["front"]
    assert "What follows" in pages["front"]


def test_a_term_of_a_glossary_that_is_left_out_is_there_in_words(tmp_path):
    glossary = "# Glossary\n\n```{glossary}\nlower bound\n  A bound.\n```"
    pages, said = built(tmp_path, "{term}`lower bounds <lower bound>`", glossary=glossary)
    assert said == ""
    assert links(pages["a"]) == [(f"{FULL}/pages/glossary.html#term-lower-bound", "lower bounds")]


def test_every_other_link_that_leads_nowhere_is_a_warning_still(tmp_path):
    _, said = built(tmp_path, "[x](nowhere.md), {eq}`b-three`, {doc}`d`, {term}`bee`")
    assert said.count("WARNING") == 4


def test_the_bibliography_cannot_be_left_out(tmp_path):
    with pytest.raises(ExtensionError, match="pages/bibliography is not in _toc.yml"):
        built(tmp_path, "Nothing.", bibliography="# Bibliography")


def test_code_is_left_alone(tmp_path):
    pages, _ = built(tmp_path, "said `<a href='b.html#x?p=1'>` and `[chapter 2](b.md)`")
    assert "[chapter 2](b.md)" in words(pages["a"]) and links(pages["a"]) == []


def test_the_words_before_a_title_fit_the_sentence():
    said = [left_out.by_title(f"{words} 4", "T") for words in ("Chapter", "in chapter")]
    assert said == ["The chapter “T”", "in the chapter “T”"]
    assert left_out.by_title("The last chapter", "T") == "The chapter “T”"
    assert left_out.by_title("a chapter of its own", "T") == "a chapter of its own"
