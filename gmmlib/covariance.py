"""What a covariance may be: each is an M-step of its own, in the same coordinates.

Given M = [1 rᵀ; r S], the mean of ũ ũᵀ over each component's points (K, d + 1, d + 1), the
old factors L (K, d, d) and the counts N (K,), or stacks of these, each returns the change of
coordinates C = [1 0; r R] of the step A ← A C, so that (L R)(L R)ᵀ is the best covariance among
those allowed. With V = S − r rᵀ, the covariance of u, the best of all is L V Lᵀ, and R Rᵀ = V.
(Celeux and Govaert 1995; full, tied, diagonal, spherical are mclust's VVV, EEE, VVI, VII.)
"""

import numpy as np

from .linear import cholesky


def full(M, L, N):
    """Each component its own: K d (d + 1) / 2 numbers."""
    return cholesky(M)


def tied(M, L, N):
    """One for all, the mean over all points: d (d + 1) / 2 numbers."""
    share = N / N.sum(axis=-1, keepdims=True)
    mean = (share[..., None, None] * _best(M, L)).sum(axis=-3, keepdims=True)
    return _change(M, L, np.broadcast_to(cholesky(mean), L.shape))


def diagonal(M, L, N):
    """Axes along the coordinates: K d numbers."""
    variances = np.diagonal(_best(M, L), axis1=-2, axis2=-1)
    return _change(M, L, _widths(variances)[..., None] * np.identity(L.shape[-1]))


def spherical(M, L, N):
    """Round: K numbers."""
    variances = np.trace(_best(M, L), axis1=-2, axis2=-1) / L.shape[-1]
    return _change(M, L, _widths(variances)[..., None, None] * np.identity(L.shape[-1]))


def held(M, L, N):
    """Known: what it was."""
    return _change(M, L, L)


def parameters(covariance, K, d):
    """How many numbers the covariances of K components in d dimensions are."""
    each = d * (d + 1) // 2
    return {full: K * each, tied: each, diagonal: K * d, spherical: K}[covariance]


# What the columns of the data must be for the best covariance to have a width everywhere.
full.needs = tied.needs = "independent"
diagonal.needs = spherical.needs = "varying"


def _best(M, L):
    r = M[..., 1:, 0]
    V = M[..., 1:, 1:] - r[..., :, None] * r[..., None, :]
    return L @ V @ L.swapaxes(-1, -2)


def _widths(variances):
    # On one point a variance is 0, or by rounding below: `em` finds out and names the component.
    return np.sqrt(np.maximum(variances, 1e-300))


def _change(M, L, new):
    C = M.copy()
    C[..., 0, 1:] = 0
    C[..., 1:, 1:] = np.identity(L.shape[-1]) if new is L else np.linalg.solve(L, new)
    return C
