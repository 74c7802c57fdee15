"""Draw the README's picture, docs/cover.png: EM on Old Faithful, from a start to the end.

python tools/cover.py
"""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from gmmlib import Mixture, data, em, plots


def drawn(rows=1, size=(11, 3.1)):
    """The four pictures in as many rows; size: inches."""
    X = data.old_faithful()
    spread = np.diag(X.var(axis=0)) / 4
    start = Mixture([0.5, 0.5], [[2.5, 85], [4, 50]], [spread, spread])
    run = em(X, start)
    steps = (0, 1, 3, run.steps)
    figure, axes = plt.subplots(
        rows, 4 // rows, figsize=size, sharex=True, sharey=True, layout="constrained"
    )
    for ax, step in zip(np.ravel(axes), steps, strict=True):
        mixture = run.mixtures[step]
        plots.shares(X, mixture, ax, size=10)
        plots.ellipses(mixture, ax)
        ax.set(xlim=(1, 6), ylim=(35, 105), xlabel="eruption, minutes")
        ax.set_ylabel("waiting, minutes")
        ax.label_outer()
        ax.set_title(f"step {step}: log-likelihood {run.log_likelihoods[step]:.1f}", fontsize=10)
    return figure


def main():
    Path("docs").mkdir(exist_ok=True)
    drawn().savefig("docs/cover.png", dpi=80)


if __name__ == "__main__":
    main()
