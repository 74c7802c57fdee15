"""What an explorer draws on a page, turned back into numbers and held against gmmlib's own.

`snapshot` reads the drawing, `faults` compares it with what the explorer's functions return.
A number may differ by the hundredth of a pixel to which paths are written, and by half a step of
the integers in which it was packed (gmmlib/explore/packing.py): no more.
"""

import base64
import inspect
import io
import re

import numpy as np
from PIL import Image

from gmmlib import plots
from gmmlib.scores import log_density, log_joint

SNAPSHOT = """name => {
  const root = document.getElementById(name);
  const cells = (box, what) => [...box.querySelectorAll(what)].map(e => e.textContent);
  const element = e => ({
    tag: e.tagName, text: e.textContent, shown: getComputedStyle(e).visibility !== "hidden",
    ...Object.fromEntries([...e.attributes].map(a => [a.name, a.value]))});
  return {
    position: JSON.parse(root.querySelector(".gx").dataset.state),
    sentence: root.querySelector(".gx-sentence").textContent,
    panels: [...root.querySelectorAll(".gx-panel")].map(box => {
      if (box.matches(".gx-table")) {
        return {cells: cells(box, "tbody td"), rows: cells(box, "tbody th"),
                columns: cells(box, "thead th")};
      }
      const svg = box.querySelector("svg[data-frame]");
      return {
        frame: JSON.parse(svg.dataset.frame),
        marks: [...svg.querySelectorAll("g.gx-mark")].map(g => ({
          kind: g.dataset.kind, shown: getComputedStyle(g).visibility !== "hidden",
          elements: [...g.children].map(element)})),
      };
    }),
  };
}"""


def snapshot(page, name):
    return page.evaluate(SNAPSHOT, name)


class Frame:
    """Pixels of a panel as its x and y; `dx`, `dy`: what rounding a path to 0.01 px may hide."""

    def __init__(self, frame):
        self.left, self.top = frame["left"], frame["top"]
        (self.x0, x1), (y0, self.y1) = frame["xlim"], frame["ylim"]
        self.per_x, self.per_y = (x1 - self.x0) / frame["width"], (self.y1 - y0) / frame["height"]
        self.dx, self.dy = 0.0051 * self.per_x, 0.0051 * self.per_y
        self.xlim, self.ylim = frame["xlim"], frame["ylim"]

    def x(self, pixels):
        return self.x0 + (np.asarray(pixels, float) - self.left) * self.per_x

    def y(self, pixels):
        return self.y1 - (np.asarray(pixels, float) - self.top) * self.per_y

    def drawable(self, points):
        """Points (m, 2) as a path draws them: what is far outside, 10 000 pixels off."""
        low, high = np.array([[self.x(-1e4), self.y(1e4)], [self.x(1e4), self.y(-1e4)]])
        return np.clip(points, low, high)

    def points(self, d):
        """The points of a path, (m, 2), with a row of NaN where the pen was lifted."""
        rows = []
        for pen, x, y in re.findall(r"([ML])(\S+?) (-?[\d.]+)", d):
            if pen == "M" and rows:
                rows.append((np.nan, np.nan))
            rows.append((self.x(x), self.y(y)))
        return np.array(rows).reshape(-1, 2)


def differ(what, drawn, computed, tolerance):
    """Words for the worst difference beyond the tolerance, if there is one."""
    drawn, computed = np.asarray(drawn, float), np.asarray(computed, float)
    if drawn.shape != computed.shape:
        yield f"{what}: {drawn.shape} drawn, {computed.shape} computed"
        return
    if not (np.isnan(drawn) == np.isnan(computed)).all():
        yield f"{what}: drawn and computed have gaps in different places"
        return
    excess = np.nan_to_num(np.abs(drawn - computed) - tolerance)
    if excess.size and excess.max() > 0:
        worst = np.unravel_index(excess.argmax(), excess.shape)
        yield f"{what} {list(map(int, worst))}: {drawn[worst]} drawn, {computed[worst]} computed"


def faults(seen, explorer, values):
    """Where the page differs from gmmlib in the state `values`: words, one a difference."""
    position = {k: g.values.index(values[k]) for k, g in explorer.grids.items()}
    if seen["position"] != position:
        yield f"the drawing is at {seen['position']}, not {position}"
    if seen["sentence"] != explorer.sentence(**values):
        yield f"sentence: {seen['sentence']!r}, not {explorer.sentence(**values)!r}"
    for at, (box, panel) in enumerate(zip(seen["panels"], explorer.panels, strict=True)):
        if "cells" in box:
            yield from _table(box, panel, values)
            continue
        frame = Frame(box["frame"])
        for which, (drawn, mark) in enumerate(zip(box["marks"], panel.marks, strict=True)):
            kind = type(mark).__name__
            if drawn["kind"] != mark.kind:
                yield f"{kind} is drawn as {drawn['kind']}"
                continue
            state = State(explorer, mark, at, which, values)
            if any(answer is None for answer in state.answers.values()):
                if drawn["shown"] or any(e["shown"] for e in drawn["elements"]):
                    yield f"{kind}: something is drawn, where nothing is computed"
            elif not drawn["shown"]:
                yield f"{kind}: nothing is drawn"
            else:
                for fault in CHECKS[kind](drawn["elements"], mark, frame, state):
                    yield f"panel {at}, {kind}: {fault}"


