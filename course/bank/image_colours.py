"""Chapter 17: the colors of a picture. Pixels as points, counts, rounding, color spaces."""

# canary: GMM-KEY-bank-image_colours
import math
from itertools import product

import numpy as np
from bank_items import Bank, choice, numeric, several

from gmmlib import Mixture, classify, em, log_density, log_likelihood, m_step, responsibilities

bank = Bank("image_colours")


@bank.item("what a palette saves")
def bits_of_a_palette(draw):
    K, side = int(draw.choice([4, 8, 16])), int(draw.choice([100, 200, 300]))
    n = side * side
    return numeric(
        f"A picture of {side} by {side} pixels with 24 bits each is painted again in {K} colors. "
        "For each pixel the number of its color is kept, and the palette once. How many *thousand* "
        "bits is that?",
        (n * math.log2(K) + 24 * K) / 1000,
        within=0.02,
        again=(n * len(f"{K - 1:b}") + sum(8 for _ in product(range(K), range(3)))) / 1000,
        mistakes={
            "Each pixel needs a number from 0 to K − 1, in bits: the logarithm to base 2.": (
                (n * K + 24 * K) / 1000
            ),
            "The palette is needed too.": n * math.log2(K) / 1000,
            "The palette is kept once, and not for each pixel.": n * (math.log2(K) + 24) / 1000,
        },
        because=rf"$n \log_2 K + 24 K$ with $n = {n}$.",
    )


@bank.item("a soft picture is painted with all means")
def one_soft_pixel(draw):
    share = draw.choice([0.2, 0.3, 0.4])
    bright, dark = draw.choice([[200.0, 40.0], [180.0, 60.0], [220.0, 20.0]])
    return numeric(
        f"A gray pixel has the level 100. Its shares are {1 - share:g} in component 0, with mean "
        f"{bright:g}, and {share:g} in component 1, with mean {dark:g}. Which level does it have "
        "in the soft picture?",
        (1 - share) * bright + share * dark,
        within=0.5,
        again=np.average([bright, dark], weights=[1 - share, share]),
        mistakes={
            "This is the hard picture: the mean of the likeliest component.": bright,
            "The shares belong to the other means.": share * bright + (1 - share) * dark,
            "The means count by their shares, not equally.": (bright + dark) / 2,
            "This is what the pixel was. The soft picture is made of the means alone.": 100.0,
        },
        because=r"$\sum_k \gamma_{ik} \mu_k$: an average of the means by the shares.",
    )


@bank.item('"a repainted picture keeps the average color"')
def which_picture_keeps_the_average(draw):
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(80, 12, 300), rng.normal(115, 20, 200)])[:, None]
    start = Mixture([0.5, 0.5], [[70], [140]], [[[400]], [[400]]])
    q = responsibilities(x, start)
    means = q.T @ x / q.sum(axis=0)[:, None]
    off = {"soft": q @ means, "hard": means[q.argmax(axis=1)], "old": q @ start.means}
    kept = {key: bool(abs(y.mean() - x.mean()) < 1e-9) for key, y in off.items()}
    return choice(
        "An E-step from a bad start gives shares, the M-step after it gives new means. Which "
        "repainted picture has exactly the average color of the original?",
        {
            "soft": (
                "Each pixel the average of the *new* means by its shares.",
                r"$\sum_k N_k \mu_k = \sum_i x_i$ by the M-step.",
            ),
            "hard": (
                "Each pixel the new mean of its likeliest component.",
                "A pixel with the shares 0.6 and 0.4 gets all of one mean, and the sum changes.",
            ),
            "old": (
                "Each pixel the average of the *old* means by its shares.",
                "The old means are averages of nothing in the picture.",
            ),
        },
        kept,
        again=next(
            key for key, by in (("soft", q.sum(axis=0)), ("hard", np.bincount(q.argmax(axis=1))))
            if abs(by @ means[:, 0] - x.sum()) < 1e-6
        ),
        because="It holds at every step, not only at the end.",
    )  # fmt: skip


