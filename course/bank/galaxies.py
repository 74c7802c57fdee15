"""Chapter 15: the galaxies. What a criterion asks, what a pair is worth, what a prior says."""

# canary: GMM-KEY-bank-galaxies
import math

import numpy as np
from bank_items import Bank, choice, numeric, several
from scipy.stats import binom, norm

from gmmlib import CollapseError, Mixture, Prior, bic, data, em, icl, log_likelihood, tied

bank = Bank("galaxies")


@bank.item('"one value in a hundred cannot matter"')
def a_pair_that_becomes_closer(draw):
    before, after = draw.choice([(0.3, 0.03), (0.2, 0.05), (0.4, 0.02), (0.24, 0.06)])
    n = int(draw.choice([60, 80, 120]))
    worth = [
        sum(np.log(2 / n) + norm(0, d / 2).logpdf(u) for u in (-d / 2, d / 2))
        for d in (before, after)
    ]
    gain = 2 * math.log(before / after)
    return numeric(
        f"Of {n} points two are {before:g} apart, and one component, with a variance of its own, "
        f"holds these two and no others. An error is mended, and now they are {after:g} apart. By "
        "how many nats does the log-likelihood rise, if nothing else changes?",
        gain,
        within=0.02,
        again=float(worth[1] - worth[0]),
        mistakes={
            "Both points gain, not one.": gain / 2,
            "That is what BIC gains: twice the log-likelihood.": 2 * gain,
            "Logarithms are natural here.": 2 * math.log10(before / after),
            "The log-likelihood rises with the logarithm of the distance.": before / after,
        },
        because=r"The component's standard deviation is half the distance $\delta$, so each of the "
        r"two points contributes $-\log \delta$ and a constant.",
    )


@bank.item("BIC is safe from overfitting since it charges for parameters")
def a_narrow_component_and_bic(draw):
    z = np.sort(draw.normal(0, 1, 60))
    i = int(np.diff(z).argmin())
    one = Mixture([1], [z.mean()], [z.var()])
    ahead = []
    for apart in (1e-4, 1e-8):
        y = z.copy()
        y[i + 1] = y[i] + apart
        pair = Mixture([58 / 60, 2 / 60], [y.mean(), y[i : i + 2].mean()], [y.var(), apart**2 / 4])
        ahead.append(bic(y, one) - bic(y, pair))
    rises = ahead[0] < ahead[1] and ahead[1] > 0
    # by the formula of a pair: 4 nats of BIC a factor e
    slope = (ahead[1] - ahead[0]) / math.log(1e4)
    return choice(
        "Sixty points of one normal distribution; each component of a fit has a variance of its "
        "own. Two of the points happen to be very close. What can BIC say about a second component "
        "on these two?",
        {
            "prefers": (
                "It prefers it, if they are close enough.",
                "The gain grows without end as they come closer, and the charge is fixed.",
            ),
            "never": (
                "It never prefers it: three parameters for two points cannot pay.",
                "The charge is fixed, and a density may be as high as you like.",
            ),
            "large": (
                "It prefers it only if there are few points.",
                "With more points there are closer pairs, and the charge grows like log n alone.",
            ),
            "start": (
                "Nothing: EM cannot end there.",
                "There is a proper maximum, and EM started near it stays there.",
            ),
        },
        {"prefers": rises, "never": not rises, "large": False, "start": False},
        again="prefers" if slope > 3 else "never",
        because="Only a limit on the widths helps: one variance for all, a floor, or a prior.",
    )


@bank.item("which criterion was asked what")
def who_answers_what(draw):
    bells = Mixture([0.25] * 4, [-5, -2, 2.5, 4.5], [1, 1, 1, 1])
    x = np.concatenate([draw.normal(m, 1, 100) for m in bells.means])
    two = em(x, Mixture([0.5, 0.5], [-3.5, 3.5], [3, 3]), covariance=tied)
    four = em(x, bells, covariance=tied)
    groups = icl(x, two) < icl(x, four)
    curve = log_likelihood(x, four.mixture) > log_likelihood(x, two.mixture)
    return several(
        "The same points, the same kind of components: ICL names 3 components, BIC 6, AIC and "
        "leave-one-out 7. Which of these sentences say what the criteria were asked, and no more?",
        {
            "sorted": (
                "The points can be sorted into three groups that are hardly confused.",
                "That is what ICL asks.",
            ),
            "predict": (
                "Seven components describe the density best for new points.",
                "That is what AIC and the left-out points ask.",
            ),
            "broken": (
                "At least two of the programs have an error.",
                "They answer different questions, and may all be right.",
            ),
            "groups": (
                "There are seven groups, of which ICL and BIC miss some.",
                "No criterion said so: a skewed group may need several components.",
            ),
        },
        {"sorted": groups, "predict": curve, "broken": False, "groups": False},
        again={
            "sorted": icl(x, four) - icl(x, two) > 0,
            "predict": four.log_likelihood > two.log_likelihood,
            "broken": False,
            "groups": False,
        },
        because="Where criteria disagree they were asked different things; that is the finding.",
    )


