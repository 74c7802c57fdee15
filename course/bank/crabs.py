"""Chapter 16: crabs. Moments, counts, size and shape, and what labels may judge."""

# canary: GMM-KEY-bank-crabs
import math
from functools import cache
from itertools import combinations

import numpy as np
from bank_items import Bank, choice, numeric, several

from gmmlib import (
    Mixture,
    adjusted_rand,
    data,
    em,
    fit,
    log_density,
    log_likelihood,
    modes,
    quantile_start,
    responsibilities,
)

bank = Bank("crabs")


@bank.item("what classes do to a variance")
def variance_of_classes(draw):
    width, v = draw.choice([1.0, 2.0, 3.0]), draw.choice([4.0, 6.0, 9.0])
    rounding = np.linspace(-width / 2, width / 2, 200_001)
    return numeric(
        f"Lengths have the variance {v:g}. They are sorted into classes of width {width:g}, and "
        "each is put in the middle of its class. What is the mean square of the middles about the "
        "mean of the lengths, on average over the places of the grid?",
        v + width**2 / 12,
        within=0.01,
        again=v + rounding.var(),
        mistakes={
            "The classes are taken for exact values.": v,
            "Rounding scatters the points: its variance is added, not taken off.": (
                v - width**2 / 12
            ),
            "A number that is uniform over a width has a twelfth of its square as variance.": (
                v + width / 12
            ),
            "The rounding error lies within half a width to both sides: its variance is a twelfth "
            "of the square, not a quarter.": v + width**2 / 4,
        },
        because=rf"The rounding error is uniform and independent: $w^2/12 = {width**2 / 12:.3f}$.",
    )


@bank.item('"the third moment of a mixture is the average of its bells\'"')
def third_moment_of_two_bells(draw):
    p = draw.choice([0.25, 0.4, 0.2])
    gap, (v0, v1) = int(draw.choice([2, 3, 4])), draw.choice([1.0, 2.0, 4.0], 2, replace=False)
    weights, a = np.array([1 - p, p]), np.array([-p * gap, (1 - p) * gap])
    v = np.array([v0, v1])
    grid = np.linspace(-30, 30, 60_001)
    mass = np.exp(log_density(grid, Mixture(weights, a, v))) * (grid[1] - grid[0])
    return numeric(
        rf"Two bells with the weights {1 - p:g} and {p:g} have the means 0 and {gap} and the "
        rf"variances {v0:g} and {v1:g}. What is the third central moment of the mixture?",
        weights @ (3 * a * v + a**3),
        within=0.02,
        again=mass @ grid**3,
        mistakes={
            "Each bell is symmetric about its own mean, not about the common one.": 0.0,
            "This is what equal variances would give: a wide bell on one side has a longer tail.": (
                weights @ a**3
            ),
            "The variances enter with the factor 3.": weights @ (a * v + a**3),
        },
        because=r"$M_3 = \sum_k \pi_k (3 a_k \sigma_k^2 + a_k^3)$ with "
        rf"$a = ({a[0]:g}, {a[1]:g})$.",
    )


@bank.item("moments of two equal bells")
def half_distance_from_moments(draw):
    half, v = draw.choice([1.0, 1.5, 2.0]), draw.choice([1.0, 2.0, 3.0])
    second, fourth = v + half**2, 3 * v**2 + 6 * half**2 * v + half**4
    return numeric(
        "Two bells have the weight ½ each and the same variance. The mixture has the second and "
        f"fourth central moments {second:g} and {fourth:g}. How far is each mean from the common "
        "mean?",
        ((3 * second**2 - fourth) / 2) ** 0.25,
        within=0.01,
        again=half,
        mistakes={
            "This is the fourth power: take the root twice.": (3 * second**2 - fourth) / 2,
            "This is the square: take one more root.": ((3 * second**2 - fourth) / 2) ** 0.5,
            "This is the distance between the two means.": 2 * half,
            "This is the deviation of all points, bells and distance together.": math.sqrt(second),
        },
        because=r"$M_4 = 3 M_2^2 - 2 a^4$.",
    )


