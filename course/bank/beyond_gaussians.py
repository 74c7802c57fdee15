"""Chapter 19: the same two steps without bells."""

# canary: GMM-KEY-bank-beyond_gaussians
import math

import numpy as np
from bank_items import Bank, choice, numeric, several
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import binom, gamma, norm, poisson

bank = Bank("beyond_gaussians")


@bank.item("the share of a coin: all tosses count, the tails too")
def share_of_a_coin(draw):
    heads, A = int(draw.choice([6, 7, 8])), draw.choice([0.7, 0.8])
    B = draw.choice([0.4, 0.5])
    joint = np.array([c**heads * (1 - c) ** (10 - heads) for c in (A, B)])
    pmf = binom.pmf(heads, 10, [A, B])
    alone = np.array([A, B]) ** heads
    return numeric(
        f"One of two coins was taken, each as likely as the other, and showed {heads} heads in ten "
        f"tosses. Coin A shows heads with chance {A:g}, coin B with {B:g}. What is the share of "
        "coin A in this set?",
        joint[0] / joint.sum(),
        within=0.005,
        again=pmf[0] / pmf.sum(),
        mistakes={
            "The tails count, too.": alone[0] / alone.sum(),
            "This is for one toss that shows heads, not for ten tosses.": A / (A + B),
            "This is the share of coin B.": joint[1] / joint.sum(),
        },
        because=rf"${A:g}^{{{heads}}} \cdot {1 - A:.1g}^{{{10 - heads}}}$ against "
        rf"${B:g}^{{{heads}}} \cdot {1 - B:.1g}^{{{10 - heads}}}$.",
    )


@bank.item("heads that are expected, of tosses that are expected")
def m_step_of_a_coin(draw):
    heads = draw.choice(np.arange(2, 10), 3, replace=False)
    shares = draw.choice([0.1, 0.3, 0.4, 0.7, 0.8, 0.9], 3, replace=False)
    tosses = 10 * shares.sum()
    rows = "\n".join(f"| {h} | {s:g} |" for h, s in zip(heads, shares))

    def loss(c):
        return -(shares * (heads * np.log(c) + (10 - heads) * np.log(1 - c))).sum()

    best = minimize_scalar(loss, bounds=(0.01, 0.99), method="bounded", options={"xatol": 1e-9})
    return numeric(
        "Three sets of ten tosses, and the shares of coin A in them:\n\n"
        f"| heads of ten | share of A |\n|--:|--:|\n{rows}\n\n"
        "What is the chance of heads of coin A after the M-step?",
        heads @ shares / tosses,
        within=0.005,
        again=best.x,
        mistakes={
            "Divided by all tosses, not by those that coin A is expected to have made.": heads
            @ shares
            / 30,
            "The shares were not used.": heads.mean() / 10,
            "Each set went whole to a coin: hard labels.": (
                heads[shares > 0.5].mean() / 10 if (shares > 0.5).any() else 0.0
            ),
        },
        because=f"{heads @ shares:.2f} heads of {tosses:.1f} tosses.",
    )


@bank.item("a row of a table of counts stands for many points")
def m_step_of_counts(draw):
    days = draw.choice(np.arange(10, 60, 5), 4)
    shares = np.sort(draw.choice(np.arange(0.1, 1, 0.1), 4, replace=False))[::-1].round(1)
    x = np.arange(4)
    N = days @ shares
    rows = "\n".join(f"| {c} | {d} | {s:g} |" for c, d, s in zip(x, days, shares))
    each, held = np.repeat(x, days), np.repeat(shares, days)
    return numeric(
        "Counts on many days, and the shares of kind 0 in a day with that count:\n\n"
        f"| count | days | share of kind 0 |\n|--:|--:|--:|\n{rows}\n\n"
        "The counts are Poisson, with a mean for each kind. What is the mean of kind 0 after the "
        "M-step?",
        (days * x) @ shares / N,
        within=0.01,
        again=np.average(each, weights=held),
        mistakes={
            "Each row was counted once, however many days it stands for.": x
            @ shares
            / shares.sum(),
            "Divided by all days, not by those of kind 0.": (days * x) @ shares / days.sum(),
            "The shares were not used.": days @ x / days.sum(),
        },
        because=f"{(days * x) @ shares:.1f} over $N_0 = {N:.1f}$ days.",
    )


@bank.item("the E-step of a Poisson mixture")
def share_of_a_count(draw):
    count = int(draw.choice([0, 1, 4, 5]))
    p, means = draw.choice([0.2, 0.3, 0.4]), np.array([1.0, 3.0])
    weights = np.array([1 - p, p])
    joint = weights * means**count * np.exp(-means)
    other = weights * means**count
    bare = means**count * np.exp(-means)
    exact = weights * poisson.pmf(count, means)
    bell = weights * norm.pdf(count, means, np.sqrt(means))
    return numeric(
        rf"Kind 0 has the weight {1 - p:g} and counts that are Poisson with mean 1, kind 1 the "
        rf"weight {p:g} and mean 3. What is the share of kind 1 in a count of {count}? "
        r"($P(x) = \mu^x e^{-\mu}/x!$)",
        joint[1] / joint.sum(),
        within=0.005,
        again=exact[1] / exact.sum(),
        mistakes={
            r"$e^{-\mu}$ is not the same for both kinds, and does not cancel.": other[1]
            / other.sum(),
            "The weights were forgotten.": bare[1] / bare.sum(),
            r"A bell with variance $\mu$ is no Poisson distribution.": bell[1] / bell.sum(),
        },
        because=rf"${p:g} \cdot 3^{{{count}}} e^{{-3}}$ against ${1 - p:g}\, e^{{-1}}$; the "
        "factorial cancels.",
    )


