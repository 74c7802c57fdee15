"""Chapter 8: K components in d dimensions."""

# canary: GMM-KEY-bank-many_dimensions
import math

import numpy as np
from bank_items import Bank, choice, matrix, numeric, several
from scipy.stats import chi2, norm

from gmmlib import Mixture, em, log_density, n_parameters, sample

bank = Bank("many_dimensions")


@bank.item('"two standard deviations, so 95 percent"')
def inside_the_ellipse_of_radius(draw):
    r = draw.choice([1.0, 1.5, 2.5, 1.2])
    line = norm.cdf(r) - norm.cdf(-r)
    return numeric(
        "What share of the points of a Gaussian in the plane lies inside its ellipse "
        rf"$\Delta = {r:g}$, where $\Delta$ is the Mahalanobis distance? (Between 0 and 1.)",
        1 - math.exp(-(r**2) / 2),
        within=0.005,
        again=chi2.cdf(r**2, 2),
        mistakes={
            "This is the share on a line. In a plane there are more directions to leave by.": line,
            "This is for a square, not for an ellipse.": line**2,
            "This is the share outside.": math.exp(-(r**2) / 2),
        },
        because=rf"$P(\Delta \le r) = 1 - e^{{-r^2/2}}$ with $r = {r:g}$.",
    )


@bank.item("how many numbers are free in d dimensions")
def free_numbers_in_d(draw):
    K, d = int(draw.integers(2, 5)), int(draw.integers(3, 7))
    mixture = Mixture(np.full(K, 1 / K), np.arange(K * d).reshape(K, d), np.array([np.eye(d)] * K))
    upper = len(np.triu_indices(d)[0])
    return numeric(
        f"A mixture of {K} Gaussians in {d} dimensions, with full covariances. How many numbers "
        "are free?",
        n_parameters(mixture),
        within=0.4,
        again=(K - 1) + K * d + K * upper,
        mistakes={
            "A covariance is symmetric: only one half and the diagonal are free.": (K - 1)
            + K * d
            + K * d * d,
            "The weights sum to 1, so one of them is no free number.": K + K * d + K * upper,
            "These are diagonal covariances.": (K - 1) + 2 * K * d,
        },
        because=rf"$(K - 1) + K d + K\, d(d+1)/2 = {K - 1} + {K * d} + {K * upper}$.",
    )


@bank.item("the distance that a component sees")
def mahalanobis(draw):
    a, c = (int(n) for n in draw.choice([1, 2, 3, 4, 5], 2, replace=False))
    b = int(draw.choice([-1, 1]))
    if a * c <= 2:
        a, c = a + 1, c + 1
    S = np.array([[a, b], [b, c]], float)
    off = draw.choice([[1, 2], [2, 1], [2, -1], [1, -2]])
    factor = np.linalg.cholesky(S)
    u = np.array([off[0] / factor[0, 0], 0.0])
    u[1] = (off[1] - factor[1, 0] * u[0]) / factor[1, 1]
    squared = off @ np.linalg.solve(S, off)
    return numeric(
        rf"A component has the mean $(0, 0)$ and the covariance $\Sigma = {matrix(S)}$. Compute "
        rf"the *squared* Mahalanobis distance $\Delta^2$ of the point $({off[0]}, {off[1]})$.",
        squared,
        within=0.01,
        again=u @ u,
        mistakes={
            "Multiplied by the covariance, not by its inverse.": off @ S @ off,
            "This is the squared length, as a round component would see it.": off @ off,
            "The off-diagonal entries were dropped.": off[0] ** 2 / a + off[1] ** 2 / c,
            "This is the distance, not its square.": math.sqrt(squared),
        },
        because=rf"$\Delta^2 = x^\top \Sigma^{{-1}} x$ with $\det \Sigma = {a * c - b * b}$.",
    )


@bank.item("the outer product has its share, and the count of the component below it")
def covariance_by_shares(draw):
    X = draw.choice(np.arange(-3, 4), (3, 2)).astype(float)
    shares = draw.choice([0.2, 0.4, 0.5, 0.6, 0.8], 3, replace=False)
    count = shares.sum()
    mean = shares @ X / count
    off = X - mean
    outer = (shares[:, None] * off).T @ off
    rows = "\n".join(f"| $({p[0]:g}, {p[1]:g})$ | {s:g} |" for p, s in zip(X, shares))
    return numeric(
        "Three points in the plane and the shares of component 1:\n\n"
        f"| $x_i$ | $\\gamma_{{i1}}$ |\n|:--|--:|\n{rows}\n\n"
        "What is the off-diagonal entry of its covariance after the M-step?",
        outer[0, 1] / count,
        within=0.02,
        again=np.cov(X.T, aweights=shares, ddof=0)[0, 1],
        mistakes={
            "Divided by the number of points, not by $N_1$.": outer[0, 1] / 3,
            "The outer products are without their shares.": (off.T @ off)[0, 1] / count,
            "The mean was not subtracted.": (shares[:, None] * X).T[0] @ X[:, 1] / count,
            "The off-diagonal entry is an average, too, and not 0.": 0.0,
        },
        because=rf"The new mean is $({mean[0]:.3f}, {mean[1]:.3f})$, $N_1 = {count:.1f}$, and the "
        rf"sum of the products by shares is {outer[0, 1]:.3f}.",
    )


