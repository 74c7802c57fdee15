"""Programs as students write them: wrong ones, to be named, and right ones, not to be refused.

None of them is built from gmmlib.tutor.slips: they are written out, each in its author's own way.
"""

import itertools
import math
import time
from collections import namedtuple

import numpy as np
from scipy.special import entr, logsumexp, softmax, xlogy
from scipy.stats import multivariate_normal, norm, poisson

from gmmlib import Mixture

WRONG, RIGHT = [], []  # (name of the task, options, function, mistake) and (…, function)


def wrong(task, mistake, **options):
    def keep(function):
        WRONG.append((task, options, function, mistake))
        return function

    return keep


def right(task, **options):
    def keep(function):
        RIGHT.append((task, options, function))
        return function

    return keep


def densities(x, means, variances):
    return np.exp(-((x[:, None] - means) ** 2) / (2 * variances)) / np.sqrt(2 * np.pi * variances)


def shares_of(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
    return softmax(joint, axis=1)


def refit(x, shares):
    N = shares.sum(axis=0)
    means = shares.T @ x / N
    return N / len(x), means, (shares * (x[:, None] - means) ** 2).sum(axis=0) / N


# ---- the E-step, wrong


@wrong("e_step", "normalized over the points")
def over_the_points(x, weights, means, variances):
    joint = weights * densities(x, means, variances)
    return joint / joint.sum(axis=0)


@wrong("e_step", "not normalized")
def joint_returned(x, weights, means, variances):
    return weights * densities(x, means, variances)


@wrong("e_step", "weights forgotten")
def no_weights(x, weights, means, variances):
    joint = densities(x, means, variances)
    return joint / joint.sum(axis=1, keepdims=True)


@wrong("e_step", "σ for σ²")
def variance_as_scale(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], loc=means, scale=variances)
    return np.exp(joint - logsumexp(joint, axis=1, keepdims=True))


@wrong("e_step", "σ for σ² in the exponent")
def deviation_in_the_exponent(x, weights, means, variances):
    s = np.sqrt(variances)
    joint = np.log(weights / s) - (x[:, None] - means) ** 2 / (2 * s)
    return softmax(joint, axis=1)


@wrong("e_step", "hard labels for shares")
def labels_for_shares(x, weights, means, variances):
    best = np.argmax(shares_of(x, weights, means, variances), axis=1)
    return (best[:, None] == np.arange(len(means))).astype(float)


@wrong("e_step", "no log space")
def plain_densities(x, weights, means, variances):
    joint = weights * densities(x, means, variances)
    return joint / joint.sum(axis=1, keepdims=True)


@wrong("e_step", "no log space")
def plain_loops(x, weights, means, variances):
    rows = []
    for value in x.tolist():
        terms = [
            w * math.exp(-((value - m) ** 2) / (2 * v)) / math.sqrt(2 * math.pi * v)
            for w, m, v in zip(weights.tolist(), means.tolist(), variances.tolist())
        ]
        rows.append([term / sum(terms) for term in terms])  # float division by zero
    return rows


@wrong("e_step", "axis swapped")
def components_in_rows(x, weights, means, variances):
    return shares_of(x, weights, means, variances).T


@wrong("e_step", "half forgotten in the exponent")
def no_half(x, weights, means, variances):
    joint = weights / np.sqrt(variances) * np.exp(-((x[:, None] - means) ** 2) / variances)
    return joint / joint.sum(axis=1, keepdims=True)


@wrong("e_step", "constant forgotten")
def no_constant(x, weights, means, variances):
    return softmax(np.log(weights) - (x[:, None] - means) ** 2 / (2 * variances), axis=1)


@wrong("e_step", "component order assumed")
def left_one_first(x, weights, means, variances):
    low, high = min(means[:2]), max(means[:2])
    ordered = np.array([low, high, *means[2:]]) if len(means) < 3 else np.sort(means)
    return shares_of(x, weights, ordered, variances)


@wrong("e_step", "nothing returned")
def forgot_to_return(x, weights, means, variances):
    print(shares_of(x, weights, means, variances))


@wrong("e_step", "two components only")
def two_only(x, weights, means, variances):
    a = weights[0] * norm.pdf(x, means[0], np.sqrt(variances[0]))
    b = weights[1] * norm.pdf(x, means[1], np.sqrt(variances[1]))
    return np.column_stack([a / (a + b), b / (a + b)])


@wrong("e_step", "one component's share only")
def one_share(x, weights, means, variances):
    return shares_of(x, weights, means, variances)[:, 1]


@wrong("e_step", "weights forgotten + σ for σ²")
def two_at_once(x, weights, means, variances):
    joint = norm.pdf(x[:, None], means, variances)
    return joint / joint.sum(axis=1, keepdims=True)


@wrong("e_step", "modifies its input")
def centers_in_place(x, weights, means, variances):
    answer = shares_of(x, weights, means, variances)
    x -= x.mean()
    return answer


@wrong("e_step", "logarithms returned")
def still_in_logs(x, weights, means, variances):
    return (
        np.log(weights)
        + norm.logpdf(x[:, None], means, np.sqrt(variances))
        - logsumexp(np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances)), axis=1)[
            :, None
        ]
    )


@wrong("e_step", "rounded")
def rounded(x, weights, means, variances):
    return shares_of(x, weights, means, variances).round(2)


@wrong("e_step", "off-diagonals dropped", d=2)
def column_by_column(X, weights, means, covariances):
    columns = [
        np.log(w) + norm.logpdf(X, m, np.sqrt(np.diag(C))).sum(axis=1)
        for w, m, C in zip(weights, means, covariances)
    ]
    return softmax(np.column_stack(columns), axis=1)


# ---- merging two components, wrong


def joined(shares, a, b):
    rest = [k for k in range(shares.shape[1]) if k not in (a, b)]
    return np.column_stack([shares[:, rest], shares[:, a] + shares[:, b]])


@wrong("merge", "log of zero")
def log_of_all(shares, a, b):
    with np.errstate(all="ignore"):
        q = joined(shares, a, b)
        return q, -np.sum(q * np.log(q))


@wrong("merge", "shares averaged, not added")
def averages(shares, a, b):
    q = np.delete(shares, [a, b], axis=1)
    q = np.column_stack([q, shares[:, [a, b]].mean(axis=1)])
    return q, -xlogy(q, q).sum()


@wrong("merge", "the second share lost")
def drops_the_column(shares, a, b):
    q = np.delete(shares, b, axis=1)
    return q, entr(q).sum()


@wrong("merge", "entropy of the weights")
def merges_the_weights(shares, a, b):
    q = joined(shares, a, b)
    weights = q.sum(axis=0) / len(q)
    return q, -sum(w * np.log(w) for w in weights if w > 0)


@wrong("merge", "entropy divided by n")
def mean_entropy(shares, a, b):
    q = joined(shares, a, b)
    return q, entr(q).sum(axis=1).mean()


@wrong("merge", "entropy before the merging")
def too_early(shares, a, b):
    return joined(shares, a, b), entr(shares).sum()


@wrong("merge", "sign of the entropy")
def sum_of_q_log_q(shares, a, b):
    q = joined(shares, a, b)
    return q, xlogy(q, q).sum()


@wrong("merge", "entropy in bits")
def bits(shares, a, b):
    q = joined(shares, a, b)
    return q, sum(-p * math.log2(p) for row in q.tolist() for p in row if p)


@wrong("merge", "the larger share kept")
def larger(shares, a, b):
    q = np.delete(shares, b, axis=1)
    q[:, a] = np.fmax(shares[:, a], shares[:, b])
    return q, entr(q).sum()


@wrong("merge", "not summed")
def one_entropy_a_point(shares, a, b):
    q = joined(shares, a, b)
    return q, entr(q).sum(axis=1)


@wrong("merge", "shares averaged, not added + entropy divided by n")
def two_slips_in_merging(shares, a, b):
    q = np.delete(shares, b, axis=1)
    q[:, a] = (shares[:, a] + shares[:, b]) / 2
    return q, entr(q).sum() / len(q)


# ---- completing a row with gaps, wrong


def line_through(row, mean, covariance):
    m, o = np.flatnonzero(np.isnan(row)), np.flatnonzero(~np.isnan(row))
    slope = covariance[np.ix_(m, o)] @ np.linalg.inv(covariance[np.ix_(o, o)])
    filled = np.array(row)
    filled[m] = mean[m] + slope @ (row[o] - mean[o])
    return m, o, slope, filled


@wrong("complete", "no conditional covariance")
def takes_it_for_known(row, mean, covariance):
    return line_through(row, mean, covariance)[3], 0 * covariance


@wrong("complete", "filled with the mean")
def column_mean(row, mean, covariance):
    m, o, slope, _ = line_through(row, mean, covariance)
    V = np.zeros(covariance.shape)
    V[np.ix_(m, m)] = covariance[np.ix_(m, m)] - slope @ covariance[np.ix_(o, m)]
    return np.where(np.isnan(row), mean, row), V


@wrong("complete", "filled with the mean + unconditional covariance")
def knows_nothing_of_the_row(row, mean, covariance):
    gap = np.isnan(row)
    return np.where(gap, mean, row), covariance * np.outer(gap, gap)


@wrong("complete", "unconditional covariance")
def keeps_its_width(row, mean, covariance):
    gap = np.isnan(row)
    return line_through(row, mean, covariance)[3], np.where(np.outer(gap, gap), covariance, 0)


