"""Chapter 3: everything unknown. The M-step, names, spires, and when a run is finished."""

# canary: GMM-KEY-bank-one_dimension
import itertools
import math

import numpy as np
from bank_items import Bank, choice, numeric
from scipy.optimize import brentq

from gmmlib import Mixture, em, log_density, log_likelihood, m_step, n_parameters, sample
from gmmlib import e_step as share_out

bank = Bank("one_dimension")


@bank.item("the variance is about the new mean, by shares, and no standard deviation")
def variance_by_shares(draw):
    x = np.sort(draw.choice(np.arange(-3, 8), 3, replace=False)).astype(float)
    shares = draw.choice([0.1, 0.2, 0.4, 0.5, 0.6, 0.8, 0.9], 3, replace=False)
    old = float(draw.integers(0, 4))
    count = shares.sum()
    mean = shares @ x / count
    squares = shares @ (x - mean) ** 2
    rows = "\n".join(f"| ${a:g}$ | {b:g} |" for a, b in zip(x, shares))
    return numeric(
        f"The mean of component 1 was {old:g}. An E-step gives it these shares of three points:\n\n"
        f"| $x_i$ | $\\gamma_{{i1}}$ |\n|--:|--:|\n{rows}\n\n"
        "What is its variance after the M-step?",
        squares / count,
        within=0.02,
        again=np.cov(x, aweights=shares, ddof=0),
        mistakes={
            "Taken about the old mean: too large by the square of the mean's move.": shares
            @ (x - old) ** 2
            / count,
            "This is the standard deviation.": math.sqrt(squares / count),
            "Divided by the number of points. The component holds $N_1$ of them.": squares / 3,
            "The shares were left out.": x.var(),
        },
        because=rf"$N_1 = {count:.1f}$, the new mean is {mean:.3f}, and "
        rf"$\sum_i \gamma_{{i1}} (x_i - \mu_1)^2 = {squares:.3f}$.",
    )


@bank.item("what the old mean does to the variance")
def slip_of_the_old_mean(draw):
    v = draw.choice([1.5, 2.0, 2.5, 4.0])
    old, new = float(draw.integers(-2, 2)), 0.0
    new = old + draw.choice([0.5, 1.2, -0.8, 1.5])
    x = draw.normal(size=30)
    shares = draw.random(30)
    x = x - np.average(x, weights=shares)
    x = new + x * math.sqrt(v / np.average(x**2, weights=shares))
    return numeric(
        f"A step moves the mean of a component from {old:g} to {new:g}, and the right M-step gives "
        f"it the variance {v:g}. A program takes the squares about the *old* mean. Which "
        "variance does it give?",
        v + (new - old) ** 2,
        within=0.02,
        again=np.average((x - old) ** 2, weights=shares),
        mistakes={
            "The variance about the new mean is the smallest there is, so the slip makes it "
            "larger.": v - (new - old) ** 2,
            "The move enters by its square.": v + abs(new - old),
            "The slip does change the variance, unless the mean does not move.": v,
        },
        because=r"$\sum_i \gamma_{ik}(x_i - \mu_k) = 0$, so the mixed term vanishes and "
        r"$(\mu_k - \mu_k^{\text{old}})^2$ is added.",
    )


@bank.item("how many numbers are free")
def free_numbers(draw):
    K = int(draw.integers(2, 7))
    mixture = Mixture(np.full(K, 1 / K), np.arange(K), np.arange(K) + 1.0)
    return numeric(
        f"A mixture of {K} Gaussians in one dimension, everything unknown. How many numbers are "
        "free?",
        n_parameters(mixture),
        within=0.4,
        again=len([*range(K), *range(K), *range(K - 1)]),
        mistakes={
            "The weights sum to 1, so the last one is no free number.": 3 * K,
            "The weights are unknown, too.": 2 * K,
        },
        because=rf"${K}$ means, ${K}$ variances and ${K - 1}$ weights: the last weight is what is "
        "left of 1.",
    )


@bank.item("a small step is a small error")
def small_step(draw):
    rate, move = 0.99, 0.001
    left = move * rate / (1 - rate)
    added = sum(move * rate**j for j in range(1, 4000))

    def judged(far):
        return {
            "step": far < 2 * move,
            "tenth": abs(far / 0.1 - 1) < 0.2,
            "never": not math.isfinite(far),
            "nothing": far < move,
        }

    return choice(
        f"Near its end each move of a run is {rate} times the one before. The last move was "
        f"{move}. How far is it still to go?",
        {
            "step": (
                "About 0.001: the moves to come are smaller than the last.",
                "They are smaller, but there are many of them, and they add up.",
            ),
            "tenth": ("About 0.1.", f"The moves to come add up to {left:.3f}."),
            "never": (
                "Infinitely far: EM never arrives.",
                "It takes infinitely many moves, and their sum is finite.",
            ),
            "nothing": (
                "Less than 0.001: a move of a thousandth means that EM has arrived.",
                "A small step is not a small error.",
            ),
        },
        judged(left),
        again=judged(added),
        because=r"The moves to come are a geometric series: $\tfrac{\rho}{1 - \rho}\, s$, with "
        r"$\rho = 0.99$ that is 99 times the step.",
    )


