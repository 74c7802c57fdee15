"""A whole EM that stops by itself: judged by how far below the top it stops, and by its path."""

from itertools import islice

import numpy as np

from . import slips
from .asking import decode
from .judging import Reading, at_once, parts, parts_of, same, same_in_some_order
from .programs import program
from .verdict import Verdict, called_with, numbers, stops

MOST = 4000  # steps of the program that is right, to its end
SLACK = 1.5  # what is left can only be estimated


def judge(task, probes, outcomes):
    said = at_once(task, probes, outcomes)
    if said is not None:
        return said
    for probe, outcome in zip(probes, outcomes):
        verdict = _one(task, probe, outcome)
        if verdict is not None:
            return verdict
    changed = sorted({c for o in outcomes for c in o.get("changed", ())})
    if changed:
        words = (
            f"Almost: it climbs to the top, and `{task.function}` modifies its input: "
            f"{' and '.join(changed)}. Work on a copy (`.copy()`)."
        )
        return Verdict("almost", words, "modifies its input", probes[0])
    return Verdict("right", f"Right: `{task.call}` stops where no more than the tolerance is left.")


def _one(task, probe, outcome):
    """What is wrong with one climb, or None."""
    x, *start, tolerance = [decode(v) for v in probe["arguments"].values()]
    called = called_with(probe)
    if outcome["kind"] == "raised":
        words = f"{stops(f'`{task.call}`', outcome)}\n{called}"
        return Verdict("wrong", words, "raises", probe)
    names = parts_of("em", task.d, task.hold)
    begin = start[1:2] if task.hold else start
    try:
        yours = parts(outcome["value"], names, begin, [x])
    except Reading as problem:
        state = "almost" if problem.almost else "wrong"
        return Verdict(state, f"{problem}.\n{called}", problem.mistake, probe)
    if any(not np.isfinite(part).all() for part in yours):
        return Verdict("wrong", f"There is nan or infinity in your answer.\n{called}", "nan", probe)
    if flat(x, yours, task):
        words = (
            "A component has collapsed onto one point or onto a line: its variance is next to 0 "
            f"there. The log-likelihood of such a mixture has no limit, and it is no fit.\n{called}"
        )
        return Verdict("wrong", words, "collapsed", probe)
    path = Path(task, x, start)
    if path.left(yours) <= SLACK * tolerance:
        return None
    step = path.step_of(yours)
    slip = {0: "the start returned", 1: "E-step only once"}.get(step)
    if task.hold and same_in_some_order(yours, path.end):
        slip = "means sorted at the end"
    if step is None:
        slip = slip or path.slip(yours)
    if slip:
        what, hint = slips.words_of(slip, task.d)
        words = f"Not right yet: {what}.\n{hint}\n{called}"
        return Verdict("wrong", words, slips.name_of(slip), probe, yours, path.end, names)
    if step is not None and path.heights[step] - path.heights[step - 1] > 2 * tolerance:
        words = (
            f"Your steps are right, and it stops at step {step}, where the last step gained "
            f"{path.heights[step] - path.heights[step - 1]:.2g} nats, more than the tolerance, and "
            f"{path.left(yours):.2g} nats are still to go. Is there a largest number of steps?\n"
            f"{called}"
        )
        return Verdict("almost", words, "stops after a number of steps", probe)
    if step is not None:
        gain = path.heights[step] - path.heights[step - 1]
        words = (
            f"Your steps are right, and it stops too early: at step {step}, where the last step "
            f"gained {gain:.2g} nats and {path.left(yours):.2g} nats are still to go "
            f"(the tolerance is {tolerance:g}).\nA small gain is not a small distance: the gains "
            "to come add up. Estimate what is left from three log-likelihoods in a row (Aitken)."
        )
        return Verdict("almost", words, "stops on the first small gain", probe)
    words = (
        f"Wrong at this input: your mixture is {path.left(yours):.3g} nats below where EM arrives, "
        "and no step of EM gives it; which mistake it is, the checker cannot tell. Check the steps "
        f"alone first (`check_em` with a number of steps).\n{called}\n"
        f"means, yours: {numbers(yours[names.index('means')])}, expected: "
        f"{numbers(path.end[names.index('means')])}"
    )
    return Verdict("wrong", words, None, probe, yours, path.end, names)


def flat(x, parts, task):
    """Whether a component has no width to speak of, in some direction."""
    if task.hold:
        return False
    spreads = parts[2] if task.d == 1 else np.linalg.eigvalsh(parts[2])
    return bool(spreads.min() < 1e-6 * np.var(x, axis=0).min())


class Path:
    """EM as it should be, from one start: every step, its height, and where it ends."""

    def __init__(self, task, x, start):
        self.task, self.x, self.start = task, x, start
        self.height_of = program("log_likelihood", task.d)
        steps = list(islice(self.walk(), MOST))
        self.steps = [self.asked(theta) for theta in steps]
        self.heights = [self.height(theta) for theta in self.steps]
        self.end = self.steps[-1]

    def walk(self, wrong=()):
        """The mixtures of a climb, the start first, until nothing moves any more."""
        one_step = program("em", self.task.d, wrong, self.task.hold)
        theta = [np.asarray(part, float) for part in self.start]
        while True:
            yield theta
            found = one_step(self.x, *theta, 1)
            found = [theta[0], found, theta[2]] if self.task.hold else list(found)
            if all(np.allclose(a, b, rtol=1e-9, atol=1e-12) for a, b in zip(found, theta)):
                return
            if not all(np.isfinite(part).all() for part in found):
                return
            theta = found

    def asked(self, theta):
        return [theta[1]] if self.task.hold else list(theta)

    def whole(self, parts):
        return [self.start[0], parts[0], self.start[2]] if self.task.hold else parts

    def height(self, parts):
        with np.errstate(all="ignore"):
            try:
                return float(self.height_of(self.x, *self.whole(parts)))
            except np.linalg.LinAlgError:
                return -np.inf

    def left(self, parts):
        """Nats below the end; infinity where it is no mixture."""
        height = self.height(parts)
        weights = self.whole(parts)[0]
        if not np.isfinite(height) or not np.isclose(weights.sum(), 1):
            return np.inf
        return self.heights[-1] - height

    def step_of(self, parts):
        alike = same if self.task.hold else same_in_some_order
        return next((i for i, mixture in enumerate(self.steps) if alike(parts, mixture)), None)

    def slip(self, parts):
        """A slip that ends there, or passes through."""
        for wrong in slips.possible("em", self.task.d, self.task.hold):
            try:
                walked = [self.asked(theta) for theta in islice(self.walk((wrong,)), 300)]
            except np.linalg.LinAlgError:
                continue
            near = [
                all(np.allclose(a, b, rtol=1e-3, atol=1e-3) for a, b in zip(parts, m))
                for m in walked[-1:]
            ]
            if any(near) or any(same_in_some_order(parts, mixture) for mixture in walked[1:]):
                return wrong
        return None
