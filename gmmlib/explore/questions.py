"""Questions that a reader answers before looking: what will happen, and which line comes first.

A question is declared like an explorer. When the cell runs, the right answer is computed,
and so is every number in what is said to a wrong one; a program to put in order is run in
every order. The front end (question.js) compares an answer with these, and decides nothing.
"""

import contextlib
import io
import itertools
import math
import random
import re
import string
import sys
import warnings
from collections.abc import Mapping
from importlib import resources
from urllib.parse import quote

import anywidget
import ipywidgets
import numpy as np
import traitlets

from .explorer import Explorer
from .packing import MINUS, Packer, Template

TONES = {"right": "Right.", "almost": "Almost.", "not-yet": "Not yet."}
MOST_LINES = 7  # every order of a program is run: 5040 of them
MOST_TICKS = 20_000  # lines that a program may run before it counts as never ending


def predict(
    name,
    prompt,
    options=None,
    *,
    because,
    holds=None,
    answer=None,
    within=None,
    almost=None,
    unit="",
    numbers=None,
    explorer=None,
    at=None,
):
    """A question to answer before the explorer shows it: one of several options, or a number.

    Options: `options` is {key: words}. `holds` is a function without arguments that computes
    which one is right: it returns its key, or {key: whether it holds} for all of them.
    because: {key: what is said to it}; almost: the keys of answers that are half right.

    A number: `answer` is a function that computes it. Up to `within` from it (inclusive) is
    right, up to `almost` almost. because: what is said then, in the order right, almost, not
    yet (without `almost`: right, not yet); it may use {answer:.2f}. unit: said after the field.

    All words are templates over `numbers`, a function that returns a dict: {gap:.3f}, {n:d},
    {word}; `code` in backticks. explorer, at: where the answer shows, a dict of sliders.

    Raises `ValueError` where not exactly one option holds, a number is not finite, an answer
    gets no number for a reason, or `at` is not a state of the explorer.
    """
    fill = _filler(name, numbers)
    if (options is None) == (answer is None):
        raise ValueError(f"question {name!r} needs options and holds, or answer and within")
    if options is not None:
        if within is not None or unit:
            raise ValueError(f"question {name!r}: within and unit belong to a number")
        spec = _choice(name, dict(options), holds, because, almost or (), fill)
    else:
        if holds is not None:
            raise ValueError(f"question {name!r}: holds belongs to options")
        spec = _number(name, answer, within, almost, unit, because, numbers)
    spec |= {"name": name, "prompt": fill(prompt, "prompt"), "explorer": None}
    if (explorer is None) != (at is None):
        raise ValueError(f"question {name!r} needs an explorer and at, or neither")
    if explorer is not None:
        spec["explorer"] = _deciding_state(name, explorer, at)
    return Question(spec, explorer)


def arrange(
    name,
    prompt,
    lines,
    *,
    check,
    because,
    after=None,
    instead=None,
    before="",
    given=None,
    numbers=None,
):
    """Lines of a program to put in order, among lines that are wrong.

    lines: {key: source}, in one right order. after: {key: keys that it must come after}; an
    order that keeps to these is right. instead: {key of a right line: {wrong source: why}}.
    before: source that runs first, shown above; given: names that it may use, {name: value}.
    check: a function of the program's names (a dict): what it returns is whether the program
    did its work, and so is whether it raised. because: what is said to a right order; it and
    each why are templates over `numbers`, as in `predict`.

    The programs are run: every order of the right lines, and the first right order without
    each line, and with each choice of wrong lines in place of right ones. Raises `ValueError`
    unless `check` passes the right ones and no other.
    """
    fill = _filler(name, numbers)
    lines, instead = dict(lines), {key: dict(more) for key, more in (instead or {}).items()}
    after = {key: [v] if isinstance(v, str) else list(v) for key, v in (after or {}).items()}
    _check_lines(name, lines, after, instead)
    program = Program(name, lines, before, given or {}, check)
    orders = program.right_orders(after)
    program.try_wrong_lines(orders[0], instead)

    entries = [{"text": text, "place": key, "why": None} for key, text in lines.items()]
    for key, wrong in instead.items():
        for text, why in wrong.items():
            entries.append({"text": text, "place": key, "why": fill(why, f"the why of {text!r}")})
    _shuffle(entries, name, list(lines))
    ids = {e["place"]: e["id"] for e in entries if e["why"] is None}
    spec = {
        "kind": "order", "name": name, "prompt": fill(prompt, "prompt"), "given": before,
        "lines": entries, "order": [ids[key] for key in orders[0]], "works": len(orders),
        "after": [
            [ids[key], ids[needed],
             f"`{lines[key].strip()}` must come after `{lines[needed].strip()}`."]
            for key in lines for needed in after.get(key, ())
        ],
        "missing": [f"{n} lines are missing." if n > 1 else "A line is missing."
                    for n in range(1, len(lines))],
        "said": fill(because, "because"), "explorer": None,
    }  # fmt: skip
    return Question(spec)


