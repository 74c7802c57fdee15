"""Would a component do more elsewhere? Split one, and take the one that is needed least.

EM seldom gets a component across a valley: where two share a cluster, and another has two clusters
to itself, it stays so. But both can be seen. What is lost where two become one is known after one
look at their points; what is won where another is split, a climb of two components tells, over its
points only, each by its share. To do both at once is an offer (split and merge: Ueda, Nakano,
Ghahramani and Hinton 2000): EM climbs from there, and `fit` keeps what is higher.
"""

from itertools import zip_longest
from statistics import NormalDist

import numpy as np

from .em import Climb
from .mixture import Mixture
from .rows import Rows
from .run import CollapseError
from .scores import log_density, log_joint, log_sum, own_coordinates

SHARE = 0.02  # rows of which a component has less do not count for its split
FIRST, STEPS = 5, 40  # of EM, for a split
PATIENCE = 30  # steps that would each win as much as the last one
HOPE = 20  # nats that the other components may make up for, once they climb too
MOST = 10_000  # far rows that are enough to tell where they lie
SAME = 0.25  # standard deviations that make no difference
FAR = 0.05  # the share of its points, those furthest away, at which the other half begins


def offers(x, weight, mixture, options, most):
    """Mixtures worth climbing from, the most promising first; at most `most`.

    x: (n,) or (n, d), weight (n,) or None. options: (hold, prior, covariance).
    """
    K, d = mixture.K, mixture.d
    X = np.reshape(x, (len(x), -1))
    joint = log_joint(x, mixture)
    shares = np.exp(joint - log_sum(joint.T)[:, None])
    mass = shares if weight is None else shares * weight[:, None]
    unit = mass.sum() / (len(X) if weight is None else np.count_nonzero(weight))
    merges = [merge(X, weight, mixture, shares, k) for k in range(K)]
    found, anew = [], []

    def try_split(of, whole, prices, found):
        # No split that wins less than the cheapest merge costs is worth a climb to its end.
        of = mass[:, of].sum(axis=1)
        mine = of > SHARE * unit
        if not prices or mine.sum() <= 4 * (d + 1):
            return
        bar = min(loss for loss, _ in prices) - HOPE * unit
        for gain, halves in split(X[mine], of[mine], whole, options, bar):
            for loss, parts in prices:
                found.append((gain - loss, len(found), halves, parts))

    for j in range(K):
        whole = mixture.weights[j], mixture.locations[j], mixture.covariances[j].reshape(d, d)
        elsewhere = [
            (loss, (whole[0], j, k, {other: one}))
            for k, (loss, other, one) in enumerate(merges)
            if j not in (k, other)
        ]
        try_split([j], whole, elsewhere, found)
    for k, (loss, other, one) in enumerate(merges):  # these two anew
        if merges[other][1] != k or k < other:
            try_split([k, other], one, [(loss, (one[0], k, other, {}))], anew)
    anew = [offer for offer in anew if not are_as_before(mixture, offer[2], *offer[3][1:3])]
    chosen = [best_of(found, unit), best_of(anew, unit)]
    in_turn = [offer for pair in zip_longest(*chosen) for offer in pair if offer is not None]
    chosen = [moved(mixture, halves, *parts) for _, _, halves, parts in in_turn[:most]]
    if "weights" in options[0]:
        chosen = [Mixture(mixture.weights, m.means, m.covariances) for m in chosen]
    return chosen


def best_of(found, unit):
    """The most promising first; of one component not more than two: if they fail, so will more."""
    times, chosen = {}, []
    for offer in sorted(found, key=lambda offer: -offer[0]):
        score, at = offer[0], offer[3][1]
        times[at] = times.get(at, 0) + 1
        if score > -HOPE * unit and times[at] < 3:
            chosen.append(offer)
    return chosen


def are_as_before(mixture, halves, k, other):
    """Whether two halves are what the components k and other are already."""

    def near(j, half):
        L = mixture.cholesky[j]
        off = np.linalg.solve(L, halves.means[half] - mixture.locations[j])
        wider = np.linalg.solve(L, halves.cholesky[half])
        return max(np.abs(off).max(), np.abs(wider - np.eye(len(L))).max()) < SAME

    return (near(k, 0) and near(other, 1)) or (near(k, 1) and near(other, 0))


def merge(X, weight, mixture, shares, k):
    """What is lost, at the most, where k and the component that shares most with it become one.

    In nats, that component, and the one: its weight, mean and covariance.
    """
    overlap = shares[:, k] @ shares / np.maximum(shares.sum(axis=0), 1e-300)
    overlap[k] = -1
    other = int(np.argmax(overlap))
    pair = [k, other]
    w = mixture.weights[pair]
    share = w / w.sum()
    mean = share @ mixture.locations[pair]
    off = mixture.locations[pair] - mean
    covariances = mixture.covariances[pair].reshape(2, mixture.d, mixture.d)
    covariance = np.einsum("k,kij->ij", share, covariances + off[:, :, None] * off[:, None, :])
    one = w.sum(), mean, covariance
    left = np.maximum(1 - shares[:, k] - shares[:, other], 1e-16)
    alone = Mixture([1.0], mean[None], covariance[None])
    pieces = Mixture(share, mixture.locations[pair], covariances)
    ratio = np.exp(np.minimum(log_density(X, alone) - log_density(X, pieces), 50))
    lost = -np.log(left + (shares[:, k] + shares[:, other]) * ratio)
    return (lost.sum() if weight is None else lost @ weight), other, one


