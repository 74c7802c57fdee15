r"""The E-step where entries of x are not known: they are integrated out.

EM was made for this (Dempster, Laird and Rubin 1977, section 4.1). With x = μ + L u, a row of which
only the entries o are known says x_o = μ_o + L_o u. Take the QR factors L_oᵀ = Q R. What the row
says of u is then one point v = R⁻ᵀ(x_o − μ_o) of the space that Q spans, and nothing in the
directions across it:

         |v|² is the squared distance that counts in N(x_o | μ_o, Σ_oo),   det Σ_oo = det R²,
         u given x_o is normal with mean Q v and covariance 1 − Q Qᵀ.

So a row's part in G is γ (ũ ũᵀ + [0 0; 0 1 − Q Qᵀ]) with u = Q v: the conditional mean, and the
conditional covariance of what is not known. The M-step stays as it is. (Ghahramani and Jordan
1994 give the same in the coordinates of x.)

That the entries are missing may depend on what is known in a row, not on what is missing.
"""

import numpy as np

from .mixture import LOG_2PI, log_constants


class Missing:
    """Shares out blocks with gaps, pattern by pattern, and sums up G (K, d + 1, d + 1)."""

    def __init__(self, mixture, summary):
        self.A, self.weights = mixture.affine(summary.mean), mixture.weights
        self.K, size, _ = self.A.shape
        self.room = 3 * self.K * size
        self.patterns = {}
        self.level = float(log_constants(mixture).max())  # keeps the exponents in range

    @staticmethod
    def prepare(rows, summary, work):
        """The block, and for each pattern which columns of the block have it."""
        known = ~np.isnan(rows[1:])
        patterns, which = np.unique(known, axis=1, return_inverse=True)
        order = np.argsort(which.ravel(), kind="stable")
        ends = np.cumsum(np.bincount(which.ravel(), minlength=patterns.shape[1]))
        parts = np.split(order, ends[:-1])
        # a copy, since the block is lent
        return rows.copy(), [(p.tobytes(), p.copy(), i) for p, i in zip(patterns.T, parts)]

    def log_joint(self, block, work):
        """log π_k N(x_o | μ_o, Σ_oo): (K, b)."""
        rows, patterns = block
        out = work("shares", self.K, rows.shape[1])
        for key, known, which in patterns:
            if key not in self.patterns:
                self.patterns[key] = self._seen_through(known)
            seen, to_own, constants, _ = self.patterns[key]
            u = to_own @ rows[seen][:, which]
            out[:, which] = constants - np.einsum("kan,kan->kn", u, u) / 2
        return out

    def gathered(self, shares, block, work):
        rows, patterns = block
        sums = np.zeros_like(self.A)
        for key, _, which in patterns:
            seen, to_own, _, unseen = self.patterns[key]
            u = to_own @ rows[seen][:, which]
            given = shares[:, which]
            sums += (given[:, None] * u) @ u.transpose(0, 2, 1)
            sums += given.sum(axis=1)[:, None, None] * unseen
        return sums

    def moments(self, sums):
        return sums

    def _seen_through(self, known):
        """Which numbers are seen, (1, x_o − c_o) → (1, Q v), log constants, [0 0; 0 1 − Q Qᵀ]."""
        d, o = len(known), np.flatnonzero(known)
        seen = np.r_[0, o + 1]
        Q, R = np.linalg.qr(self.A[:, 1:, 1:][:, o].transpose(0, 2, 1))
        to_own = np.zeros((self.K, d + 1, len(seen)))
        to_own[:, 0, 0] = 1
        back = np.linalg.solve(R, Q.transpose(0, 2, 1)).transpose(0, 2, 1)  # Q R⁻ᵀ
        to_own[:, 1:, 1:] = back
        to_own[:, 1:, 0] = -(back @ self.A[:, 1:, 0][:, o, None])[:, :, 0]
        unseen = np.zeros((self.K, d + 1, d + 1))
        unseen[:, 1:, 1:] = np.eye(d) - Q @ Q.transpose(0, 2, 1)
        widths = np.abs(np.diagonal(R, axis1=1, axis2=2))
        with np.errstate(divide="ignore"):
            constants = np.log(self.weights) - np.log(widths).sum(axis=1) - len(o) * LOG_2PI / 2
        return seen, to_own, constants[:, None] + 0.5 - self.level, unseen
