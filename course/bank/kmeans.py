"""Chapter 10: k-means, its two steps, its limit, and what a hard label costs."""

# canary: GMM-KEY-bank-kmeans
import math

import numpy as np
from bank_items import Bank, choice, numeric, several

from gmmlib import Mixture, em, kmeans, responsibilities, sample

bank = Bank("kmeans")


def hard_center(delta):
    """The mean of |x| of two bells at -delta and delta."""
    return delta * math.erf(delta / math.sqrt(2)) + math.sqrt(2 / math.pi) * math.exp(
        -(delta**2) / 2
    )


def by_sums(delta, value):
    """The mean of value(z) over the two bells, by a sum."""
    z = np.linspace(-14, 14, 280_001)
    mass = np.exp(-((z - delta) ** 2) / 2) + np.exp(-((z + delta) ** 2) / 2)
    return float(value(z) @ mass / mass.sum())


@bank.item("a center is the mean of its own points, with the labels of this step")
def one_step_on_a_line(draw):
    low, high = np.sort(draw.choice(np.arange(0, 7), 3, replace=False)), 14
    x = np.array([*low, int(draw.integers(8, 11)), high, high + 2], float)
    begin = np.array([1.0, 12.0])
    own = x[np.abs(x - 12) < np.abs(x - 1)]
    return numeric(
        f"k-means on the points {', '.join(f'{v:g}' for v in x)}, with the centers 1 and 12. Where "
        "is the second center after one step?",
        own.mean(),
        within=0.005,
        again=kmeans(x, begin, max_steps=1).centers[1],
        mistakes={
            "Divided by the number of all points.": own.sum() / len(x),
            "Divided by the number of clusters.": own.sum() / 2,
            "The old center was counted as a point.": (own.sum() + 12) / (len(own) + 1),
            "This is where the center was.": 12.0,
        },
        because=f"Its points are {', '.join(f'{v:g}' for v in own)}.",
    )


@bank.item("what a center gains that moves to the mean of its points")
def gain_of_a_move(draw):
    n, a, b = int(draw.integers(4, 12)), int(draw.integers(1, 4)), int(draw.integers(1, 4))
    cloud = np.random.default_rng(1).standard_normal((n, 2))
    cloud += [a, b] - cloud.mean(axis=0)
    before, after = (cloud**2).sum(), ((cloud - [a, b]) ** 2).sum()
    return numeric(
        f"A center stands at $(0, 0)$. The {n} points that have its label have the mean "
        f"$({a}, {b})$. By how much does the second step of k-means lower the sum of squares?",
        n * (a**2 + b**2),
        within=0.01,
        again=before - after,
        mistakes={
            "The number of points was forgotten.": a**2 + b**2,
            "The way was not squared.": n * math.hypot(a, b),
            "The mixed term is 0: there is no factor 2.": 2 * n * (a**2 + b**2),
        },
        because=r"$\sum_i \lVert x_i - \mu \rVert^2 = \sum_i \lVert x_i - \bar x \rVert^2 + n_k "
        r"\lVert \bar x - \mu \rVert^2$.",
    )


@bank.item('"weights matter for k-means, too"')
def who_gets_the_point(draw):
    weight = float(draw.choice([0.9, 0.95, 0.99]))
    place = float(draw.choice([0.1, 0.2]))
    shares = [
        responsibilities([place], Mixture([weight, 1 - weight], [-1, 1], [s**2] * 2))[0, 1]
        for s in (1, 0.05)
    ]
    # the border stands at s^2 / 2 times the logarithm of the odds
    borders = [s**2 / 2 * math.log(weight / (1 - weight)) for s in (1, 0.05)]
    right = {
        "turns": shares[0] < 0.5 < shares[1],
        "zero": max(shares) < 0.5,
        "one": min(shares) > 0.5,
        "half": False,
    }
    return choice(
        f"Two bells at −1 and 1 with the known weights {weight:g} and {1 - weight:.2g}, and one "
        rf"known width $\sigma$. Which has the larger share in the point {place:g}, for "
        r"$\sigma = 1$ and for $\sigma = 0.05$?",
        {
            "turns": (
                "The left one for 1, the right one for 0.05.",
                "The weight is worth less and less against the distance.",
            ),
            "zero": (
                "The left one for both.",
                r"The advantage of the weight is a constant, that of the distance grows with "
                r"$1/\sigma^2$.",
            ),
            "one": ("The right one for both.", "For 1 the larger weight still wins."),
            "half": (
                "Neither for 0.05: both shares tend to ½.",
                "Only where both centers are equally near.",
            ),
        },
        right,
        again="turns" if borders[0] > place > borders[1] else "zero",
        because=r"The logarithm of the ratio is $\log(\pi_1/\pi_0) + 2x/\sigma^2$.",
    )


