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
    seeds = _named("script_seeds.csv")
    return _columns("script_line.csv")[:, 0], _columns("script_plane.csv"), seeds


def naples_crabs():
    """1000 shore crabs from Naples in 29 classes: two arrays (29,), ratios and counts.

    The ratio is the breadth of the forehead over the length of the body; a class is 0.004 wide,
    and `ratios` are the middles of the classes, 0.5815 to 0.6935. Measured by Weldon (1893).

    Source: Pearson (1894), Phil. Trans. A 185, 71–110, in the copies of the R packages mixdist and
    MixtureInf, which agree in all 29 counts and give the upper ends of the classes (0.5835 is the
    first). The counts add up to 1000, and their mean is the 16.799th class, counted from 1. What
    is wrong with it: the ratios themselves are lost, the last class is open in mixdist.
    """
    ratios, counts = _columns("naples_crabs.csv").T
    return ratios, counts.astype(int)


def rock_crabs():
    """200 rock crabs (Leptograpsus) from Fremantle: X (200, 5) in millimeters, labels (200,).

    Columns: frontal lobe FL, rear width RW, carapace length CL and width CW, body depth BD. Labels:
    blue males 0, blue females 1, orange males 2, orange females 3, fifty of each; so the species
    is labels // 2, the sex labels % 2.

    Source: R's `MASS::crabs`; Campbell and Mahon (1974), Australian Journal of Zoology 22,
    417–425. What is wrong with it: fifty of each kind were chosen, in each the smallest first,
    so neither shares nor sizes are those of the shore.
    """
    X = _columns("rock_crabs.csv", usecols=range(2, 7))
    kinds = _columns("rock_crabs.csv", usecols=(0, 1), dtype=str)
    return X, 2 * (kinds[:, 0] == "O") + (kinds[:, 1] == "F")


def table(name):
    """A stored table, {column: array}: numbers where all entries are numbers, else words.

    tools/tables/NAME.py in the repository computed it, `make tables` does so again, and the tests
    compute some of its rows anew. Raises `ValueError` where there is no table of this name.
    """
    folder = resources.files("gmmlib").joinpath("datasets", "tables")
    known = sorted(f.name.removesuffix(".csv") for f in folder.iterdir() if f.name.endswith(".csv"))
    if name not in known:
        raise ValueError(f"there is no table {name!r}; there are {', '.join(known)}")
    return _named("tables", f"{name}.csv")


def _named(*path):
    """A file with a line of names: {column: array}."""
    file = resources.files("gmmlib").joinpath("datasets", *path)
    with file.open(encoding="utf-8") as lines:
        names, *rows = csv.reader(lines)
    return {name: _numbers_or_words(column) for name, column in zip(names, zip(*rows))}


def _numbers_or_words(column):
    for kind in (int, float):
        try:
            return np.array([kind(entry) for entry in column])
        except ValueError:
            pass
    return np.array(column)


def _columns(name, **which):
    with resources.files("gmmlib").joinpath("datasets", name).open() as lines:
        return np.loadtxt(lines, delimiter=",", skiprows=1, ndmin=2, **which)
