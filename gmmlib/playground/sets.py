"""The data sets that the page offers: measured ones, and made ones that teach one thing each."""

import numpy as np

from .. import data
from ..mixture import Mixture
from ..sampling import sample
from .points import Points


def made(lines):
    """The x that lines of Python make: what the page shows is what they say."""
    known = {"np": np, "Mixture": Mixture, "sample": sample, "data": data}
    exec("\n".join(lines), known)
    return known["x"]


class Classic:
    """One set. lines: the Python that makes x, which is also how it is made here."""

    def __init__(self, name, columns, words, *lines):
        self.name, self.columns, self.words, self.lines = name, columns, words, list(lines)

    def points(self):
        return Points(made(self.lines), self.columns, self.lines)


def drawn_from(n, seed, weights, means, covariances):
    """The lines for a sample of a mixture."""
    return (
        f"truth = Mixture({weights}, {means}, {covariances})",
        f"x, labels = sample(truth, {n}, np.random.default_rng({seed}))",
    )


SETS = {
    "old_faithful": Classic(
        "Old Faithful",
        ["eruption (minutes)", "waiting (minutes)"],
        "Eruptions of a geyser: how long, and how long until the next one. Two clear groups.",
        "x = data.old_faithful()",
    ),
    "waiting": Classic(
        "Old Faithful, waiting times",
        ["waiting (minutes)"],
        "The waiting times alone: two groups that overlap.",
        "x = data.old_faithful()[:, 1]",
    ),
    "galaxies": Classic(
        "Galaxies",
        ["velocity (km/s)"],
        "Velocities of 82 galaxies. How many groups there are is still argued about.",
        "x = data.galaxies()",
    ),
    "unequal_pair": Classic(
        "Unequal pair",
        ["x"],
        "The book's example: 7 of 10 points about −2, the others wider, about 2.",
        *drawn_from(500, 7, "[0.7, 0.3]", "[-2, 2]", "[1, 2]"),
    ),
    "leaning": Classic(
        "Three leaning ellipses",
        ["x", "y"],
        "Three groups that lean different ways: only full covariances follow them.",
        *drawn_from(
            600,
            2,
            "[0.3, 0.4, 0.3]",
            "[[-3, 0], [0, 2], [3, 0]]",
            "[[[1, 0.8], [0.8, 1]], [[1.5, 0], [0, 0.2]], [[1, -0.8], [-0.8, 1]]]",
        ),
    ),
    "small_in_large": Classic(
        "Small and dense in large and wide",
        ["x", "y"],
        "Two groups with one center: their means tell nothing, their widths all.",
        *drawn_from(
            500,
            4,
            "[0.3, 0.7]",
            "[[0, 0], [0, 0]]",
            "[[[0.1, 0], [0, 0.1]], [[4, 0], [0, 4]]]",
        ),
    ),
    "crossing": Classic(
        "Two crossing lines",
        ["x", "y"],
        "Two thin groups that cross: a point at the crossing belongs to both.",
        *drawn_from(
            400,
            5,
            "[0.5, 0.5]",
            "[[0, 0], [0, 0]]",
            "[[[4, 3.9], [3.9, 4]], [[4, -3.9], [-3.9, 4]]]",
        ),
    ),
    "ring": Classic(
        "Ring",
        ["x", "y"],
        "No Gaussians at all: more and more components follow the ring ever better.",
        "rng = np.random.default_rng(6)",
        "angle, far = rng.uniform(0, 2 * np.pi, 500), 3 + 0.3 * rng.standard_normal(500)",
        "x = np.column_stack([far * np.cos(angle), far * np.sin(angle)])",
    ),
}


def listed():
    """All of them, as the page is told."""
    found = []
    for key, classic in SETS.items():
        points = classic.points()
        told = {"key": key, "name": classic.name, "words": classic.words}
        found.append({**told, "columns": classic.columns, "rows": points.n, "d": points.d})
    return found
