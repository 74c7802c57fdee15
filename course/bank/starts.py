"""Chapter 5: which top, how often, and how many starts."""

# canary: GMM-KEY-bank-starts
import itertools
import math

import numpy as np
from bank_items import Bank, choice, numeric

from gmmlib import Mixture, em, log_density, log_likelihood, responsibilities, sample

bank = Bank("starts")
KNOWN = ("weights", "covariances")


def bells(means):
    K = len(means)
    return Mixture(np.full(K, 1 / K), means, np.ones(K))


@bank.item("how many starts are enough")
def starts_needed(draw):
    P = draw.choice([0.05, 0.1, 0.15, 0.2, 0.3])
    miss = draw.choice([0.01, 0.05, 0.001])
    exact = math.log(miss) / math.log(1 - P)
    count = next(R for R in range(1, 10_000) if (1 - P) ** R <= miss)
    return numeric(
        rf"One start succeeds with probability {P:g}, and starts are independent. How many are "
        rf"needed, so that all of them fail with a probability of at most {miss:g}?",
        math.ceil(exact),
        within=0.4,
        again=count,
        mistakes={
            "So many starts succeed once *on average*. They often all fail.": math.ceil(1 / P),
            "The chance of failure is $1 - P$, not $P$.": math.ceil(math.log(miss) / math.log(P)),
            "Rounded down: then the chance that all fail is still too large.": math.floor(exact),
        },
        because=rf"$(1 - P)^R \le {miss:g}$ gives $R \ge \log {miss:g} / \log {1 - P:g} = "
        rf"{exact:.1f}$, rounded up.",
    )


@bank.item("the chance that all of several starts fail")
def all_fail(draw):
    P, R = draw.choice([0.1, 0.2, 0.25, 0.4]), int(draw.integers(3, 8))
    # all outcomes of R starts, and those without a success
    total = sum(
        math.prod(P if won else 1 - P for won in outcome)
        for outcome in itertools.product((0, 1), repeat=R)
        if not any(outcome)
    )
    return numeric(
        rf"A single start reaches the best summit with probability {P:g}. What is the "
        rf"probability that all of {R} independent starts miss it?",
        (1 - P) ** R,
        within=0.002,
        again=total,
        mistakes={
            "This is the probability that at least one succeeds.": 1 - (1 - P) ** R,
            "That all of them *succeed* has the probability $P^R$; this is the rest.": 1 - P**R,
            "This is the probability that all succeed.": P**R,
        },
        because=rf"$(1 - P)^R = {1 - P:g}^{R}$.",
    )


@bank.item("random points seldom fall into different bells")
def one_in_each_bell(draw):
    K = int(draw.integers(3, 6))
    ways = sum(len(set(drawn)) == K for drawn in itertools.product(range(K), repeat=K))
    return numeric(
        f"{K} well separated bells of equal weight and many points. A start takes {K} points of "
        "the data at random as means. What is the chance that they come from different bells?",
        math.factorial(K) / K**K,
        within=0.0006,
        again=ways / K**K,
        mistakes={
            "This is for one given order; each order of the bells is as good.": 1 / K**K,
            "This is the chance for the right names *once* they are in different bells.": 1
            / math.factorial(K),
            "This is the chance that all come from *one* bell.": K / K**K,
        },
        because=rf"$K!/K^K = {math.factorial(K)}/{K**K}$.",
    )


@bank.item('"it converged, so it found the means"', concepts=True)
def converged_and_low(draw):
    x, _ = sample(bells([-4, 0, 8]), 300, np.random.default_rng(1))
    good = em(x, bells([-3, 1, 7]), hold=KNOWN)
    low = em(x, bells([-2, 7, 9]), hold=KNOWN)
    short = good.log_likelihood - low.log_likelihood
    means = np.array([-2.0, 7.0, 9.0])
    for _ in range(400):
        share = np.exp(-((x[:, None] - means) ** 2) / 2)
        share /= share.sum(axis=1, keepdims=True)
        means = x @ share / share.sum(axis=0)
    by_hand = log_likelihood(x, bells([-4, 0, 8])) - log_likelihood(x, bells(means))
    return choice(
        "EM is run from ten starts on the same data, and every run says *converged*. Three end at "
        "the log-likelihood −812.4, seven at −1065.2. What follows?",
        {
            "seven": (
                "Most starts agree on −1065.2, so that is the answer.",
                "Heights are compared, not counted: a low summit may be easy to find.",
            ),
            "three": (
                "Keep one that ended at −812.4; a still higher maximum may have been missed.",
                "Both are local maxima, and one is higher. (Look whether it is a spurious one.)",
            ),
            "steps": (
                "The seven need more steps: converged runs must agree in the end.",
                f"A low summit is a summit. On points of the book EM rests {short:.0f} nats below "
                "another.",
            ),
            "both": (
                "Both are the same answer under other names.",
                "Another name does not change the log-likelihood.",
            ),
        },
        {
            "seven": False,
            "three": low.converged and short > 1,
            "steps": not low.converged,
            "both": abs(short) < 1e-6,
        },
        again="three" if by_hand > 1 else "both",
        because="*Converged* says that a run stands on a summit. Two heights can be compared; one "
        "alone says nothing.",
    )


