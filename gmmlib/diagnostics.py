"""What one can say about a fit: bounds, criteria, labels, humps, and how far there is to go."""

import numpy as np

from . import validation
from .covariance import full, parameters
from .merging import entropy
from .scores import counted, log_joint, responsibilities


def lower_bound(x, shares, mixture):
    """𝓛(q, θ) = Σ_i Σ_k q_ik (log(π_k N(x_i | μ_k, Σ_k)) − log q_ik), in nats.

    `shares` q: (n, K), rows sum to 1. It never exceeds the log-likelihood, and equals it
    when q are the responsibilities of `mixture`. Bishop (2006), equation 9.71.
    """
    q = _shares(x, shares, mixture)
    return expected_complete_log_likelihood(x, q, mixture) + entropy(q)


def expected_complete_log_likelihood(x, shares, mixture):
    """Q = Σ_i Σ_k q_ik log(π_k N(x_i | μ_k, Σ_k)): what the M-step maximises, in nats.

    Bishop (2006), equation 9.40.
    """
    q = _shares(x, shares, mixture)
    joint = log_joint(x, mixture)
    # A share of exactly 0 adds nothing, even where the log is −∞.
    return float(np.multiply(q, joint, where=q > 0, out=np.zeros_like(q)).sum())


def n_parameters(fitted, hold=None, covariance=None):
    """How many numbers are free: K − 1 weights, K d means, K d (d + 1) / 2 covariances.

    fitted: a `Run` or a `Mixture`; either knows what was held and of what kind its covariances are
    (`tied`, `diagonal` and `spherical` have fewer numbers), unless hold and covariance say so.
    """
    mixture = getattr(fitted, "mixture", fitted)
    validation.mixture_of(mixture)
    hold = mixture.hold if hold is None else validation.held(hold)
    covariance = validation.kind_of_covariance(covariance or mixture.covariance or full)
    K, d = mixture.K, mixture.d
    free = {"weights": K - 1, "means": K * d, "covariances": parameters(covariance, K, d)}
    return sum(count for name, count in free.items() if name not in hold)


def bic(x, fitted, hold=None, covariance=None, *, sample_weight=None, missing=False):
    """Schwarz's criterion −2 log p(X | θ) + (free parameters) log n; smaller is better.

    fitted, hold, covariance: as in `n_parameters`. With sample_weight n is the sum of the weights,
    which then should count rows. missing: as in `log_likelihood`.
    """
    return _criterion(x, fitted, hold, covariance, sample_weight, missing, np.log)


def aic(x, fitted, hold=None, covariance=None, *, sample_weight=None, missing=False):
    """Akaike's criterion −2 log p(X | θ) + 2 (free parameters); smaller is better.

    The arguments are those of `bic`.
    """
    return _criterion(x, fitted, hold, covariance, sample_weight, missing, lambda n: 2)


def icl(x, fitted, hold=None, covariance=None):
    """BIC of the points with labels: `bic` − 2 Σ_i log max_k γ_ik; smaller is better.

    Each point is given the label that is likeliest for it, and the labels count as data. So a
    point that is shared half and half adds 2 log 2, and one whose label is sure adds nothing.
    x: (n,) or (n, d); the other arguments are those of `bic`. Biernacki, Celeux and Govaert (2000);
    mclust's `icl` with the sign turned. (Others add the entropy −2 Σ γ log γ, which is never less.)
    """
    shares = responsibilities(x, getattr(fitted, "mixture", fitted))
    unsure = -2 * np.log(shares.max(axis=1)).sum()
    return bic(x, fitted, hold, covariance) + float(unsure)


def _criterion(x, fitted, hold, covariance, sample_weight, missing, price):
    mixture = getattr(fitted, "mixture", fitted)
    log_likelihood, n = counted(x, mixture, sample_weight, missing)
    return float(-2 * log_likelihood + n_parameters(fitted, hold, covariance) * price(n))


