r"""The E-step by two matrix products: the same sums, faster where they are not thin.

The squared distance |u|² is quadratic in x, so log π_k N(x) is linear in the features
φ(y) = (1, y_a, y_a y_b for a ≤ b), y = T⁻¹(x − c), where T Tᵀ is the covariance of the
data: one product with a (K, features) matrix gives all log densities, and one product of the
shares with the features gives Σ γ ỹ ỹᵀ, from which A⁻¹ … A⁻ᵀ makes G.

The price: where a component is tight, |u|² is a small difference of large numbers here. Its
error grows as ε/σ², with σ the component's width relative to the data's, against ε/σ for the
E-step in own coordinates (plain.py). Hence the guard: widths above 1/300 keep the error below
1e-11 of a step. And there are d²/2 features: where d is large and the components are few, the
products are thin, and own coordinates are faster.
"""

from functools import cache

import numpy as np

from .mixture import LOG_2PI

NARROW = 300.0
MANY = 2_000  # features that a block of rows still has room for in a core's cache


class Features:
    """Shares out blocks of φ(y), (features, b), and sums up G (…, K, d + 1, d + 1)."""

    def __init__(self, mixture, summary, to_own):
        d = mixture.d
        pairs, factors, self.both = _pairs(d)
        self.to_own, self.K, self.room = to_own, mixture.K, len(pairs) + 2 * d + mixture.K
        rows = to_own[..., 1:, :]
        form = rows.swapaxes(-1, -2) @ rows  # |u|² = ỹᵀ form ỹ
        coefficients = form.reshape(form.shape[:-2] + (-1,)).take(pairs, -1)
        coefficients *= factors
        # The densities of y at the means: π_k / det L_k, since to_own has 1 / L on its diagonal.
        heights = np.multiply.reduce(to_own.diagonal(0, -2, -1), -1)
        heights *= mixture.weights
        coefficients[..., 0] += np.log(heights, heights)
        self.coefficients = coefficients
        self.level = -d * LOG_2PI / 2 - summary.whitening[2]

    @staticmethod
    def prepare(rows, summary, work):
        d, b = rows.shape[-2] - 1, rows.shape[-1]
        phi = work("features", *rows.shape[:-2], (d + 1) * (d + 2) // 2, b)
        phi[..., 0, :] = 1
        y = np.matmul(summary.whitening[1][..., 1:, 1:], rows[..., 1:, :], phi[..., 1 : d + 1, :])
        at = d + 1
        for j in range(d):
            np.multiply(y[..., j : j + 1, :], y[..., j:, :], phi[..., at : at + d - j, :])
            at += d - j
        return phi

    def log_joint(self, phi, work):
        """log π_k N(x) − level: (…, K, b)."""
        shape = self.coefficients.shape[:-1]
        return np.matmul(self.coefficients, phi, work("shares", *shape, phi.shape[-1]))

    def gathered(self, shares, phi, work):
        return shares @ phi.swapaxes(-1, -2)

    def moments(self, sums):
        own = self.to_own
        sums = sums.take(self.both, -1).reshape(sums.shape[:-1] + own.shape[-2:])
        return own @ sums @ own.swapaxes(-1, -2)


def are_better(mixture, summary):
    """A⁻¹ T where the features are the better way, else None: for many components, none narrow."""
    K, d = mixture.K, mixture.d
    if 3 * min(K, 8) < d or (d + 1) * (d + 2) // 2 > MANY or summary.cholesky is None:
        return None
    to_own = mixture.inverse(summary.mean) @ summary.whitening[0]
    return to_own if np.maximum.reduce(np.abs(to_own), None) < NARROW else None


@cache
def _pairs(d):
    """Where the features' pairs stand in a (d + 1, d + 1) matrix, their factors in −|u|²/2, and
    where each of the (d + 1)² entries is found among the pairs."""
    a, b = np.triu_indices(d + 1)
    both = np.empty((d + 1, d + 1), int)
    both[a, b] = both[b, a] = np.arange(len(a))
    return a * (d + 1) + b, np.where(a == b, -0.5, -1.0), both.ravel()
