"""The small pictures on the cards of the contents: each is drawn by gmmlib while the book is built.

A picture is an SVG of WIDTH by HEIGHT whose colors are classes (pic-0, pic-1, ... in book.css),
so that it follows the page from light to dark. social_cards.py draws the same shapes large.
"""

from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np
from sphinx.errors import ExtensionError

from gmmlib import (
    Mixture,
    data,
    em,
    labels_start,
    log_density,
    log_likelihood,
    responsibilities,
    sample,
)
from gmmlib import kmeans as clustered
from gmmlib import lower_bound as bound

WIDTH, HEIGHT, EDGE = 160, 80, 6


class Canvas:
    """Lines and dots in the units of the data; x and y run over xlim and ylim."""

    def __init__(self, xlim, ylim):
        self.xlim, self.ylim = xlim, ylim
        self.shapes = []  # (x, y, class, every how many-th point a small picture needs)

    def line(self, x, y, name, every=1):
        self.shapes.append((np.asarray(x), np.asarray(y), name, every))

    def dots(self, x, y):
        self.line(x, y, "pic-dots")

    def bells(self, mixture, extra=""):
        x = np.linspace(*self.xlim, 4 * 59 + 1)
        for k in range(mixture.K):
            bell = Mixture([1.0], mixture.means[[k]], mixture.covariances[[k]])
            y = mixture.weights[k] * np.exp(log_density(x, bell))
            self.line(x, y, f"pic-{k}{extra}", every=4)

    def ellipses(self, mixture):
        angle = np.linspace(0, 2 * np.pi, 4 * 40 + 1)
        circle = 2 * np.array([np.cos(angle), np.sin(angle)])
        for k in range(mixture.K):
            outline = mixture.means[k][:, None] + mixture.cholesky[k] @ circle
            self.line(*outline, f"pic-{k}", every=4)

    def named(self, words):
        """The canvas itself, with what to say to whoever does not see it."""
        self.words = words
        return self

    def at(self, x, y):
        (x0, x1), (y0, y1) = self.xlim, self.ylim
        across = EDGE + (x - x0) / (x1 - x0) * (WIDTH - 2 * EDGE)
        return across, HEIGHT - EDGE - (y - y0) / (y1 - y0) * (HEIGHT - 2 * EDGE)

    def path(self, x, y, name, every):
        places = [f"{a:.1f} {b:.1f}" for a, b in zip(*self.at(x[::every], y[::every]))]
        dots = name == "pic-dots"  # lines of no length, with round ends
        d = "".join(f"M{place}h0" for place in places) if dots else f"M{' '.join(places)}"
        return f'<path class="{name}" d="{d}"/>'

    def svg(self):
        return (
            f'<svg class="pic" role="img" aria-label="{escape(self.words)}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}">'
            f"{''.join(self.path(*shape) for shape in self.shapes)}</svg>"
        )


def mixtures():
    mixture = Mixture([0.4, 0.6], [-1.5, 1.5], [1, 1.5])
    x = np.linspace(-5, 5.5, 80)
    canvas = Canvas((-5, 5.5), (0, 0.22))
    canvas.bells(mixture)
    canvas.line(x, np.exp(log_density(x, mixture)), "pic-whole")
    return canvas.named("Two bells and, above them, the curve that is their sum")


def known_variance():
    truth = Mixture([0.5, 0.5], [-2, 2], [1, 1])
    x, _ = sample(truth, 400, np.random.default_rng(2))
    run = em(x, Mixture([0.5, 0.5], [-0.6, 0.1], [1, 1]), hold=("weights", "covariances"))
    canvas = Canvas((-5, 5), (0, 0.22))
    for step in (0, 2):
        canvas.bells(run.mixtures[step], " pic-earlier")
    canvas.bells(run.mixture)
    return canvas.named("Two bells of one width move apart in three stages")


def one_dimension():
    x = data.galaxies() / 1000
    run = em(x, Mixture([0.2, 0.6, 0.2], [10, 21, 30], [4, 4, 4]))
    canvas = Canvas((5, 38), (0, 0.2))
    canvas.bells(run.mixture)
    canvas.dots(x[::2], np.zeros(len(x[::2])))
    return canvas.named("Three bells of unequal width and weight over a row of points")


def lower_bound():
    x = np.array([-2.2, -1.6, -1.2, 0.3, 1.6, 2.2, 2.8])
    places = np.linspace(-4, 5, 80)
    lines = [Mixture([0.7, 0.3], [0, place], [9, 0.5]) for place in places]
    shares = responsibilities(x, Mixture([0.7, 0.3], [0, 1], [9, 0.5]))
    heights = [log_likelihood(x, line) for line in lines]
    bounds = np.array([bound(x, shares, line) for line in lines])
    canvas = Canvas((-4, 5), (min(heights) - 4, max(heights) + 1))
    canvas.line(places, heights, "pic-whole")
    seen = bounds > canvas.ylim[0]
    canvas.line(places[seen], bounds[seen], "pic-1")
    return canvas.named("A curve with two tops, and below it a parabola that touches it")