@bank.item("equal rows count as often as they occur")
def weight_from_counts(draw):
    counts = draw.choice([10, 20, 40, 60, 90], 3, replace=False)
    shares = draw.choice([0.1, 0.2, 0.5, 0.8, 0.9], 3, replace=False)
    rows = "\n".join(f"| {c} | {s:g} |" for c, s in zip(counts, shares))
    return numeric(
        "A picture has three different colors only:\n\n"
        f"| pixels | share of component 1 |\n|--:|--:|\n{rows}\n\n"
        "What is the weight of component 1 after the M-step?",
        counts @ shares / counts.sum(),
        within=0.002,
        again=np.repeat(shares, counts).mean(),
        mistakes={
            "Each color was counted once, however many pixels have it.": shares.mean(),
            "Divided by the number of colors, not of pixels.": counts @ shares / len(counts),
            "This is $N_1$, a number of pixels. A weight is a part of all.": counts @ shares,
        },
        because=rf"$N_1 = \sum_c w_c \gamma_{{c1}} = {counts @ shares:g}$, of {counts.sum()} "
        "pixels.",
    )


@bank.item('"EM depends on the color space"')
def what_comes_along(draw):
    rng = np.random.default_rng(2)
    A = np.array([[0.3, 0.6, 0.1], [-0.2, -0.3, 0.5], [0.5, -0.4, -0.1]])
    X = np.concatenate([rng.normal(60, 9, (200, 3)) @ np.diag([1, 1, 2]),
                        rng.normal(100, 12, (150, 3)) @ np.diag([1, 2, 1])])  # fmt: skip
    start = Mixture([0.5, 0.5], X[[0, -1]], [900 * np.eye(3)] * 2)
    there = Mixture(start.weights, start.means @ A.T, A @ start.covariances @ A.T)
    one, other = em(X, start, max_steps=15), em(X @ A.T, there, max_steps=15)
    back = np.linalg.inv(A)
    same = {
        "shares": np.allclose(responsibilities(X, one.mixture),
                              responsibilities(X @ A.T, other.mixture), atol=1e-6),
        "weights": np.allclose(one.mixture.weights, other.mixture.weights, atol=1e-8),
        "labels": bool((classify(X, one.mixture) == classify(X @ A.T, other.mixture)).all()),
        "density": abs(one.log_likelihood - other.log_likelihood) < 1e-3,
        "means": np.allclose(one.mixture.means, other.mixture.means, atol=1e-3),
    }  # fmt: skip
    carried = np.allclose(other.mixture.means @ back.T, one.mixture.means, atol=1e-6)
    return several(
        "Colors are multiplied by an invertible matrix $A$, with $\\det A \\ne \\pm 1$, and the "
        "start is carried over. EM with full covariances takes 15 steps in both spaces. What is "
        "the same in both?",
        {
            "shares": ("The shares of each pixel.", "Distances are in the components' own units."),
            "weights": ("The weights.", "They are averages of the shares."),
            "labels": ("The labels.", "Each is where the largest share is."),
            "density": (
                "The log-likelihood.",
                r"It differs by $n \log \lvert \det A \rvert$: a density is per unit of volume.",
            ),
            "means": ("The means.", r"They are carried over: $A \mu_k$."),
        },
        same,
        again={key: carried and key in ("shares", "weights", "labels") for key in same},
        because="A full M-step comes along with every matrix; with spherical covariances only a "
        "rotation or a mirror image, with one scale, does.",
    )


