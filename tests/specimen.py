"""An explorer with a mark of every kind and a slider of every kind, for tests."""

import json
from functools import cache
from html import escape
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import static_widgets
from ipywidgets import Dropdown, FloatSlider, IntSlider, SelectionSlider
from ipywidgets.embed import dependency_state, embed_data

import gmmlib.explore as gx
from gmmlib import Mixture, em, responsibilities, sample

STATE = static_widgets.STATE
VIEW = "application/vnd.jupyter.widget-view+json"
# labels that an address must escape
GUESSES = [("near & far", (-1.0, 3.0)), ("50% = half?", (0.5, -0.5)), ("−2 and 2 #1", (-2.0, 2.0))]
SIDE = np.linspace(-3, 3, 13)


@cache
def points(p):
    truth = Mixture([1 - p, p], [-2, 2], [1, 0.5])
    return sample(truth, 60, np.random.default_rng(7))[0]


@cache
def run(p, guess):
    return em(points(p), Mixture([0.5, 0.5], guess, [1, 1]), max_steps=6, tolerance=0)


def mixture(p, guess, step):
    return run(p, guess).mixtures[step]


def plane(p, which):
    spread = {"round": 0.0, "tilted": 0.8}[which]
    return Mixture(
        [1 - p, p], [[-1, 0], [1, p]], [[[1, spread], [spread, 1]], [[0.3, 0], [0, 1e-4]]]
    )


def scattered(p, which):
    return sample(plane(p, which), 25, np.random.default_rng(3))[0]


def bowl(p):
    return p * SIDE[None, :] ** 2 + SIDE[:, None] ** 2


def means(p, guess, step):
    return np.array([m.means for m in run(p, guess).mixtures[: step + 1]])


def facts(p, guess, step):
    now = mixture(p, guess, step)
    return {"left": now.means[0], "n": step**2, "end": "The end." if step == 6 else ""}


def specimen(name="specimen"):
    """Sliders and marks anew: a widget belongs to one explorer."""
    sliders = {
        "p": FloatSlider(value=0.25, min=0.05, max=0.95, step=0.1, description="weight"),
        "which": Dropdown(options=["round", "tilted"], value="tilted", description="shape"),
        "guess": SelectionSlider(options=GUESSES, value=(0.5, -0.5)),
        "step": IntSlider(value=2, min=0, max=6),
    }
    line = gx.Panel(
        gx.Histogram(points, bins=np.linspace(-4, 4, 17)),
        gx.Density(mixture),
        # a spike, thinner than a pixel and far higher than the panel, and a broad bell
        gx.Density(lambda p: Mixture([1], [p], [1e-14 if p == 0.05 else p]), components=False),
        gx.Curve(lambda p: p * np.cos(SIDE), x=SIDE, k=2, label="a wave", style="--"),
        gx.Points(points, shares=lambda p, guess, step: responsibilities(
            points(p), mixture(p, guess, step))),
        # nothing at the first step
        gx.Points(lambda step: None if step == 0 else [-1.0, step], k=3),
        gx.Rule(lambda p, guess, step: mixture(p, guess, step).means, k=1, label="means"),
        gx.Rule(lambda p: p, axis="y"),
        gx.Text("{left:.2f} after step {step} {end}", facts, at="bottom right"),
        x="x", y="density", xlim=(-4, 4), ylim=(0, 1), title="One dimension",
    )  # fmt: skip
    flat = gx.Panel(
        gx.Picture(lambda which, step: np.add.outer(np.arange(3), np.arange(4)) % (step + 1),
                   # as many colors as there are numbers, none of them on a step of the packing
                   lambda p, step: np.outer(np.arange(step + 1) + p, [36.4, 20.3, 0]),
                   extent=(-3, 3, -2, 2), alt="A picture of twelve squares"),
        gx.HeatMap(lambda p: bowl(p), extent=(-3.25, 3.25, -3.25, 3.25)),
        gx.Categories(lambda which, step: np.add.outer(np.arange(4), np.arange(5)) % (step + 1) - 1
                      if which == "round" else np.full((4, 5), step), extent=(-3, 3, -2, 2)),
        gx.Contours(bowl, SIDE, SIDE, levels=[1, 4]),
        gx.Ellipses(plane, radii=(1, 2)),
        gx.Points(scattered, shares=lambda p, which: responsibilities(
            scattered(p, which), plane(p, which))),
        gx.Points(lambda: [[0, 0], [1, 2]], size=5),
        gx.Path(means, k=0, label="the way"),
        gx.Path(lambda step: None if step < 2 else [[[0, 0], [1, step]], [[-1, -1], [0, -2]]],
                marker=False, style=":"),
        gx.Path(lambda step: None if step == 0 else [[0, 0], [step, 1]], k=4),
        x="mean 0", y="mean 1", xlim=(-3, 3), ylim=(-3, 3),
    )  # fmt: skip
    bars = gx.Panel(
        gx.Bars(lambda step, p: [p, -p, step / 6], labels=["a", "b", "c"]),
        x="component", y="share", xlim=(-0.5, 2.5), ylim=(-1, 1),
    )  # fmt: skip
    table = gx.Table(
        lambda p, guess, step: np.vstack([mixture(p, guess, step).means, [-p, 10 * step]]),
        columns=["left", "right"], rows=["mean", "other"], digits=3, title="Numbers",
    )  # fmt: skip
    return gx.explore(
        name, sliders, line, flat, bars, table,
        sentence="Step {step} from {guess}, {which}: left mean {left:.3f}, {n:d} squared. {end}",
        numbers=facts, play="step",
    )  # fmt: skip


def page_parts(*widgets, breaks="spec", **changed):
    """What myst-nb gives a page: its body, and the widgets' state as the body of a script.

    changed: what the models that have `breaks` ("spec": explorers, "question": questions) should
    have in place of their own, to break them.
    """
    state = embed_data(views=widgets, state=dependency_state(widgets, drop_defaults=False))
    state = state["manager_state"]
    for entry in state["state"].values():
        if breaks in entry["state"]:
            entry["state"].update(changed)
    views = ({"version_major": 2, "version_minor": 0, "model_id": w.model_id} for w in widgets)
    body = "".join(f'<script type="{VIEW}">{json.dumps(view)}</script>' for view in views)
    return body, SimpleNamespace(attributes={"type": STATE, "body": json.dumps(state)})


def write_page(explorer, folder, host, **changed):
    """A page with one explorer, as tools/site/static_widgets.py makes it, but without a build."""
    body, script = page_parts(explorer, **changed)
    context = {"body": body, "script_files": [script]}
    static_widgets.static_page(SimpleNamespace(outdir=folder), "page", "", context, None)
    name = explorer.explorer_name
    Path(folder, "host.js").write_text(host, encoding="utf-8")
    Path(folder, "page.html").write_text(
        "<!doctype html><html lang=en data-theme=light><meta charset=utf-8><title>Specimen</title>"
        f"<body><h1>Specimen</h1><a href='#{escape(name)}?step=5&amp;p=0.75'>step 5</a>"
        f"{context['body']}<script type='{STATE}'>{script.attributes['body']}</script>"
        "<script defer src=host.js></script>",
        encoding="utf-8",
    )
