"""Draw the site's logo, its favicon and the picture that a shared link shows.

python tools/icons.py        writes tools/site/pictures

Each shows gmmlib's fit of two Gaussians to Old Faithful, in units of the standard deviations.
"""

from pathlib import Path

import matplotlib
import numpy as np
import yaml
from PIL import Image

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from gmmlib import Mixture, data, em, plots

FOLDER = Path(__file__).parent / "site/pictures"
CONFIG = Path(__file__).parents[1] / "_config.yml"
COLORS = ("#2a8fbd", "#d55e00")  # both stand out from white and from black
MARK = "<!-- drawn by tools/icons.py -->"
SIZE, SCALE = 64, 14  # pixels, and pixels a standard deviation


def fitted():
    """The eruptions in standard units, and the run of EM on them."""
    x = data.old_faithful()
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    wide = np.eye(2) / 4
    return x, em(x, Mixture([0.5, 0.5], [[-0.9, 1], [0.5, -1.5]], [wide, wide]))


def outlines(mixture):
    """Each component's ellipse, (2, m), and its color; (0, 0) is between the two means."""
    turn = np.linspace(0, 2 * np.pi, 37)
    circle = 2.2 * np.array([np.cos(turn), np.sin(turn)])
    middle = mixture.means.mean(axis=0)
    for mean, factor, color in zip(mixture.means, mixture.cholesky, COLORS, strict=True):
        yield (mean - middle)[:, None] + factor @ circle, color


def logo(mixture):
    """Two ellipses in a square, as SVG: y runs downwards. By the mark the tests know it as ours."""
    paths = []
    for outline, color in outlines(mixture):
        x, y = SIZE / 2 + SCALE * np.array([[1], [-1]]) * outline
        points = " ".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y))
        dot = f'<circle cx="{x[:-1].mean():.1f}" cy="{y[:-1].mean():.1f}" r="5"/>'
        ellipse = f'<path d="M{points}z" fill-opacity=".25" stroke="{color}" stroke-width="5"/>'
        paths.append(f'<g fill="{color}">{ellipse}{dot}</g>')
    box = f'viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{MARK}{"".join(paths)}</svg>\n'


def favicon(mixture):
    """The same for browsers that do not take an SVG."""
    figure = plt.figure(figsize=(1, 1), dpi=4 * SIZE)
    ax = figure.add_axes([0, 0, 1, 1])
    for outline, color in outlines(mixture):
        ax.fill(*outline, facecolor=color + "40", edgecolor=color, linewidth=72 * 5 / SIZE)
        ax.plot(*outline[:, :-1].mean(axis=1), "o", color=color, markersize=72 * 10 / SIZE)
    reach = SIZE / 2 / SCALE
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    ax.axis("off")
    figure.savefig(FOLDER / "favicon.png", transparent=True)
    plt.close(figure)
    with Image.open(FOLDER / "favicon.png") as image:
        image.save(FOLDER / "favicon.ico", sizes=[(16, 16), (32, 32), (48, 48)])
    (FOLDER / "favicon.png").unlink()


def social(x, run, title=None, folder=FOLDER):
    """1200 by 630 pixels, as the networks ask for: three moments of the run."""
    title = title or yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["title"]
    figure, axes = plt.subplots(1, 3, figsize=(12, 6.3), sharey=True)
    figure.subplots_adjust(left=0.03, right=0.97, top=0.72, bottom=0.06, wspace=0.05)
    for ax, step in zip(axes, (0, 3, run.steps), strict=True):
        plots.shares(x, run.mixtures[step], ax, size=14)
        plots.ellipses(run.mixtures[step], ax)
        ax.set(xlim=(-2.6, 2.6), ylim=(-2.8, 2.8), xticks=[], yticks=[], xlabel="", ylabel="")
        ax.set_title(f"step {step}", fontsize=20)
        if ax.get_legend():
            ax.get_legend().remove()
    name = figure.text(0.03, 0.86, title, fontsize=44, weight="bold")
    about = figure.text(0.97, 0.865, "Gaussian mixtures by EM", fontsize=22, ha="right")
    room = about.get_window_extent().x0 / name.get_window_extent().x1
    if room < 1:  # a longer name has the line for itself
        about.set_y(0.93)
        name.set(
            y=0.8, fontsize=min(44, 44 * 0.94 * figure.bbox.width / name.get_window_extent().x1)
        )
    figure.savefig(folder / "social.png", dpi=100)
    plt.close(figure)
    with Image.open(folder / "social.png") as image:
        # 64 colors are enough for two hues and their blends, in a third of the bytes
        few = image.convert("RGB").quantize(64, dither=Image.Dither.NONE)
    few.save(folder / "social.png", optimize=True)


def main():
    FOLDER.mkdir(exist_ok=True)
    x, run = fitted()
    (FOLDER / "logo.svg").write_text(logo(run.mixture), encoding="utf-8")
    favicon(run.mixture)
    social(x, run)


if __name__ == "__main__":
    main()
