r"""How sure a fit is: the slopes of single points, the information, and standard errors.

The parameters stand in one row: the free weights π_1 … π_{K−1} (π_0 is what is left of 1), the
means, and of each covariance the entries on and below the diagonal, row by row. With the label of
point i known, its log density has the slope S_ik in these. The label is not known, but its
probabilities are: the shares γ_ik. So (Fisher's identity) the point's own slope is the mean

         s_i = Σ_k γ_ik S_ik,

and (Louis 1982) the curvature of the log-likelihood, minus its second derivative, is what points
with labels would have, less what is uncertain about the slope:

         I = Σ_ik γ_ik (−S'_ik) − Σ_i (Σ_k γ_ik S_ik S_ikᵀ − s_i s_iᵀ).
"""

from dataclasses import dataclass

import numpy as np

from . import validation
from .covariance import full, tied
from .scores import responsibilities


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """How far each number of a fit would lie from the truth, typically, over other data.

    weights (K,), means and covariances: each in the shape that the mixture has; 0 for what was
    held. matrix (m, m): the covariance matrix of the free numbers (see `information.py`).
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    matrix: np.ndarray


def slopes(x, mixture):
    """The slope of log p(x_i) in the K − 1 free weights, the means and the covariances: (n, m).

    They sum to the slope of the log-likelihood, 0 at its top. x: an array (n,) or (n, d). An entry
    of a covariance below the diagonal moves with its mirror image. All of these count as free, and
    the covariances as full, whatever the mixture remembers of its fit.
    """
    shares, labeled = _labeled(x, mixture)
    return np.einsum("nk,nkm->nm", shares, labeled)


def observed_information(x, mixture):
    """Minus the second derivative of the log-likelihood in the same m numbers: (m, m).

    Louis (1982): the information of points with labels, less the part that is missing. It holds at
    every mixture, not at a top alone. What is free: as in `slopes`.
    """
    shares, labeled = _labeled(x, mixture)
    own = np.einsum("nk,nkm->nm", shares, labeled)
    away = labeled - own[:, None]
    weighted = (np.sqrt(shares)[..., None] * away).reshape(-1, own.shape[1])
    return _complete(x, mixture, shares) - weighted.T @ weighted


def standard_errors(x, fitted):
    """The root of the diagonal of the inverse information, at a fit: `StandardErrors`.

    fitted: a `Run` or a `Mixture`, at a top of the log-likelihood of x, with full covariances. What
    it held is known. They are for large n: where components overlap much, or n is small, they may
    be far too small (a chapter of the book measures it).

    Raises `ValueError` where this is no top: the log-likelihood of x slopes (as it does for a fit
    with weights or with a prior), or does not bend down in every direction; and for covariances
    that are not full.
    """
    mixture = validation.mixture_of(getattr(fitted, "mixture", fitted), "fitted")
    K, d = mixture.K, mixture.d
    hold, kind = getattr(fitted, "hold", mixture.hold), getattr(fitted, "covariance", None)
    kind = kind or mixture.covariance or full
    if kind is not full and not (K == 1 if kind is tied else d == 1):  # else the same as full
        raise ValueError(f"the covariances must be full, not {kind.__name__}")
    sizes = [K - 1, K * d, K * d * (d + 1) // 2]
    names = np.repeat(validation.NAMES, sizes)
    free = np.flatnonzero(~np.isin(names, list(hold)))
    if not len(free):
        raise ValueError("nothing was free: all that the fit could have changed was held")
    information = observed_information(x, mixture)[np.ix_(free, free)]
    scale = np.sqrt(np.abs(np.diagonal(information)))
    bends = np.linalg.eigvalsh(information / np.outer(scale, scale)) if scale.all() else [0.0]
    if not bends[0] > 1e-12:
        raise ValueError(
            "the log-likelihood does not bend down in every direction here: this is no top, or "
            "one that is level in some direction, and has no standard errors"
        )
    inverse = np.linalg.inv(information / np.outer(scale, scale)) / np.outer(scale, scale)
    slope = slopes(x, mixture).sum(axis=0)[free]
    if not slope @ inverse @ slope < 0.01:  # the top is a tenth of a standard error away, or more
        raise ValueError(
            "the log-likelihood of x still slopes here, so this is no top of it: was it fitted to "
            "other data, with weights, with a prior, or stopped early?"
        )
    matrix = np.zeros((sum(sizes),) * 2)
    matrix[np.ix_(free, free)] = inverse
    weights, means, entries = np.split(np.sqrt(np.diagonal(matrix)), np.cumsum(sizes)[:2])
    first = np.sqrt(matrix[: K - 1, : K - 1].sum())  # π_0 = 1 − Σ π_k
    rows, columns = np.tril_indices(d)
    covariances = np.empty((K, d, d))
    covariances[:, rows, columns] = covariances[:, columns, rows] = entries.reshape(K, -1)
    return StandardErrors(
        np.append(first, weights),
        means.reshape(mixture.means.shape),
        covariances.reshape(mixture.covariances.shape),
        matrix[np.ix_(free, free)],
    )


def _units(d):
    """How a covariance changes with each of its entries on and below the diagonal: (·, d, d)."""
    rows, columns = np.tril_indices(d)
    units = np.zeros((len(rows), d, d))
    units[range(len(rows)), rows, columns] = units[range(len(rows)), columns, rows] = 1
    return units


def _labeled(x, mixture):
    """The shares (n, K), and S_ik, the slopes of log π_k N(x_i | μ_k, Σ_k): (n, K, m)."""
    shares = responsibilities(x, mixture)
    X, K, d = validation.points(x, mixture.d), mixture.K, mixture.d
    if not mixture.weights.all():
        k = int(np.argmin(mixture.weights))
        raise ValueError(f"component {k} has the weight 0: nothing is known of it")
    precisions, units = mixture.precisions.reshape(K, d, d), _units(d)
    slopes = np.zeros((len(X), K, K - 1 + K * d + K * len(units)))
    slopes[:, 0, : K - 1] = -1 / mixture.weights[0]
    for k in range(K):
        if k:
            slopes[:, k, k - 1] = 1 / mixture.weights[k]
        pull = (X - mixture.locations[k]) @ precisions[k]
        place = K - 1 + k * d
        slopes[:, k, place : place + d] = pull
        place = K - 1 + K * d + k * len(units)
        squares = np.einsum("na,eab,nb->ne", pull, units, pull)
        size = np.einsum("ab,eab->e", precisions[k], units)
        slopes[:, k, place : place + len(units)] = (squares - size) / 2
    return shares, slopes


def _complete(x, mixture, shares):
    """Σ γ_ik (−S'_ik): the information of points with labels, averaged over the labels: (m, m)."""
    X, K, d = validation.points(x, mixture.d), mixture.K, mixture.d
    precisions, units, N = mixture.precisions.reshape(K, d, d), _units(d), shares.sum(axis=0)
    m = K - 1 + K * d + K * len(units)
    information = np.zeros((m, m))
    information[: K - 1, : K - 1] = N[0] / mixture.weights[0] ** 2
    for k in range(K):
        if k:
            information[k - 1, k - 1] += N[k] / mixture.weights[k] ** 2
        pull, turned = (X - mixture.locations[k]) @ precisions[k], units @ precisions[k]
        first, second = shares[:, k] @ pull, (shares[:, k, None] * pull).T @ pull
        mean = slice(K - 1 + k * d, K - 1 + (k + 1) * d)
        place = K - 1 + K * d + k * len(units)
        spread = slice(place, place + len(units))
        information[mean, mean] = N[k] * precisions[k]
        information[mean, spread] = np.einsum("ab,ebc,c->ae", precisions[k], units, first)
        information[spread, mean] = information[mean, spread].T
        both = np.einsum("eab,fbc,ca->ef", turned, units, second)
        information[spread, spread] = both - N[k] / 2 * np.einsum("eab,fba->ef", turned, turned)
    return information
