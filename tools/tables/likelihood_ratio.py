"""The likelihood ratio of two bells against one, where there is one.

n standard normal points; one bell, and two bells with one unknown variance for both (two numbers
more: a mean and a weight). Each row is one data set: twice the difference of the log-likelihoods at
the highest ends found from three starts. A cell is 50 data sets of n points.
"""

import numpy as np
from refits import fitted

DRAWS = 50
CELLS = [(100, block) for block in range(80)] + [(1000, block) for block in range(20)]
CHECKED = [(100, 0)]
WITHIN = {"ratio": 0.002}


def rows(n, block):
    rng = np.random.default_rng([9, n, block])
    xs = rng.standard_normal((DRAWS, n))
    one, two = (fitted(xs, K, tolerance=1e-3, steps=2000)[1] for K in (1, 2))
    return [{"n": n, "ratio": max(0.0, round(float(r), 3))} for r in 2 * (two - one)]
