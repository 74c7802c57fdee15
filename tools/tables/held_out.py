"""How far below the truth's own score a kernel density and a mixture end, on points not seen.

A sample of n points of one of three truths: two bells, 0.7 N(−2, 1) + 0.3 N(2, 2); a skewed one,
the gamma density x exp(−x); a box, uniform from −3 to 3. The score is the expected log density of a
fresh point, by a fine sum over the true density, and what is stored is what it lacks of the score
of the truth itself, in nats a point (the Kullback-Leibler divergence). scott: the kernel density by
Scott's rule. best: by the best of fifteen bandwidths, chosen with the truth in hand. mixture: by
`fit`, K by BIC. A cell is a truth, an n and the number of a draw.
"""

import numpy as np
from scipy.stats import gaussian_kde

from gmmlib import CollapseError, Mixture, bic, fit, log_density, sample

DRAWS = 20
BELLS = Mixture([0.7, 0.3], [-2, 2], [1, 2])
# bandwidths, in Scott's
FACTORS = (0.06, 0.08, 0.1, 0.14, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.15, 1.3)
CELLS = [
    (truth, n, draw)
    for n in (5000, 1000, 200, 50)
    for truth in ("two bells", "skewed", "box")
    for draw in range(DRAWS)
]
CHECKED = [("two bells", 50, 0), ("skewed", 50, 1), ("box", 50, 2), ("two bells", 200, 3)]
WITHIN = {"scott": 1e-4, "best": 1e-4, "mixture": 0.002}


def true_density(truth, x):
    if truth == "two bells":
        return np.exp(log_density(x, BELLS))
    return x * np.exp(-x) if truth == "skewed" else np.full(len(x), 1 / 6)


def drawn(truth, n, rng):
    if truth == "two bells":
        return sample(BELLS, n, rng)[0]
    return rng.gamma(2, 1, n) if truth == "skewed" else rng.uniform(-3, 3, n)


def chosen(x, most=10):
    """The fit with the lowest BIC; K grows until two more components have not lowered it."""
    best, K = (np.inf, None), 1
    while K <= most and (best[1] is None or K <= best[1].K + 2):
        try:
            run = fit(x, K, np.random.default_rng(K), starts=3, tolerance=1e-3)
        except CollapseError:
            break
        best = min(best, (bic(x, run), run.mixture), key=lambda pair: pair[0])
        K += 1
    return best[1]


def rows(truth, n, draw):
    kind = ("two bells", "skewed", "box").index(truth)
    x = drawn(truth, n, np.random.default_rng([12, kind, n, draw]))
    low, high = {"two bells": (-9, 10), "skewed": (0, 25), "box": (-3, 3)}[truth]
    step = (high - low) / 800
    grid = low + step * (np.arange(800) + 0.5)
    true = true_density(truth, grid)

    def lacks(log_densities):
        return round(float(step * true @ (np.log(true) - log_densities)), 5)

    # SciPy counts a bandwidth in standard deviations, and Scott's is n^(−1/5) of them
    kernels = [lacks(gaussian_kde(x, factor * n ** (-1 / 5)).logpdf(grid)) for factor in FACTORS]
    mixture = chosen(x)
    return [
        {
            "truth": truth,
            "n": n,
            "draw": draw,
            "scott": kernels[FACTORS.index(1)],
            "best": min(kernels),
            "mixture": lacks(log_density(grid, mixture)),
            "K": mixture.K,
        }
    ]
