"""EM for Gaussian mixtures as the chapters derive it. A student reads this page first.

X: points as rows (n, d). weights (K,), means (K, d), covariances (K, d, d). `em.py` is the same
algorithm made fast and exact, and checks what it is given; this page checks nothing.
"""

import numpy as np


def log_joint(X, weights, means, covariances):
    """(n, K): log π_k + log N(x_i | μ_k, Σ_k), as Bishop (2006), equation 2.43."""
    columns = []
    for weight, mean, covariance in zip(weights, means, covariances):
        off = X - mean
        squared_distance = (off * np.linalg.solve(covariance, off.T).T).sum(axis=1)
        log_det = np.linalg.slogdet(2 * np.pi * covariance)[1]
        columns.append(np.log(weight) - (log_det + squared_distance) / 2)
    return np.column_stack(columns)


def e_step(X, weights, means, covariances):
    """The shares γ (n, K) (Bishop 9.23), and the log-likelihood of the mixture (9.28)."""
    joint = log_joint(X, weights, means, covariances)
    log_density = np.logaddexp.reduce(joint, axis=1)
    return np.exp(joint - log_density[:, None]), log_density.sum()


def m_step(X, shares):
    """Each component fits itself to its share of the points (Bishop 9.24 to 9.27)."""
    N = shares.sum(axis=0)
    means = shares.T @ X / N[:, None]
    scatters = [(share[:, None] * (X - m)).T @ (X - m) for share, m in zip(shares.T, means)]
    return N / len(X), means, np.array(scatters) / N[:, None, None]


def em(X, weights, means, covariances, steps):
    """The mixture after `steps` steps, and the log-likelihood of the start and after each."""
    heights = []
    for _ in range(steps):
        shares, height = e_step(X, weights, means, covariances)
        weights, means, covariances = m_step(X, shares)
        heights.append(height)
    heights.append(e_step(X, weights, means, covariances)[1])
    return weights, means, covariances, heights


def em_in_one_dimension(x, weights, means, variances, steps):
    """The same in one dimension, without a function: x (n,), means and variances (K,)."""
    for _ in range(steps):
        off = x[:, None] - means
        joint = np.log(weights) - (np.log(2 * np.pi * variances) + off**2 / variances) / 2
        shares = np.exp(joint - np.logaddexp.reduce(joint, axis=1)[:, None])
        N = shares.sum(axis=0)
        weights, means = N / len(x), shares.T @ x / N
        variances = (shares * (x[:, None] - means) ** 2).sum(axis=0) / N
    return weights, means, variances
