"""Sphinx extension: printed figures follow the page.

The build's kernels draw each figure as SVG (and as PDF, for print: tools/site/ipython). Here it
goes into the page itself, where it can see the page's font and its colors, light or dark. It loses
what a page does not need: Matplotlib draws 2000 points as 2000 elements, here they are one path.

Every color must be one that gmmlib.plots knows, or a blend of its component colors: it becomes the
name of a color, and colors.css (written here from gmmlib.plots) says what that is in each theme.
"""

import re
import xml.etree.ElementTree as ET
from functools import cache
from html import escape
from itertools import combinations, groupby
from pathlib import Path

import numpy as np
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform

from gmmlib import plots

UNITS = 10  # a point (1/72 inch) has ten units, and every coordinate is a whole number of them
NAMED = {
    **{color.lower(): str(k) for k, color in enumerate(plots.COLORS)},
    plots.WHOLE.lower(): "ink",
    "#000000": "ink",
    "#ffffff": "paper",
    plots.DATA.lower(): "data",
    plots.POINTS.lower(): "points",
    plots.GUIDE.lower(): "guide",
}
STEPS = 20  # shares are drawn in twentieths: no eye tells 0.42 of a color from 0.40
KEPT = ("stroke-width", "stroke-dasharray", "opacity", "fill-opacity", "stroke-opacity")
IDENTITY = np.eye(3)


# ---- colors ----------------------------------------------------------------------------------


def colors_css():
    """The names of the colors as CSS variables for both themes, and a class for each use."""
    names = {NAMED[color.lower()]: (color, dark) for color, dark in plots.ON_DARK.items()}
    rules = []
    for theme in (0, 1):
        values = "".join(f"--figure-{name}:{pair[theme]};" for name, pair in names.items())
        rules.append((":root{%s}", 'html[data-theme="dark"]{%s}')[theme] % values)
    rules.append(":root{--figure-ink:currentColor;--figure-paper:var(--pst-color-background);}")
    for name in dict.fromkeys(NAMED.values()):
        rules.append(f".printed .f-{name}{{fill:var(--figure-{name})}}")
        rules.append(f".printed .s-{name}{{stroke:var(--figure-{name})}}")
    return "\n".join(rules) + "\n"


def rgb(color):
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], float)


@cache
def shares_of(color):
    """A blend of at most three component colors, in twentieths: {component: count}, or None.

    What plots.blended did is undone: three numbers say how much of each of three colors there is.
    The first components are tried first, since a mixture of K uses the first K colors.
    """
    palette = [rgb(c) for c in plots.COLORS]
    for last in range(1, len(palette)):
        for size in (2, 3):
            for chosen in combinations(range(last + 1), size):
                if chosen[-1] != last:
                    continue
                corners = np.vstack([np.array([palette[k] for k in chosen]).T, np.full(size, 1e3)])
                shares = np.linalg.lstsq(corners, [*rgb(color), 1e3])[0]
                error = np.abs(corners @ shares - [*rgb(color), 1e3]).max()
                if error < 1 and shares.min() > -0.01:
                    return twentieths(dict(zip(chosen, shares)))
    return None


def twentieths(shares):
    """Whole twentieths that add up to 20: the largest remainders are rounded up."""
    scaled = {k: max(0, share) * STEPS / sum(shares.values()) for k, share in shares.items()}
    counts = {k: int(value) for k, value in scaled.items()}
    missing = STEPS - sum(counts.values())
    for k in sorted(counts, key=lambda k: counts[k] - scaled[k])[: max(0, missing)]:
        counts[k] += 1
    return {k: count for k, count in counts.items() if count}


def paint(color):
    """The name of a color, or the CSS of a blend."""
    color = color.lower()
    if color in NAMED:
        return NAMED[color]
    shares = shares_of(color)
    if shares is None:
        raise ValueError(
            f"the color {color} is none of gmmlib.plots, which says how each looks in the dark"
        )
    (first, total), *rest = shares.items()
    mixed = f"var(--figure-{first})"
    if not rest:
        return str(first)
    for k, count in rest:
        total += count
        percent = round(100 * count / total)
        mixed = f"color-mix(in srgb,var(--figure-{k}) {percent}%,{mixed})"
    return mixed


# ---- geometry --------------------------------------------------------------------------------