@bank.item("a density is per unit of its space")
def log_likelihood_in_other_units(draw):
    factor, n = draw.choice([2.0, 4.0, 10.0]), int(draw.choice([100, 200]))
    x = np.random.default_rng(n).normal(100, [20, 30, 10], (n, 3))
    one = Mixture([1], x.mean(axis=0)[None], [np.cov(x.T)])
    scaled = Mixture([1], factor * one.means, factor**2 * one.covariances)
    return numeric(
        f"A picture has {n} pixels of three channels. All levels are multiplied by {factor:g}, and "
        "the mixture is carried over. By how many nats is the log-likelihood *lower* afterwards?",
        3 * n * math.log(factor),
        within=0.5,
        again=log_likelihood(x, one) - log_likelihood(factor * x, scaled),
        mistakes={
            "The density is per cubic unit: the factor enters for each of three channels.": (
                n * math.log(factor)
            ),
            "This is for one pixel.": 3 * math.log(factor),
            "The shares stay. The density does not: its unit has changed.": 0.0,
            "The squares belong to the covariance; its root enters the density.": (
                6 * n * math.log(factor)
            ),
        },
        because=rf"$n \log \lvert \det A \rvert$ with $\det A = {factor:g}^3$.",
    )


@bank.item("a saturated channel has no variance")
def gain_from_a_thin_component(draw):
    factor, count = draw.choice([100.0, 10_000.0]), int(draw.choice([50, 300, 500]))
    values = np.full(count, 255.0)
    wide, thin = (Mixture([1], [255.0], [v]) for v in (1e-2, 1e-2 / factor))
    return numeric(
        f"In {count} pixels the blue channel is exactly 255, and a component has these alone. Its "
        f"variance in blue becomes {factor:g} times smaller. By how many nats does the "
        "log-likelihood rise?",
        count * math.log(factor) / 2,
        within=0.5,
        again=(log_density(values, thin) - log_density(values, wide)).sum(),
        mistakes={
            "The density has the root of the variance below: half of the logarithm.": (
                count * math.log(factor)
            ),
            "This is for one pixel.": math.log(factor) / 2,
            "It rises, and without end.": 0.0,
        },
        because="Each pixel lies exactly on the mean, so that the exponent is 0 and only "
        r"$-\tfrac12 \log v$ is left. It rises without bound.",
    )


@bank.item('"more components, a better segmentation"')
def what_more_components_do(draw):
    rng = np.random.default_rng(4)
    light = rng.normal(1, 0.25, 600)
    wall = light[:300, None] * [150, 120] + rng.normal(0, 2, (300, 2))
    grass = light[300:, None] * [70, 110] + rng.normal(0, 2, (300, 2))
    X = np.concatenate([wall, grass])
    full = em(X, Mixture([0.5, 0.5], [[150, 120], [70, 110]], [200 * np.eye(2)] * 2))
    two = classify(X, full.mixture)
    right = max((two == np.repeat([0, 1], 300)).mean(), (two == np.repeat([1, 0], 300)).mean())
    one_each = m_step_of(X)
    told = full.log_likelihood > log_likelihood(X, one_each) + 100
    return choice(
        "A picture shows a wall and grass under very uneven light. What helps to find the two "
        "materials by color?",
        {
            "shape": (
                "Two components with full covariances: each is long in the direction of its light.",
                "Light multiplies a color, so a material is a cigar through black.",
            ),
            "more": (
                "Spheres, and as many as BIC wants.",
                "They cut each cigar into pieces: a better density, and more groups than things.",
            ),
            "kmeans": (
                "k-means with two centers: its squared error is the smallest.",
                "It cuts across the cigars, into light and dark.",
            ),
        },
        {"shape": right > 0.97, "more": right <= 0.97, "kmeans": False},
        again="shape" if told else "more",
        because=f"Here {100 * right:.0f} % of the pixels get their material.",
    )


def m_step_of(X):
    """Two spheres on the two materials, as one M-step from the true labels gives them."""
    from gmmlib import e_step, labels_start, spherical

    start = labels_start(X, np.repeat([0, 1], 300))
    return m_step(e_step(X, start), covariance=spherical)