def starts():
    truth = Mixture([1 / 3] * 3, [-4, 0, 8], [1, 1, 1])
    x, _ = sample(truth, 120, np.random.default_rng(4))
    low = em(x, Mixture(truth.weights, [-2, 7, 9], [5, 1, 1]), max_steps=3)
    canvas = Canvas((-9, 12.5), (0, 0.16))
    canvas.bells(low.mixture)
    canvas.dots(x, np.zeros(len(x)))
    return canvas.named(
        "Two bells in one group of points, and one wide bell across two other groups"
    )


def stopping_and_speed():
    rng = np.random.default_rng(8)
    broad, tight = (rng.normal(size=(n, 2)) for n in (5000, 200))
    x = np.concatenate([broad, 0.08 * tight])
    heights = em(x, labels_start(x, (x[:, 0] > 0).astype(int))).log_likelihoods
    canvas = Canvas((0, 1000), (-6.4, 3))
    to_go, gains = heights[-1] - heights[:-1], np.diff(heights)
    for k, values in enumerate((to_go, gains)):
        steps = np.flatnonzero(values > 1e-6)[2::9]
        canvas.line(steps, np.log10(values[steps]), f"pic-{k}")
    return canvas.named("Two lines over the steps of a run: both are level for long, then fall")


def when_it_breaks():
    x, _ = sample(Mixture([0.7, 0.3], [-2, 2], [1, 2]), 60, np.random.default_rng(3))
    canvas = Canvas((-5, 5), (0, 0.3))
    canvas.bells(em(x, Mixture([0.5, 0.5], [-1, 1], [1, 1])).mixture, " pic-earlier")
    canvas.bells(Mixture([0.9, 0.1], [x.mean(), x[14]], [x.var(), 0.01]))
    canvas.dots(x, np.zeros(len(x)))
    return canvas.named("Two bells fade behind one that covers all points and one that is a spike")


def many_dimensions():
    truth = Mixture(
        [0.3, 0.4, 0.3],
        [[-3, 0], [0.5, 1], [3.5, -0.5]],
        [[[0.4, 0.3], [0.3, 0.6]], [[0.9, -0.3], [-0.3, 0.3]], [[0.3, 0], [0, 0.8]]],
    )
    x, _ = sample(truth, 90, np.random.default_rng(4))
    canvas = Canvas((-5, 5.5), (-2.7, 2.7))
    canvas.dots(*x.T)
    canvas.ellipses(em(x, truth).mixture)
    return canvas.named("Points in a plane inside three ellipses that lean in three directions")


def covariances():
    cross = Mixture([0.5, 0.5], [[0, 0], [1, 1]], [np.diag([1, 0.05]), np.diag([0.05, 1])])
    mean_precisions = np.linspace(-14, 14, 161)[:, None, None]
    alpha = 1 / (1 + np.exp(-mean_precisions))
    first, second = np.linalg.inv(cross.covariances)
    ridge = np.linalg.solve(
        (1 - alpha) * first + alpha * second, alpha * (second @ cross.means[1])[:, None]
    )[..., 0]
    canvas = Canvas((-2.6, 3.6), (-1.3, 3.2))
    canvas.ellipses(cross)
    canvas.line(*ridge.T, "pic-whole", every=2)
    return canvas.named(
        "A lying and a standing ellipse that cross, and the ridge between their means"
    )


def kmeans():
    truth = Mixture([0.5, 0.3, 0.2], [[-3, 0], [1.5, 1], [3, -1.2]], [0.5 * np.eye(2)] * 3)
    x, _ = sample(truth, 90, np.random.default_rng(6))
    end = clustered(x, truth.means)
    canvas = Canvas((-5.5, 5.5), (-2.75, 2.75))
    canvas.dots(*x.T)
    for k, center in enumerate(end.centers):  # each point tied to its center
        mine = x[end.labels == k]
        star = np.stack([mine, np.broadcast_to(center, mine.shape)], axis=1).reshape(-1, 2)
        canvas.line(*star.T, f"pic-{k}")
    return canvas.named("Points in a plane, each tied by a line to one of three centers")


