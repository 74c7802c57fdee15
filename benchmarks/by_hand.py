"""EM written by hand, to measure gmmlib against, beside the page in gmmlib/textbook.py.

`loop` goes from point to point in Python; `exact` is a run in extended precision, for the true
log-likelihood.
"""

import math

import numpy as np


def loop(x, weights, means, variances):
    """One step in one dimension: lists of numbers in, lists of numbers out."""
    N, first, second = ([0.0] * len(weights) for _ in range(3))
    for point in x:
        joint = [
            w * math.exp(-((point - m) ** 2) / (2 * v)) / math.sqrt(2 * math.pi * v)
            for w, m, v in zip(weights, means, variances)
        ]
        total = sum(joint)
        for k, density in enumerate(joint):
            share = density / total
            N[k] += share
            first[k] += share * point
            second[k] += share * point**2
    means = [f / n for f, n in zip(first, N)]
    return [n / len(x) for n in N], means, [s / n - m**2 for s, n, m in zip(second, N, means)]


def exact(X, weights, means, covariances, steps):
    """The log-likelihood after so many steps in two dimensions, in np.longdouble."""
    real = np.longdouble
    X, weights, means, S = (np.asarray(a, dtype=real) for a in (X, weights, means, covariances))
    log_2pi = np.log(8 * np.arctan(real(1)))
    for t in range(steps + 1):
        joint = []
        for weight, mean, (row, (_, last)) in zip(weights, means, S):
            a = np.sqrt(row[0])  # the Cholesky factor is [a 0; b c]
            b = row[1] / a
            c = np.sqrt(last - b**2)
            u = (X[:, 0] - mean[0]) / a
            v = (X[:, 1] - mean[1] - b * u) / c
            joint.append(np.log(weight) - np.log(a * c) - log_2pi - (u**2 + v**2) / 2)
        largest = np.max(joint, axis=0)
        shares = np.exp(joint - largest)
        total = shares.sum(axis=0)
        if t == steps:
            return (largest + np.log(total)).sum()
        shares /= total
        N = shares.sum(axis=1)
        weights, means = N / len(X), shares @ X / N[:, None]
        off = X - means[:, None]
        S = (shares[:, :, None] * off).transpose(0, 2, 1) @ off / N[:, None, None]
