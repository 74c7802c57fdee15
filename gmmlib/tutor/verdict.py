"""What the checker says: a state, the mistake, and words with a small counter-example."""

from dataclasses import dataclass, field
from textwrap import fill

import numpy as np


@dataclass(frozen=True)
class Verdict:
    """What was found out about one function.

    state: "right", "almost" (the idea stands, one thing is missing), "wrong", or "absent".
    mistake: the name of the mistake, or None where it has none. message: all of it in words, with
    the input as code that can be pasted; as a string it is folded at 72 characters.
    probe: the input at which it shows (a dict of plain JSON), with the answers `yours` and
    `expected`, lists of arrays, where there are any. True in an `if` only when right.
    """

    state: str
    message: str
    mistake: str | None = None
    probe: dict | None = field(default=None, repr=False)
    yours: list | None = field(default=None, repr=False)
    expected: list | None = field(default=None, repr=False)
    parts: tuple = field(default=(), repr=False)

    def __bool__(self):
        return self.state == "right"

    def __str__(self):
        lines = self.message.splitlines()
        return "\n".join(line if line.startswith(" ") else fill(line, 72) for line in lines)

    __repr__ = __str__

    def plot(self, ax=None):
        """Yours beside expected at this input, if there is something to draw: the `Axes`."""
        from .picture import draw

        return draw(self, ax)


def stops(what, outcome):
    """That something stops with an error, which one, and at which line of the student's."""
    line = f"\nThe line is: {outcome['line']}" if outcome["line"] else ""
    return f"{what} stops with {outcome['type']}: {outcome['message']}{line}"


def called_with(probe):
    return f"It was called with\n{indented(as_code(probe['arguments']))}"


def numbers(value):
    """A number or an array as a student would write it, with four digits."""
    array = np.asarray(value, dtype=float)
    if array.ndim == 0:
        return f"{float(array):.5g}"
    text = np.array2string(
        array,
        separator=", ",
        threshold=24,
        edgeitems=3,
        max_line_width=88,
        formatter={"float_kind": lambda v: f"{v:.4g}"},
    )
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


def indented(text, by="    "):
    return "\n".join(by + line for line in text.splitlines())


def as_code(arguments):
    """The input as lines that can be pasted into a cell."""
    lines = []
    for name, value in arguments.items():
        kind, inside = next(iter(value.items())) if isinstance(value, dict) else ("", value)
        if kind == "array":
            array = np.asarray(inside, dtype=float)
            text = f"np.array({numbers(array)})".replace("nan", "np.nan")
            if array.size > 24:
                text = f"{array.shape} numbers, drawn at random"
                lines.append(f"# {name}: {text}")
                continue
            lines.append(f"{name} = " + text.replace("\n", "\n" + " " * (len(name) + 12)))
        elif kind == "labels":
            shown = f"np.array({inside})" if len(inside) <= 24 else "…"
            lines.append(f"{name} = {shown}" if shown != "…" else f"# {name}: {len(inside)} labels")
        elif kind == "program":
            lines.append(f"# {name}: a program that is tried")
        elif kind == "rng":
            lines.append(f"{name} = np.random.default_rng({inside})")
        else:
            lines.append(f"{name} = {inside}")
    return "\n".join(lines)


def listed(words, last="and"):
    """a, b and c"""
    *first, end = list(words)
    return f"{', '.join(first)} {last} {end}" if first else end