class State:
    """What gmmlib computes for one mark in one state."""

    def __init__(self, explorer, mark, panel, which, values):
        self.values, self.mark = values, mark
        self.answers = explorer.answers(mark, **values)
        entry = explorer.view.spec["panels"][panel]["marks"][which]
        tables = explorer.view.spec["tables"]
        # half a packed step of each column, and a little for the arithmetic
        self.half = {
            name: np.array(tables[index]["size"]) * 0.5000001
            for name, index in entry["channels"].items()
        }

    def returned(self, channel):
        """What the chapter's function itself returns, before anything is encoded."""
        function = self.mark.channels[channel].function
        return function(**{n: self.values[n] for n in inspect.signature(function).parameters})


# ---- one check for each kind of mark: yields what is wrong ------------------------------------


def _table(box, panel, values):
    words = panel.cells.filled(values).split("\n")
    for name, wanted in (("cells", words), ("rows", panel.options["rows"])):
        if box[name] != [str(word) for word in wanted]:
            yield f"Table {name}: {box[name]}, not {wanted}"
    if box["columns"] != [str(column) for column in panel.options["columns"]]:
        yield f"Table columns: {box['columns']}, not {panel.options['columns']}"


def _histogram(elements, mark, frame, state):
    edges, outline = mark.options["bins"], frame.points(elements[0]["d"])
    counts, _ = np.histogram(state.returned("heights"), edges)
    n = np.size(state.returned("heights"))
    heights = np.concatenate([[0], np.repeat(counts / n / np.diff(edges), 2), [0]])
    wanted = frame.drawable(np.column_stack([np.repeat(edges, 2), heights]))
    slack = [frame.dx, state.half["heights"][0] + frame.dy]
    yield from differ("outline", outline, wanted, slack)


def _density(elements, mark, frame, state):
    mixture = state.returned("parameters")
    x = frame.points(elements[-1]["d"])[:, 0]
    low, high = frame.xlim
    yield from differ("ends of the curve", x[[0, -1]], [low, high], frame.dx)
    if np.diff(x).max() > (high - low) / 200 or (np.diff(x) < 0).any():
        yield "the points of the curve are too far apart, or not in order"
    parts, whole = np.exp(log_joint(x, mixture)), np.exp(log_density(x, mixture))
    moves = _moves(x, mixture, state.half["parameters"], frame.dx)
    curves = [(f"component {k}", parts[:, k], moves[:, k]) for k in range(mixture.K)]
    curves = curves if mark.options["components"] else []
    curves.append(("mixture", whole, moves.sum(axis=1)))
    if len(elements) != len(curves):
        yield f"{len(elements)} curves, not {len(curves)}"
        return
    sd, means = np.sqrt(mixture.covariances.ravel()), mixture.means.ravel()
    peaks = np.minimum(mixture.weights / sd / np.sqrt(2 * np.pi), frame.y(-1e4))
    for k, (element, (what, heights, slack)) in enumerate(zip(elements, curves, strict=True)):
        y = frame.points(element["d"])[:, 1]
        heights = frame.drawable(np.column_stack([x, heights]))[:, 1]
        yield from differ(f"density of the {what}", y, heights, slack + frame.dy)
        if what != "mixture":
            yield from _color(element, "stroke", k)
            if low < means[k] < high and y.max() < 0.95 * peaks[k] - frame.dy:
                yield f"the peak of {what} is left out"


def _moves(x, mixture, half, dx):
    """How far each component's density at x moves if x and its packed parameters do, (n, K)."""
    weight, mean, log_sd = half
    sd = np.sqrt(mixture.covariances.ravel())
    z = np.abs(x[:, None] - mixture.means.ravel()) / sd
    shift = (mean + dx) / sd  # large for a spike that is narrower than a packed step
    peak = mixture.weights / sd / np.sqrt(2 * np.pi)
    here, near, far = (
        peak * np.exp(-(np.maximum(at, 0) ** 2) / 2) for at in (z, z - shift, z + shift)
    )
    bell = near / np.maximum(mixture.weights, 1e-300)
    # first order in the weight and log(sd), doubled
    return np.maximum(near - here, here - far) + 2 * (bell * weight + near * (z**2 + 1) * log_sd)