@wrong("complete", "covariance of the wrong block")
def the_other_way_round(row, mean, covariance):
    m, o, _, filled = line_through(row, mean, covariance)
    V = np.zeros(covariance.shape)
    if len(o):
        back = covariance[np.ix_(o, m)] @ np.linalg.inv(covariance[np.ix_(m, m)])
        V[np.ix_(o, o)] = covariance[np.ix_(o, o)] - back @ covariance[np.ix_(m, o)]
    return filled, V


@wrong("complete", "known mean not subtracted")
def times_the_value(row, mean, covariance):
    m, o, slope, filled = line_through(row, mean, covariance)
    filled[m] = mean[m] + slope @ row[o]
    V = np.zeros(covariance.shape)
    V[np.ix_(m, m)] = covariance[np.ix_(m, m)] - slope @ covariance[np.ix_(o, m)]
    return filled, V


@wrong("complete", "known columns one by one")
def by_each_column(row, mean, covariance):
    gap = np.isnan(row)
    filled, V = row.copy(), np.zeros(covariance.shape)
    known = [j for j in range(len(row)) if not gap[j]]
    for a in np.flatnonzero(gap):
        slopes = [covariance[a, j] / covariance[j, j] for j in known]
        filled[a] = mean[a] + sum(b * (row[j] - mean[j]) for b, j in zip(slopes, known))
        for c in np.flatnonzero(gap):
            taken = sum(b * covariance[j, c] for b, j in zip(slopes, known))
            V[a, c] = covariance[a, c] - taken
    return filled, V


@wrong("complete", "block of the precision")
def precision_of_the_gaps(row, mean, covariance):
    gap = np.isnan(row)
    precision = np.linalg.inv(covariance)
    return line_through(row, mean, covariance)[3], precision * np.outer(gap, gap)


@wrong("complete", "the block of the gaps alone")
def only_the_block(row, mean, covariance):
    m, o, slope, filled = line_through(row, mean, covariance)
    return filled, covariance[np.ix_(m, m)] - slope @ covariance[np.ix_(o, m)]


@wrong("complete", "modifies its input")
def fills_in_place(row, mean, covariance):
    m, o, slope, filled = line_through(row, mean, covariance)
    row[m] = filled[m]
    V = np.zeros(covariance.shape)
    V[np.ix_(m, m)] = covariance[np.ix_(m, m)] - slope @ covariance[np.ix_(o, m)]
    return row, V


@right("complete")
def by_the_precision(row, mean, covariance):
    gap, precision = np.isnan(row), np.linalg.inv(covariance)
    m, o = np.flatnonzero(gap), np.flatnonzero(~gap)
    V = np.zeros_like(covariance)
    V[np.ix_(m, m)] = np.linalg.inv(precision[np.ix_(m, m)])
    filled = np.array(row)
    filled[m] = mean[m] - V[np.ix_(m, m)] @ precision[np.ix_(m, o)] @ (row[o] - mean[o])
    return filled, V


@right("complete")
def by_regression(row, mean, covariance):
    gap = np.isnan(row)
    if not gap.any():
        return {"row": row, "covariance": np.zeros(covariance.shape)}
    slope = np.zeros((len(row), len(row)))
    slope[:, ~gap] = covariance[:, ~gap] @ np.linalg.pinv(covariance[~gap][:, ~gap])
    off = np.where(gap, 0, row - mean)
    V = covariance - slope @ covariance
    V[~gap], V[:, ~gap] = 0, 0
    return {"row": np.where(gap, mean + slope @ off, row), "covariance": V}


@right("complete")
def sweeps_the_known_out(row, mean, covariance):
    filled, V = np.array(mean, float), np.array(covariance, float)
    for j, value in enumerate(row):
        if not math.isnan(value):
            slope = V[:, j] / V[j, j]
            filled = filled + slope * (value - filled[j])
            V = V - np.outer(slope, V[j])
    return filled, V


@right("merge")
def at_the_end(shares, a, b):
    q = joined(shares, a, b)
    return q, entr(q).sum()


@right("merge")
def in_place_of_the_first(shares, a, b):
    q = shares.copy()
    q[:, a] += q[:, b]
    q = np.delete(q, b, axis=1)
    return {"shares": q, "entropy": -xlogy(q, q).sum()}


@right("merge")
def with_plain_lists(shares, a, b):
    rows = []
    for row in shares.tolist():
        both = row[a] + row[b]
        rows.append([both] + [q for k, q in enumerate(row) if k not in (a, b)])
    return rows, -math.fsum(q * math.log(q) for row in rows for q in row if q > 0)


# ---- the adjusted Rand index


def crossed(labels, others):
    rows, columns = (sorted(set(each.tolist())) for each in (labels, others))
    return np.array([[((labels == r) & (others == c)).sum() for c in columns] for r in rows])


def of_pairs(labels, others):
    """Pairs together in both, in the first, in the second, and all."""
    table = crossed(labels, others)
    parts = table.ravel(), table.sum(axis=1), table.sum(axis=0)
    return [sum(math.comb(int(k), 2) for k in part) for part in parts] + [math.comb(len(labels), 2)]


@wrong("adjusted_rand", "not adjusted for chance")
def rand_index(labels, others):
    pairs = list(itertools.combinations(range(len(labels)), 2))
    return np.mean([(labels[i] == labels[j]) == (others[i] == others[j]) for i, j in pairs])


@wrong("adjusted_rand", "names compared")
def accuracy(labels, others):
    return (labels == others).sum() / len(labels)


@wrong("adjusted_rand", "purity")
def the_largest_of_each_row(labels, others):
    return sum(np.bincount(others[labels == k]).max() for k in set(labels.tolist())) / len(labels)


@wrong("adjusted_rand", "pairs kept apart not counted")
def jaccard(labels, others):
    same, alike = (each[:, None] == each for each in (labels, others))
    upper = np.triu_indices(len(labels), 1)
    return (same & alike)[upper].sum() / (same | alike)[upper].sum()


@wrong("adjusted_rand", "chance not taken off below")
def not_up_to_1(labels, others):
    c, a, b, m = of_pairs(labels, others)
    return (c - a * b / m) / (0.5 * (a + b))


@wrong("adjusted_rand", "the smaller for the average")
def refining_is_agreeing(labels, others):
    c, a, b, m = of_pairs(labels, others)
    return (c - a * b / m) / (min(a, b) - a * b / m)


@wrong("adjusted_rand", "all pairs for the average")
def out_of_all_pairs(labels, others):
    c, a, b, m = of_pairs(labels, others)
    return (c * m - a * b) / (m * m - a * b)


@wrong("adjusted_rand", "each pair counted twice")
def both_ways_round(labels, others):
    same, alike = (each[:, None] == each for each in (labels, others))
    for matrix in (same, alike):
        np.fill_diagonal(matrix, False)
    c, a, b = (same & alike).sum(), same.sum(), alike.sum()
    chance = a * b / (len(labels) * (len(labels) - 1) / 2)
    return (c - chance) / ((a + b) / 2 - chance)


@wrong("adjusted_rand", "points paired with themselves")
def whole_matrices(labels, others):
    same, alike = (each[:, None] == each for each in (labels, others))
    chance = same.mean() * alike.mean()
    return ((same & alike).mean() - chance) / ((same.mean() + alike.mean()) / 2 - chance)


@right("adjusted_rand")
def by_the_table(labels, others):
    c, a, b, m = of_pairs(labels, others)
    return (c - a * b / m) / ((a + b) / 2 - a * b / m)


@right("adjusted_rand")
def by_four_kinds_of_pairs(labels, others):
    pairs = list(itertools.combinations(range(len(labels)), 2))
    both = sum(labels[i] == labels[j] and others[i] == others[j] for i, j in pairs)
    none = sum(labels[i] != labels[j] and others[i] != others[j] for i, j in pairs)
    one = sum(labels[i] == labels[j] and others[i] != others[j] for i, j in pairs)
    two = len(pairs) - both - none - one
    below = (both + one) * (one + none) + (both + two) * (two + none)
    return 2 * (both * none - one * two) / below


@right("adjusted_rand")
def by_gmmlib(labels, others):
    from gmmlib import adjusted_rand

    return {"index": adjusted_rand(others, labels)}


# ---- one step for a mixture of Poisson distributions, wrong


def counted(x, weights, means):
    return softmax(np.log(weights) + poisson.logpmf(x[:, None], means), axis=1)


def refit_counts(x, shares):
    N = shares.sum(axis=0)
    return N / len(x), shares.T @ x / N


@wrong("poisson_step", "normalized over the points")
def softmax_down_the_columns(x, weights, means):
    joint = np.log(weights) + poisson.logpmf(x[:, None], means)
    return refit_counts(x, softmax(joint, axis=0))


@wrong("poisson_step", "weights left as they were")
def forgets_the_weights_line(x, weights, means):
    return weights, refit_counts(x, counted(x, weights, means))[1]


@wrong("poisson_step", "n where N_k belongs, in the means")
def mean_of_products(x, weights, means):
    shares = counted(x, weights, means)
    return shares.mean(axis=0), (shares * x[:, None]).mean(axis=0)


@wrong("poisson_step", "e to minus the mean forgotten")
def powers_alone(x, weights, means):
    joint = np.log(weights) + x[:, None] * np.log(means)
    return refit_counts(x, softmax(joint, axis=1))


