"""Questions as values: what is right is computed, and what is refused, in whose words."""

import itertools
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import static_questions
import static_widgets
from specimen import VIEW, page_parts
from specimen_questions import (
    AFTER,
    BEFORE,
    INSTEAD,
    LINES,
    densities,
    em_loop,
    explorer,
    gap,
    how_far,
    run,
    specimens,
    twins,
)
from sphinx.errors import ExtensionError

from gmmlib import explore as gx
from gmmlib.explore.questions import number_in

MINUS = "\N{MINUS SIGN}"


@pytest.fixture(scope="module")
def every():
    return specimens()


def choice(**changed):
    options = {
        "options": {"less": "Less", "more": "More"}, "holds": lambda: "more",
        "because": {"less": "It is {n:d}.", "more": "It is {n:d}."}, "numbers": lambda: {"n": 3},
    }  # fmt: skip
    return gx.predict("trial", "How many?", **options | changed)


def two_lines(**changed):
    options = {
        "lines": {"a": "a = 1", "b": "b = a + 1"}, "after": {"b": "a"}, "because": "Two.",
        "check": lambda names: names["b"] == 2,
    }  # fmt: skip
    return gx.arrange("trial", "In order?", **options | changed)


# ---- the key is computed ---------------------------------------------------------------------


def test_the_right_option_is_the_one_that_holds(every):
    question = every[1]["twins"]
    assert gap((0.0, 0.0)) == 0
    assert question.right_answer() == "stay"
    assert {key: question.judge(key)[0] for key in ("apart", "right-only", "stay")} == {
        "apart": "not-yet", "right-only": "almost", "stay": "right"}  # fmt: skip


@pytest.mark.parametrize("key", ["less", "more"])
def test_a_function_may_name_the_option_that_holds(key):
    assert choice(holds=lambda: key).right_answer() == key


@pytest.mark.parametrize(
    ("holds", "why"),
    [
        ({"less": False, "more": False}, "exactly one option must hold, not 0"),
        ({"less": True, "more": np.True_}, r"exactly one option must hold, not 2 \(less, more\)"),
        ({"less": True}, "holds must judge less, more"),
        ("most", "holds gives 'most', which is no option"),
        (None, "holds gives None, which is no option"),
    ],
)
def test_a_question_with_no_right_option_or_with_two_is_refused(holds, why):
    with pytest.raises(ValueError, match=why):
        choice(holds=lambda: holds)


@pytest.mark.parametrize(
    ("off", "tone"),
    [
        (0, "right"), (0.0999, "right"), (-0.1, "right"), (0.1, "right"), (0.1001, "almost"),
        (-0.5, "almost"), (0.5001, "not-yet"), (-7, "not-yet"),
    ],
)  # fmt: skip
def test_a_number_is_judged_by_how_far_it_is_off(off, tone, every):
    question = every[1]["how-far"]
    answer = run((-1.0, 1.0)).mixture.means[0]
    assert question.judge(repr(float(answer + off)))[0] == tone


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.5", 0.5), (f" {MINUS}2 ", -2), ("-2.", -2), ("+.5", 0.5), ("1e-3", 0.001), ("7E2", 700)],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert number_in(text) == number


@pytest.mark.parametrize("text", ["", "two", "1,234", "1 2", "--1", "0x10", "inf", "nan", "٣"])
def test_what_is_no_number_is_not_guessed_at(text):
    with pytest.raises(ValueError, match=f"“{text}” is not a number"):
        number_in(text)


def test_the_number_shown_as_the_answer_is_right(every):
    for within in (0.003, 0.1, 0.5, 2, 30):
        question = how_far(within=within, almost=None, because=("{answer:.1f}", "{answer:.1f}"))
        assert question.judge(question.right_answer())[0] == "right"


# ---- what is said is computed ----------------------------------------------------------------


def test_the_numbers_said_are_those_of_em(every):
    far = gap((-1.0, 1.0))
    _, said = every[1]["twins"].judge("apart")
    assert said == f"From means that differ they do, to a gap of {far:.3f}; these do not."
    left = f"{run((-1.0, 1.0)).mixture.means[0]:.2f}".replace("-", MINUS)
    assert every[1]["how-far"].judge("100") == ("not-yet", f"It is {left}.")


