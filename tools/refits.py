"""What several tables do: fit many small data sets with one variance for all components."""

import numpy as np

from gmmlib import Mixture, tied
from gmmlib.together import DataSets, climb, stack_of


def starts(x, K):
    """Three: means at even quantiles; and one component far out, to the left or to the right.

    x: (n,). All have one variance, a K-th of the data's.
    """
    even = (np.arange(K) + 0.5) / K
    if K == 1:
        return [Mixture([1], [x.mean()], [x.var()])]
    few, rest = [0.05], (np.arange(K - 1) + 0.5) / (K - 1)
    small = np.full(K - 1, 0.95 / (K - 1))
    kinds = [
        (np.full(K, 1 / K), even),
        (np.array([*few, *small]), np.array([0.02, *rest])),
        (np.array([*small, *few]), np.array([*rest, 0.98])),
    ]
    variance = np.full(K, x.var() / K)
    return [Mixture(weights, np.quantile(x, at), variance) for weights, at in kinds]


def fits(xs, begins, tolerance=1e-3, steps=2000, covariance=tied):
    """The highest end of each data set: a list of mixtures, and log-likelihoods (S,).

    xs: (S, n). begins: a list of S lists of starts, all of one length.
    """
    best, heights = [None] * len(xs), np.full(len(xs), -np.inf)
    data = DataSets(xs)
    for start in zip(*begins):
        stack = stack_of(start, data.summary.mean)
        found = climb(data, stack, steps, tolerance, covariance=covariance)
        for s in np.flatnonzero(found.log_likelihoods > heights):
            best[s], heights[s] = found.mixture(s), found.log_likelihoods[s]
    return best, heights


def fitted(xs, K, **options):
    """The same from the three starts of each data set."""
    return fits(xs, [starts(x, K) for x in xs], **options)
