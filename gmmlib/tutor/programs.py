"""Programs that are right, or wrong in a known way: what a student's own test is tried on."""

import inspect

import numpy as np

from . import slips

# what these take is no data in columns
AS_GIVEN = ("merge", "adjusted_rand", "complete", "poisson_step", "repaint", "combine")


def program(name, d=1, wrong=(), hold=(), kind="full"):
    """A function of the task's signature that makes the slips in `wrong`.

    name: "log_density", "e_step", "slopes" (d = 1 alone), "m_step", "log_likelihood", "bic", "icl",
    "em", "merge", "adjusted_rand", "complete", "poisson_step" (counts and means, d = 1 alone),
    "repaint" (colors) or "combine" (blocks), or of k-means "assign", "update" or "kmeans", which
    take and give centers like means. d: with 1 it takes x (n,), means (K,) and variances (K,), else
    X (n, d), means (K, d) and covariances (K, d, d).
    hold: what is known. With weights and variances known an M-step, and `em`, give the means alone.
    kind: what an M-step's covariances, and those of `em`, may be.
    """
    wrong, whole = tuple(wrong), getattr(slips, name)
    more = {"hold": tuple(hold)} if name == "em" else {}
    if name in ("m_step", "em"):
        more["kind"] = kind
    order = arguments(name, d)

    def answer(*given, **named):
        X, *others = [*given, *(named[each] for each in order[len(given) :])]
        X = np.asarray(X, dtype=float)
        if d == 1 and name not in AS_GIVEN:
            X = X[:, None]
            for i, each in enumerate(order[1:]):
                if each in ("means", "centers"):
                    others[i] = np.asarray(others[i], dtype=float)[:, None]
                elif each == "variances":
                    others[i] = np.asarray(others[i], dtype=float)[:, None, None]
        others = [np.asarray(other, dtype=float) if np.ndim(other) else other for other in others]
        with np.errstate(all="ignore"):
            found = whole(X, *others, slips=wrong, **more)
        if name in ("update", "kmeans"):
            return found[:, 0] if d == 1 else found
        if name not in ("m_step", "em"):
            return found
        weights, means, covariances = found
        if d == 1:
            means, covariances = means[:, 0], covariances[:, 0, 0]
        return means if hold else (weights, means, covariances)

    answer.__name__ = name
    answer.__signature__ = inspect.Signature(
        [inspect.Parameter(each, inspect.Parameter.POSITIONAL_OR_KEYWORD) for each in order]
    )
    return answer


def arguments(name, d=1):
    """The names of a task's arguments, in order."""
    x, spread = ("x", "variances") if d == 1 else ("X", "covariances")
    mixture = (x, "weights", "means", spread)
    return {
        "m_step": (x, "shares"),
        "em": (*mixture, "steps"),
        "assign": (x, "centers"),
        "update": (x, "labels", "centers"),
        "kmeans": (x, "centers", "steps"),
        "merge": ("shares", "a", "b"),
        "adjusted_rand": ("labels", "others"),
        "complete": ("row", "mean", "covariance"),
        "poisson_step": (x, "weights", "means"),
        "repaint": ("X", "shares"),
        "combine": ("counts", "means", "covariances"),
        "start": (x, "K", "rng"),
        "stop": ("log_likelihoods", "tolerance"),
    }.get(name, mixture)
