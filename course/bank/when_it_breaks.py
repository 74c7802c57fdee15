"""Chapter 7: the likelihood's spires, the computer's numbers, and wrong code."""

# canary: GMM-KEY-bank-when_it_breaks
import math

import numpy as np
from bank_items import Bank, choice, numeric

from gmmlib import Mixture, em, log_density, log_likelihood, responsibilities, sample

bank = Bank("when_it_breaks")


def sixty():
    return sample(Mixture([0.7, 0.3], [-2, 2], [1, 2]), 60, np.random.default_rng(7))[0]


@bank.item("a log-likelihood has a unit in it")
def another_unit(draw):
    n, d = int(draw.choice([50, 60, 100])), int(draw.integers(1, 4))
    height = -float(draw.integers(150, 400))
    c, words = [(0.001, "meters, then in kilometers"), (100.0, "meters, then in centimeters")][
        int(draw.integers(2))
    ]
    X = draw.normal(size=(n, d))
    one = Mixture([1], [X.mean(axis=0)], [np.cov(X.T, ddof=0).reshape(d, d)])
    scaled = Mixture([1], [X.mean(axis=0) * c], [np.cov(X.T, ddof=0).reshape(d, d) * c**2])
    shift = log_likelihood(X * c, scaled) - log_likelihood(X, one)
    return numeric(
        rf"{n} points in {d} dimension{'s' if d > 1 else ''} are measured in {words}, all "
        rf"coordinates alike. The first log-likelihood of a mixture is ${height:g}$. What is the "
        "second, of the same mixture in the new unit?",
        height - n * d * math.log(c),
        within=0.5,
        again=height + shift,
        unit="nats",
        mistakes={
            "The wrong way: smaller numbers lie closer together, so densities rise.": height
            + n * d * math.log(c),
            "This is for one point.": height - d * math.log(c),
            "The same in every unit is only a *difference* of two log-likelihoods.": height,
        }
        | ({"Each of the dimensions counts.": height - n * math.log(c)} if d > 1 else {}),
        because=rf"Each density is divided by $c^d$, so $L - n\, d \log c$ with $c = {c:g}$.",
    )


@bank.item("what ties are worth to a spike")
def spike_on_ties(draw):
    ties, power = int(draw.integers(3, 16)), int(draw.choice([2, 3, 4]))
    x = np.r_[np.full(ties, 1.3), draw.normal(0, 3, 40)]
    heights = [
        log_likelihood(x, Mixture([0.3, 0.7], [1.3, 0], [v, 9]))
        for v in (1e-16, 10.0 ** -(16 + power))
    ]
    gain = ties * power * math.log(10) / 2
    return numeric(
        rf"On a line, a rounded value occurs {ties} times. A component sits on it, narrow already, "
        rf"and another covers the rest. The variance of the narrow one is divided by "
        rf"$10^{power}$. By how much does the log-likelihood rise?",
        gain,
        within=0.05,
        again=heights[1] - heights[0],
        unit="nats",
        mistakes={
            "This is for one point. Each of the tied points gains as much.": gain / ties,
            "The height goes with one over the standard deviation: half of it.": 2 * gain,
        },
        because=rf"Each of the {ties} points gains $\tfrac12 \log 10^{power} = "
        rf"{power * math.log(10) / 2:.3f}$.",
    )


@bank.item('"a log-likelihood must be negative"', concepts=True)
def positive_log_likelihood(draw):
    x = sixty()
    mixture = em(x, Mixture([0.7, 0.3], [-2, 2], [1, 2])).mixture
    small = Mixture(mixture.weights, mixture.means / 1000, mixture.covariances / 1e6)
    height = log_likelihood(x / 1000, small)
    by_rule = log_likelihood(x, mixture) + 60 * math.log(1000)
    same = np.allclose(responsibilities(x, mixture), responsibilities(x / 1000, small))
    return choice(
        "A program fits a Gaussian mixture and reports the log-likelihood "
        f"{height:+.1f}. What does the sign tell?",
        {
            "nothing": (
                "Nothing: a density may be above 1, and in another unit the sign may change.",
                "Only differences on the same data in the same unit mean something.",
            ),
            "bug": (
                "The program is wrong: probabilities are at most 1.",
                "A density is no probability. It has a unit and may be any positive number.",
            ),
            "good": (
                "The fit is very good: it is above 0.",
                f"The same fit in another unit has {by_rule - 60 * math.log(1000):.1f}.",
            ),
            "spike": (
                "A component has collapsed onto a point.",
                "It may have, and the sign does not tell.",
            ),
        },
        {"nothing": height > 0 and same, "bug": height <= 0, "good": not same, "spike": False},
        again="nothing" if by_rule > 0 else "bug",
        because="Points in kilometers in place of meters: each of the 60 densities is a thousand "
        rf"times as large, which adds $60 \log 1000 = {60 * math.log(1000):.1f}$.",
    )


