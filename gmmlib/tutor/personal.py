"""Data of a student's own: the same again on each machine, another's for the neighbor.

The seed is a hash of the recipe's name and the student's. Only `Generator.random` is drawn from,
whose bits are the same everywhere, and what comes out is rounded. Whoever reads this file can
compute the truth, too: the sets ask for what follows from the data, not for the truth.

Some recipes draw again until the set's questions are good ones for these data: until no common
mistake comes near the right answer by chance, and what is to be seen can be seen.
"""

import unicodedata
from hashlib import sha256

import numpy as np

from ..data import old_faithful
from ..linear import cholesky


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


def first_that(suits, made):
    """The first draw that suits."""
    while not suits(*(drawn := made())):
        pass
    return drawn


def bells(rng, weight, mean, gap, variance, ratio):
    """weights, means, variances (2,): the second bell is the wider one, `gap` to the right."""
    p, m, v = one_of(rng, *weight), one_of(rng, *mean), one_of(rng, *variance)
    apart, wider = one_of(rng, *gap), one_of(rng, *ratio)
    weights, means = np.array([1 - p, p]).round(4), np.array([m, m + apart]).round(4)
    return weights, means, np.array([v, v * wider]).round(4)


def growth(x):
    """What a step of EM multiplies the difference of two nearly equal components by, at first.

    The largest eigenvalue of M' there (stopping_and_speed, the twins), for any weights.
    """
    u = (x - x.mean()) / x.std()
    skewness, kurtosis = (u**3).mean() / np.sqrt(2), (u**4).mean()
    return np.linalg.eigvalsh([[1, skewness], [skewness, (kurtosis - 1) / 2]])[-1]


def truth_of(weights, means, variances, labels):
    return {"weights": weights, "means": means, "variances": variances, "labels": labels}


# ---- the recipes -------------------------------------------------------------------------------


def labeled_bells(rng):
    """weights, means, variances (2,), and 1000 points x with their labels (1000,)."""

    def made():
        mixture = bells(
            rng, (0.15, 0.3, 0.05), (-3, -1, 0.25), (2.25, 3, 0.25), (0.6, 1, 0.1), (2.5, 4, 0.5)
        )
        return mixture, *draw(rng, 1000, *mixture)

    mixture, x, labels = first_that(_mistakes_show, made)
    return (*mixture, x, labels), truth_of(*mixture, labels)


def _mistakes_show(mixture, x, labels):
    """Do wrong ways to the share, the variance, the guesses and the error rate lead elsewhere?"""
    weights, means, variances = mixture

    def heights(x):
        squares = (x[:, None] - means) ** 2 / variances
        return weights * np.exp(-squares / 2) / np.sqrt(2 * np.pi * variances)

    def wrong(score):
        return int((score.argmax(axis=1) != labels).sum())

    grid = np.linspace(means[0] - 12, means[1] + 18, 6001)
    over = heights(grid) * (grid[1] - grid[0])
    rate = over.min(axis=1).sum()
    halfway = np.where(grid < means.mean(), over[:, 1], over[:, 0]).sum()
    count = wrong(heights(x))
    total = weights @ (variances + means**2) - (weights @ means) ** 2
    others = wrong(heights(x) / weights), wrong(-np.abs(x[:, None] - means))
    return (
        abs((labels == 0).mean() - weights[0]) > 0.0035
        and abs(x.var() - total) > 0.01
        and count not in others
        and min(abs(count / len(x) - rate), abs(halfway - rate)) > 0.001
    )


def known_bells(rng):
    """500 points x, and the weights and variances (2,) that made them; the means are not told."""
    mixture = bells(
        rng, (0.3, 0.4, 0.05), (-3, -1, 0.25), (3.75, 4.5, 0.25), (0.8, 1.2, 0.1), (1.6, 2.2, 0.2)
    )
    x, labels = draw(rng, 500, *mixture)
    return (x, mixture[0], mixture[2]), truth_of(*mixture, labels)