@bank.item("a standard error says whether a group is there")
def a_rare_group_missed(draw):
    weight, n = draw.choice([(0.03, 80), (0.04, 60), (0.02, 120), (0.05, 50)])
    n = int(n)
    missed = (1 - weight) ** n
    return numeric(
        f"A group has the weight {weight:g}. In a new sample of {n} points, what is the "
        "probability that it has no point at all?",
        missed,
        within=0.003,
        again=float(binom(n, weight).pmf(0)),
        mistakes={
            "This is the probability that it has at least one.": 1 - missed,
            "This is the probability that it has exactly one.": n
            * weight
            * (1 - weight) ** (n - 1),
            "This is how many points it has on average.": n * weight,
            "This is for one point, not for all.": 1 - weight,
        },
        because=rf"$(1 - {weight:g})^{{{n}}}$. A standard error of its mean takes for granted that "
        "it is there.",
    )


@bank.item("what a prior lets a component of two points be")
def a_pair_under_the_prior(draw):
    v, K = float(draw.choice([16, 20, 25])), int(draw.choice([4, 5, 6]))
    apart = float(draw.choice([0.02, 0.05, 0.1]))
    width = math.sqrt((v / K**2 + apart**2 / 2) / 8)
    # the M-step itself: two points at the mean of the prior, one component
    pair = np.array([-apart / 2, apart / 2])
    prior = Prior(0, 0.01, v / K**2, 3)
    again = em(pair, Mixture([1], [0], [1]), prior=prior).mixture.covariances[0]
    return numeric(
        f"`Prior.weak` for data of variance {v:g} and $K = {K}$ components has the scale "
        rf"$v_0 = {v:g}/{K}^2$. One component holds two points, {apart:g} apart, which lie about "
        "the mean of all data. What is its standard deviation in the most probable fit?",
        width,
        within=0.004,
        again=math.sqrt(again),
        mistakes={
            "This is without the prior.": apart / 2,
            "This is the variance.": width**2,
            "Six points that nobody saw stand in the denominator, beside the two.": math.sqrt(
                (v / K**2 + apart**2 / 2) / 2
            ),
            r"The scale is $v_0$, the variance of the data over $K^2$.": math.sqrt(
                (v + apart**2 / 2) / 8
            ),
        },
        because=r"$\sigma^2 = (v_0 + \delta^2/2) / (2 + 6)$.",
    )


@bank.item("why leave-one-out fails with free variances")
def left_out_of_a_pair(draw):
    x = data.galaxies() / 1000
    x[77] = 26.96
    start = Mixture(
        [0.085, 0.024, 0.404, 0.426, 0.024, 0.037],
        [9.71, 16.13, 19.79, 22.92, 26.98, 33.04],
        [0.18, 0.002, 0.45, 1.44, 0.0003, 0.85],
    )
    six = em(x, start).mixture
    out = int(draw.choice([77, 78]))
    try:
        em(np.delete(x, out), six)
        falls = False
    except CollapseError as error:
        falls = abs(six.means[error.component] - 26.98) < 0.01
    alone = six.weights[4] * 82 - 1
    return choice(
        "A fit with free variances has a component that holds two points alone. One of the two is "
        "left out, and EM goes on from the fit. What happens?",
        {
            "collapse": (
                "The component falls onto the point that is left.",
                "A single point has no variance: the spire has no top.",
            ),
            "wider": (
                "The component becomes wider.",
                "It has the share of one point alone, and nothing keeps its width.",
            ),
            "same": (
                "Hardly anything: one point of many is missing.",
                "It is half of the points of that component.",
            ),
            "moves": (
                "The component moves to the nearest crowd.",
                "Its share of the crowd's points is as good as 0.",
            ),
        },
        {"collapse": falls, "wider": not falls, "same": False, "moves": False},
        again="collapse" if alone < 1.1 else "wider",
        because="The likelihood of the others has no top there, so there is no fit by which to "
        "judge the point that was left out.",
    )
