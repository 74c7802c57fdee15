"""Chapter 4: why EM cannot fall. The bound, what each step does to it, and what Q expects."""

# canary: GMM-KEY-bank-lower_bound
import itertools
import math
from functools import cache

import numpy as np
from bank_items import Bank, choice, numeric, several

from gmmlib import (
    Mixture,
    e_step,
    em,
    expected_complete_log_likelihood,
    log_joint,
    log_likelihood,
    lower_bound,
    m_step,
    responsibilities,
    sample,
)

bank = Bank("lower_bound")


def some_points(seed=3, n=80):
    return sample(Mixture([0.6, 0.4], [-1.5, 1.5], [1, 2]), n, np.random.default_rng(seed))[0]


START = Mixture([0.5, 0.5], [-3, 0.5], [1, 1])


@bank.item("the logarithm of an average is at least the average of the logarithms")
def gap_of_jensen(draw):
    a = draw.choice([1, 2, 3, 5, 8, 10], 2, replace=False)
    q = draw.choice([0.2, 0.25, 0.4, 0.5])
    mean = q * a[0] + (1 - q) * a[1]
    gap = math.log(mean) - q * math.log(a[0]) - (1 - q) * math.log(a[1])
    product = a[0] ** float(q) * a[1] ** float(1 - q)
    return numeric(
        rf"Take $a = ({a[0]}, {a[1]})$ with the shares $q = ({q:g}, {1 - q:g})$. How large is the "
        r"gap $\log \sum_k q_k a_k - \sum_k q_k \log a_k$?",
        gap,
        within=0.004,
        again=math.log(mean / product),
        mistakes={
            "This is the logarithm of the average.": math.log(mean),
            "This is the average of the logarithms.": math.log(product),
            "The logarithm of the sum, without the shares.": math.log(sum(a)) - math.log(product),
        },
        because=rf"$\log {mean:g} = {math.log(mean):.4f}$, and the average of the logarithms is "
        rf"{math.log(product):.4f}.",
    )


@bank.item("the gap between the log-likelihood and the bound")
def gap_of_a_point(draw):
    g = draw.choice([0.05, 0.1, 0.2, 0.3])
    q = draw.choice([0.5, 0.4, 0.6])
    gap = q * math.log(q / g) + (1 - q) * math.log((1 - q) / (1 - g))
    # one point with these responsibilities, in a mixture made for it
    v = 1.0
    m1 = math.sqrt(2 * v * math.log((1 - g) / g))
    mixture, x = Mixture([0.5, 0.5], [0, m1], [v, v]), np.array([0.0])
    again = log_likelihood(x, mixture) - lower_bound(x, [[1 - q, q]], mixture)
    turned = g * math.log(g / q) + (1 - g) * math.log((1 - g) / (1 - q))
    return numeric(
        rf"The responsibilities of a point are $\gamma = ({1 - g:g}, {g:g})$. Somebody computes "
        rf"the lower bound with the shares $q = ({1 - q:g}, {q:g})$ instead. How far is the bound "
        "below the log-likelihood of this point?",
        gap,
        within=0.004,
        again=again,
        unit="nats",
        mistakes={
            "The divergence the wrong way round: it is averaged with the shares $q$.": turned,
            "This is the entropy of the shares. The responsibilities are missing.": -q * math.log(q)
            - (1 - q) * math.log(1 - q),
            "The bound is *below* the log-likelihood, so the gap is positive.": -gap,
        },
        because=r"$L - \mathcal L = \sum_k q_k \log (q_k / \gamma_k)$, which is 0 only for "
        r"$q = \gamma$.",
    )


@bank.item("what is averaged in Q")
def expectation_of_what(draw):
    logs = -np.sort(draw.choice(np.arange(1, 9), (2, 2), replace=False), axis=1).astype(float)
    shares = draw.choice([0.1, 0.2, 0.3, 0.4], 2)
    gamma = np.column_stack([1 - shares, shares])
    # over all four ways to label two points
    again = sum(
        gamma[0, a] * gamma[1, b] * (logs[0, a] + logs[1, b])
        for a, b in itertools.product((0, 1), repeat=2)
    )
    rows = "\n".join(
        f"| {i + 1} | ${logs[i, 0]:g}$ | ${logs[i, 1]:g}$ | {gamma[i, 1]:g} |" for i in range(2)
    )
    return numeric(
        "Two points, the shares $\\gamma_{i1}$ of component 1 by the old parameters, and the log "
        "joint densities $\\ell_{ik}$ by the new ones:\n\n"
        r"| $i$ | $\ell_{i0}$ | $\ell_{i1}$ | $\gamma_{i1}$ |"
        f"\n|--:|--:|--:|--:|\n{rows}\n\nCompute the expected complete log-likelihood $Q$ of the "
        "new parameters.",
        (gamma * logs).sum(),
        within=0.02,
        again=again,
        mistakes={
            "The likeliest labels were filled in. The E-step fills in no labels: it averages over "
            "them.": sum(logs[i, gamma[i].argmax()] for i in range(2)),
            "This is the log-likelihood: it has the logarithms of the sums in it.": np.logaddexp(
                *logs.T
            ).sum(),
            "The shares were left out.": logs.sum(),
            "A mean over the points. $Q$ is a sum.": (gamma * logs).sum() / 2,
        },
        because=r"$Q = \sum_i \sum_k \gamma_{ik}\, \ell_{ik}$: the complete log-likelihood, "
        "averaged over the labels with the shares as their probabilities.",
    )


