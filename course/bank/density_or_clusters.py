"""Chapter 13: what a mixture is for."""

# canary: GMM-KEY-bank-density_or_clusters
import math

import numpy as np
from bank_items import Bank, choice, numeric, several

from gmmlib import Mixture, entropy, merge_shares, moments, responsibilities

bank = Bank("density_or_clusters")


@bank.item('"a mixture is the sum of two variables"')
def variance_of_a_mixture_and_of_a_sum(draw):
    p, gap = draw.choice([0.2, 0.3, 0.4]), int(draw.choice([3, 4, 5]))
    variances = draw.choice([1.0, 2.0, 3.0], 2, replace=False)
    weights = np.array([1 - p, p])
    within, between = weights @ variances, (1 - p) * p * gap**2
    mixture = Mixture(weights, [0, gap], variances)
    return numeric(
        rf"A number $a$ is drawn from $\mathcal N(0, {variances[0]:g})$ and, by itself, a number "
        rf"$b$ from $\mathcal N({gap}, {variances[1]:g})$ (variances). With probability "
        rf"{1 - p:g} you are told $a$, else $b$. What is the variance of what you are told?",
        within + between,
        within=0.01,
        again=moments(mixture)[1],
        mistakes={
            rf"This is the variance of the sum ${1 - p:g}\, a + {p:g}\, b$. You are told one of "
            "the two, not a sum of both.": weights**2 @ variances,
            "The means stand apart, and that counts.": within,
            "This is what lies between the means alone.": between,
        },
        because=rf"Within {within:.2f}, and between $\pi_0 \pi_1 \cdot {gap}^2 = {between:.2f}$.",
    )


@bank.item('"the bandwidth is the width of a component"')
def variance_of_a_kernel_density(draw):
    x = np.sort(draw.choice(np.arange(-6, 7), 4, replace=False)).astype(float)
    h = draw.choice([0.5, 1.5, 2.0])
    kernel = Mixture(np.full(4, 0.25), x, np.full(4, h**2))
    points = ", ".join(f"{value:g}" for value in x)
    return numeric(
        f"A kernel density puts a bell with the standard deviation $h = {h:g}$ on each of the "
        f"points {points}. What is its variance?",
        x.var() + h**2,
        within=0.01,
        again=moments(kernel)[1],
        mistakes={
            "This is the variance of the points (with divisor $n$). The bells have a width, too.": (
                x.var()
            ),
            "$h$ is a standard deviation: its square is added.": x.var() + h,
            "Divided by $n - 1$: each of the points has the weight $1/n$ here.": (
                x.var(ddof=1) + h**2
            ),
            "This is the variance of one of the bells.": h**2,
        },
        because=rf"Law of total variance: between {x.var():.3f}, within $h^2 = {h**2:g}$.",
    )


@bank.item("a share is a probability under the model")
def what_a_share_promises(draw):
    s = draw.choice([0.6, 0.7, 0.8])
    p, d = 0.4, 1.5
    rng = np.random.default_rng(3)
    came = rng.random(200_000) < p
    truth = Mixture([1 - p, p], [-d, d], [1, 1])

    def right(noise, mixture):
        shares = responsibilities(noise + np.where(came, d, -d), mixture)[:, 1]
        near = np.abs(shares - s) < 0.03
        return abs(came[near].mean() - shares[near].mean()) < 0.03

    normal = rng.normal(size=len(came))
    skewed = rng.gamma(2, 1, len(came)) / math.sqrt(2) - math.sqrt(2)
    told = {
        "truth": right(normal, truth),
        "wrong": right(skewed, truth),
        "weights": right(normal, Mixture([0.8, 0.2], [-d, d], [1, 1])),
        "widths": right(normal, Mixture([1 - p, p], [-d, d], [3, 1])),
    }
    return several(
        rf"Of the points with a share of about {s:g} in component 1, {100 * s:.0f} % come from "
        "component 1. For which shares is this so?",
        {
            "truth": ("Those of the mixture that made the points.", "So it is, on average."),
            "wrong": (
                "Those of two bells with the right weights, means and variances, where the groups "
                "are skewed.",
                "The tail of one group lies where its bell has nothing.",
            ),
            "weights": (
                "Those of the right bells with wrong weights.",
                "The log-odds are all off by the same number.",
            ),
            "widths": (
                "Those of bells at the right places, one of them too wide.",
                "The wide bell claims points that are not its own.",
            ),
        },
        told,
        again={"truth": True, "wrong": False, "weights": False, "widths": False},
        because=r"$P(z = k \mid \gamma_k(x) = q) = q$ for the *true* conditional probability.",
    )


@bank.item('"the middle point is a tie"')
def the_middle_point(draw):
    d = int(draw.choice([2, 3, 4]))
    wide, off = draw.choice([4.0, 9.0]), draw.choice([1.0, 1.5, 2.0])
    one = off**2 / 2 * (1 - 1 / wide) - math.log(wide) / 2
    side = np.full((1, d), off)
    mixture = Mixture([0.5, 0.5], np.concatenate([-side, side]), [wide * np.eye(d), np.eye(d)])
    return numeric(
        rf"Two components in {d} dimensions with equal weights. In every column the first has the "
        rf"variance {wide:g}, the second the variance 1, and their means are {2 * off:g} apart. "
        "The columns are independent within a component. What share does the first one have in "
        "the point in the middle?",
        1 / (1 + math.exp(-d * one)),
        within=0.005,
        again=responsibilities(np.zeros((1, d)), mixture)[0, 0],
        mistakes={
            "Equally far with a ruler is not equally far in standard deviations.": 0.5,
            "This is for one column: the log-odds add up over the columns.": 1
            / (1 + math.exp(-one)),
            "A wide bell is lower: the determinants are missing.": 1
            / (1 + math.exp(-d * off**2 / 2 * (1 - 1 / wide))),
            "This is the second component's share.": 1 / (1 + math.exp(d * one)),
        },
        because=rf"The log-odds are {d} times $\tfrac12 \cdot {off:g}^2 (1 - 1/{wide:g}) - "
        rf"\tfrac12 \log {wide:g} = {one:.3f}$.",
    )