@wrong("poisson_step", "a bell for the Poisson")
def normal_approximation(x, weights, means):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(means))
    return refit_counts(x, softmax(joint, axis=1))


@wrong("poisson_step", "weights forgotten")
def equally_likely(x, weights, means):
    return refit_counts(x, softmax(poisson.logpmf(x[:, None], means), axis=1))


@wrong("poisson_step", "not normalized")
def probabilities_for_shares(x, weights, means):
    return refit_counts(x, weights * poisson.pmf(x[:, None], means))


@wrong("poisson_step", "hard labels for shares")
def sorts_the_days(x, weights, means):
    label = counted(x, weights, means).argmax(axis=1)
    with np.errstate(all="ignore"):
        return refit_counts(x, np.eye(len(means))[label])


@wrong("poisson_step", "weights not renormalized")
def counts_for_weights(x, weights, means):
    shares = counted(x, weights, means)
    return {"weights": shares.sum(axis=0), "means": refit_counts(x, shares)[1]}


@wrong("poisson_step", "no log space")
def as_in_the_textbook(x, weights, means):
    rows = []
    for count in x.astype(int).tolist():
        terms = [
            w * m**count * math.exp(-m) / math.factorial(count)
            for w, m in zip(weights.tolist(), means.tolist())
        ]
        rows.append([term / sum(terms) for term in terms])
    return refit_counts(x, np.array(rows))


@wrong("poisson_step", "n where N_k belongs, in the means + weights forgotten")
def two_slips_in_a_step(x, weights, means):
    shares = softmax(poisson.logpmf(x[:, None], means), axis=1)
    return shares.mean(axis=0), shares.T @ x / len(x)


@right("poisson_step")
def step_in_logs(x, weights, means):
    return refit_counts(x, counted(x, weights, means))


