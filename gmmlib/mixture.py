r"""A Gaussian mixture: the value theta = (weights, means, covariances).

$$p(x) = \sum_k \pi_k \, N(x \mid \mu_k, \Sigma_k)$$

Source: Bishop, Pattern Recognition and Machine Learning (2006), section 9.2.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from . import validation
from .linear import cholesky

LOG_2PI = float(np.log(2 * np.pi))

identity = cache(np.identity)


@dataclass(frozen=True, eq=False, repr=False)
class Mixture:
    """K Gaussians and their shares: an immutable value that checks itself when it is made.

    In one dimension `means` and `covariances` have shape (K,), and `covariances`
    are the variances (not the standard deviations). In d dimensions `means` have
    shape (K, d) and `covariances` (K, d, d). `weights` (K,) are at least 0 and sum to 1.

    A mixture that an M-step made remembers what was held and what its covariances were allowed
    to be (`hold`, `covariance`), so that its free parameters can be counted.

    Raises `ValueError` for shapes that do not fit, weights that are not shares of
    one, variances that are not positive, and covariances that are not symmetric
    and positive definite; the message names the component. Parameters of type float32
    are judged by the rounding of float32.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    hold = frozenset()
    covariance = None  # None: nobody has said; counted as full

    def __post_init__(self):
        epsilon = 0.0
        for name in ("weights", "means", "covariances"):
            given = validation.real_array(getattr(self, name), name)
            if given.dtype.kind == "f":
                epsilon = max(epsilon, float(np.finfo(given.dtype).eps))
            array = validation.numbers(given, name).copy()
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        epsilon = max(epsilon, float(np.finfo(float).eps))
        self._check_shapes()
        self._check_weights(max(1e-8, 4 * epsilon * len(self.weights)))
        object.__setattr__(self, "cholesky", self._cholesky(epsilon))

    @classmethod
    def from_affine(cls, weights, A, center, flat=False, hold=frozenset(), covariance=None):
        """The mixture of the images (1, x − center) = A (1, u) of standard normals u.

        A (K, d + 1, d + 1): [1 0; μ − center  L], L lower triangular with a positive diagonal.
        Nothing is checked: this is how the M-step makes a mixture, without leaving the factors.
        flat: whether it is a mixture of plain numbers, with means (K,) and variances (K,).
        hold, covariance: what it is to remember of how it was fitted.

        Leading axes make a stack of mixtures: weights (S, K), A (S, K, d + 1, d + 1).
        """
        self = object.__new__(cls)
        weights.setflags(write=False)
        A.setflags(write=False)
        d = self.__dict__
        d["weights"], d["_affine"], d["_center"], d["_flat"] = weights, A, center, flat
        d["hold"], d["covariance"] = hold, covariance
        return self

    def take_over(self, old):
        """Means and covariances that were held are those of `old`, to the last digit."""
        for name in ("means", "covariances"):
            if name in self.hold:
                self.__dict__[name] = getattr(old, name)

    def __getattr__(self, name):
        # A mixture made by the M-step has its means and covariances only when somebody asks.
        if name == "means":
            value = self._center + self._affine[..., 1:, 0]
            value = value[..., 0] if self._flat else value
        elif name == "cholesky":
            value = self._affine[..., 1:, 1:]
        elif name == "covariances":
            L = self.cholesky
            shape = self.means.shape
            value = (L @ L.swapaxes(-1, -2)).reshape(shape + shape[self.weights.ndim :])
        else:
            raise AttributeError(f"a Mixture has no {name!r}")
        value.setflags(write=False)
        object.__setattr__(self, name, value)
        return value

    def affine(self, center):
        """A (K, d + 1, d + 1) with (1, x − center) = A (1, u): [1 0; μ − center  L]."""
        if self.__dict__.get("_center") is center:
            return self._affine
        A = np.zeros((*self.weights.shape, self.d + 1, self.d + 1))
        A[..., 0, 0] = 1
        A[..., 1:, 0] = self.locations - center
        A[..., 1:, 1:] = self.cholesky
        return A

    def inverse(self, center):
        """A⁻¹, which takes points to each component's own coordinates; kept for the next call."""
        kept = self.__dict__.get("_inverse")
        if kept is None or kept[0] is not center:
            inverse = np.linalg.inv(self.affine(center))
            inverse[..., 0, :] = identity(self.d + 1)[0]  # to the last bit
            self.__dict__["_inverse"] = kept = center, inverse
        return kept[1]

    def forget(self):
        """Keep no A⁻¹ longer: a long run keeps all its mixtures, and needs it of the last only."""
        self.__dict__.pop("_inverse", None)
        self.__dict__.pop("_way", None)

    @property
    def K(self):
        """The number of components."""
        return self.weights.shape[-1]

    @property
    def d(self):
        """The number of dimensions."""
        if "_affine" in self.__dict__:
            return self._affine.shape[-1] - 1
        return 1 if self.means.ndim == 1 else self.means.shape[-1]

    @property
    def flat(self):
        """Whether it is a mixture of plain numbers: means (K,)."""
        return self._flat if "_flat" in self.__dict__ else self.means.ndim == 1

    @property
    def locations(self):
        """The means as (K, d), in one dimension too."""
        return self.means.reshape(*self.weights.shape, self.d)

    @property
    def precisions(self):
        """The inverses of the covariances: (K,) in one dimension, else (K, d, d)."""
        inverse = np.linalg.inv(self.cholesky)
        return (inverse.transpose(0, 2, 1) @ inverse).reshape(self.covariances.shape)

    def reordered(self, order):
        """The same mixture with its components in another order."""
        order = np.asarray(order)
        if sorted(order.tolist()) != list(range(self.K)):
            raise ValueError(f"order must name each of 0..{self.K - 1} once, not {order.tolist()}")
        new = Mixture(self.weights[order], self.means[order], self.covariances[order])
        return new.fitted_as(self.hold, self.covariance)

    def fitted_as(self, hold, covariance):
        """The same mixture, remembering what was held and what its covariances may be."""
        self.__dict__.update(hold=hold, covariance=covariance)
        return self

    def _check_shapes(self):
        weights, means, covariances = self.weights, self.means, self.covariances
        if means.ndim not in (1, 2) or means.size == 0:
            raise ValueError(f"means need shape (K,) or (K, d), not {means.shape}")
        K = len(means)
        if weights.shape != (K,):
            raise ValueError(f"{K} means need weights of shape ({K},), not {weights.shape}")
        wanted = means.shape + means.shape[1:]
        if covariances.shape != wanted:
            what = "variances" if means.ndim == 1 else "covariances"
            raise ValueError(
                f"means of shape {means.shape} need {what} of shape {wanted}, "
                f"not {covariances.shape}"
            )

    def _check_weights(self, rounding):
        if (self.weights < 0).any():
            k = int(np.argmin(self.weights))
            raise ValueError(f"weight {k} is negative ({self.weights[k]:g})")
        if abs(self.weights.sum() - 1) > rounding:
            raise ValueError(f"weights must sum to 1, not {self.weights.sum():.10g}")

    def _cholesky(self, epsilon):
        """Lower triangular L with L Lᵀ = Σ, for each component: (K, d, d)."""
        matrices = self.covariances.reshape(self.K, self.d, self.d)
        factors = np.empty_like(matrices)
        for k, matrix in enumerate(matrices):
            # In units of the variances: a product such as A Σ Aᵀ leaves rounding where 0 should be.
            unit = np.sqrt(np.abs(np.diag(matrix)))
            if (np.abs(matrix - matrix.T) > max(1e-10, 64 * epsilon) * np.outer(unit, unit)).any():
                raise ValueError(f"covariance {k} is not symmetric:\n{matrix}")
            try:
                factors[k] = cholesky(matrix)
                # What is left of a column once the others explain it: a share of
                # its variance no larger than rounding means "nothing is left".
                left = np.diag(factors[k]) ** 2 / np.diag(matrix)
                if (left <= self.d * np.finfo(float).eps).any():
                    raise np.linalg.LinAlgError
            except np.linalg.LinAlgError:
                if self.d == 1:
                    problem = f"variance {k} is not positive ({matrix[0, 0]:g})"
                else:
                    smallest = np.linalg.eigvalsh(matrix)[0]
                    problem = (
                        f"covariance {k} is not positive definite: "
                        f"its smallest eigenvalue is {smallest:.3g}"
                    )
                raise ValueError(problem) from None
        factors.setflags(write=False)
        return factors

    def __reduce__(self):  # a copy is made like any other, and is as immutable
        parts = self.weights, self.means, self.covariances
        return _remade, (*parts, self.hold, self.covariance)

    def __repr__(self):
        parts = (f"{n}={getattr(self, n).tolist()}" for n in ("weights", "means", "covariances"))
        return f"Mixture({', '.join(parts)})"

    def __str__(self):
        lines = [
            f"Mixture of {self.K} Gaussian{'s' * (self.K > 1)} "
            f"in {self.d} dimension{'s' * (self.d > 1)}"
        ]
        if self.means.ndim == 1:
            lines.append(f"{'k':>4} {'weight':>10} {'mean':>12} {'variance':>12}")
            for k in range(self.K):
                lines.append(
                    f"{k:>4} {self.weights[k]:>10.4f} "
                    f"{self.means[k]:>12.6g} {self.covariances[k]:>12.6g}"
                )
        else:
            for k in range(self.K):
                mean = np.array2string(self.means[k], precision=4, suppress_small=True)
                lines.append(f"component {k}: weight {self.weights[k]:.4f}, mean {mean}")
                rows = np.array2string(self.covariances[k], precision=4, prefix=" " * 13)
                lines.append(f"  covariance {rows}")
        return "\n".join(lines)


def _remade(weights, means, covariances, hold, covariance):
    return Mixture(weights, means, covariances).fitted_as(hold, covariance)


def log_constants(mixture):
    """log π_k − log det L_k − (d/2) log 2π: what of log π_k N(x) does not depend on x. (K,)."""
    widths = mixture.cholesky.diagonal(axis1=-2, axis2=-1)
    constants = -np.log(widths).sum(axis=-1) - mixture.d * LOG_2PI / 2
    with np.errstate(divide="ignore"):  # a weight of 0 has the logarithm −∞, as it should
        return constants + np.log(mixture.weights)


def moments(mixture):
    """The mixture's own mean and covariance: floats in one dimension, else (d,) and (d, d).

    The covariance is the mean of the components' covariances plus the covariance
    of their means (the law of total variance).
    """
    weights, means = mixture.weights, mixture.locations
    mean = weights @ means
    apart = means - mean
    within = np.einsum("k,kij->ij", weights, mixture.covariances.reshape(-1, mixture.d, mixture.d))
    covariance = within + np.einsum("k,ki,kj->ij", weights, apart, apart)
    if mixture.means.ndim == 1:
        return float(mean[0]), float(covariance[0, 0])
    return mean, covariance
