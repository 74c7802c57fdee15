"""Chapter 9: covariances. Conditionals, kinds and their M-steps, what turns along, humps."""

# canary: GMM-KEY-bank-covariances
import math

import numpy as np
from bank_items import Bank, choice, matrix, numeric, several
from scipy.stats import chi2

from gmmlib import (
    Mixture,
    diagonal,
    em,
    full,
    log_density,
    n_parameters,
    sample,
    spherical,
    tied,
)

bank = Bank("covariances")


@bank.item("a correlation of 0.8 leaves a fifth open")
def variance_given_the_other(draw):
    rho = draw.choice([0.5, 0.6, 0.8])
    first, second = (int(s) for s in draw.choice([1, 2, 3], 2, replace=False))
    S = np.array([[first**2, rho * first * second], [rho * first * second, second**2]])
    return numeric(
        rf"The columns of a Gaussian in the plane have the standard deviations $\sigma_1 = {first}$"
        rf" and $\sigma_2 = {second}$ and the correlation ${rho:g}$. The first coordinate is "
        "measured. What is the *variance* of the second now?",
        second**2 * (1 - rho**2),
        within=0.005,
        again=1 / np.linalg.inv(S)[1, 1],
        mistakes={
            "What is explained is the square of the correlation.": second**2 * (1 - rho),
            "This is what is explained; asked is what is left.": second**2 * rho**2,
            "So much it was before the first coordinate was known.": second**2,
            "This is the standard deviation.": second * math.sqrt(1 - rho**2),
            "This is the first one's variance, given the second.": first**2 * (1 - rho**2),
        },
        because=rf"$\sigma_2^2 (1 - \rho_{{12}}^2) = {second**2} \cdot {1 - rho**2:g}$.",
    )


@bank.item("the conditional mean runs along the long axis")
def mean_given_the_other(draw):
    rho = draw.choice([0.5, 0.6, 0.8])
    first, second = (int(s) for s in draw.choice([1, 2, 4], 2, replace=False))
    x = int(draw.choice([1, 2, 3])) * first
    S = np.array([[first**2, rho * first * second], [rho * first * second, second**2]])
    axes = np.linalg.eigh(S)[1]
    inverse = np.linalg.inv(S)
    return numeric(
        "A Gaussian in the plane has the mean $(0, 0)$ and the covariance "
        rf"$\Sigma = {matrix(S)}$. The first coordinate is ${x}$. What is the mean of the second "
        "one, given this?",
        rho * second / first * x,
        within=0.02,
        again=-inverse[1, 0] / inverse[1, 1] * x,
        mistakes={
            "This is a point of the long axis. The conditional means lie on a flatter line.": axes[
                1, 1
            ]
            / axes[0, 1]
            * x,
            "The correlation alone is the slope only where both deviations are equal.": rho * x,
            "So it would be with a correlation of 1.": second / first * x,
            "The covariance has to be divided by the first variance.": S[0, 1] * x,
            "Knowing one of two correlated columns moves the other.": 0.0,
        },
        because=r"$\Sigma_{21} / \Sigma_{11} \cdot x_1 = "
        rf"{S[0, 1]:g} / {S[0, 0]:g} \cdot {x}$.",
    )


@bank.item('"two standard deviations" in four dimensions')
def inside_in_four_dimensions(draw):
    r = draw.choice([1.5, 2.0, 2.5])
    plane = 1 - math.exp(-(r**2) / 2)
    return numeric(
        rf"What share of a Gaussian in *four* dimensions lies within ${r:g}$ standard deviations, "
        "by the Mahalanobis distance, of its mean? (Between 0 and 1. You may use that "
        r"$P_{d+2}(r) = P_d(r) - r^d e^{-r^2/2} / (2^{d/2}\, \Gamma(d/2 + 1))$, and "
        r"$\Gamma(2) = 1$.)",
        plane - r**2 / 2 * math.exp(-(r**2) / 2),
        within=0.005,
        again=chi2.cdf(r**2, 4),
        mistakes={
            "This is the share in the plane.": plane,
            "This is the share on a line.": chi2.cdf(r**2, 1),
            "The directions are not independent squares of the plane.": plane**2,
            "This is the share outside.": 1 - chi2.cdf(r**2, 4),
        },
        because=rf"$P_2 = {plane:.3f}$, and $\tfrac12 r^2 e^{{-r^2/2}}$ of it is lost.",
    )


