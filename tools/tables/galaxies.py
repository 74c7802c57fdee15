"""The bootstrap of the likelihood ratio on the galaxies: K bells against K + 1.

The velocities of 82 galaxies, in 1000 km/s, and bells with one variance for all. The best fit of K
bells (of 43 climbs) makes 300 data sets of 82 points. To each, and to the galaxies themselves, K
bells are fitted from that fit, K + 1 from its splits, and both from three starts at quantiles and
eight at random points: who searches the data longer than the draws finds too small a p-value. A
row is a data set, with its seed and twice the difference of the two log-likelihoods; the row with
seed -1 is the galaxies' own. A cell is a K and a block of 60 data sets.
"""

import numpy as np
from refits import fits, starts

from gmmlib import Mixture, data, sample

BLOCK, BLOCKS = 60, 5
LONG = {"tolerance": 3e-3, "steps": 600}  # of EM
CELLS = [(K, block) for K in range(1, 6) for block in range(BLOCKS)]
CHECKED = [(1, 0)]
WITHIN = {"ratio": 0.005}


def best(x, K, rng):
    """The best fit of K bells to the galaxies, and its log-likelihood."""
    begins = starts(x, K)
    for _ in range(40):
        means = rng.choice(x, K, replace=False)
        begins.append(Mixture(np.full(K, 1 / K), means, np.full(K, x.var() / K**2)))
    mixtures, heights = fits(x[None], [begins], tolerance=1e-4)
    return mixtures[0], heights[0]


def splits(mixture):
    """K starts with a bell more: each of the bells in turn made two."""
    deviation = np.sqrt(mixture.covariances[0])
    for k in range(mixture.K):
        weights = np.append(mixture.weights, mixture.weights[k] / 2)
        means = np.append(mixture.means, mixture.means[k] + deviation)
        weights[k] /= 2
        means[k] -= deviation
        yield Mixture(weights, means, np.append(mixture.covariances, mixture.covariances[k]))


def begins(x, K, known, rng):
    """Starts for one data set: those that are known, three at quantiles, eight at random points."""
    spread = np.full(K, x.var() / K**2)
    points = [Mixture(np.full(K, 1 / K), rng.choice(x, K, replace=False), spread) for _ in range(8)]
    return [*known, *starts(x, K), *points] if K > 1 else starts(x, K)


def rows(K, block):
    x = data.galaxies() / 1000
    null, _ = best(x, K, np.random.default_rng([14, K]))
    seeds = np.random.default_rng([15, K, block]).integers(2**31, size=BLOCK).tolist()
    xs = [sample(null, len(x), np.random.default_rng(seed))[0] for seed in seeds]
    if block == 0:
        seeds, xs = [-1, *seeds], [x, *xs]
    rng, heights = np.random.default_rng([16, K, block]), []
    for size, known in ((K, [null]), (K + 1, list(splits(null)))):
        climbs = [begins(y, size, known, rng) for y in xs]
        heights.append(fits(np.array(xs), climbs, **LONG)[1])
    ratios = 2 * (heights[1] - heights[0])
    return [{"K": K, "seed": s, "ratio": round(float(r), 3)} for s, r in zip(seeds, ratios)]