def test_the_numbers_are_computed_once():
    calls = []
    choice(numbers=lambda: calls.append(1) or {"n": 3})
    assert calls == [1]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_refused(bad):
    with pytest.raises(ValueError, match="question 'trial', because of 'less': 'n' .* not finite"):
        choice(numbers=lambda: {"n": bad})
    with pytest.raises(ValueError, match="the answer is not finite"):
        how_far(answer=lambda: bad)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"options": None}, "needs options and holds, or answer and within"),
        ({"answer": lambda: 3}, "needs options and holds, or answer and within"),
        ({"options": {"more": "More"}}, "needs two or more options"),
        ({"options": {"less": "Less", "More": "More"}}, "with keys of a-z, 0-9, '-'"),
        ({"holds": None}, "needs holds, a function"),
        ({"because": {"more": "{n:d}"}}, "because says nothing to 'less'"),
        ({"because": {"less": "{n:d}", "more": "{n:d}", "most": ""}}, "because: 'most' is no opt"),
        ({"because": {"less": "No.", "more": "{n:d}"}}, "of 'less': says no number; give it one"),
        ({"because": {"less": "{m:d}", "more": "{n:d}"}}, "{m} is neither a slider nor in `num"),
        ({"because": {"less": "$n$ {n:d}", "more": "{n:d}"}}, "formulas are not set here"),
        ({"numbers": None}, "{n} needs `numbers`"),
        ({"almost": "most"}, "almost: 'most' is no option"),
        ({"almost": ("more",)}, "'more' holds, and is not almost right"),
        ({"within": 1}, "within and unit belong to a number"),
        ({"at": {"step": 1}}, "needs an explorer and at, or neither"),
        ({"explorer": "twins", "at": {}}, "must be one that explore.. made"),
    ],
)
def test_a_choice_that_is_not_whole_is_refused(changed, why):
    with pytest.raises(ValueError, match=why):
        choice(**changed)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"within": None}, "within must be a positive number, not None"),
        ({"within": 0}, "within must be a positive number, not 0"),
        ({"almost": 0.1}, "almost must be more than within, not 0.1"),
        ({"almost": None}, "because must say right, not-yet: 2"),
        ({"because": "{answer:.2f}"}, "because must say right, almost, not-yet: 3"),
        ({"because": ("{answer:.2f}", "Near.", "{answer:.2f}")}, "of almost: says no number"),
        ({"holds": lambda: "more"}, "holds belongs to options"),
    ],
)
def test_a_number_question_that_is_not_whole_is_refused(changed, why):
    with pytest.raises(ValueError, match=why):
        how_far(**changed)


@pytest.mark.parametrize("name", ["", "Twins", "the twins", "a_b", "ä"])
def test_a_name_is_part_of_an_address(name):
    with pytest.raises(ValueError, match="name must be of a-z, 0-9 and '-'"):
        gx.arrange(name, "?", {"a": "a = 1", "b": "b = a"}, check=lambda n: "b" in n,
                   because="Yes.", after={"b": "a"})  # fmt: skip


def test_the_state_that_decides_is_a_state_of_the_explorer(every):
    spec = every[1]["twins"].question["explorer"]
    assert spec["state"] == [0, 3]
    assert spec["link"] == "#specimen-explorer?start=equal&step=3"
    spec = twins(explorer(), at={"start": (-1.0, 1.0)}).question["explorer"]
    assert spec["link"] == "#specimen-explorer?start=50%25%20%26%20apart&step=0"
    with pytest.raises(ValueError, match="'step' never takes the value 9"):
        twins(every[0], at={"step": 9})
    with pytest.raises(ValueError, match="'p' names no slider"):
        twins(every[0], at={"p": 1})


# ---- programs are run ------------------------------------------------------------------------


def program_works(sources):
    names = {"np": np, "x": np.array([-3.1, -2.9, -2.4, -1.6, 1.8, 2.1, 2.7, 3.4])}
    names["densities"] = densities
    try:
        exec(BEFORE + "\n" + "\n".join(sources), names)
    except Exception:
        return False
    from specimen_questions import wanted

    return bool(wanted(names))


