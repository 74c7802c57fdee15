"""The questions on the static page: what is said to an answer is what gmmlib computed.

They are found on the built pages, and made again by running the chapters; a page of specimens
has one of every kind, so that each of these tests has something to test.
"""

import csv
import html
import itertools
import json
import re

import pytest
from declared import asked
from drawing import snapshot
from playwright.sync_api import expect
from site_explorers import EXPLORERS, at_rest, position_of, put, ready, settle
from site_pages import PAGES, ROOT, SITE
from site_questions import (
    CHOSEN,
    HOSTS,
    ON_PAGE,
    SORTS,
    SPECIMENS,
    check,
    choose,
    explorer_moved,
    invalid_answer,
    questions_of,
    quiet,
    root,
    said_of,
    valid_answers,
    write_specimens,
    wrong_now,
)
from test_browser import RAW_TEX, TOO_WIDE, WIDTHS, violations
from test_explorers import state_links

FRONT_END = (ROOT / "gmmlib/explore/question.js").read_text(encoding="utf-8")
EACH_SORT = pytest.mark.parametrize(("path", "name"), SORTS, ids=[name for _, name in SORTS])
SORT_PATHS = dict.fromkeys(path for path, _ in SORTS)
SORT_PAGES = pytest.mark.parametrize("path", SORT_PATHS)
EACH_PAGE = pytest.mark.parametrize("path", [*ON_PAGE, SPECIMENS])


@pytest.fixture
def visit(watch, tmp_path):
    """Open a page with questions and wait for them; nothing may go wrong on it until the end."""

    def open_page(path, fragment="", **options):
        address = watch.base_url + path
        if path == SPECIMENS:
            address = write_specimens(tmp_path, **options)
            watch.base_url = "file://"
        watch.page.goto(address + fragment)
        watch.page.add_style_tag(content="html { scroll-behavior: auto !important; }")
        return ready(watch.page)

    yield open_page
    assert not watch.faults, "\n".join(watch.faults)


def summary(page):
    return page.locator(".gx-summary [role=status]")


def says(count, answered, right):
    return f"Questions on this page: {count}. Answered: {answered}. Right: {right}."


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_the_questions_that_its_chapter_declares(path):
    is_chapter = (ROOT / path.replace(".html", ".ipynb")).exists()
    from_code = sorted(asked(path.removesuffix(".html"))) if is_chapter else []
    assert from_code == ON_PAGE.get(path, [])


def test_there_are_questions_and_none_has_the_name_of_another_or_of_an_explorer():
    asked_about = [name for names in ON_PAGE.values() for name in names]
    names = asked_about + [name for _, name in EXPLORERS]
    assert asked_about and len(names) == len(set(names))


@pytest.mark.parametrize("path", ON_PAGE)
def test_the_page_of_answers_leads_to_every_question_and_says_what_is_right(path):
    file = SITE / "book/answers.html"
    text = html.unescape(file.read_text(encoding="utf-8")) if file.exists() else ""
    links = re.findall(r'href="([^"?]*\.html#[^"?]*)"', text.partition("<article")[2])
    wanted = {f"{path.removeprefix('book/')}#{name}" for name in ON_PAGE[path]}
    assert wanted <= set(links)
    plain = re.sub(r"<[^>]*>", "", text)
    for name in ON_PAGE[path]:
        question = questions_of(path)[name]
        _, said = question.judge(question.right_answer())
        assert said.replace("`", "") in plain


# ---- answered --------------------------------------------------------------------------------


def in_state(page, explorer, position):
    settle(page, explorer, position)
    return snapshot(page, explorer.explorer_name)["position"] == position


@EACH_PAGE
def test_a_screen_reader_is_told_all_and_every_answer_what_gmmlib_computed(path, visit):
    page = visit(path)
    for name, question in questions_of(path).items():
        assert_told(page, question)
        explorer, tones = explorer_moved(path, question), set()
        if explorer:
            put(page, explorer, at_rest(explorer))
        assert quiet(page, question), name
        for answer in valid_answers(question):
            choose(page, question, answer)
            assert quiet(page, question), name  # nothing before a check
            if explorer and not tones:
                assert in_state(page, explorer, at_rest(explorer)), name
            check(page, question)
            assert list(wrong_now(page, question, answer)) == []
            tones.add(question.judge(answer)[0])
        assert {"right", "not-yet"} <= tones, name
        if explorer:
            decided = position_of(explorer, question.question["explorer"]["link"])
            assert in_state(page, explorer, decided), name


