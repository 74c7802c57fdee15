"""Chapter 1: what a mixture is, its shares, moments and humps, and why there are logarithms."""

# canary: GMM-KEY-bank-mixtures
import math
from decimal import Decimal

import numpy as np
from bank_items import Bank, choice, numeric, several

from gmmlib import Mixture, log_density, log_likelihood, modes, moments, responsibilities, sample

bank = Bank("mixtures")


def bell(x, mean, variance):
    return math.exp(-((x - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)


@bank.item("a share is weight times density, as a part of the whole")
def share_at_a_point(draw):
    p = draw.choice([0.2, 0.25, 0.3, 0.4])
    m0, m1 = int(draw.integers(-3, 0)), int(draw.integers(1, 4))
    v0, v1 = draw.choice([1, 2, 3, 4], 2, replace=False)
    x = draw.choice([0.0, 0.5, -0.5])
    mixture = Mixture([1 - p, p], [m0, m1], [v0, v1])
    a, b = bell(x, m0, v0), bell(x, m1, v1)
    wide_a, wide_b = bell(x, m0, v0**2), bell(x, m1, v1**2)
    return numeric(
        rf"Component 0 has weight {1 - p:g}, mean {m0} and variance {v0}; component 1 has weight "
        rf"{p:g}, mean {m1} and variance {v1}. Compute the share (the responsibility) "
        rf"$\gamma_1(x)$ of component 1 in a point at $x = {x:g}$.",
        responsibilities(np.array([x]), mixture)[0, 1],
        within=0.005,
        again=p * b / (p * b + (1 - p) * a),
        mistakes={
            "The weights were forgotten: these are the shares for two equal weights.": b / (a + b),
            "This is the density of component 1 times its weight. A share is a part of the sum.": p
            * b,
            "The variance was used as a standard deviation.": p
            * wide_b
            / (p * wide_b + (1 - p) * wide_a),
            "This is the share of component 0.": (1 - p) * a / (p * b + (1 - p) * a),
        },
        because=r"$\gamma_1(x) = \pi_1 \mathcal N(x \mid \mu_1, \sigma_1^2) \big/ \sum_j \pi_j "
        r"\mathcal N(x \mid \mu_j, \sigma_j^2)$, "
        rf"here {p * b:.5f} over {p * b + (1 - p) * a:.5f}.",
    )


@bank.item("the variance of a mixture is not the weighted mean of the variances")
def variance_of_a_mixture(draw):
    p = draw.choice([0.2, 0.3, 0.4, 0.5])
    m0, m1 = int(draw.integers(-4, 0)), int(draw.integers(1, 5))
    v0, v1 = (int(v) for v in draw.integers(1, 5, 2))
    mean = (1 - p) * m0 + p * m1
    within, between = (1 - p) * v0 + p * v1, p * (1 - p) * (m1 - m0) ** 2
    return numeric(
        rf"A mixture has the weights {1 - p:g} and {p:g}, the means {m0} and {m1} and the "
        rf"variances {v0} and {v1}. What is the variance of the mixture?",
        float(moments(Mixture([1 - p, p], [m0, m1], [v0, v1]))[1]),
        within=0.01,
        again=(1 - p) * (v0 + m0**2) + p * (v1 + m1**2) - mean**2,
        mistakes={
            "This is the variance within the bells only. They also stand apart.": within,
            "This is the variance between the means only.": between,
            "This is $\\operatorname{E}[x^2]$. The square of the mean must be taken off.": within
            + between
            + mean**2,
        },
        because=rf"Within: {within:.2f}; between: $\sum_k \pi_k (\mu_k - \mu)^2$ = {between:.2f}, "
        rf"with $\mu$ = {mean:.2f}. Together {within + between:.2f}.",
    )


def _separated(separation):
    half = separation / 2
    return Mixture([0.5, 0.5], [-half, half], [1, 1])


def _gain_a_point(separation):
    """Nats a point that two bells are better than the best single one, by an integral."""
    pair = _separated(separation)
    one = Mixture([1], [0], [1 + (separation / 2) ** 2])
    x = np.linspace(-12, 12, 24_001)
    logs = log_density(x, pair)
    return float((np.exp(logs) * (logs - log_density(x, one))).sum() * (x[1] - x[0]))


@bank.item("a component is a hump", concepts=True)
def one_hump(draw):
    separation = 1.9
    points, _ = sample(_separated(separation), 100_000, np.random.default_rng(5))
    two = log_likelihood(points, _separated(separation))
    one = log_likelihood(points, Mixture([1], [points.mean()], [points.var()]))
    humps, gain = len(modes(_separated(separation))), _gain_a_point(separation)
    slopes = np.diff(np.exp(log_density(np.linspace(-5, 5, 2001), _separated(separation))))
    counted = int(((slopes[:-1] > 0) & (slopes[1:] <= 0)).sum())
    return choice(
        "Points are drawn from a mixture of two normal densities (bells) of equal weight and "
        f"variance 1, whose means are {separation} apart. Its density has one hump. Which is "
        "right?",
        {
            "one": (
                "One hump, so one component: no data can show that there are two.",
                f"A component is not a hump: two bells are better by {gain:.4f} nats a point, which"
                " adds up.",
            ),
            "enough": (
                "With enough points the two bells explain the data better than any single bell.",
                "The small difference at each point adds up in the log-likelihood.",
            ),
            "never": (
                "The single bell always explains the data better, since it has fewer parameters.",
                "The log-likelihood knows nothing of the number of parameters.",
            ),
            "humps": (
                "With more points the density gets its second hump.",
                f"The density does not depend on how many points are drawn: {humps} hump.",
            ),
        },
        {
            "one": gain <= 0,
            "enough": gain > 0 and humps == 1,
            "never": gain <= 0,
            "humps": humps > 1,
        },
        again={
            "one": two <= one,
            "enough": two > one and counted == 1,
            "never": two <= one,
            "humps": counted > 1,
        },
        because="The best single bell has the mixture's own mean and variance, and is another "
        "density. How many components there are is not the number of humps.",
    )


@bank.item("the rule of two humps is in standard deviations")
def two_humps(draw):
    deviation = draw.choice([1.5, 2.0, 2.5, 3.0])
    variance = float(deviation**2)

    def humps(separation):
        return len(modes(Mixture([0.5, 0.5], [0, separation], [variance, variance])))

    low, high = 0.1 * deviation, 6 * deviation
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if humps(middle) == 1 else (low, middle)
    return numeric(
        rf"Two bells have weight ½ each and both the variance {variance:g}. Beyond which distance "
        r"of their means does the density have two humps?",
        2 * deviation,
        within=0.02,
        again=high,
        mistakes={
            "The rule has the standard deviation in it, not the variance.": 2 * variance,
            "That is half of it: the distance of a mean from the middle.": deviation,
        },
        because=r"Two humps need $|\mu_1 - \mu_0| > 2\sigma$, "
        rf"with $\sigma = \sqrt{{{variance:g}}} = {deviation:g}$.",
    )


@bank.item("the largest term is taken out first")
def log_of_a_tiny_sum(draw):
    high = -int(draw.integers(900, 1500))
    gap = draw.choice([0.5, 1.0, 1.5])
    low = high - gap
    exact = (Decimal(high).exp() + Decimal(float(low)).exp()).ln()
    return numeric(
        rf"At a point the log joint densities are $\ell_0 = {high}$ and $\ell_1 = {low:g}$. "
        r"Compute $\log p(x) = \log \sum_k e^{\ell_k}$.",
        np.logaddexp(high, low),
        within=0.02,
        again=float(exact),
        mistakes={
            "This is the sum of the logarithms, not the logarithm of the sum.": high + low,
            "This is the largest term alone. The other one is a good part of it.": high,
            "This is the mean of the two logarithms.": (high + low) / 2,
            "The logarithm of the sum was taken off, not added.": high
            - math.log(1 + math.exp(-gap)),
        },
        because=rf"$\ell_{{\max}} + \log(1 + e^{{-{gap:g}}}) = {high} + "
        rf"{math.log(1 + math.exp(-gap)):.3f}$. "
        "The exponentials themselves would both be 0 in a computer.",
    )


@bank.item("what a density, a weight and a log-likelihood may be")
def what_may_be(draw):
    narrow = Mixture([0.5, 0.5], [-1, 1], [0.01, 0.01])
    close = np.array([-1.0, 1.0])
    peak, height = math.exp(log_density(close, narrow)[0]), log_likelihood(close, narrow)
    grid = np.linspace(-3, 3, 60_001)
    area = float(np.exp(log_density(grid, narrow)).sum() * (grid[1] - grid[0]))
    shares = responsibilities(grid[::100], narrow)
    by_hand = 0.5 / math.sqrt(2 * math.pi * 0.01)
    return several(
        "Which of these may happen in a Gaussian mixture?",
        {
            "above": (
                "The density is larger than 1 at some point.",
                f"It may: a bell of variance 0.01 and weight ½ has {peak:.2f} at its mean.",
            ),
            "positive": (
                "The log-likelihood is positive.",
                "It may, where densities are above 1. Its sign says nothing.",
            ),
            "area": (
                "The area under the density is larger than 1.",
                "Never: the weights sum to 1, and each bell has the area 1.",
            ),
            "shares": (
                "The shares of one point add up to less than 1.",
                "Never: each point is shared out whole.",
            ),
        },
        {
            "above": peak > 1,
            "positive": height > 0,
            "area": area > 1 + 1e-6,
            "shares": bool((shares.sum(axis=1) < 1 - 1e-9).any()),
        },
        again={
            "above": by_hand > 1,
            "positive": 2 * math.log(by_hand) > 0,
            "area": False,
            "shares": False,
        },
        because="A density has a unit and may be any number that is not negative. Areas and shares "
        "are parts of 1.",
    )
