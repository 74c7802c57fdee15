"""Chapter 20: data larger than one machine."""

# canary: GMM-KEY-bank-at_scale
import math
from fractions import Fraction

import numpy as np
from bank_items import Bank, choice, matrix, numeric, several

from gmmlib import Mixture, e_step, em, m_step

bank = Bank("at_scale")


def _two_blocks(draw):
    counts = np.array(draw.choice([2.0, 3.0, 4.0, 6.0, 8.0], 2, replace=False))
    means = np.array(draw.choice(np.arange(-4.0, 8.0), 2, replace=False))
    variances = np.array(draw.choice([1.0, 2.0, 3.0, 5.0], 2, replace=False))
    return counts, means, variances


def _points(count, mean, variance):
    """So many points with exactly this mean and variance (divided by the count)."""
    x = np.linspace(-1, 1, int(count))
    x = (x - x.mean()) / x.std()
    return mean + math.sqrt(variance) * x


@bank.item("the average of the fits to all blocks is the fit to all")
def mean_of_two_blocks(draw):
    counts, means, variances = _two_blocks(draw)
    all_points = np.concatenate([_points(*t) for t in zip(counts, means, variances)])
    return numeric(
        f"One machine has {counts[0]:g} points with the mean {means[0]:g}, another one "
        f"{counts[1]:g} points with the mean {means[1]:g}. What is the mean of all?",
        counts @ means / counts.sum(),
        within=0.01,
        again=all_points.mean(),
        mistakes={
            "The plain average: as if both had equally many.": means.mean(),
            "Each mean was counted by the other's points.": counts[::-1] @ means / counts.sum(),
            "This is the sum; it must be divided by the number of all points.": counts @ means,
        },
        because="The sums add up: Σ x over both, divided by the number of both.",
    )


@bank.item("what lies between the means of the blocks is forgotten")
def variance_of_two_blocks(draw):
    counts, means, variances = _two_blocks(draw)
    n = counts.sum()
    mean, within = counts @ means / n, counts @ variances / n
    between = counts @ (means - mean) ** 2 / n
    all_points = np.concatenate([_points(*t) for t in zip(counts, means, variances)])
    return numeric(
        f"One machine has {counts[0]:g} points with mean {means[0]:g} and variance "
        f"{variances[0]:g}, another one {counts[1]:g} points with mean {means[1]:g} and variance "
        f"{variances[1]:g} (divided by the number of points). What is the variance of all?",
        within + between,
        within=0.01,
        again=all_points.var(),
        mistakes={
            "This is what is within the blocks. Their means lie apart, too.": within,
            "The variances were averaged without the numbers of points.": variances.mean()
            + between,
            "This is between the blocks alone.": between,
            "The distances of the means were averaged without the numbers of points.": within
            + means.var(),
            "What lies between the means is added, not taken off.": within - between,
        },
        because=rf"Within {within:.3f}, plus between {between:.3f}.",
    )


@bank.item("what an M-step needs of the data")
def variance_from_three_sums(draw):
    x = np.array(draw.choice(np.arange(-3.0, 7.0), 4, replace=False))
    shares = np.array(draw.choice([0.2, 0.4, 0.5, 0.8, 1.0], 4))
    N, first, second = shares.sum(), shares @ x, shares @ x**2
    mean = first / N
    return numeric(
        rf"Of one component the machines have added up $N = \sum_i \gamma_i = {N:.1f}$, "
        rf"$\sum_i \gamma_i x_i = {first:.1f}$ and $\sum_i \gamma_i x_i^2 = {second:.1f}$. What is "
        "its variance after the M-step?",
        second / N - mean**2,
        within=0.01,
        again=(shares * (x - mean) ** 2).sum() / N,
        mistakes={
            "The square of the mean must be taken off.": second / N,
            "This is the sum of squares about the mean. It must be divided by $N$.": second
            - first * mean,
            "The mean was taken off, not its square.": second / N - mean,
            "The mean is the second sum divided by $N$, before it is squared.": second / N
            - first**2 / N,
        },
        because=rf"The mean is {mean:.3f}, and the average square {second / N:.3f}.",
    )


@bank.item("a block sends its points, or its shares")
def numbers_that_travel(draw):
    d, K = int(draw.choice([2, 4, 9, 19])), int(draw.choice([2, 3, 5]))
    n = int(draw.choice([1000, 5000, 20_000]))
    mixture = Mixture(np.ones(K) / K, np.zeros((K, d)), np.repeat(np.eye(d)[None], K, axis=0))
    N, first, second = e_step(np.eye(d), mixture).in_data_units()
    upper = second[:, *np.triu_indices(d)]
    return numeric(
        f"A block has {f'{n:,}'.replace(',', ' ')} points in ${d}$ dimensions, and there are "
        f"{K} components with full "
        "covariances. How many numbers must the block send in a step, so that the M-step can be "
        "made (the log-likelihood not counted)?",
        K * (d + 1) * (d + 2) // 2,
        within=0.4,
        again=N.size + first.size + upper.size,
        mistakes={
            "These are all shares. They stay where the points are.": n * K,
            "These are the points. They stay.": n * d,
            "The products $x x^\\top$ are symmetric: half of the off-diagonal entries is enough.": (
                K * (1 + d + d * d)
            ),
            "Each component has sums of its own.": (d + 1) * (d + 2) // 2,
            "The sums of products are missing.": K * (1 + d),
        },
        because="For each component one number, a vector and a symmetric matrix.",
    )


