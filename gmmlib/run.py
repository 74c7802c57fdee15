"""What EM saw on its way, and the error for a component that is lost on it."""

from dataclasses import dataclass, field

import numpy as np

from .covariance import full


@dataclass(frozen=True, eq=False)
class Run:
    """What the loop saw.

    mixtures: all of them, the start first.  log_likelihoods: of each of them.
    converged: True only if the stopping rule was met; `reason` says how it ended, in words.
    distance: the estimated way from the last mixture to the fixed point: of all parameters
    the one with the furthest to go, where a mean counts in its component's standard
    deviations, a covariance as a share of itself, a weight as a share of itself.
    e_steps: how many passes over the data the climb took (the look round at its end not counted).
    hold, covariance: what was held, and what the covariances were allowed to be.
    finals: after `fit`, where each start ended or was left behind (log-likelihood on the rows
    searched; NaN where it collapsed).  search: after `fit`, what was searched, and how.
    """

    mixtures: tuple
    log_likelihoods: np.ndarray
    converged: bool
    reason: str
    distance: float
    e_steps: int = 0
    finals: np.ndarray = field(default_factory=lambda: np.array([]))
    hold: frozenset = frozenset()
    covariance: object = full
    search: "Search | None" = None

    def __post_init__(self):
        object.__setattr__(self, "mixtures", tuple(self.mixtures))
        object.__setattr__(self, "log_likelihoods", np.array(self.log_likelihoods))

    @property
    def mixture(self):
        """The last mixture."""
        return self.mixtures[-1]

    @property
    def log_likelihood(self):
        """That of the last mixture."""
        return float(self.log_likelihoods[-1])

    @property
    def steps(self):
        """How many M-steps were taken."""
        return len(self.log_likelihoods) - 1

    @property
    def reached_best(self):
        """After `fit`: how many starts ended within 0.01 nats of the best of them.

        Starts that were left behind on the way count only if they were that near already.
        """
        if np.isnan(self.finals).all():
            return 0
        near = 0.01 if self.search is None else 0.01 * self.search.unit
        return int((self.finals >= np.nanmax(self.finals) - near).sum())

    def __repr__(self):
        return f"<Run of {self.steps} steps to log-likelihood {self.log_likelihood:.4f}>"

    def __str__(self):
        lines = [f"{'step':>6} {'log-likelihood':>18} {'gain':>12}"]
        shown = list(range(self.steps + 1))
        if len(shown) > 8:
            shown = [*shown[:5], None, *shown[-2:]]
        for t in shown:
            if t is None:
                lines.append(f"{'...':>6}")
                continue
            gain = ""
            if t:
                gain = self.log_likelihoods[t] - self.log_likelihoods[t - 1]
                # the digits of a smaller gain are those of rounding, and differ between machines
                visible = abs(gain) > 1e-10 * abs(self.log_likelihoods[t])
                gain = f"{gain:>12.3g}" if visible else f"{'rounding':>12}"
            lines.append(f"{t:>6} {self.log_likelihoods[t]:>18.6f} {gain}".rstrip())
        lines.append(self.reason)
        if len(self.finals):
            said = [f"best of {len(self.finals)} starts; {self.reached_best} of them reached it"]
            if self.search is not None and self.search.left_behind:
                said.append(f"{self.search.left_behind} were left behind")
            lines.append(", ".join([*said, f"{int(np.isnan(self.finals).sum())} collapsed"]))
        if self.search is not None:
            lines += self.search.lines()
        return "\n".join(lines)


@dataclass(frozen=True)
class Search:
    """What `fit` searched, and how.

    rows: how many rows the starts climbed on, of how many (`of`).  left_behind: how many starts
    were given up when they could not win any more.  moves: how many times afterwards a component
    was taken from where it was needed least to where rows were explained worst, and the maximum
    was higher.  outside: how many rows lie far outside every component of the end, where the
    model expects none.  unit: the mean weight of a row.
    """

    rows: int
    of: int
    left_behind: int
    moves: int = 0
    outside: int = 0
    unit: float = 1.0

    def lines(self):
        said = []
        if self.rows < self.of:
            said.append(f"searched on {self.rows} of {self.of} rows, then climbed on all")
        if self.moves:
            said.append(f"{self.moves} components were moved elsewhere, each to a higher maximum")
        if self.outside:
            said.append(f"{self.outside} rows lie outside every component: more of them, or noise")
        return said


class CollapseError(ValueError):
    """A component lost its width or its points: the likelihood has no maximum that way.

    component: which one.  step: at which M-step (None outside `em`).
    run: the `Run` up to the step before (None outside `em`).
    """

    def __init__(self, component, what, step=None, run=None):
        self.component, self.what, self.step, self.run = component, what, step, run
        when = "" if step is None else f" at step {step}"
        super().__init__(
            f"component {component} {what}{when}; "
            "try another start, fewer components, or a prior (Prior.weak)"
        )

    @classmethod
    def of(cls, component, mixture):
        """The collapse of a component that has become too narrow."""
        where = "one point" if mixture.d == 1 else "points without width in some direction"
        return cls(component, f"collapsed onto {where} (no variance left)")

    def __reduce__(self):  # an exception is rebuilt from its message unless it says otherwise
        return CollapseError, (self.component, self.what, self.step, self.run)