class Question(anywidget.AnyWidget):
    """What the front end shows (`question`), and what a reader did; see `predict`, `arrange`.

    answer: what is chosen now (an option's key, a number as written, or lines' letters such
    as a-c-b); checked: the answer that was last checked, its `tone`, and the number of tries.
    """

    _esm = resources.files("gmmlib.explore").joinpath("question.js").read_text(encoding="utf-8")
    _css = resources.files("gmmlib.explore").joinpath("question.css").read_text(encoding="utf-8")
    question = traitlets.Dict().tag(sync=True)
    answer, checked, tone = (traitlets.Unicode().tag(sync=True) for _ in range(3))
    tries = traitlets.Int(0).tag(sync=True)
    s0, s1, s2, s3, s4, s5 = (traitlets.Any(0).tag(sync=True) for _ in range(6))

    def __init__(self, spec, explorer=None):
        if not _is_name(spec["name"]):
            raise ValueError(f"name must be of a-z, 0-9 and '-', not {spec['name']!r}")
        super().__init__(question=spec)
        self.name = spec["name"]
        for i, slider in enumerate(explorer.sliders.values() if explorer else ()):
            trait = "index" if hasattr(slider, "index") else "value"
            ipywidgets.jslink((slider, trait), (self, f"s{i}"))

    def judge(self, answer):
        """The tone of an answer and what is said to it, as the page judges it.

        Raises `ValueError` for what is no answer to this question.
        """
        spec = self.question
        if spec["kind"] == "choice":
            for option in spec["options"]:
                if option["key"] == answer:
                    return option["tone"], option["said"]
            raise ValueError(f"{answer!r} is no option of question {self.name!r}")
        if spec["kind"] == "number":
            off = abs(number_in(answer) - spec["answer"])
            for tone in ("right", "almost"):
                if tone in spec["said"] and off <= spec["within"][tone] * (1 + 1e-9):
                    return tone, spec["said"][tone]
            return "not-yet", spec["said"]["not-yet"]
        used, entries = answer.split("-"), {entry["id"]: entry for entry in spec["lines"]}
        if len(set(used)) < len(used) or not set(used) <= set(entries):
            raise ValueError(f"{answer!r} is no order of the lines of question {self.name!r}")
        for key in used:
            if entries[key]["why"] is not None:
                return "not-yet", f"`{entries[key]['text'].strip()}`: {entries[key]['why']}"
        if len(used) < len(spec["order"]):
            return "not-yet", spec["missing"][len(spec["order"]) - len(used) - 1]
        for line, needed, words in spec["after"]:
            if used.index(line) < used.index(needed):
                return "almost", words
        return "right", spec["said"]

    def right_answer(self):
        """An answer that is right, as the page would take it."""
        spec = self.question
        if spec["kind"] == "choice":
            return next(option["key"] for option in spec["options"] if option["tone"] == "right")
        return spec["shown"] if spec["kind"] == "number" else "-".join(spec["order"])

    def __repr__(self):
        # What is stored in a notebook: no ids, and words that change if the answer does.
        spec = self.question
        said = [f"Question {self.name}: {spec['prompt']}"]
        if spec["kind"] == "choice":
            for option in spec["options"]:
                said.append(f"- “{option['text']}” {TONES[option['tone']]} {option['said']}")
        elif spec["kind"] == "number":
            unit = f" {spec['unit']}" if spec["unit"] else ""
            said.append(f"Answer: {spec['shown']}{unit} (within {spec['within']['right']:g})")
            said += [f"- {TONES[tone]} {words}" for tone, words in spec["said"].items()]
        else:
            texts = {entry["id"]: entry["text"] for entry in spec["lines"]}
            said += [f"    {texts[key]}" for key in spec["order"]]
            said.append(f"Orders that work: {spec['works']}. {spec['said']}")
            wrong = [entry for entry in spec["lines"] if entry["why"] is not None]
            said += [f"- not `{entry['text'].strip()}`: {entry['why']}" for entry in wrong]
        if spec["explorer"]:
            said.append(f"See {spec['explorer']['link']}")
        return "\n".join(said)