@bank.item("the E-step raises the log-likelihood", concepts=True)
def what_an_e_step_does(draw):
    x = some_points()
    old = np.full((len(x), 2), 0.5)
    new = responsibilities(x, START)
    before, after = lower_bound(x, old, START), lower_bound(x, new, START)
    height = log_likelihood(x, START)
    logs = log_joint(x, START)
    by_hand = [(q * (logs - np.log(q))).sum() for q in (old, new)]
    total = np.log(np.exp(logs).sum(axis=1)).sum()

    def judged(a, b, top):
        return {
            "bound": b > a and np.isclose(b, top),
            "both": False if np.isclose(b, top) else b > a,
            "means": False,
            "nothing": np.isclose(a, b),
        }

    return choice(
        "What does an E-step do by itself, before the M-step that follows?",
        {
            "both": (
                "It raises the log-likelihood, and moves the components a little.",
                "It leaves the parameters as they are, so the log-likelihood, too.",
            ),
            "bound": (
                "It raises the lower bound until it touches the log-likelihood, which stays as it "
                "is.",
                "It changes the shares, and the parameters are the M-step's.",
            ),
            "means": (
                "It fills in the missing labels, each point with the likelier one.",
                "It fills in no labels: the shares are their probabilities.",
            ),
            "nothing": (
                "Nothing rises: it only prepares the M-step.",
                f"The bound rises, in an example from {before:.1f} to {after:.1f}.",
            ),
        },
        judged(before, after, height),
        again=judged(*by_hand, total),
        because="The E-step is the best move in the shares, the M-step the best in the parameters. "
        "What rises in both is the bound.",
    )


@bank.item("the log-likelihood gains what the bound gains")
def lift_of_the_bound(draw):
    x = some_points()
    lifts, gains = [], []
    mixture = START
    for _ in range(10):
        given = responsibilities(x, mixture)
        after = m_step(e_step(x, mixture))
        lifts.append(lower_bound(x, given, after) - lower_bound(x, given, mixture))
        gains.append(log_likelihood(x, after) - log_likelihood(x, mixture))
        mixture = after
    lifts, gains = np.array(lifts), np.array(gains)
    opened = []  # what the shares are out of date by, after the M-step
    mixture = START
    for _ in range(10):
        old, mixture = mixture, m_step(e_step(x, mixture))
        q, gamma = responsibilities(x, old), responsibilities(x, mixture)
        opened.append((q * np.log(q / gamma)).sum())
    most = lifts.argmax()
    return choice(
        "After an E-step the bound touches the log-likelihood. The M-step goes to the top of the "
        "bound, which is 0.8 nats higher than where it touches. How much does the log-likelihood "
        "gain?",
        {
            "less": (
                "At most 0.8 nats, since the bound is an approximation.",
                "The bound is nowhere above the log-likelihood, so it cannot gain less than 0.8.",
            ),
            "equal": (
                "Exactly 0.8 nats, since the two touch.",
                "They touch at the old place. At the new one the shares are out of date, and a gap "
                "opens.",
            ),
            "more": (
                "At least 0.8 nats, and as a rule more.",
                f"As in a run where the bound was lifted by {lifts[most]:.2f} and the "
                f"log-likelihood gained {gains[most]:.2f}.",
            ),
            "unknown": (
                "That cannot be said: it may even fall.",
                "A bound that is touched below and lifted pushes the log-likelihood up.",
            ),
        },
        {
            "less": bool((gains < lifts - 1e-9).all()),
            "equal": bool(np.allclose(gains, lifts, atol=1e-6)),
            "more": bool((gains >= lifts - 1e-9).all() and (gains > lifts + 1e-6).any()),
            "unknown": bool((gains < -1e-9).any()),
        },
        again="more" if min(opened) >= -1e-9 and max(opened) > 1e-6 else "equal",
        because="What it gains is what the bound was lifted by, and the gap that opens at the new "
        "place.",
    )


def _line(theta):
    return Mixture([0.75, 0.25], [0, theta], [9, 0.25])


