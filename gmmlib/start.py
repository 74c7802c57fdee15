"""Where EM begins: a start is a `Mixture` like any other.

Random, quantile and k-means++ starts give every component the same weight; `labels_start` and
`shares_start` give each the share of the points that it was given.

Randomness comes from `rng` only. A row that counts 0 times (sample_weight) is as if it were not
there. Where the covariances are to be of a certain kind, or a prior is given, columns need no
more than that kind needs.
"""

import numpy as np

from . import validation
from .covariance import full
from .kmeans import lloyd, squared_distances
from .linear import independent_cholesky
from .mixture import Mixture
from .rows import Rows


def random_start(x, K, rng, sample_weight=None, *, covariance=full, prior=None):
    """Means at K different points drawn from the data; the data's covariance for each."""
    X, K, weight, summary = _data(x, K, sample_weight, covariance, prior)
    validation.generator(rng)
    if weight is None:
        chosen = different(X, K, rng.choice(len(X), size=K, replace=False), rng)
    else:  # a row of twice the weight is twice as likely to come next
        chosen = different(X, K, np.argsort(rng.standard_exponential(len(weight)) / weight))
    return _equal_shares(x, X[chosen], summary.covariance)


def means_start(x, means, sample_weight=None, *, covariance=full, prior=None):
    """Means that somebody tells, (K,) or (K, d); the data's covariance for each. No randomness."""
    means = validation.places(means, "means", validation.points(x).shape[1])
    *_, summary = _data(x, len(means), sample_weight, covariance, prior)
    return _equal_shares(x, means, summary.covariance)


def quantile_start(x, K, sample_weight=None, *, covariance=full, prior=None):
    """One dimension: means at the middles of K equal slices of the sorted data. No randomness.

    Each variance is the data's, divided by K². Where more than a slice of the data is one and
    the same value, the slices are those of the different values.
    """
    X, K, weight, summary = _data(x, K, sample_weight, covariance, prior)
    if X.shape[1] != 1:
        raise ValueError(f"quantiles need data in one dimension, not x of shape {np.shape(x)}")
    middles = (np.arange(K) + 0.5) / K
    if weight is None:
        means = np.quantile(X, middles)
    else:
        order = np.argsort(X[:, 0])
        sums = np.cumsum(weight[order])
        means = X[order, 0][np.searchsorted(sums, middles * sums[-1])]
    if len(np.unique(means)) < K:
        values = np.unique(X)
        if len(values) < K:
            _refuse_few(len(values), K)
        means = np.quantile(values, middles)
    return _equal_shares(x, means.reshape(K, 1), summary.covariance / K**2)


def kmeans_plus_plus_start(x, K, rng, sample_weight=None, *, covariance=full, prior=None):
    """Means at K points of the data that lie apart; the covariance about the nearest of them.

    The first point is drawn at random, each further one with probability proportional
    to its squared distance from the nearest point so far (Arthur and Vassilvitskii, 2007).
    Distances are in standard deviations of each column, so units do not matter.
    """
    X, K, weight, summary = _data(x, K, sample_weight, covariance, prior)
    validation.generator(rng)
    scaled = (X - summary.mean) / summary.deviations
    chosen, nearest = seeds(scaled, K, rng, weight)
    off = X - X[chosen][nearest]
    within = off.T @ off / len(X) if weight is None else (off.T * weight) @ off / weight.sum()
    unit = np.where(summary.low < summary.high, summary.deviations, 1)
    if np.linalg.matrix_rank(within / np.outer(unit, unit)) < X.shape[1]:
        within = summary.covariance  # as many components as points
    return _equal_shares(x, X[chosen], within)


def labels_start(x, labels, sample_weight=None, *, covariance=full, prior=None):
    """The M-step for points that already have labels 0..K-1: shares, means, covariances of each."""
    X, weight = validation.weighted_points(x, sample_weight)
    labels = np.asarray(labels)
    if labels.shape != (len(X),) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels need one whole number for each of the {len(X)} points, "
            f"not {labels.dtype} of shape {labels.shape}"
        )
    if labels.min() < 0:
        raise ValueError(f"labels count from 0, not from {labels.min()}")
    K = int(labels.max()) + 1
    counts = np.bincount(labels, weight, minlength=K)
    if (counts == 0).any():
        raise ValueError(f"no point has label {int(np.argmin(counts))}")
    validation.refuse_units(Rows(X, sample_weight=weight).summary, covariance=True)
    if covariance is not full or prior is not None:
        return shares_start(x, np.eye(K)[labels], weight, covariance=covariance, prior=prior)
    weight = np.ones(len(X)) if weight is None else weight
    means = np.array([np.bincount(labels, weight * column) for column in X.T]).T / counts[:, None]
    off = (X - means[labels]) * np.sqrt(weight)[:, None]
    covariances = np.array([off[labels == k].T @ off[labels == k] for k in range(K)])
    return _shaped(x, counts / counts.sum(), means, covariances / counts[:, None, None])


