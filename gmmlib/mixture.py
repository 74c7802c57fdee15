r"""A Gaussian mixture: the value theta = (weights, means, covariances), and its density.

$$p(x) = \sum_k \pi_k \, N(x \mid \mu_k, \Sigma_k)$$

Everything is computed with logarithms of densities, since a density itself is
0.0 in double precision 39 standard deviations away from its mean.

Source: Bishop, Pattern Recognition and Machine Learning (2006), section 9.2.
"""

from dataclasses import dataclass

import numpy as np

from . import checks

LOG_2PI = np.log(2 * np.pi)


@dataclass(frozen=True, eq=False, repr=False)
class Mixture:
    """K Gaussians and their shares: an immutable value that checks itself when it is made.

    In one dimension `means` and `covariances` have shape (K,), and `covariances`
    are the variances (not the standard deviations). In d dimensions `means` have
    shape (K, d) and `covariances` (K, d, d). `weights` (K,) are at least 0 and sum to 1.

    Raises `ValueError` for shapes that do not fit, weights that are not shares of
    one, variances that are not positive, and covariances that are not symmetric
    and positive definite; the message names the component.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    def __post_init__(self):
        for name in ("weights", "means", "covariances"):
            array = checks.numbers(getattr(self, name), name).copy()
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        self._check_shapes()
        self._check_weights()
        object.__setattr__(self, "cholesky", self._cholesky())

    @classmethod
    def from_affine(cls, weights, A, center, flat=False, **known):
        """The mixture of the images (1, x − center) = A (1, u) of standard normals u.

        A (K, d + 1, d + 1): [1 0; μ − center  L], L lower triangular with a positive diagonal.
        Nothing is checked: this is how the M-step makes a mixture, without leaving the factors.
        flat: whether it is a mixture of plain numbers, with means (K,) and variances (K,).
        known: `means` or `covariances` that A was made of, which keep their last digit.
        """
        self = object.__new__(cls)
        means = center + A[:, 1:, 0]
        weights.setflags(write=False)
        means.setflags(write=False)
        A.setflags(write=False)
        self.__dict__.update(
            {
                "weights": weights,
                "means": means[:, 0] if flat else means,
                "cholesky": A[:, 1:, 1:],
                "_affine": A,
                "_center": center,
                **known,
            }
        )
        return self

    def __getattr__(self, name):
        # A mixture made by the M-step has its covariances only when somebody asks.
        if name != "covariances":
            raise AttributeError(f"a Mixture has no {name!r}")
        L = self.__dict__["cholesky"]
        shape = self.means.shape
        covariances = (L @ L.transpose(0, 2, 1)).reshape(shape + shape[1:])
        covariances.setflags(write=False)
        object.__setattr__(self, "covariances", covariances)
        return covariances

    def affine(self, center):
        """A (K, d + 1, d + 1) with (1, x − center) = A (1, u): [1 0; μ − center  L]."""
        if self.__dict__.get("_center") is center:
            return self._affine
        A = np.zeros((self.K, self.d + 1, self.d + 1))
        A[:, 0, 0] = 1
        A[:, 1:, 0] = self.locations - center
        A[:, 1:, 1:] = self.cholesky
        return A

    def inverse(self, center):
        """A⁻¹, which takes points to each component's own coordinates; kept for the next call."""
        kept = self.__dict__.get("_inverse")
        if kept is None or kept[0] is not center:
            kept = center, np.linalg.inv(self.affine(center))
            self.__dict__["_inverse"] = kept
        return kept[1]

    def forget_inverse(self):
        """Keep A⁻¹ no longer: a long run keeps all its mixtures, and needs it of the last only."""
        self.__dict__.pop("_inverse", None)

    @property
    def K(self):
        """The number of components."""
        return len(self.weights)

    @property
    def d(self):
        """The number of dimensions."""
        return 1 if self.means.ndim == 1 else self.means.shape[1]

    @property
    def locations(self):
        """The means as (K, d), in one dimension too."""
        return self.means.reshape(self.K, self.d)

    def reordered(self, order):
        """The same mixture with its components in another order."""
        order = np.asarray(order)
        if sorted(order.tolist()) != list(range(self.K)):
            raise ValueError(f"order must name each of 0..{self.K - 1} once, not {order.tolist()}")
        return Mixture(self.weights[order], self.means[order], self.covariances[order])

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

    def _check_weights(self):
        if (self.weights < 0).any():
            k = int(np.argmin(self.weights))
            raise ValueError(f"weight {k} is negative ({self.weights[k]:g})")
        if abs(self.weights.sum() - 1) > 1e-8:
            raise ValueError(f"weights must sum to 1, not {self.weights.sum():.10g}")

    def _cholesky(self):
        """Lower triangular L with L Lᵀ = Σ, for each component: (K, d, d)."""
        matrices = self.covariances.reshape(self.K, self.d, self.d)
        factors = np.empty_like(matrices)
        for k, matrix in enumerate(matrices):
            # In units of the variances: a product such as A Σ Aᵀ leaves rounding where 0 should be.
            unit = np.sqrt(np.abs(np.diag(matrix)))
            if (np.abs(matrix - matrix.T) > 1e-10 * np.outer(unit, unit)).any():
                raise ValueError(f"covariance {k} is not symmetric:\n{matrix}")
            try:
                factors[k] = np.linalg.cholesky(matrix)
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
        return Mixture, (self.weights, self.means, self.covariances)

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