@EACH_SORT
def test_an_invalid_answer_gets_words_and_no_tone_and_loses_nothing(path, name, visit):
    question, page = questions_of(path)[name], visit(path)
    answer, words = invalid_answer(question)
    if answer:
        choose(page, question, answer)
    check(page, question)
    assert quiet(page, question, words)
    assert page.evaluate(CHOSEN, name) == answer
    expect(summary(page)).to_contain_text("Answered: 0.")
    right = question.right_answer()
    choose(page, question, right)
    check(page, question)
    if question.question["kind"] != "choice":  # a radio button cannot be taken back
        choose(page, question, answer)
        check(page, question)
        assert quiet(page, question, words)
        expect(summary(page)).to_contain_text("Answered: 1. Right: 1.")
        choose(page, question, right)
    assert list(wrong_now(page, question, right)) == []


@EACH_SORT
def test_another_answer_takes_away_what_was_said_to_the_last(path, name, visit):
    question, page = questions_of(path)[name], visit(path)
    right = question.right_answer()
    wrong = next(a for a in valid_answers(question) if question.judge(a)[0] == "not-yet")
    choose(page, question, right)
    check(page, question)
    choose(page, question, wrong)
    assert quiet(page, question)
    expect(summary(page)).to_contain_text("Answered: 1. Right: 1.")
    check(page, question)
    assert list(wrong_now(page, question, wrong)) == []
    expect(summary(page)).to_contain_text("Answered: 1. Right: 0.")


MOVED = [(path, name) for path, name in SORTS if said_of(path, name)["explorer"]]


@pytest.mark.parametrize(("path", "name"), MOVED, ids=[name for _, name in MOVED])
def test_a_check_moves_the_explorer_to_the_state_that_decides(path, name, visit):
    question, page = questions_of(path)[name], visit(path)
    explorer = explorer_moved(path, question)
    decided = position_of(explorer, question.question["explorer"]["link"])
    choose(page, question, valid_answers(question)[0])
    assert in_state(page, explorer, at_rest(explorer))  # not before the check
    check(page, question)
    assert in_state(page, explorer, decided)
    put(page, explorer, at_rest(explorer))
    root(page, question).get_by_role("link", name="See it in the explorer.").click()
    assert in_state(page, explorer, decided)
    expect(page.locator(f"#{explorer.explorer_name}")).to_be_in_viewport()
    expect(page.locator(f"#{explorer.explorer_name} .gx-note")).to_have_text("")


# ---- the keyboard, a screen reader -----------------------------------------------------------


def by_keys(page, question, answer):
    """Choose and check an answer with the keys alone."""
    box, kind = root(page, question), question.question["kind"]
    box.evaluate("e => { e.tabIndex = -1; e.focus(); }")
    page.keyboard.press("Tab")
    if kind == "choice":
        page.keyboard.press("Space")
        keys = [option["key"] for option in question.question["options"]]
        for _ in range(keys.index(answer)):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    elif kind == "number":
        page.keyboard.type(answer)
        page.keyboard.press("Enter")
    else:
        for line in answer.split("-"):
            box.locator(f"li[data-line='{line}'] [data-use]").focus()
            page.keyboard.press("Enter")
        focused = page.evaluate("document.activeElement.closest('fieldset')?.id")
        assert focused == question.name  # the focus never falls off the page
        box.get_by_role("button", name="Check", exact=True).focus()
        page.keyboard.press("Space")


@EACH_SORT
def test_the_keyboard_alone_answers(path, name, visit):
    question, page = questions_of(path)[name], visit(path)
    by_keys(page, question, question.right_answer())
    assert list(wrong_now(page, question, question.right_answer())) == []


ORDERS = [(path, name) for path, name in SORTS if said_of(path, name)["kind"] == "order"]