def split(X, mass, whole, options, bar):
    """A component in two halves, from three beginnings: what is won in nats, and the halves.

    whole: its weight, mean and covariance. A climb not heading for `bar` nats is broken off.
    """
    hold, prior, covariance = options
    _, mean, spread = whole
    d = len(mean)
    alone = Mixture([1.0], mean[None], spread[None])
    height = mass @ log_density(X, alone)
    squared = (own_coordinates(X.T, alone)[0] ** 2).sum(axis=0)
    # Along the longest axis; those furthest away and the others; a core and what is about it.
    side = (X - mean) @ np.linalg.eigh(spread)[1][:, -1] > 0
    far = squared > np.quantile(squared, 1 - FAR)
    core = squared < np.median(squared)
    rows, won = Rows(X, sample_weight=mass), []
    for part in (side, far, core):
        if min(part.sum(), (~part).sum()) <= d + 1:
            continue
        try:
            with np.errstate(all="ignore"):
                begin = two_parts(X, mass, part, spread)
                climb = Climb(rows, hold - {"weights"}, prior, covariance, False, None)
                climb.begin(begin)
                run = climb.up(1e-3, FIRST, False, look=False)
                last, gain = np.diff(climb.log_likelihoods[-2:]), run.log_likelihood - height
                if gain + PATIENCE * last < bar:
                    continue
                run = climb.up(1e-3, STEPS, True, look=False)
        except (CollapseError, ValueError, ArithmeticError):
            continue
        won.append((run.log_likelihood - height, run.mixture))
    return won


def far_rows(rows, mixture):
    """Rows (m, d) so far outside every component that the model expects none of them.

    Their squared distance is beyond the quantile of χ² with d degrees that one row in a hundred
    data sets of this size would pass (Wilson and Hilferty's approximation). At most MOST are kept.
    """
    if rows.missing:
        return np.empty((0, rows.d))
    d = mixture.d
    z = NormalDist().inv_cdf(1 - 0.01 / (100 + rows.summary.rows))
    limit = d * (1 - 2 / (9 * d) + z * np.sqrt(2 / (9 * d))) ** 3
    alive = Mixture.from_affine(
        mixture.weights[mixture.weights > 0],
        mixture.affine(rows.summary.mean)[mixture.weights > 0],
        rows.summary.mean,
    )

    inverse = np.linalg.inv(alive.cholesky)

    def of_block(X, first):
        u = own_coordinates(X, alive, inverse)
        far = np.einsum("kdn,kdn->kn", u, u).min(axis=0) > limit
        if rows.weight is not None:
            far &= rows.weight[first : first + X.shape[1]] > 0
        return X[:, far].T

    size = max(256, 2**17 // (2 * mixture.K * (d + 1)))
    return np.vstack(list(rows.each(of_block, size)))[:MOST]


def with_group(far, x, weight, mixture):
    """Mixtures with a component at the far rows, in place of one that is needed little: two."""
    d = mixture.d
    shares = np.exp(log_joint(x, mixture))
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
    X = np.reshape(x, (len(x), -1))
    merges = [(*merge(X, weight, mixture, shares, k), k) for k in range(mixture.K)]
    merges.sort(key=lambda merge: merge[0])
    spread = np.cov(far.T, bias=True).reshape(d, d)
    typical = np.einsum("k,kij->ij", mixture.weights, mixture.covariances.reshape(-1, d, d))
    share = (d + 1) / (d + 1 + len(far))
    for _, other, one, k in merges[:2]:
        new = (1 - share) * spread + share * typical
        yield replaced(mixture, {k: (1e-3, far.mean(axis=0), new), other: one})


def two_parts(X, mass, part, covariance):
    """Two components at the means of two parts, with their covariances, widened a little."""
    weights, means, covariances = [], [], []
    d = X.shape[1]
    for rows in (~part, part):
        m = mass[rows]
        mean = m @ X[rows] / m.sum()
        off = X[rows] - mean
        weights.append(m.sum() / mass.sum())
        means.append(mean)
        share = (d + 1) / (d + 1 + rows.sum())
        covariances.append((1 - share) * (off.T * m) @ off / m.sum() + share * covariance)
    return Mixture(weights, means, covariances)


def moved(mixture, halves, weight, first, second, others):
    """The halves of a component of this weight in two places, and others replaced."""
    parts = dict(others)
    for place, half in ((first, 0), (second, 1)):
        share = weight * halves.weights[half]
        parts[place] = share, halves.means[half], halves.covariances[half]
    return replaced(mixture, parts)


def replaced(mixture, parts):
    """The mixture with some components replaced: parts {k: (weight, mean, covariance)}."""
    weights, means = np.array(mixture.weights), np.array(mixture.locations)
    covariances = np.array(mixture.covariances).reshape(mixture.K, mixture.d, mixture.d)
    for k, part in parts.items():
        weights[k], means[k], covariances[k] = part
    weights /= weights.sum()
    if mixture.flat:
        return Mixture(weights, means[:, 0], covariances[:, 0, 0])
    return Mixture(weights, means, covariances)
