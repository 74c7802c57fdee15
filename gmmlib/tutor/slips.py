"""EM with its mistakes: the functions of textbook.py, and in each the slips that students make.

A slip is a name in `slips`; `WORDS` says what it is. Without slips the answers are those of
textbook.py. The checker runs these programs beside a student's: the fewest slips that give the
student's numbers are the student's mistake, and two at once are found as two. A new mistake is one
`if` here, one line in `WORDS`, and one wrong program in tests/tutor_programs.py.
"""

import numpy as np

EVERY_SHARE = "normalized over the points"


def log_joint(X, weights, means, covariances, slips=()):
    """(n, K): log π_k + log N(x_i | μ_k, Σ_k)."""
    order = np.argsort(means[:, 0])
    if "component order assumed" in slips:
        means = means[order]
    if "means and variances sorted" in slips:
        means, covariances = means[order], covariances[order]
    if "means and weights sorted" in slips:
        means, weights = means[order], weights[order]
    columns = []
    for weight, mean, covariance in zip(weights, means, covariances):
        off = X if "mean not subtracted" in slips else X - mean
        d = len(covariance)
        if "off-diagonals dropped" in slips:
            covariance = np.diag(np.diag(covariance))
        if "σ for σ²" in slips:  # the variance is handed on where a deviation is expected
            covariance = covariance @ covariance
        squares = (off * np.linalg.solve(covariance, off.T).T).sum(axis=1)
        if "σ for σ² in the exponent" in slips:
            squares = squares * np.sqrt(covariance[0, 0])
        if "no inverse" in slips:
            squares = (off * (off @ covariance)).sum(axis=1)
        if "variance squared in the exponent" in slips:
            squares = squares / covariance[0, 0]
        log_det = np.linalg.slogdet(covariance)[1]
        log_2_pi = d * np.log(2 * np.pi)
        if "2π forgotten" in slips:
            log_2_pi = 0
        if "2π once for all dimensions" in slips:
            log_2_pi = np.log(2 * np.pi)
        if "no root in the constant" in slips:
            log_det = 2 * log_det
        if "no root over 2π either" in slips:
            log_det, log_2_pi = 2 * log_det, 2 * log_2_pi
        if "σ for σ² in the constant" in slips:
            log_det = log_det / 2
        if "constant forgotten" in slips:
            log_det = log_2_pi = 0
        if "half forgotten in the exponent" in slips:
            squares = 2 * squares
        if "sign of the exponent" in slips:
            squares = -squares
        late = "weights forgotten" in slips or "weights after normalizing" in slips
        log_weight = 0 if late else np.log(weight)
        if "weights added" in slips:
            log_weight = weight
        columns.append(log_weight - (log_2_pi + log_det + squares) / 2)
    joint = np.column_stack(columns)
    if "no log space" in slips:
        joint = np.log(np.exp(joint))
    return joint


def e_step(X, weights, means, covariances, slips=()):
    """The shares γ (n, K)."""
    joint = log_joint(X, weights, means, covariances, slips)
    if "hard labels for shares" in slips:
        return np.eye(len(weights))[joint.argmax(axis=1)]
    if "not normalized" in slips:
        return np.exp(joint)
    if "normalized over points and components" in slips:
        return np.exp(joint - np.logaddexp.reduce(joint, axis=None))
    if "weights after normalizing" in slips:
        return weights * np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
    axis = 0 if EVERY_SHARE in slips else 1
    log_shares = joint - np.logaddexp.reduce(joint, axis=axis, keepdims=True)
    return log_shares if "logarithms returned" in slips else np.exp(log_shares)


def m_step(X, shares, slips=(), old_means=None, kind="full"):
    """weights (K,), means (K, d), covariances (K, d, d) of a kind."""
    n, K = shares.shape
    if "hard labels for shares, in the M-step" in slips:
        shares = np.eye(K)[shares.argmax(axis=1)]
    if "shares of a half and more counted whole" in slips:
        shares = (shares >= 0.5).astype(float)
    N = shares.sum(axis=0)
    weights, means = N / n, shares.T @ X / N[:, None]
    if "weights not renormalized" in slips:
        weights = N
    if "weights not updated" in slips:
        weights = np.full(K, 1 / K)
    if "weights divided by K" in slips:
        weights = N / K
    if "n where N_k belongs, in the means" in slips:
        means = shares.T @ X / n
    if "means sorted" in slips:
        means = means[np.argsort(means[:, 0])]
    center = means
    if "old means in the variance" in slips and old_means is not None:
        center = old_means
    if "spread about the mean of all points" in slips:
        center = np.repeat(X.mean(axis=0)[None], K, axis=0)
    if "mean not subtracted in the spread" in slips:
        center = np.zeros_like(means)
    given = np.ones_like(shares) if "share missing in the spread" in slips else shares
    if "share counted twice" in slips:
        given = shares**2
    scatters = np.array(
        [(share[:, None] * (X - c)).T @ (X - c) for share, c in zip(given.T, center)]
    )
    count = N
    if "n where N_k belongs, in the variances" in slips:
        count = np.full(K, float(n))
    if "divided by N_k − 1" in slips:
        count = N - 1
    if "np.cov without ddof=0" in slips:  # it divides weighted sums so
        count = N - (shares**2).sum(axis=0) / N
    if "divided by n − 1" in slips:
        count = np.full(K, n - 1.0)
    covariances = scatters / count[:, None, None]
    if "variances not divided" in slips:
        covariances = scatters
    covariances = of_kind(kind, covariances, scatters, N, slips)
    if "σ for σ², returned" in slips:
        covariances = np.sqrt(covariances)
    if "off-diagonals dropped in the M-step" in slips:
        covariances = covariances * np.eye(X.shape[1])
    if "covariance not symmetric" in slips:
        covariances = np.triu(covariances)
    if "one covariance for all" in slips:
        covariances = np.repeat((N[:, None, None] * covariances).sum(axis=0)[None] / n, K, axis=0)
    return weights, means, covariances


def of_kind(kind, covariances, scatters, N, slips):
    """The best covariances of the kind, from each component's own."""
    K, d, n, own = *scatters.shape[:2], N.sum(), covariances
    if kind == "tied" and "each component its own covariance" not in slips:
        share = np.full(K, 1 / K) if "components averaged without weights" in slips else N / n
        one = np.einsum("k,kab->ab", share, own)
        if "variances not divided" in slips:
            one = scatters.sum(axis=0)
        if "divided by n − 1" in slips:
            one = scatters.sum(axis=0) / (n - 1)
        if "divided by n − K" in slips:
            one = scatters.sum(axis=0) / (n - K)
        covariances = np.repeat(one[None], K, axis=0)
    if kind == "diagonal" and "off-diagonals kept" not in slips:
        covariances = own * np.eye(d)
        if "diagonal of the inverse" in slips:  # variances of a column, given the others
            covariances = np.linalg.inv(np.linalg.inv(own) * np.eye(d))
    one_number = kind == "spherical" and "each column its own variance" not in slips
    if one_number or "one variance for all columns" in slips:
        variances = np.trace(own, axis1=1, axis2=2) / d
        if "d forgotten in the trace" in slips:
            variances = variances * d
        if "determinant for trace" in slips:
            variances = np.linalg.det(own) ** (1 / d)
        if "the first column for all" in slips:
            variances = own[:, 0, 0]
        covariances = variances[:, None, None] * np.eye(d)
    elif kind == "spherical":
        covariances = own * np.eye(d)
    return covariances


def log_density(X, weights, means, covariances, slips=()):
    """(n,): log p(x_i)."""
    joint = log_joint(X, weights, means, covariances, slips)
    if "sum of logs for log of the sum" in slips:
        return joint.sum(axis=1)
    if "weighted sum of logs" in slips:
        return (joint - np.log(weights)) @ weights
    if "the largest component alone" in slips:
        return joint.max(axis=1)
    if "mean over the components" in slips:
        return np.logaddexp.reduce(joint, axis=1) - np.log(len(weights))
    answer = np.logaddexp.reduce(joint, axis=1)
    if "density for log density" in slips:
        return np.exp(answer)
    return answer


