"""The chapters keep the rules of `rules/`, and each rule finds what breaks it. Nothing is run."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from rules import (
    equations,
    exercises,
    glossary,
    letters,
    links,
    marks,
    misconceptions,
    neighbors,
    numbers,
    order,
    programs,
    rebound,
)

BOOK = Path(__file__).parents[1] / "book"
CHAPTERS = sorted(BOOK.glob("*.ipynb"))
RULES = [numbers, equations, letters, exercises, marks, misconceptions, programs, rebound]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_chapter_keeps_the_lint(rule, path):
    faults = list(rule(nbformat.read(path, as_version=4)))
    assert not faults, "\n".join(faults)


def test_links_to_a_state_find_it():
    pages = {path.stem: (None, [("it", path.read_text("utf-8"))]) for path in BOOK.glob("*.md")}
    for path in CHAPTERS:
        cells = (chapter := nbformat.read(path, as_version=4)).cells
        words = [(f"cell {i}", c.source) for i, c in enumerate(cells) if c.cell_type == "markdown"]
        pages[path.stem] = (chapter, words)
    faults = list(links(pages))
    assert not faults, "\n".join(faults)


def test_a_term_of_the_glossary_is_linked_where_a_chapter_first_says_it():
    book = [(path.stem, nbformat.read(path, as_version=4)) for path in order()]
    faults = list(glossary(book))
    assert len(book) >= 5 and not faults, "\n".join(faults)


def test_the_next_and_the_last_chapter_are_the_ones_beside_it():
    book = [(path.stem, nbformat.read(path, as_version=4)) for path in order()]
    faults = list(neighbors(book))
    assert len(book) >= 5 and not faults, "\n".join(faults)


# ---- the rules can fail ----------------------------------------------------------------------


def text(source, **gmm):
    return new_markdown_cell(source, metadata={"gmm": gmm} if gmm else {})


def code(source="", shown=None, **metadata):
    outputs = [] if shown is None else [new_output("stream", text=shown)]
    return new_code_cell(source, outputs=outputs, metadata=metadata)


def faults(rule, *cells):
    return list(rule(new_notebook(cells=list(cells))))


SAID = "It ends at −4071.63 after 1,234 steps, with 97.6 % on the left."


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        (code("assert abs(end + 4071.634) < 1\nsteps, share = 1234, 0.976"), []),
        (code(shown="log-likelihood -4071.6251, 1,234 steps, 97.58 %"), []),
        (code("end, steps, share = -4071.624, 1234, 0.976"), ["−4071.63"]),
        (code("end, steps, share = -4071.63, 1235, 0.96"), ["1,234", "97.6"]),
        (code("assert end < 4071.63\nsteps, share = 1234, 0.976"), ["−4071.63"]),
        (code(shown="fell by 4071.63 in 1,234 steps, to 97.6 %"), ["−4071.63"]),
    ],
)
def test_a_number_in_the_text_is_held_to_the_digits_shown(cell, wrong):
    found = faults(numbers, text(SAID), cell)
    assert [fault.split(",")[0].split(" says ")[1] for fault in found] == [
        number.split(",")[0] for number in wrong
    ]
    assert all("cell 0 " in fault for fault in found)


@pytest.mark.parametrize(
    "words",
    [
        "Two of 12 points, 70 % of them",
        "{cite:t}`wu1983` (Silverman, 1986; 1987), equation 9.24 of it, section 9.2.1",
        "$x = 0.123$ and\n\n$$\ny = 45.6\n$$\n\n`z = 7.89`\n\n```python\nprint(777)\n```\n",
        '# Title 1.5\n\n<a href="#touch?p=0.7">at 0.7</a>, [words](http://a.b/1.25)',
    ],
)
def test_what_is_no_statement_needs_no_number_in_the_code(words):
    assert faults(numbers, text(words)) == []


@pytest.mark.parametrize(("words", "wrong"), [("from 1.5-2.5", 0), ("at -2.5", 1), ("(−2.5)", 1)])
def test_the_line_between_two_numbers_is_no_minus(words, wrong):
    assert len(faults(numbers, text(words), code("a = 1.5, 2.5"))) == wrong


def test_a_picture_is_held_to_its_caption():
    shown = code("x", mystnb={"figure": {"caption": "The top, at 3.75."}})
    assert "3.75" in faults(numbers, shown)[0]


def test_a_reason_excuses_a_number():
    words = "A script of others ended there 139 times."
    assert faults(numbers, text(words))
    assert not faults(numbers, text(words, numbers={"139": "counted in their program"}))


def test_a_neighbor_that_is_none_is_found():
    book = [
        ("a", new_notebook(cells=[text("[the next chapter](b.ipynb)")])),
        ("b", new_notebook(cells=[text("[In the last chapter](a.ipynb#x), [next chapter](a.md)")])),
        ("c", new_notebook(cells=[text("[the next chapter](a.ipynb), [the chapter](a.ipynb)")])),
    ]
    assert list(neighbors(book)) == [
        "b, cell 0: [next chapter](a.md) leads to a.md, but that is c",
        "c, cell 0: [the next chapter](a.ipynb) leads to a, but there is none",
    ]


CLAIM = "So\n\n$$\nx = 1\n$$ (topic-one)\n\nholds."


@pytest.mark.parametrize(
    "cells",
    [
        [text(CLAIM, defines=["topic-one"])],
        [text(CLAIM), code("assert x == 1  # topic-one")],
        [text(CLAIM), code("assert x == 1", gmm={"asserts": ["topic-one"]})],
        [text(CLAIM), code("np.testing.assert_allclose(x, 1)", gmm={"asserts": ["topic-one"]})],
        [text(CLAIM.replace(" (topic-one)", ""))],
    ],
)
def test_an_equation_is_a_definition_or_asserted(cells):
    assert faults(equations, *cells) == []


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ([text(CLAIM)], "cell 0 claims the equation topic-one"),
        ([text(CLAIM), code("x = 1  # topic-one")], "cell 1 names the equation topic-one"),
        ([text(CLAIM), code("assert x  # topic-one-half")], "cell 0 claims the equation topic-one"),
        ([code("assert x", gmm={"asserts": ["topic-two"]})], "cell 0 asserts the equation topic-t"),
        ([text("words", defines=["topic-two"])], "cell 0 defines the equation topic-two"),
    ],
)
def test_an_equation_that_nothing_checks_is_found(cells, wrong):
    assert faults(equations, *cells)[0].startswith(wrong)


def test_a_letter_that_the_notation_does_not_know_is_found():
    formula = r"$\gamma_{ik} = \log Z + \mathcal Z + \omega^{\text{new}} + \ell_{ik}$"
    found = faults(letters, text(formula))
    assert [fault.split()[5] for fault in found] == ["Z,", r"\mathcal", r"\omega,"]
    own = {"Z": "a sum", r"\mathcal Z": "a set", r"\omega": "a place"}
    assert not faults(letters, text(formula, letters=own))


@pytest.mark.parametrize(
    ("formula", "form"),
    [
        ("r_j", "r_j"),
        ("S_k", "S_k"),
        ("S", "S"),
        ("v_{kj} = v_0", "v_k,j"),
        (r"\gamma_{ik} = \gamma", r"\gamma"),
        (r"\hat\ell_i = \ell_{i, \max}", r"hat \ell_i"),
        (r"\dot\mu = \hat\mu", r"dot \mu"),
        (r"\Sigma^* = \Sigma", r"star \Sigma"),
        (r"e^{-s} = e^{s_i}", "s"),
        (r"\mu_{i'} = \mu_k", r"\mu_i"),
        (r"L_i(\theta_{t+1}) = L_C", "L_i"),
    ],
)
def test_a_letter_in_a_form_that_the_notation_does_not_have_is_found(formula, form):
    found = faults(letters, text(f"${formula}$"))
    assert len(found) == 1 and f"cell 0 writes {form}, a form that the table" in found[0]
    own = {form.split("_")[0].split()[-1]: "what it is here"}
    assert not faults(letters, text(f"${formula}$", letters=own))


@pytest.mark.parametrize(
    "formula",
    [
        r"\mu_0 = \mu_j = \mu_{z_i} = \hat\mu_1 = \mu_{k2}",
        r"\gamma_{j1} = \gamma_{i0}",
        r"\theta^{\text{new}} = \theta_{t+1}^2 - \theta_{\text{bad}}",
        r"\bar x_{2\text o} + x_{i\text o} + \overline{x^2}",
        r"\Sigma_{k,12} = \Sigma_{\text{oo}}^{-1} = (\Sigma_k)_{11}",
        r"\hat L_{K+1} \ge L'' = L_{t-1} - L_\infty",
        r"\operatorname*{arg\,min}_k \operatorname{E}_q \frac d2 \log\det C_k^\top",
    ],
)
def test_a_number_a_word_and_a_further_index_stand_for_those_of_the_notation(formula):
    assert not faults(letters, text(f"${formula}$"))


EXERCISE = "## Exercises\n\n**1. A sum** (easy). How much?\n\n"
SOLVED = EXERCISE + ":::{dropdown} Solution\nIt is 0.25.\n:::"
GUARD = code("assert x == 0.25", tags=["remove-cell"])


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ([text(SOLVED), GUARD], []),
        ([text(SOLVED.replace("0.25", "half"))], []),
        ([text(EXERCISE), code("assert x", tags=["hide-cell"]), GUARD], []),
        ([text(EXERCISE), GUARD], ["gives exercise 1 no solution"]),
        ([text(SOLVED + "\n\n**2. More** (hard). Why?"), GUARD], ["gives exercise 2 no solution"]),
        ([text(SOLVED.replace("(easy)", "(simple)")), GUARD], ["names exercise 1 in another way"]),
        ([text(SOLVED.replace("sum**", "sum.**")), GUARD], ["names exercise 1 in another way"]),
        ([GUARD, text(SOLVED)], ["solves exercise 1 with code or numbers that nothing checks"]),
        ([text(SOLVED), code("x", tags=["remove-cell"])], ["solves exercise 1"]),
        ([text(SOLVED.replace("**1.", "**2.")), GUARD], ["has exercise 2 where 1 is due"]),
        ([text("## Exercises\n\n1. A sum (easy).")], ["has the heading Exercises and no exercise"]),
    ],
)
def test_an_exercise_has_a_solution_that_is_checked(cells, wrong):
    found = faults(exercises, *cells)
    assert len(found) == len(wrong)
    assert all(said in fault for said, fault in zip(wrong, found))


SLIDERS = code(
    "many = {'near': fit(x), 'far off': fit(y)}\n"
    "for_all = dict(min=0, max=2, step=0.5)\n"
    "wobble = explore('wobble', dict(p=FloatSlider(value=1, **for_all),\n"
    "    start=SelectionSlider(options=[*many])), Panel())\n"
    "predict('how-far', 'How far?', {'less': 'x', 'more': 'y'}, because={})\n"
    "hidden = explore('hidden', dict(p=FloatSlider(max=fit(x))), Panel())"
)


@pytest.mark.parametrize(
    ("link", "wrong"),
    [
        ('<a href="#wobble?p=1.5&amp;start=far%20off">there</a>', ""),
        ("[there](topic.ipynb#wobble?p=1)", ""),
        ('<a href="topic.html#how-far?answer=more">there</a>', ""),
        ('`<a href="#wobble?p=7">`', ""),
        ('<a href="#wobble?p=0.75">there</a>', "its slider p never stands at 0.75"),
        ('<a href="#wobble?start=far">there</a>', "its slider start never stands at far"),
        ('<a href="#wobble?p=on">there</a>', "its slider p never stands at on"),
        ('<a href="#wobble?q=1">there</a>', "the explorer has no slider q; it has p, start"),
        ('<a href="#wabble?p=1">there</a>', "topic declares no explorer or question"),
        ("[there](other.ipynb#wobble?p=1)", "on the page other, which the book does not have"),
        ('<a href="#how-far?answer=most">there</a>', "has no answer most; it has less, more"),
        ('<a href="#how-far?p=1">there</a>', "a question has an answer and no p"),
        ('<a href="#hidden?p=1">there</a>', "its sliders cannot be read from the source"),
    ],
)
def test_a_link_is_read_as_the_page_reads_it(link, wrong):
    page = (new_notebook(cells=[SLIDERS]), [("cell 3", link)])
    found = list(links({"topic": page}))
    assert len(found) == bool(wrong)
    assert all(wrong in fault and "topic, cell 3 links to #" in fault for fault in found)


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("It has two {term}`humps <hump>`, and a hump is a top.", 0),
        ("**{term}`hump`** is what it is called.", 0),
        ("A hump, that is a {term}`hump`.", 0),
        ("Its **humps** are two.", 1),
        ("Such a top is a *hump*.", 1),
        ("A speed hump.\n\nA {term}`hump`.", 1),
        ("A speed {term}`bump`.", 0),
        ("It has $hump$ and\n\n```\nhump\n```\nand `hump`.\n\n# A hump\n\n| hump |", 0),
        ("Two [humps](x.md), says {cite:t}`hump1999`. <!-- hump -->", 0),
        ('**1. A hump** (easy). **"Two humps are two."** **What is a hump?**', 0),
        (":::{dropdown} Proof\nA hump.\n:::\n\nA {term}`hump`.", 0),
        (":::{dropdown} Proof\nA {term}`hump`.\n:::\n\nA hump.", 1),
        (":::{admonition} Note\n:class: hump\n\nA hump.\n:::", 1),
        ("A double hump is another term.", 0),
        ("A {term}`double hump <double hump>`, and one hump.", 1),
    ],
)
def test_the_first_use_of_a_term_in_a_chapter_links_it(words, wrong):
    book = [(name, new_notebook(cells=[text(one)]))
            for name, one in [("first", words), ("second", "A {term}`hump`.")]]  # fmt: skip
    found = [fault for fault in glossary(book, ["hump", "double hump"]) if "say hump" in fault]
    assert len(found) == wrong
    assert all(fault.startswith("first, cell 0 is the first of") for fault in found)


def test_each_chapter_links_a_term_for_itself():
    book = [(name, new_notebook(cells=[text("Maxima of spurious\nmaxima and one hump.")]))
            for name in ("first", "second")]  # fmt: skip
    found = list(glossary(book, ["spurious maximum", "hump"]))
    assert [fault.split(",")[0] for fault in found] == ["first", "first", "second", "second"]
    assert "{term}`spurious maxima <spurious maximum>`" in found[0]


def test_a_heading_is_no_link_to_a_term():
    book = [("first", new_notebook(cells=[text("# A {term}`hump`\n\nA {term}`hump`.")]))]
    assert "a term's link in a heading" in next(iter(glossary(book, ["hump"])))


def test_a_word_that_means_something_else_is_passed_over():
    cells = [text("A speed hump.", glossary={"hump": "on a road"}), text("One hump.")]
    found = list(glossary([("first", new_notebook(cells=cells))], ["hump"]))
    assert len(found) == 1 and found[0].startswith("first, cell 1 ")


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        (text("It is 4.5.", numbers={"4.5": "theirs"}), []),
        (text("It is 4.5.", numbers={"4.5": " "}), ["excuses 4.5 without a reason"]),
        (text("It is 4.6.", numbers={"4.5": "theirs"}), ["does not hold 4.5 any more"]),
        (text("$S$", letters={"T": "a sum"}), ["does not hold T any more"]),
        (text("$S$", letter={"S": "a sum"}), ["has the mark letter, which no rule reads"]),
        (text("No such word.", glossary={"hump": "a road's"}), ["does not hold hump any more"]),
        (text("$x$", asserts=["topic-one"]), ["asserts is a list of labels in a code cell"]),
    ],
)
def test_a_mark_is_needed_and_gives_a_reason(cell, wrong):
    found = faults(marks, cell)
    assert len(found) == len(wrong)
    assert all(said in fault for said, fault in zip(wrong, found))


CLAIM = '## It\n\n> **Misconception.** "All is well."\n\n'
STATE = '<a href="#bells?p=1">here</a>'


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        ([text(CLAIM + STATE)], []),
        ([text(CLAIM), code("assert not well")], []),
        ([text(CLAIM), code('predict("a", "b?", {}, because={})')], []),
        ([text('## "All is well"\n\nNo.'), code("assert not well"), text("## Next")], []),
        ([text('He said "all is well".')], []),
        ([text(CLAIM), code("print(well)")], [0]),
        ([text(f"{CLAIM}No.\n\n## Next\n\n{STATE}")], [0]),
        ([text("Hm."), text(CLAIM), text("## Next"), code("assert not well")], [1]),
        ([text(CLAIM + CLAIM.replace("## It", "") + STATE)], [0]),
        ([text('**"All is well."** No.')], [0]),
        ([text("## A misconception: all is well\n\nNo.")], [0]),
    ],
)
def test_a_misconception_is_refuted_in_its_section(cells, wrong):
    assert [int(said.split()[1]) for said in faults(misconceptions, *cells)] == wrong


def test_a_program_in_the_text_parses_and_does_not_scroll():
    assert faults(programs, text("```python\nx = 1\n```")) == []
    assert "a slip in line 1" in faults(programs, text("```python\nx = = 1\n```"))[0]
    assert "70 characters" in faults(programs, text(f"```python\nx = {'1' * 66}\n```"))[0]


EXPLORES = """\
size = 3
def doubled(x):
    return 2 * x * size
