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
    if "component order assumed" in slips:
        means = means[np.argsort(means[:, 0])]
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
        log_det = np.linalg.slogdet(covariance)[1]
        log_2_pi = d * np.log(2 * np.pi)
        if "2π forgotten" in slips:
            log_2_pi = 0
        if "2π once for all dimensions" in slips:
            log_2_pi = np.log(2 * np.pi)
        if "no root in the constant" in slips:
            log_det = 2 * log_det
        if "constant forgotten" in slips:
            log_det = log_2_pi = 0
        if "half forgotten in the exponent" in slips:
            squares = 2 * squares
        if "sign of the exponent" in slips:
            squares = -squares
        log_weight = 0 if "weights forgotten" in slips else np.log(weight)
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
    axis = 0 if EVERY_SHARE in slips else 1
    log_shares = joint - np.logaddexp.reduce(joint, axis=axis, keepdims=True)
    return log_shares if "logarithms returned" in slips else np.exp(log_shares)


def m_step(X, shares, slips=(), old_means=None):
    """weights (K,), means (K, d), covariances (K, d, d)."""
    n, K = shares.shape
    if "hard labels for shares, in the M-step" in slips:
        shares = np.eye(K)[shares.argmax(axis=1)]
    N = shares.sum(axis=0)
    weights, means = N / n, shares.T @ X / N[:, None]
    if "weights not renormalized" in slips:
        weights = N
    if "weights not updated" in slips:
        weights = np.full(K, 1 / K)
    if "n where N_k belongs, in the means" in slips:
        means = shares.T @ X / n
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
    covariances = scatters / count[:, None, None]
    if "variances not divided" in slips:
        covariances = scatters
    if "σ for σ², returned" in slips:
        covariances = np.sqrt(covariances)
    if "off-diagonals dropped in the M-step" in slips:
        covariances = covariances * np.eye(X.shape[1])
    if "covariance not symmetric" in slips:
        covariances = np.triu(covariances)
    if "one covariance for all" in slips:
        covariances = np.repeat((N[:, None, None] * covariances).sum(axis=0)[None] / n, K, axis=0)
    return weights, means, covariances


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


def em(X, weights, means, covariances, steps, slips=(), hold=()):
    """The mixture after so many steps; what `hold` names ("weights", "covariances") stays."""
    K, shares = len(weights), None
    if "one step short" in slips:
        steps = steps - 1
    if "one step too many" in slips:
        steps = steps + 1

    def moved(old, new, k=slice(None)):
        """`old`, but component k as in `new`, except what is held."""
        names = zip(("weights", "means", "covariances"), old, new)
        kept = {f"{name} not updated" for name in ("means", "covariances")} & set(slips)
        parts = []
        for name, before, after in names:
            part = np.array(before, dtype=float)
            if name not in hold and f"{name} not updated" not in kept:
                part[k] = after[k]
            parts.append(part)
        return tuple(parts)

    theta = weights, means, covariances
    for _ in range(steps):
        if "updates in place" in slips:
            for k in range(K):
                shares = e_step(X, *theta, slips)
                theta = moved(theta, m_step(X, shares, slips, theta[1]), k)
            continue
        if "means updated in place" in slips:
            before, shares = theta, e_step(X, *theta, slips)
            for k in range(K):
                new = m_step(X, e_step(X, *theta, slips), slips, theta[1])[1]
                theta = theta[0], moved(theta, (theta[0], new, theta[2]), k)[1], theta[2]
            whole = m_step(X, shares, slips, before[1])
            theta = moved(theta, (whole[0], theta[1], whole[2]))
            continue
        if shares is None or "E-step only once" not in slips:
            shares = e_step(X, *theta, slips)
        theta = moved(theta, m_step(X, shares, slips, theta[1]))
    return theta