def shares_start(x, shares, sample_weight=None, *, covariance=full, prior=None):
    """The M-step for points that are already shared out: shares (n, K), rows sum to 1.

    As from another program's responsibilities, or a guess of somebody who knows the data.
    """
    from .em import m_step, shared_as

    q = validation.shares(shares, len(validation.weighted_points(x, sample_weight)[0]))
    rows = Rows(x, sample_weight=sample_weight)
    covariance = validation.kind_of_covariance(covariance)
    validation.enough(rows.summary, q.shape[1], covariance.needs if prior is None else None)
    alike = all_alike(rows.summary, q.shape[1], flat=np.ndim(x) == 1)
    return m_step(shared_as(rows, alike, q.T), prior=prior, covariance=covariance)


def all_alike(summary, K, flat=False):
    """K Gaussians with equal shares that are all the data's: whose coordinates whiten the data."""
    d = len(summary.mean)
    A = np.eye(d + 1)
    solid = summary.cholesky is not None and (summary.low < summary.high).all()
    A[1:, 1:] = summary.cholesky if solid else np.diag(summary.deviations)
    A = np.repeat(A[None], K, axis=0)
    return Mixture.from_affine(np.full(K, 1 / K), A, summary.mean, flat)


def seeds(scaled, K, rng, weight=None):
    """k-means++: K rows of `scaled` (n, d) that lie apart, and to which each row is nearest."""
    n, mass = len(scaled), np.ones(len(scaled)) if weight is None else weight
    chosen = [rng.integers(n) if weight is None else rng.choice(n, p=mass / mass.sum())]
    nearest, squared = np.zeros(n, int), _squared_distance(scaled, scaled[chosen[0]])
    for k in range(1, K):
        pull = squared * mass
        if not pull.sum() > 0:
            _refuse_few(k, K)
        chosen.append(rng.choice(n, p=pull / pull.sum()))
        to_new = _squared_distance(scaled, scaled[chosen[k]])
        nearest[to_new < squared] = k
        squared = np.minimum(squared, to_new)
    return chosen, nearest


def clusters_of_many(scaled, K, rng, weight=None, steps=10):
    """k-means on S forms of the data, scaled (S, n, d), together.

    The labels (S, n) after so many of Lloyd's steps, those after the first, and which rows were
    the points of k-means++ that it began with (S, K). Each next point is the best of a few.
    """
    S, n, _ = scaled.shape
    mass = np.ones(n) if weight is None else weight
    every, tries = np.arange(S), 2 + int(np.log(K))
    chosen = np.empty((S, K), int)
    chosen[:, 0] = rng.choice(n, size=S, p=mass / mass.sum())
    distances = squared_distances(scaled)
    squared = distances(scaled[every, chosen[:, 0], None])[:, 0]
    for k in range(1, K):
        sums = np.cumsum(squared * mass, axis=1)
        at = rng.random((S, tries)) * sums[:, -1:]
        drawn = np.array([np.searchsorted(s, a, side="right") for s, a in zip(sums, at)])
        drawn = np.minimum(drawn, n - 1)  # rows that are all taken already: any will do
        to_new = distances(scaled[every[:, None], drawn])
        np.minimum(to_new, squared[:, None], out=to_new)
        best = (to_new @ mass).argmin(axis=1)
        chosen[:, k], squared = drawn[every, best], to_new[every, best]
    centers = scaled[every[:, None], chosen]
    labels, first, _, _ = lloyd(scaled, centers, weight, steps, distances)
    return labels, first, chosen


def _data(x, K, sample_weight, covariance, prior):
    X, weight = validation.weighted_points(x, sample_weight)
    K = validation.whole(K, "K", least=1)
    if weight is not None:
        X, weight = X[weight > 0], weight[weight > 0]
    summary = Rows(X, sample_weight=weight).summary
    validation.refuse_units(summary, covariance=True)
    validation.enough(
        summary, K, validation.kind_of_covariance(covariance).needs if prior is None else None
    )
    return X, K, weight, summary


def different(X, K, order, rng=None):
    """The first K rows in this order that differ from each other; then of any order."""
    seen = {}
    for i in order:
        seen.setdefault((X[i] + 0.0).tobytes(), i)
        if len(seen) == K:
            return list(seen.values())
    if rng is None:
        _refuse_few(len(seen), K)
    return different(X, K, np.concatenate([order, rng.permutation(len(X))]))


def _refuse_few(different, K):
    raise ValueError(f"{K} components need at least {K} different points, x has {different}")


def _equal_shares(x, means, covariance):
    K = len(means)
    if independent_cholesky(covariance) is None:  # the kind or the prior allows that
        alone = np.diagonal(covariance)
        covariance = np.diag(np.where(alone > 0, alone, 1.0))
    return _shaped(x, np.full(K, 1 / K), means, np.repeat(covariance[None], K, axis=0))


def _shaped(x, weights, means, covariances):
    """A mixture of the data's own form: one-dimensional for x of shape (n,)."""
    if np.ndim(x) == 1:
        return Mixture(weights, means[:, 0], covariances[:, 0, 0])
    return Mixture(weights, means, covariances)


def _squared_distance(points, point):
    return ((points - point) ** 2).sum(axis=1)