@bank.item("a tied covariance is an average by weight, within the components")
def tied_by_hand(draw):
    counts = draw.choice([[10, 30], [20, 60], [40, 10], [90, 30]])
    narrow, wide = draw.choice([[1, 5], [2, 6], [2, 4]])
    apart = int(draw.choice([4, 6]))
    weights = counts / counts.sum()
    within = weights @ [narrow, wide]
    between = weights[0] * weights[1] * apart**2
    # a second way: points that have these variances, put through the M-step
    x = np.concatenate(
        [
            np.repeat([m - math.sqrt(v), m + math.sqrt(v)], c // 2)
            for m, v, c in zip((0, apart), (narrow, wide), counts)
        ]
    )
    off = x - np.repeat([0, apart], counts)
    return numeric(
        f"In one dimension two components hold $N_0 = {counts[0]}$ and $N_1 = {counts[1]}$ points. "
        f"About their means, 0 and {apart}, these have the variances {narrow} and {wide}. What "
        "variance does an M-step give both, if they share one?",
        within,
        within=0.01,
        again=(off**2).mean(),
        mistakes={
            "The components count by their points, not alike.": (narrow + wide) / 2,
            "This is the variance of all points about their common mean.": within + between,
            "Variances are averaged, not added.": narrow + wide,
            "The counts went to the wrong components.": weights[::-1] @ [narrow, wide],
        },
        because=r"$\sum_k \pi_k \sigma_k^2 = "
        + " + ".join(rf"{w:g} \cdot {v}" for w, v in zip(weights, (narrow, wide)))
        + "$.",
    )


@bank.item("a spherical variance averages over the columns")
def spherical_by_hand(draw):
    a, c = (int(n) for n in draw.choice([1, 3, 4, 6, 9], 2, replace=False))
    e = int(draw.choice([2, 5]))
    S = np.diag([a, c, e]).astype(float)
    S[0, 1] = S[1, 0] = 0.5
    best = np.trace(S) / 3
    v = np.linspace(0.5, 12, 20_000)
    Q = -3 * np.log(v) - np.trace(S) / v  # of one component, but for constants
    return numeric(
        rf"The points of a component have the covariance $W_k / N_k = {matrix(S)}$, each counted "
        "by its share. The component may only be round. What variance does the M-step give it?",
        best,
        within=0.02,
        again=v[Q.argmax()],
        mistakes={
            "The trace has to be divided by d.": np.trace(S),
            "This is the volume kept: the product of the variances is averaged, and it should be "
            "the sum.": np.linalg.det(S) ** (1 / 3),
            "This is the mean over all nine entries.": S.mean(),
            "This is the first column's variance.": a,
            "This is the largest direction.": np.linalg.eigvalsh(S)[-1],
        },
        because=rf"$\operatorname{{tr}} / d = ({a} + {c} + {e}) / 3$.",
    )


@bank.item("how many numbers a kind of covariance takes")
def numbers_of_a_kind(draw):
    K, d = int(draw.integers(3, 6)), int(draw.integers(4, 9))
    name = str(draw.choice(["tied", "diagonal", "spherical"]))
    kind = {"tied": tied, "diagonal": diagonal, "spherical": spherical}[name]
    some = Mixture(np.full(K, 1 / K), np.arange(K * d).reshape(K, d), np.array([np.eye(d)] * K))
    half, rest = len(np.triu_indices(d)[0]), (K - 1) + K * d
    counts = {"tied": half, "diagonal": K * d, "spherical": K}
    return numeric(
        f"A mixture of {K} Gaussians in {d} dimensions with {name} covariances. How many numbers "
        "are free in all: weights, means and covariances?",
        n_parameters(some, covariance=kind),
        within=0.4,
        again=rest + counts[name],
        mistakes={
            "These are full covariances.": rest + K * half,
            "These are the covariances alone.": counts[name],
            "The weights sum to 1, so one of them is no free number.": rest + 1 + counts[name],
            "The means are free as well.": K - 1 + counts[name],
        },
        because=rf"$(K - 1) + K d = {rest}$, and ${counts[name]}$ for the covariances.",
    )


@bank.item('"EM does not care how the coordinates are turned"')
def what_turns_along(draw):
    angle = int(draw.choice([30, 40, 45, 60]))
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    A = np.array([[c, -s], [s, c]])
    truth = Mixture([0.5, 0.5], [[0, 0], [3, 1]], [np.diag([3, 0.2]), np.diag([0.3, 1.5])])
    X, _ = sample(truth, 200, np.random.default_rng(4))
    kinds = {"full": full, "tied": tied, "diagonal": diagonal, "spherical": spherical}
    start = Mixture([0.5, 0.5], [[0, 0], [3, 1]], [np.eye(2)] * 2)
    moved = Mixture(start.weights, start.means @ A.T, start.covariances)
    ends = {
        key: em(X, start, covariance=kind).log_likelihood
        - em(X @ A.T, moved, covariance=kind).log_likelihood
        for key, kind in kinds.items()
    }
    # by hand: is A S Aᵀ of the kind again, for a covariance S of the kind?
    S = A @ np.diag([2.0, 1.0]) @ A.T
    again = {"full": True, "tied": True, "diagonal": abs(S[0, 1]) < 1e-9, "spherical": True}
    return several(
        f"The points and the start are turned by {angle}°, and EM is run before and after. With "
        "which covariances is the second run the turned first one?",
        {
            "full": ("Full.", "Any ellipse turns into an ellipse."),
            "tied": ("Tied, one for all.", "The shared ellipse turns, and is still shared."),
            "diagonal": (
                "Diagonal.",
                "The axes have to lie along the coordinates, and these did not turn.",
            ),
            "spherical": ("Spherical.", "A turned circle is a circle."),
        },
        {key: abs(gap) < 1e-6 for key, gap in ends.items()},
        again=again,
        because=r"A fit comes along with $y = Ax$ where $A \Sigma A^\top$ is again of its kind.",
    )


@bank.item('"two components, so two humps at most"', concepts=True)
def humps_of_a_cross(draw):
    v = draw.choice([0.03, 0.05])
    cross = Mixture([0.5, 0.5], [[0, 0], [1, 1]], [np.diag([1, v]), np.diag([v, 1])])
    side = np.linspace(-0.3, 1.3, 321)
    grid = np.stack(np.meshgrid(side, side + 0.0017), axis=-1)  # no two places mirror each other
    p = log_density(grid.reshape(-1, 2), cross).reshape(321, 321)
    inner = p[1:-1, 1:-1]
    beside = [
        p[1 + i : 320 + i, 1 + j : 320 + j]
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        if (i, j) != (0, 0)
    ]
    seen = int((inner > np.max(beside, axis=0)).sum())
    # along the ridge: where the share of component 1 falls below its weight in the mean precision
    t = np.linspace(-30, 30, 60_001)
    alpha = 1 / (1 + np.exp(-t))
    x = np.column_stack(  # with diagonal precisions, column by column
        [
            alpha / v / (1 - alpha + alpha / v),
            alpha / ((1 - alpha) / v + alpha),
        ]
    )
    odds = ((x**2) @ [1, 1 / v] - ((x - 1) ** 2) @ [1 / v, 1]) / 2 - t
    crossings = int(((odds[:-1] > 0) & (odds[1:] <= 0)).sum())
    words = {1: "one", 2: "two", 3: "three", 4: "four"}
    return choice(
        rf"Two components of weight ½ in the plane: means $(0, 0)$ and $(1, 1)$, covariances "
        rf"$\operatorname{{diag}}(1, {v:g})$ and $\operatorname{{diag}}({v:g}, 1)$. How many humps "
        "does the density have?",
        {
            "one": ("One.", "At each mean the density is higher than around it."),
            "two": (
                "Two, one for each component.",
                "Where the long tails cross, near (1, 0), both are high at once.",
            ),
            "three": ("Three.", "The third is where the long tails cross, near (1, 0)."),
            "four": (
                "Four, two for each component.",
                "Two Gaussians in d dimensions have at most d + 1 humps.",
            ),
        },
        {key: seen == number for number, key in words.items()},
        again=words[crossings],
        because="A lying and a standing ellipse meet at the end of one and the end of the other; "
        "there the two densities add up.",
    )


@bank.item("what can be fitted with more columns than rows")
def more_columns_than_rows(draw):
    d, n = int(draw.choice([50, 80])), int(draw.choice([20, 30]))
    x = draw.normal(size=(n, d))
    x[: n // 2] += 1
    kinds = {"full": full, "tied": tied, "diagonal": diagonal, "spherical": spherical}
    start = Mixture([0.5, 0.5], [x[0], x[-1]], [np.eye(d)] * 2)
    fitted = {}
    for key, kind in kinds.items():
        try:
            em(x, start, covariance=kind, max_steps=3)
            fitted[key] = True
        except ValueError:
            fitted[key] = False
    S = np.cov(x.T, ddof=0)
    flat = np.linalg.matrix_rank(S) < d
    again = {
        "full": not flat,
        "tied": not flat,
        "diagonal": bool((np.diag(S) > 0).all()),
        "spherical": bool(np.trace(S) > 0),
    }
    return several(
        f"{n} points in {d} dimensions, two components, no prior. With which covariances does the "
        "likelihood of the *whole* set not grow without end as soon as EM begins?",
        {
            "full": ("Full.", "The points lie in a flat, and across it nothing keeps a width."),
            "tied": (
                "Tied.",
                "One covariance for all still has to have a width across the flat of all points.",
            ),
            "diagonal": ("Diagonal.", "Each column varies, and that is all it needs."),
            "spherical": ("Spherical.", "One number, from all columns."),
        },
        fitted,
        again=again,
        because=rf"{n} points span at most {n - 1} directions of {d}.",
    )