def relabel(mixture, reference):
    """The same mixture with its components in the order that matches `reference` best.

    Which component is called 0 is an accident of the start. Components are paired so that the
    sum of their Bhattacharyya distances is smallest (a distance between two Gaussians that
    no affine map of the data changes).
    """
    # Only here, so that `import gmmlib` does not wait for scipy.
    from scipy.optimize import linear_sum_assignment

    if (mixture.K, mixture.d) != (reference.K, reference.d):
        raise ValueError(
            f"a mixture with K = {mixture.K}, d = {mixture.d} cannot be matched to one "
            f"with K = {reference.K}, d = {reference.d}"
        )
    d = mixture.d
    cost = np.empty((reference.K, mixture.K))
    for j in range(reference.K):
        for k in range(mixture.K):
            between = (
                reference.covariances[j].reshape(d, d) + mixture.covariances[k].reshape(d, d)
            ) / 2
            apart = reference.locations[j] - mixture.locations[k]
            # twice the distance, without the components' own volumes: they add up to the same in
            # every pairing
            cost[j, k] = apart @ np.linalg.solve(between, apart) / 4 + np.linalg.slogdet(between)[1]
    _, order = linear_sum_assignment(cost)
    return mixture.reordered(order)


def modes(mixture):
    """Where a one-dimensional mixture density has its humps: sorted, at least one.

    At a hump the second derivative is not positive, so each lies within one standard deviation
    of some component's mean. So the sign of the slope is followed on a grid about each mean, with
    at least 25 points a standard deviation of that component, all joined; each change from + to −
    is halved until it is a point. However wide the picture, a narrow component is seen. What can
    be missed is a hump so slight that the trough beside it is less than a grid step away, and a
    slope that is 0 but for rounding counts as flat.
    """
    if mixture.d != 1:
        raise ValueError(f"modes are found in one dimension, not in {mixture.d}")
    means, deviations = mixture.locations, np.sqrt(mixture.covariances.reshape(-1, 1))
    low, high = means.min(), means.max()
    if low == high:
        return np.array([low])
    # Components of about the same width share the points of one grid, however many they are.
    octave = np.exp2(np.floor(np.log2(deviations)))
    grid = np.rint(means / (octave / 25)) + np.arange(-100, 101)  # at least two deviations
    grid = np.unique(grid * (octave / 25))
    grid = np.concatenate([[low], grid[(low < grid) & (grid < high)], [high]])
    sign = _slope_sign(grid, mixture)
    # At the ends the slope points inwards, even where it is too small for a number.
    sign[0], sign[-1] = 1, -1
    grid, sign = grid[sign != 0], sign[sign != 0]
    rising = np.flatnonzero((sign[:-1] > 0) & (sign[1:] < 0))
    left, right = grid[rising], grid[rising + 1]
    for _ in range(60):
        middle = (left + right) / 2
        up = _slope_sign(middle, mixture) > 0
        left, right = np.where(up, middle, left), np.where(up, right, middle)
    return (left + right) / 2


def aitken_limit(log_likelihoods):
    """Where the last three log-likelihoods are heading, if their gains shrink geometrically.

    With a = (l₂ − l₁)/(l₁ − l₀) the limit is l₁ + (l₂ − l₁)/(1 − a) (McLachlan and Peel 2000,
    section 2.11). Infinite when the gains do not shrink; the last value when nothing is gained.
    """
    values = validation.numbers(log_likelihoods, "log_likelihoods")
    if values.ndim != 1 or len(values) < 3:
        raise ValueError(f"three log-likelihoods are needed, not shape {values.shape}")
    before, last = np.diff(values[-3:])
    if last <= 0:
        return float(values[-1])
    if last >= before:
        return np.inf
    return float(values[-2] + last / (1 - last / before))


def _shares(x, shares, mixture):
    n = len(validation.points(x, validation.mixture_of(mixture).d))
    return validation.shares(shares, n, mixture.K)


def _slope_sign(x, mixture):
    joint = log_joint(x, mixture)
    weight = np.exp(joint - joint.max(axis=1, keepdims=True))
    pull = (mixture.locations.T - x[:, None]) / mixture.covariances.reshape(1, -1)
    pull *= weight
    slope, largest = pull.sum(axis=1), np.abs(pull).max(axis=1)
    return np.where(np.abs(slope) > 1e-15 * largest, np.sign(slope), 0)
