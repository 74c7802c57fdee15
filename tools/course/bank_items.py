"""The items of the bank: what is asked, what is right, and what each wrong answer comes from.

An item is declared as a function of a random generator, so that each seed gives another variant
(see course/bank/README.md). The key and the numbers of the typical mistakes are computed when
it runs, and the key a second time in another way (`again`), which the tests compare.
"""

import hashlib
import importlib.util
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

BANK = Path(__file__).parents[2] / "course/bank"
KINDS = ("choice", "several", "numeric", "order")
POINTS = {"choice": 1, "several": 2, "numeric": 2, "order": 2}
MOST_DRAWS = 100  # until every mistake of a variant can be told from the right answer


@dataclass(frozen=True)
class Option:
    """One of the answers to choose from; a line of a program, where lines are put in order."""

    key: str
    text: str
    right: bool
    said: str


@dataclass(frozen=True)
class Mistake:
    """A wrong number, and what mistake leads there."""

    value: float
    said: str


@dataclass(frozen=True)
class Item:
    """One variant of an item. Texts are Markdown with $formulas$."""

    kind: str
    text: str
    because: str
    options: tuple = ()
    answer: float | None = None  # of a number
    within: float | None = None  # up to this far from it, inclusive, is right
    unit: str = ""
    mistakes: tuple = ()
    otherwise: str = ""  # what is said to any other wrong number
    orders: tuple = ()  # every right order of the options' keys
    again: object = None  # the key by a second route; None where there is none
    name: str = ""
    chapter: str = ""
    goal: str = ""
    concepts: bool = False
    source: str = "bank"  # or "book"
    where: str = ""  # the section that a question of the book stands in
    seed: int = 0

    @property
    def points(self):
        return POINTS[self.kind]

    @property
    def canary(self):
        """A word that stands beside each key, so that a leak of keys can be searched for."""
        return f"GMM-KEY-bank-{self.name}"

    @property
    def key(self):
        """What is right: a number, the set of right keys, or the first right order."""
        if self.kind == "numeric":
            return self.answer
        if self.kind == "order":
            return self.orders[0]
        return frozenset(option.key for option in self.options if option.right)

    @property
    def shown(self):
        """The right number with a digit more than what counts as right needs."""
        whole = self.within >= 0.3 and self.answer == round(self.answer)
        digits = 0 if whole else max(0, 1 - math.floor(math.log10(self.within)))
        return with_minus(f"{self.answer:.{digits}f}")

    def is_right(self, number):
        # the last bits of a sum are nobody's mistake
        return abs(number - self.answer) <= self.within + 1e-9 * max(1, abs(self.answer))


def choice(text, options, holds, *, because, again=None):
    """One of several answers. options: {key: (words, what is said to it)}.

    holds: {key: whether it is right}, computed; again: the same by a second route, or the key.
    """
    made = _options(options, holds)
    if sum(option.right for option in made) != 1:
        raise ValueError(f"exactly one option must hold, not {holds}")
    return Item("choice", text, because, made, again=_keys(again))


def several(text, options, holds, *, because, again=None):
    """All answers that are right, at least one and not all. Otherwise as `choice`."""
    made = _options(options, holds)
    if not 0 < sum(option.right for option in made) < len(made):
        raise ValueError(f"some options must hold, and not all: {holds}")
    return Item("several", text, because, made, again=_keys(again))


def numeric(text, answer, *, within, mistakes, because, again=None, unit=""):
    """A number. mistakes: {what is said: the number that the mistake leads to}, computed."""
    wrong = tuple(Mistake(float(value), said) for said, value in mistakes.items())
    again = None if again is None else float(again)
    number, within = float(answer), float(within)
    if not (math.isfinite(number) and 0 < within < math.inf):
        raise ValueError(f"a finite number and a positive within are needed: {number}, {within}")
    return Item(
        "numeric", text, because, answer=number, within=within, unit=unit, mistakes=wrong,
        again=again,
    )  # fmt: skip


def _options(options, holds):
    if set(options) != set(holds):
        raise ValueError(f"holds must judge {', '.join(options)}, not {', '.join(holds)}")
    return tuple(Option(key, *_two(words, bool(holds[key]))) for key, words in options.items())


def _two(words, right):
    text, said = words
    return text, right, said


def _keys(again):
    if again is None:
        return None
    if isinstance(again, str):
        return frozenset([again])
    return frozenset(key for key, right in again.items() if right)


class Bank:
    """The items of one chapter, declared by functions of a random generator."""

    def __init__(self, chapter):
        self.chapter, self.makers = chapter, {}

    def item(self, goal, concepts=False):
        """Declare an item. goal: the misconception that it probes, or what it asks for.

        concepts: whether it belongs to the test of concepts, before and after a course.
        """

        def declare(make):
            name = make.__name__.replace("_", "-")
            if name in self.makers:
                raise ValueError(f"{self.chapter} declares {name} twice")
            self.makers[name] = make, {"goal": goal, "concepts": concepts}
            return make

        return declare

    def variant(self, name, seed):
        """The item of one seed: the same again each time, its options in an order of its own."""
        make, about = self.makers[name]
        digest = hashlib.sha256(f"{self.chapter}/{name}/{seed}".encode()).digest()
        draw = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        for _ in range(MOST_DRAWS):
            item = make(draw)
            if item.kind != "numeric" or _can_be_told_apart(item):
                break
        else:
            raise ValueError(f"{name}: in {MOST_DRAWS} draws a mistake was never far from right")
        made = [item.options[i] for i in draw.permutation(len(item.options))]
        return replace(
            item, name=name, chapter=self.chapter, seed=seed, **about,
            text=with_minus(item.text), because=with_minus(item.because),
            options=tuple(
                replace(o, text=with_minus(o.text), said=with_minus(o.said)) for o in made
            ),
            mistakes=tuple(replace(m, said=with_minus(m.said)) for m in item.mistakes),
        )  # fmt: skip


def matrix(S):
    """A matrix as a formula: S (d, d), or (d,) for one row."""
    rows = r" \\ ".join(" & ".join(f"{entry:g}" for entry in row) for row in np.atleast_2d(S))
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"


def with_minus(text):
    """A hyphen before a number becomes a minus, but for those in formulas and in code."""
    parts = re.split(r"(\$[^$]*\$|`[^`]*`)", text)
    return "".join(
        part if i % 2 else re.sub(r"(?<!\w)-(?=\d)", "−", part) for i, part in enumerate(parts)
    )


def _can_be_told_apart(item):
    numbers = [item.answer, *(mistake.value for mistake in item.mistakes)]
    gaps = [abs(a - b) for i, a in enumerate(numbers) for b in numbers[:i]]
    return all(math.isfinite(n) for n in numbers) and min(gaps, default=1) > 2 * item.within


def load(folder=BANK):
    """The banks of a folder, {chapter: Bank}, in the order of the files' names.

    A file's first line of code is `bank = Bank("chapter")`. Raises `ValueError` where two files
    declare one name.
    """
    banks, seen = {}, {}
    for path in sorted(Path(folder).glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"bank_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name in module.bank.makers:
            if name in seen:
                raise ValueError(f"{path.name} and {seen[name]} both declare {name}")
            seen[name] = path.name
        banks[module.bank.chapter] = module.bank
    return banks


def distinct_variants(bank, name, seeds):
    """The variants of some seeds, without those that ask the same as one before."""
    found = {}
    for seed in seeds:
        item = bank.variant(name, seed)
        same = item.text, item.answer, frozenset(option.text for option in item.options)
        found.setdefault(same, item)
    return list(found.values())
