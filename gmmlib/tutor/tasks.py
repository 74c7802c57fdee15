"""What can be asked of a student, and how an answer is judged."""

from dataclasses import dataclass, replace

import numpy as np

from . import climbing, judging, killing, probes, starting, stopping
from .asking import ask
from .programs import arguments

KINDS = ("full", "tied", "diagonal", "spherical")
TASKS = (
    *("log_density", "e_step", "slopes", "m_step", "log_likelihood", "bic", "icl", "em", "merge"),
    "adjusted_rand",
    *("start", "stop", "test"),
    *("assign", "update", "kmeans"),
    "complete",
    "poisson_step",
    "repaint",
    "combine",
)


@dataclass(frozen=True)
class Task:
    """A function that is asked for: its probes, and a judge of what it answers to them.

    name: one of TASKS. d: how many columns the data have; 1 is one dimension, x of shape (n,).
    hold: ("weights", "variances") where these are known and the means alone are asked.
    kind: for "m_step" and "em", what the covariances may be, one of KINDS.
    until: for "em", whether it takes a tolerance in place of a number of steps.
    of: for "test", the name of the task whose programs the student's test is tried on.
    called: what the student calls the function, if not as the task.
    """

    name: str
    d: int = 1
    hold: tuple = ()
    until: bool = False
    of: str = ""
    called: str = ""
    kind: str = "full"

    @property
    def function(self):
        if self.called:
            return self.called
        named = {"stop": "should_stop", "test": f"test_{self.of}"}
        return named.get(self.name, self.name)

    @property
    def call(self):
        """The call as a student reads it: e_step(x, weights, means, variances)."""
        names = (self.of,) if self.name == "test" else arguments(self.name, self.d)
        if self.until:
            names = (*names[:-1], "tolerance")
        return f"{self.function}({', '.join(names)})"

    def probes(self, rng=None):
        """Inputs, as plain JSON: some are always the same, some are drawn from rng.

        With an rng, what can be counted (climbs to stop, programs to find) comes in its order.
        """
        given, rng = rng, np.random.default_rng(0) if rng is None else rng
        if self.name == "start":
            return list(probes.of_start(self.d, rng))
        if self.name in ("stop", "test"):
            made = killing.probes(self.of, self.d) if self.of else list(probes.of_stop(rng))
            return made if given is None else [made[i] for i in rng.permutation(len(made))]
        if self.until:
            return list(probes.of_climb(self.d, rng))
        return probes.of_task(self.name, self.d, self.kind, rng)

    def judge(self, probes, outcomes):
        """The `Verdict` on what came back from `ask(function, probes)`."""
        judges = {"start": starting, "stop": stopping, "test": killing}
        judge = climbing if self.until else judges.get(self.name, judging)
        return judge.judge(self, probes, outcomes)

    def check(self, function, rng=None):
        """Ask and judge at once; the words call the function by its own name."""
        name = getattr(function, "__name__", "")
        named = (
            replace(self, called=name) if isinstance(name, str) and name.isidentifier() else self
        )
        tried = self.probes(rng)
        return named.judge(tried, ask(function, tried))


def task(name, d=1, hold=(), until=False, of="", called="", covariance="full"):
    """The task of this name; see `Task`. covariance: its kind, by name or as gmmlib's function."""
    if name not in TASKS:
        raise ValueError(f"there is no task {name!r}; there are {', '.join(TASKS)}")
    if not isinstance(d, int) or isinstance(d, bool) or d < 1:
        raise ValueError(f"d is a number of columns, at least 1, not {d!r}")
    if name in ("slopes", "poisson_step") and d > 1:
        raise ValueError(f"{name} is asked for in one dimension, not in {d}")
    hold = (hold,) if isinstance(hold, str) else tuple(hold)
    hold = tuple(sorted({"variances": "covariances"}.get(part, part) for part in hold))
    if hold not in ((), ("covariances", "weights")):
        raise ValueError(f'hold is () or ("weights", "variances"), not {hold}')
    if hold and name not in ("m_step", "em"):
        raise ValueError(f"nothing is held in {name}")
    if until and name != "em":
        raise ValueError(f"until is for em, not for {name}")
    if (name == "test") != bool(of):
        raise ValueError(
            'a test needs `of`, as in task("test", of="e_step"), and nothing else does'
        )
    if of and of not in killing.WRONG:
        raise ValueError(f"tests can be of {', '.join(killing.WRONG)}, not of {of!r}")
    kind = getattr(covariance, "__name__", covariance)
    if kind not in KINDS:
        raise ValueError(f"covariance is one of {', '.join(KINDS)}, not {covariance!r}")
    if kind != "full" and (name not in ("m_step", "em") or hold or until):
        raise ValueError("a kind of covariance is for m_step, and for em with a number of steps")
    if kind in ("diagonal", "spherical") and d == 1:
        raise ValueError(f"in one dimension every variance is {kind}: ask with d = 2 or more")
    return Task(name, d, hold, until, of, called, kind)
