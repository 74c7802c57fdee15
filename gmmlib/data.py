"""The classic data sets of the book, with their sources."""

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


def _columns(name):
    with resources.files("gmmlib").joinpath("datasets", name).open() as lines:
        return np.loadtxt(lines, delimiter=",", skiprows=1, ndmin=2)