def two_bells(rng):
    """600 points x of two bells that overlap; nothing is told about them.

    They are skew enough for two components that begin nearly equal to part within 400 steps.
    """

    def made():
        mixture = bells(
            rng, (0.3, 0.4, 0.05), (-2, 1, 0.25), (3, 3.5, 0.125), (0.8, 1, 0.1), (1, 1.4, 0.1)
        )
        return mixture, *draw(rng, 600, *mixture)

    mixture, x, labels = first_that(lambda _, x, __: growth(x) > 1.06, made)
    return x, truth_of(*mixture, labels)


def far_point(rng):
    """61 points x of two bells; the decimal point of the last one slipped, and it lies far off.

    The others are skew enough for two components that begin nearly equal to part.
    """

    def made():
        mixture = bells(
            rng, (0.25, 0.4, 0.05), (-2, -1, 0.25), (3.5, 4.5, 0.25), (0.8, 1.2, 0.1), (1, 2, 0.25)
        )
        return mixture, *draw(rng, 61, *mixture)

    mixture, x, labels = first_that(lambda _, x, __: growth(x[:-1]) > 1.06, made)
    x[-1] = one_of(rng, 60, 90, 2.5)
    return x, truth_of(*mixture, labels)


def three_ellipses(rng):
    """600 points X (600, 2) of three ellipses, none of them round.

    Two stand side by side above the third, so that EM can end with one component across both.
    """

    def made():
        first, second = one_of(rng, 0.2, 0.3, 0.05), one_of(rng, 0.2, 0.3, 0.05)
        weights = np.array([first, second, 1 - first - second]).round(4)
        means = np.array([[2.0, 2.0], [-2.0, 2.0], [0.0, -2.0]])
        means += [[one_of(rng, -0.3, 0.3, 0.1) for _ in range(2)] for _ in range(3)]
        covariances = []
        for _ in range(3):
            a, c = one_of(rng, 0.3, 0.6, 0.05), one_of(rng, 0.3, 0.6, 0.05)
            tilt = (1 if rng.random() < 0.5 else -1) * one_of(rng, 0.3, 0.6, 0.1)
            off = tilt * np.sqrt(a * c)
            covariances.append([[a, off], [off, c]])
        covariances = np.array(covariances).round(4)
        _, labels = draw(rng, 600, weights, np.zeros(3), np.ones(3))
        roots = cholesky(covariances)[labels]
        X = means[labels] + (roots @ normals(rng, 600, 2)[:, :, None])[:, :, 0]
        return X.round(4), weights, means, covariances, labels

    X, weights, means, covariances, labels = first_that(_distance_tells, made)
    truth = {"weights": weights, "means": means, "covariances": covariances, "labels": labels}
    return X, truth


def _distance_tells(X, *_):
    """Is the first point's squared distance neither near its root nor near that of no tilt?"""
    off, whole = X[0] - X.mean(axis=0), np.cov(X.T, bias=True)
    squared = off @ np.linalg.solve(whole, off)
    untilted = (off**2 / np.diag(whole)).sum()
    return abs(squared - 1) > 0.05 and abs(untilted / squared - 1) > 0.01


def units(rng):
    """A (2, 2) and b (2,): other axes and other units, in which an area is another one."""

    def made():
        A = [[one_of(rng, 2, 4, 0.5), one_of(rng, -1, 1, 0.5)]]
        A += [[one_of(rng, 0.2, 0.6, 0.1), one_of(rng, 0.4, 0.8, 0.1)]]
        return np.array(A), np.array([one_of(rng, 50, 150, 5), one_of(rng, -10, 10, 0.5)])

    A, b = first_that(lambda A, _: abs(np.log(abs(np.linalg.det(A)))) > 0.2, made)
    return (A, b), {}


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
        units,
        far_point,
        statements,
        eruptions,
    )
}
