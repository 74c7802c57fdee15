"""What an explorer can draw: each mark is a function of sliders, and a way to draw its answer.

The front end (explorer.js) draws the same marks on the page; `draw` here is for print.
"""

import inspect
from dataclasses import dataclass

import numpy as np

from .. import plots, validation
from .packing import LEVELS


@dataclass
class Channel:
    """One function of the sliders, and what makes an array of one of its answers."""

    function: object
    encode: object
    levels: int = LEVELS  # how finely its numbers are stored
    columns: bool = False  # each column has a range of its own
    ragged: bool = False  # the number of rows may change from state to state


class Mark:
    """Something drawn in a panel: functions of sliders (`channels`), and its fixed `options`."""

    def __init__(self, channels, **options):
        self.channels, self.options = channels, options

    @property
    def kind(self):
        return type(self).__name__

    def draw(self, ax, answers):
        """The same in matplotlib: the picture for print. `answers`: by channel name."""
        raise NotImplementedError


class Histogram(Mark):
    """`function` returns data (n,); drawn as densities (area 1) between the fixed edges `bins`."""

    def __init__(self, function, bins):
        bins = validation.numbers(bins, "bins")
        if bins.ndim != 1 or len(bins) < 2 or (np.diff(bins) <= 0).any():
            raise ValueError("bins must be rising edges, such as np.linspace(-8, 8, 41)")

        def heights(x):
            x = validation.points(x, 1)[:, 0]
            # divided by all points, so that what falls outside the bins is not spread inside
            return np.histogram(x, bins)[0] / (len(x) * np.diff(bins))

        super().__init__({"heights": Channel(function, heights)}, bins=bins.tolist())

    def draw(self, ax, answers):
        ax.stairs(answers["heights"], self.options["bins"], fill=True, color=plots.DATA)


class Density(Mark):
    """`function` returns a one-dimensional Mixture: its curve and its components' shares."""

    def __init__(self, function, components=True):
        def parameters(mixture):
            if validation.mixture_of(mixture).d != 1:
                raise ValueError(f"a Density needs one dimension, not {mixture.d}")
            # the logarithm of the width, so that a collapsing component keeps its digits
            log_sd = np.log(mixture.covariances.reshape(-1)) / 2
            return np.column_stack([mixture.weights, mixture.locations[:, 0], log_sd])

        channel = Channel(function, parameters, columns=True)
        super().__init__({"parameters": channel}, components=components)

    def draw(self, ax, answers):
        low, high = ax.get_xlim()
        grid = np.linspace(low, high, 600)
        weights, means, log_sd = np.asarray(answers["parameters"]).T[:, :, None]
        parts = weights * np.exp(-(((grid - means) / np.exp(log_sd)) ** 2) / 2 - log_sd)
        parts /= np.sqrt(2 * np.pi)
        if self.options["components"]:
            for k, part in enumerate(parts):
                ax.plot(grid, part, color=plots.color(k), linestyle=plots.linestyle(k))
        ax.plot(grid, parts.sum(axis=0), color=plots.WHOLE, linewidth=2)


class Curve(Mark):
    """`function` returns heights (m,) at the fixed grid `x`."""

    def __init__(self, function, x, label="", style="-", k=None):
        x = validation.numbers(x, "x")

        def heights(y):
            y = validation.numbers(y, "y")
            if y.shape != x.shape:
                raise ValueError(f"a Curve needs y of shape {x.shape}, not {y.shape}")
            return y

        options = {"x": x.tolist(), "label": label, "style": style, "k": k}
        super().__init__({"y": Channel(function, heights)}, **options)

    def draw(self, ax, answers):
        style = {"color": _color(self.options["k"]), "linestyle": self.options["style"]}
        ax.plot(self.options["x"], answers["y"], label=self.options["label"], **style)