@bank.item("what may be done to the columns before k-means")
def harmless_for_kmeans(draw):
    truth = Mixture([0.5, 0.5], [[-2, 0], [2, 0.5]], [np.eye(2)] * 2)
    x, _ = sample(truth, 200, np.random.default_rng(5))
    begin = x[:2] + [[-1, 1], [1, -1]]
    angle = float(draw.choice([0.4, 0.9]))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    maps = {
        "turn": turn,
        "factor": 10 * np.eye(2),
        "swap": np.eye(2)[::-1],
        "column": np.diag([1.0, 10]),
        "shear": np.array([[1.0, 2], [0, 1]]),
    }
    labels = kmeans(x, begin).labels
    same = {
        key: bool((kmeans(x @ A.T + 3, begin @ A.T + 3).labels == labels).all())
        for key, A in maps.items()
    }
    # distances stay, up to one factor, exactly where A' A is a multiple of the identity
    kept = {key: np.allclose(A.T @ A, (A.T @ A)[0, 0] * np.eye(2)) for key, A in maps.items()}
    return several(
        "k-means is run on points in the plane, from a start that goes along with the points. What "
        "can be done to the points without any change of the labels, whatever the points are?",
        {
            "turn": ("The plane is turned.", "Distances stay."),
            "factor": (
                "Both columns are multiplied by 10.",
                "All distances grow by one factor, and their order stays.",
            ),
            "swap": ("The two columns change places.", "Distances stay."),
            "column": (
                "The second column is multiplied by 10.",
                "Now it makes most of every distance. (EM with full covariances would not care.)",
            ),
            "shear": (
                "Twice the second column is added to the first.",
                "Other points are near now. (EM with full covariances would not care.)",
            ),
        },
        same,
        again=kept,
        because="k-means knows plain distances alone: what keeps their order is harmless.",
    )


@bank.item('"with enough data the centers of k-means are right"')
def where_the_center_stands(draw):
    delta = float(draw.choice([0.6, 0.8, 1.0, 1.2]))
    return numeric(
        rf"Half of the points are from $\mathcal N(-{delta:g}, 1)$, half from "
        rf"$\mathcal N({delta:g}, 1)$, and there are as many as you like. Where "
        r"does the right one of two centers of k-means stand? (Of a standard normal: "
        rf"$\varphi({delta:g}) = {math.exp(-(delta**2) / 2) / math.sqrt(2 * math.pi):.4f}$, "
        rf"$\Phi({delta:g}) = {(1 + math.erf(delta / math.sqrt(2))) / 2:.4f}$.)",
        hard_center(delta),
        within=0.005,
        again=by_sums(delta, np.abs),
        mistakes={
            "That is the bell's mean. The cut exchanges its lower tail.": delta,
            "That is for both bells at 0.": math.sqrt(2 / math.pi),
            "The term with the density is missing.": delta * math.erf(delta / math.sqrt(2)),
            r"The density counts twice: once for each tail.": delta * math.erf(delta / math.sqrt(2))
            + math.exp(-(delta**2) / 2) / math.sqrt(2 * math.pi),
        },
        because=r"$\operatorname{E} |x| = \delta\,(2\Phi(\delta) - 1) + 2\varphi(\delta)$.",
    )