@bank.item("double precision is exact enough for sums of squares")
def digits_of_raw_sums(draw):
    power = int(draw.choice([2, 3, 6, 7]))
    width = float(draw.choice([1.0, 10.0]))
    away = 10.0**power * width
    rng = np.random.default_rng(7)

    def measured(power):  # digits lost, by a running sum and exact fractions, of many samples
        errors = []
        for _ in range(40):
            x = width * (rng.normal(size=40) + 10.0**power)
            first = second = 0.0
            for value in x.tolist():
                first, second = first + value, second + value * value
            raw = second / 40 - (first / 40) * (first / 40)
            exact = [Fraction(value) for value in x.tolist()]
            mean = sum(exact) / 40
            true = sum((value - mean) ** 2 for value in exact) / 40
            errors.append(float(abs(Fraction(raw) - true) / true))
        return math.log10(float(np.sqrt(np.mean(np.square(errors)))))

    each = np.polyfit([2, 4, 6], [measured(p) for p in (2, 4, 6)], 1)[0]
    return numeric(
        f"The points of a component scatter by {width:g} (standard deviation) about {away:g}. A "
        "program computes the variance in double precision, 16 digits, as the average square less "
        "the square of the average. About how many digits of it are right?",
        16 - 2 * power,
        within=0.9,
        again=16 - round(each) * power,  # a whole number of digits for each factor ten
        mistakes={
            "The average and its square have 16 digits. Their difference is small, and keeps the "
            "errors of both.": 16.0,
            "What is taken off is a *square*: two digits for each factor ten.": 16.0 - power,
            "These are the digits that are lost.": 2.0 * power,
        },
        because="The distance is that of the mean from 0 in standard deviations, squared.",
    )


@bank.item("how the new component is made in its own coordinates")
def a_times_c(draw):
    mean, width = float(draw.choice([-3, 2, 10])), float(draw.choice([0.5, 2.0, 4.0]))
    shift, stretch = float(draw.choice([-0.5, 0.25, 1.0])), float(draw.choice([0.5, 0.8, 1.5]))
    u = shift + stretch * np.array([-1.0, 1.0])
    step = m_step(e_step(mean + width * u, Mixture([1], [mean], [width**2])))
    A = np.array([[1, 0], [mean, width]])
    C = np.array([[1, 0], [shift, stretch]])
    return numeric(
        rf"A component in one dimension is $A = {matrix(A)}$: its mean and its standard deviation "
        rf"stand in the second row. The sums give $C = {matrix(C)}$. What is its mean after "
        r"$A \leftarrow A C$?",
        (A @ C)[1, 0],
        within=0.01,
        again=step.means[0],
        mistakes={
            "The move is in the component's own standard deviations.": mean + shift,
            "The product is $A C$, not $C A$.": (C @ A)[1, 0],
            "The mean stays if $C$ has 0 there. It has not.": mean,
            "This is how far it moves.": width * shift,
        },
        because=rf"${mean:g} \cdot 1 + {width:g} \cdot {shift:g}$.",
    )


@bank.item("twice the machines, half the time")
def best_number_of_workers(draw):
    work, talk = draw.choice([[40.0, 0.1], [90.0, 0.1], [100.0, 0.01], [36.0, 0.01], [64.0, 0.04]])
    numbers = np.arange(1, 2001)
    seconds = work / numbers + talk * numbers
    best = math.sqrt(work / talk)
    return numeric(
        f"A step of EM takes {work:g} s on one core. On a cluster each of $B$ workers does "
        rf"$1/B$ of that, and one process needs {talk:g} s for each worker, one after the other, "
        "to hand out its block and to take in its sums. How many workers make the step fastest?",
        best,
        within=0.6,
        again=numbers[seconds.argmin()],
        mistakes={
            "With so many the talking takes as long as the whole work on one core.": work / talk,
            "At the best number computing and talking take equally long: $a/B = bB$.": math.sqrt(
                work * talk
            )
            / talk
            / 2,
            "This is the time of the fastest step, in seconds.": 2 * math.sqrt(work * talk),
        },
        because=rf"$\sqrt{{a/b}}$. The step then takes {2 * math.sqrt(work * talk):.1f} s.",
    )