@bank.item("what EM makes of identical components")
def identical_components(draw):
    x, _ = sample(Mixture([0.7, 0.3], [-2, 2], [1, 2]), 500, np.random.default_rng(2))
    one = em(x, Mixture([0.3, 0.7], [5, 5], [1, 1]), max_steps=1).mixture
    more = em(x, Mixture([0.3, 0.7], [5, 5], [1, 1]), max_steps=50).mixture
    shares = responsibilities(x, Mixture([0.3, 0.7], [5, 5], [1, 1]))
    stays = np.allclose(one.means, more.means) and np.allclose(one.covariances, more.covariances)
    whole = np.allclose(one.means, x.mean()) and np.allclose(one.covariances, x.var())
    return choice(
        "Two components begin with the same mean and the same variance, away from the data, and "
        "with the weights 0.3 and 0.7. Nothing is held. What does EM do?",
        {
            "whole": (
                "After one step both have the mean and the variance of all points, and stay there.",
                "Each point has the shares 0.3 and 0.7, so both take the same averages.",
            ),
            "weights": (
                "The different weights part them after some steps.",
                "The weights alone do nothing: they cancel in the averages.",
            ),
            "start": (
                "Nothing moves: they stay where they began.",
                "Both move, to the mean of all points, and together.",
            ),
            "random": (
                "It depends on the data which of the two goes left.",
                "With exactly equal components nothing is there to decide it.",
            ),
        },
        {
            "whole": whole and stays,
            "weights": np.ptp(more.means) > 0.1,
            "start": np.allclose(one.means, 5),
            "random": not stays,
        },
        again="whole" if np.allclose(shares, [0.3, 0.7]) else "random",
        because="EM with a pair of twins is EM with one component less. The place is level, and "
        "as a rule a saddle: start the components well apart.",
    )


@bank.item('"more data will remove the bad summits"')
def more_data(draw):
    depths = []
    for n in (300, 3000, 30_000):
        x, _ = sample(bells([-5, 5, 50]), n, np.random.default_rng(4))
        top = em(x, bells([-5, 5, 50]), hold=KNOWN).log_likelihood
        low = em(x, bells([0, 50, 51]), hold=KNOWN, max_steps=30).log_likelihood
        depths.append((top - low) / n)
    theory = 25 / 3 - math.log(2) / 3
    return choice(
        "With 300 points EM ends on a bad summit, about 8 nats a point below the best: two means "
        "share a bell far off, and one stands between two bells. Weights and variances are known. "
        "From the same start, what happens with 30 000 points of the same kind?",
        {
            "gone": (
                "The bad summit is gone: more points make the log-likelihood smooth.",
                f"It is there, {depths[-1]:.2f} nats a point deep. It belongs to the smooth "
                "landscape.",
            ),
            "shallow": (
                "It is there, and a hundred times less deep for each point.",
                "Only what is accident shrinks with more points.",
            ),
            "same": (
                "It is there, and about as deep for each point.",
                "It is a fault of the start, and only another start mends it.",
            ),
        },
        {
            "gone": depths[-1] < 0.01,
            "shallow": 0.01 <= depths[-1] < 1,
            "same": depths[-1] > 0.8 * depths[0],
        },
        again="same" if theory > 1 else "shallow",
        because="All in all it is a hundred times as many nats. With three or more components even "
        "infinitely many points can have bad summits.",
    )


@bank.item("how deep a bad summit is")
def depth_of_a_bad_summit(draw):
    delta = int(draw.integers(5, 10))
    good, bad = bells([-delta, delta, 100]), Mixture([1 / 3, 2 / 3], [0, 100], [1, 1])
    x = np.linspace(-delta - 9, 110, 400_001)
    logs = log_density(x, good)
    lost = float((np.exp(logs) * (logs - log_density(x, bad))).sum() * (x[1] - x[0]))
    return numeric(
        rf"Three bells of weight ⅓ and variance 1 stand at $-{delta}$, ${delta}$ and far off at "
        "100; weights and variances are known. EM ends with one mean at 0 and two at 100. How many "
        "nats a point is that below the best, for very many points?",
        delta**2 / 3 - math.log(2) / 3,
        within=0.04,
        again=lost,
        unit="nats a point",
        mistakes={
            "The third that has two bells in place of one gains $\\log 2$.": delta**2 / 3,
            "Only two thirds of the points lose.": delta**2 / 2 - math.log(2) / 3,
            "A density has half of the squared distance in it.": 2 * delta**2 / 3 - math.log(2) / 3,
        },
        because=rf"Two thirds of the points lose $\delta^2/2 = {delta**2 / 2:g}$, one third gains "
        r"$\log 2$.",
    )
