"""How often each criterion names the number of bells that made the data.

n points of ½ N(−s/2, 1) + ½ N(s/2, 1), of one bell where the separation s is 0. K = 1, 2, 3 bells
with one variance for all are fitted, from three starts each; AIC, BIC and ICL take the smallest K,
cross-validation in five folds (each climbed from the fit to all points) the highest held-out
log-likelihood. Over 100 data sets: how often each picked 1, 2 and 3. A cell is an n and an s.
"""

import numpy as np
from refits import fits, fitted

from gmmlib import Mixture, log_likelihood, responsibilities, sample

DRAWS, FOLDS, UPTO = 100, 5, 3
LONG = {"tolerance": 3e-3, "steps": 300}  # of EM; what is left then is hundredths of a nat
SEPARATIONS = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
CELLS = [(n, s) for n in (50, 100, 200, 500, 1000) for s in SEPARATIONS]
CHECKED = [(50, 3.0), (100, 4.0)]
WITHIN = {}


def rows(n, s):
    truth = Mixture([0.5, 0.5], [-s / 2, s / 2], [1, 1])
    rng = np.random.default_rng([12, n, round(10 * s)])
    xs = np.array([sample(truth, n, rng)[0] for _ in range(DRAWS)])  # independent, so in no order
    scores = {name: [] for name in ("AIC", "BIC", "ICL", "CV")}
    for K in range(1, UPTO + 1):
        mixtures, heights = fitted(xs, K, **LONG)
        shares = [responsibilities(x, m).max(axis=1) for x, m in zip(xs, mixtures)]
        unsure = -2 * np.log(np.array(shares)).sum(axis=1)
        deviance = -2 * heights
        scores["AIC"].append(deviance + 2 * 2 * K)
        scores["BIC"].append(deviance + np.log(n) * 2 * K)
        scores["ICL"].append(deviance + np.log(n) * 2 * K + unsure)
        held = np.zeros(DRAWS)
        for fold in range(FOLDS):
            out = np.arange(n) % FOLDS == fold
            others, _ = fits(xs[:, ~out], [[m] for m in mixtures], **LONG)
            held += [log_likelihood(x, m) for x, m in zip(xs[:, out], others)]
        scores["CV"].append(-2 * held)
    made = []
    for name, values in scores.items():
        picked = np.bincount(np.argmin(values, axis=0), minlength=UPTO).tolist()
        made.append({"n": n, "s": s, "criterion": name, "one": picked[0], "two": picked[1],
                     "three": picked[2]})  # fmt: skip
    return made
