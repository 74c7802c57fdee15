"""How often one start leads EM to the top: four ways to start, K bells, 10 and 4 apart.

100 data sets of 30 K points from K bells of variance 1, and one start of each way for each. A start
has arrived if EM is within 1 nat of the height that 100 steps from the truth reach, after 100, 200
and 1000 steps. A cell is a gap and a K. What is done with a data set is the chapter's own code:
its cells that define it are run here.
"""

from functools import cache
from pathlib import Path

import nbformat
import numpy as np

import gmmlib

CHAPTER = Path(__file__).parents[2] / "book/starts.ipynb"
DEFINED_IN = ("starts-13", "starts-15", "starts-16", "starts-38", "starts-41", "starts-42a")
CELLS = [(gap, K) for gap in (10, 4) for K in (2, 3, 4, 5, 6, 8, 10)]
CHECKED = [(10, 3), (4, 8)]
WITHIN = {}


@cache
def chapter():
    """What these cells of the chapter define, by name."""
    cells = {cell.id: cell.source for cell in nbformat.read(CHAPTER, as_version=4).cells}
    names = {"np": np} | {name: getattr(gmmlib, name) for name in ("Mixture", "em", "sample")}
    for cell in DEFINED_IN:
        exec(compile(cells[cell], cell, "exec"), names)
    return names


def rows(gap, K):
    here, made = chapter(), []
    rng = np.random.default_rng(K)
    data = here["rows_of_bells"](K, gap, here["trials"], rng)
    top = here["truth_of"](data, K, gap)
    for way, begin in here["ways"].items():
        with np.errstate(all="ignore"):  # what collapses is lost
            state, done = begin(data, K, rng), 0
            for steps in (100, 200, 1000):
                state, done = here["climb"](data, *state, steps - done), steps
                there = here["arrived"](data, state, top, 0)
                made.append({"gap": gap, "K": K, "way": way, "steps": steps,
                             "arrived": int(there.sum())})  # fmt: skip
    return made
