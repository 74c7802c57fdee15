"""A prior for the means and covariances: EM then climbs to the most probable mixture (MAP).

Each component's (μ, Σ) has a normal–inverse-Wishart prior: Σ ~ IW(Λ, ν), μ ~ N(m, Σ / κ).
For the M-step this is a few imaginary points: κ of them at m, and others that bring the scatter
Λ. So a component that is left with one point cannot collapse. Its M-step is

         μ = (N x̄ + κ m) / (N + κ),
         Σ = (Λ + W + κ N / (N + κ) (x̄ − m)(x̄ − m)ᵀ) / (ν + N + d + 2),

with W the scatter of the points about x̄ (Fraley and Raftery 2007; Gelman et al. 2013, section 3.6).

A tied covariance is one Σ and has one prior, so Λ and ν + d + 1 count once and not K times:

         Σ = (Λ + Σ_k (W_k + κ N_k / (N_k + κ) (x̄_k − m)(x̄_k − m)ᵀ)) / (ν + n + K + d + 1),

the K from the means, each of which is normal with Σ / κ. That is what mclust does for EEE and VVV.
Diagonal and spherical covariances keep the full one's density, on these matrices only: mclust has
a prior of its own for each of these.
"""

from dataclasses import dataclass

import numpy as np

from . import validation
from .covariance import tied
from .linear import cholesky
from .rows import Rows


@dataclass(frozen=True)
class Prior:
    """mean m (d,), shrinkage κ ≥ 0, scale Λ (d, d), degrees ν > d − 1; plain numbers if d = 1."""

    mean: np.ndarray
    shrinkage: float
    scale: np.ndarray
    degrees: float

    def __post_init__(self):
        mean = np.atleast_1d(validation.numbers(self.mean, "the prior's mean"))
        scale = np.atleast_2d(validation.numbers(self.scale, "the prior's scale"))
        d = len(mean)
        if mean.ndim != 1 or scale.shape != (d, d):
            raise ValueError(
                f"a prior's mean of shape ({d},) needs a scale of shape ({d}, {d}), "
                f"not {scale.shape}"
            )
        if not self.shrinkage >= 0:
            raise ValueError(f"shrinkage must be at least 0, not {self.shrinkage}")
        if not self.degrees > d - 1:
            raise ValueError(f"degrees must be more than d - 1 = {d - 1}, not {self.degrees}")
        try:
            cholesky(scale)
        except np.linalg.LinAlgError:
            raise ValueError(f"the prior's scale is not positive definite:\n{scale}") from None
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "scale", scale)

    @classmethod
    def weak(cls, x, K, sample_weight=None, missing=False):
        """mclust's default for data x: hardly more than a floor, in the data's own units.

        m the mean of the data, κ = 0.01, ν = d + 2, Λ the covariance (divisor n − 1) over K^(2/d).
        """
        summary = Rows(x, sample_weight=sample_weight, missing=missing).summary
        d, rows = len(summary.mean), summary.rows
        if rows < 2:
            raise ValueError(f"a weak prior needs the covariance of at least 2 points, not {rows}")
        validation.refuse_units(summary, covariance=True)
        try:
            validation.enough(summary, 1, "varying" if missing else "independent")
        except ValueError as error:
            raise ValueError(
                f"no weak prior, since its scale is the covariance of x: {error}; or rather "
                "a Prior of your own, with a scale such as the variances alone"
            ) from None
        covariance = summary.covariance * (rows / (rows - 1))
        scale = covariance / validation.whole(K, "K", least=1) ** (2 / d)
        return cls(summary.mean, 0.01, scale, d + 2)

    def added_to(self, statistics, means_held=False, covariance=None):
        """M = [1 rᵀ; r S] of the M-step, with the imaginary points counted in, and their counts.

        The counts (K,) are what the covariances are divided by: a tied one is their mean by them.
        covariance: their kind. Of the one prior of a tied covariance each component gets 1/K.
        """
        mixture, center = statistics.mixture, statistics.summary.mean
        N = statistics.counts[..., None]
        m, scale = self._in_own_coordinates(mixture, center)
        part = 1 / mixture.K if covariance is tied else 1.0
        count = N + self.shrinkage
        degrees = N + 1 + part * (self.degrees + mixture.d + 1)
        count = np.maximum(count, 1e-290)  # a component without points or imaginary ones stays
        r = (statistics.first + self.shrinkage * m) / count
        if means_held:
            r = np.zeros_like(r)  # the covariance is taken about the mean that stays
        square = self.shrinkage * m[..., :, None] * m[..., None, :]
        second = (statistics.second + square + part * scale) / degrees[..., None]
        # μ and Σ are divided by different counts: S is such that S − r rᵀ is the covariance
        second += (1 - count / degrees)[..., None] * r[..., :, None] * r[..., None, :]
        M = np.ones_like(statistics.moments)
        M[..., 0, 1:] = M[..., 1:, 0] = r
        M[..., 1:, 1:] = second
        return M, degrees[..., 0]

    def log_density(self, mixture, center=None, covariance=None):
        """The log of the prior density of all components, but for a constant.

        center (d,): from which the mixture's coordinates are taken; that does not change it.
        covariance: the kind, where the mixture does not remember it; tied ones have one prior.
        """
        center = np.zeros(mixture.d) if center is None else center
        m, scale = self._in_own_coordinates(mixture, center)
        log_widths = np.log(np.diagonal(mixture.cholesky, axis1=-2, axis2=-1)).sum(axis=-1)
        of_means = -log_widths - self.shrinkage * (m**2).sum(axis=-1) / 2
        of_covariances = -(self.degrees + mixture.d + 1) * log_widths
        of_covariances -= np.trace(scale, axis1=-2, axis2=-1) / 2
        if (covariance or mixture.covariance) is tied:
            return of_means.sum(axis=-1) + of_covariances.mean(axis=-1)
        return of_means.sum(axis=-1) + of_covariances.sum(axis=-1)

    def height(self, statistics, covariance=None):
        """What EM climbs: log-likelihood and log prior together."""
        prior = self.log_density(statistics.mixture, statistics.summary.mean, covariance)
        return statistics.log_likelihood + prior

    def _in_own_coordinates(self, mixture, center):
        inverse = mixture.inverse(center)
        if len(self.mean) != mixture.d:
            raise ValueError(f"a prior in {len(self.mean)} dimensions, a mixture in {mixture.d}")
        off = np.concatenate([np.ones_like(center[..., :1]), self.mean - center], axis=-1)
        m = (inverse @ off[..., None])[..., 0]
        whiten = inverse[..., 1:, 1:]
        return m[..., 1:], whiten @ self.scale @ whiten.swapaxes(-1, -2)
