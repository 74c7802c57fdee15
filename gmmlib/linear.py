"""Cholesky factors: of what has one, the same answer on every machine."""

import numpy as np

# A column that others explain keeps no more of its variance than this share: rounding.
FOLLOWS = 1e-13


def cholesky(matrices):
    """Lower triangular L with L Lᵀ = each matrix (..., d, d); LinAlgError where one has none.

    NumPy compiled for browsers gives NaN there instead (Pyodide's issue 4859): WebAssembly has
    no flag by which LAPACK's refusal could reach NumPy.
    """
    L = np.linalg.cholesky(matrices)
    if np.isnan(L[..., -1, -1]).any():
        raise np.linalg.LinAlgError("Matrix is not positive definite")
    return L


def independent_cholesky(covariance):
    """The factor of one covariance (d, d); None where a column follows from those before it.

    Whether such a covariance has a factor at all, rounding decides.
    """
    try:
        L = cholesky(covariance)
    except np.linalg.LinAlgError:
        return None
    follows = L.diagonal() ** 2 <= FOLLOWS * covariance.diagonal()
    return None if follows.any() else L
