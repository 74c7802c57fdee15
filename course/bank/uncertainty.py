"""Chapter 12: how sure is the answer."""

# canary: GMM-KEY-bank-uncertainty
import math

import numpy as np
from bank_items import Bank, choice, numeric, several

from gmmlib import Mixture, log_density, observed_information, relabel, sample, slopes

bank = Bank("uncertainty")


@bank.item("the slope of one point: its share, and the variance below")
def slope_in_a_mean(draw):
    share = float(draw.choice([0.2, 0.3, 0.6, 0.8]))
    x, mean, v = float(draw.choice([1.5, 3.0, 4.0])), float(draw.choice([0.0, 1.0])), 4.0
    off = x - mean

    def log_p(m):  # two components, so that the share is as drawn
        ell = -((x - m) ** 2) / (2 * v)
        return math.log(math.exp(ell) + other)

    other = math.exp(-(off**2) / (2 * v)) * (1 - share) / share
    again = (log_p(mean + 1e-6) - log_p(mean - 1e-6)) / 2e-6
    return numeric(
        rf"A point lies at $x = {x:g}$. Component 1 has the mean {mean:g} and the variance 4. The "
        rf"point's share of it is {share:g}. What is $\partial \log p(x) / \partial \mu_1$?",
        share * off / v,
        within=0.002,
        again=again,
        mistakes={
            "The share is missing: the label is not known.": off / v,
            "Divided by the standard deviation, not by the variance.": share * off / 2,
            "A point to the right of the mean wants a larger mean: plus.": -share * off / v,
            "The variance is forgotten.": share * off,
        },
        because=r"$\gamma\,(x - \mu_1)/\sigma_1^2$.",
    )


@bank.item("the weights sum to 1, so a weight's slope has two parts")
def slope_in_a_weight(draw):
    p = float(draw.choice([0.2, 0.25, 0.4]))
    share = float(draw.choice([0.1, 0.5, 0.7, 0.9]))
    ratio = share / p * (1 - p) / (1 - share)  # of the two densities at the point

    def log_p(t):
        return math.log((1 - t) + t * ratio)

    return numeric(
        rf"Two components, $\pi_1 = {p:g}$ and $\pi_0 = 1 - \pi_1$. A point's share of component 1 "
        rf"is {share:g}. What is $\partial \log p(x) / \partial \pi_1$?",
        share / p - (1 - share) / (1 - p),
        within=0.005,
        again=(log_p(p + 1e-6) - log_p(p - 1e-6)) / 2e-6,
        mistakes={
            "If one weight grows, the other shrinks: the second half is missing.": share / p,
            "This is the slope in the log-odds.": share - p,
            "The other half is taken away, not added.": share / p + (1 - share) / (1 - p),
        },
        because=r"$\gamma_1/\pi_1 - \gamma_0/\pi_0$.",
    )


@bank.item("what is observed is what is complete less what is missing")
def error_from_the_parts(draw):
    complete = float(draw.choice([400, 250, 160]))
    missing = complete * float(draw.choice([0.36, 0.75, 0.84]))
    rate = missing / complete
    return numeric(
        f"One parameter. With labels the information would be {complete:g}; of this, {missing:g} "
        "is missing. What is the standard error of the estimate without labels?",
        1 / math.sqrt(complete - missing),
        within=0.002,
        again=math.sqrt(1 / complete / (1 - rate)),
        mistakes={
            "That would be the error with labels.": 1 / math.sqrt(complete),
            "This is what is missing, not what is observed.": 1 / math.sqrt(missing),
            "This is the variance; take its root.": 1 / (complete - missing),
            "What is missing is taken away, not added.": 1 / math.sqrt(complete + missing),
        },
        because=rf"$1/\sqrt{{{complete:g} - {missing:g}}}$.",
    )


@bank.item("the slower EM, the larger the error")
def error_from_the_rate(draw):
    rate = float(draw.choice([0.75, 0.96, 0.99, 0.84]))
    left = 1 - sum(rate**k * (1 - rate) for k in range(4000))  # of a geometric series: nearly 0
    again = math.sqrt(sum(rate**k for k in range(4000)) + left)
    return numeric(
        f"EM converges at the rate {rate:g} in its slowest direction. How many times larger is the "
        "standard error in that direction than it would be with labels?",
        (1 - rate) ** -0.5,
        within=0.05,
        again=again,
        mistakes={
            "This is for the variance: take the root.": 1 / (1 - rate),
            "The rate is what is missing, and what is left counts.": rate**-0.5,
            "A larger rate means a larger error.": (1 - rate) ** 0.5,
        },
        because=r"The variance is $1/(1 - \rho)$ times as large, the error its root.",
    )


@bank.item("an error passes through a function as through its slope")
def from_variance_to_deviation(draw):
    deviation = float(draw.choice([2.0, 3.0, 4.0, 5.0]))
    error = float(draw.choice([1.2, 2.0, 0.6]))
    v = deviation**2
    again = (math.sqrt(v + 1e-5) - math.sqrt(v - 1e-5)) / 2e-5 * error
    return numeric(
        f"A fitted variance is {v:g} with the standard error {error:g}. What is the standard error "
        f"of the standard deviation {deviation:g}, by the delta method?",
        error / (2 * deviation),
        within=0.005,
        again=again,
        mistakes={
            "An error is no variance: its root is not asked for.": math.sqrt(error),
            "The slope of a root is 1/(2σ): the 2 is missing.": error / deviation,
            "That is the slope at 1.": error / 2,
            "This goes from the deviation to the variance.": 2 * deviation * error,
        },
        because=rf"$\operatorname{{se}}/(2\sigma) = {error:g}/{2 * deviation:g}$.",
    )


