"""What EM saw on its way, and the error for a component that is lost on it."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class Run:
    """What the loop saw.

    mixtures: all of them, the start first.  log_likelihoods: of each of them.
    converged: True only if the stopping rule was met; `reason` says how it ended, in words.
    distance: the estimated way from the last mixture to the fixed point: of all parameters
    the one with the furthest to go, where a mean counts in its component's standard
    deviations, a covariance as a share of itself, a weight as a share of itself.
    e_steps: how many passes over the data it took.
    finals: after `fit`, where each start ended (log-likelihood; NaN where it collapsed).
    """

    mixtures: tuple
    log_likelihoods: np.ndarray
    converged: bool
    reason: str
    distance: float
    e_steps: int = 0
    finals: np.ndarray = field(default_factory=lambda: np.array([]))

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
        return len(self.mixtures) - 1

    @property
    def reached_best(self):
        """After `fit`: how many starts ended within 0.01 nats of the best of them."""
        if np.isnan(self.finals).all():
            return 0
        return int((self.finals >= np.nanmax(self.finals) - 0.01).sum())

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
            lines.append(
                f"best of {len(self.finals)} starts; {self.reached_best} of them reached it, "
                f"{int(np.isnan(self.finals).sum())} collapsed"
            )
        return "\n".join(lines)


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
            "try another start, fewer components, or hold the covariances"
        )

    @classmethod
    def of(cls, component, covariance):
        """The collapse of a component that has become too narrow."""
        smallest = max(np.linalg.eigvalsh(covariance)[0], 0)
        if len(covariance) == 1:
            return cls(component, f"collapsed onto one point: variance {smallest:.1g}")
        return cls(
            component,
            "collapsed onto points without width in some direction: "
            f"smallest eigenvalue of its covariance {smallest:.1g}",
        )

    def __reduce__(self):  # an exception is rebuilt from its message unless it says otherwise
        return CollapseError, (self.component, self.what, self.step, self.run)