def slopes(X, weights, means, covariances, slips=()):
    """(n, 3K − 1): the slope of log p(x_i) in the weights but the first, means and variances."""
    shares = e_step(X, weights, means, covariances, slips)
    if "share missing in the slopes" in slips:
        shares = np.ones_like(shares)
    off, v = X - means[:, 0], covariances[:, 0, 0]
    each = shares / weights
    of_weights = each[:, 1:] - each[:, :1]
    if "the first weight taken for free" in slips:
        of_weights = each[:, 1:]
    of_means, of_variances = shares * off / v, shares * (off**2 / v - 1) / (2 * v)
    if "σ for σ² in the slope of the mean" in slips:
        of_means = shares * off / np.sqrt(v)
    if "slope in σ, not in σ²" in slips:
        of_variances = 2 * np.sqrt(v) * of_variances
    if "half forgotten in the slope of the variance" in slips:
        of_variances = 2 * of_variances
    if "slope of the constant forgotten" in slips:
        of_variances = shares * off**2 / (2 * v**2)
    answer = np.column_stack([of_weights, of_means, of_variances])
    return -answer if "sign of the slopes turned" in slips else answer


def log_likelihood(X, weights, means, covariances, slips=()):
    """A number: Σ_i log p(x_i)."""
    if "expected complete log-likelihood" in slips:
        shares = e_step(X, weights, means, covariances, slips)
        return (shares * log_joint(X, weights, means, covariances, slips)).sum()
    each = log_density(X, weights, means, covariances, slips)
    if "log of the summed densities" in slips:
        return np.logaddexp.reduce(each)
    total = each.sum()
    if "likelihood for log-likelihood" in slips:
        total = np.exp(total)
    if "the mean, not the sum" in slips:
        total = total / len(X)
    if "sign turned" in slips:
        total = -total
    if "logarithm to base 10" in slips:
        total = total / np.log(10)
    return total


def bic(X, weights, means, covariances, slips=()):
    """A number: −2 Σ_i log p(x_i) + (free parameters) log n, for full covariances."""
    (n, d), K = X.shape, len(weights)
    half = d * d if "d² numbers in a covariance" in slips else d * (d + 1) / 2
    if "d numbers in a covariance" in slips:
        half = d
    m = K - 1 + K * d + K * half
    if "K weights counted" in slips:
        m = m + 1
    if "weights not counted" in slips:
        m = m - (K - 1)
    if "one component counted" in slips:
        m = d + half
    price = 2 if "the price of AIC" in slips else np.log(n)
    if "log n forgotten" in slips:
        price = 1
    if "logarithm of n to base 10" in slips:
        price = np.log10(n)
    factor = -1 if "the 2 forgotten" in slips else -2
    height = log_likelihood(X, weights, means, covariances, slips)
    answer = factor * height + m * price
    if "the price taken off" in slips:
        answer = factor * height - m * price
    if "larger is better" in slips:
        answer = -answer
    return answer


def icl(X, weights, means, covariances, slips=()):
    """A number: BIC − 2 Σ_i log max_k γ_ik."""
    log_shares = np.log(np.maximum(e_step(X, weights, means, covariances, slips), 1e-300))
    unsure = -2 * log_shares.max(axis=1).sum()
    if "entropy for the likeliest labels" in slips:
        unsure = -2 * (np.exp(log_shares) * log_shares).sum()
    if "entropy without its 2" in slips:
        unsure = -(np.exp(log_shares) * log_shares).sum()
    if "no 2 before the labels" in slips:
        unsure = unsure / 2
    if "labels rewarded" in slips:
        unsure = -unsure
    if "labels not counted" in slips:
        unsure = 0
    total = bic(X, weights, means, covariances, [s for s in slips if s != "larger is better"])
    answer = total + unsure
    return -answer if "larger is better" in slips else answer


def _steps(steps, slips):
    """How many steps a loop takes that should take so many."""
    if "the start returned" in slips:
        return 0
    return steps - ("one step short" in slips) + ("one step too many" in slips)


def em(X, weights, means, covariances, steps, slips=(), hold=(), kind="full"):
    """The mixture after so many steps; what `hold` names ("weights", "covariances") stays.

    kind: what the covariances may be.
    """
    K, shares, names = len(weights), None, ("weights", "means", "covariances")
    steps = _steps(steps, slips)
    stay = {name for name in names if name in hold or f"{name} left as they were" in slips}
    if "deviations for variances, at the start" in slips:
        covariances = covariances @ covariances

    def moved(old, new, k=slice(None), parts=names):
        """`old`, but component k as in `new`, as far as it may move."""
        found = []
        for name, before, after in zip(names, old, new):
            part = np.array(before, dtype=float)
            if name in parts and name not in stay:
                part[k] = after[k]
            found.append(part)
        return tuple(found)

    def fitted(theta):
        return m_step(X, e_step(X, *theta, slips), slips, theta[1], kind)

    theta = weights, means, covariances
    for _ in range(steps):
        if "updates in place" in slips:
            for k in range(K):
                theta = moved(theta, fitted(theta), k)
        elif "means updated in place" in slips:
            shares = e_step(X, *theta, slips)
            for k in range(K):
                theta = moved(theta, fitted(theta), k, ["means"])
            theta = moved(theta, about(X, shares, theta[1], slips, kind))
        elif "means and variances updated in place" in slips:
            for k in range(K):
                theta = moved(theta, fitted(theta), k, ["means", "covariances"])
            theta = moved(theta, fitted(theta), parts=["weights"])
        elif "E-step again before the variances" in slips:
            theta = moved(theta, fitted(theta), parts=["weights", "means"])
            theta = moved(theta, about(X, e_step(X, *theta, slips), theta[1], slips, kind))
        else:
            if shares is None or "E-step only once" not in slips:
                shares = e_step(X, *theta, slips)
            theta = moved(theta, m_step(X, shares, slips, theta[1], kind))
        if "means sorted in each step" in slips:
            theta = theta[0], theta[1][np.argsort(theta[1][:, 0])], theta[2]
    if "means sorted at the end" in slips:
        theta = theta[0], theta[1][np.argsort(theta[1][:, 0])], theta[2]
    if "standard deviations at the end" in slips:
        theta = theta[0], theta[1], np.sqrt(theta[2])
    return theta


def about(X, shares, means, slips, kind):
    """An M-step that takes the means as they are, and the spread about them."""
    weights, _, _ = m_step(X, shares, slips)
    old = m_step(X, shares, (*slips, "old means in the variance"), means, kind)
    return weights, means, old[2]


def assign(X, centers, slips=()):
    """k-means' first step, the label of the nearest center: (n,)."""
    off = X[:, None] - centers
    squares = (off**2).sum(axis=2)
    if "differences not squared" in slips:
        squares = off.sum(axis=2)
    if "absolute differences for squares" in slips:
        squares = np.abs(off).sum(axis=2)
    if "first column alone" in slips:
        squares = off[:, :, 0] ** 2
    if "length of the centers forgotten" in slips:
        squares = -X @ centers.T
    if "the farthest center" in slips:
        squares = -squares
    return squares.argmin(axis=1) + ("labels from 1" in slips)


def update(X, labels, centers, slips=()):
    """k-means' second step, each center the mean of its points, or where it was: (K, d)."""
    labels, new = labels.astype(int), np.array(centers, dtype=float)
    for k in range(len(centers)):
        own = X[labels == k + ("labels taken from 1" in slips)]
        size = len(own)
        if "n where the cluster's size belongs" in slips:
            size = len(X)
        if "K where the cluster's size belongs" in slips:
            size = len(centers)
        if len(own):
            new[k] = own.sum(axis=0) / size
            if "axis forgotten in the mean" in slips:
                new[k] = own.mean()
            if "median for mean" in slips:
                new[k] = np.median(own, axis=0)
            if "old center averaged in" in slips:
                new[k] = (own.sum(axis=0) + centers[k]) / (size + 1)
        elif "empty cluster gives nan" in slips:
            new[k] = np.nan
        elif "empty cluster goes to 0" in slips:
            new[k] = 0
        elif "empty cluster goes to the mean of all" in slips:
            new[k] = X.mean(axis=0)
    return new