def test_an_answer_is_right_exactly_if_its_program_works(every):
    question = every[1]["em-loop"]
    texts = {line["id"]: line["text"] for line in question.question["lines"]}
    right = [key for key in texts if texts[key] in LINES.values()]
    tones = {}
    for order in itertools.permutations(right):
        tone, _ = question.judge("-".join(order))
        assert (tone == "right") == program_works([texts[key] for key in order])
        tones[tone] = tones.get(tone, 0) + 1
    assert tones == {"right": 2, "almost": 718}
    assert question.question["works"] == 2


def test_a_wrong_line_is_told_before_a_wrong_order_and_a_missing_one_between(every):
    question = every[1]["em-loop"]
    entries = question.question["lines"]
    ids = {line["text"]: line["id"] for line in entries}
    order = question.right_answer().split("-")
    for key, wrong in INSTEAD.items():
        for text in wrong:
            at = order.index(ids[LINES[key]])
            tone, said = question.judge("-".join([*order[:at], ids[text], *order[at + 1 :]][::-1]))
            assert tone == "not-yet" and said.startswith(f"`{text.strip()}`: ")
    assert question.judge("-".join(order[1:][::-1])) == ("not-yet", "A line is missing.")
    assert question.judge(order[0]) == ("not-yet", "5 lines are missing.")
    said = f"`{LINES['densities'].strip()}` must come after `{LINES['loop']}`."
    assert question.judge("-".join([order[1], order[0], *order[2:]])) == ("almost", said)


def test_the_lines_are_shuffled_and_always_alike(every):
    first, again = every[1]["em-loop"].question, em_loop().question
    assert first == again
    places = [line["place"] for line in first["lines"] if line["why"] is None]
    assert places != list(LINES) and sorted(places) == sorted(LINES)
    assert [line["id"] for line in first["lines"]] == list("abcdefgh")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"after": {}}, "this order does not work"),
        ({"check": lambda names: True}, "this works, and should not:\na = 1"),
        ({"lines": {"a": "a = 1", "b": "b = 2"}}, "this order works, and breaks `after`"),
        ({"check": lambda names: False}, "does not work .the check does not pass"),
        ({"check": lambda names: names["c"]}, "does not work .KeyError: 'c'"),
        ({"after": {"a": "b", "b": "a"}}, "works, and breaks `after`"),
        ({"lines": {"a": "a = 1 +", "b": "b = 2"}}, "does not work .SyntaxError"),
        ({"instead": {"b": {"b = 2 * a": "No."}}}, "this works, and should not:\na = 1\nb = 2 . a"),
        (
            {"lines": {"a": "a = 1", "b": "b = 2"}, "after": {}},
            "this works, and should not:\nb = 2",
        ),
        ({"lines": {"a": "a = 1"}}, "needs 2 to 7 lines, not 1"),
        ({"lines": {str(i): f"x{i} = 1" for i in range(8)}}, "needs 2 to 7 lines, not 8"),
        ({"lines": {"a": "a = 1\n", "b": "b = 2"}}, "is not one line of code"),
        ({"instead": {"b": {"a = 1": "No."}}}, "'a = 1' is there twice"),
        ({"instead": {"c": {"b = 3": "No."}}}, "instead: 'c' is no line"),
        ({"after": {"b": ("a", "d")}}, "after: 'd' is no line"),
        ({"because": " "}, "because: words are needed"),
    ],
)
def test_a_program_that_does_not_decide_is_refused(changed, why):
    with pytest.raises(ValueError, match=why):
        two_lines(**changed)


def test_two_wrong_lines_that_make_a_right_program_together_are_found():
    lines = {"a": "a = 3", "b": "b = a - 1"}
    instead = {"a": {"a = 4": "No."}, "b": {"b = a - 2": "No."}}
    with pytest.raises(ValueError, match="this works, and should not:\na = 4\nb = a - 2"):
        two_lines(lines=lines, instead=instead)


def test_a_wrong_program_may_never_end_and_print_and_warn_and_spoil_what_it_was_given(capsys):
    data = np.array([1.0, 2.0])
    question = two_lines(
        lines={"a": "n = 3", "b": "while n > 0: n = n - 1"},
        instead={
            "b": {
                "while n > 0: n = n + 1": "It never ends.",
                "while n > 0: x[:] = 0; print(1 / x); n = n - 2": "n is −1 then.",
            }
        },
        given={"x": data},
        check=lambda names: names["n"] == 0,
    )
    assert question.right_answer().count("-") == 1
    np.testing.assert_array_equal(data, [1, 2])
    assert capsys.readouterr() == ("", "")


