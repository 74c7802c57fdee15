r"""The E-step as the text of em.py has it: every point in every component's own coordinates.

With ũ = A⁻¹ x̃ the squared distance is |u|² = |ũ|² − 1, and G = Σ γ ũ ũᵀ. No digit is lost that
the points have, however narrow a component is.
"""

import numpy as np

from .mixture import log_constants


class Plain:
    """Shares out blocks of (1, x − c), (d + 1, b), and sums up G (…, K, d + 1, d + 1)."""

    def __init__(self, mixture, summary):
        inverse = mixture.inverse(summary.mean)
        *stack, K, size, _ = inverse.shape
        self.K, self.room = K, 2 * K * size + size + K
        self.shape = *stack, K, size, -1
        self.to_own = inverse.reshape(*stack, K * size, size)  # A⁻¹, one above the other
        constants = log_constants(mixture)
        level = constants.max(axis=-1, keepdims=True)
        self.constants = (constants - level)[..., None] + 0.5  # since |ũ|² = 1 + |u|²
        self.level = level[..., 0]

    @staticmethod
    def prepare(rows, summary, work):
        return rows

    def log_joint(self, rows, work):
        """log π_k N(x) − level: (…, K, b)."""
        shape = np.broadcast_shapes(self.to_own.shape[:-2], rows.shape[:-2])
        u = work("own", *shape, self.to_own.shape[-2], rows.shape[-1])
        u = np.matmul(self.to_own, rows, u).reshape(*shape, *self.shape[-3:])
        out = work("shares", *shape, self.K, rows.shape[-1])
        np.einsum("...an,...an->...n", u, u, out=out)
        out *= -0.5
        out += self.constants
        return out

    def gathered(self, shares, rows, work):
        # G = (√γ ũ)(√γ ũ)ᵀ: of a product of a matrix with itself the BLAS makes one half only.
        shape = shares.shape[:-2]
        u = work("own", *shape, self.to_own.shape[-2], rows.shape[-1])
        u = u.reshape(*shape, *self.shape[-3:])
        u *= np.sqrt(shares)[..., None, :]
        return u @ u.swapaxes(-1, -2)

    def moments(self, sums):
        return sums