def kmeans(X, centers, steps, slips=()):
    """The centers of k-means after so many steps: (K, d)."""
    steps = _steps(steps, slips)
    first = assign(X, centers, slips)
    for _ in range(steps):
        if "updates in place" in slips:
            for k in range(len(centers)):
                new = update(X, assign(X, centers, slips), centers, slips)
                centers = np.where(np.arange(len(centers))[:, None] == k, new, centers)
            continue
        labels = first if "old labels used" in slips else assign(X, centers, slips)
        centers = update(X, labels, centers, slips)
    return centers


def merge(shares, a, b, slips=()):
    """Components a and b as one: shares (n, K − 1), and their entropy."""
    both = shares[:, a] + shares[:, b]
    if "shares averaged, not added" in slips:
        both = both / 2
    if "the larger share kept" in slips:
        both = np.maximum(shares[:, a], shares[:, b])
    if "the second share lost" in slips:
        both = shares[:, a]
    merged = shares.copy()
    merged[:, a] = both
    counted = merged = np.delete(merged, b, axis=1)
    if "entropy before the merging" in slips:
        counted = shares
    if "entropy of the weights" in slips:
        counted = merged.mean(axis=0)
    logs = np.log(counted, where=counted > 0, out=np.zeros_like(counted))
    if "log of zero" in slips:
        logs = np.log(counted)
    entropy = -(counted * logs).sum()
    if "entropy divided by n" in slips:
        entropy = entropy / len(shares)
    if "sign of the entropy" in slips:
        entropy = -entropy
    if "entropy in bits" in slips:
        entropy = entropy / np.log(2)
    return merged, entropy


def adjusted_rand(labels, others, slips=()):
    """A number: how far two groupings agree, 0 by chance and 1 in full."""
    rows, columns = (np.unique(each, return_inverse=True)[1] for each in (labels, others))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    n = len(rows)

    def pairs(sizes):
        if "each pair counted twice" in slips:  # in the three sums, and not in all pairs
            return (sizes * (sizes - 1)).sum()
        if "points paired with themselves" in slips:
            return (sizes**2).sum() / 2
        return (sizes * (sizes - 1)).sum() / 2

    both, one, other = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    every = n**2 / 2 if "points paired with themselves" in slips else n * (n - 1) / 2
    if "names compared" in slips:
        return (np.asarray(labels) == np.asarray(others)).mean()
    if "purity" in slips:
        return table.max(axis=1).sum() / n
    if "not adjusted for chance" in slips:
        return (every + 2 * both - one - other) / every
    if "pairs kept apart not counted" in slips:
        return both / (one + other - both)
    chance, most = one * other / every, (one + other) / 2
    if "chance not taken off below" in slips:
        return (both - chance) / most
    if "the smaller for the average" in slips:
        most = min(one, other)
    if "all pairs for the average" in slips:
        most = every
    return 1.0 if most == chance else (both - chance) / (most - chance)


def complete(row, mean, covariance, slips=()):
    """The row with conditional means in its gaps, and their covariance (d, d), 0 elsewhere."""
    m = np.isnan(row)
    o, filled, spread = ~m, row.copy(), np.zeros_like(covariance)
    between, own, known = covariance[m][:, o], covariance[m][:, m], covariance[o][:, o]
    slope = np.linalg.solve(known, between.T).T
    if "known columns one by one" in slips:
        slope = between / np.diag(known)
    if "not divided by the known covariance" in slips:
        slope = between
    off = row[o] if "known mean not subtracted" in slips else row[o] - mean[o]
    filled[m] = slope @ off
    if "mean of the gap forgotten" not in slips:
        filled[m] += mean[m]
    if "filled with the mean" in slips:
        filled[m] = mean[m]
    rest = own - slope @ between.T
    if "unconditional covariance" in slips:
        rest = own
    if "sign of what is known" in slips:
        rest = own + slope @ between.T
    if "block of the precision" in slips:
        rest = np.linalg.inv(covariance)[m][:, m]
    spread[np.ix_(m, m)] = rest
    if "covariance of the wrong block" in slips:
        spread = np.zeros_like(covariance)
        spread[np.ix_(o, o)] = known - between.T @ np.linalg.solve(own, between)
    if "no conditional covariance" in slips:
        spread = np.zeros_like(covariance)
    if "off-diagonals dropped between gaps" in slips:
        spread = spread * np.eye(len(row))
    return filled, spread


def poisson_step(x, weights, means, slips=()):
    """One step of EM for a mixture of Poisson distributions: weights (K,) and means (K,)."""
    n, K = len(x), len(weights)

    def shared(means):
        joint = x[:, None] * np.log(means) - means + np.log(weights)
        if "e to minus the mean forgotten" in slips:
            joint = joint + means
        if "weights forgotten" in slips:
            joint = joint - np.log(weights)
        if "a bell for the Poisson" in slips:
            joint = np.log(weights) - (np.log(means) + (x[:, None] - means) ** 2 / means) / 2
        if "hard labels for shares" in slips:
            return np.eye(K)[joint.argmax(axis=1)]
        if "joint not normalized" in slips:  # here the factorial does not cancel
            factorials = np.array([np.log(np.arange(1, count + 1)).sum() for count in x])
            return np.exp(joint - factorials[:, None])
        axis = 0 if EVERY_SHARE in slips else 1
        return np.exp(joint - np.logaddexp.reduce(joint, axis=axis, keepdims=True))

    shares = shared(means)
    N = shares.sum(axis=0)
    new = shares.T @ x / N
    if "n where N_k belongs, in the means" in slips:
        new = shares.T @ x / n
    if "mean over the counts" in slips:
        new = shares.T @ x / x.sum()
    fitted = N / n
    if "weights not renormalized" in slips:
        fitted = N
    if "weights left as they were" in slips:
        fitted = weights
    if "E-step again before the weights" in slips:
        fitted = shared(new).sum(axis=0) / n
    return fitted, new


def repaint(X, shares, slips=()):
    """Each pixel as the average of the components' means by its shares, (n, d)."""
    own = np.eye(shares.shape[1])[shares.argmax(axis=1)]
    if "hard labels for shares" in slips:
        shares = own
    N = shares.sum(axis=0)
    divisor = len(X) if "n where N_k belongs, in the means" in slips else N
    means = (shares.T @ X / np.reshape(divisor, (-1, 1))).reshape(-1, X.shape[1])
    brush = shares
    if "painted with hard labels" in slips:
        brush = own
    if "painted with the weights" in slips:
        brush = np.tile(N / len(X), (len(X), 1))
    if "painted with shares over the points" in slips:
        brush = shares / N
    if "shares squared in the painting" in slips:
        brush = shares**2
    return brush @ means


def combine(counts, means, covariances, slips=()):
    """Blocks (B,), (B, d), (B, d, d) as one: how many, their mean, their covariance."""
    n = counts.sum()
    mean = counts @ means / n
    if "blocks' means averaged without counts" in slips:
        mean = means.mean(axis=0)
    off = means - (means[0] if "away from the first block" in slips else mean)
    between = counts[:, None, None] * off[:, :, None] * off[:, None, :]
    if "between the blocks without counts" in slips:
        between = off[:, :, None] * off[:, None, :] * n / len(counts)
    if "off-diagonals dropped between blocks" in slips:
        between = between * np.eye(means.shape[1])
    within = counts[:, None, None] * covariances
    if "blocks' covariances averaged without counts" in slips:
        within = covariances * n / len(counts)
    if "blocks' covariances added" in slips:
        within = covariances * n
    total = within.sum(axis=0)
    if "between the blocks forgotten" not in slips:
        total = total + between.sum(axis=0)
    if "between the blocks taken off" in slips:
        total = total - 2 * between.sum(axis=0)
    if "sums of squares returned" in slips:
        return n, mean, total
    return n, mean, total / (n - 1 if "blocks divided by n − 1" in slips else n)


