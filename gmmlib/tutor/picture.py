"""Yours beside expected, where a picture helps."""

import numpy as np

from .asking import decode


def draw(verdict, ax=None):
    """Shares as bars, mixtures in one dimension as curves over the points; `ax`, or a new one.

    Raises `ValueError` where there is nothing to draw.
    """
    if verdict.probe is None or verdict.yours is None or verdict.expected is None:
        raise ValueError("there is nothing to draw: this verdict has no two answers to compare")
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots(figsize=(6, 3), layout="constrained")
    if verdict.parts[0] == "weights" and verdict.expected[1].ndim == 1:
        return _curves(verdict, ax)
    return _bars(verdict, ax)


def _bars(verdict, ax):
    from .. import plots

    i = next(
        (
            i
            for i, (g, e) in enumerate(zip(verdict.yours, verdict.expected))
            if not np.allclose(g, e)
        ),
        0,
    )
    yours, expected = (np.ravel(answers[i]) for answers in (verdict.yours, verdict.expected))
    at = np.arange(len(expected))
    ax.bar(at - 0.2, yours, 0.38, color=plots.COLORS[1], label="yours")
    ax.bar(at + 0.2, expected, 0.38, color=plots.COLORS[0], label="expected")
    indices = list(np.ndindex(verdict.expected[i].shape)) or [()]
    labels = [", ".join(map(str, index)) for index in indices]
    ax.set_xticks(at, labels, rotation=90 if len(at) > 12 else 0)
    ax.set(xlabel="entry", ylabel=verdict.parts[i])
    ax.legend()
    return ax


def _curves(verdict, ax):
    from .. import plots
    from ..mixture import Mixture
    from ..scores import log_density

    x = decode(next(iter(verdict.probe["arguments"].values())))
    ax.plot(x, np.zeros_like(x), "|", color=plots.DATA, ms=12, label="points")
    grid = np.linspace(x.min() - 2, x.max() + 2, 300)
    for name, answer, color, style in (
        ("expected", verdict.expected, plots.COLORS[0], "-"),
        ("yours", verdict.yours, plots.COLORS[1], "--"),
    ):
        try:
            curve = np.exp(log_density(grid, Mixture(*answer)))
        except ValueError:  # what is no mixture has no curve
            continue
        ax.plot(grid, curve, style, color=color, label=name)
    ax.set(xlabel="x", ylabel="density")
    ax.legend()
    return ax
