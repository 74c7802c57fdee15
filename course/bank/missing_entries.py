"""Chapter 18: entries that are missing."""

# canary: GMM-KEY-bank-missing_entries
import math

import numpy as np
from bank_items import Bank, choice, matrix, numeric, several
from scipy.special import ndtr
from scipy.stats import norm

from gmmlib import Mixture, e_step, em, log_likelihood, responsibilities

bank = Bank("missing_entries")
GAP = np.nan


def _gaussian(draw):
    a, c = (float(v) for v in draw.choice([2, 3, 4, 5, 6], 2, replace=False))
    b = float(draw.choice([-1.5, -1.0, 1.0, 1.5, 2.0]))
    mean = draw.choice(np.arange(-3, 4), 2, replace=False).astype(float)
    return mean, np.array([[a, b], [b, c]])


def _sums(row, mean, S):
    """Σ γ x and Σ γ xxᵀ of one row with gaps, by gmmlib."""
    _, first, second = e_step(
        np.array([row]), Mixture([1], [mean], [S]), missing=True
    ).in_data_units()
    return first[0], second[0]


@bank.item("a gap is filled with the mean of its column")
def what_belongs_into_a_gap(draw):
    mean, S = _gaussian(draw)
    x = mean[0] + float(draw.choice([-3, -2, 2, 3]))
    slope = S[0, 1] / S[0, 0]
    return numeric(
        rf"A Gaussian has the mean $({mean[0]:g}, {mean[1]:g})$ and the covariance "
        rf"$\Sigma = {matrix(S)}$. In a row the first entry is {x:g} and the second is not known. "
        "What is the conditional mean of the second?",
        mean[1] + slope * (x - mean[0]),
        within=0.01,
        again=_sums([x, GAP], mean, S)[0][1],
        mistakes={
            "This is the mean of the column. The row says more.": mean[1],
            "What counts is how far the known entry lies from its own mean.": mean[1] + slope * x,
            "Divided by the variance of the missing entry, not of the known one.": mean[1]
            + S[0, 1] / S[1, 1] * (x - mean[0]),
            "The covariance was not divided by the variance of the known entry.": mean[1]
            + S[0, 1] * (x - mean[0]),
            "The mean of the missing entry was not added.": slope * (x - mean[0]),
        },
        because=rf"The slope is $\sigma_{{12}}/\sigma_1^2 = {slope:.3f}$, and the first entry lies "
        rf"{x - mean[0]:g} from its mean.",
    )


@bank.item("what is known of a row takes a part of the variance away, not all")
def what_a_gap_may_vary(draw):
    mean, S = _gaussian(draw)
    x = mean[0] + 1.0
    first, second = _sums([x, GAP], mean, S)
    left = S[1, 1] - S[0, 1] ** 2 / S[0, 0]
    rho = abs(S[0, 1]) / math.sqrt(S[0, 0] * S[1, 1])
    return numeric(
        rf"A Gaussian has the covariance $\Sigma = {matrix(S)}$. Of a row the first entry is "
        "known, the second is not. What is the conditional variance of the second?",
        left,
        within=0.01,
        again=second[1, 1] - first[1] ** 2,
        mistakes={
            "A filled gap is no known entry: it still varies.": 0.0,
            "So much it would vary if nothing of the row were known.": S[1, 1],
            "This is what the first entry explains, not what is left.": S[1, 1] - left,
            "This is the first, given the second.": S[0, 0] - S[0, 1] ** 2 / S[1, 1],
            "The correlation must be squared.": S[1, 1] * (1 - rho),
        },
        because=rf"$\sigma_2^2 (1 - \rho_{{12}}^2)$ with $\rho_{{12}}^2 = {rho**2:.3f}$.",
    )


