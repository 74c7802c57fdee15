"""Chapter 6: when it is finished, and why so slow. Rates, rules, information, saddles, leaps."""

# canary: GMM-KEY-bank-stopping_and_speed
import math

import numpy as np
from bank_items import Bank, choice, numeric
from book_questions import order

from gmmlib import Mixture, aitken_limit, em, quantile_start, sample
from gmmlib.explore import arrange

bank = Bank("stopping_and_speed")


@bank.item("the rate is the fraction of missing information")
def rate_from_information(draw):
    # linkage: classes 1/2 + t/4, (1-t)/4 twice, t/4; the first one lacks a label
    a, b, c = (int(draw.integers(*ends)) for ends in ((90, 140), (10, 25), (25, 45)))

    def step(t):
        y = a * t / (2 + t)
        return (y + c) / (y + c + 2 * b)

    top = 0.5
    for _ in range(200):
        top = step(top)
    y = a * top / (2 + top)
    complete = (y + c) / top**2 + 2 * b / (1 - top) ** 2
    observed = a / (2 + top) ** 2 + c / top**2 + 2 * b / (1 - top) ** 2
    near = top + 1e-5
    return numeric(
        rf"At the top the complete information about a parameter is {complete:.1f}, the observed "
        rf"one {observed:.1f}. By which factor does a step of EM multiply a small error?",
        1 - round(observed, 1) / round(complete, 1),
        within=0.002,
        again=(step(near) - top) / (near - top),
        mistakes={
            "This is the part of the error that a step takes away.": observed / complete,
            "What is missing, as a part of what is observed. It must be of the complete.": complete
            / observed
            - 1,
        },
        because=r"$\rho = I_{\text{mis}}/I_{\text{com}}$, with "
        rf"$I_{{\text{{mis}}}} = {complete - observed:.1f}$.",
    )


@bank.item("where three log-likelihoods lead")
def limit_by_aitken(draw):
    g = draw.choice([0.5, 0.75, 0.8, 0.9])
    # gains that are printed exactly: rounded ones would lead elsewhere
    first = draw.choice([0.4, 0.8, 1.2, 2.0])
    last = first * g
    start = -float(draw.integers(1200, 1700))
    heights = [start, start + first, start + first + last]
    added = heights[2] + sum(last * g**j for j in range(1, 600))
    return numeric(
        "Three log-likelihoods in a row are "
        + ", ".join(f"${height:.3f}$" for height in heights)
        + ". To which value do they lead, if the gains go on shrinking by the same factor?",
        aitken_limit(np.array(heights)),
        within=0.04,
        again=added,
        mistakes={
            "This is the last value. The gains to come add up.": heights[2],
            "One gain more only.": heights[2] + last * g,
            "The last gain counted twice.": heights[2] + last / (1 - g),
        },
        because=rf"$g = {g:g}$, and $L_{{t-1}} + (L_t - L_{{t-1}})/(1 - g)$: "
        rf"{last * g / (1 - g):.3f} nats are still to come.",
    )


@bank.item("what a tolerance for each point means in all")
def tolerance_for_each_point(draw):
    n = int(draw.choice([2000, 5000, 20_000]))
    power = int(draw.choice([3, 4]))
    gains = np.geomspace(100, 1e-4, 200_001)
    stops = gains[np.argmax(gains / n < 10.0**-power)]
    return numeric(
        rf"A program stops when a step gains less than $10^{{-{power}}}$ nats *a point*. Below "
        rf"which gain in the log-likelihood of all {n} points does it stop?",
        n / 10**power,
        within=0.001 * n / 10**power * 5,
        again=stops,
        unit="nats",
        mistakes={
            "This is for one point.": 10.0**-power,
        },
        because=f"${n} \\cdot 10^{{-{power}}}$. On a flat stretch a step may gain less than that "
        "with most of the way ahead.",
    )


@bank.item('"EM is slow", as if that were EM\'s doing', concepts=True)
def slow_or_fast(draw):
    steps, rates = {}, {}
    for separation in (6, 2):
        pair = Mixture([0.5, 0.5], [-separation / 2, separation / 2], [1, 1])
        x, _ = sample(pair, 1000, np.random.default_rng(5))
        run = em(x, quantile_start(x, 2), tolerance=1e-4, max_steps=5000)
        steps[separation] = run.steps
        moves = [np.abs(a.means - b.means).max() for a, b in zip(run.mixtures, run.mixtures[1:])]
        rates[separation] = moves[-1] / moves[-2]

    def judged(near, far):
        return {
            "near": near > 1.5 * far,
            "far": far > 1.5 * near,
            "same": max(near, far) <= 1.5 * min(near, far),
            "points": False,
        }

    return choice(
        "Two normal components of equal weight and variance, all parameters unknown, 1000 points. "
        "For which distance of the means does EM need more steps, once it is near its end?",
        {
            "near": (
                "When they overlap much: the points say little about which is which.",
                f"{steps[2]} steps at a distance of 2 standard deviations, {steps[6]} at 6.",
            ),
            "far": (
                "When they are far apart: the means have a longer way.",
                "It is not the way that costs, but how much each step takes off the error.",
            ),
            "same": (
                "It makes no difference: the rate belongs to the algorithm.",
                "The rate is the fraction of information that went away with the labels.",
            ),
            "points": (
                "It depends on the number of points alone.",
                "More points make a step dearer. They hardly change how many are needed.",
            ),
        },
        judged(steps[2], steps[6]),
        again=judged(-1 / math.log(rates[2]), -1 / math.log(rates[6])),
        because="Where labels would tell nearly everything, each step takes off only a small part "
        "of the error.",
    )


