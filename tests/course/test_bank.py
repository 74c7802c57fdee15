"""The question bank: keys by a second route, variants, the exam on paper, Moodle and QTI.

Reads course/bank, tools/course, tools/site/built_math.py, tools/browser.py and KaTeX. What the
chapters themselves declare is exported in tests/site/test_bank_of_the_book.py.
"""

import ast
import io
import itertools
import re
import zipfile
from functools import cache
from unicodedata import normalize

import bank_items
import book_questions
import exam
import markup
import moodle_xml
import numpy as np
import pypdf
import pytest
import qti
from foreign_readers import (
    is_close,
    moodle_mark,
    moodle_questions,
    qti_mark,
    read_item,
    read_package,
)
from moodle_xml_parser import parser as moodle_xml_parser
from pyslet.qtiv2.core import QTIError

BANKS = bank_items.load()
NAMES = [(chapter, name) for chapter, bank in BANKS.items() for name in bank.makers]
CHAPTERS = [
    "mixtures", "known_variance", "one_dimension", "lower_bound", "starts", "stopping_and_speed",
    "when_it_breaks", "many_dimensions", "covariances", "kmeans", "how_many", "uncertainty",
    "density_or_clusters", "old_faithful", "galaxies", "crabs", "image_colours",
    "missing_entries", "beyond_gaussians", "at_scale",
]  # fmt: skip
SEEDS = range(1, 6)
each = pytest.mark.parametrize(("chapter", "name"), NAMES, ids=[name for _, name in NAMES])


@cache
def variant(chapter, name, seed=1):
    return BANKS[chapter].variant(name, seed)


def all_items():
    return [variant(chapter, name) for chapter, name in NAMES]


# ---- the items -------------------------------------------------------------------------------


def test_every_chapter_has_its_items_and_the_test_of_concepts_has_seventeen():
    assert len(NAMES) >= 44 and set(CHAPTERS) == set(BANKS)
    assert min(len(bank.makers) for bank in BANKS.values()) >= 4
    concepts = [item for item in all_items() if item.concepts]
    assert len(concepts) == 17 and {item.kind for item in concepts} == {"choice"}
    assert len({item.chapter for item in concepts}) >= 13


@each
def test_the_key_is_the_same_by_a_second_route(chapter, name):
    for seed in SEEDS:
        item = variant(chapter, name, seed)
        assert item.again is not None
        if item.kind == "numeric":
            assert abs(item.again - item.answer) <= item.within / 2
        else:
            assert item.again == item.key


def test_a_wrong_key_would_be_seen():
    wrong = bank_items.choice(
        "?", {"a": ("A", ""), "b": ("B", "")}, {"a": True, "b": False}, because="", again="b"
    )
    assert wrong.again != wrong.key


@each
def test_a_variant_is_the_same_again_and_every_wrong_answer_is_told_what_leads_there(chapter, name):
    for seed in SEEDS:
        item = variant(chapter, name, seed)
        again = BANKS[chapter].variant(name, seed)
        assert (item.text, item.options, item.key) == (again.text, again.options, again.key)
        assert item.because and item.goal and "�" not in item.text
        assert item.kind == "order" or all(option.said for option in item.options)
        assert not any(item.is_right(mistake.value) for mistake in item.mistakes)
        if item.kind == "numeric":
            assert item.is_right(item.answer + 0.99 * item.within) and item.mistakes
            assert item.is_right(round(item.answer, 3))  # so many digits are asked for
            assert not item.is_right(item.answer + 1.01 * item.within)
        else:
            assert len({option.text for option in item.options}) == len(item.options) >= 3


@each
def test_another_seed_asks_another_number(chapter, name):
    if variant(chapter, name).kind == "numeric":
        assert len(bank_items.distinct_variants(BANKS[chapter], name, range(1, 9))) >= 2


def test_the_right_answer_is_not_always_at_one_place_nor_always_the_longest():
    items = [item for item in all_items() if item.kind == "choice"]
    places = [[option.right for option in item.options].index(True) for item in items]
    assert set(places) == {0, 1, 2, 3}
    longest = [max(item.options, key=lambda option: len(option.text)).right for item in items]
    assert np.mean(longest) < 0.7