def own_coordinates(X, mixture):
    """Each point as each component sees it, u = L⁻¹(x − μ): rows (n, d) to (K, d, n).

    In these coordinates every component is the standard normal: the squared length
    of u is the squared Mahalanobis distance.
    """
    from_mean = X.T - mixture.locations[:, :, None]
    return np.linalg.solve(mixture.cholesky, from_mean)


def log_constants(mixture):
    """log π_k − log det L_k − (d/2) log 2π: what of log π_k N(x) does not depend on x. (K,)."""
    widths = mixture.cholesky.diagonal(axis1=1, axis2=2)
    constants = -np.log(widths).sum(axis=1) - mixture.d * LOG_2PI / 2
    if all(mixture.weights.tolist()):
        return constants + np.log(mixture.weights)
    with np.errstate(divide="ignore"):  # a weight of 0 has the logarithm −∞, as it should
        return constants + np.log(mixture.weights)


def log_joint_of(u, mixture):
    """log(weight · density) of every component at every point: (K, d, n) to (K, n)."""
    with np.errstate(over="ignore"):  # infinitely far is refused by log_sum, by row
        squared_length = np.einsum("kdn,kdn->kn", u, u)
    return log_constants(mixture)[:, None] - squared_length / 2


def shared(log_joint):
    """log Σ_k exp(log_joint), and each component's share in it: (K, n) to (n,) and (K, n)."""
    # The largest term is taken out first: after that one term is exactly 1.
    largest = log_joint.max(axis=0)
    shares = log_joint - largest
    np.exp(shares, out=shares)
    total = shares.sum(axis=0)
    shares /= total
    return largest + np.log(total), shares


def log_sum(log_joint, first_row=0):
    """log Σ_k exp(log_joint) over the components: (K, n) to (n,), without underflow.

    `first_row` is the number of the first column's point in the data, for the refusal.
    """
    # The largest term is taken out first: after that one term is exactly 1.
    largest = log_joint.max(axis=0)
    if not np.isfinite(largest).all():
        row = first_row + int(np.flatnonzero(~np.isfinite(largest))[0])
        raise ValueError(
            f"row {row} of x lies so far from every component that its log density "
            "is not a finite number"
        )
    return largest + np.log(np.exp(log_joint - largest).sum(axis=0))


def log_joint(x, mixture):
    """log(π_k N(x_i | μ_k, Σ_k)): data (n,) or (n, d) to (n, K)."""
    X = checks.points(x, checks.mixture_of(mixture).d)
    return log_joint_of(own_coordinates(X, mixture), mixture).T


def log_density(x, mixture):
    """log p(x_i): data (n,) or (n, d) to (n,), in nats. Bishop (2006), equation 9.7."""
    return log_sum(log_joint(x, mixture).T)


def responsibilities(x, mixture):
    """γ_ik = p(z_i = k | x_i), the share of component k in point i: to (n, K), rows sum to 1.

    Bishop (2006), equation 9.13 and 9.23.
    """
    joint = log_joint(x, mixture)
    shares = np.exp(joint - log_sum(joint.T)[:, None])
    return shares / shares.sum(axis=1, keepdims=True)


def log_likelihood(x, mixture):
    """log p(X | θ) = Σ_i log p(x_i): a sum over the points (not a mean), in nats.

    Bishop (2006), equation 9.14.
    """
    return float(log_density(x, mixture).sum())


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