# What each slip is, in words to the student, and what to look at. `almost` marks what is nearly
# right: the idea stands and one thing is missing.
WORDS = {
    "normalized over the points": (
        "the shares are normalized over the points, not over the components",
        "Each row belongs to one point and must add up to 1; your columns do. Divide each row by "
        "its own sum (axis=1, keepdims=True).",
    ),
    "normalized over points and components": (
        "everything is divided by one sum, over points and components",
        "Each row belongs to one point and must add up to 1: an `axis=1` is missing (softmax and "
        "sum take the whole array without it).",
    ),
    "weights after normalizing": (
        "the weights come after the normalizing, so the shares do not add up to 1",
        "Multiply each density by its weight first, and then divide each row by its sum.",
    ),
    "not normalized": (
        "the shares of a point do not add up to 1",
        "Divide each π_k N(x_i | μ_k, σ_k²) by the sum over the components, row by row.",
    ),
    "weights forgotten": (
        "the weights are forgotten",
        "A component that is used more often claims more of each point: multiply each density by "
        "its weight π_k (or add log π_k).",
    ),
    "weights added": (
        "the weight itself is added to a log density",
        "Inside a logarithm the weight enters as log π_k.",
    ),
    "σ for σ²": (
        "the variance is used where a standard deviation belongs (σ for σ²)",
        "You are given variances σ². scipy's `norm.pdf` and many formulas take σ: use the root.",
    ),
    "σ for σ² in the exponent": (
        "the exponent divides by the standard deviation, not by the variance (σ for σ²)",
        "The exponent is −(x − μ)² / (2σ²).",
    ),
    "σ for σ² in the constant": (
        "the factor in front has the root of the standard deviation (σ for σ²)",
        "It is 1 / √(2πσ²) = 1 / (√(2π) σ).",
    ),
    "variance squared in the exponent": (
        "the exponent divides by the square of the variance (the variance taken for σ)",
        "The exponent is −(x − μ)² / (2σ²), and σ² is what you are given.",
    ),
    "no inverse": (
        "the exponent multiplies by the variance where it should divide",
        "The exponent is −(x − μ)² / (2σ²). In Python a / 2 * v is (a / 2) times v: write "
        "a / (2 * v).",
    ),
    "hard labels for shares": (
        "each point is given whole to one component: these are hard labels, not shares",
        "Keep the shares as they are. Giving each point to one component is k-means' way, and "
        "ends elsewhere.",
    ),
    "half forgotten in the exponent": (
        "the ½ in the exponent is missing",
        "The exponent is −(x − μ)² / (2σ²).",
    ),
    "constant forgotten": (
        "the factor in front of the exponential is missing",
        "A wide bell is lower: 1 / √(2πσ²), or |2πΣ|^(−½), differs from component to component.",
    ),
    "no root in the constant": (
        "the factor in front of the exponential has no root",
        "It is 1 / √(2πσ²), or |2πΣ|^(−½): the root is over the variance too.",
    ),
    "no root over 2π either": (
        "the factor in front of the exponential has no root",
        "It is 1 / √(2πσ²): the root is over all of it.",
    ),
    "2π forgotten": (
        "2π is missing in the density",
        "It cancels in shares, and does not in a density: 1 / √(2πσ²).",
    ),
    "2π once for all dimensions": (
        "2π is there once, whatever the dimension",
        "The constant is (2π)^(−d/2) |Σ|^(−½): d factors of 2π under the root.",
    ),
    "mean not subtracted": (
        "the mean is not subtracted from x in the density",
        "What counts is the distance x − μ.",
    ),
    "sign of the exponent": (
        "the sign of the exponent is turned",
        "Far from the mean the density is small: exp(−…).",
    ),
    "logarithms returned": (
        "these are the logarithms of the shares",
        "Take the exponential before you return them.",
    ),
    "component order assumed": (
        "the order of the components is assumed: the means are sorted, the rest is not",
        "Component k has weight k, mean k and variance k, whichever mean is the smaller.",
    ),
    "means and variances sorted": (
        "the order of the components is assumed: means and variances are sorted, the weights not",
        "Component k has weight k, mean k and variance k, whichever mean is the smaller.",
    ),
    "means and weights sorted": (
        "the order of the components is assumed: means and weights are sorted, the variances not",
        "Component k has weight k, mean k and variance k, whichever mean is the smaller.",
    ),
    "means sorted": (
        "the order of the components is assumed: the means are sorted",
        "Mean k belongs to column k of the shares, whichever mean is the smaller.",
    ),
    "means sorted in each step": (
        "the order of the components is assumed: the means are sorted, the rest is not",
        "Sort all of a component's numbers together, or nothing.",
    ),
    "means sorted at the end": (
        "the order of the components is assumed: the means are sorted, the rest is not",
        "Sort all of a component's numbers together, or nothing.",
    ),
    "off-diagonals dropped": (
        "the off-diagonal entries of the covariances are dropped",
        "Use the whole matrix Σ_k, not its diagonal alone.",
    ),
    "off-diagonals dropped in the M-step": (
        "the off-diagonal entries of the covariances are dropped",
        "Σ_k is a sum of outer products (x − μ)(x − μ)ᵀ, with entries for each pair of columns.",
    ),
    "no log space": (
        "some densities are too small for the computer: they underflow to 0",
        "Work with log densities, and take the largest of each row away before the exponential: "
        "np.logaddexp.reduce(…, axis=1), or scipy.special.logsumexp.",
    ),
    "hard labels for shares, in the M-step": (
        "each point counts wholly for one component: hard labels for shares",
        "A point counts for each component by its share.",
    ),
    "shares of a half and more counted whole": (
        "shares of a half and more count as 1, the others as 0: hard labels for shares",
        "A point counts for each component by its share.",
    ),
    "weights divided by K": (
        "the weights are divided by K, not by n",
        "π_k = N_k / n.",
    ),
    "weights not renormalized": (
        "the weights are not renormalized: they add up to n",
        "π_k = N_k / n.",
    ),
    "weights not updated": (
        "the weights are not updated: all are 1 / K",
        "π_k = N_k / n.",
    ),
    "weights left as they were": ("the weights are not updated", "π_k = N_k / n in every step."),
    "means left as they were": ("the means are not updated", "μ_k = Σ γ x / N_k in every step."),
    "covariances left as they were": (
        "the variances are not updated",
        "σ_k² = Σ γ (x − μ_k)² / N_k in every step.",
    ),
    "n where N_k belongs, in the means": (
        "the means are divided by n where N_k belongs",
        "Each component's mean is over its own share of the points: divide by N_k = Σ_i γ_ik.",
    ),
    "painted with hard labels": (
        "each pixel has the mean of its likeliest component",
        "That is the hard picture. The soft one takes all means, each by the pixel's share: "
        "Σ_k γ_ik μ_k.",
    ),
    "painted with the weights": (
        "every pixel has the same color, the average of all",
        "The weights π_k are the same for all pixels. Each is painted by its own shares γ_ik.",
    ),
    "painted with shares over the points": (
        "the pixels are painted with shares that were divided by N_k",
        "N_k belongs under the means alone. A pixel's own shares add up to 1 as they are.",
    ),
    "shares squared in the painting": (
        "the shares are used twice in the painting",
        "Multiply each mean by the share once: Σ_k γ_ik μ_k.",
    ),
    "n where N_k belongs, in the variances": (
        "the variances are divided by n where N_k belongs",
        "Each component's spread is over its own share of the points: divide by N_k = Σ_i γ_ik.",
    ),
    "divided by N_k − 1": (
        "the variances are divided by N_k − 1",
        "The M-step maximizes a likelihood, and its maximum divides by N_k.",
    ),
    "np.cov without ddof=0": (
        "the spread is an unbiased estimate (np.cov divides by less than N_k)",
        "The M-step maximizes a likelihood, and its maximum divides by N_k: np.cov needs ddof=0.",
    ),
    "divided by n − 1": (
        "the variances are divided by n − 1",
        "Each component's spread is over its own share of the points: divide by N_k = Σ_i γ_ik.",
    ),
    "variances not divided": (
        "the variances are sums, not yet divided by N_k",
        "Divide by N_k = Σ_i γ_ik.",
    ),
    "old means in the variance": (
        "the variances are taken about the old means",
        "Compute the new means first, then the spread about them.",
    ),
    "spread about the mean of all points": (
        "the variances are taken about the mean of all points",
        "Each component spreads about its own mean μ_k.",
    ),
    "mean not subtracted in the spread": (
        "the mean is not subtracted before squaring",
        "σ_k² = Σ γ (x − μ_k)² / N_k. (Σ γ x² / N_k alone is the variance plus μ_k².)",
    ),
    "share missing in the spread": (
        "the squares are not weighted by their shares",
        "Each (x − μ_k)² counts by its share γ_ik, as in the mean.",
    ),
    "share counted twice": (
        "each share enters the spread twice, as γ²",
        "Weight the square by γ_ik, and not what is squared.",
    ),
    "σ for σ², returned": (
        "standard deviations are returned where variances belong (σ for σ²)",
        "Leave the root away.",
    ),
    "covariance not symmetric": (
        "a covariance is not symmetric",
        "Entries (a, b) and (b, a) are the same sum: fill both.",
    ),
    "standard deviations at the end": (
        "standard deviations are returned where variances belong (σ for σ²)",
        "Leave the root away.",
    ),
    "deviations for variances, at the start": (
        "the variances of the start are taken for standard deviations (σ for σ²)",
        "Variances come in and variances go out: do not square them.",
    ),
    "one covariance for all": (
        "all components have the same variance",
        "Here each component has its own σ_k².",
    ),
    "each component its own covariance": (
        "each component has a variance of its own, and one for all was asked",
        "Tied: add up the spread of all components, and divide by n.",
    ),
    "components averaged without weights": (
        "the components' variances are averaged as if all held equally many points",
        "Tied: add up the spread of all components and divide by n, which is the average by the "
        "weights π_k.",
    ),
    "divided by n − K": (
        "the spread of all components is divided by n − K",
        "The M-step maximizes a likelihood, and its maximum divides by n. (n − K is the unbiased "
        "estimate of discriminant analysis.)",
    ),
    "off-diagonals kept": (
        "the covariances have off-diagonal entries, and diagonal ones were asked",
        "Diagonal: one variance for each column, and 0 beside it.",
    ),
    "diagonal of the inverse": (
        "the diagonal is taken of the inverse, not of the covariance",
        "1 / (Σ⁻¹)_jj is the variance of column j where the other columns are known. The M-step "
        "takes Σ_jj, the average square of the column.",
    ),
    "one variance for all columns": (
        "all columns have the same variance: that is a spherical covariance",
        "Diagonal: one variance for each column.",
    ),
    "d forgotten in the trace": (
        "the squares of all columns are added up, and not divided by d",
        "Spherical: the average over points *and* columns, tr W_k / (d N_k).",
    ),
    "determinant for trace": (
        "the variances are averaged as a product (the determinant), not as a sum (the trace)",
        "Spherical: tr W_k / (d N_k).",
    ),
    "the first column for all": (
        "the first column's variance stands for all columns",
        "Spherical: the average over points *and* columns, tr W_k / (d N_k).",
    ),
    "each column its own variance": (
        "each column has a variance of its own: that is a diagonal covariance",
        "Spherical: one number for each component, tr W_k / (d N_k).",
    ),
    "sum of logs for log of the sum": (
        "the log of a sum is taken as a sum of logs",
        "First add up π_k N(x_i | μ_k, σ_k²) over the components, then take the logarithm.",
    ),
    "weighted sum of logs": (
        "the log of a sum is taken as a (weighted) sum of logs",
        "First add up π_k N(x_i | μ_k, σ_k²) over the components, then take the logarithm.",
    ),
    "the largest component alone": (
        "only the largest component of each point is counted",
        "A mixture's density is the sum over all components.",
    ),
    "mean over the components": (
        "the components are averaged, not added",
        "The weights already add up to 1: do not divide by K.",
    ),
    "density for log density": (
        "this is the density, without the logarithm",
        "Return its logarithm, and compute it as one: far out the density is 0 in the computer.",
    ),
    "share missing in the slopes": (
        "the slopes are without their shares",
        "The label is not known: the slope in μ_k is γ_ik (x_i − μ_k) / σ_k², by the share.",
    ),
    "the first weight taken for free": (
        "the slope in a weight leaves out that the weights sum to 1",
        "π_0 is what is left of 1: if π_k grows, π_0 shrinks. The slope is γ_ik/π_k − γ_i0/π_0.",
    ),
    "σ for σ² in the slope of the mean": (
        "the slope in a mean is divided by the standard deviation, not by the variance (σ for σ²)",
        "It is γ_ik (x_i − μ_k) / σ_k².",
    ),
    "slope in σ, not in σ²": (
        "this is the slope in the standard deviation, not in the variance",
        "With v = σ_k² it is γ_ik ((x_i − μ_k)² / v − 1) / (2v).",
    ),
    "half forgotten in the slope of the variance": (
        "the ½ is missing in the slope in a variance",
        "With v = σ_k² it is γ_ik ((x_i − μ_k)² / v − 1) / (2v).",
    ),
    "slope of the constant forgotten": (
        "the slope in a variance forgets the factor in front of the exponential",
        "−½ log v has the slope −1/(2v): it is γ_ik ((x_i − μ_k)² / v − 1) / (2v).",
    ),
    "sign of the slopes turned": (
        "the sign of all slopes is turned",
        "A point to the right of μ_k wants a larger mean: its slope is positive.",
    ),
    "expected complete log-likelihood": (
        "this is the expected complete log-likelihood Q, not the log-likelihood",
        "The logarithm is of the sum over the components; no shares enter. (Q is lower, by "
        "−Σ γ log γ.)",
    ),
    "log of the summed densities": (
        "the densities of the points are added, and then the logarithm is taken",
        "The points are independent: their densities multiply, and their logarithms add.",
    ),
    "likelihood for log-likelihood": (
        "this is the likelihood, without the logarithm",
        "Return Σ log p(x_i): the product itself is 0 in the computer for a few hundred points.",
    ),
    "the mean, not the sum": (
        "this is the log-likelihood of one point, on average: the mean, not the sum",
        "Add up over the points; do not divide by n.",
    ),
    "sign turned": ("the sign is turned", "Return the log-likelihood itself, to be maximized."),
    "logarithm to base 10": (
        "this is the logarithm to base 10",
        "np.log is the natural one, and the log-likelihood is in nats.",
    ),
    "K weights counted": (
        "K weights are counted as free, and the last is what is left of 1",
        "Count K − 1 weights.",
    ),
    "weights not counted": (
        "the weights are not counted as free numbers",
        "K − 1 of them are free.",
    ),
    "d² numbers in a covariance": (
        "d² numbers are counted for a covariance",
        "It is symmetric: d (d + 1) / 2 of its numbers are free.",
    ),
    "d numbers in a covariance": (
        "d numbers are counted for a covariance, as if it were diagonal",
        "Each has d (d + 1) / 2 free numbers.",
    ),
    "one component counted": (
        "the numbers of one component are counted, not those of all K",
        "Each of the K components has its own mean and variance, and K − 1 weights are free.",
    ),
    "the price of AIC": (
        "each free number costs 2: this is AIC",
        "In BIC a free number costs log n.",
    ),
    "log n forgotten": (
        "each free number costs 1: log n is missing",
        "In BIC a free number costs log n.",
    ),
    "logarithm of n to base 10": (
        "log n is a logarithm to base 10",
        "np.log is the natural one.",
    ),
    "the 2 forgotten": (
        "the 2 before the log-likelihood is missing",
        "It is −2 L + m log n. (L − m/2 log n is the same thing halved and turned: keep to one.)",
    ),
    "the price taken off": (
        "the price of the free numbers has the wrong sign: more components come out as cheaper",
        "With −2 L in front it is added: −2 L + m log n.",
    ),
    "larger is better": (
        "the sign of the whole is turned, as in mclust: larger is better there",
        "Here smaller is better: −2 L + m log n.",
    ),
    "entropy for the likeliest labels": (
        "this takes the entropy of the shares, −2 Σ γ log γ",
        "Many do. What is asked for is −2 Σ log max γ: the likeliest label of each point alone.",
    ),
    "entropy without its 2": (
        "this takes the entropy of the shares, and without the factor 2",
        "What is asked for is −2 Σ log max γ: the likeliest label of each point alone.",
    ),
    "no 2 before the labels": (
        "the 2 before the labels' part is missing",
        "It is −2 Σ log max γ: on the scale of −2 L.",
    ),
    "labels rewarded": (
        "the sign of the labels' part is turned: doubtful labels make it smaller",
        "log max γ is at most 0, and −2 Σ log max γ is added: doubt costs.",
    ),
    "labels not counted": (
        "this is BIC: the labels' part is missing",
        "Add −2 Σ log max γ.",
    ),
    "one step short": (
        "it is one step late: this is the answer of the step before",
        "Count E-step and M-step together as one step, and return what the last M-step gave.",
    ),
    "one step too many": (
        "it goes one step too far",
        "Count E-step and M-step together as one step: `for _ in range(steps)`.",
    ),
    "the start returned": (
        "the start comes back as it was",
        "Put what the M-step gives in the place of the old mixture, and return it.",
    ),
    "E-step only once": (
        "it is always the answer of one step, however many are asked for",
        "Is the E-step done only once, before the loop? Is the `return` inside the loop? Or does "
        "every round begin from the start again?",
    ),
    "updates in place": (
        "updates are made in place: the second component already sees the first's new values",
        "Compute all shares with the old mixture, then all new values, and only then replace.",
    ),
    "means updated in place": (
        "the means are updated in place: the second component already sees the first's new mean",
        "Compute all shares with the old mixture, then all new means, and only then replace.",
    ),
    "means and variances updated in place": (
        "updates are made in place: the second component already sees the first's new values",
        "Compute all shares with the old mixture, then all new values, and only then replace.",
    ),
    "differences not squared": (
        "the differences are added up with their signs, not squared",
        "The distance is ‖x − c‖² = Σ (x − c)², added up over the columns. (Whether a root is "
        "taken does not matter: the smallest stays the smallest.)",
    ),
    "absolute differences for squares": (
        "absolute differences are added up where squares belong",
        "In more than one column these are other distances: add up (x − c)² over the columns.",
    ),
    "first column alone": (
        "only the first column counts in the distance",
        "Add up (x − c)² over all columns (axis=2 where points are rows and centers come second).",
    ),
    "length of the centers forgotten": (
        "the nearest center is not the one with the largest product x · c",
        "‖x − c‖² = ‖x‖² − 2 x · c + ‖c‖²: the first term is the same for all centers, the last is "
        "not.",
    ),
    "the farthest center": (
        "each point gets the farthest center",
        "The smallest distance wins: argmin, not argmax.",
    ),
    "labels from 1": (
        "the labels count from 1",
        "They count from 0, as rows of an array do: center k is centers[k].",
    ),
    "labels taken from 1": (
        "the labels are taken to count from 1",
        "They count from 0: the points of center k have the label k.",
    ),
    "n where the cluster's size belongs": (
        "the sums are divided by the number of all points",
        "A center is the mean of its own points: divide by how many have its label.",
    ),
    "K where the cluster's size belongs": (
        "the sums are divided by the number of clusters",
        "A center is the mean of its own points: divide by how many have its label.",
    ),
    "axis forgotten in the mean": (
        "the mean is taken over the columns too",
        "Each column has a mean of its own: .mean(axis=0).",
    ),
    "median for mean": (
        "the centers are medians, not means",
        "The mean makes the sum of squares small; the median makes another sum small.",
    ),
    "old center averaged in": (
        "the old center is counted as one more point",
        "A center is the mean of its points alone; where it stood before does not count.",
    ),
    "empty cluster gives nan": (
        "a center without points becomes nan, the mean of nothing",
        "Leave such a center where it is. (From nan it never gets a point again, and argmin takes "
        "nan for the smallest.)",
    ),
    "empty cluster goes to 0": (
        "a center without points goes to 0",
        "Leave such a center where it is.",
    ),
    "empty cluster goes to the mean of all": (
        "a center without points goes to the mean of all points",
        "One can do that; what is asked for here is to leave it where it is.",
    ),
    "old labels used": (
        "the labels are computed once, and stay the old ones",
        "Each step begins with new labels, from the centers of the step before.",
    ),
    "shares averaged, not added": (
        "the two shares are averaged, not added",
        "A point came from one of the two with the probability γ_ia + γ_ib. Check that each row "
        "still adds up to 1.",
    ),
    "the larger share kept": (
        "of the two shares the larger one is kept",
        "A point came from one of the two with the probability γ_ia + γ_ib: add them.",
    ),
    "the second share lost": (
        "the shares of component b are thrown away with its column",
        "Add column b to column a first, and take it away only then.",
    ),
    "entropy before the merging": (
        "the entropy is that of the shares before they were merged",
        "First merge, then compute −Σ q log q of the shares that you return.",
    ),
    "entropy of the weights": (
        "this is the entropy of the weights, not of the shares",
        "−Σ_i Σ_k q_ik log q_ik is over all points: do not average the shares first.",
    ),
    "log of zero": (
        "a share of 0 makes the entropy nan: 0 · log 0",
        "q log q goes to 0 with q: leave out the shares that are 0 (scipy.special.xlogy does).",
    ),
    "entropy divided by n": (
        "the entropy is a mean over the points, not a sum",
        "−Σ_i Σ_k q_ik log q_ik: do not divide by n.",
    ),
    "sign of the entropy": (
        "the sign of the entropy is turned",
        "Logarithms of shares are at most 0, so Σ q log q is, and the entropy is −Σ q log q.",
    ),
    "entropy in bits": (
        "the entropy is in bits: the logarithm is to base 2",
        "np.log is the natural one, and the entropy is in nats.",
    ),
    "not adjusted for chance": (
        "this is the Rand index, without the adjustment",
        "It counts pairs that are kept apart by both, which is most of them whatever you do. Take "
        "off what shuffled labels would have, a b / m.",
    ),
    "names compared": (
        "the labels are compared as they are, so the names of the groups count",
        "Group 0 of one may be group 2 of the other. Count pairs of points instead: is a pair "
        "together in both?",
    ),
    "purity": (
        "each group is given to its most frequent partner (the purity)",
        "Purity is 1 as soon as every point is a group of its own. Count pairs of points.",
    ),
    "pairs kept apart not counted": (
        "the pairs together in both are divided by those together in one at least",
        "That is the Jaccard index. The adjusted one takes off the chance a b / m above and below.",
    ),
    "chance not taken off below": (
        "the chance a b / m is taken off above the line and not below it",
        "The largest value must be 1: divide by (a + b) / 2 − a b / m.",
    ),
    "the smaller for the average": (
        "below the line stands the smaller of a and b, not their average",
        "With min(a, b) the index is 1 also where one grouping only refines the other.",
    ),
    "all pairs for the average": (
        "below the line stand all pairs, not the average of a and b",
        "Divide by (a + b) / 2 − a b / m, so that full agreement is 1.",
    ),
    "each pair counted twice": (
        "pairs within groups are counted twice, and pairs in all once",
        "A group of k points has k (k − 1) / 2 pairs, and n points have n (n − 1) / 2.",
    ),
    "points paired with themselves": (
        "points are paired with themselves",
        "A group of k points has k (k − 1) / 2 pairs: i < j only.",
    ),
    "no conditional covariance": (
        "the gaps are filled in and then taken for known: their covariance is 0",
        "Given x_o, what is missing still varies: Σ_mm − Σ_mo Σ_oo⁻¹ Σ_om.",
    ),
    "unconditional covariance": (
        "the covariance of the gaps is what it would be if nothing were known",
        "What is known takes some of it away: Σ_mm − Σ_mo Σ_oo⁻¹ Σ_om.",
    ),
    "covariance of the wrong block": (
        "the covariance is that of the known entries, given the gaps",
        "A known entry does not vary: its rows are 0. The block of the gaps is "
        "Σ_mm − Σ_mo Σ_oo⁻¹ Σ_om.",
    ),
    "block of the precision": (
        "the covariance is the block of the precision, not its inverse",
        "The precision of the gaps is Λ_mm, so their covariance is Λ_mm⁻¹.",
    ),
    "sign of what is known": (
        "what is known makes the covariance larger: its sign is turned",
        "Knowing x_o takes Σ_mo Σ_oo⁻¹ Σ_om away from Σ_mm.",
    ),
    "off-diagonals dropped between gaps": (
        "two gaps of one row are taken for independent: the off-diagonal entries are dropped",
        "The whole block Σ_mm − Σ_mo Σ_oo⁻¹ Σ_om is needed.",
    ),
    "filled with the mean": (
        "the gaps are filled with the mean, whatever else is known of the row",
        "The conditional mean is μ_m + Σ_mo Σ_oo⁻¹ (x_o − μ_o).",
    ),
    "known mean not subtracted": (
        "the mean of the known entries is not subtracted",
        "What moves the conditional mean is how far x_o lies from its own mean: "
        "μ_m + Σ_mo Σ_oo⁻¹ (x_o − μ_o).",
    ),
    "mean of the gap forgotten": (
        "the mean of the missing entries is not added",
        "The conditional mean is μ_m + Σ_mo Σ_oo⁻¹ (x_o − μ_o).",
    ),
    "not divided by the known covariance": (
        "Σ_oo⁻¹ is missing",
        "The slope is Σ_mo Σ_oo⁻¹, in the mean and in the covariance.",
    ),
    "known columns one by one": (
        "each known column predicts by itself, as if the known ones were not correlated",
        "The slope is Σ_mo Σ_oo⁻¹ with the whole block Σ_oo: solve, do not divide by its diagonal.",
    ),
    "e to minus the mean forgotten": (
        "the factor e to the power −μ_k is forgotten",
        "P(x) = μ^x e^−μ / x!. The x! is the same for all components and cancels in the shares; "
        "e^−μ is not, and does not.",
    ),
    "a bell for the Poisson": (
        "the density is that of a bell with variance μ_k, not Poisson's",
        "A count has P(x) = μ^x e^−μ / x!, whose logarithm is x log μ − μ − log x!.",
    ),
    "joint not normalized": (
        "the shares of a count do not add up to 1",
        "Divide each π_k P(x_i | μ_k) by the sum over the components, row by row.",
    ),
    "mean over the counts": (
        "the means are divided by Σ x where N_k belongs",
        "Each component's mean is over its own share of the points: divide by N_k = Σ_i γ_ik.",
    ),
    "E-step again before the weights": (
        "the shares are computed again between the means and the weights",
        "Compute all shares with the old mixture, then all new values, and only then replace.",
    ),
    "E-step again before the variances": (
        "the shares are computed again between the means and the variances",
        "Compute all shares with the old mixture, then all new values, and only then replace.",
    ),
    "between the blocks forgotten": (
        "the covariance is that within the blocks alone: the distances of their means are missing",
        "Add Σ n_b (μ_b − μ)(μ_b − μ)ᵀ / n, with μ the mean of all.",
    ),
    "blocks' means averaged without counts": (
        "the blocks' means are averaged as if all blocks were of one size",
        "μ = Σ n_b μ_b / n.",
    ),
    "blocks' covariances averaged without counts": (
        "the blocks' covariances are averaged as if all blocks were of one size",
        "Within the blocks: Σ n_b Σ_b / n.",
    ),
    "blocks' covariances added": (
        "the blocks' covariances are added up, not averaged",
        "Within the blocks: Σ n_b Σ_b / n.",
    ),
    "between the blocks without counts": (
        "the distances of the means are averaged as if all blocks were of one size",
        "Between the blocks: Σ n_b (μ_b − μ)(μ_b − μ)ᵀ / n.",
    ),
    "between the blocks taken off": (
        "what lies between the means is taken off, not added",
        "All the points scatter more than those of a block: within plus between.",
    ),
    "off-diagonals dropped between blocks": (
        "the distances of the means are squared column by column: the off-diagonals are missing",
        "Between the blocks stand outer products (μ_b − μ)(μ_b − μ)ᵀ.",
    ),
    "away from the first block": (
        "the distances of the means are taken from the first block, not from the mean of all",
        "Take μ_b − μ, with μ = Σ n_b μ_b / n.",
    ),
    "sums of squares returned": (
        "the last line is not divided by n",
        "A covariance is the sum of outer products divided by n.",
    ),
    "blocks divided by n − 1": (
        "the covariance is divided by n − 1",
        "These are maximum likelihood's covariances, of the blocks and of all: divide by n.",
    ),
}
# The same mistake in another form has the same name.
NAMES = {
    "joint not normalized": "not normalized",
    "means and variances sorted": "component order assumed",
    "means and weights sorted": "component order assumed",
    "means sorted": "component order assumed",
    "means sorted in each step": "component order assumed",
    "means sorted at the end": "component order assumed",
    "no root over 2π either": "no root in the constant",
    "hard labels for shares, in the M-step": "hard labels for shares",
    "shares of a half and more counted whole": "hard labels for shares",
    "np.cov without ddof=0": "divided by N_k − 1",
    "standard deviations at the end": "σ for σ², returned",
    "means and variances updated in place": "updates in place",
    "means updated in place": "updates in place",
    "off-diagonals dropped in the M-step": "off-diagonals dropped",
    "labels taken from 1": "labels from 1",
}
# Where there are many dimensions, other words: the mistake, and the hint.
EXPONENT = "The exponent is −(x − μ)ᵀ Σ⁻¹ (x − μ) / 2."
CONSTANT = "The factor in front is (2π)^(−d/2) |Σ|^(−½)."
SPREAD = "Σ_k = Σ γ (x − μ_k)(x − μ_k)ᵀ / N_k."
IN_MANY_WORDS = {
    "half forgotten in the exponent": ("the ½ in the exponent is missing", EXPONENT),
    "sign of the exponent": ("the sign of the exponent is turned", EXPONENT),
    "no inverse": (
        "the exponent multiplies by the covariance where its inverse belongs",
        "The squared distance is (x − μ)ᵀ Σ⁻¹ (x − μ): solve with Σ.",
    ),
    "constant forgotten": ("the factor in front of the exponential is missing", CONSTANT),
    "no root in the constant": ("the factor in front of the exponential has no root", CONSTANT),
    "2π forgotten": ("2π is missing in the density", CONSTANT),
    "covariances left as they were": ("the covariances are not updated", SPREAD),
    "mean not subtracted in the spread": (
        "the mean is not subtracted before the outer product",
        SPREAD + " (Σ γ x xᵀ / N_k alone is the covariance plus μ_k μ_kᵀ.)",
    ),
    "share missing in the spread": (
        "the outer products are not weighted by their shares",
        "Each (x − μ_k)(x − μ_k)ᵀ counts by its share γ_ik, as in the mean.",
    ),
    "share counted twice": (
        "each share enters the outer product twice, as γ²",
        "Weight one of the two factors of (x − μ_k)(x − μ_k)ᵀ by γ_ik, not both.",
    ),
    "one covariance for all": (
        "all components have the same covariance",
        "Here each component has its own Σ_k.",
    ),
}


