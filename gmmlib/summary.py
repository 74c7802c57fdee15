"""What one pass over the rows tells before EM begins: how many there are, where, how far spread."""

from functools import cached_property

import numpy as np

from .linear import independent_cholesky

EPSILON = float(np.finfo(float).eps)


class Summary:
    """What one pass tells of the rows: how many, where, how far spread. Adds up with `+`.

    n: the sum of their weights.  rows: how many count at all.  mean (d,), scatter (d, d).
    low, high (d,): the smallest and largest of each column.
    """

    def __init__(self, n, rows, mean, scatter, low, high):
        self.n, self.rows, self.mean, self.scatter = n, rows, mean, scatter
        self.low, self.high = low, high

    @classmethod
    def of(cls, X, weight):
        """Of one block of columns (d, b)."""
        low, high, rows = X.min(axis=1), X.max(axis=1), X.shape[1]
        if weight is None:
            n, mean = rows, X.mean(axis=1)
        else:
            n, rows, seen = weight.sum(), int(np.count_nonzero(weight)), X[:, weight > 0]
            low, high = seen.min(axis=1, initial=np.inf), seen.max(axis=1, initial=-np.inf)
            mean = X @ (weight / n) if n else np.zeros(len(X))
        off = X - mean[:, None]
        scatter = (off if weight is None else off * weight) @ off.T
        return cls(n, rows, mean, scatter, low, high)

    def __add__(self, other):
        # Chan, Golub and LeVeque (1983): no difference of large numbers
        n, apart = self.n + other.n, other.mean - self.mean
        share = other.n / n if n else 0.0
        scatter = self.scatter + other.scatter + self.n * share * np.outer(apart, apart)
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        mean = self.mean + share * apart
        return type(self)(n, self.rows + other.rows, mean, scatter, low, high)

    @property
    def covariance(self):
        return self.scatter / self.n

    @cached_property
    def deviations(self):
        """Standard deviation of each column; 1 for a column that does not vary."""
        deviations = np.sqrt(np.diagonal(self.scatter) / self.n)
        return np.where((deviations > 0) & (self.low < self.high), deviations, 1.0)

    @cached_property
    def grain(self):
        """How fine each column is: a component narrower than this has no width in doubles."""
        rounding = 16 * EPSILON * np.maximum(np.abs(self.low), np.abs(self.high))
        return np.minimum(rounding, 3e-8 * self.deviations)

    @cached_property
    def cholesky(self):
        """T with T Tᵀ the covariance of the rows; None where there is none."""
        return independent_cholesky(self.covariance)

    @cached_property
    def whitening(self):
        """[1 0; 0 T], T as `cholesky`; its inverse; and log det T."""
        T = self.cholesky
        d = len(T)
        affine = np.eye(d + 1)
        affine[1:, 1:] = T
        return affine, np.linalg.inv(affine), float(np.log(T.diagonal()).sum())


class Known(Summary):
    """What one pass tells of rows with gaps: each column by its known entries, no covariance.

    `scatter` is diagonal, as if each column had n known entries; `known` (d,) counts them.
    """

    @classmethod
    def of(cls, X, weight):
        weight = np.ones(X.shape[1]) if weight is None else weight
        given = weight * ~np.isnan(X)
        known = given.sum(axis=1)
        filled = np.where(given > 0, X, 0.0)
        mean = (given * filled).sum(axis=1) / np.where(known > 0, known, 1)
        off = np.where(given > 0, X - mean[:, None], 0.0)
        low = np.where(given > 0, X, np.inf).min(axis=1)
        high = np.where(given > 0, X, -np.inf).max(axis=1)
        summary = cls(weight.sum(), int(np.count_nonzero(weight)), mean, None, low, high)
        summary.known, summary.squares = known, (given * off**2).sum(axis=1)
        return summary

    def __add__(self, other):
        known, apart = self.known + other.known, other.mean - self.mean
        share = other.known / np.where(known > 0, known, 1)
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        mean, rows = self.mean + share * apart, self.rows + other.rows
        summary = Known(self.n + other.n, rows, mean, None, low, high)
        summary.known = known
        summary.squares = self.squares + other.squares + self.known * share * apart**2
        return summary

    @property
    def scatter(self):
        return np.diag(self.n * self.squares / np.where(self.known > 0, self.known, 1))

    @scatter.setter
    def scatter(self, value):
        pass  # made of `squares`

    cholesky = None