@bank.item("the E-step fills the gaps in, and then all is as if they were known")
def one_m_step_with_a_gap(draw):
    mean, S = _gaussian(draw)
    known = draw.choice(np.arange(-4, 5), (3, 2), replace=False).astype(float)
    x = mean[0] + float(draw.choice([-2, 2]))
    filled = mean[1] + S[0, 1] / S[0, 0] * (x - mean[0])
    left = S[1, 1] - S[0, 1] ** 2 / S[0, 0]
    second = np.append(known[:, 1], filled)
    rows = np.vstack([known, [x, GAP]])
    run = em(rows, Mixture([1], [mean], [S]), missing=True, max_steps=1, tolerance=0)
    listed = ", ".join(f"$({a:g}, {b:g})$" for a, b in known)
    return numeric(
        rf"EM for one Gaussian stands at the mean $({mean[0]:g}, {mean[1]:g})$ and the covariance "
        rf"$\Sigma = {matrix(S)}$. There are four rows: {listed} and $({x:g}, ?)$. What is the "
        "variance of the second column after the next step?",
        second.var() + left / 4,
        within=0.01,
        again=run.mixture.covariances[0, 1, 1],
        mistakes={
            "The gap was filled and then taken for known: its conditional variance is missing.": (
                second.var()
            ),
            "One row of four has a gap: its conditional variance is averaged, too.": second.var()
            + left,
            "This is the variance of the three known entries.": known[:, 1].var(),
            "This adds the variance that the gap would have if nothing were known.": second.var()
            + S[1, 1] / 4,
        },
        because=rf"The gap is filled with {filled:.3f}, the variance of the four is "
        rf"{second.var():.3f}, and the gap adds {left:.3f}/4.",
    )


@bank.item("what filling in without the conditional covariance ends at")
def what_the_recipe_finds(draw):
    share, v = draw.choice([0.2, 0.4, 0.6, 0.75]), float(draw.choice([2.0, 3.0, 5.0]))
    n = 20
    first = np.linspace(-2, 2, n)
    away = np.resize([1.0, -1, -1, 1], n)
    known = np.arange(n) >= round(share * n)
    line = np.polyfit(first[known], away[known], 1)
    away = away - np.polyval(line, first)
    away *= math.sqrt(v / (away[known] ** 2).mean())
    second = np.where(known, first + away, 0)
    for _ in range(400):  # fill, fit, and fill again
        b, a = np.polyfit(first, second, 1)
        second = np.where(known, second, a + b * first)
    return numeric(
        f"In a share of {share:g} of the rows the second entry is missing, the first is always "
        "known. A program fills each gap with its conditional mean, computes mean and covariance "
        "of the filled table, and repeats that to the end. EM finds that the variance of the "
        f"second column about the line is {v:g}. What does the program find?",
        (1 - share) * v,
        within=0.02,
        again=((second - np.polyval(np.polyfit(first, second, 1), first)) ** 2).mean(),
        mistakes={
            "The line is right, and the filled points lie exactly on it.": v,
            "The share of the rows that are *known* counts.": share * v,
            "The known rows keep their scatter in every round.": 0.0,
            "Averaged over too few rows, it would be too large. Here zeros are averaged in.": v
            / (1 - share),
        },
        because="The filled points lie on the line, and so add zeros to the sum of squares.",
    )


@bank.item('"deleting rows only costs points"')
def the_mean_with_one_column_short(draw):
    slope, mean = float(draw.choice([0.5, 1.5, 2.0])), float(draw.choice([10.0, 12.0]))
    has, all_of = draw.choice([[3.0, 5.0], [4.0, 7.0], [2.0, 5.0], [6.0, 4.0]])
    n, half = 40, 20
    rng = np.random.default_rng(1)
    first = np.concatenate([rng.normal(size=half), rng.normal(size=half)])
    first[:half] += has - first[:half].mean()
    first[half:] += 2 * all_of - has - first[half:].mean()
    noise = rng.normal(size=half)
    rows = np.column_stack([np.ones(half), first[:half]])
    noise -= rows @ np.linalg.lstsq(rows, noise, rcond=None)[0]
    second = mean + slope * (first[:half] - has) + noise
    table = np.column_stack([first, np.append(second, np.full(n - half, GAP))])
    start = Mixture([1], [np.nanmean(table, axis=0)], [np.diag(np.nanvar(table, axis=0))])
    end = em(table, start, missing=True, tolerance=1e-9, max_steps=20_000, accelerate=True)
    return numeric(
        "The first column is known in all rows, the second only in some, at random. Over the rows "
        f"with both, the averages are {has:g} and {mean:g}, and least squares gives the slope "
        f"{slope:g} of the second on the first. Over *all* rows the average of the first is "
        f"{all_of:g}. Where does EM's mean of the second column end?",
        mean + slope * (all_of - has),
        within=0.02,
        again=end.mixture.means[0, 1],
        mistakes={
            "This deletes the rows with a gap. The first column says that these differ.": mean,
            "The other way round: the rows with a gap pull it there.": mean
            - slope * (all_of - has),
            "The difference of the first column counts by the slope.": mean + all_of - has,
            "The line is fitted to the rows with both, and goes through their two averages.": (
                slope * all_of
            ),
        },
        because=rf"${mean:g} + {slope:g} \cdot ({all_of:g} - {has:g})$.",
    )