@bank.item("the moves to come are a geometric series")
def still_to_go_by_rate(draw):
    # two moves that are printed exactly: a rounded one would lead to another sum
    earlier, rate = draw.choice([0.02, 0.04, 0.08, 0.2]), draw.choice([0.6, 0.75, 0.8, 0.9])
    move = earlier * rate
    return numeric(
        rf"The last two moves of a run were {earlier:g} and {move:g}. Assume that the moves "
        "go on shrinking by the same factor. What do the moves still to come add up to?",
        move * rate / (1 - rate),
        within=0.08 * move,
        again=sum(move * rate**j for j in range(1, 400)),
        mistakes={
            "The last move counted a second time: it has been made already.": move / (1 - rate),
            "This is the next move alone.": move * rate,
            "This is the last move. The moves to come add up to something else.": move,
        },
        because=rf"$\rho = {rate:g}$, and $\rho s + \rho^2 s + \dots = "
        rf"\tfrac{{\rho}}{{1-\rho}}\, s$ with $s = {move:g}$.",
    )


@bank.item("what one more decimal digit costs")
def price_of_a_digit(draw):
    rate = draw.choice([0.5, 0.8, 0.9, 0.95, 0.98])
    return numeric(
        rf"EM's rate is {rate:g}. How many steps does one more correct decimal digit cost? (Do "
        "not round to whole steps.)",
        math.log(10) / -math.log(rate),
        within=0.1,
        again=brentq(lambda t: rate**t - 0.1, 1e-3, 1e4),
        mistakes={
            "This is for a factor of $e$, not of 10.": 1 / -math.log(rate),
            "This is how far it is still to go, with the last move as the unit.": rate / (1 - rate),
        },
        because=r"$\rho^t = \tfrac1{10}$ gives $t = \log 10 / (-\log \rho)$.",
    )


@bank.item("what a component on one point gains")
def climbing_a_spire(draw):
    power = int(draw.choice([2, 3, 4, 6]))
    x = np.round(draw.normal(size=20), 3)
    narrow = [10.0**-16, 10.0 ** -(16 + power)]
    heights = [log_likelihood(x, Mixture([0.5, 0.5], [x[0], 0], [v, 2])) for v in narrow]
    return numeric(
        rf"Component 0 stands exactly on one point and is very narrow already; another component "
        rf"covers the rest. The variance of component 0 is divided by $10^{{{power}}}$. By how "
        "many nats does the log-likelihood rise?",
        power / 2 * math.log(10),
        within=0.02,
        again=heights[1] - heights[0],
        unit="nats",
        mistakes={
            "The height goes with one over the standard deviation, so half of it.": power
            * math.log(10),
            "The logarithm is natural: its unit is the nat.": power / 2,
        },
        because=rf"At its point the density is proportional to $1/\sigma_0$: "
        rf"$\tfrac12 \log 10^{{{power}}}$, and so on without end.",
    )


@bank.item("how many names one density has")
def names_of_a_density(draw):
    K = int(draw.integers(3, 6))
    mixture = Mixture(np.arange(1, K + 1) / sum(range(1, K + 1)), np.arange(K), np.ones(K))
    grid = np.linspace(-2, K, 50)
    same = [
        np.allclose(log_density(grid, mixture.reordered(list(order))), log_density(grid, mixture))
        for order in itertools.permutations(range(K))
    ]
    return numeric(
        f"All parameters are free, and the {K} components of a mixture differ and have positive "
        f"weights. How many different lists of {K} weights, means and variances give exactly its "
        "density?",
        math.factorial(K),
        within=0.4,
        again=sum(same),
        mistakes={
            "This counts where component 0 may stand. The others have places, too.": K,
            "Each component gets another place.": K**K,
        },
        because=f"A sum does not care about its order: $K! = {math.factorial(K)}$ namings.",
    )


@bank.item('"the log-likelihood has stopped changing, so we are at the maximum"', concepts=True)
def stands_still(draw):
    truth = Mixture([0.7, 0.3], [-2, 2], [1, 2])
    x, _ = sample(truth, 2000, np.random.default_rng(7))
    start = Mixture([0.5, 0.5], [0, 0.001], [1, 1])
    heights = em(x, start).log_likelihoods
    gain, left = heights[2] - heights[1], heights[-1] - heights[2]
    mixture = start
    for _ in range(2):
        before, mixture = mixture, m_step(share_out(x, mixture))
    by_hand = log_likelihood(x, mixture) - log_likelihood(x, before)
    below = log_likelihood(x, truth) - log_likelihood(x, mixture)
    return choice(
        "A step of EM raised the log-likelihood of 2000 points by 0.001. What follows?",
        {
            "top": (
                "EM is at a maximum, or so near that it makes no difference.",
                f"From near twins the second step gains {gain:.4f} nats, and {left:.0f} are still "
                "to come.",
            ),
            "level": (
                "The log-likelihood is nearly level here. It may be a maximum, a saddle or a long "
                "flat stretch.",
                "A small gain says that the slope is small here, and no more.",
            ),
            "wrong": (
                "The program is wrong: a step must gain more.",
                "A small gain is no fault. A fall would be one.",
            ),
            "collapse": (
                "A component is about to collapse onto a single point.",
                "In a collapse the log-likelihood rises ever faster.",
            ),
        },
        {
            "top": left < 1,
            "level": 0 < gain < 0.01 and left > 1,
            "wrong": gain < 0,
            "collapse": gain > 1,
        },
        again="level" if 0 < by_hand < 0.01 and below > 1 else "top",
        because="Ask how far it is still to go, and look round, before you call it the end.",
    )