@bank.item("five equations, five unknowns: one answer")
def how_many_answers(draw):
    """The crabs' nonic, its admissible roots counted here in another way than in the chapter."""
    _, counts = data.naples_crabs()
    places = np.arange(1, 30)
    mean = counts @ places / 1000
    M = [counts @ (places - mean) ** r / 1000 for r in range(6)]
    k4, k5 = M[4] - 3 * M[2] ** 2, M[5] - 10 * M[2] * M[3]

    def off_by(b):  # the fifth moment along the family that has the first four
        f = -M[3] - np.sqrt((6 * b**3 + 3 * k4 * b + 3 * M[3] ** 2) / 2)
        linear = f * (2 * b**3 + 3 * k4 * b + 4 * M[3] ** 2)
        return linear - (2 * M[3] ** 3 + 6 * M[3] * k4 * b + 3 * k5 * b**2 - 8 * M[3] * b**3)

    b = np.linspace(-10.3, -4.1, 4000)
    crossings = int((np.diff(np.sign(off_by(b))) != 0).sum())

    def fits(b):
        f = -M[3] - np.sqrt((6 * b**3 + 3 * k4 * b + 3 * M[3] ** 2) / 2)
        a = np.roots([1, -f / b, b]).real
        return (M[2] + b - (M[3] + f) / (3 * b) * a > 0).all()

    at = b[:-1][np.diff(np.sign(off_by(b))) != 0]
    names = {0: "none", 1: "one", 2: "two", 9: "nine"}
    return choice(
        "Pearson asked for two bells with the first five moments of a thousand crabs: five "
        "equations for five numbers. What did he find?",
        {
            "two": ("Two different pairs of bells.", "And chose by the sixth moment."),
            "one": (
                "One pair, as there are as many equations as unknowns.",
                "They are not linear.",
            ),
            "nine": ("Nine pairs, one for each root.", "Most roots are complex, or give no bells."),
            "none": ("None: real data are no exact mixture.", "Moments can be met all the same."),
        },
        {key: names.get(crossings) == key for key in names.values()},
        again=names[sum(fits(b) for b in at)],
        because="Of the nine roots three are real, and two of these give positive variances.",
    )


@bank.item("counts are weights in the M-step")
def mean_from_counts(draw):
    places = np.array([1.0, 2.0, 3.0])
    counts = draw.choice([2, 3, 4, 5, 6], 3, replace=False)
    shares = np.round(draw.choice([0.1, 0.2, 0.4, 0.5, 0.7, 0.9], 3, replace=False), 1)
    repeated = np.repeat(shares, counts)
    rows = "\n".join(f"| {x:g} | {c} | {s:g} |" for x, c, s in zip(places, counts, shares))
    return numeric(
        "Points came in three classes. The shares are those of component 1:\n\n"
        f"| class | count | share |\n|--:|--:|--:|\n{rows}\n\n"
        "What is its mean after the M-step?",
        (counts * shares) @ places / (counts @ shares),
        within=0.005,
        again=np.average(np.repeat(places, counts), weights=repeated),
        mistakes={
            "Each class was counted once. A class is as many points as it holds.": (
                shares @ places / shares.sum()
            ),
            "This is the mean of all points, without their shares.": counts @ places / counts.sum(),
            "Divided by the number of points; $N_1$ is the sum of counts times shares.": (
                (counts * shares) @ places / counts.sum()
            ),
        },
        because=rf"$N_1 = \sum_j c_j \gamma_{{j1}} = {counts @ shares:.1f}$.",
    )


