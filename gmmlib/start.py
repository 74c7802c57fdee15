"""Where EM begins: a start is a `Mixture` like any other.

All starts give equal weights, and covariances wide enough that no component is
dead from the first step. Randomness comes from `rng` only.
"""

import numpy as np

from . import checks
from .mixture import Mixture
from .rows import Rows


def random_start(x, K, rng):
    """Means at K different points drawn from the data; the data's covariance for each."""
    X, K = _data(x, K)
    checks.generator(rng)
    chosen = rng.choice(len(X), size=K, replace=False)
    return _equal_shares(x, X[chosen], np.cov(X.T, bias=True).reshape(X.shape[1], X.shape[1]))


def quantile_start(x, K):
    """One dimension: means at the middles of K equal slices of the sorted data. No randomness.

    Each variance is the data's, divided by K².
    """
    X, K = _data(x, K)
    if X.shape[1] != 1:
        raise ValueError(f"quantiles need data in one dimension, not x of shape {np.shape(x)}")
    means = np.quantile(X, (np.arange(K) + 0.5) / K).reshape(K, 1)
    return _equal_shares(x, means, np.var(X).reshape(1, 1) / K**2)


def kmeans_plus_plus_start(x, K, rng):
    """Means at K points of the data that lie apart; the covariance about the nearest of them.

    The first point is drawn at random, each further one with probability proportional
    to its squared distance from the nearest point so far (Arthur and Vassilvitskii, 2007).
    Distances are in standard deviations of each column, so units do not matter.
    """
    X, K = _data(x, K)
    checks.generator(rng)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    chosen = [rng.integers(len(X))]
    nearest, squared = np.zeros(len(X), int), _squared_distance(scaled, scaled[chosen[0]])
    for k in range(1, K):
        if squared.sum() == 0:
            raise ValueError(f"{K} components need at least {K} different points, x has {k}")
        chosen.append(rng.choice(len(X), p=squared / squared.sum()))
        to_new = _squared_distance(scaled, scaled[chosen[k]])
        nearest[to_new < squared] = k
        squared = np.minimum(squared, to_new)
    off = X - X[chosen][nearest]
    within = off.T @ off / len(X)
    if np.linalg.matrix_rank(within / np.outer(X.std(axis=0), X.std(axis=0))) < X.shape[1]:
        within = np.cov(X.T, bias=True).reshape(within.shape)  # as many components as points
    return _equal_shares(x, X[chosen], within)


def labels_start(x, labels):
    """The M-step for points that already have labels 0..K-1: shares, means, covariances of each."""
    X = checks.points(x)
    labels = np.asarray(labels)
    if labels.shape != (len(X),) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels need one whole number for each of the {len(X)} points, "
            f"not {labels.dtype} of shape {labels.shape}"
        )
    if labels.min() < 0:
        raise ValueError(f"labels count from 0, not from {labels.min()}")
    K = int(labels.max()) + 1
    counts = np.bincount(labels, minlength=K)
    if (counts == 0).any():
        raise ValueError(f"no point has label {int(np.argmin(counts))}")
    groups = [X[labels == k] for k in range(K)]
    means = np.array([group.mean(axis=0) for group in groups])
    covariances = np.array(
        [(g - m).T @ (g - m) / len(g) for g, m in zip(groups, means, strict=True)]
    )
    return _shaped(x, counts / len(X), means, covariances)


def _data(x, K):
    X = checks.points(x)
    K = checks.whole(K, "K", least=1)
    checks.enough(Rows(X).summary, K)
    return X, K


def _equal_shares(x, means, covariance):
    K = len(means)
    return _shaped(x, np.full(K, 1 / K), means, np.repeat(covariance[None], K, axis=0))


def _shaped(x, weights, means, covariances):
    """A mixture of the data's own form: one-dimensional for x of shape (n,)."""
    if np.ndim(x) == 1:
        return Mixture(weights, means[:, 0], covariances[:, 0, 0])
    return Mixture(weights, means, covariances)


def _squared_distance(points, point):
    return ((points - point) ** 2).sum(axis=1)
