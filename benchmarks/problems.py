"""Data on which the search for the best maximum is tried: each function makes one problem.

Each returns the points (n, d) and the labels they were drawn with (n,), or None where the data
are real. All are made anew from a fixed seed, so that a problem is the same wherever it is run.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from gmmlib import data

PROBLEMS = {}
FIXED = Path(__file__).parents[1] / "tests" / "reference" / "data"


@dataclass(frozen=True)
class Problem:
    """A name, what the data are (in words), how many components are asked for, and the maker."""

    name: str
    what: str
    K: int
    make: object


def problem(K, what):
    def register(make):
        PROBLEMS[make.__name__] = Problem(make.__name__, what, K, make)
        return make

    return register


# ---- parts -----------------------------------------------------------------------------------


def shapes(rng, K, d, condition):
    """K matrices that turn and stretch a standard normal: covariances of this condition."""
    widths = condition ** (0.5 * np.linspace(-0.5, 0.5, d))
    turns = np.linalg.qr(rng.normal(size=(K, d, d)))[0]
    return turns * rng.permuted(np.repeat(widths[None], K, axis=0), axis=1)[:, None, :]


def drawn(rng, n, weights, means, factors):
    """n points: a label from the weights, then mean + factor times a standard normal."""
    labels = rng.choice(len(weights), size=n, p=np.divide(weights, np.sum(weights)))
    z = rng.normal(size=(n, means.shape[1]))
    X = np.empty_like(z)
    for k, factor in enumerate(factors):
        X[labels == k] = z[labels == k] @ factor.T + means[k]
    return X, labels


def round_ones(K, d):
    return np.repeat(np.eye(d)[None], K, axis=0)


# ---- the problems ----------------------------------------------------------------------------


@problem(10, "round clusters that overlap a little")
def blobs():
    rng, K, d = np.random.default_rng(101), 10, 20
    return drawn(rng, 20_000, np.ones(K), 0.75 * rng.normal(size=(K, d)), round_ones(K, d))


@problem(6, "long clusters in all directions, condition 100")
def stretched():
    rng, K, d = np.random.default_rng(102), 6, 5
    return drawn(rng, 5_000, np.ones(K), 1.2 * rng.normal(size=(K, d)), shapes(rng, K, d, 100))


@problem(4, "four round clusters on a square, two standard deviations apart")
def overlapping():
    rng, K = np.random.default_rng(103), 4
    corners = np.array([[-1.0, -1], [-1, 1], [1, -1], [1, 1]])
    return drawn(rng, 3_000, np.ones(K), corners, round_ones(K, 2))


@problem(3, "a group of 0.06 % of the rows, plainly apart")
def rare():
    rng = np.random.default_rng(104)
    means = np.array([[0.0, 0, 0], [4, 0, 0], [0, 9, 9]])
    factors = round_ones(3, 3) * [[[1.0]], [[1]], [[0.5]]]
    return drawn(rng, 100_000, [0.6, 0.3994, 0.0006], means, factors)


@problem(20, "twenty clusters of all widths in the plane")
def plane():
    rng, K = np.random.default_rng(105), 20
    factors = shapes(rng, K, 2, 4) * rng.uniform(0.3, 1.0, size=(K, 1, 1))
    return drawn(rng, 10_000, rng.uniform(0.5, 1.5, K), rng.uniform(-12, 12, size=(K, 2)), factors)


@problem(5, "sixty columns")
def wide():
    rng, K, d = np.random.default_rng(106), 5, 60
    return drawn(rng, 6_000, np.ones(K), 0.5 * rng.normal(size=(K, d)), shapes(rng, K, d, 10))


@problem(5, "columns in units from 10⁻⁶ to 10⁶, correlated")
def units():
    rng, K, d = np.random.default_rng(107), 5, 6
    means = 1.2 * rng.normal(size=(K, d))
    X, labels = drawn(rng, 4_000, np.ones(K), means, shapes(rng, K, d, 10))
    return X * np.logspace(-6, 6, d), labels


@problem(50, "fifty clusters in forty-five columns")
def many():
    rng, K, d = np.random.default_rng(108), 50, 45
    return drawn(rng, 30_000, np.ones(K), 1.4 * rng.normal(size=(K, d)), round_ones(K, d))


@problem(6, "weights from 0.5 to 0.01, each cluster of another width")
def uneven():
    rng, K, d = np.random.default_rng(109), 6, 3
    factors = shapes(rng, K, d, 9) * np.array([2, 1, 0.7, 0.5, 0.4, 0.3])[:, None, None]
    weights = [0.5, 0.25, 0.14, 0.07, 0.03, 0.01]
    return drawn(rng, 8_000, weights, 3 * rng.normal(size=(K, d)), factors)


@problem(5, "one column, five bumps of which two hide in others")
def line():
    rng = np.random.default_rng(110)
    means = np.array([[-4.0], [-3], [0], [1.5], [5]])
    factors = np.array([1.2, 0.3, 1, 0.4, 0.7])[:, None, None]
    return drawn(rng, 5_000, [3, 1, 3, 1, 2], means, factors)


@problem(4, "one center, four directions: nothing but the shapes differ")
def crossing():
    rng, K, d = np.random.default_rng(111), 4, 4
    return drawn(rng, 4_000, np.ones(K), np.zeros((K, d)), shapes(rng, K, d, 400))


@problem(4, "not Gaussian at all: clusters with the tails of Student's t, 4 degrees of freedom")
def tails():
    rng, K, d = np.random.default_rng(112), 4, 4
    means = 3 * rng.normal(size=(K, d))
    X, labels = drawn(rng, 6_000, np.ones(K), np.zeros((K, d)), shapes(rng, K, d, 4))
    return X / np.sqrt(rng.chisquare(4, size=(6_000, 1)) / 4) + means[labels], labels


@problem(3, "Old Faithful, one component more than it shows")
def faithful():
    return data.old_faithful(), None


@problem(3, "Fisher's irises")
def iris():
    rows = np.genfromtxt(FIXED / "iris.csv", delimiter=",", skip_header=1)
    return rows[:, ~np.isnan(rows).any(axis=0)], None


@problem(2, "300 points, two standard deviations apart")
def small():
    rng = np.random.default_rng(113)
    return drawn(rng, 300, np.ones(2), np.array([[-1.0, 0], [1, 0]]), round_ones(2, 2))


@problem(6, "whole numbers, with many ties")
def counts():
    rng, K, d = np.random.default_rng(114), 6, 3
    rates = np.exp(rng.uniform(1.5, 4, size=(K, d)))
    labels = rng.integers(K, size=5_000)
    return rng.poisson(rates[labels]).astype(float), labels


@problem(6, "five tight clusters on a background of evenly spread points")
def background():
    rng, n = np.random.default_rng(115), 8_000
    X, labels = drawn(rng, n, np.ones(5), rng.uniform(1, 9, size=(5, 2)), 0.25 * round_ones(5, 2))
    spread = rng.random(n) < 0.3
    X[spread] = rng.uniform(0, 10, size=(spread.sum(), 2))
    return X, np.where(spread, 5, labels)


@problem(8, "a spiral in the plane, which no mixture fits")
def spiral():
    rng = np.random.default_rng(116)
    turn = np.sqrt(rng.uniform(2, 40, size=2_000)) * 2
    X = np.c_[turn * np.cos(turn), turn * np.sin(turn)]
    return X + 0.3 * rng.normal(size=X.shape), None


@problem(15, "fifteen clusters, the k-th with a share as 1/k")
def shares():
    rng, K, d = np.random.default_rng(117), 15, 8
    means = 2.5 * rng.normal(size=(K, d))
    return drawn(rng, 15_000, 1 / np.arange(1, K + 1), means, shapes(rng, K, d, 9))


@problem(6, "two hundred thousand rows, four columns")
def long():
    rng, K, d = np.random.default_rng(118), 6, 4
    return drawn(rng, 200_000, np.ones(K), 1.5 * rng.normal(size=(K, d)), shapes(rng, K, d, 4))


@problem(10, "handwritten digits, eight principal components")
def digits():
    X = load_digits().data
    X = X - X.mean(axis=0)
    return X @ np.linalg.svd(X, full_matrices=False)[2][:8].T, None
