"""Chapter 14: Old Faithful. Criteria, predictions, checks, and what a fit does not know."""

# canary: GMM-KEY-bank-old_faithful
import math
from functools import cache

import numpy as np
from bank_items import Bank, choice, numeric
from scipy.stats import skew

from gmmlib import (
    Mixture,
    bic,
    data,
    em,
    fit,
    kmeans_plus_plus_start,
    log_likelihood,
    n_parameters,
    quantile_start,
)

bank = Bank("old_faithful")


@bank.item("what BIC charges")
def bic_of_a_fit(draw):
    K, d, n = int(draw.integers(2, 5)), int(draw.integers(1, 4)), int(draw.choice([150, 272, 500]))
    height = -float(draw.integers(900, 1500))
    shape = Mixture(np.full(K, 1 / K), np.arange(K * d).reshape(K, d), np.array([np.eye(d)] * K))
    m = n_parameters(shape)
    x = draw.normal(size=(n, d))
    # gmmlib's own criterion, its log-likelihood taken off and the given one put in
    again = bic(x, shape) + 2 * log_likelihood(x, shape) - 2 * height
    return numeric(
        f"A mixture of {K} Gaussians with full covariances in {d} dimension{'s' if d > 1 else ''} "
        f"has the log-likelihood {height:g} on {n} points. What is its BIC? (Smaller is better.)",
        -2 * height + m * math.log(n),
        within=0.5,
        again=again,
        mistakes={
            "The sign of some packages, in which larger is better.": 2 * height - m * math.log(n),
            "This is AIC, which charges 2 for each free number.": -2 * height + 2 * m,
            "The log-likelihood enters twice.": -height + m * math.log(n),
            "A weight too many: they sum to 1.": -2 * height + (m + 1) * math.log(n),
        },
        because=rf"$-2L + m \log n$ with $m = (K-1) + Kd + K d(d+1)/2 = {m}$.",
    )


@cache
def smallest_bic():
    """Which K has the smallest BIC, for each column."""
    best = {}
    for name, x in zip(("eruption", "waiting"), data.old_faithful().T):
        rng = np.random.default_rng(1)
        runs = {
            K: fit(x, K, rng, starts=6, start=kmeans_plus_plus_start, race=False) for K in (1, 2, 3)
        }
        best[name] = min(runs, key=lambda K: bic(x, runs[K].mixture))
    return best


@bank.item('"the best K by BIC is the number of kinds"', concepts=True)
def kinds_by_bic(draw):
    best, short = smallest_bic(), data.old_faithful()[:, 0]
    short = short[short < 3]
    skewed = abs(skew(short)) > 0.5
    agree = best["eruption"] == best["waiting"]
    return choice(
        "Each eruption of the geyser Old Faithful has a duration and a wait until the next. BIC is "
        "best for three components if the durations are fitted, and for two if the waits are. How "
        "many kinds of eruptions are there?",
        {
            "open": (
                "This does not tell. BIC counts the Gaussians that describe a *shape*.",
                "A skewed group needs two Gaussians, and is one group all the same.",
            ),
            "three": (
                "Three: the larger count has seen more.",
                "The third component bends itself around the skewed short eruptions.",
            ),
            "two": (
                "Two: BIC is wrong for the durations.",
                "It is not wrong: three Gaussians do describe their shape better.",
            ),
            "error": (
                "One of the two fits is wrong, since one geyser has one number of kinds.",
                "Both fits can be right. They answer other questions.",
            ),
        },
        {
            "open": best == {"eruption": 3, "waiting": 2},
            "three": set(best.values()) == {3},
            "two": set(best.values()) == {2},
            "error": False,
        },
        again="open" if skewed and not agree else "two",
        because="Which mixture of $K$ Gaussians describes the data is a question for EM. Whether "
        "there are $K$ kinds is one for you, and for the geyser.",
    )