def affine(text):
    """The matrix of an SVG transform attribute: translate, rotate, scale and matrix are all."""
    matrix = IDENTITY
    for kind, numbers in re.findall(r"(\w+)\(([^)]*)\)", text or ""):
        values = [float(v) for v in re.split(r"[\s,]+", numbers.strip())]
        step = np.eye(3)
        if kind == "translate":
            step[:2, 2] = values if len(values) == 2 else (values[0], 0)
        elif kind == "scale":
            step[0, 0], step[1, 1] = values[0], values[-1]
        elif kind == "rotate":
            turn, about = np.deg2rad(values[0]), np.array([*values[1:], 0, 0][:2])
            step[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
            step[:2, 2] = about - step[:2, :2] @ about
        elif kind == "matrix":
            step[:2] = np.reshape(values, (3, 2)).T
        else:
            raise ValueError(f"a figure uses the transform {kind}")
        matrix = matrix @ step
    return matrix


def parsed(d, matrix=IDENTITY):
    """A path as [(command, [(x, y), ...]), ...], its points placed by the matrix, in units."""
    steps = []
    for command, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*(?:e[-+]?\d+[^A-Za-z]*)*)", d):
        if command not in "MLCQZz":
            raise ValueError(f"a figure has the path command {command}")
        values = np.array([float(v) for v in re.split(r"[\s,]+", numbers.strip()) if v])
        points = values.reshape(-1, 2) @ matrix[:2, :2].T + matrix[:2, 2]
        steps.append((command.upper(), [tuple(p) for p in np.rint(UNITS * points).astype(int)]))
    return steps


def written(steps):
    """The shortest path data: whole numbers, each relative to the point before."""
    text, here, start, last = "", (0, 0), (0, 0), ""
    for command, points in steps:
        if command == "Z":
            text, here, last = text + "z", start, ""
            continue
        if command == "DOT":
            text, last = text + "h0", "h"
            continue
        if command == "L" and points[0] == here:
            continue
        moves = [(x - here[0], y - here[1]) for x, y in points]
        letter, numbers = command.lower(), [v for move in moves for v in move]
        if command == "L" and 0 in moves[0]:
            letter, numbers = ("v", numbers[1:]) if moves[0][0] == 0 else ("h", numbers[:1])
        joined = " ".join(map(str, numbers))
        text += (" " if letter == last else letter) + joined
        here = points[-1]
        last = "l" if command == "M" else letter
        start = here if command == "M" else start
    return text.replace(" -", "-")


@cache  # a figure has thousands of one marker
def circle(d):
    """The radius in units if the path is a circle about the origin, as round markers are."""
    steps = parsed(d)
    points = np.array([p for command, ps in steps for p in ps])
    curves = sum(command == "C" for command, _ in steps)
    low, high = points.min(axis=0), points.max(axis=0)
    round_one = curves == 8 and np.abs(low + high).max() <= 1 and np.ptp(high - low) <= 1
    return (high - low).mean() / 2 if round_one else None


# ---- a drawing -------------------------------------------------------------------------------


def local(element):
    return element.tag.rpartition("}")[2]