def how_many():
    pair = Mixture([0.5, 0.5], [-1.1, 1.1], [1, 1])
    x = np.linspace(-4.5, 4.5, 80)
    one = Mixture([1], [0], [1 + 1.1**2])
    canvas = Canvas((-4.5, 4.5), (0, 0.3))
    canvas.line(x, np.exp(log_density(x, one)), "pic-2 pic-earlier")
    canvas.bells(pair)
    canvas.line(x, np.exp(log_density(x, pair)), "pic-whole")
    return canvas.named("Two bells, their sum, and one wide bell that is nearly the same curve")


def uncertainty():
    places = np.linspace(-3, 4, 71)
    x, _ = sample(Mixture([0.7, 0.3], [-1, 1], [1, 1]), 400, np.random.default_rng(7))
    shape = [_held(x, place) for place in places]
    canvas = Canvas((-3, 4), (max(shape) - 4.5, max(shape) + 0.3))
    at, top = int(np.argmax(np.where(places > 0, shape, -np.inf))), max(shape)
    off = np.linspace(-0.42, 0.42, 40)
    canvas.line(places[at] + off, top - 25 * off**2, "pic-1")
    seen = np.array(shape) > canvas.ylim[0]
    for part in np.split(np.arange(len(places)), np.flatnonzero(~seen)):
        if len(part := part[seen[part]]) > 1:
            canvas.line(places[part], np.array(shape)[part], "pic-whole")
    return canvas.named("A curve with two tops of one height, and a parabola on one of them")


def _held(x, place):
    """The highest log-likelihood of two bells of one width with a mean at this place."""
    best = -np.inf
    for other in (-1.2, 1.0):
        weights, means, v = np.array([0.5, 0.5]), np.array([other, place]), x.var()
        for _ in range(60):
            off = x[:, None] - means
            joint = np.log(weights) - (np.log(2 * np.pi * v) + off**2 / v) / 2
            total = np.logaddexp(*joint.T)
            shares = np.exp(joint - total[:, None])
            weights = np.maximum(shares.mean(axis=0), 1e-9)
            means = np.array([shares[:, 0] @ x / shares[:, 0].sum(), place])
            v = (shares * (x[:, None] - means) ** 2).sum() / len(x)
        best = max(best, total.sum())
    return best


