"""The questions of the built site and of a page of specimens, and how to answer them."""

from functools import cache

import page_widgets
from covering import covering
from declared import asked
from site_explorers import explorer_of
from site_pages import PAGES, ROOT, SITE
from specimen_questions import specimens, write_page

SPECIMENS = "the specimens"
ASSETS = ROOT / "tools/site/assets"
HOSTS = [(ASSETS / f"{n}_host.js").read_text(encoding="utf-8") for n in ("question", "explore")]
TONES = {"right": "Right.", "almost": "Almost.", "not-yet": "Not yet."}


@cache
def questions_in(path):
    """What the questions in one page's widget state say: {name: dict}."""
    models = [entry["state"] for entry in page_widgets.on(SITE / path).values()]
    return {m["question"]["name"]: m["question"] for m in models if "question" in m}


# sorted: the state is in the order of the widgets' ids, which every build draws anew
FOUND = {path: names for path in PAGES if (names := sorted(questions_in(path)))}
# the page of questions has those of the chapters once more (test_questions_page.py)
ON_PAGE = {
    p: names
    for p, names in FOUND.items()
    if (ROOT / p).with_suffix("").with_suffix(".ipynb").exists()
}
AGAIN = {path: names for path, names in FOUND.items() if path not in ON_PAGE}
MADE = {}


def questions_of(path):
    """The same questions, made here: by running the chapter, or the specimens."""
    if path != SPECIMENS:
        return asked(path.removesuffix(".html"))
    if not MADE:
        MADE["explorer"], MADE["questions"] = specimens()
    return MADE["questions"]


def explorer_moved(path, question):
    """The explorer that a question moves, or None."""
    moved = question.question["explorer"]
    if moved and path != SPECIMENS:
        return explorer_of(path, moved["name"])
    return MADE["explorer"] if moved else None


def themed():
    """The style sheet of the site, for a page that Sphinx did not write."""
    return [(SITE / "_static/site.css").as_uri()]


def write_specimens(folder, hosts=None, theme="light", **changed):
    """Write the page of specimens; returns its address. changed: to break the front end."""
    widgets = [*questions_of(SPECIMENS).values()]
    return write_page(
        folder, [MADE["explorer"], *widgets], hosts or HOSTS, themed(), theme, **changed
    )


def said_of(path, name):
    """What a question says on the built page, or in the specimen, as a dict."""
    if path == SPECIMENS:
        return questions_of(SPECIMENS)[name].question
    return questions_in(path)[name]


def traits(path, name):
    """Which parts of the front end a question uses."""
    said = said_of(path, name)
    return {said["kind"], f"explorer {bool(said['explorer'])}"}


ASKED = [(path, name) for path, names in ON_PAGE.items() for name in names]
SPECIMEN_CASES = [(SPECIMENS, name) for name in questions_of(SPECIMENS)]
# what the front end does alike for all questions is asked of these
SORTS = covering(ASKED, traits) + SPECIMEN_CASES


# ---- answers ---------------------------------------------------------------------------------


def valid_answers(question):
    """Answers of every tone that a question can take, each as the page would take it."""
    spec, right = question.question, question.right_answer()
    if spec["kind"] == "choice":
        return [option["key"] for option in spec["options"]]
    if spec["kind"] == "number":
        value, reach = spec["answer"], spec["within"]
        ends = [right, repr(value + reach["right"]), repr(value - 0.99 * reach["right"])]
        if "almost" in reach:
            ends += [repr(value + 0.99 * reach["almost"]), repr(value - reach["almost"])]
        return [*ends, repr(value + 3 * max(reach.values())), "-1e9"]
    order, made = right.split("-"), [right, right[0], "-".join(right.split("-")[::-1])]
    ids = {line["place"]: line["id"] for line in spec["lines"] if line["why"] is None}
    for line in spec["lines"]:
        if line["why"] is not None:
            made.append("-".join(line["id"] if k == ids[line["place"]] else k for k in order))
    return made


def invalid_answer(question):
    """What is no answer, and what is said to it."""
    return {
        "choice": ("", "Choose one of the answers first."),
        "number": ("twice 2", "“twice 2” is not a number: write one such as 0.5, −2 or 1e-3."),
        "order": ("", "Use at least one line first."),
    }[question.question["kind"]]


def root(page, question):
    return page.locator(f"fieldset#{question.name}")


def check(page, question):
    root(page, question).get_by_role("button", name="Check", exact=True).click()


ARRANGE = """([name, lines]) => {
  const root = document.querySelector(`fieldset#${name}`);
  const press = (line, words) => [...root.querySelectorAll(`li[data-line="${line}"] button`)]
    .find(e => e.ariaLabel.startsWith(words)).click();
  const used = [...root.querySelectorAll(".gx-program li")].map(e => e.dataset.line);
  for (const line of used.reverse()) press(line, "Leave out");
  for (const line of lines) press(line, "Use");
}"""


def choose(page, question, answer):
    """Choose an answer, from whatever is chosen now: with the pointer, but lines by their buttons'
    own clicks, since a pointer takes seconds for a program."""
    box, kind = root(page, question), question.question["kind"]
    if kind == "choice":
        box.locator(f"input[value='{answer}']").check()
    elif kind == "number":
        box.get_by_label("Your number").fill(answer)
    else:
        page.evaluate(ARRANGE, [question.name, answer.split("-") if answer else []])


STATUS = """name => {
  const said = document.querySelector(`fieldset#${name} .gx-said`);
  const copy = said.cloneNode(true);
  copy.querySelector("a")?.remove();
  return {tone: said.dataset.tone ?? null, words: copy.textContent.trim(),
          role: said.getAttribute("role"),
          link: said.querySelector("a")?.getAttribute("href") ?? null};
}"""
CHOSEN = """name => {
  const root = document.querySelector(`fieldset#${name}`);
  const field = root.querySelector(".gx-number input");
  if (field) return field.value;
  const lines = [...root.querySelectorAll(".gx-program li")];
  if (root.querySelector(".gx-program")) return lines.map(e => e.dataset.line).join("-");
  return root.querySelector("input:checked")?.value ?? "";
}"""


def wrong_now(page, question, answer):
    """Where the page differs from Python in what it says to an answer that was checked."""
    seen = page.evaluate(STATUS, question.name)
    tone, said = question.judge(answer)
    explorer = question.question["explorer"]
    expected = {
        "tone": tone, "role": "status", "link": explorer and explorer["link"],
        "words": f"{TONES[tone]} {said}".replace("`", ""),
    }  # fmt: skip
    for key, value in expected.items():
        if seen[key] != value:
            yield f"{question.name}, {answer}: {key} is {seen[key]!r}, not {value!r}"
    if (chosen := page.evaluate(CHOSEN, question.name)) != answer:
        yield f"{question.name}: {chosen!r} is chosen, not {answer!r}"


def quiet(page, question, words=""):
    """Whether a question says these words and has no tone."""
    seen = page.evaluate(STATUS, question.name)
    return (seen["tone"], seen["words"], seen["link"]) == (None, words, None)