class Points(Mark):
    """`function` returns (n,), ticks below the axis, or (n, 2), a scatter.

    `shares`, a function of its own sliders, returns responsibilities (n, K) that color them.
    """

    def __init__(self, function, shares=None, k=None, size=3):
        def positions(x):
            x = validation.points(x)
            if x.shape[1] > 2:
                raise ValueError(f"Points are drawn in one or two dimensions, not {x.shape[1]}")
            return x

        def colors(responsibilities):
            q = validation.numbers(responsibilities, "shares")
            if q.ndim != 2:
                raise ValueError(f"shares must have shape (n, K), not {q.shape}")
            return q[:, :-1] if q.shape[1] > 1 else q  # the last share is what is left of 1

        channels = {"x": Channel(function, positions, columns=True)}
        if shares is not None:
            channels["shares"] = Channel(shares, colors, levels=100)
        super().__init__(channels, k=k, size=size)

    def draw(self, ax, answers):
        x = answers["x"]
        color = _color(self.options["k"])
        if "shares" in answers:
            first = answers["shares"]
            color = plots.blended(np.column_stack([first, 1 - first.sum(axis=1)]))
        if x.shape[1] == 1:
            low = ax.get_ylim()[0]
            ax.scatter(x[:, 0], np.full(len(x), low), c=color, marker="|", s=90, clip_on=False)
        else:
            ax.scatter(*x.T, c=color, s=4 * self.options["size"], linewidths=0)


class Ellipses(Mark):
    """`function` returns a two-dimensional Mixture: its means, and ellipses `radii` sd away."""

    def __init__(self, function, radii=(1, 2)):
        def parameters(mixture):
            if validation.mixture_of(mixture).d != 2:
                raise ValueError(f"Ellipses need two dimensions, not {mixture.d}")
            L = mixture.cholesky
            lower = [L[:, 0, 0], L[:, 1, 0], L[:, 1, 1]]
            return np.column_stack([mixture.weights, mixture.means, *lower])

        channel = Channel(function, parameters, columns=True)
        super().__init__({"parameters": channel}, radii=list(radii))

    def draw(self, ax, answers):
        angle = np.linspace(0, 2 * np.pi, 121)
        for k, (_, x, y, a, b, c) in enumerate(answers["parameters"]):
            style = {"color": plots.color(k), "linestyle": plots.linestyle(k)}
            ax.plot(x, y, "+", color=plots.color(k), markersize=10, markeredgewidth=2)
            for r in self.options["radii"]:
                u, v = r * np.cos(angle), r * np.sin(angle)
                ax.plot(x + a * u, y + b * u + c * v, **style)


class Path(Mark):
    """`function` returns a line (m, 2), or a list of such pieces; m may change."""

    def __init__(self, function, marker=True, k=None, label="", style="-"):
        options = {"marker": marker, "k": k, "label": label, "style": style}
        channel = Channel(function, _pieces, columns=True, ragged=True)
        super().__init__({"xy": channel}, **options)

    def draw(self, ax, answers):
        x, y = answers["xy"].T
        color = _color(self.options["k"])
        ax.plot(x, y, self.options["style"], color=color, label=self.options["label"])
        if self.options["marker"]:
            ax.plot(x, y, ".", color=color)
            ax.plot(x[-1], y[-1], "o", color=color, markersize=9)


class Contours(Path):
    """`function` returns heights (ny, nx) over the grids x, y; lines at `levels`."""

    def __init__(self, function, x, y, levels):
        x, y = validation.numbers(x, "x"), validation.numbers(y, "y")
        levels = validation.numbers(levels, "levels")

        def lines(heights):
            from contourpy import contour_generator  # matplotlib's own contour code

            heights = _matrix(heights, (len(y), len(x)), "Contours")
            generator = contour_generator(x, y, heights)
            found = [line for level in levels for line in generator.lines(level)]
            return _pieces(found) if found else None

        Mark.__init__(
            self,
            {"xy": Channel(function, lines, columns=True, ragged=True)},
            marker=False, k=None, label="", style="contour",
        )  # fmt: skip

    kind = "Path"

    def draw(self, ax, answers):
        ax.plot(*answers["xy"].T, color="#777777", linewidth=0.8)


