"""Which maxima there are: where ten random starts end, and at which of them a run ends."""

import numpy as np

from ..em import em
from ..run import CollapseError
from ..start import random_start

STARTS = 10
NEAR = 0.01  # nats: what is no further apart is one maximum, as in `Run.reached_best`
ROWS = 5_000  # more rows than these are drawn from, as `fit` does


def of_random_starts(x, K, covariance, seed, progress):
    """The log-likelihoods at which ten random starts end; NaN for one that collapses."""
    rng, ends = np.random.default_rng(seed), []
    for i in range(STARTS):
        progress({"start": i + 1, "of": STARTS})
        try:
            start = random_start(x, K, rng, covariance=covariance)
            run = em(x, start, covariance=covariance, keep_mixtures=False)
            ends.append(run.log_likelihood)
        except CollapseError:
            ends.append(np.nan)
    return ends


def grouped(ends, here=None):
    """The maxima, the highest first: {"log_likelihood", "starts", "here"}; which start is in which.

    ends: log-likelihoods, NaN for a start that collapsed. here: that of the present run.
    """
    tops, basin = [], [None] * len(ends)
    for i in sorted(range(len(ends)), key=lambda i: -ends[i] if ends[i] == ends[i] else np.inf):
        if np.isnan(ends[i]):
            continue
        if not tops or tops[-1]["log_likelihood"] - ends[i] > NEAR:
            tops.append({"log_likelihood": ends[i], "starts": 0, "here": False})
        tops[-1]["starts"] += 1
        basin[i] = len(tops) - 1
    for top in tops:
        top["here"] = here is not None and abs(top["log_likelihood"] - here) <= NEAR
    return tops, basin
