"""The points that EM is tried on, and which of them are drawn."""

from functools import cached_property

import numpy as np

from .. import validation
from ..rows import Rows
from .refusal import MOST_K, Refusal

DRAWN = 5_000  # points: more hide each other, and take their time to draw
MOST_POINTS = 1_000_000


class Points:
    """x: (n,) or (n, d), in the order of the file.  names: of its columns.

    lines: what Python has to say to have the very same x.  notes: what the page should say.
    """

    def __init__(self, x, names, lines, notes=(), dropped=0):
        x = np.asarray(x, dtype=float)
        self.x = x[:, 0].copy() if x.ndim == 2 and x.shape[1] == 1 else x
        self.names, self.lines, self.notes, self.dropped = list(names), lines, list(notes), dropped
        if len(x) > MOST_POINTS:
            raise Refusal(f"{len(x)} points are more than this page takes ({MOST_POINTS})", "data")
        if self.different < 2:
            what = "no points" if not len(x) else f"{len(x)} points, all at one place"
            what = "one point" if len(x) == 1 else what
            raise Refusal(f"at least two different points are needed, not {what}", "data")
        try:
            validation.refuse_units(self.rows.summary, covariance=True)
        except ValueError as error:
            raise Refusal(self.named(str(error)), "data") from None

    @property
    def n(self):
        return len(self.x)

    @property
    def d(self):
        return 1 if self.x.ndim == 1 else self.x.shape[1]

    @cached_property
    def rows(self):
        return Rows(self.x)

    @cached_property
    def different(self):
        """How many different points there are; counted up to one more than anybody asks for."""
        if not self.n:
            return 0
        seen = set()
        for row in self.x.reshape(self.n, -1):
            seen.add((row + 0.0).tobytes())  # 0 and −0 are one place
            if len(seen) > MOST_K:
                break
        return len(seen)

    @cached_property
    def drawn(self):
        """The points that are drawn: all, or DRAWN of them, the same each time; (m, d)."""
        X = self.x.reshape(self.n, -1)
        if self.n <= DRAWN:
            return X
        chosen = np.random.default_rng(0).choice(self.n, size=DRAWN, replace=False)
        return X[np.sort(chosen)]

    @property
    def drawn_as_x(self):
        """The points that are drawn, in the form of x."""
        return self.drawn[:, 0] if self.d == 1 else self.drawn

    def named(self, words):
        """Words of gmmlib, with the names of columns in place of their numbers."""
        for j, name in enumerate(self.names):
            words = words.replace(f"column {j} of x", f'column "{name}"')
        return words

    def answer(self):
        """As the page is told."""
        low, high = self.rows.summary.low, self.rows.summary.high
        notes = list(self.notes)
        if self.n > DRAWN:
            notes.append(f"{DRAWN} of the {self.n} points are drawn, and all of them are fitted")
        return {
            "n": self.n,
            "d": self.d,
            "names": self.names,
            "points": self.drawn.tolist(),
            "shown": len(self.drawn),
            "range": np.column_stack([low, high]).tolist(),
            "dropped": self.dropped,
            "share_dropped": self.dropped / (self.n + self.dropped),
            "notes": notes,
        }