@bank.item("what a component predicts")
def predict_the_wait(draw):
    mean = np.array([4.3, 80.0])
    S = np.array([[draw.choice([0.16, 0.2, 0.25]), draw.choice([0.8, 1.0])], [0.0, 36.0]])
    S[1, 0] = S[0, 1]
    t = float(draw.choice([3.8, 4.0, 4.8, 5.0]))
    precision = np.linalg.inv(S)
    off = t - mean[0]
    return numeric(
        "A component of eruptions has the mean duration 4.3 and the mean wait 80 (minutes), the "
        f"variance {S[0, 0]:g} of the duration, 36 of the wait, and the covariance {S[0, 1]:g}. An "
        f"eruption of this component lasted {t:g} minutes. Which wait does the component predict?",
        mean[1] + S[0, 1] / S[0, 0] * off,
        within=0.05,
        again=mean[1] - precision[1, 0] / precision[1, 1] * off,
        unit="minutes",
        mistakes={
            "Over the variance of the wait: this is next to the mean wait.": mean[1]
            + S[0, 1] / S[1, 1] * off,
            "The slope is the covariance over the variance.": mean[1] + S[0, 1] * off,
            "The wrong way: a longer eruption, a longer wait.": mean[1] - S[0, 1] / S[0, 0] * off,
        },
        because=rf"$\mu_w + \tfrac{{\Sigma_{{wt}}}}{{\Sigma_{{tt}}}}(t - \mu_t)$ with the slope "
        rf"{S[0, 1] / S[0, 0]:.2f}.",
    )


@bank.item("a fit with more components cannot be lower")
def lower_with_more(draw):
    x = data.old_faithful()[:, 1]
    two = em(x, quantile_start(x, 2)).mixture
    split = Mixture(
        [two.weights[0] / 2, two.weights[0] / 2, two.weights[1]],
        two.means[[0, 0, 1]], two.covariances[[0, 0, 1]],
    )  # fmt: skip
    equal = abs(log_likelihood(x, split) - log_likelihood(x, two)) < 1e-8
    wide = Mixture([two.weights[0], two.weights[1], 0.0], [*two.means, 0], [*two.covariances, 1])
    empty = abs(log_likelihood(x, wide) - log_likelihood(x, two)) < 1e-8
    return choice(
        "The best fit that a search finds with three components has a *lower* log-likelihood than "
        "the best with two, on the same data. What follows?",
        {
            "missed": (
                "The search with three components has missed better fits.",
                "Split a component of the two in halves: three components, the same height.",
            ),
            "two": (
                "Two components are right: beyond the right number the log-likelihood falls.",
                "The height that can be reached never falls with $K$. The log-likelihood does not "
                "know the right number.",
            ),
            "bug": (
                "The program's M-step must be wrong.",
                "It may be right and have started in bad places.",
            ),
            "bic": (
                "The price of BIC for the third component was taken off.",
                "The log-likelihood has no such price in it.",
            ),
        },
        {"missed": equal, "two": not equal, "bug": False, "bic": False},
        again="missed" if empty else "two",
        because="A further component can copy another one, or have weight 0, and nothing is lost.",
    )


@bank.item("the rows are independent draws")
def short_after_short(draw):
    cut = float(draw.choice([2.5, 3.0, 3.5]))
    short = data.old_faithful()[:, 0] < cut
    n, count = len(short), int(short.sum())
    rng = np.random.default_rng(1)
    mixed = [int((o[:-1] & o[1:]).sum()) for o in (rng.permutation(short) for _ in range(4000))]
    followed = int((short[:-1] & short[1:]).sum())
    return numeric(
        f"Of {n} eruptions, one after the other, {count} are shorter than {cut:g} minutes. If they "
        "were independent draws, about how many of the short ones would be followed by another "
        "short one?",
        count**2 / n,
        within=1.0,
        again=np.mean(mixed),
        mistakes={
            "Half of them, as if short and long were equally frequent.": count / 2,
            "This is how many would be followed by a *long* one.": count * (n - count) / n,
            f"This is what is counted: {followed}. The rows are *not* independent.": followed,
        },
        because=rf"${count} \cdot {count}/{n}$. In truth there are {followed}, so the rows are not "
        "independent draws, and standard errors that think so are wrong.",
    )


