"""Ten starts, each climbed to its end, and the best of them: gmmlib's `fit` without its race.

With the race, which starts are left behind, and when, may hang on the last digit of a sum; without
it every number is the same on every machine, and one sees where each start ends.
"""

import numpy as np

from ..fit import fit
from . import maxima
from .program import MOST_STEPS


class Watch:
    """Tells how far a fit is, and notes how many steps each start has taken."""

    def __init__(self, starts, progress):
        self.starts, self.progress, self.steps = starts, progress, []

    def __call__(self, step, mixture, log_likelihood):
        if step == 0:
            self.steps.append(0)
        self.steps[-1] = step
        # more than there are starts: the best goes on over all the rows
        told = {"step": step, "log_likelihood": log_likelihood}
        self.progress({"start": len(self.steps), "of": self.starts, **told})


def best_of(x, wish, starts=10, watch=None):
    """The best of so many starts: a `Run`. wish: K, the kind of covariance, and the seed."""
    return fit(x, wish.K, wish.rng, starts, race=False, covariance=wish.covariance, on_step=watch)


def of_starts(run, watch):
    """How each start ended, and which maxima they came to: a part of an answer."""
    finals = run.finals.tolist()
    searched_all = run.search.rows == run.search.of
    tops, basin = maxima.grouped(finals, run.log_likelihood if searched_all else np.nanmax(finals))
    starts = []
    for final, place, steps in zip(finals, basin, watch.steps):
        how = "collapsed" if place is None else "came to its end"
        if steps == MOST_STEPS:
            how = f"stopped after {steps} steps"
        final = None if place is None else final
        starts.append({"log_likelihood": final, "basin": place, "steps": steps, "stopped": how})
    return {"starts": starts, "maxima": tops, "collapsed": basin.count(None)}