class HeatMap(Mark):
    """`function` returns a matrix (ny, nx), row 0 at the bottom of `extent` (x0, x1, y0, y1)."""

    def __init__(self, function, extent):
        channel = Channel(function, lambda z: _matrix(z, None, "a HeatMap"), levels=255)
        super().__init__({"z": channel}, extent=[float(v) for v in extent])

    def draw(self, ax, answers):
        style = {"cmap": "Greys_r", "aspect": "auto", "alpha": 0.6}
        ax.imshow(answers["z"], extent=self.options["extent"], origin="lower", **style)


class Categories(Mark):
    """`function` returns whole numbers (ny, nx): whose color each cell has; −1: nobody's."""

    def __init__(self, function, extent):
        def whole(z):
            z = _matrix(z, None, "Categories")
            if (z != np.round(z)).any() or z.min() < -1:
                raise ValueError("Categories need whole numbers from -1")
            return z + 1

        channel = Channel(function, whole, levels=0)
        super().__init__({"z": channel}, extent=[float(v) for v in extent])

    def draw(self, ax, answers):
        from matplotlib.colors import to_rgba

        z = answers["z"].astype(int)
        palette = [(0, 0, 0, 0)] + [to_rgba(c, 0.3) for c in plots.COLORS]
        image = np.array(palette)[z]
        ax.imshow(image, extent=self.options["extent"], origin="lower", aspect="auto")


class Picture(Mark):
    """`labels` returns whole numbers (ny, nx), row 0 at the top: pixels by their color's number.

    `palette`, a function of its own sliders, returns the colors (m, 3), red, green and blue from
    0 to 255; m may change. extent: (x0, x1, y0, y1). alt: what is to be seen, in words, for
    whoever does not see it; where a panel has a picture, it is the panel's name.
    """

    def __init__(self, labels, palette, extent, alt):
        def whole(z):
            z = _matrix(z, None, "a Picture")
            if (z != np.round(z)).any() or z.min() < 0:
                raise ValueError("a Picture needs whole numbers from 0")
            return z[::-1]  # from the bottom up, as the other images are

        def colors(palette):
            rgb = validation.numbers(palette, "palette")
            if rgb.ndim != 2 or rgb.shape[1] != 3:
                raise ValueError(f"a palette must have shape (m, 3), not {rgb.shape}")
            if rgb.min() < 0 or rgb.max() > 255:
                raise ValueError("a palette needs numbers from 0 to 255")
            return rgb

        channels = {
            "z": Channel(labels, whole, levels=0),
            "palette": Channel(palette, colors, ragged=True),
        }
        super().__init__(channels, extent=[float(v) for v in extent], alt=alt)

    def draw(self, ax, answers):
        image = answers["palette"][answers["z"].astype(int)] / 255
        ax.imshow(image, extent=self.options["extent"], origin="lower", aspect="auto")


class Rule(Mark):
    """`function` returns a number or (m,): vertical lines at those x, or (axis="y") horizontal."""

    def __init__(self, function, axis="x", k=None, label=""):
        if axis not in ("x", "y"):
            raise ValueError(f"axis must be 'x' or 'y', not {axis!r}")

        def places(at):
            return np.atleast_1d(validation.numbers(at, "at"))

        channel = Channel(function, places, ragged=True)
        super().__init__({"at": channel}, axis=axis, k=k, label=label)

    def draw(self, ax, answers):
        line = ax.axvline if self.options["axis"] == "x" else ax.axhline
        for place in answers["at"]:
            line(place, color=_color(self.options["k"]), linewidth=1, linestyle="--")


class Bars(Mark):
    """`function` returns heights (m,), drawn over 0, 1, 2, … in the components' colors."""

    def __init__(self, function, labels):
        def heights(values):
            values = validation.numbers(values, "heights")
            if values.shape != (len(labels),):
                raise ValueError(f"Bars need shape ({len(labels)},), not {values.shape}")
            return values

        super().__init__({"heights": Channel(function, heights)}, labels=list(labels))

    def draw(self, ax, answers):
        heights = answers["heights"]
        places = np.arange(len(heights))
        ax.bar(places, heights, color=[plots.color(k) for k in places], width=0.6)
        ax.set_xticks(places, self.options["labels"])


