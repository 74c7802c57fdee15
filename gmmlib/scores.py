"""What a mixture says of data: densities, shares, labels, and the likelihood.

Everything is computed with logarithms of densities, since a density itself is
0.0 in double precision 39 standard deviations away from its mean.

x is an array (n,) or (n, d), an iterable of blocks of rows, or a Dask array, and is worked on in
blocks. With missing=True a NaN is an entry that is not known, and is integrated out.
"""

import numpy as np

from . import validation
from .missing import Missing
from .mixture import log_constants
from .rows import Rows
from .summary import Summary

SIZE = 2**17  # doubles of work space for a block


def own_coordinates(X, mixture, inverse=None):
    """Each point as each component sees it, u = L⁻¹(x − μ): columns (d, n) to (K, d, n).

    In these coordinates every component is the standard normal: the squared length
    of u is the squared Mahalanobis distance. inverse: L⁻¹, where many blocks ask for it.
    """
    inverse = np.linalg.inv(mixture.cholesky) if inverse is None else inverse
    return inverse @ (X - mixture.locations[:, :, None])


def log_joint_of(u, mixture):
    """log(weight · density) of every component at every point: (K, d, n) to (K, n)."""
    with np.errstate(over="ignore"):  # infinitely far is refused by log_sum, by row
        squared_length = np.einsum("kdn,kdn->kn", u, u)
    return log_constants(mixture)[:, None] - squared_length / 2


def log_sum(log_joint, first_row=0):
    """log Σ_k exp(log_joint) over the components: (K, n) to (n,), without underflow.

    `first_row` is the number of the first column's point in the data, for the refusal.
    """
    # The largest term is taken out first: after that one term is exactly 1.
    largest = log_joint.max(axis=0)
    if not np.isfinite(largest).all():
        row = first_row + int(np.flatnonzero(~np.isfinite(largest))[0])
        validation.refuse_far_row(row)
    return largest + np.log(np.exp(log_joint - largest).sum(axis=0))


def _blocks(x, mixture, missing, function):
    """`function(log joint (K, b), first row)` for one block of rows after the other."""
    mixture = validation.mixture_of(mixture)
    rows = Rows(x, mixture.d, missing=missing)
    center = np.zeros(mixture.d)
    nowhere = Summary(0, 0, center, np.zeros((mixture.d, mixture.d)), center, center)
    gaps = Missing(mixture, nowhere) if missing else None
    inverse = np.linalg.inv(mixture.cholesky)

    def of_block(X, first):
        if gaps is None:
            validation.finite_columns(X, first)
            return function(log_joint_of(own_coordinates(X, mixture, inverse), mixture), first)
        validation.finite_columns(X, first, gaps=True)
        block = Missing.prepare(np.vstack([np.ones(X.shape[1]), X]), nowhere, None)
        joint = gaps.log_joint(block, lambda name, *shape: np.empty(shape))
        return function(joint + gaps.level, first)

    size = max(256, SIZE // (2 * mixture.K * (mixture.d + 1)))
    return list(rows.each(of_block, size))


def log_joint(x, mixture, missing=False):
    """log(π_k N(x_i | μ_k, Σ_k)): data (n,) or (n, d) to (n, K)."""
    return np.vstack(_blocks(x, mixture, missing, lambda joint, first: joint.T))


def log_density(x, mixture, missing=False):
    """log p(x_i): data (n,) or (n, d) to (n,), in nats. Bishop (2006), equation 9.7."""
    return np.concatenate(_blocks(x, mixture, missing, log_sum))


def responsibilities(x, mixture, missing=False):
    """γ_ik = p(z_i = k | x_i), the share of component k in point i: to (n, K), rows sum to 1.

    Bishop (2006), equation 9.13 and 9.23.
    """

    def shares(joint, first):
        shares = np.exp(joint - log_sum(joint, first))
        return (shares / shares.sum(axis=0)).T

    return np.vstack(_blocks(x, mixture, missing, shares))


def classify(x, mixture, missing=False):
    """The most probable component of each point, arg max_k γ_ik: whole numbers (n,)."""

    def best(joint, first):
        log_sum(joint, first)  # refuses points that no component can tell anything of
        return joint.argmax(axis=0)

    return np.concatenate(_blocks(x, mixture, missing, best))


def log_likelihood(x, mixture, sample_weight=None, missing=False):
    """log p(X | θ) = Σ_i log p(x_i): a sum over the points (not a mean), in nats.

    Bishop (2006), equation 9.14. With sample_weight (n,): Σ_i w_i log p(x_i); a row of weight 0
    is as if it were not there.
    """
    if sample_weight is None:
        return float(np.sum(_blocks(x, mixture, missing, lambda j, a: log_sum(j, a).sum())))
    return float(counted(x, mixture, sample_weight, missing)[0])


def counted(x, mixture, sample_weight=None, missing=False):
    """The log-likelihood, and how many rows it is of: the sum of their weights."""
    validation.mixture_of(mixture)
    if sample_weight is None:
        parts = _blocks(x, mixture, missing, lambda j, a: (log_sum(j, a).sum(), j.shape[1]))
        return np.sum(parts, axis=0)
    # rows of weight 0 may hold anything: only the E-step's blocks know weights
    from .em import e_step

    statistics = e_step(x, mixture, sample_weight, missing=missing)
    return statistics.log_likelihood, statistics.n
