"""The classic data sets of the book, with their sources, and tables that took long to compute."""

import csv
from importlib import resources

import numpy as np


def old_faithful():
    """272 eruptions of the Old Faithful geyser: (272, 2), eruption and waiting time in minutes.

    Source: R's `faithful`; Azzalini and Bowman (1990), A look at some data on the
    Old Faithful geyser, Applied Statistics 39, 357–365.
    """
    return _columns("faithful.csv")


def galaxies():
    """Velocities of 82 galaxies in the Corona Borealis region: (82,), in km/s.

    Source: R's `MASS::galaxies`; Roeder (1990), JASA 85, 617–624. The 78th value keeps
    the typing error of that copy (26690 for 26960), since published fits use it.
    """
    return _columns("galaxies.csv")[:, 0]


def r_script():
    """What the R script that the book grew from met, run in R 4.2.2: (x, X, seeds).

    x: (2000,), its points on the line at seed 3, X: (2000, 2), those in the plane, to five
    decimals. seeds: {column: (100,)} for seeds 1 to 100. Of the first part: where its means end
    (`lower`, `upper`: as the script names them) and whether it began with the larger one as lower
    (`swapped`). Of the third: its `steps`, the log-likelihood where it `stopped`, that of the
    `fixed` point it was on its way to, and of the one that EM reaches `from_truth`; NaN in the
    runs that aborted.

    Source: tests/reference/script, where the numbers have all their digits.
    """
    with resources.files("gmmlib").joinpath("datasets", "script_seeds.csv").open() as lines:
        names = next(lines).strip().split(",")
    seeds = dict(zip(names, _columns("script_seeds.csv").T))
    return _columns("script_line.csv")[:, 0], _columns("script_plane.csv"), seeds


def table(name):
    """A stored table, {column: array}: numbers where all entries are numbers, else words.

    tools/tables/NAME.py in the repository computed it, `make tables` does so again, and the tests
    compute some of its rows anew. Raises `ValueError` where there is no table of this name.
    """
    folder = resources.files("gmmlib").joinpath("datasets", "tables")
    known = sorted(f.name.removesuffix(".csv") for f in folder.iterdir() if f.name.endswith(".csv"))
    if name not in known:
        raise ValueError(f"there is no table {name!r}; there are {', '.join(known)}")
    with folder.joinpath(f"{name}.csv").open(encoding="utf-8") as lines:
        names, *rows = csv.reader(lines)
    return {name: _numbers_or_words(column) for name, column in zip(names, zip(*rows))}


def _numbers_or_words(column):
    for kind in (int, float):
        try:
            return np.array([kind(entry) for entry in column])
        except ValueError:
            pass
    return np.array(column)


def _columns(name):
    with resources.files("gmmlib").joinpath("datasets", name).open() as lines:
        return np.loadtxt(lines, delimiter=",", skiprows=1, ndmin=2)
