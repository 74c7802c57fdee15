"""Which maxima there are: where ten random starts end, and at which of them a run ends."""

import numpy as np

from ..em import em
from ..run import CollapseError
from ..start import random_start
from . import words

STARTS = 10
NEAR = 0.01  # nats: what is no further apart is one maximum, as in `Run.reached_best`
ROWS = 5_000  # of more rows some are drawn, as `fit` does


def basin_of(points, mixture, covariance, seed, progress):
    """In which basin a mixture lies, among those that ten random starts find: an answer."""
    x, rng = points.x, np.random.default_rng(seed)
    if points.n > ROWS:
        x, _ = points.rows.some(ROWS, rng)
    ends = []
    for i in range(STARTS):
        progress({"start": i + 1, "of": STARTS})
        start = random_start(x, mixture.K, rng, covariance=covariance)
        ends.append(end_of(x, start, covariance))
    here = end_of(x, mixture, covariance)
    tops, _ = grouped(ends, here)
    place = next((i for i, top in enumerate(tops) if top["here"]), None)
    collapsed = int(np.isnan(ends).sum())
    said = words.basin(place, tops, collapsed, STARTS)
    if np.isnan(here):
        said += " This run collapses on its way."
    if len(x) < points.n:
        said += f" All this on {len(x)} of the {points.n} points, drawn at random."
    return {
        "basin": place,
        "of": len(tops),
        "maxima": tops,
        "collapsed": collapsed,
        "log_likelihood": None if np.isnan(here) else here,
        "best": tops[0]["log_likelihood"] if tops else None,
        "words": said,
    }


def end_of(x, start, covariance):
    """The log-likelihood where EM from here ends; NaN where a component collapses."""
    try:
        return em(x, start, covariance=covariance, keep_mixtures=False).log_likelihood
    except CollapseError:
        return np.nan


def grouped(ends, here=np.nan):
    """The maxima, the highest first, and the number of the maximum at which each start ended.

    ends: log-likelihoods, NaN where a start collapsed. here: that of the present run. A maximum
    is {"log_likelihood", "starts": how many ended there, "here": whether the present run did}.
    """
    tops, basin = [], [None] * len(ends)
    for i in np.argsort(-np.array(ends), kind="stable").tolist():
        if np.isnan(ends[i]):
            continue
        if not tops or tops[-1]["log_likelihood"] - ends[i] > NEAR:
            near = bool(abs(ends[i] - here) <= NEAR)
            tops.append({"log_likelihood": ends[i], "starts": 0, "here": near})
        tops[-1]["starts"] += 1
        basin[i] = len(tops) - 1
    return tops, basin
