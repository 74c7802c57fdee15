"""One column of a table: its numbers, and the first thing in it that is none."""

from functools import cached_property

import numpy as np

from .numerals import DOTTED, has_decimal_comma, numbers
from .refusal import Refusal, quoted, short


class Column:
    """values (n,): NaN where nothing is known, and where there is text.

    first: its first five cells, as they came. text, infinite: where the first such cell is and
    what it says, (row, cell), or None; rows count from 1. commas: whether it has decimal commas.
    """

    def __init__(self, name, between):
        self.name, self.between = name, between
        self.parts, self.first, self.rows, self.texts = [], [], 0, 0
        self.text = self.infinite = None
        self.commas = False
        self.dotted = []  # where 2.000 stands, and what it is if points stand between thousands

    def take(self, cells):
        """The next cells."""
        self.first += cells[: 5 - len(self.first)]
        found = numbers(cells, self.between)
        if None in found:
            i = found.index(None)
            self.text = self.text or (self.rows + i + 1, cells[i].strip())
            self.texts += found.count(None)
        values = np.array(found, dtype=float)  # None becomes NaN
        endless = np.flatnonzero(np.isinf(values))
        if len(endless):
            i = int(endless[0])
            self.infinite = self.infinite or (self.rows + i + 1, cells[i].strip())
        self.commas = self.commas or any(has_decimal_comma(c, self.between) for c in cells)
        if self.between != "," and DOTTED.search("\n".join(cells)):
            at = [i for i, cell in enumerate(cells) if DOTTED.match(cell)]
            self.dotted += [(self.rows + i, float(cells[i].replace(".", ""))) for i in at]
        self.parts.append(values)
        self.rows += len(cells)

    @cached_property
    def values(self):
        values = np.concatenate(self.parts) if self.parts else np.empty(0)
        if self.commas and self.dotted:  # one column has decimal commas or decimal points
            at, thousands = zip(*self.dotted)
            values[list(at)] = thousands
        return values

    @cached_property
    def known(self):
        """How many cells are numbers."""
        return int(np.count_nonzero(~np.isnan(self.values)))

    @cached_property
    def distinct(self):
        """How many different numbers."""
        return len(np.unique(self.values[~np.isnan(self.values)]))

    @property
    def missing(self):
        return self.rows - self.known - self.texts

    @property
    def numeric(self):
        """Whether it can be taken: numbers, at least two of them different, and no text."""
        return self.why is None

    @property
    def why(self):
        """Why it cannot be taken, in words, or None."""
        name = quoted(self.name)
        if self.text is not None:
            row, cell = self.text
            return f"text in row {row} of column {name}: {short(cell)}"
        if self.infinite is not None:
            row, cell = self.infinite
            return f"an infinite number in row {row} of column {name}: {short(cell)}"
        if not self.known:
            return f"column {name} has no number"
        if self.distinct < 2:
            only = self.values[~np.isnan(self.values)][0]
            return f"column {name} has one distinct value ({only:g}): EM needs points that vary"
        return None

    @property
    def counts_rows(self):
        """Whether it only numbers the rows: whole numbers, each one more than the last."""
        return self.rows > 2 and self.known == self.rows and bool((np.diff(self.values) == 1).all())

    @property
    def is_code(self):
        """Whether its numbers seem to be names: few, and whole."""
        few = self.distinct <= 2 or (self.distinct <= 10 and self.known >= 10 * self.distinct)
        known = self.values[~np.isnan(self.values)]
        return few and bool((known == np.round(known)).all())

    def described(self):
        """As the page shows it."""
        why = self.why
        return {
            "name": self.name,
            "numeric": why is None,
            "values": [cell if len(cell) <= 40 else cell[:39] + "…" for cell in self.first],
            "missing": self.missing,
            "distinct": self.distinct,
            "why": why,
        }

    def refuse(self):
        """Refuses a column that cannot be taken."""
        if not self.numeric:
            raise Refusal(self.why, "columns", column=self.name)