@bank.item("which gaps may be ignored")
def missing_at_random_or_not(draw):
    stories = {
        "broken": "Every tenth tube broke on the way, whatever was in it.",
        "called": "The second test is given to those alone whose first result, which is in the "
        "table, was high.",
        "range": "The instrument shows nothing where the second value is above its range.",
        "refused": "People with a large second value tend not to give it, whatever the first is.",
    }
    rng = np.random.default_rng(int(draw.integers(100)))
    x = rng.normal(size=(60_000, 2)) @ [[1, 0.8], [0, 0.6]]
    chance = {
        "broken": np.full(len(x), 0.1),
        "called": (x[:, 0] < 0.5).astype(float),
        "range": (x[:, 1] > 1).astype(float),
        "refused": ndtr(2 * x[:, 1]),
    }

    def looks_at_the_gap(lost):  # whether its chance moves with the second, the first held
        near = np.abs(x[:, 0] - 0.3) < 0.05
        high = x[near, 1] > np.median(x[near, 1])
        return abs(lost[near][high].mean() - lost[near][~high].mean()) > 0.05

    wrong = {}
    for key, p in chance.items():
        has = rng.random(len(x)) >= p
        slope, level = np.polyfit(x[has, 0], x[has, 1], 1)
        wrong[key] = abs(level + slope * x[:, 0].mean()) > 0.05
    said = {
        "broken": "Completely at random: nothing of the row has a say.",
        "called": "What decides stands in the table: missing at random.",
        "range": "The missing value itself decides.",
        "refused": "The missing value itself has a say.",
    }
    return several(
        "The table has two columns, and the second has gaps. In which cases may EM ignore *why*, "
        "because the entries are missing at random (or completely at random)?",
        {key: (stories[key], said[key]) for key in stories},
        {key: not looks_at_the_gap(chance[key]) for key in stories},
        again={key: not wrong[key] for key in stories},
        because="Missing at random: given what is known of the row, the missing value has no say.",
    )


@bank.item("what filling in does to a variance")
def which_table_keeps_the_variance(draw):
    rho = float(draw.choice([0.6, 0.7, 0.8]))
    rng = np.random.default_rng(int(draw.integers(100)))
    x = rng.normal(size=(200_000, 2)) @ [[1, rho], [0, math.sqrt(1 - rho**2)]]
    gone = rng.random(len(x)) < 0.5
    line = rho * x[:, 0]
    tables = {
        "deleted": x[~gone, 1],
        "mean": np.where(gone, 0, x[:, 1]),
        "line": np.where(gone, line, x[:, 1]),
        "draw": np.where(gone, line + math.sqrt(1 - rho**2) * rng.normal(size=len(x)), x[:, 1]),
    }
    exact = {"deleted": 1, "mean": 0.5, "line": (1 + rho**2) / 2, "draw": 1}
    words = {
        "deleted": (
            "The rows with a gap are deleted.",
            "Completely at random, the rest is a sample like the whole, only smaller.",
        ),
        "mean": (
            "Each gap gets the mean of its column.",
            "Half of the entries have no scatter at all then.",
        ),
        "line": (
            "Each gap gets its conditional mean, given the first column.",
            "The line is right, but nothing scatters about it.",
        ),
        "draw": (
            "Each gap gets a draw from its conditional distribution.",
            "The scatter about the line is put back.",
        ),
    }
    return several(
        f"Two columns have the correlation {rho:g}. Half of the second is missing, completely at "
        "random. In which tables is the variance of the second column right (up to chance)?",
        words,
        {key: abs(table.var() - 1) < 0.03 for key, table in tables.items()},
        again={key: abs(value - 1) < 1e-9 for key, value in exact.items()},
        because=f"Column means leave half of it, conditional means {exact['line']:.2f} of it.",
    )


