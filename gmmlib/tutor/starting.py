"""A start: no formula says what is right, so it is judged by what every start must have."""

import numpy as np

from .asking import decode
from .judging import Reading, at_once, parts
from .programs import program
from .verdict import Verdict, as_code, called_with, indented, numbers, stops


def judge(task, probes, outcomes):
    said = at_once(task, probes, outcomes)
    if said is not None:
        return said
    spread = "variances" if task.d == 1 else "covariances"
    names = ("weights", "means", spread)
    found = {}
    for probe, outcome in zip(probes, outcomes):
        x, K, _ = [decode(v) for v in probe["arguments"].values()]
        called = called_with(probe)

        def say(state, words, mistake, called=called, probe=probe):
            return Verdict(state, f"{words}\n{called}", mistake, probe)

        if outcome["kind"] == "raised":
            return say("wrong", stops(f"`{task.call}`", outcome), "raises")
        shape = (K,) if task.d == 1 else (K, task.d)
        like = [np.ones(K), np.ones(shape), np.ones((*shape, *shape[1:]))]
        try:
            weights, means, spreads = parts(outcome["value"], names, like, [x])
        except Reading as problem:
            return say("almost" if problem.almost else "wrong", f"{problem}.", problem.mistake)
        problem = (
            _of_numbers(weights, means, spreads, spread, task.d)
            or _of_means(x, means, spreads, weights)
            or _of_spreads(x, spreads, spread, task.d)
            or _of_climb(x, weights, means, spreads, task.d)
        )
        if problem:
            return say(*problem)
        if outcome.get("changed"):
            return say(
                "almost",
                f"Almost: `{task.function}` modifies its input. Work on a copy (`.copy()`).",
                "modifies its input",
            )
        again = found.setdefault(as_code(probe["arguments"]), means)
        if again is not means and not np.array_equal(again, means):
            return say(
                "almost",
                "Almost: with the same rng it gives two different starts. Draw from the `rng` that "
                "is handed in, not from np.random.",
                "rng not used",
            )
    return Verdict("right", f"Right: `{task.call}` gives starts that EM can climb from.")


def _of_numbers(weights, means, spreads, spread, d):
    for name, part in (("weights", weights), ("means", means), (spread, spreads)):
        if not np.isfinite(part).all():
            return "wrong", f"There is nan or infinity in the {name}: {numbers(part)}.", "nan"
    if (weights <= 0).any() or not np.isclose(weights.sum(), 1, atol=1e-6):
        words = f"The weights must be positive and add up to 1; yours are {numbers(weights)}."
        return "wrong", words, "weights not normalized"
    if d == 1 and (spreads <= 0).any():
        return (
            "wrong",
            f"Variances are positive; yours are {numbers(spreads)}.",
            "variance not positive",
        )
    if d > 1:
        if not np.allclose(spreads, spreads.swapaxes(1, 2)):
            return "wrong", "A covariance is not symmetric.", "covariance not symmetric"
        if (np.linalg.eigvalsh(spreads) <= 0).any():
            words = (
                "A covariance must be positive definite: the variance along every direction is "
                f"more than 0; yours are\n{indented(numbers(spreads))}"
            )
            return "wrong", words, "variance not positive"
    return None


def _of_means(x, means, spreads, weights):
    low, high, wide = x.min(axis=0), x.max(axis=0), x.std(axis=0)
    outside = (means < low - wide) | (means > high + wide)
    if outside.any():
        k = int(np.argwhere(outside)[0][0])
        words = (
            f"The start is outside the data: mean {k} is {numbers(means[k])}, and the data lie "
            f"between {numbers(low)} and {numbers(high)}. A component out there may get no point."
        )
        return "wrong", words, "start outside the data"
    for j in range(len(means)):
        for k in range(j):
            if np.allclose(means[j], means[k], rtol=1e-9, atol=1e-9 * float(np.ptp(x))):
                if np.allclose(spreads[j], spreads[k], rtol=1e-9):
                    words = (
                        f"The start is without spread: components {k} and {j} have the same mean, "
                        f"{numbers(means[j])}, and the same spread. Every point is shared "
                        "between them by their weights, and EM never parts them."
                    )
                    return "wrong", words, "start without spread"
    return None


def _of_spreads(x, spreads, spread, d):
    whole = float(np.var(x, axis=0).max())
    largest = spreads if d == 1 else np.linalg.eigvalsh(spreads)[:, -1]
    if (largest < 1e-6 * whole).any():
        words = (
            f"The {spread} are far too small for these data, whose variance is {whole:.3g}: "
            f"{numbers(spreads)}. Such a component holds one point, and collapses."
        )
        return "wrong", words, "start too narrow"
    if (largest > 1e4 * whole).any():
        words = (
            f"The {spread} are far too large for these data, whose variance is {whole:.3g}: "
            f"{numbers(spreads)}. From so far out all components look alike, and EM makes them so."
        )
        return "wrong", words, "start too wide"
    return None


def _of_climb(x, weights, means, spreads, d):
    """Thirty steps from there, where there are many points: no component may lose all of them."""
    if len(x) < 100:
        return None
    try:
        with np.errstate(all="ignore"):
            theta = program("em", d)(x, weights, means, spreads, 30)
        lost = not all(np.isfinite(part).all() for part in theta)
    except np.linalg.LinAlgError:
        lost = True
    if lost:
        words = (
            "Thirty steps of EM from your start, and a component has lost its points or collapsed. "
            f"The means were\n{indented(numbers(means))}"
        )
        return "wrong", words, "start that collapses"
    return None