@cache
def _one_skewed_group():
    """A skewed sample of one population: what two bells gain on one, and their humps."""
    x = np.random.default_rng(5).gamma(8, 1, 1000)
    two = em(x, quantile_start(x, 2), max_steps=5000, accelerate=True)
    one = log_likelihood(x, Mixture([1], [x.mean()], [x.var()]))
    return two.log_likelihood - one, len(modes(two.mixture)), two.mixture, x


@bank.item('"two components fit significantly better, so there are two kinds"')
def better_than_one_normal(draw):
    gain, humps, mixture, x = _one_skewed_group()
    both = responsibilities(x, mixture)
    told = gain > 10
    return choice(
        "A thousand numbers were drawn from *one* skewed population. Two bells are fitted by "
        "maximum likelihood. By how much do they beat one normal curve?",
        {
            "much": (
                "By many nats: what is beaten is one *normal* population.",
                "Skewness alone does it. A mixture is a flexible curve.",
            ),
            "little": (
                "By less than a nat: there is only one kind.",
                "The likelihood knows no kinds. It knows curves.",
            ),
            "not": (
                "Not at all: EM gives the second bell the weight 0.",
                "Both bells are used, since the curve is not normal.",
            ),
        },
        {"much": told, "little": not told and gain > 0, "not": gain <= 0},
        again="much" if both.sum(axis=0).min() > 100 and gain > 10 else "not",
        because=f"Here by {gain:.0f} nats, and the two bells have {humps} hump.",
    )


@bank.item("the Rand index of unrelated groupings is not 0")
def index_of_a_table(draw):
    table = draw.choice([[[3, 1], [1, 2]], [[4, 1], [1, 3]], [[2, 2], [0, 3]], [[3, 2], [1, 4]]])
    labels = np.repeat([0, 0, 1, 1], np.ravel(table))
    others = np.repeat([0, 1, 0, 1], np.ravel(table))
    pairs = list(combinations(range(len(labels)), 2))
    same = np.array([labels[i] == labels[j] for i, j in pairs])
    alike = np.array([others[i] == others[j] for i, j in pairs])
    chance = same.sum() * alike.mean()
    found = ((same & alike).sum() - chance) / ((same.sum() + alike.sum()) / 2 - chance)
    (a, b), (c, d) = table
    return numeric(
        "Two groupings of the same points were counted together:\n\n"
        "| | group A | group B |\n|:--|--:|--:|\n"
        f"| group 1 | {a} | {b} |\n| group 2 | {c} | {d} |\n\n"
        "What is the adjusted Rand index?",
        found,
        within=0.005,
        again=adjusted_rand(labels, others),
        mistakes={
            "This is the Rand index, the part of pairs that are treated alike. Unrelated groupings "
            "have more than 0 of it.": (same == alike).mean(),
            "This is the part of points on the diagonal: it depends on the names of the groups.": (
                (labels == others).mean()
            ),
            "Pairs together in both, out of those together in one: the chance was not taken off.": (
                (same & alike).sum() / (same | alike).sum()
            ),
            "Chance must be taken off below the line, too.": (
                ((same & alike).sum() - chance) / ((same.sum() + alike.sum()) / 2)
            ),
        },
        because=f"Pairs: {(same & alike).sum()} together in both, {same.sum()} and {alike.sum()} "
        f"in one, {len(pairs)} in all; by chance {chance:.2f} would be together in both.",
    )


