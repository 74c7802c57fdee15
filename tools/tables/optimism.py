"""By how many nats a fit flatters itself: AIC says, by as many as there are free numbers.

n points of two bells, ½ N(−2, 1) + ½ N(2, 1), or of one, N(0, 1); K bells with one variance for
all are fitted. The optimism is the log-likelihood of the fit on its own points, less n times the
expected log density of a new point (by a fine sum over the true density). The same difference at
one fixed mixture, whose mean is 0, is taken off, as it only adds noise: at the truth, or at the
best single bell. Mean and standard error over the data sets. A cell is a truth, an n and a K.
"""

import numpy as np
from refits import fitted

from gmmlib import Mixture, log_density, sample

DRAWS = 1000
TRUTHS = {1: Mixture([1], [0], [1]), 2: Mixture([0.5, 0.5], [-2, 2], [1, 1])}
CELLS = [(bells, n, K) for bells in (1, 2) for n in (400,) for K in (1, 2, 3)]
CHECKED = [(1, 400, 1), (2, 400, 1)]
WITHIN = {"optimism": 0.01, "error": 0.01}


def rows(bells, n, K):
    truth, rng = TRUTHS[bells], np.random.default_rng([5, bells, n])
    xs = np.array([sample(truth, n, rng)[0] for _ in range(DRAWS)])
    grid, step = np.linspace(-9, 9, 721, retstep=True)
    weight = step * np.exp(log_density(grid, truth))
    fixed = truth if K > 1 or bells == 1 else Mixture([1], [0], [5])  # 5: the pair's variance
    flattery, mean = [], n * (weight @ log_density(grid, fixed))
    for first in range(0, DRAWS, 200):
        mixtures, heights = fitted(xs[first : first + 200], K, steps=1000)
        new = [n * (weight @ log_density(grid, mixture)) for mixture in mixtures]
        luck = [log_density(x, fixed).sum() - mean for x in xs[first : first + 200]]
        flattery += list(heights - new - luck)
    mean, error = np.mean(flattery), np.std(flattery) / np.sqrt(DRAWS)
    numbers = {"optimism": round(float(mean), 3), "error": round(float(error), 3)}
    return [{"bells": bells, "n": n, "K": K, "draws": DRAWS} | numbers]