def _curve(elements, mark, frame, state):
    drawn = frame.points(elements[0]["d"])
    wanted = frame.drawable(np.column_stack([mark.options["x"], state.returned("y")]))
    yield from differ("curve", drawn, wanted, [frame.dx, state.half["y"][0] + frame.dy])
    yield from _color(elements[0], "stroke", mark.options["k"])


def _points(elements, mark, frame, state):
    x = np.asarray(state.returned("x"), float)
    x = x.reshape(len(x), -1)
    if x.shape[1] == 1:
        at = frame.x([e["x1"] for e in elements])
        yield from differ("x", at, x[:, 0], state.half["x"] + frame.dx)
        low, high = frame.xlim
        shown = np.array([e["shown"] for e in elements])
        edge = np.minimum(abs(at - low), abs(at - high)) <= 2 * frame.dx
        if (shown != (at >= low) & (at <= high))[~edge].any():
            yield "ticks are shown outside the axis, or hidden inside"
        name = "stroke"
    else:
        drawn = np.column_stack(
            [frame.x([e["cx"] for e in elements]), frame.y([e["cy"] for e in elements])]
        )
        yield from differ("positions", drawn, x, state.half["x"] + [frame.dx, frame.dy])
        name = "fill"
    if "shares" not in state.answers:
        for element in elements:
            yield from _color(element, name, mark.options["k"])
        return
    shares = np.asarray(state.returned("shares"), float)
    hues = np.array([_rgb(plots.color(k)) for k in range(shares.shape[1])])
    drawn = np.array([_rgb(element[name]) for element in elements])
    reach = np.abs(hues - hues[-1]).sum(axis=0) * state.half["shares"].max()
    yield from differ("colors", drawn, shares @ hues, 2 * reach + 1)


def _ellipses(elements, mark, frame, state):
    mixture, radii = state.returned("parameters"), mark.options["radii"]
    size = 1 + len(radii)
    groups = [elements[i : i + size] for i in range(0, len(elements), size)]
    if len(groups) != mixture.K:
        yield f"{len(groups)} ellipses, not {mixture.K}"
        return
    half = state.half["parameters"]
    for k, (cross, *outlines) in enumerate(groups):
        left, top, right, middle = re.match(r"M(\S+) (\S+)h12M(\S+) (\S+)v12", cross["d"]).groups()
        center = [frame.x(float(left) + 6), frame.y(float(top))]
        yield from differ(f"mean {k}", center, mixture.means[k], half[1:3] + 1e-9)
        if abs(float(right) - float(left) - 6) + abs(float(top) - float(middle) - 6) > 1e-6:
            yield f"the cross at mean {k} is not centered"
        yield from _color(cross, "stroke", k)
        L = np.linalg.cholesky(mixture.covariances[k])
        for r, outline in zip(radii, outlines, strict=True):
            u = np.linalg.solve(L, (frame.points(outline["d"]) - mixture.means[k]).T)
            wrong = np.array(
                [half[1] + r * half[3] + frame.dx, half[2] + r * half[4] + r * half[5] + frame.dy]
            )
            reach = np.abs(np.linalg.inv(L)) @ wrong
            distance = np.hypot(*u)
            yield from differ(f"distance of ellipse {k}", distance, 0 * distance + r, reach.sum())
            turns = np.sort(np.arctan2(u[1], u[0]))
            gaps = np.diff(turns, append=turns[0] + 2 * np.pi)
            if np.linalg.norm(reach) < 0.1 * r and gaps.max() > 0.4:
                yield f"ellipse {k} at {r} is not closed"
            yield from _color(outline, "stroke", k)


def _path(elements, mark, frame, state):
    line, steps, head = elements
    xy = frame.drawable(state.answers["xy"])
    slack = state.half["xy"] + [frame.dx, frame.dy]
    yield from differ("line", frame.points(line["d"]), xy, slack)
    real = xy[~np.isnan(xy[:, 0])]
    marker = mark.options["marker"]
    places = re.findall(r"M(\S+) (\S+?)h0", steps.get("d", ""))
    drawn = np.array([(frame.x(x), frame.y(y)) for x, y in places]).reshape(-1, 2)
    yield from differ("steps", drawn, real if marker else real[:0], slack)
    if head["shown"] != marker:
        yield f"the last point is {'shown' if head['shown'] else 'hidden'}"
    if marker:
        end = [frame.x(head["cx"]), frame.y(head["cy"])]
        yield from differ("last point", end, real[-1], slack)
    if mark.options["style"] != "contour":
        yield from _color(line, "stroke", mark.options["k"])


def _contours(elements, mark, frame, state):
    yield from _path(elements, mark, frame, state)


