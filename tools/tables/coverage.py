"""How often a 95 % interval holds the truth.

n points of 0.7 N(−s/2, 1) + 0.3 N(s/2, 1), all five numbers fitted. EM starts at the truth: the
best case, in which no search for a start goes wrong. Five kinds of interval, for the mean of
component 1 (the smaller one) and for its weight:

    information  estimate ± 1.96 standard errors, by the observed information
    scores       the same, by the sum of the outer products of the points' slopes
    profile      where the log-likelihood that EM comes to from the fit, with this number held, is
                 within 1.92 of the fit's. (Of the mean alone. The highest place nearby: with free
                 variances there is no bound. Whether the truth is inside takes one climb.)
    parametric   from the 2.5 % to the 97.5 % point of 99 refits to data drawn from the fit
    plain        the same, to points drawn anew from the data

The bootstraps stop at n = 1000; they climb from the fit, and are relabeled to it. A row counts
how many intervals held the truth (`covered`) of so many data sets (`draws`), and how many fits gave
none (`none`): they collapsed, or their log-likelihood does not bend down in all directions. Such
a one does not count as covered. width: the median width (0 for a profile). spread: the standard
deviation of the estimates about the truth, over the fits that gave an interval. A cell is an n, an
s, a kind and a block of 200 data sets (the same ones for every kind).
"""

import numpy as np

from gmmlib import CollapseError, Mixture, em, observed_information, sample, slopes
from gmmlib.together import DataSets, climb, stack_of

Z, DROP, REFITS, FAR = 1.959964, 1.920729, 99, 1e9
KINDS = ("information", "profile", "parametric", "plain")
BLOCK, BLOCKS = 200, {"information": 5, "profile": 3, "parametric": 1, "plain": 1}
CELLS = [
    (n, s, kind, block)
    for n in (100, 1000, 10_000)
    for s in (2.0, 3.0, 4.0)
    for kind in (KINDS if n < 10_000 else KINDS[:2])
    for block in range(BLOCKS[kind])
]
CHECKED = [(100, 3.0, "information", 0), (1000, 4.0, "profile", 2)]
WITHIN = {"covered": 2, "none": 2, "width": 0.01, "spread": 0.01}


def rows(n, s, kind, block):
    truth = Mixture([0.7, 0.3], [-s / 2, s / 2], [1, 1])
    found = {"information": {"information": [], "scores": []}}.get(kind, {kind: []})
    for i in range(block * BLOCK, (block + 1) * BLOCK):
        rng = np.random.default_rng([15, n, round(10 * s), i])
        x, _ = sample(truth, n, rng)
        for name, interval in zip(found, intervals(x, truth, kind, rng)):
            found[name].append(interval)
    made = []
    for name, each in found.items():
        for which, column in (("mean 1", truth.means[1]), ("weight 1", 0.3)):
            if (name, which) != ("profile", "weight 1"):
                made.append(counted(n, s, name, which, column, [one[which] for one in each]))
    return made


def counted(n, s, kind, which, true, intervals):
    """A row: intervals are triples (estimate, low, high), NaN where there is none."""
    estimate, low, high = np.array(intervals).T
    there = np.isfinite(low)
    spread = np.sqrt(np.mean((estimate[there] - true) ** 2))
    return {
        "n": n, "s": s, "kind": kind, "which": which, "draws": len(low),
        "covered": int(((low <= true) & (true <= high)).sum()), "none": int((~there).sum()),
        "width": 0.0 if kind == "profile" else round(float(np.median((high - low)[there])), 3),
        "spread": round(float(spread), 3),
    }  # fmt: skip


def intervals(x, truth, kind, rng):
    """For each way of this kind {"mean 1": (estimate, low, high), "weight 1": …}."""
    nothing = dict.fromkeys(("mean 1", "weight 1"), (np.nan,) * 3)
    try:
        run = em(x, truth, accelerate=True, max_steps=20_000, keep_mixtures=False)
    except CollapseError:
        return [nothing, nothing]
    fit = run.mixture
    estimates = np.array([fit.weights[1], *fit.means, *fit.covariances])
    if kind == "information":
        own = slopes(x, fit)
        return [by_errors(estimates, matrix, nothing)
                for matrix in (observed_information(x, fit), own.T @ own)]  # fmt: skip
    if kind == "profile":
        low = held(x, fit, truth.means[1])
        # whether it holds the truth: where it ends nobody asked
        ends = (-FAR, FAR) if run.log_likelihood - low <= DROP else (FAR, FAR)
        return [nothing | {"mean 1": (fit.means[1], *ends)} if np.isfinite(low) else nothing]
    refits = refitted(x, fit, kind, rng)
    ends = np.nanquantile(refits, [0.025, 0.975], axis=0, method="weibull").T
    return [{"mean 1": (fit.means[1], *ends[0]), "weight 1": (fit.weights[1], *ends[1])}]


def by_errors(estimates, matrix, nothing):
    scale = np.sqrt(np.abs(np.diagonal(matrix)))
    if not np.linalg.eigvalsh(matrix / np.outer(scale, scale))[0] > 1e-12:
        return nothing
    errors = Z * np.sqrt(np.diagonal(np.linalg.inv(matrix)))
    ends = np.column_stack([estimates, estimates - errors, estimates + errors])
    return {"mean 1": ends[2], "weight 1": ends[0]}


def held(x, start, mean_1, tolerance=1e-5):
    """The top of the log-likelihood where mean 1 is this, by EM with that mean held; or NaN."""
    weights, means, variances = start.weights, np.array([start.means[0], mean_1]), start.covariances
    before = -np.inf
    while True:
        off = x[:, None] - means
        joint = np.log(weights) - (np.log(2 * np.pi * variances) + off**2 / variances) / 2
        density = np.logaddexp(*joint.T)
        if density.sum() - before < tolerance:
            return density.sum()
        before = density.sum()
        shares = np.exp(joint - density[:, None])
        N = shares.sum(axis=0)
        if N.min() < 1e-9:
            return np.nan
        weights, means = N / len(x), np.array([shares[:, 0] @ x / N[0], mean_1])
        variances = (shares * (x[:, None] - means) ** 2).sum(axis=0) / N
        if variances.min() < 1e-8:
            return np.nan


def refitted(x, fit, kind, rng):
    """Mean 1 and weight 1 of the refits that did not collapse: (·, 2)."""
    n = len(x)
    if kind == "parametric":
        xs = sample(fit, n * REFITS, rng)[0].reshape(REFITS, n)
    else:
        xs = x[rng.integers(n, size=(REFITS, n))]
    data = DataSets(xs)
    stack = climb(data, stack_of([fit] * REFITS, data.summary.mean), 500, 1e-3)
    ends = [end for end in map(stack.mixture, range(REFITS)) if end is not None]
    weights, means, variances = (
        np.array([getattr(end, name) for end in ends])
        for name in ("weights", "means", "covariances")
    )
    # Which of the two is component 1: by the distance from the fit, as `relabel` does it.
    first = np.array([
        apart(means, variances, fit, order).sum(axis=1) for order in ([0, 1], [1, 0])
    ])  # fmt: skip
    swapped = first[1] < first[0]
    one = np.where(swapped, means[:, 0], means[:, 1])
    return np.column_stack([one, np.where(swapped, weights[:, 0], weights[:, 1])])


def apart(means, variances, fit, order):
    """Twice the Bhattacharyya distance of each component from the fit's, but for constants."""
    between = (variances[:, order] + fit.covariances) / 2
    return (means[:, order] - fit.means) ** 2 / between / 4 + np.log(between)