class Text(Mark):
    """A line of text in the panel: a template with the numbers that `numbers` returns."""

    def __init__(self, template, numbers=None, at="top left"):
        if at not in ("top left", "top right", "bottom left", "bottom right"):
            raise ValueError(f"at must be a corner such as 'top left', not {at!r}")
        super().__init__({}, at=at)
        self.template, self.numbers = template, numbers

    def draw(self, ax, answers):
        vertical, horizontal = self.options["at"].split()
        x = 0.02 if horizontal == "left" else 0.98
        y = 0.97 if vertical == "top" else 0.03
        ax.text(x, y, answers["text"], transform=ax.transAxes, ha=horizontal, va=vertical)


class Panel:
    """Marks in common axes. x, y: the axes' labels; xlim, ylim: their fixed ends.

    pick: the names of two sliders that a click on the panel sets to its place (x, y).
    equal: whether one unit is as long on both axes, so that circles are round. If None, it is
    where the panel has Ellipses and neither axis is twice as long as the other, or longer:
    beyond that the units differ (minutes against hours, say), and no circle is meant.
    """

    def __init__(self, *marks, x, y, xlim, ylim, title="", pick=None, equal=None):
        if not marks or not all(isinstance(mark, Mark) for mark in marks):
            raise ValueError("a Panel needs marks such as Density(...), and nothing else")
        for name, ends in (("xlim", xlim), ("ylim", ylim)):
            ends = validation.numbers(ends, name)
            if ends.shape != (2,) or not ends[0] < ends[1]:
                raise ValueError(f"{name} must be two rising numbers, not {ends}")
        if pick is not None and len(pick) != 2:
            raise ValueError(f"pick needs the names of two sliders, not {pick!r}")
        if equal is None:
            ratio = np.ptp(ylim) / np.ptp(xlim)
            equal = 0.5 < ratio < 2 and any(isinstance(mark, Ellipses) for mark in marks)
        self.marks = marks
        self.options = {
            "x": x, "y": y, "xlim": list(map(float, xlim)), "ylim": list(map(float, ylim)),
            "title": title, "pick": list(pick) if pick else None, "equal": bool(equal),
        }  # fmt: skip


class Table(Panel):
    """A table in place of a panel: `function` returns numbers (rows, columns)."""

    def __init__(self, function, columns, rows, digits=2, title=""):
        shape = (len(rows), len(columns))
        self.marks = ()
        self.options = {"title": title, "columns": list(columns), "rows": list(rows)}
        self.template = "\n".join(f"{{v{i}:.{digits}f}}" for i in range(shape[0] * shape[1]))

        def numbers(**values):
            cells = _matrix(function(**values), shape, "a Table")
            return {f"v{i}": value for i, value in enumerate(cells.ravel())}

        numbers.__signature__ = inspect.signature(function)
        self.numbers = numbers


def _color(k):
    return plots.WHOLE if k is None else plots.color(k)


def _matrix(values, shape, owner):
    z = validation.numbers(values, "the matrix")
    if z.ndim != 2 or (shape is not None and z.shape != shape):
        wanted = shape or "(ny, nx)"
        raise ValueError(f"{owner} needs a matrix of shape {wanted}, not {z.shape}")
    return z


def _pieces(value):
    """A line (m, 2), or several with a row of NaN between them."""
    several = isinstance(value, list | tuple) and len(value) and np.ndim(value[0]) == 2
    lines = []
    for line in value if several else [value]:
        line = validation.numbers(line, "the path")
        if line.ndim != 2 or line.shape[1] != 2:
            raise ValueError(f"a Path needs points of shape (m, 2), not {line.shape}")
        lines += [line, np.full((1, 2), np.nan)]
    return np.vstack(lines[:-1])