@pytest.mark.parametrize(("path", "name"), ORDERS, ids=[name for _, name in ORDERS])
def test_lines_go_up_and_down_and_out_and_the_focus_goes_along(path, name, visit):
    question, page = questions_of(path)[name], visit(path)
    first, second, *_ = order = question.right_answer().split("-")
    choose(page, question, "-".join(order))
    heard = root(page, question).locator(".gx-heard")

    def press(line, words):
        button = root(page, question).locator(f"li[data-line='{line}']")
        button.get_by_role("button", name=words).focus()
        page.keyboard.press("Enter")
        return page.evaluate("document.activeElement.getAttribute('aria-label')")

    text = {line["id"]: line["text"].strip() for line in question.question["lines"]}
    assert press(first, "Down") == f"Down: {text[first]}"
    assert page.evaluate(CHOSEN, name).split("-")[:2] == [second, first]
    expect(heard).to_have_text(f"Line 2 of {len(order)}: {text[first]}")
    assert press(first, "Up") == f"Up: {text[first]}"
    press(first, "Up")  # it is at the top already
    assert page.evaluate(CHOSEN, name).split("-") == order
    assert press(second, "Leave out") == f"Use: {text[second]}"
    expect(heard).to_have_text(f"Left out: {text[second]}")
    press(second, "Use")
    assert page.evaluate(CHOSEN, name).split("-") == [first, *order[2:], second]
    expect(heard).to_have_text(f"Line {len(order)} of {len(order)}: {text[second]}")


def assert_told(page, question):
    """A screen reader is told the question and every control."""
    name, spec = question.name, question.question
    prompt = spec["prompt"].replace("`", "")
    group = page.get_by_role("group", name=prompt, exact=True)
    assert group.count() == 1
    if spec["kind"] == "choice":
        names = [option["text"].replace("`", "") for option in spec["options"]]
        found = [group.get_by_role("radio", name=words, exact=True).count() for words in names]
        assert found == [1] * len(names)
        # in JupyterLab each question loads its script anew, and radios of one name are one choice
        assert {radio.get_attribute("name") for radio in group.get_by_role("radio").all()} == {
            f"gx-choice-{name}"
        }
    elif spec["kind"] == "number":
        assert group.get_by_role("textbox", name="Your number").count() == 1
    else:
        for line in spec["lines"]:
            words = f"Use: {line['text'].strip()}"
            assert group.get_by_role("button", name=words, exact=True).count() == 1
        assert group.get_by_role("list", name="Lines to use").count() == 1
    assert group.get_by_role("status").count() == 1
    assert page.locator(f"[id='{name}']").count() == 1


# ---- kept, saved, reset ----------------------------------------------------------------------


@SORT_PAGES
def test_answers_stay_in_the_browser_until_they_are_reset(path, visit):
    page, questions = visit(path), questions_of(path)
    count = len(questions)
    expect(summary(page)).to_have_text(says(count, 0, 0))
    answers = {}
    for number, (name, question) in enumerate(questions.items()):
        tone = ("right", "not-yet")[number % 2]
        valid = valid_answers(question)
        answers[name] = next(a for a in valid if question.judge(a)[0] == tone)
        choose(page, question, answers[name])
        check(page, question)
    right = (count + 1) // 2
    expect(summary(page)).to_have_text(says(count, count, right))
    page.reload()
    ready(page)
    expect(summary(page)).to_have_text(says(count, count, right))
    for name, question in questions.items():
        assert list(wrong_now(page, question, answers[name])) == []
    page.locator(".gx-summary").get_by_role("button", name="Reset").click()
    for _ in range(2):
        expect(summary(page)).to_have_text(says(count, 0, 0))
        for name, question in questions.items():
            assert quiet(page, question) and page.evaluate(CHOSEN, name) == ""
        page.reload()
        ready(page)


@SORT_PAGES
def test_answers_can_be_saved_in_two_forms(path, visit):
    page, questions = visit(path), questions_of(path)
    name, question = next(iter(questions.items()))
    wrong = next(a for a in valid_answers(question) if question.judge(a)[0] == "not-yet")
    for answer in (wrong, wrong, question.right_answer()):  # the same again is no other try
        choose(page, question, answer)
        check(page, question)
    prompt = question.question["prompt"]
    expected = {"question": name, "answer": question.right_answer(), "tone": "right", "tries": 2,
                "prompt": prompt}  # fmt: skip
    saved = {}
    for kind in ("JSON", "CSV"):
        with page.expect_download() as download:
            page.locator(".gx-summary").get_by_role("button", name=f"Save as {kind}").click()
        assert download.value.suggested_filename.endswith(f".{kind.lower()}")
        with open(download.value.path(), encoding="utf-8", newline="") as file:
            saved[kind] = list(csv.DictReader(file)) if kind == "CSV" else json.load(file)
    assert sorted(row["question"] for row in saved["JSON"]) == sorted(questions)
    assert expected in saved["JSON"]
    as_text = [{key: str(value) for key, value in row.items()} for row in saved["JSON"]]
    assert saved["CSV"] == as_text


