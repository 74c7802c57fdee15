"""A climb of `em` that halts after each half step: E, M, E, M.

The climb is that of em.py, with its moves and its rule for the end. So whoever goes half step by
half step, ten steps at once, or straight to the end comes to the same numbers.
"""

import numpy as np

from ..em import Climb, changed, summed
from ..run import CollapseError, Run
from ..summit import SADDLE

TOLERANCE = 1e-8  # as in `em`


class HalfSteps:
    """Where the climb is.

    stage: "start" (nothing is shared out yet), "E" (the points are shared out among the components
    of `mixture`), "M" (`mixture` is new, the shares are those of the mixture before), "stopped".
    """

    def __init__(self, rows, start, covariance, on_step=None):
        self.climb = Climb(rows, frozenset(), None, covariance, True, on_step)
        self.start, self.following, self.ended = start, None, None

    @classmethod
    def resumed(cls, rows, mixture, covariance, state):
        """Where a state of the page says that a climb was: with its stage, heights and moves."""
        self = cls(rows, mixture, covariance)
        stage, heights = state["stage"], [float(height) for height in state["log_likelihoods"]]
        if stage == "start":
            return self
        self.climb.mixtures, self.climb.log_likelihoods = [mixture], heights
        self.climb.heights = list(heights)
        self.climb.moves = [float(move) for move in state["memo"]["moves"]]
        if stage == "M":
            self.following = mixture
        else:
            with np.errstate(all="ignore"):
                self.climb.statistics = summed(rows, mixture)
        if stage == "stopped":
            reason = str(state["stopped"])
            self.end_with(Run([mixture], heights, bool(state["converged"]), reason, np.nan))
        return self

    def end_with(self, run):
        """The climb is over, as a run says."""
        self.climb.mixtures, self.ended = list(run.mixtures), run
        self.climb.log_likelihoods = run.log_likelihoods.tolist()

    @property
    def last_moves(self):
        """What the rule for the end looks back on."""
        return [float(move) for move in self.climb.moves[-3:]]

    @property
    def stage(self):
        if self.ended is not None:
            return "stopped"
        if not self.climb.mixtures:
            return "start"
        return "E" if self.following is None else "M"

    @property
    def mixture(self):
        if self.following is not None:
            return self.following
        return self.shared or self.start

    @property
    def shared(self):
        """The mixture that the points were shared out by; None before the first E-step."""
        return self.climb.mixtures[-1] if self.climb.mixtures else None

    @property
    def steps(self):
        """How many M-steps were taken."""
        return max(0, self.climb.steps) + (self.following is not None)

    @property
    def log_likelihoods(self):
        """Of the start and after each whole step."""
        return self.climb.log_likelihoods

    def half_step(self):
        """The next half step, unless the climb is at its end. `CollapseError` as in `m_step`."""
        with np.errstate(all="ignore"):
            if self.stage in ("start", "M"):
                self.e_step()
            elif self.stage == "E":
                self.m_step()

    def e_step(self):
        if self.following is None:
            self.climb.begin(self.start)
        else:
            self.climb.arrive(summed(self.climb.rows, self.following))
            self.following = None

    def m_step(self):
        if not self.at_end(self.climb.steps):
            try:
                self.following, _ = changed(self.climb.statistics, *self.climb.options)
            except CollapseError as collapse:
                step = self.climb.steps + 1
                raise CollapseError(collapse.component, collapse.what, step) from None

    def whole_steps(self, count):
        """So many steps, each of an M-step and the E-step after it, or fewer to the end."""
        with np.errstate(all="ignore"):
            if self.stage in ("start", "M"):
                count -= self.stage == "M"
                self.e_step()
            if self.stage == "E" and not self.at_end(self.climb.steps + count):
                self.climb.moves.pop()  # the move ahead: it is made again when the climb goes on

    def at_end(self, max_steps):
        """Whether the climb, gone on with up to so many steps, has come to its end."""
        run = self.climb.up(TOLERANCE, max_steps, False)
        if run.converged or run.reason == SADDLE:
            self.ended = run
            return True
        self.halted = run
        return False