def name_of(slip):
    """The mistake's name; a mistake has one, in whichever form it is made."""
    return NAMES.get(slip, slip)


def words_of(slip, d):
    """What a slip is, and a hint."""
    what, hint = WORDS[slip]
    if d > 1:
        what, hint = IN_MANY_WORDS.get(slip, (what, hint))
        what, hint = (words.replace("variances", "covariances") for words in (what, hint))
        hint = hint.replace("cocovariances", "covariances").replace("and variance k", "and Σ_k")
        what = what.replace("cocovariances", "covariances")
    return what, hint


ALMOST = {
    "sign of the slopes turned",
    "slope in σ, not in σ²",
    "logarithms returned",
    "no log space",
    "weights not renormalized",
    "divided by N_k − 1",
    "divided by n − K",
    "σ for σ², returned",
    "covariance not symmetric",
    "the mean, not the sum",
    "sign turned",
    "logarithm to base 10",
    "log of zero",
    "entropy divided by n",
    "sign of the entropy",
    "entropy in bits",
    "one step short",
    "one step too many",
    "2π forgotten",
    "2π once for all dimensions",
    "np.cov without ddof=0",
    "standard deviations at the end",
    "labels from 1",
    "labels taken from 1",
    "empty cluster gives nan",
    "empty cluster goes to 0",
    "empty cluster goes to the mean of all",
    "K weights counted",
    "larger is better",
    "entropy for the likeliest labels",
    "no 2 before the labels",
    "logarithm of n to base 10",
}