def test_the_setup_runs_first_and_is_shown(every):
    assert every[1]["em-loop"].question["given"] == BEFORE
    with pytest.raises(ValueError, match="NameError: name 'means' is not defined"):
        em_loop(before="")
    assert AFTER.keys() <= LINES.keys()


# ---- what is stored in a notebook ------------------------------------------------------------


def test_what_a_notebook_stores_says_the_question_its_options_and_the_answer(every):
    for question in every[1].values():
        bundle, _ = question._repr_mimebundle_()
        assert bundle["text/plain"] == repr(question)
        assert question.model_id not in repr(question)
        assert question.question["prompt"] in repr(question)
    assert "- “They stay equal” Right. The gap is 0.0." in repr(every[1]["twins"])
    assert f"Answer: {MINUS}2.50 units (within 0.1)" in repr(every[1]["how-far"])
    for line in LINES.values():
        assert f"\n    {line}\n" in repr(every[1]["em-loop"])


def test_a_changed_answer_changes_what_is_stored():
    assert repr(choice()) != repr(choice(holds=lambda: "less"))
    assert repr(choice()) != repr(choice(numbers=lambda: {"n": 4}))
    assert repr(how_far()) != repr(how_far(answer=lambda: -2.52))
    assert repr(two_lines()) != repr(two_lines(after={"b": ["a"]}, because="2."))


# ---- on the static page ----------------------------------------------------------------------


def pass_through(widgets, folder):
    body, script = page_parts(*widgets)
    context = {"body": body, "script_files": [script]}
    static_widgets.static_page(SimpleNamespace(outdir=folder), "book/page", "", context, None)
    return context["body"], json.loads(script.attributes["body"])["state"]


def test_without_javascript_there_are_the_words_and_the_options(every, tmp_path):
    moved, questions = every
    body, _ = pass_through([moved, *questions.values()], tmp_path)
    assert body.count(VIEW) == 4
    words = re.findall(r"<noscript><div.*?id=\"(.*?)\">(.*?)</div></noscript>", body, re.DOTALL)
    assert [name for name, _ in words] == list(questions)
    twins_words, number_words, lines_words = (text for _, text in words)
    assert "what will <code>em</code> do in 8 points?" in twins_words
    for option in ("They drift apart &amp; stop", "One &quot;moves&quot;", "They stay equal"):
        assert f"<li>{option}</li>" in twins_words
    assert "Your number: ______ units" in number_words
    assert lines_words.count("<li>") == 8 and BEFORE in lines_words


def test_the_front_end_is_on_a_page_once(every, tmp_path):
    moved, questions = every
    _, state = pass_through([moved, *questions.values()], tmp_path)
    found = [entry["state"] for entry in state.values() if "question" in entry["state"]]
    assert ["_esm" in one and "_css" in one for one in found] == [True, False, False]
    assert sorted(one["question"]["name"] for one in found) == sorted(questions)


def test_the_answers_say_what_is_right_first_and_then_what_is_not(every):
    parts = {name: static_questions.answer_of(q.question) for name, q in every[1].items()}
    text = parts["twins"][0].astext()
    assert text.startswith("“They stay equal” Right. The gap is 0.0.")
    assert "“They drift apart & stop” Not yet. From means" in text
    assert parts["how-far"][0].astext() == f"{MINUS}2.50 units. It ends at {MINUS}2.50."
    program, words, wrong = parts["em-loop"]
    assert program.astext() == "\n".join(LINES.values())
    assert words.astext().endswith("2 orders are right.")
    assert wrong.astext().count(": ") == 2


def test_two_questions_of_one_name_fail_the_build_with_both_pages(every, monkeypatch):
    pages = {"book/a": [every[1]["twins"].question], "book/b": [every[1]["how-far"].question]}
    monkeypatch.setattr(static_questions, "pages_in_order", lambda env: list(pages))
    monkeypatch.setattr(static_questions, "questions_on", lambda env, page: pages[page])
    app = SimpleNamespace()
    static_questions.check_names(app, None)
    pages["book/b"].append(every[1]["twins"].question)
    with pytest.raises(ExtensionError, match="'twins' is on book/a and on book/b"):
        static_questions.check_names(app, None)