def density_or_clusters():
    turn = np.linspace(-1.2, 1.2, 60)
    rng = np.random.default_rng(2)
    arc = np.column_stack([4 * np.sin(turn), 3.4 * (1 - np.cos(turn)) - 1.6])
    arc += 0.16 * rng.normal(size=arc.shape)
    tilted = rng.normal(size=(30, 2)) @ [[0.6, 0.14], [0, 0.26]] + [0, 1.3]
    x = np.concatenate([arc, tilted])
    labels = np.concatenate([np.arange(60) // 20, np.full(30, 3)])
    canvas = Canvas((-5, 5), (-2.5, 2.5))
    canvas.dots(*x.T)
    canvas.ellipses(em(x, labels_start(x, labels)).mixture)
    return canvas.named("Three ellipses along a bent group of points, and one on a group above it")


def old_faithful():
    x = data.old_faithful()
    canvas = Canvas((1.2, 5.6), (40, 100))
    canvas.dots(*x[::3].T)
    canvas.ellipses(_faithful(x).mixture)
    return canvas.named("The eruptions of Old Faithful, one ellipse on each of their two clouds")


def galaxies():
    x = data.galaxies() / 1000
    n, line = len(x), np.linspace(8, 36, 4 * 75 + 1)
    canvas = Canvas((8, 36), (0, 0.26))
    for width, name in ((0.4, "pic-1"), (1.5, "pic-whole")):
        kernels = Mixture(np.full(n, 1 / n), x, np.full(n, width**2))
        canvas.line(line, np.exp(log_density(line, kernels)), name, every=2)
    canvas.dots(x[::2], np.zeros(len(x[::2])))
    return canvas.named("Over a row of points a smooth curve with three humps, and one with eight")


def crabs():
    X, labels = data.rock_crabs()
    off = np.log(X) - np.log(X).mean(axis=0)
    axes = np.linalg.eigh(off.T @ off)[1][:, ::-1]
    shape = off @ (axes * np.sign(axes.sum(axis=0)))[:, 1:3]
    canvas = Canvas((-0.21, 0.21), (-0.14, 0.13))
    canvas.dots(*shape[::3].T)
    canvas.ellipses(em(shape, labels_start(shape, labels)).mixture)
    return canvas.named("The shapes of two hundred crabs: four clouds, an ellipse on each")


def image_colours():
    """A house in sixteen rows of pixels: a line for each run of one material."""
    down, across = np.mgrid[:16, :64]
    wall = (abs(across - 32) < 13) & (down > 7) & (down < 14)
    roof = (abs(across - 32) < 2.6 * down - 2) & (down > 1) & (down < 8)
    z = np.select([wall, roof, down > 10], [1, 3, 2], 0)
    canvas = Canvas((-0.5, 63.5), (-0.5, 15.5))
    for y, row in enumerate(z[::-1]):
        ends = np.flatnonzero(np.diff(row, prepend=-1, append=-1))
        for left, right in pairwise(ends):
            canvas.line([left - 0.5, right - 0.5], [y, y], f"pic-{row[left]}")
    return canvas.named("A house on a meadow, drawn in sixteen rows of colored lines")


def missing_entries():
    x = np.random.default_rng(5).normal(size=(46, 2)) @ [[1.5, 0.9], [0, 0.55]]
    rows = x[np.abs(x[:, 1]) < 2]
    canvas = Canvas((-5, 5), (-2.5, 2.5))
    canvas.dots(*rows[:30].T)
    canvas.dots(rows[30:, 0], np.full(len(rows[30:]), -2.4))
    canvas.line([1.4, 1.4], [-2.4, 2.5], "pic-whole")
    y = np.linspace(-0.9, 2.5, 60)
    canvas.line(1.4 + 1.6 * np.exp(-((y - 0.84) ** 2) / (2 * 0.3)), y, "pic-1")
    return canvas.named(
        "A cloud of dots, dots at its foot, and a bell on its side over one of them"
    )


def beyond_gaussians():
    deaths, weights, means = np.arange(10), np.array([0.4, 0.6]), np.array([1.3, 3.4])
    factorials = np.cumprod(np.maximum(deaths, 1))
    kinds = weights * np.exp(-means) * means ** deaths[:, None] / factorials[:, None]
    edges = np.repeat(np.arange(-0.5, 10), 2)
    heights = np.concatenate([[0], np.repeat(kinds.sum(axis=1), 2), [0]])
    canvas = Canvas((-0.7, 9.7), (0, 0.26))
    canvas.line(edges, heights, "pic-whole pic-earlier")
    for k in (0, 1):
        canvas.line(deaths, kinds[:, k], f"pic-{k}")
    return canvas.named("Bars of counts, and the two kinds of counts that they add up from")


def at_scale():
    rng = np.random.default_rng(4)
    canvas = Canvas((-6.2, 6.2), (-3.1, 3.1))
    centers = np.array([[-4.2, -1.6], [0, -1.6], [4.2, -1.6]])
    box = np.array([[-1.8, 1.8, 1.8, -1.8, -1.8], [-1.35, -1.35, 1.35, 1.35, -1.35]])
    for center in centers:
        canvas.dots(*(center + rng.normal(size=(14, 2)) * [0.75, 0.5]).T)
        canvas.line(*(center[:, None] + box), "pic-whole pic-earlier")
        canvas.line([center[0], 0.55 * center[0] / 4.2], [-0.2, 1.3], "pic-whole")
    canvas.ellipses(Mixture([1], [[0, 2.1]], [[[0.28, 0], [0, 0.12]]]))
    return canvas.named("Three boxes of points, a line from each, and one ellipse where they meet")


def your_data():
    turn = np.linspace(0, 2 * np.pi, 71)[:-1]
    ragged = 1 + 0.06 * np.sin(5 * turn) + 0.04 * np.cos(11 * turn)
    x = ragged[:, None] * np.column_stack([4 * np.cos(turn), 2 * np.sin(turn)])
    labels = (np.arange(len(x)) // 24) % 3
    canvas = Canvas((-5.2, 5.2), (-2.6, 2.6))
    canvas.dots(*x.T)
    canvas.ellipses(em(x, labels_start(x, labels)).mixture)
    return canvas.named("Points drawn as a ring, and three ellipses that share it")


def _faithful(x):
    wide = np.diag(x.var(axis=0)) / 4
    return em(x, Mixture([0.5, 0.5], [[2.5, 85], [4, 50]], [wide, wide]))


PICTURES = {
    f"book/{draw.__name__}": draw
    for draw in (
        mixtures,
        known_variance,
        one_dimension,
        lower_bound,
        starts,
        stopping_and_speed,
        when_it_breaks,
        many_dimensions,
        covariances,
        kmeans,
        how_many,
        uncertainty,
        density_or_clusters,
        old_faithful,
        galaxies,
        crabs,
        image_colours,
        missing_entries,
        beyond_gaussians,
        at_scale,
        your_data,
    )
}


def picture(chapter):
    """The picture of a chapter, "book/mixtures" say: a Canvas."""
    if chapter not in PICTURES:
        raise ExtensionError(
            f"{chapter} has a card and no picture: write a function "
            f"{chapter.rpartition('/')[2]} in {Path(__file__).name} and add it to PICTURES"
        )
    return PICTURES[chapter]()