@bank.item("which changed steps still cannot lower the log-likelihood")
def which_cannot_fall(draw):
    rng = np.random.default_rng(11)
    x = np.r_[rng.normal(0, 3, 45), rng.normal(2, 0.5, 15)]

    def height(theta):
        return log_likelihood(x, _line(theta))

    def step(theta, times, hard=False):
        share = responsibilities(x, _line(theta))[:, 1]
        if hard:
            share = (share > 0.5).astype(float)
        if share.sum() < 1e-9:
            return theta
        return theta + times * (x @ share / share.sum() - theta)

    @cache
    def worst(times, hard=False):
        places = np.linspace(-4, 6, 201)
        return min(height(step(place, times, hard)) - height(place) for place in places)

    # by the bound, a parabola: how much of its lift a step of so many times the way has
    lift = {times: 1 - (1 - times) ** 2 for times in (0.5, 1.5, 5)}
    sure = np.eye(2)[responsibilities(x, _line(0.8)).argmax(axis=1)]
    touches = lower_bound(x, sure, _line(0.8)) > height(0.8) - 1e-9
    return several(
        "One mean is unknown, all else is known. Which of these programs can never lower the "
        "log-likelihood? In all other ways each is plain EM.",
        {
            "half": (
                "Each M-step goes only half of its way.",
                "Half the way up the bound is up, too. This is generalized EM.",
            ),
            "five": (
                "Each M-step goes five times its way.",
                f"It may fall, in an example by {-worst(5):.0f} nats: it overshoots the top of the "
                "bound, which is only safe up to double.",
            ),
            "hard": (
                "The E-step gives each point wholly to the likelier component.",
                f"It may fall, in an example by {-worst(1, True):.2f} nats: its bound does not "
                "touch.",
            ),
            "more": (
                "Each M-step goes one and a half times its way.",
                "The bound is a parabola here: up to double the way it is not below its beginning.",
            ),
        },
        {
            "half": worst(0.5) > -1e-9,
            "five": worst(5) > -1e-9,
            "hard": worst(1, True) > -1e-9,
            "more": worst(1.5) > -1e-9,
        },
        again={
            "half": lift[0.5] >= 0,
            "five": lift[5] >= 0,
            "hard": touches,
            "more": lift[1.5] >= 0,
        },
        because="A step is safe if its bound touches where it begins and is not lower where it "
        "ends.",
    )


@bank.item("a log-likelihood that falls a little is normal", concepts=True)
def a_fall(draw):
    worst, best = 0.0, 0.0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        x = some_points(seed)
        mixture = Mixture([0.5, 0.5], rng.normal(0, 2, 2), rng.uniform(1, 3, 2))
        run = em(x, mixture, max_steps=40)
        worst = min(worst, np.diff(run.log_likelihoods).min())
        lifted = [
            expected_complete_log_likelihood(x, responsibilities(x, a), b)
            - expected_complete_log_likelihood(x, responsibilities(x, a), a)
            for a, b in itertools.pairwise(run.mixtures[:10])
        ]
        best = min(best, *lifted)
    return choice(
        "The log-likelihood of a plain EM run rises for seven steps and then falls by 0.3. What "
        "is the matter?",
        {
            "bug": (
                "The program is wrong.",
                "Plain EM never falls by more than rounding, not once.",
            ),
            "top": (
                "EM has passed a maximum. It will turn round.",
                "A step never goes beyond the place where its bound has the top.",
            ),
            "noise": (
                "Nothing: EM climbs on average, single steps may fall.",
                f"There is no chance in a step. In twelve runs no step fell by more than "
                f"{max(-worst, 1e-12):.0e} nats.",
            ),
            "spire": (
                "A component is about to collapse onto a point.",
                "Then the log-likelihood would rise, and ever faster.",
            ),
        },
        {
            "bug": worst > -1e-8,
            "top": worst < -1e-8,
            "noise": worst < -1e-8,
            "spire": False,
        },
        again="bug" if best > -1e-8 else "noise",
        because="That it never falls is the most useful test of an EM program. (That it rises "
        "proves nothing.)",
    )


@bank.item('"EM is another estimator than maximum likelihood"')
def one_estimator(draw):
    x = some_points()
    end = em(x, START, tolerance=1e-10).mixture

    def slopes(height):
        found = []
        for k in range(2):
            nudge = np.eye(2)[k] * 1e-4
            up, down = (
                height(Mixture(end.weights, end.means + sign * nudge, end.covariances))
                for sign in (1, -1)
            )
            found.append((up - down) / 2e-4)
        return np.abs(found).max()

    flat = slopes(lambda mixture: log_likelihood(x, mixture))
    given = responsibilities(x, end)
    flat_q = slopes(lambda mixture: expected_complete_log_likelihood(x, given, mixture))
    return choice(
        "From one start EM and a careful gradient ascent on the log-likelihood both arrive, and "
        "neither meets a collapse. Which is right?",
        {
            "level": (
                "Both stand where the log-likelihood is level; they differ in the way there.",
                "EM is a way to climb, and no other aim.",
            ),
            "q": (
                "EM has maximized $Q$ and not the log-likelihood, so it stands elsewhere.",
                "At the present place both have the same slope. Where one is level, so is the "
                "other.",
            ),
            "expected": (
                "EM gives the expected parameters, the gradient the likeliest.",
                "What is averaged is the complete log-likelihood, over the labels.",
            ),
            "highest": (
                "EM is sure to stand on the highest summit, the gradient only on some summit.",
                "Both climb to *a* summit. Which one is up to the start.",
            ),
        },
        {"level": flat < 1e-3, "q": flat >= 1e-3, "expected": False, "highest": False},
        again="level" if flat_q < 1e-3 else "q",
        because=r"$\partial L/\partial\theta = \partial Q/\partial\theta$ at the place where the "
        "shares come from (Fisher's identity).",
    )
