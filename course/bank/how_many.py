"""Chapter 11: how many components. Criteria, their signs and prices, and a test without a table."""

# canary: GMM-KEY-bank-how_many
import math
from fractions import Fraction

import numpy as np
from bank_items import Bank, choice, numeric, several
from scipy.stats import chi2

from gmmlib import Mixture, bic, data, em, icl, log_likelihood, n_parameters, tied

bank = Bank("how_many")


@bank.item("what a component more must gain")
def gain_to_pass_bic(draw):
    d, n = int(draw.integers(1, 5)), int(draw.choice([80, 150, 300, 1000]))
    parts = [Mixture(np.full(K, 1 / K), np.zeros((K, d)), [np.eye(d)] * K) for K in (2, 3)]
    more = n_parameters(parts[1]) - n_parameters(parts[0])
    return numeric(
        f"A third component with a covariance of its own is added to a mixture in {d} "
        f"dimension{'s' if d > 1 else ''}, fitted to {n} points. By how many nats must the "
        "log-likelihood rise for BIC to prefer it?",
        more * math.log(n) / 2,
        within=0.05,
        again=(1 + d + d * (d + 1) / 2) * math.log(math.sqrt(n)),
        mistakes={
            "BIC has twice the log-likelihood in it: half of this is enough.": more * math.log(n),
            "This is for AIC.": float(more),
            "A third component brings a weight, too: K − 1 are free.": (more - 1) * math.log(n) / 2,
        },
        because=rf"It brings ${more}$ numbers, and $2\,(\hat L_3 - \hat L_2)$ must exceed "
        rf"${more} \log {n}$.",
    )