NO_STORAGE = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("no", "SecurityError"); }});"""
SPOILED = """for (const name of ["twins", "how-far", "em-loop"]) {
  localStorage.setItem(`em-you-can-touch/question/${name}`, %s);
}"""


def test_a_browser_without_storage_asks_all_the_same(visit, page):
    page.add_init_script(NO_STORAGE)
    visit(SPECIMENS)
    for question in questions_of(SPECIMENS).values():
        choose(page, question, question.right_answer())
        check(page, question)
        assert list(wrong_now(page, question, question.right_answer())) == []
    expect(summary(page)).to_have_text(says(3, 3, 3))


@pytest.mark.parametrize("kept", ["'{'", "'null'", "'7'", """'{"answer": "z-z", "tries": -1}'"""])
def test_what_was_kept_and_is_no_answer_any_more_is_left_alone(kept, visit, page):
    page.add_init_script(SPOILED % kept)
    visit(SPECIMENS)
    expect(summary(page)).to_have_text(says(3, 0, 0))
    assert all(quiet(page, question) for question in questions_of(SPECIMENS).values())


# ---- links -----------------------------------------------------------------------------------


@EACH_SORT
def test_a_link_opens_a_question_with_an_answer_chosen_and_not_checked(path, name, visit):
    question = questions_of(path)[name]
    page = visit(path, f"#{name}?answer={question.right_answer()}")
    assert page.evaluate(CHOSEN, name) == question.right_answer()
    assert quiet(page, question)
    expect(root(page, question)).to_be_in_viewport()
    expect(summary(page)).to_contain_text("Answered: 0.")
    other = valid_answers(question)[1]
    page.evaluate("fragment => { location.hash = fragment; }", f"#{name}?answer={other}")
    page.wait_for_function(f"wanted => ({CHOSEN})('{name}') === wanted", arg=other)
    check(page, question)
    assert list(wrong_now(page, question, other)) == []


@pytest.mark.parametrize("path", PAGES)
def test_links_to_an_answer_name_a_question_of_the_page_that_they_lead_to(path):
    for target, fragment in state_links(path, answers=True):
        name = fragment.partition("?")[0]
        assert name in ON_PAGE.get(target, []), f"{fragment}: no such question on {target}"


@EACH_SORT
def test_a_link_to_a_question_by_its_name_goes_there(path, name, visit):
    page = visit(path, f"#{name}")
    expect(root(page, questions_of(path)[name])).to_be_in_viewport()


@EACH_SORT
def test_a_link_to_an_answer_that_there_is_not_says_so(path, name, visit):
    question = questions_of(path)[name]
    page = visit(path, f"#{name}?answer=z-z")
    if question.question["kind"] == "number":
        assert page.evaluate(CHOSEN, name) == "z-z" and quiet(page, question)
        return
    words = "The link asks for the answer “z-z”, which this question does not have."
    assert quiet(page, question, words) and page.evaluate(CHOSEN, name) == ""


# ---- seen and touched ------------------------------------------------------------------------

SMALL_TARGETS = """() => [...document.querySelectorAll(
    ".gx-question label, .gx-question button, .gx-question .gx-number input, .gx-summary button")]
  .filter(e => e.checkVisibility())
  .filter(e => { const box = e.getBoundingClientRect(); return box.width < 44 || box.height < 44; })
  .map(e => e.outerHTML.slice(0, 100))"""


# the specimens in all four looks, the book's own in the one that has least room
LOOKS = list(itertools.product(WIDTHS, ["light", "dark"]))
SEEN = [(path, "phone", "dark") for path in ON_PAGE] + [(SPECIMENS, *look) for look in LOOKS]


@pytest.mark.parametrize(("path", "width", "theme"), SEEN)
def test_questions_are_accessible_and_fit_in_every_answered_state(path, visit, page, theme, width):
    page.add_init_script(
        f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}');"
    )
    page.set_viewport_size(WIDTHS[width])
    visit(path, theme=theme)
    questions = questions_of(path)
    answers = [valid_answers(question) for question in questions.values()]
    rounds = list(itertools.zip_longest(*answers))[:3]
    for some in rounds:
        for question, answer in zip(questions.values(), some, strict=True):
            if answer is not None:
                choose(page, question, answer)
                check(page, question)
        assert page.evaluate(TOO_WIDE) == []
        assert page.evaluate(SMALL_TARGETS) == []
        assert page.evaluate(RAW_TEX) == []
        # every tone of the specimens; of the book's pages the few that stand for all
        if path == SPECIMENS or (path in SORT_PATHS and some is rounds[-1]):
            page.evaluate("scrollTo(0, 0)")
            assert violations(page, ".gx-question", ".gx-summary") == []


SIGNS = """() => [...document.querySelectorAll(".gx-said[data-tone]")].map(e => [e.dataset.tone,
  getComputedStyle(e, "::before").content[1], getComputedStyle(e).borderLeftStyle])"""


def test_the_tone_is_said_by_a_sign_and_a_line_and_not_by_color_alone(visit):
    page, question = visit(SPECIMENS), questions_of(SPECIMENS)["twins"]
    seen = []
    for answer in valid_answers(question):
        choose(page, question, answer)
        check(page, question)
        seen += page.evaluate(SIGNS)
    assert sorted(seen) == [
        ["almost", "≈", "dashed"], ["not-yet", "✗", "dotted"], ["right", "✓", "solid"]]  # fmt: skip


@SORT_PAGES
def test_on_paper_there_is_the_question_with_its_options_and_no_button(path, visit, page):
    visit(path)
    page.emulate_media(media="print")
    expect(page.locator(".gx-summary")).to_be_hidden()
    for name, question in questions_of(path).items():
        spec = question.question
        assert page.locator(f"#{name} button").filter(visible=True).count() == 0
        expect(root(page, question).locator("legend")).to_be_visible()
        texts = [one["text"].strip() for one in spec.get("options", []) + spec.get("lines", [])]
        shown = root(page, question).inner_text()
        assert all(text.replace("`", "") in shown for text in texts)


@SORT_PAGES
def test_without_javascript_there_are_the_words_and_the_options(path, browser, base_url, tmp_path):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(write_specimens(tmp_path) if path == SPECIMENS else base_url + path)
        for name, question in questions_of(path).items():
            shown = page.locator(f"div.gx-question#{name}").inner_text()
            spec = question.question
            texts = [one["text"].strip() for one in spec.get("options", []) + spec.get("lines", [])]
            for text in [spec["prompt"], *texts]:
                assert text.replace("`", "") in shown


# ---- these checks can fail -------------------------------------------------------------------


def broken(text, old, new):
    assert text.count(old) == 1, old
    return text.replace(old, new)


BROKEN = {
    "a front end that knows better": broken(FRONT_END, "[find(answer).tone,", '["right",'),
    "a tolerance that is too wide": broken(
        FRONT_END, "spec.within[t] *", "spec.within[t] * 1.02 *"
    ),
    "an order by positions": broken(FRONT_END, 'broken ? ["almost", broken[2]]', "false ? []"),
    "the last wrong line told first": broken(
        FRONT_END, "ids.map((id) => lineOf[id]).find", "ids.map((id) => lineOf[id]).findLast"
    ),
    "words of another tone": broken(FRONT_END, 'spec.said[tone ?? "not-yet"]]', "spec.said.right]"),
}


@pytest.mark.parametrize("which", BROKEN)
def test_a_broken_front_end_is_found(which, visit):
    page = visit(SPECIMENS, _esm=BROKEN[which])
    found = []
    for question in questions_of(SPECIMENS).values():
        answers = valid_answers(question)
        if question.question["kind"] == "order":
            wrong = [line["id"] for line in question.question["lines"] if line["why"] is not None]
            answers.append("-".join(wrong))
        elif question.question["kind"] == "number":
            spec = question.question
            answers.append(repr(spec["answer"] + 1.01 * spec["within"]["right"]))
        for answer in answers:
            choose(page, question, answer)
            check(page, question)
            found += wrong_now(page, question, answer)
    assert found


def test_a_question_that_moves_nothing_is_found(visit):
    page = visit(
        SPECIMENS, hosts=[HOSTS[0], broken(HOSTS[1], 'link.name === "LinkModel"', "false")]
    )
    question = questions_of(SPECIMENS)["twins"]
    explorer = explorer_moved(SPECIMENS, question)
    choose(page, question, "stay")
    check(page, question)
    decided = position_of(explorer, question.question["explorer"]["link"])
    assert not in_state(page, explorer, decided)
