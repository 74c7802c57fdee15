"""The page of questions: those of the chapters, as a test before a course and after it."""

import json

import beliefs
import nbformat
import pytest
import questions_page
from playwright.sync_api import expect
from rules.numbers import numbers
from site_explorers import ready
from site_pages import ROOT, SITE
from site_questions import (
    AGAIN,
    CHOSEN,
    ON_PAGE,
    check,
    choose,
    questions_in,
    quiet,
    root,
    valid_answers,
    wrong_now,
)
from test_question_pages import SMALL_TARGETS

from gmmlib.explore.questions import Question

PAGE = "book/questions.html"  # its tests share a worker, see conftest.py
WANTED = beliefs.listed()
HERE = questions_in(PAGE)
CHAPTER = {name: path for path, names in ON_PAGE.items() for name in names}


@pytest.fixture(scope="module")
def questions():
    return {name: Question(spec) for name, spec in HERE.items()}


def choice_of_sitting(page):
    return page.get_by_label("These are my answers")


def line(page):
    return page.locator(".gx-summary [role=status]")


def says(answered, right, other=""):
    words = f"Questions on this page: {len(HERE)}. Answered: {answered}. Right: {right}."
    return f"{words} {other}".strip()


def test_the_page_has_thirty_questions_and_more_of_every_chapter_each_with_a_belief_of_its_own():
    assert list(AGAIN) == [PAGE]
    assert set(HERE) == {name for name in WANTED if name in CHAPTER}
    assert len(HERE) >= 30 and {CHAPTER[name] for name in HERE} == set(ON_PAGE)
    looked_for = [entry["belief"] for entry in WANTED.values()]
    assert len(set(looked_for)) == len(looked_for)


@pytest.mark.parametrize("name", HERE)
def test_a_question_is_its_chapters_and_leads_to_the_state_that_decides_it(name):
    there, here = questions_in(CHAPTER[name])[name], dict(HERE[name])
    address = CHAPTER[name].removeprefix("book/")
    if there["explorer"]:
        assert here["explorer"]["link"] == address + there["explorer"]["link"]
        here["explorer"] = there["explorer"]
    assert here == there
    html = (SITE / PAGE).read_text(encoding="utf-8")
    assert f'href="{address}#{name}"' in html


@pytest.mark.parametrize("name", WANTED)
def test_a_number_in_what_is_given_is_one_of_the_chapters(name):
    notebook = nbformat.read((ROOT / CHAPTER[name]).with_suffix(".ipynb"), as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell(WANTED[name]["given"]))
    here = f"cell {len(notebook.cells) - 1} "
    assert [fault for fault in numbers(notebook) if fault.startswith(here)] == []


def test_a_number_that_no_chapter_has_is_found():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("It is 0.123.")])
    assert len(list(numbers(notebook))) == 1


def test_every_answer_is_told_what_its_chapter_tells_it(questions, visit):
    page = visit(PAGE)
    for question in questions.values():
        for answer in valid_answers(question)[:2]:
            choose(page, question, answer)
            check(page, question)
            assert list(wrong_now(page, question, answer)) == []


def test_two_sittings_keep_their_answers_apart_and_count_each_other(questions, visit):
    page, (first, second, *_) = visit(PAGE), questions.values()
    expect(line(page)).to_have_text(says(0, 0))
    wrong = next(a for a in valid_answers(first) if first.judge(a)[0] == "not-yet")
    for question, answer in ((first, wrong), (second, second.right_answer())):
        choose(page, question, answer)
        check(page, question)
    expect(line(page)).to_have_text(says(2, 1))

    choice_of_sitting(page).select_option("after the course")
    expect(line(page)).to_have_text(says(0, 0, "Before the course: 1 right of 2 answered."))
    assert all(quiet(page, q) and page.evaluate(CHOSEN, q.name) == "" for q in (first, second))
    for question in (first, second):
        choose(page, question, question.right_answer())
        check(page, question)
    page.reload()
    expect(line(ready(page))).to_have_text(says(2, 2, "Before the course: 1 right of 2 answered."))
    assert list(wrong_now(page, first, first.right_answer())) == []

    with page.expect_download() as download:
        page.get_by_role("button", name="Save as JSON").click()
    assert download.value.suggested_filename == "answers-questions-after.json"
    with open(download.value.path(), encoding="utf-8") as file:
        tones = {row["question"]: row["tone"] for row in json.load(file)}
    assert tones[first.name] == tones[second.name] == "right" and len(tones) == len(HERE)

    choice_of_sitting(page).select_option("before the course")
    expect(line(page)).to_have_text(says(2, 1, "After the course: 2 right of 2 answered."))
    assert list(wrong_now(page, first, wrong)) == []
    page.get_by_role("button", name="Reset").click()
    expect(line(page)).to_have_text(says(0, 0, "After the course: 2 right of 2 answered."))
    page.reload()
    expect(line(ready(page))).to_have_text(says(0, 0, "After the course: 2 right of 2 answered."))


def test_an_answer_here_is_no_answer_in_the_chapter(questions, visit):
    name = next(name for name in HERE if questions[name].question["kind"] == "choice")
    page = visit(PAGE)
    choose(page, questions[name], questions[name].right_answer())
    check(page, questions[name])
    assert quiet(visit(CHAPTER[name]), questions[name])


def test_the_fold_names_the_belief_and_is_not_on_paper(visit, page):
    page = visit(PAGE)
    folds = page.locator(".gx-looks-for")
    assert folds.count() == len(HERE) and page.locator(".gx-looks-for[open]").count() == 0
    name = next(iter(HERE))
    fold = page.locator(f".gx-asked:has(fieldset#{name}) + .gx-looks-for")
    fold.get_by_text("What it looks for").click()
    expect(fold.locator("p")).to_contain_text(f"The belief that {WANTED[name]['belief']}.")
    page.emulate_media(media="print")
    assert not folds.first.is_visible() and root(page, Question(HERE[name])).is_visible()
    assert not choice_of_sitting(page).is_visible()


def test_what_is_pressed_is_large_enough_on_a_phone(visit, page):
    page.set_viewport_size({"width": 390, "height": 844})
    found = visit(PAGE).evaluate(SMALL_TARGETS)
    small = """() => [...document.querySelectorAll(".gx-looks-for summary, .gx-sitting select")]
      .map(e => e.getBoundingClientRect().height).filter(height => height < 44)"""
    assert found == [] and page.evaluate(small) == []


# ---- the directive -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "- one-hump", "one-hump: a word", "one-hump: {given: x}"])
def test_a_question_without_its_belief_is_refused(text):
    with pytest.raises(ValueError, match="belief"):
        beliefs.entries(text)


def test_a_name_that_no_chapter_asks_is_refused(monkeypatch):
    monkeypatch.setattr(questions_page, "pages_in_order", lambda env: [])
    monkeypatch.setattr(questions_page, "left_out", lambda env: {})
    with pytest.raises(
        questions_page.ExtensionError, match="no chapter has the question 'one-hamp'"
    ):
        questions_page.asked(None, "book/questions", {"one-hamp": {}})
