r"""The E-step for large data: the same sums, by two matrix products.

The squared distance |u|² is quadratic in x, so log π_k N(x) is linear in the features
φ(y) = (1, y_a, y_a y_b for a ≤ b), y = T⁻¹(x − c), where T Tᵀ is the covariance of the
data: one product with a (K, features) matrix gives all log densities, and one product of the
shares with the features gives Σ γ ỹ ỹᵀ, from which A⁻¹ … A⁻ᵀ makes G.

The price: where a component is tight, |u|² is a small difference of large numbers here. Its
error grows as ε/σ², with σ the component's width relative to the data's, against ε/σ for the
E-step in em.py. Hence the guard: widths above 1/300 keep the error below 1e-11 of a step.
"""

import numpy as np

from . import checks
from .mixture import log_constants

NARROW = 300.0
LARGE = 5_000  # rows from which on the preparation is worth its while


def count(d):
    """How many features d numbers have."""
    return (d + 1) * (d + 2) // 2


def room(mixture):
    return count(mixture.d) + 2 * mixture.d + mixture.K


def are_better(summary, mixture):
    """Whether the data are large, and no component so narrow that digits would be lost."""
    if summary.n < LARGE or summary.cholesky is None:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        to_own = mixture.inverse(summary.mean)[:, 1:, 1:] @ summary.cholesky
    return bool(np.abs(to_own).max() < NARROW)


def share_out(blocks, mixture, summary):
    """As em.py's: moments, log-likelihood and count over the blocks."""
    K, d = mixture.K, mixture.d
    T = np.eye(d + 1)
    T[1:, 1:] = summary.cholesky
    to_own = mixture.inverse(summary.mean) @ T  # ũ = to_own ỹ
    form = to_own[:, 1:].transpose(0, 2, 1) @ to_own[:, 1:]  # |u|² = ỹᵀ form ỹ
    a, b = np.triu_indices(d + 1)
    coefficients = form[:, a, b] * np.where(a == b, -0.5, -1.0)
    coefficients[:, 0] += log_constants(mixture)
    whiten = np.linalg.inv(summary.cholesky)
    sums, log_likelihood, n = np.zeros((K, len(a))), 0.0, 0
    work = None
    for first_row, x, weight in blocks:
        if work is None or x.shape[1] != work.shape[1]:
            work = np.ones((len(a), x.shape[1]))
        y = np.matmul(whiten, x[1:], out=work[1 : d + 1])
        at = d + 1
        for j in range(d):
            np.multiply(y[j], y[j:], out=work[at : at + d - j])
            at += d - j
        shares = coefficients @ work  # log joint densities, until they become shares
        largest = shares.max(axis=0)
        shares -= largest
        np.exp(shares, out=shares)
        total = shares.sum(axis=0)
        shares /= total
        log_density = np.log(total, out=total)
        log_density += largest
        if weight is not None:
            shares *= weight
            log_density *= weight
        sums += shares @ work.T
        log_likelihood += log_density.sum()
        n += x.shape[1] if weight is None else weight.sum()
        if not np.isfinite(log_likelihood):
            checks.refuse_far(log_density, x[1:].T + summary.mean, first_row)
    moments = np.empty((K, d + 1, d + 1))
    moments[:, a, b] = moments[:, b, a] = sums
    return to_own @ moments @ to_own.transpose(0, 2, 1), float(log_likelihood), n