def style_of(element):
    pairs = (pair.partition(":") for pair in element.get("style", "").split(";") if pair.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


class Drawing:
    """What Matplotlib drew, in order: (what it may be merged with, its attributes, its steps)."""

    def __init__(self, root, name):
        self.name, self.shapes, self.frames = name, [], {}
        self.defined = {e.get("id"): e for e in root.iter() if e.get("id")}
        self.walk(root, IDENTITY, {}, None)

    def walk(self, element, matrix, style, clip):
        tag = local(element)
        if tag in ("metadata", "defs", "style"):
            return
        if tag not in ("svg", "g", "path", "use", "text", "image"):
            raise ValueError(f"a figure has the element {tag}, which no page shows yet")
        matrix = matrix @ affine(element.get("transform")) if tag != "text" else matrix
        style = {**style, **style_of(element)}
        clip = element.get("clip-path", clip)
        if tag == "path":
            self.shape(parsed(element.get("d"), matrix), style, clip)
        elif tag == "use":
            self.use(element, matrix, style, clip)
        elif tag == "text":
            self.text(element, matrix, style)
        elif tag == "image":
            self.image(element, matrix)
        else:
            for child in element:
                self.walk(child, matrix, style, clip)

    def use(self, element, matrix, style, clip):
        target = self.defined[element.get("{http://www.w3.org/1999/xlink}href")[1:]]
        at = IDENTITY.copy()
        at[:2, 2] = float(element.get("x", 0)), float(element.get("y", 0))
        style = {**style_of(target), **style}
        radius = circle(target.get("d"))
        color = style.get("fill", "#000000")
        if radius and color != "none" and style.get("stroke", color) == color:
            # a line of no length with round ends
            rim = float(style.get("stroke-width", 1)) if "stroke" in style else 0
            place = tuple(np.rint(UNITS * (matrix @ at)[:2, 2]).astype(int))
            opaque = {k: v for k, v in style.items() if k == "opacity"}
            width = 2 * radius / UNITS + rim
            dot = {**opaque, "fill": "none", "stroke": color, "stroke-width": f"{width}"}
            dot["stroke-linecap"] = "round"
            self.shape([("M", [place]), ("DOT", [])], dot, clip, target.get("id"))
        else:
            self.shape(parsed(target.get("d"), matrix @ at), style, clip, target.get("id"))

    def shape(self, steps, style, clip, marker=None):
        runs = sum(command not in "ML" for command, _ in steps)
        flat = not runs and len(steps) <= 2  # one straight line has no inside
        fill = "none" if flat or style.get("fill-opacity") == "0" else style.get("fill", "#000000")
        stroke = style.get("stroke", "none")
        if fill == stroke == "none":
            return
        painted, css = [], ""
        for letter, prop, color in (("f", "fill", fill), ("s", "stroke", stroke)):
            if color == "none":
                continue
            found = paint(color)
            if found.startswith("color-mix"):
                css += f"{prop}:{found};"
            else:
                painted.append(f"{letter}-{found}")
        attributes = {"class": " ".join(painted)} if painted else {}
        if css:
            attributes["style"] = css.rstrip(";")
        for key in KEPT:
            if key in style and (stroke != "none" or not key.startswith("stroke")):
                attributes[key] = scaled(style[key]) if "opacity" not in key else style[key]
        if style.get("stroke-linecap") == "round" and stroke != "none":
            attributes["stroke-linecap"] = "round"
        if fill == "none":
            attributes.pop("fill-opacity", None)
        if clip and self.outside(steps, clip):
            attributes["clip-path"] = f"url(#{self.framed(clip)})"
        attributes = tuple(attributes.items())
        # marks of one form may be drawn in any order, color by color
        self.shapes.append((marker or attributes, attributes, steps))

    def frame(self, clip):
        (rectangle,) = self.defined[clip[5:-1]]
        if local(rectangle) != "rect":
            raise ValueError("a figure is clipped by something that is no rectangle")
        x, y, w, h = (UNITS * float(rectangle.get(key)) for key in ("x", "y", "width", "height"))
        return round(x), round(y), round(w), round(h)

    def outside(self, steps, clip):
        """Whether the path leaves the frame that cuts it; most never do."""
        x, y, w, h = self.frame(clip)
        points = np.array([p for _, ps in steps for p in ps]) - (x, y)
        return bool((points < -UNITS).any() or (points > (w + UNITS, h + UNITS)).any())

    def framed(self, clip):
        return self.frames.setdefault(self.frame(clip), f"{self.name}-{len(self.frames)}")

    def text(self, element, matrix, style):
        style = {**style, **style_of(element)}
        words, spans = element.text or "", list(element)
        attributes = {}
        if spans:  # mathematics: each glyph has its place
            matrix = matrix @ affine(element.get("transform"))
            words = "".join(span_of(span) for span in spans)
            x, y = UNITS * matrix[:2, 2]
            angle = round(float(np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0]))))
            turn = f"rotate({angle})" if angle else ""
            attributes["transform"] = f"translate({x:.0f} {y:.0f}){turn}"
        else:
            x, y = (round(UNITS * float(element.get(key, 0))) for key in "xy")
            angle = re.search(r"rotate\((-?[\d.]+)", element.get("transform", "rotate(0"))[1]
            attributes |= {"x": x, "y": y}
            if float(angle):
                attributes["transform"] = f"rotate({float(angle):g} {x} {y})"
            words = escape(words)
        anchor = style.get("text-anchor", "start")
        kind = {"middle": "t-middle", "end": "t-end"}.get(anchor, "")
        color = paint(style["fill"]) if "fill" in style else "ink"
        kind += f" f-{color}" if color != "ink" else ""
        if kind:
            attributes["class"] = kind.strip()
        size = style.get("font-size", "10px")
        if not spans and size != "10px":
            attributes["font-size"] = relative(size)
        if style.get("font-weight") in ("bold", "700"):
            attributes["font-weight"] = "bold"
        self.shapes.append((None, None, f"<text{markup(attributes.items())}>{words}</text>"))

    def image(self, element, matrix):
        href = "".join(element.get("{http://www.w3.org/1999/xlink}href").split())
        a, c, e, b, d, f = (UNITS * matrix)[:2].ravel()
        box = {key: element.get(key, "0") for key in ("x", "y", "width", "height")}
        place = {"transform": f"matrix({a:g} {b:g} {c:g} {d:g} {e:g} {f:g})", "href": href}
        if "pixelated" in element.get("style", ""):  # interpolation="none": squares stay squares
            place["style"] = "image-rendering:pixelated"
        self.shapes.append((None, None, f"<image{markup({**box, **place}.items())}/>"))

    def __str__(self):
        defs = "".join(
            f'<clipPath id="{name}"><rect x="{x}" y="{y}" width="{w}" height="{h}"/></clipPath>'
            for (x, y, w, h), name in self.frames.items()
        )
        parts = [f"<defs>{defs}</defs>"] if defs else []
        for _, run in groupby(self.shapes, key=lambda shape: shape[0]):
            joined = {}
            for _, attributes, content in run:
                joined.setdefault(attributes, []).append(content)
            for attributes, contents in joined.items():
                if attributes is None:
                    parts += contents
                    continue
                if contents[0][-1][0] == "DOT":
                    contents.sort(key=lambda steps: steps[0][1])  # short ways from dot to dot
                d = written([step for steps in contents for step in steps])
                parts.append(f'<path{markup(attributes)} d="{d}"/>')
        return "".join(parts)