@bank.item("the clusters of k-means are too narrow")
def width_of_a_cluster(draw):
    delta = float(draw.choice([0.7, 0.9, 1.1, 1.3]))
    center = hard_center(delta)
    return numeric(
        rf"Half of the points are from $\mathcal N(-{delta:g}, 1)$, half from "
        rf"$\mathcal N({delta:g}, 1)$. k-means has its centers at $\pm {center:.4f}$, and cuts at "
        "0. What is the variance within its right cluster?",
        1 + delta**2 - center**2,
        within=0.005,
        again=by_sums(delta, lambda z: (np.abs(z) - center) ** 2),
        mistakes={
            "That is the bell's own variance.": 1.0,
            "This is the standard deviation.": math.sqrt(1 + delta**2 - center**2),
            "The second moment is 1 + δ², not 1.": abs(1 - center**2),
        },
        because=r"$\operatorname{E}[x^2] - (\operatorname{E} |x|)^2$, "
        r"which is $1 + \delta^2 - (\operatorname{E} |x|)^2$.",
    )


@bank.item('"k-means only had a bad start"')
def smaller_sum_than_the_truth(draw):
    slanted = [[2.1, 1.9], [1.9, 2.1]]
    truth = Mixture([0.5, 0.5], [[-0.8, 0.8], [0.8, -0.8]], [slanted] * 2)
    x, labels = sample(truth, 200, np.random.default_rng(int(draw.integers(100))))
    along = np.array([[-2.0, -2.0], [2.0, 2.0]])
    found = kmeans(x, along).within
    true = sum(((x[labels == k] - x[labels == k].mean(axis=0)) ** 2).sum() for k in range(2))
    # by eigenvalues: cutting a long group in two halves saves most of its length
    saved = np.linalg.eigvalsh(slanted)[1] * 2 / math.pi
    lost = (np.diff(truth.means, axis=0) ** 2).sum() / 4
    return choice(
        "Two long narrow groups lie side by side. k-means with two centers cuts both of them "
        "across. How do the sums of squares compare?",
        {
            "smaller": (
                "That of k-means is smaller than that of the true groups.",
                "Most of the squares are along the groups, and a cut across saves them.",
            ),
            "larger": (
                "That of k-means is larger: another start would have found the groups.",
                "Its cut is the better one by its own measure.",
            ),
            "equal": ("They are equal.", "Then one would be as easily found as the other."),
        },
        {"smaller": found < true, "larger": found > true, "equal": found == true},
        again="smaller" if saved > lost else "larger",
        because=f"On such points they are {found:.0f} and {true:.0f}.",
    )  # fmt: skip


@bank.item('"k-means is EM for round clusters"', concepts=True)
def round_and_known(draw):
    delta = 1.0
    x, _ = sample(
        Mixture([0.5, 0.5], [-delta, delta], [1, 1]),
        20_000,
        np.random.default_rng(int(draw.integers(1000))),
    )
    start = Mixture([0.5, 0.5], [-1, 1], [1, 1])
    soft = em(x, start, hold=("weights", "covariances")).mixture.means[1]
    hard = kmeans(x, [-1, 1]).centers[1]
    one_step = (np.abs(x)).mean()
    right = {
        "labels": abs(soft - 1) < 0.04 < hard - 1,
        "same": abs(hard - soft) < 0.04,
        "narrow": False,
        "shape": False,
    }
    return choice(
        "Two round groups of one known width and one known weight, that overlap. EM is told the "
        "weights and the width, so that only the centers are unknown. Is it k-means now?",
        {
            "labels": (
                "No: it still shares the points out, and its centers are closer together.",
                f"On two bells at ±1: {hard:.2f} against {soft:.2f}.",
            ),
            "same": (
                "Yes: that is the model of k-means.",
                "The model is the same, the labels are not.",
            ),
            "narrow": (
                "No: k-means has its centers closer together.",
                "Its centers are too far apart: each exchanges a tail for its mirror image.",
            ),
            "shape": (
                "No: k-means would find the widths, too.",
                "k-means has no widths.",
            ),
        },
        right,
        again="labels" if one_step - soft > 0.04 else "same",
        because=r"k-means is the limit $\sigma \to 0$ of it, or the same with hard labels.",
    )