def shown(p):
    return doubled(p)
explore("bells", {}, Panel(Curve(shown), Curve(lambda p: p * unit)))
"""


@pytest.mark.parametrize(
    ("cell", "renamed"),
    [
        (code("sizes = 4\nprint([size for size in (1, 2)])"), []),
        (code("def other(size):\n    unit = size\n    return unit"), []),
        (code("from numbers import size"), []),
        (code("size = 4"), ["size"]),
        (code("for size in (1, 2):\n    pass"), ["size"]),
        (code("(size, other), unit = (1, 2), 3"), ["size", "unit"]),
        (code("def doubled(x):\n    return x"), ["doubled"]),
        (code("if sizes:\n    unit = 1"), ["unit"]),
        (text("```python\nsize = 4\n```"), ["size"]),
    ],
)
def test_what_an_explorer_reads_keeps_its_meaning_to_the_end(cell, renamed):
    said = faults(rebound, code(EXPLORES), cell)
    assert [fault.split(" gives ")[1].split()[0] for fault in said] == renamed
    assert all(fault.startswith("cell 1 ") and "'bells'" in fault for fault in said)
    assert faults(rebound, cell, code(EXPLORES)) == []


def test_what_a_question_reads_keeps_its_meaning_too():
    asks = code('predict("more", "More?", {}, holds=lambda: {"yes": top > 3})')
    assert "gives top another meaning" in faults(rebound, asks, code("top = 3"))[0]
    assert faults(rebound, code("top = 4"), asks) == []