@bank.item("where EM rests is a top")
def eigenvalue_above_one(draw):
    x, _ = sample(Mixture([0.7, 0.3], [-2, 2], [1, 2]), 2000, np.random.default_rng(7))
    z = (x - x.mean()) / x.std()
    skewness, kurtosis = (z**3).mean(), (z**4).mean()
    matrix = [[1, skewness / 2**0.5], [skewness / 2**0.5, (kurtosis - 1) / 2]]
    largest = np.linalg.eigvalsh(matrix).max()
    v = x.var()
    start = Mixture([0.5, 0.5], [x.mean() - 1e-6, x.mean() + 1e-6], [v - 1e-6, v + 1e-6])
    run = em(x, start, max_steps=30)
    apart = [np.ptp(mixture.means) for mixture in run.mixtures]
    ratio = apart[25] / apart[24]
    return choice(
        r"At a place where EM stands still, the matrix $M'$ of the slopes of one step has the "
        "eigenvalues 0, 0, 0.38, 1 and 1.5. What is the place?",
        {
            "saddle": (
                "A saddle: in one direction an error grows.",
                "The twins' common place is such a one: each step makes an error "
                f"{largest:.2f} times as large.",
            ),
            "top": (
                "A maximum: EM stands still only at maxima.",
                "EM stands still wherever the log-likelihood is level.",
            ),
            "slow": (
                "A maximum, to which EM comes slowly.",
                "That would be a largest eigenvalue a little below 1.",
            ),
            "bug": (
                "Nothing: such eigenvalues show a wrong program.",
                "A right program has them at every saddle.",
            ),
        },
        {
            "saddle": largest > 1,
            "top": largest < 1,
            "slow": 0.9 < largest < 1,
            "bug": False,
        },
        again="saddle" if ratio > 1.05 else "top",
        because=r"$1 - M' = I_{\text{com}}^{-1} I_{\text{obs}}$: above 1 the observed information "
        "is negative in that direction, so the log-likelihood bends up there.",
    )


@bank.item("a leap adds up the series at once")
def one_leap(draw):
    end, rate = draw.choice([1.0, 2.0, -1.0]), draw.choice([0.5, 0.6, 0.8])
    error = draw.choice([0.5, 1.0, -0.5])
    places = [end + error * rate**t for t in range(3)]
    a, b = places[1] - places[0], places[2] - places[1]
    later = end + error * rate**200
    # SQUAREM's leap in one dimension lands on the same place
    alpha = abs(a) / abs(b - a)
    assert np.isclose(places[0] + 2 * alpha * a + alpha**2 * (b - a), later)
    return numeric(
        "A parameter was "
        + ", ".join(f"${place:.4g}$" for place in places)
        + " at three steps in a row. Where does it end, if each move is the same multiple of the "
        "one before?",
        places[2] + b * b / (a - b),
        within=0.015,
        again=later,
        mistakes={
            "One step more only.": places[2] + b * rate,
            "The last move counted twice.": places[2] + b / (1 - rate),
            "This is where it is now.": places[2],
        },
        because=rf"The moves are {a:.3g} and {b:.3g}, so $\rho = {rate:g}$, and "
        rf"$\tfrac{{\rho}}{{1 - \rho}}$ times the last move is left.",
    )


@bank.item("what is watched is the sum of the gains to come, not the last gain")
def stop_by_aitken(draw):
    heights = [-1630.0, -1620.0, -1618.0]
    left = float(aitken_limit(np.array(heights)) - heights[-1])
    return order(
        arrange(
            "stop-by-aitken",
            "A run stops when the gains still to come, estimated by Aitken's series, are below "
            "0.01 nats. Put the lines in an order that works.",
            {
                "last": "gain = heights[-1] - heights[-2]",
                "before": "earlier = heights[-2] - heights[-3]",
                "ratio": "ratio = gain / earlier",
                "left": "to_go = gain * ratio / (1 - ratio)",
                "stop": "finished = to_go < 0.01",
            },
            after={"ratio": ("last", "before"), "left": "ratio", "stop": "left"},
            given={"heights": heights},
            check=lambda names: not names["finished"] and abs(names["to_go"] - left) < 1e-9,
            because="The gains are 10 and 2, so {left:.2f} nats are still to come.",
            numbers=lambda: {"left": left},
        )
    )