@bank.item("the precision of a far point under a t distribution")
def precision_of_a_point(draw):
    nu, distance = int(draw.choice([1, 3, 4])), int(draw.choice([4, 5, 6]))

    def both(w, power):
        prior = gamma(nu / 2, scale=2 / nu).pdf(w)
        return w**power * prior * norm(0, w**-0.5).pdf(distance)

    parts = [quad(both, 0, 30, args=(power,), limit=200)[0] for power in (0, 1)]
    return numeric(
        rf"A t distribution on a line, with center 0, scale 1 and $\nu = {nu}$ degrees of freedom. "
        rf"What precision $\bar w$ does the E-step give to a point at {distance}, where a usual "
        "point has about 1?",
        (nu + 1) / (nu + distance**2),
        within=0.005,
        again=parts[1] / parts[0],
        mistakes={
            "The distance was not squared.": (nu + 1) / (nu + distance),
            "The dimension was forgotten above.": nu / (nu + distance**2),
            r"$\nu$ was forgotten below.": (nu + 1) / distance**2,
        },
        because=rf"$(\nu + d)/(\nu + \Delta^2)$ with $d = 1$ and $\Delta^2 = {distance**2}$.",
    )


@bank.item("the fraction of missing information in its simplest case")
def rate_of_censored_times(draw):
    n, still = int(draw.choice([20, 40, 50])), int(draw.choice([4, 6, 8]))
    total = int(draw.choice([60, 90, 120]))
    end = total / (n - still)

    def step(mu):
        return (total + still * mu) / n

    rate = (step(end + 0.1) - step(end - 0.1)) / 0.2
    return numeric(
        rf"Of {n} lamps with exponential times, {still} still burn when the test ends; all times "
        rf"seen add up to {total} hours. EM sets $\mu \leftarrow ({total} + {still}\mu)/{n}$. By "
        "which factor does each step shrink the error?",
        still / n,
        within=0.004,
        again=rate,
        mistakes={
            "These are the lamps that went out.": 1 - still / n,
            "Divided by the lamps that went out, not by all.": still / (n - still),
            "This is where it ends, not how fast.": end,
        },
        because=rf"The map is linear with slope ${still}/{n}$: the share of lamps that hide "
        "their end.",
    )


@bank.item('"EM is a clustering method"')
def where_nothing_is_sorted(draw):
    words = {
        "animals": (
            "Classes with probabilities ½ + θ/4, (1 − θ)/4, (1 − θ)/4, θ/4, where the first is two "
            "that look alike.",
            "Hidden is the kind of each animal of the first class: a label, if nobody asks for it.",
        ),
        "t": (
            "One group of points with heavy tails, a t distribution.",
            "Hidden is a precision for each point.",
        ),
        "lamps": (
            "Lifetimes of which some are cut off by the end of the test.",
            "Hidden is how long the lamps would have burned.",
        ),
        "poisson": (
            "Counts of two kinds of days, whose kind was not written down.",
            "Hidden is a label: here the shares could sort the days.",
        ),
    }
    hidden = {"animals": "label", "t": "precision", "lamps": "time", "poisson": "label"}
    no_label = {key: kind != "label" for key, kind in hidden.items()}
    # a label is what takes one of a few values for each point
    values = {"animals": 2, "t": math.inf, "lamps": math.inf, "poisson": 2}
    return several(
        "EM fits each of these. In which of them is what is hidden *not* a label for each point?",
        words,
        no_label,
        again={key: many > 3 for key, many in values.items()},
        because="EM needs something hidden with which the problem would be easy. That may be a "
        "label, and need not be.",
    )


@bank.item('"a likelihood has spires wherever there are components"')
def spires_of_counts(draw):
    x = np.array([0, 1, 1, 2, 5])
    narrow = [poisson.logpmf(x, mean).max() for mean in (1e-9, 1e-3, 1.0, 5.0)]
    bells = [norm.logpdf(0, 0, 10.0**-k) for k in range(1, 12)]
    bounded, grows = max(narrow) <= 0, bool(np.all(np.diff(bells) > 2))
    return choice(
        "A mixture of two Gaussians with free variances has spires: its likelihood has no highest "
        "value. What about a mixture of two Poisson distributions, fitted to counts?",
        {
            "none": (
                "It has none: the log-likelihood is never above 0.",
                "A probability is at most 1. A density may be as high as it likes.",
            ),
            "zero": (
                "It has one where a mean goes to 0.",
                "There the count 0 gets the probability 1, and not more.",
            ),
            "same": (
                "It has spires on every count that occurs.",
                "A component cannot give any count more than probability 1.",
            ),
            "large": (
                "It has one where a mean goes to infinity.",
                "There all counts that were seen get the probability 0.",
            ),
        },
        {
            "none": bounded and grows,
            "zero": not bounded,
            "same": False,
            "large": False,
        },
        again="none" if math.exp(max(narrow)) <= 1 else "zero",
        because="The likelihood of counts is a product of probabilities.",
    )
