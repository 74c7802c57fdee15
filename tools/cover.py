"""Draw the README's picture, docs/cover.png: EM on Old Faithful, from a start to the end.

python tools/cover.py
"""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from gmmlib import Mixture, data, em, plots


def drawn():
    """The figure."""
    X = data.old_faithful()
    spread = np.diag(X.var(axis=0)) / 4
    start = Mixture([0.5, 0.5], [[2.5, 85], [4, 50]], [spread, spread])
    run = em(X, start)
    steps = (0, 1, 3, run.steps)
    figure, axes = plt.subplots(1, 4, figsize=(11, 3.1), sharey=True, layout="constrained")
    for ax, step in zip(axes, steps, strict=True):
        mixture = run.mixtures[step]
        plots.shares(X, mixture, ax, size=10)
        plots.ellipses(mixture, ax)
        ax.set(xlim=(1, 6), ylim=(35, 105), xlabel="eruption, minutes", ylabel="")
        ax.set_title(f"step {step}: log-likelihood {run.log_likelihoods[step]:.1f}", fontsize=10)
    axes[0].set_ylabel("waiting, minutes")
    return figure


def main():
    Path("docs").mkdir(exist_ok=True)
    drawn().savefig("docs/cover.png", dpi=80)


if __name__ == "__main__":
    main()