@bank.item('"the bootstrap says that mean 0 is hardly known"')
def two_humps_in_the_bootstrap(draw):
    fit = Mixture([0.5, 0.5], [-2.0, 2.0], [1.0, 1.0])
    rng = np.random.default_rng(int(draw.integers(1000)))
    refits = []
    for _ in range(40):
        near = Mixture([0.5, 0.5], fit.means + 0.1 * rng.standard_normal(2), [1, 1])
        refits.append(near.reordered(rng.permutation(2)))
    raw = np.std([m.means[0] for m in refits])
    cured = np.std([relabel(m, fit).means[0] for m in refits])
    humps = {np.sign(m.means[0]) for m in refits}
    return choice(
        "Two bells at −2 and 2, far apart. Each of 1000 bootstrap refits begins from a random "
        "start. The standard deviation of “mean 0” over the refits comes out as 2.0, and its "
        "histogram has two humps. What is to be done?",
        {
            "relabel": (
                "Give the components of each refit the names that fit the original fit best.",
                f"In a small trial the deviation falls from {raw:.1f} to {cured:.1f}.",
            ),
            "believe": (
                "Nothing: mean 0 is known ± 2.0.",
                "The two humps are the two bells. Each is known much better.",
            ),
            "more": (
                "Take more refits, until the humps grow together.",
                "More refits show the same two humps more clearly.",
            ),
            "average": (
                "Report the average of mean 0 over the refits.",
                "It lies near 0, where there is no bell.",
            ),
        },
        {"relabel": cured < raw / 5, "believe": cured >= raw / 2, "more": False, "average": False},
        again="relabel" if len(humps) == 2 else "believe",
        because="It is label switching: which component is called 0 is an accident of the start.",
    )


@bank.item('"a small component is hard because it is small"', concepts=True)
def rare_or_close(draw):
    def cost(separation, p):  # how many times larger the error is than with labels
        mixture = Mixture([1 - p, p], [-separation / 2, separation / 2], [1, 1])
        grid = np.linspace(-12, 12, 2401)
        mass = np.exp(log_density(grid, mixture)) * 0.01
        own = slopes(grid, mixture)
        return math.sqrt(np.linalg.inv((own.T * mass) @ own)[2, 2] * p)

    rare, close = cost(4.0, 0.05), cost(2.0, 0.5)
    mixture = Mixture([0.5, 0.5], [-1.0, 1.0], [1, 1])
    x, _ = sample(mixture, 20_000, np.random.default_rng(1))
    by_points = np.linalg.inv(observed_information(x, mixture))[2, 2] * len(x) / 2
    return choice(
        "In data A component 1 has the weight 0.05 and stands 4 standard deviations from component "
        "0, in data B it has the weight ½ and stands 2 away. In both, 50 points come from it. "
        "Where is its mean better known?",
        {
            "A": ("In A.", "The labels are nearly known, and only overlap takes them away."),
            "B": ("In B.", "Half of the points are its own, but nobody knows which."),
            "same": ("Equally well: 50 points are 50 points.", "So it would be with labels."),
        },
        {"A": rare < 0.8 * close, "B": close < 0.8 * rare, "same": 0.8 <= rare / close <= 1.25},
        again="A" if by_points > rare**2 else "B",
        because=f"Against 50 labeled points the error is {rare:.2f} times as large in A and "
        f"{close:.1f} times in B.",
    )


@bank.item("what an estimate ± 1.96 standard errors is good for")
def what_the_wald_interval_says(draw):
    shape = np.linspace(0, 4, 401)
    straight = -(shape**2) / 2  # a parabola: two errors cost 2 nats
    flat = -(1 - np.exp(-(shape**2) / 2))  # the same bend at the top, level further out
    bends = [np.diff(line, 2)[0] / 0.01**2 for line in (straight, flat)]
    same_bend = abs(bends[0] - bends[1]) < 0.01
    holds = {
        "bend": same_bend,
        "excluded": flat[-1] < -1.92,
        "inverse": False,
        "large": straight[-1] < -1.92 and flat[-1] > -1.92,
    }
    return several(
        "A standard error was computed from the observed information at the top. Which statements "
        "are true?",
        {
            "bend": (
                "It depends on how the log-likelihood bends at the top, and on nothing else of it.",
                "Two curves with one bend give one standard error.",
            ),
            "excluded": (
                "Values four standard errors away are excluded, whatever the log-likelihood.",
                "A log-likelihood may be level a little further out.",
            ),
            "inverse": (
                "It is one over the root of the parameter's diagonal entry of the information.",
                "That is the error if all else is known. Invert the whole matrix.",
            ),
            "large": (
                "Two log-likelihoods may have it in common, though one excludes what the other "
                "does not.",
                "That is why one looks at the profile.",
            ),
        },
        holds,
        again={
            "bend": np.isclose(np.exp(0), 1),
            "excluded": math.exp(-8) > 1,
            "inverse": False,
            "large": 1 - math.exp(-8) < 1.92 < 8,
        },
        because="The Wald interval takes the log-likelihood for a parabola.",
    )