DENSITY = [
    "weights forgotten",
    "weights added",
    "half forgotten in the exponent",
    "constant forgotten",
    "no root in the constant",
    "mean not subtracted",
    "sign of the exponent",
    "no inverse",
    "component order assumed",
    "means and variances sorted",
    "means and weights sorted",
]
IN_ONE = [
    "σ for σ²",
    "σ for σ² in the exponent",
    "σ for σ² in the constant",
    "variance squared in the exponent",
]
IN_MANY = ["off-diagonals dropped"]
PLACES = [
    "2π forgotten",
    "2π once for all dimensions",
    "no root over 2π either",
]  # cancel in shares
SHARES = [
    EVERY_SHARE,
    "normalized over points and components",
    "weights after normalizing",
    "not normalized",
    "hard labels for shares",
    "logarithms returned",
]
SUMS = [
    "sum of logs for log of the sum",
    "weighted sum of logs",
    "the largest component alone",
    "mean over the components",
]
TOTALS = [
    "the mean, not the sum",
    "sign turned",
    "logarithm to base 10",
    "log of the summed densities",
    "likelihood for log-likelihood",
    "expected complete log-likelihood",
    *SUMS,
]
MEANS = [
    "n where N_k belongs, in the means",
    "hard labels for shares, in the M-step",
    "shares of a half and more counted whole",
]
SPREADS = [
    "weights not renormalized",
    "weights not updated",
    "weights divided by K",
    "n where N_k belongs, in the variances",
    "divided by N_k − 1",
    "np.cov without ddof=0",
    "divided by n − 1",
    "σ for σ², returned",
    "variances not divided",
    "share missing in the spread",
    "share counted twice",
    "mean not subtracted in the spread",
    "spread about the mean of all points",
    "one covariance for all",
]
SPREADS_IN_MANY = ["off-diagonals dropped in the M-step", "covariance not symmetric"]
OF_KIND = {
    "full": [],
    "tied": [
        "components averaged without weights",
        "each component its own covariance",
        "divided by n − K",
    ],
    "diagonal": ["off-diagonals kept", "diagonal of the inverse", "one variance for all columns"],
    "spherical": [
        "d forgotten in the trace",
        "determinant for trace",
        "the first column for all",
        "each column its own variance",
    ],
}
# What is right there, or makes no difference: where all have one Σ, its determinant cancels.
NO_SLIP = {
    "full": set(),
    "tied": {
        "one covariance for all",
        "means and weights sorted",
        "constant forgotten",
        "no root in the constant",
        "σ for σ² in the constant",
        "variance squared in the exponent",
    },
    "diagonal": {*SPREADS_IN_MANY, "off-diagonals dropped"},
    "spherical": {*SPREADS_IN_MANY, "off-diagonals dropped"},
}
LOOP = [
    "the start returned",
    "one step short",
    "one step too many",
    "E-step only once",
    "updates in place",
]
LOOP_OF_ALL = [
    "means updated in place",
    "means and variances updated in place",
    "old means in the variance",
    "E-step again before the variances",
    "weights left as they were",
    "means left as they were",
    "covariances left as they were",
]
PRICES = [
    "K weights counted",
    "larger is better",
    "the price taken off",
    "the price of AIC",
    "the mean, not the sum",
    "the 2 forgotten",
    "log n forgotten",
    "logarithm of n to base 10",
    "weights not counted",
    "one component counted",
]
PRICES_IN_MANY = ["d² numbers in a covariance", "d numbers in a covariance"]
LABELS = [
    "entropy for the likeliest labels",
    "labels rewarded",
    "no 2 before the labels",
    "entropy without its 2",
    "labels not counted",
]
LOOP_IN_ONE = ["standard deviations at the end", "deviations for variances, at the start"]
ASSIGN = [
    "the farthest center",
    "differences not squared",
    "length of the centers forgotten",
    "labels from 1",
]
ASSIGN_IN_MANY = ["absolute differences for squares", "first column alone"]
UPDATE = [
    "n where the cluster's size belongs",
    "K where the cluster's size belongs",
    "empty cluster gives nan",
    "empty cluster goes to 0",
    "empty cluster goes to the mean of all",
    "old center averaged in",
    "median for mean",
    "labels taken from 1",
]
UPDATE_IN_MANY = ["axis forgotten in the mean"]
LLOYD = [
    "the start returned",
    "one step short",
    "one step too many",
    "old labels used",
    "updates in place",
]
MERGED = [
    "log of zero",
    "shares averaged, not added",
    "the larger share kept",
    "the second share lost",
    "entropy before the merging",
    "entropy of the weights",
    "entropy divided by n",
    "sign of the entropy",
    "entropy in bits",
]
AGREED = [
    "not adjusted for chance",
    "names compared",
    "purity",
    "pairs kept apart not counted",
    "chance not taken off below",
    "the smaller for the average",
    "all pairs for the average",
    "each pair counted twice",
    "points paired with themselves",
]
GAPS = [
    "no conditional covariance",
    "filled with the mean",
    "unconditional covariance",
    "covariance of the wrong block",
    "known mean not subtracted",
    "mean of the gap forgotten",
    "not divided by the known covariance",
    "known columns one by one",
    "sign of what is known",
    "block of the precision",
    "off-diagonals dropped between gaps",
]
BLOCKS = [
    "between the blocks forgotten",
    "blocks' means averaged without counts",
    "blocks' covariances averaged without counts",
    "between the blocks without counts",
    "sums of squares returned",
    "blocks divided by n − 1",
    "away from the first block",
    "off-diagonals dropped between blocks",
    "between the blocks taken off",
    "blocks' covariances added",
]
SORTED = ["means sorted in each step", "means sorted at the end"]
COUNTS = [
    "n where N_k belongs, in the means",
    "weights left as they were",
    EVERY_SHARE,
    "weights forgotten",
    "hard labels for shares",
    "e to minus the mean forgotten",
    "joint not normalized",
    "a bell for the Poisson",
    "weights not renormalized",
    "mean over the counts",
    "E-step again before the weights",
]
PAINTED = [
    "n where N_k belongs, in the means",
    "painted with hard labels",
    "hard labels for shares",
    "painted with the weights",
    "painted with shares over the points",
    "shares squared in the painting",
]
SLOPES = [
    "the first weight taken for free",
    "share missing in the slopes",
    "slope in σ, not in σ²",
    "sign of the slopes turned",
    "half forgotten in the slope of the variance",
    "slope of the constant forgotten",
    "σ for σ² in the slope of the mean",
]