@bank.item("merging adds shares, and the entropy falls")
def entropy_after_merging(draw):
    shares = draw.dirichlet([1, 1, 1], 3).round(1)
    shares[:, 2] = 1 - shares[:, :2].sum(axis=1)
    while (shares < 0.05).any():
        shares = draw.dirichlet([2, 2, 2], 3).round(1)
        shares[:, 2] = 1 - shares[:, :2].sum(axis=1)
    merged = np.column_stack([shares[:, 0] + shares[:, 1], shares[:, 2]])
    by_hand = -sum(q * math.log(q) for row in merged.tolist() for q in row)
    half = np.column_stack([merged[:, 0] / 2, merged[:, 1]])
    weights = merged.mean(axis=0)
    rows = "\n".join("| " + " | ".join(f"{q:.1f}" for q in row) + " |" for row in shares)
    return numeric(
        "The shares of three points in three components:\n\n"
        f"| 0 | 1 | 2 |\n|--:|--:|--:|\n{rows}\n\n"
        "Components 0 and 1 are merged. What is the entropy of the shares then, over all three "
        "points, in nats?",
        by_hand,
        within=0.01,
        again=entropy(merge_shares(shares, [(0, 1), (2,)])),
        mistakes={
            "This is the entropy before the merging.": entropy(shares),
            "The two shares are added, not averaged.": -(half * np.log(half)).sum(),
            "This is the entropy of the weights: sum over the points.": -(
                weights * np.log(weights)
            ).sum(),
            "This is a mean over the points.": by_hand / 3,
            "The logarithm is the natural one.": by_hand / math.log(2),
        },
        because="The merged shares are "
        + ", ".join(f"{q:.1f}" for q in merged[:, 0])
        + r", and the entropy is $-\sum_i \sum_k q_{ik} \log q_{ik}$.",
    )


@bank.item('"every component is a cluster"', concepts=True)
def which_pair_is_merged_first(draw):
    center = np.array([[0.0, 0], [1.2, 0.4], [6, 0], [6, 5]])
    turn = draw.integers(4)
    order = np.roll(np.arange(4), turn)
    mixture = Mixture(np.full(4, 0.25), center[order], [np.eye(2)] * 4)
    points = np.random.default_rng(1).normal(size=(4000, 2))
    points = points + center[np.arange(4000) % 4]
    shares = responsibilities(points, mixture)
    pairs = {"01": (0, 1), "12": (1, 2), "23": (2, 3), "03": (0, 3)}

    def fall(pair):
        a, b = shares[:, pair].T
        each = np.maximum([a, b], 1e-300)
        return (each * np.log(each.sum(axis=0) / each)).sum()

    falls = {key: fall(pair) for key, pair in pairs.items()}
    first = max(falls, key=falls.get)
    near = {
        key: np.linalg.norm(center[order][pair[0]] - center[order][pair[1]])
        for key, pair in pairs.items()
    }
    means = ", ".join(f"({x:g}, {y:g})" for x, y in center[order])
    return choice(
        f"Four round components of variance 1 and weight ¼ have the means {means}, in the order 0, "
        "1, 2, 3. They are merged step by step, so that the entropy of the shares falls as much as "
        "possible. Which of these pairs is merged first?",
        {
            key: (
                f"{pair[0]} and {pair[1]}.",
                "They share more points than any other pair."
                if key == first
                else f"They share fewer points: the entropy falls by {falls[key]:.0f} nats of 4000 "
                f"points, and by {falls[first]:.0f} for the right pair.",
            )
            for key, pair in pairs.items()
        },
        {key: key == first for key in pairs},
        again=min(near, key=near.get),
        because="A merging gains what the border between the two left undecided. With equal "
        "widths that is most where the means are nearest.",
    )


@bank.item("a curve is judged by points that it has not seen")
def who_wins_on_which_points(draw):
    n = int(draw.choice([100, 200, 500]))
    x = np.random.default_rng(n).normal(size=n)
    fresh = np.random.default_rng(n + 1).normal(size=2000)

    def score(points, h):
        terms = -(((points[:, None] - x) / h) ** 2) / 2
        return (np.logaddexp.reduce(terms, axis=1) - math.log(n * h)).mean()

    wide, narrow = 1.06 * n ** (-1 / 5), 0.001
    seen, new = score(x, narrow) > score(x, wide), score(fresh, narrow) > score(fresh, wide)
    spike = math.log(1 / (n * narrow)) > score(x, wide)  # the bell on the point itself, alone
    return choice(
        f"From {n} points two kernel densities are made, one with the bandwidth by the rule and "
        "one with a thousandth of the standard deviation. Which has the higher mean log density?",
        {
            "split": (
                "On these points the narrow one, on fresh points the other.",
                "A spike on each point flatters itself. Fresh points fall between the spikes.",
            ),
            "narrow": ("The narrow one, on both.", "On fresh points it is far below."),
            "wide": (
                "The one by the rule, on both.",
                "On its own points each spike is hundreds of times as high.",
            ),
            "swap": (
                "On these points the one by the rule, on fresh points the narrow one.",
                "It is the other way around.",
            ),
        },
        {
            "split": seen and not new,
            "narrow": seen and new,
            "wide": not seen and not new,
            "swap": not seen and new,
        },
        again="split" if spike else "wide",
        because="That is why a density is scored on points that it has not seen.",
    )