def scaled(numbers):
    return ",".join(f"{round(UNITS * float(v), 1):g}" for v in numbers.split(","))


def relative(size):
    """A size in points in terms of the figure's own, ten points, which a phone makes larger."""
    return f"{float(size.removesuffix('px')) / 10:.2g}em"


def markup(attributes):
    return "".join(f' {name}="{escape(str(value))}"' for name, value in attributes)


def span_of(span):
    style = style_of(span)
    place = {key: scaled(span.get(key, "0").replace(" ", ",")).replace(",", " ") for key in "xy"}
    attributes = {**place, "font-size": relative(style.get("font-size", "10px"))}
    if style.get("font-style") in ("oblique", "italic"):
        attributes["font-style"] = "italic"
    return f"<tspan{markup(attributes.items())}>{escape(span.text or '')}</tspan>"


def inline(svg, name, label):
    """The <svg> that goes into the page; its ids begin with `name`, it is called `label`."""
    root = ET.fromstring(svg)
    _, _, width, height = (float(v) for v in root.get("viewBox").split())
    drawing = str(Drawing(root, name))
    pixels = width / 72 * 100  # as wide as the same figure is in Jupyter
    return (
        f'<svg class="printed" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {UNITS * width:.0f} {UNITS * height:.0f}" '
        f'width="{pixels:.0f}" height="{pixels * height / width:.0f}">{drawing}</svg>'
    )


# ---- Sphinx ----------------------------------------------------------------------------------


class inline_figure(nodes.General, nodes.Element):
    """A figure as text of the page; no builder copies a file for it, and no search reads it."""


class InlineFigures(SphinxPostTransform):
    default_priority = 400  # after myst-nb has chosen among SVG, PDF and PNG
    formats = ("html",)

    def run(self, **kwargs):
        drawn = [n for n in self.document.findall(nodes.image) if "jupyter_execute" in n["uri"]]
        for number, node in enumerate(n for n in drawn if n["uri"].endswith(".svg")):
            name = f"{self.env.docname.replace('/', '-')}-figure-{number}"
            svg = (Path(self.env.srcdir) / node["uri"].lstrip("/")).read_text(encoding="utf-8")
            try:
                text = inline(svg, name, node.get("alt", ""))
            except ValueError as error:
                raise ExtensionError(f"{self.env.docname}, figure {number + 1}: {error}") from error
            node.replace_self(inline_figure("", svg=text))


def visit(writer, node):
    writer.body.append(node["svg"])
    raise nodes.SkipNode


def write_colors(app):
    styles = Path(app.doctreedir) / "figure-colors"
    styles.mkdir(parents=True, exist_ok=True)
    (styles / "colors.css").write_text(colors_css(), encoding="utf-8")
    app.config.html_static_path.append(str(styles))


def setup(app):
    app.add_node(inline_figure, html=(visit, None))
    app.add_post_transform(InlineFigures)
    app.connect("builder-inited", write_colors, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