def number_in(text):
    """The number that a reader wrote, as 0.5, −2 or 1e-3. Raises `ValueError` for other text."""
    # no comma: 1,234 would be two numbers, and two readers would mean each
    plain = text.strip().replace(MINUS, "-")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", plain, re.IGNORECASE | re.ASCII):
        raise ValueError(f"“{text}” is not a number")
    return float(plain)


# ---- a choice, a number ----------------------------------------------------------------------


def _choice(name, options, holds, because, almost, fill):
    if len(options) < 2 or not all(map(_is_name, options)):
        raise ValueError(f"question {name!r} needs two or more options, with keys of a-z, 0-9, '-'")
    if not callable(holds):
        raise ValueError(f"question {name!r} needs holds, a function that computes what is right")
    almost = [almost] if isinstance(almost, str) else list(almost)
    for what, keys in (("because", because), ("almost", almost)):
        if strange := [key for key in keys if key not in options]:
            raise ValueError(f"question {name!r}, {what}: {strange[0]!r} is no option")
    if silent := [key for key in options if key not in because]:
        raise ValueError(f"question {name!r}: because says nothing to {silent[0]!r}")
    right = holds()
    if isinstance(right, Mapping):
        if set(right) != set(options):
            raise ValueError(f"question {name!r}: holds must judge {', '.join(options)}")
        true = [key for key in options if right[key]]
        if len(true) != 1:
            raise ValueError(
                f"question {name!r}: exactly one option must hold, not {len(true)}"
                + (f" ({', '.join(true)})" if true else "")
            )
        right = true[0]
    if right not in options:
        raise ValueError(f"question {name!r}: holds gives {right!r}, which is no option")
    if right in almost:
        raise ValueError(f"question {name!r}: {right!r} holds, and is not almost right")
    entries = [
        {
            "key": key,
            "text": fill(words, f"option {key!r}"),
            "tone": "right" if key == right else "almost" if key in almost else "not-yet",
            "said": fill(because[key], f"because of {key!r}", needed=True),
        }
        for key, words in options.items()
    ]
    return {"kind": "choice", "options": entries}


def _number(name, answer, within, almost, unit, because, numbers):
    value = float(answer())
    if not math.isfinite(value):
        raise ValueError(f"question {name!r}: the answer is not finite ({value})")
    if within is None or not 0 < within < math.inf:
        raise ValueError(f"question {name!r}: within must be a positive number, not {within}")
    if almost is not None and not within < almost < math.inf:
        raise ValueError(f"question {name!r}: almost must be more than within, not {almost}")
    tones = [tone for tone in TONES if tone != "almost" or almost is not None]
    if isinstance(because, str) or len(because) != len(tones):
        raise ValueError(f"question {name!r}: because must say {', '.join(tones)}: {len(tones)}")
    fill = _filler(name, lambda: {**(numbers() if numbers else {}), "answer": value})
    said = {
        tone: fill(words, f"because of {tone}", needed=True)
        for tone, words in zip(tones, because, strict=True)
    }
    digits = max(0, 1 - math.floor(math.log10(within)))  # a tenth of what counts as right
    reach = {"right": float(within)} | ({} if almost is None else {"almost": float(almost)})
    return {
        "kind": "number", "answer": value, "within": reach, "unit": unit, "said": said,
        "shown": f"{value:.{digits}f}".replace("-", MINUS),
    }  # fmt: skip


def _deciding_state(name, explorer, at):
    """What the sliders get when an answer is checked, and the link to the same state."""
    if not isinstance(explorer, Explorer):
        raise ValueError(f"question {name!r}: explorer must be one that explore() made")
    state, query = [], []
    for key, value in explorer.at(**at).items():
        grid = explorer.grids[key]
        index = grid.values.index(value)
        state.append(grid.numbers[index] if grid.numbers else index)
        shown = repr(grid.numbers[index]) if grid.numbers else grid.labels[index]
        query.append(f"{key}={quote(shown, safe='')}")
    link = f"#{explorer.explorer_name}?{'&'.join(query)}"
    return {"name": explorer.explorer_name, "state": state, "link": link}


def _is_name(name):
    return bool(name) and not set(name) - set(string.ascii_lowercase + string.digits + "-")


