"""Several starts, and the best run kept."""

import numpy as np

from . import checks
from .em import em
from .rows import Rows
from .run import CollapseError, Run
from .start import kmeans_plus_plus_start

SOME = 2_000  # rows that are enough to tell a good start from a bad one


def fit(
    x,
    K,
    rng,
    starts=10,
    tolerance=1e-8,
    max_steps=1000,
    *,
    start=kmeans_plus_plus_start,
    **options,
):
    """Run EM from `starts` starts, and keep the best run.

    start: a function of (x, K, rng), such as `kmeans_plus_plus_start` or `random_start`.
    options: as in `em` (prior, covariance, accelerate, on_step, threads).

    Data of more than 2 000 rows are searched on that many of them, drawn at random: all starts
    run there, and from where the best ended EM goes on over all the data. `Run.finals` has
    where each start ended (on the rows searched), and NaN for those that collapsed. Starts that
    collapse are counted, not kept; if all do, that is a `CollapseError`.
    """
    checks.generator(rng)
    K = checks.whole(K, "K", least=1)
    starts = checks.whole(starts, "starts", least=1)
    rows = Rows(x, threads=options.get("threads"))
    n = int(rows.summary.n)
    searched = x if rows.array is not None and n <= SOME else rows.some(min(n, SOME), rng)

    runs, collapses = [], []
    for _ in range(starts):
        begin = start(searched, K, rng)
        try:
            runs.append(em(searched, begin, (), tolerance, max_steps, **options))
        except CollapseError as error:
            runs.append(None)
            collapses.append(error)
    finals = np.array([np.nan if run is None else run.log_likelihood for run in runs])
    if len(collapses) == starts:
        last = collapses[-1]
        what = f"{last.what} (as one did from each of the {starts} starts)"
        raise CollapseError(last.component, what, last.step, last.run)
    # Starts that reach the same maximum differ by rounding: the first of them is kept, so
    # that rounding does not choose the labels.
    near = finals >= np.nanmax(finals) - 1e-9 * min(n, SOME)
    best = runs[int(np.flatnonzero(near)[0])]
    if searched is not x:
        best = em(x, best.mixture, (), tolerance, max_steps, **options)
    return Run(
        best.mixtures,
        best.log_likelihoods,
        best.converged,
        best.reason,
        best.distance,
        best.e_steps,
        finals,
    )