def _spurious():
    """Points with a tight group among them, a useful fit and a rival that is higher."""
    rng = np.random.default_rng(23)
    truth = Mixture([0.5, 0.5], [-2, 2], [1, 1])
    x = sample(truth, 40, rng)[0]
    x = np.r_[x, 0.4 + np.array([0, 1e-6, 2e-6, 3.5e-6])]
    useful = em(x, truth)
    rival = em(x, Mixture([0.1, 0.9], [0.4, 0], [1e-12, 5]))
    new = sample(truth, 4000, rng)[0]
    return len(x), useful, rival, new


@bank.item('"the higher log-likelihood is the better fit"', concepts=True)
def higher_is_not_better(draw):
    n, useful, rival, new = _spurious()
    higher = rival.log_likelihood - useful.log_likelihood
    worse = (log_likelihood(new, useful.mixture) - log_likelihood(new, rival.mixture)) / len(new)
    grid = np.linspace(-9, 9, 90_001)
    truth = np.exp(log_density(grid, Mixture([0.5, 0.5], [-2, 2], [1, 1])))
    lead = log_density(grid, useful.mixture) - log_density(grid, rival.mixture)
    exact = float((truth * lead).sum() * (grid[1] - grid[0]))
    return choice(
        f"Two runs of two components have converged on the same {n} points. The one with the "
        "higher log-likelihood has a component that holds four points, with a standard deviation a "
        "millionth of the other's. Which fit is to be kept?",
        {
            "lower": (
                "The lower one: the higher is a spurious maximum.",
                f"It was {higher:.0f} nats higher, and on new points it is {worse:.2f} nats worse "
                "for each point.",
            ),
            "higher": (
                "The higher one: the log-likelihood decides.",
                "It decides among comparable fits. Here four points that lie close together were "
                "fitted.",
            ),
            "more": (
                "The higher one, after more steps have widened the narrow component.",
                "It has converged: nothing widens it.",
            ),
            "average": (
                "The average of the two.",
                "An average of two summits is no summit, as a rule.",
            ),
        },
        {
            "lower": higher > 0 and worse > 0 and rival.converged,
            "higher": worse < 0,
            "more": not rival.converged,
            "average": False,
        },
        again="lower" if exact > 0 else "higher",
        because="Look at the smallest $N_k$ and at the ratio of the widths before you look at the "
        "height.",
    )


def programs(means=(-1.0, 1.5)):
    """One step of EM on the sixty points from one start, by the right program and by four slips."""
    x = sixty()
    weights, means, variances = np.array([0.5, 0.5]), np.array(means), np.array([1.0, 2.0])

    def step(axis=1, by_n=False, prior=True, scale=False):
        width = variances**2 if scale else variances
        joint = np.exp(-((x[:, None] - means) ** 2) / (2 * width)) / np.sqrt(2 * np.pi * width)
        joint = joint * weights if prior else joint
        shares = joint / joint.sum(axis=axis, keepdims=True)
        counts = shares.sum(axis=0)
        new = shares.T @ x / (len(x) if by_n else counts)
        return counts / len(x), new

    return x, {
        "right": step(),
        "axis": step(axis=0),
        "n": step(by_n=True),
        "weights": step(prior=False),
        "scale": step(scale=True),
    }


SLIPS = {
    "axis": "The shares are normalized over the points, not over the components.",
    "n": "The sums of the M-step are divided by $n$ where $N_k$ belongs.",
    "weights": "The weights are forgotten in the E-step.",
    "scale": "The variance is passed where the density wants a standard deviation.",
}


@bank.item("the slip behind weights that do not add up to 1")
def weights_add_up_to_little(draw):
    _, after = programs()
    sums = {slip: after[slip][0].sum() for slip in SLIPS}
    # each column sums to 1, so the counts do, and the K weights add up to K/n
    theory = {slip: 2 / 60 if slip == "axis" else 1.0 for slip in SLIPS}
    said = {
        "axis": "Each component then has the count 1 and the weight $1/n$.",
        "n": "That spoils the means; the counts and the weights stay right.",
        "weights": "The shares of a point still add up to 1, and so do the new weights.",
        "scale": "The shares are wrong, and still add up to 1.",
    }
    return choice(
        "A program fits two components to 60 points. After one step its two weights are 0.0167 "
        "each. Which slip does that?",
        {slip: (SLIPS[slip], said[slip]) for slip in SLIPS},
        {slip: abs(sums[slip] - 2 / 60) < 1e-9 for slip in SLIPS},
        again={slip: abs(theory[slip] - 2 / 60) < 1e-9 for slip in SLIPS},
        because="The weights add up to $K/n = 2/60$.",
    )


