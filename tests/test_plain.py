"""MyST in plain Markdown: each part of it once, by hand."""

import left_out
import nbformat
import plain
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sphinx.util.nodes import _make_id

NUMBERS = {"a-sum": "(4.1)", "far-away": "(3) of “Elsewhere”"}


def test_roles_become_words_and_the_glossary_is_linked_where_the_site_is_known():
    text = (
        "By {cite:t}`bishop2006`, {eq}`a-sum`, {eq}`far-away`: a {term}`rate <convergence rate>`."
    )
    said = "By Bishop [2006], (4.1), (3) of “Elsewhere”: a rate."
    assert plain.spoken(text, NUMBERS) == said
    there = plain.spoken(text, NUMBERS, "https://s.example")
    assert "[rate](https://s.example/book/glossary.html#term-convergence-rate)." in there


@pytest.mark.parametrize(
    "term",
    ["convergence rate", "E-step", "k-means++", "Scott's rule", "Kullback–Leibler divergence"],
)
def test_a_term_is_linked_at_the_place_that_sphinx_gives_it(term):
    assert left_out.place_of_term(term) == "term-" + _make_id(term)
    link = plain.spoken(f"{{term}}`it <{term}>`", NUMBERS, "https://s.example")
    assert link == f"[it](https://s.example/book/glossary.html#term-{_make_id(term)})"


def test_names_are_cited_as_on_the_site():
    assert plain.spoken("({cite:t}`dempster1977`)", {}) == "(Dempster *et al.* [1977])"
    assert plain.spoken("{cite:p}`redner1984`", {}) == "[Redner and Walker, 1984]"


def test_an_equation_keeps_its_number_and_an_exercise_its_place_in_the_list():
    assert plain.spoken("$$\nx = 1\n$$ (a-sum)\n", NUMBERS) == "$$\nx = 1\n\\tag{4.1}\n$$\n"
    text = "   :::{dropdown} So `f`\n   $$\n   x\n   $$ (a-sum)\n   :::"
    assert plain.spoken(text, NUMBERS) == (
        "   <details><summary><b>So <code>f</code></b></summary>\n\n"
        "   $$\n   x\n   \\tag{4.1}\n   $$\n\n   </details>"
    )


def test_boxes_and_what_other_directives_hold():
    text = (
        ":::{admonition} Not so\n:class: warning\n\nIt is.\n:::\n\n:::{chapters}\n- [a](a.md)\n:::"
    )
    assert plain.spoken(text, {}) == (
        "<blockquote>\n\n**Not so**\n\n\nIt is.\n\n</blockquote>\n\n- [a](a.md)"
    )
    assert plain.spoken("(a-place)=\nIts words.", {}) == "Its words."


def test_a_program_is_left_alone_in_a_solution_too():
    program = "```python\n{term}`x`\n$$ (y)\n```"
    assert plain.spoken(f"One\n\n{program}\n\n{{term}}`two`", {}) == f"One\n\n{program}\n\ntwo"
    assert program in plain.spoken(f":::{{dropdown}} Solution\n{program}\n:::", {})


@pytest.mark.parametrize(
    "text", ["{eq}`nowhere`", "{cite:t}`nobody1900`", "{doc}`a`", "$$\n$$ (nowhere)"]
)
def test_what_cannot_be_said_is_refused(text):
    with pytest.raises(KeyError):
        plain.spoken(text, NUMBERS)


def test_what_is_cited_is_listed_once_in_order_of_names():
    cells = [new_markdown_cell("{cite:t}`wu1983` and {cite:t}`bishop2006`"), new_code_cell("1")]
    cells.append(new_markdown_cell("{cite:p}`bishop2006`"))
    notebook = plain.say(new_notebook(cells=cells), {})
    nbformat.validate(notebook)
    assert [cell.cell_type for cell in notebook.cells] == [
        "markdown",
        "code",
        "markdown",
        "markdown",
    ]
    head, _, *entries = notebook.cells[-1].source.splitlines()
    assert head == "## References" and [one[:16] for one in entries] == [
        "- Christopher M.",
        "- C. F. Jeff Wu.",
    ]
    assert "*Pattern Recognition and Machine Learning*" in entries[0]
    assert "](https://doi.org/10.1214/aos/1176346060)" in entries[1]


def test_a_notebook_without_citations_gets_no_cell_more():
    assert len(plain.say(new_notebook(cells=[new_markdown_cell("$x$")]), {}).cells) == 1