def _filler(name, numbers):
    """A function that fills templates from `numbers`, which is called once at most."""
    kept = []

    def once():
        if not kept:
            kept.append(numbers())
        return kept[0]

    def fill(template, what, needed=False):
        owner = f"question {name!r}, {what}"
        if not isinstance(template, str) or not template.strip():
            raise ValueError(f"{owner}: words are needed, not {template!r}")
        if "$" in template or "\\" in template:
            raise ValueError(f"{owner}: formulas are not set here; write μ, Σ, σ²: {template!r}")
        made = Template(Packer({}), owner, template, once if numbers else None)
        if needed and not made.fields:
            raise ValueError(f"{owner}: says no number; give it one, such as {{gap:.3f}}")
        return made.filled({})

    return fill


# ---- a program in order ----------------------------------------------------------------------


class Program:
    """Lines that are put together, run, and checked."""

    def __init__(self, name, lines, before, given, check):
        self.name, self.lines, self.check = name, lines, check
        self.before, self.given = before, given
        self.where = f"<question {name}>"

    def works(self, sources):
        """Whether the program of these lines runs and passes the check; and if not, why not."""
        names = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in self.given.items()}
        try:
            with _in_peace():
                self._run(self.before, names)
                self._run("\n".join(sources), names)
                passed = self.check(names)
        except Exception as error:
            return False, f"{type(error).__name__}: {error}"
        return bool(passed), "the check does not pass"

    def right_orders(self, after):
        """The orders that keep to `after`: they work, and no other order does."""
        right = []
        for order in itertools.permutations(self.lines):
            place = {key: i for i, key in enumerate(order)}
            kept = all(place[u] < place[key] for key in after for u in after[key])
            works, why = self.works([self.lines[key] for key in order])
            if works != kept:
                text = "\n".join(self.lines[key] for key in order)
                fault = f"does not work ({why})" if kept else "works, and breaks `after`"
                raise ValueError(f"question {self.name!r}: this order {fault}:\n{text}")
            if kept:
                right.append(order)
        if not right:
            raise ValueError(f"question {self.name!r}: no order keeps to `after`")
        return right

    def try_wrong_lines(self, order, instead):
        """Wrong lines in place of right ones, alone and together, or a line too few: none works."""
        choices = [[self.lines[key], *instead.get(key, ())] for key in order]
        programs = list(itertools.product(*choices))
        programs += itertools.combinations(programs[0], len(order) - 1)
        for sources in programs[1:]:
            if self.works(sources)[0]:
                text = "\n".join(sources)
                raise ValueError(f"question {self.name!r}: this works, and should not:\n{text}")

    def _run(self, source, names):
        ticks = itertools.count()

        def trace(frame, event, argument):
            if frame.f_code.co_filename != self.where:
                return None
            if next(ticks) > MOST_TICKS:
                raise RuntimeError("it does not end")
            return trace

        program, outer = compile(source, self.where, "exec"), sys.gettrace()
        sys.settrace(trace)  # a wrong line may make a loop that never ends
        try:
            exec(program, names)
        finally:
            sys.settrace(outer)


@contextlib.contextmanager
def _in_peace():
    """What a wrong program prints, or warns of, is nobody's business."""
    quiet = io.StringIO()
    with (
        contextlib.redirect_stdout(quiet),
        contextlib.redirect_stderr(quiet),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def _check_lines(name, lines, after, instead):
    if not 2 <= len(lines) <= MOST_LINES:
        raise ValueError(f"question {name!r} needs 2 to {MOST_LINES} lines, not {len(lines)}")
    named = [("after", key) for key in after] + [("instead", key) for key in instead]
    named += [("after", needed) for more in after.values() for needed in more]
    for what, key in named:
        if key not in lines:
            raise ValueError(f"question {name!r}, {what}: {key!r} is no line")
    texts = [*lines.values(), *(text for wrong in instead.values() for text in wrong)]
    for text in texts:
        if not text.strip() or "\n" in text or "`" in text:
            raise ValueError(f"question {name!r}: {text!r} is not one line of code")
        if texts.count(text) > 1:
            raise ValueError(f"question {name!r}: {text!r} is there twice")
    if len(texts) > len(string.ascii_lowercase):
        raise ValueError(f"question {name!r} has {len(texts)} lines, more than letters")


def _shuffle(entries, name, order):
    """Shuffle the lines, always the same way for a name, and letter them as they then stand."""
    chance = random.Random(name)
    while [e["place"] for e in entries if e["why"] is None] == order:
        chance.shuffle(entries)
    for letter, entry in zip(string.ascii_lowercase, entries):
        entry["id"] = letter