@bank.item("the slip behind means that add up to the mean of all")
def means_add_up(draw):
    x, after = programs()
    hits = {slip: bool(np.isclose(after[slip][1].sum(), x.mean())) for slip in SLIPS}
    x, other = programs(means=(0.0, 3.0))  # whatever the start
    again = {slip: bool(np.isclose(other[slip][1].sum(), x.mean())) for slip in SLIPS}
    said = {
        "axis": "Then the weights are $1/n$ each, and the means are averages all the same.",
        "n": r"$\sum_k \sum_i \gamma_{ik} x_i / n = \sum_i x_i / n$, since the shares of a point "
        "sum to 1.",
        "weights": "The means are still averages by shares, which weighted by $N_k/n$ give the "
        "mean of all.",
        "scale": "The shares are wrong. The means are still averages by shares.",
    }
    return choice(
        "A program fits two components. After *every* step, whatever the start, its two means add "
        "up to the mean of all points. Which slip does that?",
        {slip: (SLIPS[slip], said[slip]) for slip in SLIPS},
        hits,
        again=again,
        because="What it finds depends on where 0 is: add 100 to all points, and the fit is "
        "another one. That is a test for every program.",
    )


@bank.item("a line that differs from the textbook is wrong")
def the_innocent(draw):
    x = sixty()

    def step(mixture):
        gamma = responsibilities(x, mixture)
        counts = gamma.sum(axis=0)
        variances = (gamma * (x[:, None] - mixture.means) ** 2).sum(axis=0) / counts
        return Mixture(counts / len(x), gamma.T @ x / counts, variances)

    mixture = Mixture([0.5, 0.5], [-1, 1], [1, 1])
    heights = [log_likelihood(x, mixture)]
    for _ in range(400):
        mixture = step(mixture)
        heights.append(log_likelihood(x, mixture))
    right = em(x, Mixture([0.5, 0.5], [-1, 1], [1, 1]))
    never, end = min(np.diff(heights)) > -1e-9, abs(heights[-1] - right.log_likelihood) < 1e-4
    stays = step(right.mixture)
    rests = np.allclose(stays.covariances, right.mixture.covariances, atol=1e-5)
    return choice(
        "The M-step of a program takes the new variances about the *old* means, and then computes "
        "the new means. Is it right?",
        {
            "innocent": (
                "It is another M-step. It never lowers the log-likelihood, and rests where EM "
                "would rest.",
                "Neither half lowers $Q$, and where EM rests old and new means agree.",
            ),
            "falls": (
                "The log-likelihood falls now and then.",
                "It does not reach the top of $Q$. It need not: going up is enough.",
            ),
            "elsewhere": (
                "It never falls, but ends with variances that are too large.",
                "They are too large by the square of the mean's move, which goes to 0.",
            ),
            "same": (
                "It is plain EM: the order of the lines does not matter.",
                "The steps differ: the variances are larger by the square of the mean's move.",
            ),
        },
        {
            "innocent": bool(never and end and abs(heights[1] - right.log_likelihoods[1]) > 1e-6),
            "falls": not never,
            "elsewhere": not end,
            "same": bool(abs(heights[1] - right.log_likelihoods[1]) < 1e-9),
        },
        again="innocent" if rests else "elsewhere",
        because="Changing parameters one group at a time is known as ECM.",
    )


@bank.item("a number added to the variance has a unit")
def floor_in_a_unit(draw):
    v = draw.choice([0.5, 0.8, 1.25, 2.0])
    x = draw.normal(size=200)
    x = math.sqrt(v) * (x - x.mean()) / x.std() / 1000
    return numeric(
        rf"A program adds $10^{{-6}}$ to each variance in the M-step. It fits a single component "
        rf"to points of variance {v:g} m², which are handed over in kilometers. By which factor is "
        "the variance that it reports too large?",
        1 + 1 / v,
        within=0.02,
        again=(x.var() + 1e-6) / x.var(),
        mistakes={
            "In kilometers the variance is a *millionth*, not a thousandth.": 1 + 0.001 / v,
            "This is the added part alone.": 1 / v,
            "Upside down.": 1 / (1 + 1 / v),
        },
        because=rf"${v:g} \cdot 10^{{-6}} + 10^{{-6}}$ over ${v:g} \cdot 10^{{-6}}$.",
    )
