"""Data of a student's own: the same again on each machine, another's for the neighbor.

The seed is a hash of the recipe's name and the student's. Only `Generator.random` is drawn from,
whose bits are the same everywhere, and what comes out is rounded. Whoever reads this file can
compute the truth, too: the sets ask for what follows from the data, not for the truth.
"""

import unicodedata
from hashlib import sha256

import numpy as np

from ..data import old_faithful


def personal_data(recipe, student):
    """What the student is given; RECIPES says what, and in which shapes.

    ValueError for a name without letters, and for a recipe that is not there.
    """
    return _drawn(recipe, student)[0]


def personal_truth(recipe, student):
    """What made the student's data, a dict: for the marker, and for solutions."""
    return _drawn(recipe, student)[1]


def seed(recipe, student):
    """The number that the student's data begin from; "Ann", " ann" and "ANN" are one student."""
    if not isinstance(student, str) or not student.strip():
        raise ValueError(f"STUDENT needs your name between quotes, not {student!r}")
    name = unicodedata.normalize("NFC", student).strip().casefold()
    # folding may take a letter apart again
    name = unicodedata.normalize("NFC", name)
    return int.from_bytes(sha256(f"{recipe}\n{name}".encode()).digest())


def _drawn(recipe, student):
    if recipe not in RECIPES:
        raise ValueError(f"there is no recipe {recipe!r}: one of {', '.join(RECIPES)} is needed")
    return RECIPES[recipe](np.random.default_rng(seed(recipe, student)))


# ---- what recipes are made of ------------------------------------------------------------------


def one_of(rng, low, high, step):
    """A round number from low to high, such as a person would choose."""
    return round(low + step * int(rng.random() * (round((high - low) / step) + 1)), 10)


def normals(rng, *shape):
    """Standard normals from uniform numbers (Box and Muller 1958): no table, no rejection."""
    radius = np.sqrt(-2 * np.log1p(-rng.random(shape)))
    return radius * np.cos(2 * np.pi * rng.random(shape))


def draw(rng, n, weights, means, variances):
    """x (n,), labels (n,): first the label, then the point from its bell."""
    labels = np.searchsorted(np.cumsum(weights)[:-1], rng.random(n), side="right")
    x = np.take(means, labels) + np.sqrt(np.take(variances, labels)) * normals(rng, n)
    return x.round(4), labels


def bells(rng, weight, mean, gap, variance, ratio):
    """weights, means, variances (2,): the second bell is the wider one, `gap` to the right."""
    p, m, v = one_of(rng, *weight), one_of(rng, *mean), one_of(rng, *variance)
    apart, wider = one_of(rng, *gap), one_of(rng, *ratio)
    weights, means = np.array([1 - p, p]).round(4), np.array([m, m + apart]).round(4)
    return weights, means, np.array([v, v * wider]).round(4)


def truth_of(weights, means, variances, labels):
    return {"weights": weights, "means": means, "variances": variances, "labels": labels}


# ---- the recipes -------------------------------------------------------------------------------


def labeled_bells(rng):
    """weights, means, variances (2,), and 1000 points x with their labels (1000,)."""
    mixture = bells(
        rng, (0.15, 0.3, 0.05), (-3, -1, 0.25), (2.25, 3, 0.25), (0.6, 1, 0.1), (2.5, 4, 0.5)
    )
    x, labels = draw(rng, 1000, *mixture)
    return (*mixture, x, labels), truth_of(*mixture, labels)


def known_bells(rng):
    """500 points x, and the weights and variances (2,) that made them; the means are not told."""
    mixture = bells(
        rng, (0.3, 0.4, 0.05), (-3, -1, 0.25), (3.75, 4.5, 0.25), (0.8, 1.2, 0.1), (1.6, 2.2, 0.2)
    )
    x, labels = draw(rng, 500, *mixture)
    return (x, mixture[0], mixture[2]), truth_of(*mixture, labels)


def two_bells(rng):
    """600 points x of two bells that overlap; nothing is told about them."""
    mixture = bells(
        rng, (0.35, 0.55, 0.05), (-2, 1, 0.25), (2.5, 3, 0.125), (0.8, 1, 0.1), (1, 1.4, 0.1)
    )
    x, labels = draw(rng, 600, *mixture)
    return x, truth_of(*mixture, labels)


def far_point(rng):
    """61 points x of two bells; the decimal point of the last one slipped, and it lies far off."""
    mixture = bells(
        rng, (0.3, 0.45, 0.05), (-2, -1, 0.25), (3.5, 4.5, 0.25), (0.8, 1.2, 0.1), (1, 2, 0.25)
    )
    x, labels = draw(rng, 61, *mixture)
    x[-1] = one_of(rng, 60, 90, 2.5)
    return x, truth_of(*mixture, labels)


def three_ellipses(rng):
    """600 points X (600, 2) of three ellipses, none of them round."""
    first, second = one_of(rng, 0.25, 0.45, 0.05), one_of(rng, 0.2, 0.35, 0.05)
    weights = np.array([first, second, 1 - first - second]).round(4)
    means = np.array([[2.0, 2.0], [-2.0, 2.0], [0.0, -2.0]])
    means += [[one_of(rng, -0.3, 0.3, 0.1) for _ in range(2)] for _ in range(3)]
    covariances = []
    for _ in range(3):
        a, c = one_of(rng, 0.5, 1.3, 0.1), one_of(rng, 0.5, 1.3, 0.1)
        tilt = (1 if rng.random() < 0.5 else -1) * one_of(rng, 0.3, 0.6, 0.1)
        off = tilt * np.sqrt(a * c)
        covariances.append([[a, off], [off, c]])
    covariances = np.array(covariances).round(4)
    _, labels = draw(rng, 600, weights, np.zeros(3), np.ones(3))
    roots = np.linalg.cholesky(covariances)[labels]
    X = means[labels] + (roots @ normals(rng, 600, 2)[:, :, None])[:, :, 0]
    truth = {"weights": weights, "means": means, "covariances": covariances, "labels": labels}
    return X.round(4), truth


def eruptions(rng):
    """200 of the 272 eruptions of Old Faithful, X (200, 2): duration and wait in minutes.

    Rounding is undone as in exercise 3 of the chapter: to each wait uniform noise of half a minute
    to both sides is added, to each duration of half a second. So no two waits are tied.
    """
    rows = np.sort(np.argsort(rng.random(272), kind="stable")[:200])
    X = old_faithful()[rows]
    return (X + (rng.random(X.shape) - 0.5) * [1 / 60, 1]).round(4), {"rows": rows}


STATEMENTS = (
    "a share is normalized over the points, not over the components",
    "densities are multiplied out without logarithms, and vanish far off",
    "a point counts in full in the covariance, whatever its share",
    "the second component sees the first one's new mean in the same step",
    "it stops at the first small gain, however much is still to be gained",
    "the variance is measured about the old means",
    "the mean is divided by n, not by the component's own count",
    "it stops only when the log-likelihood falls",
)


def statements(rng):
    """The eight STATEMENTS about wrong programs, a list of str, in an order of the student's."""
    order = np.argsort(rng.random(len(STATEMENTS)), kind="stable")
    return [STATEMENTS[i] for i in order], {"order": order}


RECIPES = {
    recipe.__name__: recipe
    for recipe in (
        labeled_bells,
        known_bells,
        two_bells,
        three_ellipses,
        far_point,
        statements,
        eruptions,
    )
}