@bank.item('"keep the first principal components, they have the information"')
def which_components(draw):
    X, labels = data.rock_crabs()
    off = np.log(X) - np.log(X).mean(axis=0)
    scores = off @ np.linalg.eigh(off.T @ off)[1][:, ::-1]

    def agrees(columns):
        Y = scores[:, columns] / scores[:, columns].std(axis=0)
        found = fit(Y, 4, np.random.default_rng(1), starts=6, tolerance=1e-5, max_steps=2000)
        return adjusted_rand(responsibilities(Y, found.mixture).argmax(axis=1), labels)

    def between(j):  # of the variance of a component, what lies between the kinds
        means = [scores[labels == k, j].mean() for k in range(4)]
        return np.var(means) / scores[:, j].var()

    first, middle = agrees([0, 1]), agrees([1, 2])
    by_variance = between(0) + between(1) > between(1) + between(2)
    return choice(
        "Five lengths were measured on crabs of two species and both sexes. Of the logarithms, "
        "the first principal component has 97 % of the variance, the second 2 %, the third 1 %. "
        "EM gets two of them, and is to find the four kinds. Which?",
        {
            "middle": (
                "The second and the third.",
                "The first is size, in which the kinds overlap.",
            ),
            "first": (
                "The first and the second: 99 % of the variance.",
                "Variance is not separation: a large crab of one kind is as large as one of "
                "another.",
            ),
            "any": (
                "It does not matter: EM with full covariances does not change under rotation.",
                "That holds for all five together. Two of them are less than five.",
            ),
        },
        {"middle": middle > first + 0.2, "first": first > middle, "any": abs(first - middle) < 0.2},
        again="first" if by_variance else "middle",
        because=f"The agreement (adjusted Rand) is {middle:.2f}, against {first:.2f} with the "
        "first two.",
    )


@bank.item("what size does to logarithms and ratios")
def twice_as_large(draw):
    factor = draw.choice([1.5, 2.0, 3.0])
    crab = np.array([14.0, 12.0, 30.0, 35.0])
    large = factor * crab
    tells = {
        "differences": lambda x: np.diff(np.log(x)),
        "ratios": lambda x: x[0] / x[3],
        "gaps": lambda x: x[3] - x[2],
        "logs": lambda x: np.log(x),
        "shape": lambda x: np.log(x) - np.log(x).mean(),
    }
    kept = {key: np.allclose(tell(crab), tell(large)) for key, tell in tells.items()}
    return several(
        f"A crab is {factor:g} times as large as another in every length. Which of these are the "
        "same for both?",
        {
            "differences": (
                "The differences of two logarithms.",
                "Both logarithms grow by the same number.",
            ),
            "ratios": ("The ratio of two lengths.", "The factor cancels."),
            "gaps": ("The difference of two lengths in mm.", "It grows with the crab."),
            "logs": ("The logarithms.", r"Each grows by the logarithm of the factor."),
            "shape": (
                "The logarithms less their mean over the lengths of the crab.",
                "The mean grows by the same number.",
            ),
        },
        kept,
        again={key: key in ("differences", "ratios", "shape") for key in tells},
        because=r"$\log (t x) = \log x + \log t$ moves a crab along $(1, \dots, 1)$ and nothing "
        "else.",
    )


@bank.item("labels that were used to choose may not judge")
def picked_by_the_labels(draw):
    sample_size = 60
    rng = np.random.default_rng(11)
    labels = np.repeat([0, 1], sample_size // 2)
    best = max(
        adjusted_rand((rng.normal(size=sample_size) > 0).astype(int), labels) for _ in range(200)
    )
    return choice(
        "Somebody tries 200 inputs and starts, keeps the one whose clusters agree best with the "
        "known labels (adjusted Rand index 0.1, say), and reports this as what clustering finds. "
        "The points have nothing to do with the labels. Is that possible?",
        {
            "yes": (
                "Yes: the best of 200 chance agreements is above 0.",
                "The labels were used to choose, so they cannot judge any more.",
            ),
            "no": (
                "No: the index is adjusted, so chance gives 0.",
                "On average it does. The best of many is no average.",
            ),
            "likelihood": (
                "Only if the kept run also has the highest likelihood.",
                "The likelihood does not see the labels, and does not protect against this.",
            ),
        },
        {"yes": best > 0.05, "no": best <= 0.05, "likelihood": False},
        again="yes" if best > 3 / sample_size else "no",
        because=f"In a trial with {sample_size} points, the best of 200 unrelated groupings had "
        f"{best:.2f}.",
    )