# What each slip is, in words to the student, and what to look at. `almost` marks what is nearly
# right: the idea stands and one thing is missing.
WORDS = {
    "normalized over the points": (
        "the shares are normalized over the points, not over the components",
        "Each row belongs to one point and must add up to 1; your columns do. Divide each row by "
        "its own sum (axis=1, keepdims=True).",
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
    "no inverse": (
        "the exponent multiplies by the covariance where its inverse belongs",
        "The squared distance is (x − μ)ᵀ Σ⁻¹ (x − μ): solve with Σ.",
    ),
    "hard labels for shares": (
        "each point is given whole to one component: these are hard labels, not shares",
        "Keep the shares as they are. Giving each point to the likeliest component is k-means' "
        "way, and ends elsewhere.",
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
    "off-diagonals dropped": (
        "the off-diagonal entries of the covariances are dropped",
        "Use the whole matrix Σ_k, not its diagonal alone.",
    ),
    "off-diagonals dropped in the M-step": (
        "the off-diagonal entries of the covariances are dropped",
        "Σ_k is a sum of outer products (x − μ)(x − μ)ᵀ, with entries for each pair of columns.",
    ),
    "no log space": (
        "densities are multiplied and added without logarithms, and some underflow",
        "Work with log densities: take the largest away before the exponential "
        "(np.logaddexp.reduce, or scipy.special.logsumexp).",
    ),
    "hard labels for shares, in the M-step": (
        "each point counts wholly for one component: hard labels for shares",
        "A point counts for each component by its share.",
    ),
    "weights not renormalized": (
        "the weights are not renormalized: they add up to n",
        "π_k = N_k / n.",
    ),
    "weights not updated": (
        "the weights are not updated: all are 1 / K",
        "π_k = N_k / n.",
    ),
    "means not updated": ("the means are not updated", "μ_k = Σ γ x / N_k in every step."),
    "covariances not updated": (
        "the variances are not updated",
        "σ_k² = Σ γ (x − μ_k)² / N_k in every step.",
    ),
    "n where N_k belongs, in the means": (
        "the means are divided by n where N_k belongs",
        "Each component's mean is over its own share of the points: divide by N_k = Σ_i γ_ik.",
    ),
    "n where N_k belongs, in the variances": (
        "the variances are divided by n where N_k belongs",
        "Each component's spread is over its own share of the points: divide by N_k = Σ_i γ_ik.",
    ),
    "divided by N_k − 1": (
        "the variances are divided by N_k − 1",
        "The M-step maximizes a likelihood, and its maximum divides by N_k.",
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
        "the squares (outer products) are not weighted by their shares",
        "Each (x − μ_k)(x − μ_k)ᵀ counts by its share γ_ik, as in the mean.",
    ),
    "share counted twice": (
        "each share enters the spread twice, as γ²",
        "Weight one of the two factors of (x − μ_k)(x − μ_k)ᵀ by γ_ik, not both.",
    ),
    "σ for σ², returned": (
        "standard deviations are returned where variances belong (σ for σ²)",
        "Leave the root away.",
    ),
    "covariance not symmetric": (
        "a covariance is not symmetric",
        "Entries (a, b) and (b, a) are the same sum: fill both.",
    ),
    "one covariance for all": (
        "all components have the same covariance",
        "Here each component has its own Σ_k.",
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
    "expected complete log-likelihood": (
        "this is the expected complete log-likelihood Q, not the log-likelihood",
        "The logarithm is of the sum over the components; no shares enter.",
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
    "one step short": (
        "it is one step late: this is the answer of the step before",
        "Count E-step and M-step together as one step, and return what the last M-step gave.",
    ),
    "one step too many": (
        "it goes one step too far",
        "Count E-step and M-step together as one step: `for _ in range(steps)`.",
    ),
    "E-step only once": (
        "the E-step is done only once, before the loop",
        "The shares belong to the mixture of the moment: compute them anew in every step.",
    ),
    "updates in place": (
        "updates are made in place: the second component already sees the first's new values",
        "Compute all shares with the old mixture, then all new values, and only then replace.",
    ),
    "means updated in place": (
        "the means are updated in place: the second component already sees the first's new mean",
        "Compute all shares with the old mixture, then all new means, and only then replace.",
    ),
}
ALMOST = {
    "logarithms returned",
    "no log space",
    "weights not renormalized",
    "divided by N_k − 1",
    "σ for σ², returned",
    "covariance not symmetric",
    "the mean, not the sum",
    "sign turned",
    "logarithm to base 10",
    "one step short",
    "one step too many",
    "2π forgotten",
    "2π once for all dimensions",
}

DENSITY = [
    "weights forgotten",
    "weights added",
    "half forgotten in the exponent",
    "constant forgotten",
    "no root in the constant",
    "mean not subtracted",
    "sign of the exponent",
    "component order assumed",
]
IN_ONE = ["σ for σ²", "σ for σ² in the exponent"]
IN_MANY = ["off-diagonals dropped", "no inverse"]
PLACES = ["2π forgotten", "2π once for all dimensions"]  # these cancel in shares
SHARES = [EVERY_SHARE, "not normalized", "hard labels for shares", "logarithms returned"]
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
MEANS = ["n where N_k belongs, in the means", "hard labels for shares, in the M-step"]
SPREADS = [
    "weights not renormalized",
    "weights not updated",
    "n where N_k belongs, in the variances",
    "divided by N_k − 1",
    "σ for σ², returned",
    "variances not divided",
    "share missing in the spread",
    "share counted twice",
    "mean not subtracted in the spread",
    "spread about the mean of all points",
    "one covariance for all",
]
SPREADS_IN_MANY = ["off-diagonals dropped in the M-step", "covariance not symmetric"]
LOOP = ["one step short", "one step too many", "E-step only once", "updates in place"]
LOOP_OF_ALL = [
    "means updated in place",
    "old means in the variance",
    "means not updated",
    "covariances not updated",
]


def possible(name, d, hold=()):
    """The slips that can be made in this task, the likelier first."""
    density = DENSITY + (IN_ONE if d == 1 else IN_MANY)
    spreads = [] if hold else SPREADS + (SPREADS_IN_MANY if d > 1 else [])
    # where the means alone are sought, a factor in a column cancels: one name for two slips
    in_em = ["not normalized"] if hold else [EVERY_SHARE, "not normalized"]
    return {
        "log_density": density + PLACES + SUMS + ["density for log density"],
        "e_step": SHARES + density,
        "m_step": MEANS + spreads,
        "log_likelihood": TOTALS + density + PLACES,
        "em": LOOP + ([] if hold else LOOP_OF_ALL) + MEANS + spreads + in_em + density,
    }[name]