def possible(name, d, hold=(), kind="full"):
    """The slips that can be made in this task, the likelier first."""
    density = DENSITY + (IN_ONE if d == 1 else IN_MANY)
    places = PLACES if d > 1 else [p for p in PLACES if p != "2π once for all dimensions"]
    spreads = [] if hold else OF_KIND[kind] + SPREADS + (SPREADS_IN_MANY if d > 1 else [])
    loop = LOOP + ([] if hold else LOOP_OF_ALL + (LOOP_IN_ONE if d == 1 else [])) + SORTED
    # where the means alone are sought, a factor in a column cancels: one name for several slips
    prices = PRICES + (PRICES_IN_MANY if d > 1 else [])
    in_em = ["not normalized"] if hold else SHARES[:4]
    assign = ASSIGN + (ASSIGN_IN_MANY if d > 1 else [])
    update = UPDATE + (UPDATE_IN_MANY if d > 1 else [])
    shifted = {"labels from 1", "labels taken from 1"}  # in a loop it would stop, or do nothing
    known = {
        "log_density": density + places + SUMS + ["density for log density"],
        "e_step": SHARES + density,
        "slopes": SLOPES + SHARES + density,
        "m_step": MEANS + (["means sorted"] if hold else spreads),
        "log_likelihood": TOTALS + density + places,
        "bic": prices + density + places,
        "icl": LABELS + prices + density + places,
        "merge": MERGED,
        "adjusted_rand": AGREED,
        "complete": GAPS,
        "poisson_step": COUNTS,
        "repaint": PAINTED,
        "combine": BLOCKS,
        "em": loop + MEANS + spreads + in_em + density,
        "assign": assign,
        "update": update,
        "kmeans": LLOYD + [slip for slip in update + assign if slip not in shifted],
    }[name]
    return [slip for slip in known if slip not in NO_SLIP[kind]]