@bank.item("a row with a gap has shares, from what is known of it")
def shares_of_a_row_with_a_gap(draw):
    p = float(draw.choice([0.2, 0.3, 0.6]))
    a, x = float(draw.choice([2.0, 3.0])), float(draw.choice([0.5, 1.5, 2.0]))
    mixture = Mixture([1 - p, p], [[0, 0], [a, 5]], [np.eye(2), [[1, 0.5], [0.5, 4]]])
    row = np.array([[x, GAP]])
    bells = norm.pdf(x, [0, a], 1)
    joint = np.array([1 - p, p]) * bells
    full = [
        math.exp(log_likelihood(np.array([[x, m]]), Mixture([1], [mean], [S])))
        for m, mean, S in zip((0, 5), mixture.means, mixture.covariances)
    ]
    wrong = np.array([1 - p, p]) * full
    return numeric(
        rf"Component 0 has the weight {1 - p:g}, the mean $(0, 0)$ and the covariance $1$; "
        rf"component 1 the weight {p:g}, the mean $({a:g}, 5)$ and the covariance "
        rf"${matrix(mixture.covariances[1])}$. Of a row only the first entry is known, {x:g}. What "
        "is the share of component 1?",
        joint[1] / joint.sum(),
        within=0.005,
        again=responsibilities(row, mixture, missing=True)[0, 1],
        mistakes={
            "The weights were forgotten.": bells[1] / bells.sum(),
            "The row says something: its first entry is known.": p,
            "Each gap was filled with the component's mean and taken for known.": wrong[1]
            / wrong.sum(),
            "This is the share of component 0.": joint[0] / joint.sum(),
        },
        because="The density of what is known: the first column alone, which has variance 1 in "
        "both components.",
    )


@bank.item('"a single Gaussian has one top"')
def tops_of_one_gaussian(draw):
    size = float(draw.choice([2.0, 3.0]))
    half = [[size, GAP], [-size, GAP], [GAP, size], [GAP, -size]] * 2
    rows = {
        "murray": np.array([[1, 1], [1, -1], [-1, 1], [-1, -1], *half]),
        "whole": np.array([[1, 1], [1, -1], [-1, 1], [-1, -1.0], [size, 0], [0, size]]),
        "column": np.array([[1, 1], [1, -1], [-1, 1], [-1, -1], *half[:2]]),
    }

    def ends(table):
        found = set()
        for rho in (-0.6, 0.6):
            start = Mixture([1], [[0, 0]], [2.5 * np.array([[1, rho], [rho, 1]])])
            end = em(table, start, missing=True, max_steps=4000).mixture.covariances[0]
            found.add(round(end[0, 1] / math.sqrt(end[0, 0] * end[1, 1]), 2) + 0.0)
        return len(found)

    words = {
        "murray": (
            "Four whole rows, four of which only the first entry is known, and four of which only "
            "the second is.",
            "The whole rows have correlation 0, and yet the tops are to both sides of it.",
        ),
        "whole": (
            "All rows are whole.",
            "Mean and covariance of the rows: one top, in closed form.",
        ),
        "column": (
            "Only the second column has gaps.",
            "The first column, and least squares of the second on it: one top, in closed form.",
        ),
        "none": (
            "In none: several tops need several components.",
            "So one might think. Gaps in both columns are enough.",
        ),
    }
    counted = {key: ends(table) > 1 for key, table in rows.items()}
    # by the profile over the correlation (both variances equal, means 0), with 8 half-known rows
    t = 1 - np.linspace(-0.95, 0.95, 381) ** 2
    v = (8 * size**2 + 8 / t) / 16
    ridge = -8 * np.log(v) - 2 * np.log(t)
    tops = int(((ridge[1:-1] > ridge[:-2]) & (ridge[1:-1] > ridge[2:])).sum())
    return choice(
        "*One* Gaussian in the plane is fitted by EM. In which of these cases can its "
        "log-likelihood have two tops?",
        words,
        {**counted, "none": not any(counted.values())},
        again="murray" if tops == 2 else "none",
        because="Murray's twelve points (1977) are of this kind.",
    )