@bank.item("BIC's two signs")
def whose_bic(draw):
    n = int(draw.choice([200, 400, 800]))
    x = np.concatenate([draw.normal(-4, 1, n // 2), draw.normal(4, 1, n // 2)])
    one = Mixture([1], [x.mean()], [x.var()])
    two = em(x, Mixture([0.5, 0.5], [-4, 4], [1, 1]))
    scores = [bic(x, one), bic(x, two)]
    shown = [round(-s, 1) for s in scores]
    smaller = scores[1] < scores[0]
    gain = 2 * (two.log_likelihood - log_likelihood(x, one)) - 3 * math.log(n)
    return choice(
        f"{n} points lie in two groups, far apart. A program prints “BIC {shown[0]:.1f}” for one "
        f"Gaussian and “BIC {shown[1]:.1f}” for two. What does it print?",
        {
            "turned": (
                r"$2 \log p - m \log n$: larger is better.",
                "One Gaussian must lose here, and it has the smaller number. So prints mclust.",
            ),
            "plain": (
                r"$-2 \log p + m \log n$: smaller is better.",
                "Then one Gaussian would be preferred for two groups far apart.",
            ),
            "aic": (
                r"$-2 \log p + 2m$, under a wrong name.",
                "Its sign would prefer one Gaussian, too.",
            ),
            "unknown": (
                "That cannot be told from two numbers.",
                "It can: you know which of the two must win.",
            ),
        },
        {
            "turned": smaller,
            "plain": not smaller,
            "aic": False,
            "unknown": False,
        },
        again="turned" if gain > 0 else "plain",
        because="Try a program of unknown sign on a case whose answer you know.",
    )


@bank.item("what ICL adds to BIC")
def from_bic_to_icl(draw):
    shares = draw.choice([0.5, 0.6, 0.7, 0.8, 0.9], 4, replace=False)
    table = np.column_stack([shares, 1 - shares])
    rows = "\n".join(f"| {a:.1f} | {b:.1f} |" for a, b in table)
    unsure = -2 * np.log(table.max(axis=1)).sum()
    product = math.prod(max(row) for row in table.tolist())
    return numeric(
        "Of a fit with two components all points have shares of 0 and 1, but for four:\n\n"
        f"| $\\gamma_{{i0}}$ | $\\gamma_{{i1}}$ |\n|--:|--:|\n{rows}\n\n"
        "By how much is ICL larger than BIC? (Smaller is better in both.)",
        unsure,
        within=0.01,
        again=-2 * math.log(product),
        mistakes={
            "The factor 2 is missing.": unsure / 2,
            "This is the entropy of the shares; ICL takes the likeliest label of each point.": -2
            * (table * np.log(table)).sum(),
            "Doubtful labels make ICL larger, not smaller.": -unsure,
        },
        because=r"$-2 \sum_i \log \max_k \gamma_{ik}$, and sure points add nothing.",
    )


@bank.item("the p-value of a bootstrap")
def p_value(draw):
    B, count = int(draw.choice([99, 199, 499])), int(draw.integers(2, 12))
    return numeric(
        f"Two components against three, by the parametric bootstrap: of {B} data sets drawn from "
        f"the fit of two, {count} gain at least as much by a third component as the data do. What "
        "is the p-value?",
        (1 + count) / (1 + B),
        within=0.0005,
        again=float(Fraction(1 + count, 1 + B)),
        mistakes={
            "The data themselves count as one more draw, above and below.": count / B,
            "This is the share of the draws that gain less.": 1 - count / B,
            "The data are counted below the line, and not above.": count / (1 + B),
        },
        because=rf"$(1 + {count}) / (1 + {B})$; it can never be 0.",
    )


@bank.item("twice the gain is chi-square")
def why_no_chi_square(draw):
    ratio = data.table("likelihood_ratio")
    above = (ratio["ratio"][ratio["n"] == 100] > chi2(2).ppf(0.95)).mean()
    words = {
        "edge": (
            "A weight of 0 lies on the edge of what weights can be.",
            "The theorem wants the true parameter inside.",
        ),
        "line": (
            "With a weight of 0, the mean of that component can be anything.",
            "The true parameter is not one point but a line.",
        ),
        "nested": (
            "One component is no special case of two.",
            "It is: a weight of 0, or two equal components.",
        ),
        "start": (
            "EM never finds the top.",
            "The theorem fails for the exact maximum, too.",
        ),
    }
    truth = {"edge": True, "line": True, "nested": False, "start": False}
    # the two tops that hide a component, and no top in between, tried on a mixture
    one = Mixture([1], [0], [1])
    points = np.linspace(-2, 2, 9)
    hidden = [
        np.isclose(log_likelihood(points, Mixture([1, 0], [0, m], [1, 1])),
                   log_likelihood(points, one))
        for m in (1.0, 5.0)
    ]  # fmt: skip
    nested = log_likelihood(points, Mixture([0.3, 0.7], [0, 0], [1, 1]))
    return several(
        "100 points come from one Gaussian. Twice the gain of a second component (of the same "
        "variance) exceeds the 95 % point of chi-square with two degrees of freedom in "
        f"{above:.1%} of all data sets, not in 5 %. Why does the theorem behind it not apply?",
        words,
        truth,
        again={
            "edge": True,
            "line": all(hidden),
            "nested": not np.isclose(nested, log_likelihood(points, one)),
            "start": False,
        },
        because="It needs one true parameter, inside the space, with an information matrix that "
        "can be inverted.",
    )


@bank.item("a spare component dies slowly")
def points_for_half_the_error(draw):
    n = int(draw.choice([100, 200, 500]))
    return numeric(
        r"Two bells at $\pm\delta$, equal weights, known variance 1, are fitted to points from one "
        rf"bell. At {n} points the estimate of $\delta$ is off by some amount, on average. About "
        "how many points does it take until it is off by half as much?",
        16 * n,
        within=0.06 * 16 * n,
        again=n / (0.5**4),
        mistakes={
            "So it would be at the rate of an ordinary mean.": 4 * n,
            "Half the error, twice the points, would be a rate of 1/n.": 2 * n,
            "That is for the square root of a square root of a square root.": 256 * n,
        },
        because=r"$\hat\delta^2$ is off by $n^{-1/2}$, so $\hat\delta$ by $n^{-1/4}$, and "
        r"$16^{1/4} = 2$.",
    )


@bank.item('"BIC finds the true number"')
def how_often_bic_is_right(draw):
    n = int(draw.choice([100, 200]))
    table = data.table("criteria")
    mine = (table["criterion"] == "BIC") & (table["n"] == n) & (table["s"] == 2.0)
    found = int(table["two"][mine][0])
    # a gain that pays for two numbers: half of twice the mean gain, by the fourth cumulant
    x = np.concatenate([draw.normal(-1, 1, 500 * n), draw.normal(1, 1, 500 * n)])
    start = Mixture([0.5, 0.5], [-1, 1], [1, 1])
    two = em(x, start, covariance=tied, max_steps=5)
    one = log_likelihood(x, Mixture([1], [x.mean()], [x.var()]))
    gain = 2 * (two.log_likelihood - one) / 1000
    return choice(
        f"{n} points, half of them from $\\mathcal N(-1, 1)$ and half from $\\mathcal N(1, 1)$. "
        "One, two and three bells with one common variance are fitted. In how many of 100 such "
        "data sets is BIC smallest at two?",
        {
            "few": (
                "In fewer than 30.",
                "Two bells two deviations apart are nearly one bell, and a few hundred points "
                "hardly pay for the difference.",
            ),
            "half": ("In 30 to 70.", "Fewer: the gain of the second bell is a few nats at most."),
            "most": ("In 70 to 95.", "So it is with a thousand points."),
            "all": (
                "In nearly all: BIC finds the true number.",
                "In the end, with points enough. These are not enough.",
            ),
        },
        {
            "few": found < 30,
            "half": 30 <= found < 70,
            "most": 70 <= found < 95,
            "all": found >= 95,
        },
        again="few" if gain < 2 * math.log(n) else "most",
        because=f"It was counted: in {found}. On average twice the gain is about {gain:.1f}, and "
        f"BIC asks for {2 * math.log(n):.1f}.",
    )


@bank.item("a component is a cluster", concepts=True)
def one_skewed_group(draw):
    x = draw.gamma(4, 0.5, 800)
    one = Mixture([1], [x.mean()], [x.var()])
    start = Mixture([0.6, 0.4], np.quantile(x, [0.3, 0.8]), [x.var() / 2] * 2)
    two = em(x, start, covariance=tied, max_steps=400)
    scores = {"bic": bic(x, two) < bic(x, one), "icl": icl(x, two) < icl(x, one)}
    skew = ((x - x.mean()) ** 3).mean() / x.std() ** 3
    return choice(
        "800 points were all made in one way, by a skewed distribution. BIC prefers two Gaussians "
        "to one. What follows?",
        {
            "shape": (
                "One Gaussian does not have the shape of the points.",
                "Two bells draw a skewed shape better than one; no group was found.",
            ),
            "groups": (
                "There are two groups.",
                "There is one: it was made in one way.",
            ),
            "wrong": (
                "BIC was computed wrongly.",
                "It was computed rightly, and answers another question.",
            ),
            "overfit": (
                "Two Gaussians predict new points worse than one.",
                "They predict better: that is what pays for the numbers.",
            ),
        },
        {"shape": scores["bic"], "groups": False, "wrong": not scores["bic"], "overfit": False},
        again="shape" if skew > 0.5 else "wrong",
        because="A component is a piece of a density.",
    )
