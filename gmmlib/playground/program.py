"""The Python lines that give the very same numbers, made of the pieces that each step brings."""

import re

PUBLIC = (  # what the pieces call, in the order in which it is imported
    "Mixture",
    "bic",
    "data",
    "diagonal",
    "e_step",
    "em",
    "fit",
    "kmeans_plus_plus_start",
    "m_step",
    "means_start",
    "random_start",
    "sample",
    "spherical",
    "tied",
)
MOST_STEPS = 1000  # what `em` takes if nothing is said


def option(kind):
    """What the calls have to be told of the covariance."""
    return "" if kind == "full" else f", covariance={kind}"


def of_climb(climb, kind):
    """From `start` to where a climb is."""
    if climb.stage == "start":
        return ["print(start)"]
    steps = f", max_steps={climb.climb.steps}"
    if climb.stage == "stopped" and climb.steps < MOST_STEPS:
        steps = ""  # it ends there by itself
    run = f"run = em(x, start{option(kind)}{steps})"
    if climb.stage == "M":
        half = f"mixture = m_step(e_step(x, run.mixture){option(kind)})"
        return [run, half, "print(mixture)"]
    return [run, "print(run)", "print(run.mixture)"]


def whole(lines):
    """The lines with the imports that they need, as one text."""
    code = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "''", "\n".join(lines))  # no name is called in a text
    names = [name for name in PUBLIC if re.search(rf"(?<![\w.]){name}\b", code)]
    head = ["import numpy as np", ""] if "np." in code else []
    if names:
        head.append(f"from gmmlib import {', '.join(names)}")
    if "read_points(" in code:
        head.append("from gmmlib.playground import read_points")
    return "\n".join([*head, "", *lines]) + "\n"