def test_a_declaration_that_cannot_be_asked_is_refused():
    options = {"a": ("A", ""), "b": ("B", "")}
    with pytest.raises(ValueError, match="exactly one option must hold"):
        bank_items.choice("?", options, {"a": True, "b": True}, because="")
    with pytest.raises(ValueError, match="and not all"):
        bank_items.several("?", options, {"a": True, "b": True}, because="")
    with pytest.raises(ValueError, match="holds must judge a, b, not a"):
        bank_items.choice("?", options, {"a": True}, because="")
    with pytest.raises(ValueError, match="a finite number"):
        bank_items.numeric("?", np.nan, within=1, mistakes={}, because="")
    bank = bank_items.Bank("here")

    @bank.item("a mistake that is right")
    def near(draw):
        return bank_items.numeric("?", 1, within=0.1, mistakes={"so": 1.05}, because="")

    with pytest.raises(ValueError, match="never far from right"):
        bank.variant("near", 1)


def test_each_file_of_the_bank_carries_a_canary():
    for path in sorted(bank_items.BANK.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        assert f"# canary: GMM-KEY-bank-{path.stem}\n" in source
        assert ast.get_docstring(ast.parse(source)).startswith("Chapter ")


# ---- the exam on paper -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """All items as an exam and its key, printed once."""
    folder, items = tmp_path_factory.mktemp("exam"), all_items()
    for name, page in {"exam": exam.exam_page, "key": exam.key_page}.items():
        (folder / f"{name}.html").write_text(page(items, "A & B", 1), encoding="utf-8")
    names = ("exam", "key")
    exam.write_pdf([(folder / f"{n}.html", folder / f"{n}.pdf") for n in names], "A & B")
    return folder


def words_of(path):
    # a font writes "fl" as one letter
    pages = [normalize("NFKC", page.extract_text()) for page in pypdf.PdfReader(path).pages]
    return pages, re.sub(r"\s+", "", "".join(pages))


def test_the_exam_holds_no_key_and_the_key_holds_every_one(printed):
    items = all_items()
    for name, found in (("exam", 0), ("key", len(items))):
        source = (printed / f"{name}.html").read_text(encoding="utf-8")
        _, words = words_of(printed / f"{name}.pdf")
        for text in (source, words):
            assert sum(item.canary in text for item in items) == found
            assert ("GMM-KEY" in text) is (found > 0)
    source = (printed / "exam.html").read_text(encoding="utf-8")
    for item in items:
        said = [item.because, *(part.said for part in (*item.options, *item.mistakes))]
        assert not any(words and markup.html_inline(words) in source for words in said)


def test_the_exam_does_not_say_in_its_markup_which_option_is_right():
    source = exam.exam_page(all_items(), "T", 1)
    assert "✓" not in source and 'class="right"' not in source
    assert len(set(re.findall(r"<li[^>]*><b[^>]*>[^<]*</b>", source))) == 1


def test_the_pages_are_a4_numbered_with_a_field_for_the_name_and_formulas_that_are_set(printed):
    pages, _ = words_of(printed / "exam.pdf")
    box = pypdf.PdfReader(printed / "exam.pdf").pages[0].mediabox
    assert abs(float(box.width) - 595.3) < 1 and abs(float(box.height) - 841.9) < 1
    for number, page in enumerate(pages, 1):
        assert re.search(rf"page\s*{number}\s*of\s*{len(pages)}", page)
    assert "Name" in pages[0] and "A & B" in pages[0]
    source = (printed / "exam.html").read_text(encoding="utf-8")
    assert 'class="katex"' in source and "url(fonts/" not in source and "http" not in re.sub(
        r"http://www\.w3\.org/[\w/]+", "", source
    )  # fmt: skip
    text = re.sub(r"<(style|annotation|semantics)\b.*?</\1>", "", source, flags=re.DOTALL)
    assert "$" not in text and r"\(" not in text
    points = [int(n) for n in re.findall(r"(\d+) points?</span>", source)]
    assert f"{sum(points)} points" in pages[0]


def test_an_exam_is_picked_by_count_by_name_or_by_concept():
    twenty = exam.pick(BANKS, "20", 3, CHAPTERS)
    assert len(twenty) == 20 and not any(item.concepts for item in twenty)
    assert {item.chapter for item in twenty} == set(CHAPTERS)
    assert [i.name for i in twenty] == [i.name for i in exam.pick(BANKS, "20", 3, CHAPTERS)]
    assert [i.name for i in twenty] != [i.name for i in exam.pick(BANKS, "20", 4, CHAPTERS)]
    assert len(exam.pick(BANKS, "concepts", 1, CHAPTERS)) == 17
    assert len(exam.pick(BANKS, "all", 1, CHAPTERS)) == len(NAMES)
    named = exam.pick(BANKS, "starts, one-hump", 1, CHAPTERS)
    assert {item.name for item in named} == {"one-hump", *BANKS["starts"].makers}
    for wrong, words in (("0", "from 1 to"), ("999", "from 1 to"), ("geysers", "no chapter")):
        with pytest.raises(ValueError, match=words):
            exam.pick(BANKS, wrong, 1, CHAPTERS)


# ---- Moodle and QTI --------------------------------------------------------------------------


@cache
def book_items():
    """Questions as the book declares them: one of each kind, and a program with one order."""
    from specimen_questions import em_loop, specimens

    specs = [question.question for question in specimens()[1].values()]
    assert len(specs) == 3
    one_order = [list(em_loop().question["order"])]
    pairs = [[b, a, "so"] for a, b in itertools.pairwise(one_order[0])]
    specs.append(em_loop().question | {"name": "one-order", "after": pairs, "works": 1})
    return [i for spec in specs for i in book_questions.as_items(spec, "mixtures", "Here")]


def exported():
    return [*all_items(), *book_items()]


@pytest.fixture(scope="module")
def moodle():
    items = [item for item in exported() if moodle_xml.is_possible(item)]
    text = moodle_xml.export([("A/B", items)])
    return items, text, moodle_questions(text)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    path = tmp_path_factory.mktemp("qti") / "qti21.zip"
    qti.write(exported(), path)
    return path


def answers_to(item):
    """[(answer, share of the points)]: right and wrong ones, as keys or numbers as written."""
    if item.kind == "numeric":
        right = [item.answer, item.answer + 0.99 * item.within, item.answer - 0.99 * item.within]
        wrong = [item.answer + side * 1.02 * item.within for side in (-1, 1)]
        wrong += [mistake.value for mistake in item.mistakes]
        return [(repr(float(n)), 1) for n in right] + [(repr(float(n)), 0) for n in wrong]
    keys = [option.key for option in item.options]
    if item.kind == "choice":
        return [([key], float(key in item.key)) for key in keys]
    if item.kind == "several":
        right, wrong = sorted(item.key), [key for key in keys if key not in item.key]
        return [
            (right, 1), (right[:1], 1 / len(right)), (wrong, 0), (keys, 0),
            (right + wrong[:1], 1 - 1 / len(wrong)),
        ]  # fmt: skip
    first = list(item.orders[0])
    return [(list(order), 1) for order in item.orders] + [(first[::-1], 0)]


def test_moodle_takes_every_question_and_an_independent_reader_finds_the_same_choices(moodle):
    items, text, found = moodle
    assert len(found) == len(items)
    choices = [item for item in items if item.kind in ("choice", "several")]
    read = moodle_xml_parser.parse_string(text)["multichoice"]
    assert len(read) == len(choices)
    for item, question in zip(choices, read):
        assert question.single == (item.kind == "choice") and question.shuffle_answers
        assert question.default_grade == item.points
        shares = [option.score_fraction > 0 for option in question.options]
        assert shares == [option.right for option in item.options]
        assert all(bool(o.feedback) == bool(i.said) for o, i in zip(question.options, item.options))


def test_moodle_gives_right_wrong_and_half_right_answers_what_they_should_get(moodle):
    for item, (kind, question) in zip(moodle[0], moodle[2]):
        keys = [option.key for option in item.options]
        texts = dict(zip(keys, (markup.moodle(option.text) for option in item.options)))
        for answer, share in answers_to(item):
            given = answer
            if kind == "multichoice":
                given = [keys.index(key) for key in answer]
            elif kind == "ordering":
                given = [texts[key] for key in answer]
            assert is_close(moodle_mark(question, given), share), (item.name, answer)


@pytest.mark.parametrize("nothing", ["", "one half", "0,5", "1/2", "nan"])
def test_moodle_asks_again_where_a_number_is_none(moodle, nothing):
    numbers = [question for kind, question in moodle[2] if kind == "numerical"]
    assert numbers
    for question in numbers:
        with pytest.raises(ValueError, match="not a number|no answer"):
            moodle_mark(question, nothing)


def test_a_question_that_moodle_would_refuse_is_seen(moodle):
    for wrong, right in (('fraction="37"', 'fraction="100"'), ('fraction="50"', 'fraction="100"')):
        with pytest.raises(ValueError, match="share"):
            moodle_questions(moodle[1].replace(right, wrong, 1))


def test_formulas_are_delimited_for_moodle_and_are_mathml_in_qti(moodle, package):
    by_name = {item.name: question for item, (_, question) in zip(moodle[0], moodle[2])}
    texts = [element.text or "" for element in by_name["share-at-a-point"].iter("text")]
    assert any(r"\(\gamma_1(x)\)" in text for text in texts)
    assert not any("$" in text for _, q in moodle[2] for text in q.itertext())
    with zipfile.ZipFile(package) as zipped:
        item = zipped.read("items/bank-share-at-a-point-1.xml").decode()
    assert "<m:math" in item and 'xmlns:m="http://www.w3.org/1998/Math/MathML"' in item
    assert "$" not in item


def test_an_independent_reader_takes_the_qti_package_and_each_of_its_items(package):
    named = read_package(package)
    assert len(named) == len(exported())
    with zipfile.ZipFile(package) as zipped:
        assert sorted(zipped.namelist()) == sorted(["imsmanifest.xml", *(h for _, h in named)])
        for kind, href in named:
            assert kind == "imsqti_item_xmlv2p1"
            assert read_item(zipped.read(href)).identifier == href[6:-4]


def test_an_independent_engine_gives_each_answer_what_it_should_get_and_says_why(package):
    with zipfile.ZipFile(package) as zipped:
        for item in exported():
            text = zipped.read(f"items/{qti.identifier(item)}.xml")
            read = read_item(text)
            for answer, share in answers_to(item):
                given = answer
                if item.kind == "choice":
                    given = f"k-{answer[0]}"
                elif item.kind != "numeric":
                    given = [f"k-{key}" for key in answer]
                score, said = qti_mark(read, given)
                assert is_close(score, share * item.points), (item.name, answer)
                if item.kind in ("choice", "several"):
                    assert said == {f"k-{key}" for key in answer}
                elif share == 1:
                    assert said == {"right"}
            for number, mistake in enumerate(item.mistakes):
                assert qti_mark(read, repr(mistake.value)) == (0, {f"mistake-{number}"})
            assert qti_mark(read, None) == (0, set())


@pytest.mark.parametrize("nothing", ["one half", "0,5", "1/2"])
def test_the_engine_refuses_text_where_qti_asks_for_a_number(package, nothing):
    numbers = [item for item in exported() if item.kind == "numeric"]
    with zipfile.ZipFile(package) as zipped:
        for item in numbers:
            read = read_item(zipped.read(f"items/{qti.identifier(item)}.xml"))
            with pytest.raises(ValueError):
                qti_mark(read, nothing)


def test_an_item_that_breaks_the_standard_is_refused():
    item = qti.assessment_item(variant("mixtures", "one-hump"))
    read_item(item)
    for right, wrong in (
        ("choiceInteraction", "choiceInteractions"),
        ('cardinality="single"', ""),
        ('baseType="identifier"', 'baseType="word"'),
    ):
        with pytest.raises((QTIError, ValueError, KeyError)):
            qti_mark(read_item(item.replace(right, wrong)), "k-enough")


def test_the_same_bank_gives_the_same_package():
    two = [io.BytesIO(), io.BytesIO()]
    for made in two:
        qti.write(all_items()[:5], made)
    assert two[0].getvalue() == two[1].getvalue()
    with pytest.raises(ValueError, match=f"two items are called {qti.identifier(all_items()[0])}"):
        qti.write(all_items()[:1] * 2, io.BytesIO())


# ---- the book's own questions ----------------------------------------------------------------


def test_a_question_of_the_book_becomes_an_item_with_the_same_key():
    from specimen_questions import specimens

    _, asked = specimens()
    twins, far, loop = (
        book_questions.as_items(asked[name].question, "mixtures", "Here")
        for name in ("twins", "how-far", "em-loop")
    )
    assert twins[0].key == {asked["twins"].right_answer()} and twins[0].where == "Here"
    assert all(option.said for option in twins[0].options)
    assert far[0].answer == asked["how-far"].question["answer"] and far[0].otherwise
    order, lines = loop
    assert len(order.orders) == asked["em-loop"].question["works"]
    for right in order.orders:
        assert asked["em-loop"].judge("-".join(right))[0] == "right"
    wrong = [entry for entry in asked["em-loop"].question["lines"] if entry["why"]]
    assert [option.right for option in lines.options] == [True] + [False] * len(wrong)


def test_plain_words_of_the_book_stay_as_they_are():
    plain = "From 2 * 3 < 7 & a_b [c] `x[0] * 2` to 10 % | $ (R's \\n)."
    shown = markup.html(markup.from_plain(plain))
    words = "From 2 * 3 &lt; 7 &amp; a_b [c] <code>x[0] * 2</code> to 10 % | $ (R's \\n)."
    assert shown == f"<p>{words}</p>"