@right("poisson_step")
def step_without_factorials(x, weights, means):
    joint = x[:, None] * np.log(means) - means + np.log(weights)
    shares = np.exp(joint - joint.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return {
        "weights": shares.mean(axis=0),
        "means": np.average(np.repeat(x[:, None], len(means), axis=1), axis=0, weights=shares),
    }


@right("poisson_step")
def step_with_plain_lists(x, weights, means):
    N, totals = [0.0] * len(means), [0.0] * len(means)
    for count in x.tolist():
        logs = [math.log(w) + count * math.log(m) - m for w, m in zip(weights, means)]
        terms = [math.exp(log - max(logs)) for log in logs]
        for k, term in enumerate(terms):
            N[k] += term / sum(terms)
            totals[k] += count * term / sum(terms)
    return [c / len(x) for c in N], [total / c for c, total in zip(N, totals)]


# ---- the soft picture, wrong


def mean_colors(X, shares):
    return shares.T @ X / shares.sum(axis=0)[:, None]


@wrong("repaint", "painted with hard labels")
def likeliest_color(X, shares):
    return mean_colors(X, shares)[shares.argmax(axis=1)]


@wrong("repaint", "hard labels for shares")
def averages_of_groups(X, shares):
    label = shares.argmax(axis=1)
    palette = {k: X[label == k].mean(axis=0) for k in np.unique(label)}
    return np.array([palette[k] for k in label])


@wrong("repaint", "n where N_k belongs, in the means")
def too_dark(X, shares):
    return shares @ (shares.T @ X / len(X))


@wrong("repaint", "painted with the weights")
def one_color_for_all(X, shares):
    return np.tile(shares.mean(axis=0) @ mean_colors(X, shares), (len(X), 1))


@wrong("repaint", "painted with shares over the points")
def normalizes_for_both(X, shares):
    q = shares / shares.sum(axis=0)
    return q @ (q.T @ X)


@wrong("repaint", "shares squared in the painting")
def paints_twice(X, shares):
    layers = [q[:, None] * m for q, m in zip(shares.T, mean_colors(X, shares))]
    return sum(q[:, None] * layer for q, layer in zip(shares.T, layers))


@right("repaint")
def paints_by_shares(X, shares):
    return shares @ mean_colors(X, shares)


@right("repaint")
def paints_pixel_by_pixel(X, shares):
    means = [np.average(X, axis=0, weights=q) for q in shares.T]
    return [[sum(s * m[c] for s, m in zip(row, means)) for c in range(3)] for row in shares]


@right("repaint")
def paints_in_one_line(X, shares):
    return np.einsum("ik,jk,jc->ic", shares / shares.sum(axis=0), shares, X)


# ---- blocks as one, wrong


def of_all(counts, means, covariances):
    mean = np.average(means, axis=0, weights=counts)
    within = np.average(covariances, axis=0, weights=counts)
    return mean, within, means - mean


@wrong("combine", "between the blocks forgotten")
def averages_everything(counts, means, covariances):
    return counts.sum(), counts @ means / counts.sum(), of_all(counts, means, covariances)[1]


@wrong("combine", "blocks' means averaged without counts")
def mean_of_the_means(counts, means, covariances):
    mean = means.mean(axis=0)
    off = means - mean
    within = np.average(covariances, axis=0, weights=counts)
    return counts.sum(), mean, within + (counts * off.T) @ off / counts.sum()


@wrong("combine", "blocks' covariances averaged without counts")
def mean_of_the_covariances(counts, means, covariances):
    mean, _, off = of_all(counts, means, covariances)
    between = np.einsum("b,bi,bj->ij", counts, off, off) / counts.sum()
    return counts.sum(), mean, covariances.mean(axis=0) + between


@wrong("combine", "between the blocks without counts")
def covariance_of_the_means(counts, means, covariances):
    mean, within, off = of_all(counts, means, covariances)
    return counts.sum(), mean, within + off.T @ off / len(off)


@wrong("combine", "sums of squares returned")
def scatter_of_all(counts, means, covariances):
    mean, within, off = of_all(counts, means, covariances)
    return counts.sum(), mean, within * counts.sum() + (counts * off.T) @ off


@wrong("combine", "blocks divided by n − 1")
def as_np_cov_does(counts, means, covariances):
    n, mean, scatter = scatter_of_all(counts, means, covariances)
    return n, mean, scatter / (n - 1)


@wrong("combine", "off-diagonals dropped between blocks")
def squares_by_column(counts, means, covariances):
    mean, within, off = of_all(counts, means, covariances)
    return counts.sum(), mean, within + np.diag(counts @ off**2) / counts.sum()


@wrong("combine", "away from the first block")
def pairs_with_the_first(counts, means, covariances):
    mean, within, _ = of_all(counts, means, covariances)
    off = means - means[0]
    return counts.sum(), mean, within + (counts * off.T) @ off / counts.sum()


@wrong("combine", "blocks' covariances added")
def forgets_to_average(counts, means, covariances):
    mean, _, off = of_all(counts, means, covariances)
    return counts.sum(), mean, covariances.sum(axis=0) + (counts * off.T) @ off / counts.sum()


@wrong("combine", "between the blocks taken off")
def wrong_sign_of_the_square(counts, means, covariances):
    mean, within, off = of_all(counts, means, covariances)
    return counts.sum(), mean, within - (counts * off.T) @ off / counts.sum()


@right("combine")
def within_and_between(counts, means, covariances):
    mean, within, off = of_all(counts, means, covariances)
    return counts.sum(), mean, within + (counts * off.T) @ off / counts.sum()


@right("combine")
def one_after_the_other(counts, means, covariances):
    n, mean, S = counts[0], means[0], covariances[0]
    for m, other, T in zip(counts[1:], means[1:], covariances[1:]):
        d = other - mean
        S = (n * S + m * T) / (n + m) + n * m / (n + m) ** 2 * np.outer(d, d)
        mean = mean + m / (n + m) * d
        n = n + m
    return {"count": n, "mean": mean, "covariance": S}


@right("combine")
def by_second_moments(counts, means, covariances):
    n = sum(counts.tolist())
    mean = (counts[:, None] * means).sum(axis=0) / n
    second = covariances + means[:, :, None] * means[:, None, :]
    return [n, mean, np.tensordot(counts, second, 1) / n - np.outer(mean, mean)]


# ---- the M-step, wrong


@wrong("m_step", "n where N_k belongs, in the means + n where N_k belongs, in the variances")
def n_everywhere(x, shares):
    means = shares.T @ x / len(x)
    return shares.mean(axis=0), means, np.mean(shares * (x[:, None] - means) ** 2, axis=0)


@wrong("m_step", "n where N_k belongs, in the variances")
def n_in_the_variances(x, shares):
    weights, means, _ = refit(x, shares)
    return weights, means, [np.mean(shares[:, k] * (x - m) ** 2) for k, m in enumerate(means)]


@wrong("m_step", "n where N_k belongs, in the means", hold=("weights", "variances"))
def n_in_the_means(x, shares):
    return (shares * x[:, None]).mean(axis=0)


@wrong("m_step", "weights not renormalized")
def counts_as_weights(x, shares):
    _, means, variances = refit(x, shares)
    return {"weights": shares.sum(axis=0), "means": means, "variances": variances}


@wrong("m_step", "divided by N_k − 1")
def unbiased(x, shares):
    N = shares.sum(axis=0)
    weights, means, variances = refit(x, shares)
    return weights, means, variances * N / (N - 1)


@wrong("m_step", "σ for σ², returned")
def deviations(x, shares):
    weights, means, variances = refit(x, shares)
    return weights, means, np.sqrt(variances)


@wrong("m_step", "mean not subtracted in the spread")
def second_moment(x, shares):
    weights, means, _ = refit(x, shares)
    return weights, means, shares.T @ x**2 / shares.sum(axis=0)


@wrong("m_step", "hard labels for shares")
def counts_labels(x, shares):
    label = shares.argmax(axis=1)
    groups = [x[label == k] for k in range(shares.shape[1])]
    return (
        [len(group) / len(x) for group in groups],
        [group.mean() for group in groups],
        [group.var() for group in groups],
    )


@wrong("m_step", "axis swapped")
def sums_over_components(x, shares):
    N = shares.sum(axis=1)
    return N / len(x), (shares.T * x).sum(axis=1), (shares.T * x**2).sum(axis=1)


@wrong("m_step", "returned in another order")
def means_first(x, shares):
    weights, means, variances = refit(x, shares)
    return means, variances, weights


@wrong("m_step", "parts missing")
def no_variances(x, shares):
    return refit(x, shares)[:2]


@wrong("m_step", "spread about the mean of all points")
def overall_mean(x, shares):
    weights, means, _ = refit(x, shares)
    return weights, means, shares.T @ (x - x.mean()) ** 2 / shares.sum(axis=0)


@wrong("m_step", "modifies its input")
def writes_into_shares(x, shares):
    N = shares.sum(axis=0)
    shares /= N
    means = shares.T @ x
    return N / len(x), means, (shares * (x[:, None] - means) ** 2).sum(axis=0)


def gaussians(X, shares, spread):
    N = shares.sum(axis=0)
    means = shares.T @ X / N[:, None]
    return (
        N / len(X),
        means,
        np.array([spread(X - m, s) / s.sum() for m, s in zip(means, shares.T)]),
    )


@wrong("m_step", "share missing in the spread", d=2)
def outer_without_share(X, shares):
    return gaussians(X, shares, lambda off, share: sum(np.outer(row, row) for row in off))


@wrong("m_step", "share counted twice", d=2)
def share_on_both_sides(X, shares):
    return gaussians(X, shares, lambda off, s: (s[:, None] * off).T @ (s[:, None] * off))


@wrong("m_step", "off-diagonals dropped", d=2)
def diagonal_only(X, shares):
    return gaussians(X, shares, lambda off, share: np.diag(share @ off**2))


@wrong("m_step", "covariance not symmetric", d=3)
def upper_triangle(X, shares):
    return gaussians(X, shares, lambda off, share: np.triu((share[:, None] * off).T @ off))


@wrong("m_step", "covariance not symmetric", d=2)
def lower_triangle(X, shares):
    return gaussians(X, shares, lambda off, share: np.tril((share[:, None] * off).T @ off))


# ---- the M-step of a kind of covariance, wrong


def scatters(X, shares):
    """Each component's spread, not yet divided, and its points."""
    return gaussians(X, shares, lambda off, s: s.sum() * (s[:, None] * off).T @ off)


@wrong("m_step", "components averaged without weights", d=2, covariance="tied")
def mean_over_components(X, shares):
    weights, means, covariances = by_cov(X, shares)
    return weights, means, np.mean(covariances, axis=0)


@wrong("m_step", "components averaged without weights", d=1, covariance="tied")
def mean_of_variances(x, shares):
    weights, means, variances = refit(x, shares)
    return weights, means, np.full(len(means), variances.mean())


@wrong("m_step", "each component its own covariance", d=2, covariance="tied")
def not_tied_at_all(X, shares):
    return by_cov(X, shares)


@wrong("m_step", "spread about the mean of all points", d=2, covariance="tied")
def covariance_of_everything(X, shares):
    N = shares.sum(axis=0)
    return N / len(X), shares.T @ X / N[:, None], np.cov(X.T, ddof=0)


@wrong("m_step", "divided by n − K", d=3, covariance="tied")
def pooled_as_in_discriminant_analysis(X, shares):
    weights, means, spread = scatters(X, shares)
    return weights, means, spread.sum(axis=0) / (len(X) - shares.shape[1])


@wrong("m_step", "variances not divided", d=2, covariance="tied")
def pooled_and_not_divided(X, shares):
    weights, means, spread = scatters(X, shares)
    return weights, means, spread.sum(axis=0)


@wrong("m_step", "diagonal of the inverse", d=3, covariance="diagonal")
def through_the_precisions(X, shares):
    weights, means, covariances = by_cov(X, shares)
    precisions = np.linalg.inv(covariances)
    return weights, means, 1 / np.einsum("kjj->kj", precisions)


@wrong("m_step", "one variance for all columns", d=2, covariance="diagonal")
def round_where_diagonal_was_asked(X, shares):
    weights, means, covariances = by_cov(X, shares)
    return weights, means, [np.eye(2) * np.diag(S).mean() for S in covariances]


@wrong("m_step", "off-diagonals kept", d=2, covariance="diagonal")
def full_where_diagonal_was_asked(X, shares):
    return by_cov(X, shares)


@wrong("m_step", "n where N_k belongs, in the variances", d=3, covariance="diagonal")
def columns_over_all_points(X, shares):
    weights, means, _ = by_cov(X, shares)
    return weights, means, [s @ (X - m) ** 2 / len(X) for m, s in zip(means, shares.T)]


@wrong("m_step", "d forgotten in the trace", d=3, covariance="spherical")
def squared_distances(X, shares):
    weights, means, _ = by_cov(X, shares)
    return (
        weights,
        means,
        [s @ ((X - m) ** 2).sum(axis=1) / s.sum() for m, s in zip(means, shares.T)],
    )


@wrong("m_step", "determinant for trace", d=2, covariance="spherical")
def of_the_same_area(X, shares):
    weights, means, covariances = by_cov(X, shares)
    return weights, means, np.sqrt(np.linalg.det(covariances))


@wrong("m_step", "each column its own variance", d=2, covariance="spherical")
def diagonal_where_round_was_asked(X, shares):
    weights, means, covariances = by_cov(X, shares)
    return weights, means, np.array(covariances) * np.eye(2)


@wrong("em", "old means in the variance", d=2, covariance="spherical")
def round_about_the_old_means(X, weights, means, covariances, steps):
    for _ in range(steps):
        shares = with_scipy(X, weights, means, covariances)
        off = X[:, None] - means
        N = shares.sum(axis=0)
        variances = (shares * (off**2).sum(axis=2)).sum(axis=0) / (2 * N)
        weights, means = N / len(X), shares.T @ X / N[:, None]
        covariances = variances[:, None, None] * np.eye(2)
    return weights, means, covariances


# ---- log densities and log-likelihoods, wrong


@wrong("log_likelihood", "the mean, not the sum")
def as_score(x, weights, means, variances):
    return logsumexp(
        np.log(weights) + norm.logpdf(x[:, None], means, variances**0.5), axis=1
    ).mean()


@wrong("log_likelihood", "sum of logs for log of the sum")
def sum_of_logs(x, weights, means, variances):
    return np.sum(np.log(weights) + norm.logpdf(x[:, None], means, variances**0.5))


@wrong("log_likelihood", "weighted sum of logs")
def weighted_logs(x, weights, means, variances):
    return np.sum(weights * norm.logpdf(x[:, None], means, variances**0.5))


@wrong("log_likelihood", "no log space")
def log_of_density(x, weights, means, variances):
    return np.log(densities(x, means, variances) @ weights).sum()


@wrong("log_likelihood", "expected complete log-likelihood")
def Q(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, variances**0.5)
    return (softmax(joint, axis=1) * joint).sum()


@wrong("log_likelihood", "sign turned")
def loss(x, weights, means, variances):
    return -logsumexp(
        np.log(weights) + norm.logpdf(x[:, None], means, variances**0.5), axis=1
    ).sum()


@wrong("log_likelihood", "not summed")
def one_each(x, weights, means, variances):
    return logsumexp(np.log(weights) + norm.logpdf(x[:, None], means, variances**0.5), axis=1)


@wrong("log_density", "density for log density")
def density(x, weights, means, variances):
    return densities(x, means, variances) @ weights


@wrong("log_density", "2π once for all dimensions", d=3)
def one_two_pi(X, weights, means, covariances):
    joint = [
        np.log(w) + multivariate_normal(m, C).logpdf(X) + np.log(2 * np.pi)
        for w, m, C in zip(weights, means, covariances)
    ]
    return logsumexp(joint, axis=0)


@wrong("log_density", "no root in the constant", d=2)
def determinant_without_root(X, weights, means, covariances):
    joint = [
        np.log(w) + multivariate_normal(m, C).logpdf(X) - np.log(np.linalg.det(C)) / 2
        for w, m, C in zip(weights, means, covariances)
    ]
    return logsumexp(joint, axis=0)


# ---- the loop, wrong


@wrong("em", "old means in the variance")
def variance_first(x, weights, means, variances, steps):
    for _ in range(steps):
        shares = shares_of(x, weights, means, variances)
        N = shares.sum(axis=0)
        variances = (shares * (x[:, None] - means) ** 2).sum(axis=0) / N
        means = shares.T @ x / N
        weights = N / len(x)
    return weights, means, variances


@wrong("em", "updates in place")
def component_by_component(x, weights, means, variances, steps):
    weights, means, variances = weights.copy(), means.copy(), variances.copy()
    for _ in range(steps):
        for k in range(len(means)):
            share = shares_of(x, weights, means, variances)[:, k]
            weights[k] = share.mean()
            means[k] = share @ x / share.sum()
            variances[k] = share @ (x - means[k]) ** 2 / share.sum()
    return weights, means, variances


@wrong("em", "updates in place", hold=("weights", "variances"))
def mean_by_mean(x, weights, means, variances, steps):
    means = list(means)
    for _ in range(steps):
        for k in range(len(means)):
            share = shares_of(x, weights, np.array(means), variances)[:, k]
            means[k] = share @ x / share.sum()
    return means


@wrong("em", "one step short")
def stops_before(x, weights, means, variances, steps):
    for _ in range(1, steps):
        weights, means, variances = refit(x, shares_of(x, weights, means, variances))
    return weights, means, variances


@wrong("em", "one step too many")
def goes_on(x, weights, means, variances, steps):
    step = 0
    while step <= steps:
        weights, means, variances = refit(x, shares_of(x, weights, means, variances))
        step += 1
    return weights, means, variances


@wrong("em", "E-step only once")
def shares_before_the_loop(x, weights, means, variances, steps):
    shares = shares_of(x, weights, means, variances)
    for _ in range(steps):
        weights, means, variances = refit(x, shares)
    return weights, means, variances


@wrong("em", "hard labels for shares")
def kmeans_like(x, weights, means, variances, steps):
    for _ in range(steps):
        shares = shares_of(x, weights, means, variances)
        shares = np.eye(len(means))[shares.argmax(axis=1)]
        weights, means, variances = refit(x, shares)
    return weights, means, variances


@wrong("em", "modifies its input")
def overwrites_the_start(x, weights, means, variances, steps):
    for _ in range(steps):
        weights[:], means[:], variances[:] = refit(x, shares_of(x, weights, means, variances))
    return weights, means, variances


@wrong("em", "no log space")
def naive_loop(x, weights, means, variances, steps):
    for _ in range(steps):
        joint = weights * densities(x, means, variances)
        weights, means, variances = refit(x, joint / joint.sum(axis=1, keepdims=True))
    return weights, means, variances


@wrong("em", "never stops")
def never_stops(x, weights, means, variances, steps):
    step = 0
    while step < steps:
        weights, means, variances = refit(x, shares_of(x, weights, means, variances))
    return weights, means, variances


@wrong("em", "stops on the first small gain", until=True)
def first_small_gain(x, weights, means, variances, tolerance):
    before = -np.inf
    while True:
        joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
        height = logsumexp(joint, axis=1).sum()
        if height - before < tolerance:
            return weights, means, variances
        before = height
        weights, means, variances = refit(x, softmax(joint, axis=1))


@wrong("em", "divided by N_k − 1", until=True)
def biased_climb(x, weights, means, variances, tolerance):
    for _ in range(400):
        shares = shares_of(x, weights, means, variances)
        N = shares.sum(axis=0)
        weights, means, variances = refit(x, shares)
        variances = variances * N / (N - 1)
    return weights, means, variances


# ---- starts and stopping rules, wrong


@wrong("start", "start without spread")
def all_in_the_middle(x, K, rng):
    return np.full(K, 1 / K), np.full(K, x.mean()), np.full(K, x.var())


@wrong("start", "start outside the data")
def standard_normal(x, K, rng):
    return np.full(K, 1 / K), rng.normal(size=K), np.full(K, x.var())


@wrong("start", "weights not normalized")
def weights_of_one(x, K, rng):
    return np.ones(K), rng.choice(x, K, replace=False), np.full(K, x.var())


@wrong("start", "rng not used")
def global_draws(x, K, rng):
    return np.full(K, 1 / K), np.random.choice(x, K, replace=False), np.full(K, x.var())  # noqa: NPY002


@wrong("start", "start too narrow")
def tiny(x, K, rng):
    return np.full(K, 1 / K), rng.choice(x, K, replace=False), np.full(K, 1e-9)


@wrong("start", "variance not positive", d=2)
def no_covariance(X, K, rng):
    return np.full(K, 1 / K), rng.choice(X, K, replace=False), np.zeros((K, 2, 2))


@wrong("stop", "stops on the first small gain")
def small_gain(log_likelihoods, tolerance):
    return len(log_likelihoods) > 1 and log_likelihoods[-1] - log_likelihoods[-2] < tolerance


@wrong("stop", "stops on a fall")
def falls_count(log_likelihoods, tolerance):
    if len(log_likelihoods) < 3:
        return False
    a, b, c = log_likelihoods[-3:]
    if c <= b:
        return True
    rate = (c - b) / (b - a)
    return rate < 1 and (c - b) * rate / (1 - rate) < tolerance


@wrong("stop", "never stops")
def never(log_likelihoods, tolerance):
    return False


@wrong("stop", "first steps not thought of")
def needs_three(log_likelihoods, tolerance):
    a, b, c = log_likelihoods[-3:]
    rate = (c - b) / (b - a)
    return 0 < rate < 1 and (c - b) * rate / (1 - rate) < tolerance


# ---- the slopes of the points, wrong


def score_of(shares, x, weights, means, variances):
    """The three blocks of columns, for programs that get one of them wrong."""
    ratios, off = shares / weights, x[:, None] - means
    in_variances = 0.5 * shares * (off**2 - variances) / variances**2
    return ratios[:, 1:] - ratios[:, [0]], shares * off / variances, in_variances


@wrong("slopes", "the first weight taken for free")
def each_weight_alone(x, weights, means, variances):
    shares = shares_of(x, weights, means, variances)
    _, b, c = score_of(shares, x, weights, means, variances)
    return np.hstack([shares[:, 1:] / weights[1:], b, c])


@wrong("slopes", "share missing in the slopes")
def as_if_labeled(x, weights, means, variances):
    off, K = x[:, None] - means, len(means)
    a = np.tile(1 / weights[1:] - 1 / weights[0], (len(x), 1))
    return np.column_stack([a, off / variances, (off**2 / variances - 1) / (2 * variances)])[
        :, : 3 * K - 1
    ]


@wrong("slopes", "slope in σ, not in σ²")
def in_deviations(x, weights, means, variances):
    shares, s = shares_of(x, weights, means, variances), np.sqrt(variances)
    a, b, _ = score_of(shares, x, weights, means, variances)
    return np.hstack([a, b, shares * ((x[:, None] - means) ** 2 / s**3 - 1 / s)])


@wrong("slopes", "sign of the slopes turned")
def downhill(x, weights, means, variances):
    shares = shares_of(x, weights, means, variances)
    return -np.hstack(score_of(shares, x, weights, means, variances))


@wrong("slopes", "half forgotten in the slope of the variance")
def no_half_in_the_slope(x, weights, means, variances):
    shares = shares_of(x, weights, means, variances)
    a, b, c = score_of(shares, x, weights, means, variances)
    return np.concatenate([a, b, 2 * c], axis=1)


@wrong("slopes", "slope of the constant forgotten")
def exponent_alone(x, weights, means, variances):
    shares = shares_of(x, weights, means, variances)
    a, b, _ = score_of(shares, x, weights, means, variances)
    return np.hstack([a, b, shares * (x[:, None] - means) ** 2 / (2 * variances**2)])


@wrong("slopes", "summed already")
def slope_of_all(x, weights, means, variances):
    shares = shares_of(x, weights, means, variances)
    return np.hstack(score_of(shares, x, weights, means, variances)).sum(axis=0)


@wrong("slopes", "weights forgotten")
def slopes_of_unweighted_shares(x, weights, means, variances):
    even = np.full(len(weights), 1 / len(weights))
    shares = shares_of(x, even, means, variances)
    return np.hstack(score_of(shares, x, weights, means, variances))


# ---- tests of the student's own, wrong


@wrong("test", "nothing asserted", of="e_step")
def asserts_nothing(e_step):
    e_step(np.array([0.0, 1]), np.array([0.5, 0.5]), np.array([0.0, 1]), np.array([1.0, 1]))


@wrong("test", "the right program refused", of="e_step")
def asks_for_equal_floats(e_step):
    shares = e_step(
        np.array([0.1, 1]), np.array([0.3, 0.7]), np.array([0.0, 3]), np.array([1.0, 2])
    )
    assert shares[0, 0] == 0.123456


@wrong("test", "wrong programs let through", of="m_step")
def looks_at_weights(m_step):
    weights, _, _ = m_step(np.array([0.0, 1, 4]), np.array([[1, 0], [0.5, 0.5], [0.2, 0.8]]))
    assert np.isclose(weights.sum(), 1)


@wrong("test", "the test raises", of="log_likelihood")
def has_a_typo(log_likelihood):
    assert log_likelihod(1) > 0  # noqa: F821


# ---- the same mistakes in other forms


@wrong("e_step", "component order assumed")
def weights_stay_behind(x, weights, means, variances):
    order = np.argsort(means)
    return shares_of(x, weights, means[order], variances[order])


@wrong("e_step", "no inverse")
def precedence(x, weights, means, variances):
    joint = weights / np.sqrt(variances) * np.exp(-((x[:, None] - means) ** 2) / 2 * variances)
    return joint / joint.sum(axis=1, keepdims=True)


@wrong("e_step", "normalized over points and components")
def softmax_of_everything(x, weights, means, variances):
    return softmax(np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances)))