@bank.item('"standardize the columns first, or EM goes wrong"', concepts=True)
def standardize_first(draw):
    truth = Mixture([0.5, 0.5], [[2, 2], [-2, 1]], [np.eye(2), [[2, 0.5], [0.5, 1]]])
    X, _ = sample(truth, 300, np.random.default_rng(3))
    A, b = np.array([[10.0, 0], [0, 0.1]]), np.array([5.0, -1.0])
    start = Mixture([0.5, 0.5], [[1, 1], [-1, 0]], [np.eye(2), np.eye(2)])
    moved = Mixture(start.weights, start.means @ A.T + b, A @ start.covariances @ A.T)
    one, two = (
        em(points, begin, max_steps=15).mixture
        for points, begin in ((X, start), (X @ A.T + b, moved))
    )
    same = np.allclose(one.means @ A.T + b, two.means) and np.allclose(
        A @ one.covariances @ A.T, two.covariances
    )
    # the distance of a point does not change, so no share does
    S, off = start.covariances[0], np.array([1.0, 2.0])
    moved_off = A @ off
    distance = off @ np.linalg.solve(S, off)
    kept = np.isclose(distance, moved_off @ np.linalg.solve(A @ S @ A.T, moved_off))
    return choice(
        "One column is in minutes, the other in millimeters. EM with full covariances is run, and "
        "the start is converted along with the data. Does it help to standardize the columns "
        "first?",
        {
            "nothing": (
                "It changes nothing but the units of the answer.",
                "The Mahalanobis distances stay, so the shares do, and every step comes along.",
            ),
            "needed": (
                "It is needed: the column with the large numbers decides the shares.",
                "So it is in k-means, which measures plain distances. A covariance has the units "
                "in it.",
            ),
            "better": (
                "It is not needed, but EM then finds a better maximum.",
                "The log-likelihood shifts by a constant for *all* mixtures alike.",
            ),
            "faster": (
                "It saves steps.",
                "Every step of the one run is the image of a step of the other.",
            ),
        },
        {"nothing": same, "needed": not same, "better": False, "faster": False},
        again="nothing" if kept else "needed",
        because=r"$\mu_k \to A\mu_k + b$, $\Sigma_k \to A \Sigma_k A^\top$, and $L$ shifts by "
        r"$-n \log |\det A|$. (A start by plain distances does depend on units.)",
    )


@bank.item("which points a component in the plane can collapse onto")
def flat_sets(draw):
    sets = {
        "line": np.array([[0, 0], [1, 2], [2, 4], [3, 6], [4, 8.0]]),
        "two": np.array([[0.3, 1], [2, -1.0]]),
        "ties": np.array([[1, 1], [1, 1], [1, 1.0]]),
        "triangle": np.array([[0, 0], [1, 0], [0, 1.0]]),
    }
    words = {
        "line": (
            "Five different points on a straight line.",
            "Across the line nothing keeps its width from going to 0.",
        ),
        "two": (
            "Two points that are not equal.",
            "Any two points lie on a line.",
        ),
        "ties": (
            "Three points that agree in both coordinates.",
            "No width in any direction: the steepest spire of these.",
        ),
        "triangle": (
            "Three points that do not lie on a line.",
            "Their scatter has a width in every direction, however narrow.",
        ),
    }
    flat = {key: np.linalg.det(np.cov(points.T, ddof=0)) < 1e-12 for key, points in sets.items()}
    ranks = {key: np.linalg.matrix_rank(points - points[0]) < 2 for key, points in sets.items()}
    return several(
        "A component in the plane has a full covariance. It has the share 1 of the named points, "
        "and the share 0 of all others. For which sets does its covariance become singular?",
        words,
        flat,
        again=ranks,
        because="A component that is left with two points or fewer, or with points on a "
        "line, has no width in some direction.",
    )


@bank.item("the border between two components is a straight line")
def shape_of_the_border(draw):
    alike = Mixture([0.4, 0.6], [[0, 0], [3, 1]], [[[2, 0.5], [0.5, 1]]] * 2)
    other = Mixture([0.4, 0.6], [[0, 0], [3, 1]], [[[2, 0.5], [0.5, 1]], np.eye(2)])

    def bends(mixture):
        t = np.linspace(-5, 5, 11)
        path = np.column_stack([t, 0.3 * t + 1])
        parts = [
            log_density(path, Mixture([1], [m], [S]))
            for m, S in zip(mixture.means, mixture.covariances)
        ]
        return np.abs(np.diff(parts[1] - parts[0], 2)).max()

    straight, bent = bends(alike) < 1e-9, bends(other) > 1e-6
    # the coefficients of the squares are half the difference of the precisions
    squares = [
        np.abs(np.linalg.inv(m.covariances[1]) - np.linalg.inv(m.covariances[0])).max()
        for m in (alike, other)
    ]
    return choice(
        "Two components in the plane. On the border both have the share ½. When is the border a "
        "straight line, whatever the means and the weights?",
        {
            "shared": (
                "If both have the same covariance.",
                "Then the squares cancel in the logarithm of the ratio.",
            ),
            "always": (
                "Always: it stands halfway between the means.",
                "With different covariances it is a conic.",
            ),
            "weights": (
                "If both have the same weight.",
                "A weight only shifts the border.",
            ),
            "never": (
                "Never: Gaussians have elliptic borders.",
                "With one shared covariance it is straight.",
            ),
        },
        {
            "shared": straight and bent,
            "always": straight and not bent,
            "weights": False,
            "never": not straight,
        },
        again="shared" if squares[0] < 1e-12 < squares[1] else "never",
        because="As in linear discriminant analysis with one covariance, and in quadratic "
        "discriminant analysis with two.",
    )