@bank.item("two clusters were found, therefore each is Gaussian")
def clusters_and_gaussians(draw):
    x = data.old_faithful()[:, 0]
    short, long = x[x < 3], x[x >= 3]
    third = [((g - g.mean()) ** 3).mean() / g.std() ** 3 for g in (short, long)]
    rng = np.random.default_rng(1)
    chance = [
        np.mean(np.abs(skew(rng.normal(size=(400, len(g))), axis=1)) >= abs(s))
        for g, s in zip((short, long), third)
    ]
    rejects = max(chance) < 0.05
    return choice(
        "EM with two components finds the short and the long eruptions of Old Faithful. May one "
        "say that the durations in each group are normally distributed?",
        {
            "check": (
                "No. EM fits two Gaussians to anything; it must be checked, and here it fails.",
                f"The skewness is {third[0]:.2f} and {third[1]:.2f}, which hardly ever happens in "
                "normal samples of this size.",
            ),
            "converged": (
                "Yes, since the run converged on one summit from all starts.",
                "That says that the summit is easy to find, and nothing about shapes.",
            ),
            "bic": (
                "Yes, since two is better than one by BIC.",
                "A bad description may be the better one of two.",
            ),
            "humps": (
                "Yes, since the histogram has two humps.",
                "Two humps are a fact about the data. That they are normal is not.",
            ),
        },
        {"check": rejects, "converged": not rejects, "bic": False, "humps": False},
        again="check" if min(abs(skew(short)), abs(skew(long))) > 0.4 else "converged",
        because="A Gaussian is symmetric. The short eruptions have a long tail to the right, the "
        "long ones one to the left.",
    )


@bank.item("two programs that print different numbers")
def two_programs(draw):
    x = data.old_faithful()[:, 1]
    start = Mixture([0.5, 0.5], np.quantile(x, [0.25, 0.75]), [x.var() / 4] * 2)
    end = em(x, start)
    short = end.log_likelihood - end.log_likelihoods
    steps = int(np.argmax(short < 0.005))
    early = em(x, start, max_steps=steps)
    gap = np.abs(early.mixture.means - end.mixture.means).max()
    on = em(x, early.mixture)
    same = np.allclose(on.mixture.means, end.mixture.means, atol=1e-5)
    rises = end.log_likelihood - early.log_likelihood
    return choice(
        "From the same start two programs fit the waits of Old Faithful. One prints the means "
        f"{early.mixture.means[0]:.2f} and {early.mixture.means[1]:.2f}, the other "
        f"{end.mixture.means[0]:.2f} and {end.mixture.means[1]:.2f}; their log-likelihoods differ "
        f"by {short[steps]:.3f} nats. What is the likeliest reason?",
        {
            "stop": (
                "They are at different places of the same path: one stopped earlier.",
                f"After {steps} steps the means are still up to {gap:.2f} away. Go on from there, "
                "and they agree.",
            ),
            "summit": (
                "They found different summits.",
                "Summits differ by more, as a rule; and both began at one start.",
            ),
            "estimator": (
                "They use different estimators.",
                "Both climb the same log-likelihood.",
            ),
            "rounding": (
                "Rounding: EM loses digits in every step.",
                "Rounding is some ten digits further down.",
            ),
        },
        {
            "stop": bool(same and 0.01 < gap < 0.2),
            "summit": not same,
            "estimator": False,
            "rounding": gap < 1e-6,
        },
        again="stop" if 0 < rises < 0.05 else "summit",
        because="Compare the log-likelihoods, and iterate both until they stand still.",
    )