def _image(element, mark, frame):
    """The pixels, row 0 at the bottom, and what is wrong with the image's place."""
    x0, x1, y0, y1 = mark.options["extent"]
    corner = [frame.x(element["x"]), frame.y(element["y"])]
    size = [float(element["width"]) * frame.per_x, float(element["height"]) * frame.per_y]
    wrong = list(differ("corner", corner, [x0, y1], [frame.dx, frame.dy]))
    wrong += differ("size", size, [x1 - x0, y1 - y0], [frame.dx, frame.dy])
    data = base64.b64decode(element["href"].partition("base64,")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"), float)[::-1], wrong


def _heat_map(elements, mark, frame, state):
    pixels, wrong = _image(elements[0], mark, frame)
    yield from wrong
    z, grey = np.asarray(state.returned("z"), float), pixels[..., 0]
    if grey.shape != z.shape or np.ptp(z) == 0:
        yield from differ("cells", grey, z * 0 + grey.flat[0], 0)
        return
    # brightness is a rising straight line in the value, from the lowest to the highest
    drawn = z.min() + (grey - grey.min()) / max(np.ptp(grey), 1) * np.ptp(z)
    slack = 2 * state.half["z"] + np.ptp(z) / max(np.ptp(grey), 1)
    yield from differ("values", drawn, z, slack)


def _categories(elements, mark, frame, state):
    pixels, wrong = _image(elements[0], mark, frame)
    yield from wrong
    z = np.asarray(state.returned("z"), int)
    if pixels.shape[:2] != z.shape:
        yield f"{pixels.shape[:2]} cells, not {z.shape}"
        return
    hues = np.array([_rgb(color) for color in plots.COLORS])
    nearest = np.abs(pixels[..., None, :3] - hues).sum(axis=-1).argmin(axis=-1)
    nearest[pixels[..., 3] == 0] = -1
    yield from differ("cells", nearest, z, 0)


def _picture(elements, mark, frame, state):
    pixels, wrong = _image(elements[0], mark, frame)
    yield from wrong
    labels = np.asarray(state.returned("z"), int)[::-1]
    if pixels.shape[:2] != labels.shape:
        yield f"{pixels.shape[:2]} pixels, not {labels.shape}"
        return
    wanted = np.asarray(state.returned("palette"), float)[labels]
    yield from differ("colors", pixels[..., :3], wanted, state.half["palette"].max() + 0.5)
    yield from differ("opacity", pixels[..., 3], 255 * np.ones(labels.shape), 0)


def _rule(elements, mark, frame, state):
    at = np.atleast_1d(state.returned("at"))
    ends = frame.points(elements[0]["d"])
    ends = ends[~np.isnan(ends[:, 0])].reshape(-1, 2, 2)
    along = 0 if mark.options["axis"] == "x" else 1
    slack = state.half["at"] + (frame.dx, frame.dy)[along]
    for end in (0, 1):
        yield from differ("places", ends[:, end, along], at, slack)
    span = (frame.ylim, frame.xlim)[along]
    yield from differ("spans", ends[:, :, 1 - along], [span] * len(at), max(frame.dx, frame.dy))
    yield from _color(elements[0], "stroke", mark.options["k"])


def _bars(elements, mark, frame, state):
    box = {n: np.array([float(e[n]) for e in elements]) for n in ("x", "y", "width", "height")}
    heights = np.asarray(state.returned("heights"), float)
    slack = state.half["heights"] + 2 * frame.dy
    middle = frame.x(box["x"] + box["width"] / 2)
    yield from differ("places", middle, np.arange(len(heights)), 2 * frame.dx)
    yield from differ("tops", frame.y(box["y"]), np.maximum(heights, 0), slack)
    bottom = frame.y(box["y"] + box["height"])
    yield from differ("bottoms", bottom, np.minimum(heights, 0), slack)
    for k, element in enumerate(elements):
        yield from _color(element, "fill", k)


def _text(elements, mark, frame, state):
    wanted = mark.text.filled(state.values)
    if elements[0]["text"] != wanted:
        yield f"{elements[0]['text']!r}, not {wanted!r}"


def _rgb(color):
    if color.startswith("#"):
        return [int(color[i : i + 2], 16) for i in (1, 3, 5)]
    return [float(part) for part in re.findall(r"[\d.]+", color)]


def _color(element, name, k):
    wanted = "currentColor" if k is None else plots.color(k)
    if element[name] != wanted:
        yield f"the color is {element[name]}, not {wanted}"


CHECKS = {
    "Histogram": _histogram,
    "Density": _density,
    "Curve": _curve,
    "Points": _points,
    "Ellipses": _ellipses,
    "Path": _path,
    "Contours": _contours,
    "HeatMap": _heat_map,
    "Categories": _categories,
    "Picture": _picture,
    "Rule": _rule,
    "Bars": _bars,
    "Text": _text,
}