@wrong("e_step", "hard labels for shares")
def labels_themselves(x, weights, means, variances):
    return shares_of(x, weights, means, variances).argmax(axis=1)


@wrong("e_step", "hard labels for shares")
def the_nearest_mean(x, weights, means, variances):
    return np.eye(len(means))[abs(x[:, None] - means).argmin(axis=1)]


@wrong("e_step", "wrong far out")
def clipped(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
    return softmax(np.maximum(joint, -300), axis=1)


@wrong("e_step", "no log space")
def one_maximum_for_all(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
    joint = np.exp(joint - joint.max())
    return joint / joint.sum(axis=1, keepdims=True)


@wrong("e_step", "other arguments")
def arguments_turned(x, means, variances, weights):
    return shares_of(x, weights, means, variances)


@wrong("e_step", "not numbers")
def gives_a_generator(x, weights, means, variances):
    return (row for row in shares_of(x, weights, means, variances))


@wrong("m_step", "divided by N_k − 1", d=2)
def cov_as_it_comes(X, shares):
    N = shares.sum(axis=0)
    covariances = [np.cov(X.T, aweights=share) for share in shares.T]
    return N / len(X), shares.T @ X / N[:, None], covariances


@wrong("m_step", "off-diagonals dropped", d=2)
def variances_only(X, shares):
    N = shares.sum(axis=0)
    means = shares.T @ X / N[:, None]
    return N / len(X), means, [s @ (X - m) ** 2 / s.sum() for s, m in zip(shares.T, means)]


@wrong("m_step", "something added to the variances", d=2)
def a_floor_added(X, shares):
    return gaussians(
        X, shares, lambda off, s: (s[:, None] * off).T @ off + 1e-2 * s.sum() * np.eye(2)
    )


@wrong("m_step", "component order assumed", hold=("weights", "variances"))
def means_in_order(x, shares):
    return np.sort(shares.T @ x / shares.sum(axis=0))


@wrong("em", "E-step only once")
def returns_in_the_loop(x, weights, means, variances, steps):
    for _ in range(steps):
        return refit(x, shares_of(x, weights, means, variances))


@wrong("em", "the start returned")
def forgets_the_new(x, weights, means, variances, steps):
    for _ in range(steps):
        _new = refit(x, shares_of(x, weights, means, variances))
    return weights, means, variances


@wrong("em", "updates in place")
def means_one_by_one(x, weights, means, variances, steps):
    weights, means, variances = weights.copy(), means.copy(), variances.copy()
    for _ in range(steps):
        shares = shares_of(x, weights, means, variances)
        N = shares.sum(axis=0)
        for k in range(len(means)):
            share = shares_of(x, weights, means, variances)[:, k]
            means[k] = share @ x / share.sum()
        variances = (shares * (x[:, None] - means) ** 2).sum(axis=0) / N
        weights = N / len(x)
    return weights, means, variances


@wrong("em", "weights left as they were")
def weights_stay(x, weights, means, variances, steps):
    for _ in range(steps):
        _, means, variances = refit(x, shares_of(x, weights, means, variances))
    return weights, means, variances


@wrong("em", "σ for σ², returned")
def deviations_at_the_end(x, weights, means, variances, steps):
    weights, means, variances = loop_of_two(x, weights, means, variances, steps)
    return weights, means, np.sqrt(variances)


@wrong("em", "component order assumed")
def sorts_the_means_alone(x, weights, means, variances, steps):
    weights, means, variances = loop_of_two(x, weights, means, variances, steps)
    return weights, np.sort(means), variances


@wrong("em", "component order assumed", hold=("weights", "variances"))
def sorts_known(x, weights, means, variances, steps):
    return np.sort(only_means(x, weights, means, variances, steps))


@wrong("em", "collapsed", until=True)
def onto_a_point(x, weights, means, variances, tolerance):
    return [1 / len(x), 1 - 1 / len(x)], [x[0], x.mean()], [1e-300, x.var()]


@wrong("em", "E-step only once", until=True)
def once_and_for_all(x, weights, means, variances, tolerance):
    shares = shares_of(x, weights, means, variances)
    for _ in range(500):
        weights, means, variances = refit(x, shares)
    return weights, means, variances


@wrong("em", "stops after a number of steps", until=True)
def three_steps(x, weights, means, variances, tolerance):
    return loop_of_two(x, weights, means, variances, 3)


@wrong("start", "start too wide")
def enormous(x, K, rng):
    return np.full(K, 1 / K), rng.choice(x, K, replace=False), np.full(K, 1e12)


@wrong("start", "start without spread")
def drawn_with_replacement(x, K, rng):
    return np.full(K, 1 / K), rng.choice(x, K), np.full(K, x.var())


@wrong("stop", "no gain not thought of")
def never_at_the_top(log_likelihoods, tolerance):
    if len(log_likelihoods) < 3:
        return False
    first, last = np.diff(log_likelihoods[-3:])
    return bool(0 < last < first and last * last / (first - last) <= tolerance)


@wrong("stop", "tolerance not used")
def its_own_tolerance(log_likelihoods, tolerance):
    return little_is_left(log_likelihoods, 1e-3)


@wrong("stop", "stops after a number of steps")
def counts(log_likelihoods, tolerance):
    return len(log_likelihoods) >= 7


@wrong("stop", "stops only on a fall")
def sign_of_the_gain(log_likelihoods, tolerance):
    return len(log_likelihoods) > 1 and log_likelihoods[-2] - log_likelihoods[-1] > 1e-15


@wrong("test", "wrong programs let through", of="e_step")
def says_no_in_numbers(e_step):
    shares = e_step(
        x=np.array([0.0, 1]),
        weights=np.array([0.3, 0.7]),
        means=np.array([3.0, 0]),
        variances=np.array([1.0, 4]),
    )
    return np.allclose(np.sum(shares, axis=1), 1)


# ---- right, in many styles


@right("slopes")
def slopes_in_columns(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
    shares = np.exp(joint - logsumexp(joint, axis=1, keepdims=True))
    columns = [
        shares[:, k] / weights[k] - shares[:, 0] / weights[0] for k in range(1, len(weights))
    ]
    for k, (m, v) in enumerate(zip(means, variances)):
        columns.append(shares[:, k] * (x - m) / v)
    for k, (m, v) in enumerate(zip(means, variances)):
        columns.append(shares[:, k] * ((x - m) ** 2 - v) / (2 * v * v))
    return np.transpose(columns)


@right("slopes")
def slopes_point_by_point(x, weights, means, variances):
    rows = []
    for value in x:
        logs = np.log(weights) - np.log(variances) / 2 - (value - means) ** 2 / (2 * variances)
        g = softmax(logs)
        z = (value - means) / np.sqrt(variances)
        of_weights = g[1:] / weights[1:] - g[0] / weights[0]
        rows.append([*of_weights, *(g * z / variances**0.5), *(g * (z * z - 1) / variances / 2)])
    return rows


@right("e_step")
def in_logs(x, weights, means, variances):
    return shares_of(x, weights, means, variances)


@right("e_step")
def in_plain_loops(x, weights, means, variances):
    rows = []
    for value in x:
        logs = [
            math.log(w) - math.log(2 * math.pi * v) / 2 - (value - m) ** 2 / (2 * v)
            for w, m, v in zip(weights, means, variances)
        ]
        top = max(logs)
        terms = [math.exp(each - top) for each in logs]
        rows.append([term / sum(terms) for term in terms])
    return rows


@right("e_step")
def other_names_and_order(points, pi, mu, sigma2):
    order = np.argsort(mu)
    return shares_of(points, pi[order], mu[order], sigma2[order])


@right("e_step")
def shares_and_height(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
    total = logsumexp(joint, axis=1, keepdims=True)
    return np.exp(joint - total), total.sum()


@right("e_step")
def two_at_most_one_by_a_logistic(x, weights, means, variances):
    joint = [
        [
            np.log(w) - 0.5 * (np.log(v) + (xi - m) ** 2 / v)
            for w, m, v in zip(weights, means, variances)
        ]
        for xi in x
    ]
    return np.array([[1 / sum(np.exp(min(b - a, 700)) for b in row) for a in row] for row in joint])


@right("e_step", d=2)
def with_scipy(X, weights, means, covariances):
    joint = [
        np.log(w) + multivariate_normal(m, C).logpdf(X).reshape(len(X))
        for w, m, C in zip(weights, means, covariances)
    ]
    return softmax(np.array(joint), axis=0).T


@right("e_step", d=3)
def with_cholesky(X, weights, means, covariances):
    joint = np.empty((len(X), len(weights)))
    for k, (w, m, C) in enumerate(zip(weights, means, covariances)):
        L = np.linalg.cholesky(C)
        u = np.linalg.solve(L, (X - m).T)
        joint[:, k] = np.log(w) - np.log(np.diag(L)).sum() - (u**2).sum(axis=0) / 2
    return softmax(joint, axis=1)


@right("e_step")
def in_single_precision(x, weights, means, variances):
    return shares_of(x, weights, means, variances).astype(np.float32)


@right("m_step")
def as_a_dict(x, shares):
    return dict(zip(["means", "variances", "weights"], np.roll(refit(x, shares), -1, axis=0)))


Parameters = namedtuple("Parameters", "weights means variances")


@right("m_step")
def as_a_named_tuple_of_lists(x, shares):
    n, K = len(x), len(shares[0])
    N = [sum(shares[i][k] for i in range(n)) for k in range(K)]
    means = [sum(shares[i][k] * x[i] for i in range(n)) / N[k] for k in range(K)]
    variances = [
        sum(shares[i][k] * (x[i] - means[k]) ** 2 for i in range(n)) / N[k] for k in range(K)
    ]
    return Parameters([c / n for c in N], means, variances)


@right("m_step")
def by_averages(x, shares):
    means = [np.average(x, weights=share) for share in shares.T]
    variances = [np.average((x - m) ** 2, weights=s) for m, s in zip(means, shares.T)]
    return shares.mean(axis=0), means, variances


@right("m_step")
def by_two_moments(x, shares):
    N = shares.sum(0)
    means = shares.T @ x / N
    return N / N.sum(), means, shares.T @ x**2 / N - means**2


@right("m_step")
def as_a_mixture(x, shares):
    return Mixture(*refit(x, shares))


@right("m_step", hold=("weights", "variances"))
def means_alone(x, shares):
    return [np.average(x, weights=share) for share in shares.T]


@right("m_step", d=2)
def by_cov(X, shares):
    return (
        shares.mean(axis=0),
        [np.average(X, axis=0, weights=s) for s in shares.T],
        [np.cov(X.T, aweights=s, ddof=0) for s in shares.T],
    )


@right("m_step", d=3)
def by_einsum(X, shares):
    N = shares.sum(axis=0)
    means = shares.T @ X / N[:, None]
    off = X[:, None] - means
    return N / len(X), means, np.einsum("nk,nka,nkb->kab", shares, off, off) / N[:, None, None]


@right("m_step", d=2, covariance="tied")
def one_for_all(X, shares):
    N = shares.sum(axis=0)
    means = shares.T @ X / N[:, None]
    within = X.T @ X - (N[:, None] * means).T @ means
    return N / len(X), means, within / len(X)


@right("m_step", d=3, covariance="tied")
def the_average_by_weights(X, shares):
    weights, means, covariances = by_cov(X, shares)
    one = np.tensordot(weights, covariances, 1)
    return weights, means, [one] * len(weights)


@right("m_step", covariance="tied")
def one_variance(x, shares):
    N = shares.sum(axis=0)
    means = shares.T @ x / N
    return N / len(x), means, (shares * (x[:, None] - means) ** 2).sum() / len(x)


@right("m_step", d=3, covariance="diagonal")
def column_after_column(X, shares):
    columns = [refit(x, shares) for x in X.T]
    return (
        columns[0][0],
        np.column_stack([means for _, means, _ in columns]),
        np.column_stack([variances for *_, variances in columns]),
    )


@right("m_step", d=2, covariance="diagonal")
def matrices_with_zeros(X, shares):
    weights, means, covariances = by_cov(X, shares)
    return weights, means, [np.diag(np.diag(S)) for S in covariances]


@right("m_step", d=3, covariance="spherical")
def mean_square_of_points_and_columns(X, shares):
    N = shares.sum(axis=0)
    means = shares.T @ X / N[:, None]
    squares = ((X[:, None] - means) ** 2).mean(axis=2)
    return {
        "weights": N / len(X),
        "means": means,
        "covariances": np.einsum("nk,nk->k", shares, squares) / N,
    }


@right("m_step", d=2, covariance="spherical")
def half_the_trace(X, shares):
    weights, means, covariances = by_cov(X, shares)
    return weights, means, [np.trace(S) / 2 * np.eye(2) for S in covariances]


@right("em", d=2, covariance="tied")
def tied_loop(X, weights, means, covariances, steps):
    for _ in range(steps):
        weights, means, one = one_for_all(X, with_scipy(X, weights, means, covariances))
        covariances = [one] * len(weights)
    return weights, means, covariances


@right("log_density")
def largest_taken_out(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
    top = joint.max(axis=1)
    return top + np.log(np.exp(joint - top[:, None]).sum(axis=1))


@right("log_likelihood")
def summed_in_a_loop(x, weights, means, variances):
    total = 0.0
    for value in x:
        total += np.logaddexp.reduce(np.log(weights) + norm.logpdf(value, means, variances**0.5))
    return total


@right("em")
def loop_of_two(x, weights, means, variances, steps):
    theta = weights, means, variances
    for _ in range(steps):
        theta = refit(x, shares_of(x, *theta))
    return theta


@right("em")
def sorted_at_the_end(x, weights, means, variances, steps):
    weights, means, variances = loop_of_two(x, weights, means, variances, steps)
    order = np.argsort(means)
    return [weights[order], means[order], variances[order]]


@right("em", hold=("weights", "variances"))
def only_means(x, weights, means, variances, steps):
    while steps:
        shares = shares_of(x, weights, means, variances)
        means = shares.T @ x / shares.sum(axis=0)
        steps -= 1
    return means


@right("em", until=True)
def until_little_is_left(x, weights, means, variances, tolerance):
    heights = []
    while True:
        joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
        heights.append(logsumexp(joint, axis=1).sum())
        if little_is_left(heights, tolerance):
            return weights, means, variances
        weights, means, variances = refit(x, softmax(joint, axis=1))


@right("em", until=True)
def far_more_steps_than_needed(x, weights, means, variances, tolerance):
    return loop_of_two(x, weights, means, variances, 1000)


@right("stop")
def little_is_left(log_likelihoods, tolerance):
    if len(log_likelihoods) < 3:
        return False
    first, last = np.diff(log_likelihoods[-3:])
    if abs(last) <= 1e-12 * abs(log_likelihoods[-1]):
        return True
    return bool(0 < last < first and last * last / (first - last) <= tolerance)


@right("stop")
def refuses_a_fall(log_likelihoods, tolerance):
    if len(log_likelihoods) < 3:
        return np.False_
    gains = np.diff(log_likelihoods)
    if (gains < -1e-9).any():
        raise ArithmeticError("the log-likelihood fell")
    if gains[-1] <= 1e-9:
        return np.True_
    rate = gains[-1] / gains[-2]
    return rate < 1 and gains[-1] * rate / (1 - rate) < tolerance


@right("stop")
def by_the_limit(log_likelihoods, tolerance):
    if len(log_likelihoods) < 3:
        return False
    a, b, c = log_likelihoods[-3:]
    if math.isclose(b, c, rel_tol=1e-13):
        return True
    if c < b or (c - b) >= (b - a):
        return False
    return b + (c - b) / (1 - (c - b) / (b - a)) - c <= tolerance


@right("start")
def points_as_means(x, K, rng):
    return np.full(K, 1 / K), rng.choice(x, K, replace=False), np.full(K, np.var(x))


@right("start")
def quantiles(x, K, rng):
    return np.full(K, 1 / K), np.quantile(x, (np.arange(K) + 0.5) / K), np.full(K, np.var(x) / K)


@right("start", d=2)
def points_and_one_covariance(X, K, rng):
    return [1 / K] * K, X[rng.permutation(len(X))[:K]], [np.cov(X.T)] * K


@right("test", of="e_step")
def a_test_that_finds_all(e_step):
    x, weights, means = np.array([0.0, 1, 90]), np.array([0.25, 0.75]), np.array([3.0, 0])
    variances = np.array([1.0, 4])
    shares = np.asarray(e_step(x, weights, means, variances))
    assert np.allclose(shares.sum(axis=1), 1)
    a, b = weights * densities(x[:1], means, variances)[0]
    assert np.isclose(max(shares[0]), max(a, b) / (a + b))


@right("test", of="m_step")
def a_test_of_the_m_step(m_step):
    x, shares = np.array([0.0, 1, 4]), np.array([[1, 0], [0.5, 0.5], [0.2, 0.8]])
    for got, expected in zip(m_step(x, shares), refit(x, shares)):
        if not np.allclose(sorted(got), sorted(expected)):
            return False
    return True


@right("em")
def with_the_heights(x, weights, means, variances, steps):
    theta = loop_of_two(x, weights, means, variances, steps)
    return (*theta, [0.0] * steps)


@right("m_step")
def rows_of_an_array(x, shares):
    return np.array(refit(x, shares))


@right("m_step", hold=("weights", "variances"))
def means_in_a_dict(x, shares):
    return {"means": shares.T @ x / shares.sum(axis=0)}


@right("e_step")
def all_in_single_precision(x, weights, means, variances):
    x, weights, means, variances = map(np.float32, (x, weights, means, variances))
    return shares_of(x, weights, means, variances)


@right("start")
def by_kmeans(x, K, rng):
    from sklearn.cluster import KMeans

    found = KMeans(K, n_init=3, random_state=int(rng.integers(1000))).fit(x[:, None])
    groups = [x[found.labels_ == k] for k in range(K)]
    return (
        [len(group) / len(x) for group in groups],
        found.cluster_centers_.ravel(),
        [group.var() + x.var() / 100 for group in groups],
    )


@right("test", of="log_likelihood")
def a_test_without_return(log_likelihood):
    x, weights, means = np.array([0.0, 1, 90]), np.array([0.25, 0.75]), np.array([3.0, 0])
    variances = np.array([1.0, 4])
    expected = summed_in_a_loop(x, weights, means, variances)
    assert np.isclose(log_likelihood(x, weights, means, variances), expected)


# ---- what is no answer


# ---- how many components


def height_of(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
    return logsumexp(joint, axis=1).sum()


@wrong("bic", "K weights counted")
def three_a_component(x, weights, means, variances):
    return -2 * height_of(x, weights, means, variances) + 3 * len(weights) * math.log(len(x))


@wrong("bic", "larger is better")
def as_mclust(x, weights, means, variances):
    free = 3 * len(means) - 1
    return 2 * height_of(x, weights, means, variances) - free * np.log(x.size)


@wrong("bic", "the price taken off")
def minus_for_plus(x, weights, means, variances):
    free = weights.size + means.size + variances.size - 1
    return -2 * height_of(x, weights, means, variances) - free * np.log(x.size)


@wrong("bic", "the price of AIC")
def two_each(x, weights, means, variances):
    return 2 * (3 * len(weights) - 1 - height_of(x, weights, means, variances))


@wrong("bic", "the mean, not the sum")
def from_a_score(x, weights, means, variances):
    score = height_of(x, weights, means, variances) / len(x)  # scikit-learn's score is a mean
    return -2 * score + (3 * len(weights) - 1) * np.log(len(x))


@wrong("bic", "the 2 forgotten")
def description_length(x, weights, means, variances):
    return (3 * len(weights) - 1) * np.log(len(x)) - height_of(x, weights, means, variances)


@wrong("bic", "d² numbers in a covariance", d=3)
def size_of_the_arrays(X, weights, means, covariances):
    joint = [
        np.log(w) + multivariate_normal(m, S).logpdf(X)
        for w, m, S in zip(weights, means, covariances)
    ]
    height = logsumexp(joint, axis=0).sum()
    free = weights.size - 1 + means.size + covariances.size
    return -2 * height + free * np.log(len(X))


@wrong("icl", "labels rewarded")
def entropy_taken_off(x, weights, means, variances):
    shares = shares_of(x, weights, means, variances)
    price = (3 * len(weights) - 1) * np.log(len(x))
    return -2 * height_of(x, weights, means, variances) + price + 2 * np.log(shares.max(1)).sum()


@wrong("icl", "entropy for the likeliest labels")
def with_the_entropy(x, weights, means, variances):
    shares = shares_of(x, weights, means, variances)
    price = (3 * len(weights) - 1) * np.log(len(x))
    entropy = -np.sum(shares * np.log(shares + 1e-300))
    return -2 * height_of(x, weights, means, variances) + price + 2 * entropy


@wrong("icl", "K weights counted")
def labels_and_all_weights(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
    return -2 * joint.max(axis=1).sum() + 3 * len(weights) * np.log(len(x))


@wrong("icl", "labels not counted")
def just_bic(x, weights, means, variances):
    free = 3 * len(means) - 1
    return free * np.log(x.size) - 2 * height_of(x, weights, means, variances)


@right("bic")
def count_by_parts(x, weights, means, variances):
    free = (len(weights) - 1) + len(means) + len(variances)
    return free * np.log(len(x)) - 2 * height_of(x, weights, means, variances)


@right("bic", d=2)
def upper_triangles(X, weights, means, covariances):
    joint = [
        np.log(w) + multivariate_normal(m, S).logpdf(X)
        for w, m, S in zip(weights, means, covariances)
    ]
    n, d = X.shape
    each = 1 + d + len(np.triu_indices(d)[0])
    free = each * len(weights) - 1
    return float(-2 * logsumexp(np.reshape(joint, (-1, n)), axis=0).sum() + free * np.log(n))


@right("icl")
def complete_data(x, weights, means, variances):
    joint = np.log(weights) + norm.logpdf(x[:, None], means, np.sqrt(variances))
    labels = joint.argmax(axis=1)
    total = sum(joint[i, z] for i, z in enumerate(labels))
    return [-2 * total + (3 * len(weights) - 1) * np.log(len(x))]


@right("icl")
def bic_and_doubt(x, weights, means, variances):
    doubt = -2 * np.log(shares_of(x, weights, means, variances).max(axis=1)).sum()
    return count_by_parts(x, weights, means, variances) + doubt


def raises(*arguments):
    raise KeyError("means")


def gives_nan(x, shares):
    weights, means, variances = refit(x, shares)
    return weights, means, variances * np.nan


def floods(x, shares):
    for _ in range(200_000):
        print("working on it " * 5)
    return refit(x, shares)


def catches_everything(x, shares):
    while True:
        try:
            while True:
                time.sleep(0.001)
        except BaseException:
            pass


def leaves(x, shares):
    raise SystemExit(3)


# ---- k-means


@wrong("assign", "axis swapped", d=2)
def nearest_point_to_each_center(X, centers):
    return np.linalg.norm(X[:, None] - centers, axis=2).argmin(axis=0)


@wrong("assign", "distances for labels")
def distances(x, centers):
    return np.abs(x[:, None] - centers)


@wrong("assign", "the farthest center", d=2)
def farthest(X, centers):
    return np.argmax([((X - c) ** 2).sum(axis=1) for c in centers], axis=0)


@wrong("assign", "labels from 1")
def as_in_r(x, centers):
    return [1 + int(np.argmin(abs(value - centers))) for value in x]


@wrong("assign", "absolute differences for squares", d=3)
def city_blocks(X, centers):
    return np.abs(X[:, None] - centers).sum(axis=-1).argmin(axis=1)


@wrong("assign", "length of the centers forgotten", d=2)
def largest_product(X, centers):
    return np.argmax(X @ np.transpose(centers), axis=1)


@wrong("update", "n where the cluster's size belongs", d=2)
def sums_over_n(X, labels, centers):
    new = centers.copy()
    for k in set(labels.tolist()):
        new[k] = X[labels == k].sum(axis=0) / len(X)
    return new


@wrong("update", "K where the cluster's size belongs")
def sums_over_K(x, labels, centers):
    K = len(centers)
    return [x[labels == k].sum() / K if (labels == k).any() else centers[k] for k in range(K)]


@wrong("update", "empty cluster gives nan", d=2)
def mean_of_nothing(X, labels, centers):
    return np.array([X[labels == k].mean(axis=0) for k in range(len(centers))])


@wrong("update", "empty cluster goes to 0")
def counts_at_least_one(x, labels, centers):
    K = len(centers)
    return np.bincount(labels, x, K) / np.maximum(np.bincount(labels, minlength=K), 1)


@wrong("update", "empty cluster left out")
def only_those_with_points(x, labels, centers):
    return [x[labels == k].mean() for k in np.unique(labels)]


@wrong("update", "axis forgotten in the mean", d=2)
def one_number_for_a_center(X, labels, centers):
    new = centers.copy()
    for k in np.unique(labels):
        new[k] = X[labels == k].mean()
    return new


@wrong("update", "modifies its input", d=2)
def centers_overwritten(X, labels, centers):
    for k in np.unique(labels):
        centers[k] = X[labels == k].mean(axis=0)
    return centers


@wrong("kmeans", "old labels used", d=2)
def labels_before_the_loop(X, centers, steps):
    labels = nearest(X, centers)
    for _ in range(steps):
        centers = moved(X, labels, centers)
    return centers


@wrong("kmeans", "updates in place")
def center_by_center(x, centers, steps):
    centers = list(centers)
    for _ in range(steps):
        for k in range(len(centers)):
            own = np.abs(x[:, None] - np.array(centers)).argmin(axis=1) == k
            centers[k] = x[own].mean() if own.any() else centers[k]
    return centers


def nearest(X, centers):
    return ((X[:, None] - centers) ** 2).sum(axis=-1).argmin(axis=1)


def moved(X, labels, centers):
    K = len(centers)
    return np.array([X[labels == k].mean(0) if k in labels else centers[k] for k in range(K)])


@right("assign", d=2)
def without_the_square(X, centers):
    return np.linalg.norm(X[:, None, :] - centers[None], axis=-1).argmin(axis=-1)


@right("assign")
def by_a_border(x, centers):
    order = np.argsort(centers)
    borders = (centers[order][1:] + centers[order][:-1]) / 2
    return order[np.searchsorted(borders, x)]


@right("assign", d=3)
def without_the_points_own_length(X, centers):
    return ((centers**2).sum(axis=1) - 2 * X @ centers.T).argmin(axis=1).reshape(-1, 1)


@right("update", d=2)
def as_shares(X, labels, centers):
    hard = np.eye(len(centers))[labels]
    N = hard.sum(axis=0)[:, None]
    return np.where(N > 0, hard.T @ X / np.maximum(N, 1), centers)


@right("update")
def value_by_value(x, labels, centers):
    found = []
    for k, center in enumerate(centers):
        own = [value for value, label in zip(x, labels) if label == k]
        found.append(sum(own) / len(own) if own else center)
    return found


@right("kmeans", d=2)
def two_lines(X, centers, steps):
    for _ in range(steps):
        centers = moved(X, nearest(X, centers), centers)
    return centers


@right("kmeans")
def until_nothing_moves(x, centers, steps):
    for _ in range(steps):
        new = moved(x[:, None], nearest(x[:, None], centers[:, None]), centers[:, None])[:, 0]
        if (new == centers).all():
            break
        centers = new
    return centers


@right("kmeans", d=2)
def of_gmmlib(X, centers, steps):
    from gmmlib import kmeans

    return kmeans(X, centers, max_steps=steps).centers