@bank.item("a machine that dies spoils the sums")
def after_a_worker_died(draw):
    blocks = int(draw.choice([6, 8, 12]))
    x = np.random.default_rng(int(draw.integers(100))).normal(size=(40 * blocks, 1))
    x[::3] += 4
    start = Mixture([0.5, 0.5], [[0], [3]], [[[1]], [[1]]])
    pieces = np.split(x, blocks)
    parts = [e_step(piece, start) for piece in pieces]
    whole = m_step(sum(parts[1:], parts[0])).means

    def answer(kept):
        chosen = [parts[i] for i in kept]
        return m_step(sum(chosen[1:], chosen[0])).means

    every, half = list(range(blocks)), list(range(blocks // 2))
    lost = [*half, *half, *every[blocks // 2 :]]  # the dead one's sums twice
    outcomes = {
        "again": answer(sorted(every, key=lambda i: (i < blocks // 2, i))),
        "without": answer(every[blocks // 2 :]),
        "twice": answer(lost),
    }
    words = {
        "again": (
            "Somebody else reads the lost blocks from the file and adds their sums, later than "
            "the others.",
            "Each block counts once. In which order they are added makes rounding only.",
        ),
        "without": (
            "The step goes on with the sums of the blocks that are left.",
            "That is the step for half of the data.",
        ),
        "twice": (
            "Somebody else adds the sums of the lost blocks, and those which the dead one had sent "
            "are kept, too.",
            "These blocks would count twice.",
        ),
    }
    return choice(
        f"Two workers have {blocks // 2} blocks each, of a file that both can read. One dies in "
        "the middle of a step. After which repair is the step the same as if nothing had happened?",
        words,
        {key: bool(np.allclose(found, whole, rtol=1e-12)) for key, found in outcomes.items()},
        again="again",
        because="The sums want each block once, from whomever.",
    )


@bank.item("which order of blocks, and which size, the sums ask for")
def what_changes_the_fit(draw):
    seed = int(draw.integers(100))
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(120, 1)) + np.repeat([0, 3], 60)[:, None]
    start = Mixture([0.5, 0.5], [[-1], [2]], [[[1]], [[1]]])
    once = em(x, start, tolerance=0, max_steps=5)
    fits = [em(part, start, tolerance=0, max_steps=5).mixture for part in np.split(x, 2)]
    stays = {
        "order": em(list(np.split(x, 4))[::-1], start, tolerance=0, max_steps=5).mixture.means,
        "size": em(np.split(x, [7, 50]), start, tolerance=0, max_steps=5).mixture.means,
        "averaged": (fits[0].means + fits[1].means) / 2,
        "early": em(
            x[60:], em(x[:60], start, tolerance=0, max_steps=1), tolerance=0, max_steps=4
        ).mixture.means,
    }
    words = {
        "order": ("The blocks are read in another order.", "Sums do not mind."),
        "size": ("The blocks are of other, unequal lengths.", "Sums do not mind."),
        "averaged": (
            "A mixture is fitted to each block, and the mixtures are averaged.",
            "The average of fits is not the fit to all; sorted blocks make nonsense of it.",
        ),
        "early": (
            "The M-step is made after each block, from its sums alone.",
            "That fits the last block, and forgets the others.",
        ),
    }
    return several(
        "EM takes its sums block by block. Which changes leave its steps as they are, up to "
        "rounding?",
        words,
        {
            key: bool(np.allclose(found, once.mixture.means, rtol=1e-9))
            for key, found in stays.items()
        },
        again={"order": True, "size": True, "averaged": False, "early": False},
        because="In each step the same three sums over all points.",
    )


@bank.item("a sample is enough, or never enough")
def what_a_sample_loses(draw):
    m, size = int(draw.choice([5, 11, 17])), int(draw.choice([500, 1000, 2000]))
    rng = np.random.default_rng(11)
    # for a Gaussian in m dimensions with known covariance: half the squared distance of two means
    n = 10 * size
    far = []
    for _ in range(4000):
        some, rest = rng.normal(size=m) / math.sqrt(size), rng.normal(size=m) / math.sqrt(n - size)
        far.append(((some - (some * size + rest * (n - size)) / n) ** 2).sum() * n / 2)
    return numeric(
        rf"A model with $m = {m}$ free parameters is fitted to {size} rows that were drawn at "
        rf"random from $n = {n}$. How far below the top of all rows does it lie on the average, in "
        "nats?",
        m / 2 * (n / size - 1),
        within=0.1,
        again=round(float(np.mean(far)) / (m / 2)) * m / 2,
        mistakes={
            "The rows of the sample are among all rows: $n/n_0 - 1$.": m / 2 * n / size,
            "One half is missing.": m * (n / size - 1),
            "So far below its own top lies the truth.": m / 2,
            "Of a loss that grows with the rows left out, $n - n_0$ is not the measure.": m
            / 2
            * (n - size)
            / n,
        },
        because=rf"$\frac m2 (n/n_0 - 1)$ with $n/n_0 = {n / size:g}$.",
    )
