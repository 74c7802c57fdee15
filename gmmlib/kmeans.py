"""k-means, the hard cousin of EM: each point goes whole to the nearest center.

Two steps in turn, as in textbook.py, with labels in place of shares (Lloyd 1982; Bishop 2006,
section 9.1): each point takes the label of the nearest center, each center goes to the mean of
its points. A center that has no points stays where it is.
"""

from dataclasses import dataclass

import numpy as np

from . import validation
from .summary import Summary


@dataclass(frozen=True, eq=False)
class Clusters:
    """What k-means ends with.

    labels: (n,), whole numbers from 0. centers: (K,) or (K, d). within: the sum of the squared
    distances of all points from their centers. converged: whether the labels stand still.
    """

    labels: np.ndarray
    centers: np.ndarray
    within: float
    converged: bool


def kmeans(x, centers, max_steps=1000):
    """`Clusters` of x (n,) or (n, d), from these centers (K,) or (K, d) on.

    It ends where the labels stand still, a local minimum: begin at several places, such as the
    means of `kmeans_plus_plus_start`, and keep the smallest `within`. Distances are plain ones,
    so that units matter.

    Raises `ValueError` for centers that are not numbers, or of another shape than x asks for, and
    for x so small or large that its squares are no doubles.
    """
    X = validation.points(x)
    with np.errstate(all="ignore"):
        validation.refuse_units(Summary.of(X.T, None), covariance=True)
    begin = validation.places(centers, "centers", X.shape[1])
    steps = validation.whole(max_steps, "max_steps", least=1)
    middle = X.mean(axis=0)  # far from 0 the means would lose digits
    rows, begin = (X - middle)[None], (begin - middle)[None]

    def distances(places):  # differences first: one point far away, and squares lose the others
        return np.stack([((rows - a[:, None]) ** 2).sum(axis=2) for a in places.swapaxes(0, 1)], 1)

    labels, _, means, converged = lloyd(rows, begin, steps=steps, distances=distances)
    within = float(((rows[0] - means[0][labels[0]]) ** 2).sum())
    ends = (means[0] + middle).reshape(np.shape(centers))
    return Clusters(labels[0], ends, within, converged)


def lloyd(rows, centers, weight=None, steps=10, distances=None):
    """At most so many steps on S forms of the data together, rows (S, n, d), centers (S, K, d).

    The labels (S, n), those of the first step, the centers, and whether all labels stand still.
    """
    distances = distances or squared_distances(rows)
    mass = np.ones(rows.shape[1]) if weight is None else weight
    counted = np.concatenate([np.ones((*rows.shape[:2], 1)), rows], axis=-1) * mass[:, None]
    labels = first = None
    for _ in range(steps):
        new = distances(centers).argmin(axis=1)
        if labels is not None and (new == labels).all():
            return labels, first, centers, True
        labels, first = new, new if first is None else first
        sums = one_hot(labels, centers.shape[1]) @ counted
        counts = sums[..., :1]
        centers = np.where(counts > 0, sums[..., 1:] / np.where(counts > 0, counts, 1), centers)
    return labels, first, centers, False


def squared_distances(rows):
    """A function of places (S, m, d): their squared distances from rows (S, n, d), (S, m, n)."""
    across, norms = rows.swapaxes(-1, -2), (rows**2).sum(axis=-1)[:, None]

    def of(places):
        products = places @ across
        products *= -2
        products += (places**2).sum(axis=-1)[..., None]
        products += norms
        return np.maximum(products, 0, out=products)

    return of


def one_hot(labels, K):
    """Labels (…, n) as shares (…, K, n)."""
    return (labels[..., None, :] == np.arange(K)[:, None]).astype(float)
