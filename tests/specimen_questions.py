"""A question of every kind, and the explorer that one of them moves, for tests."""

from html import escape
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import static_widgets
from ipywidgets import IntSlider, SelectionSlider
from specimen import STATE, page_parts

import gmmlib.explore as gx
from gmmlib import Mixture, em

POINTS = np.array([-3.1, -2.9, -2.4, -1.6, 1.8, 2.1, 2.7, 3.4])
STARTS = [("equal", (0.0, 0.0)), ("50% & apart", (-1.0, 1.0))]
LINES = {
    "loop": "for step in range(3):",
    "densities": "    joint = densities(x, means)",
    "shares": "    shares = joint / joint.sum(axis=1, keepdims=True)",
    "counts": "    counts = shares.sum(axis=0)",
    "totals": "    totals = x @ shares",
    "means": "    means = totals / counts",
}
AFTER = {
    "densities": "loop", "shares": "densities", "counts": "shares", "totals": "shares",
    "means": ("counts", "totals"),
}  # fmt: skip
INSTEAD = {
    "shares": {
        "    shares = joint / joint.sum(axis=0, keepdims=True)":
            "the shares of point 0 would add up to {sum:.2f}, not to 1.",
    },
    "means": {"    means = totals / len(x)": "it gives {short:.2f} < {mean:.2f} & no average."},
}  # fmt: skip
BEFORE = "means = np.array([-1.0, 1.0])"


def run(start):
    return em(POINTS, Mixture([0.5, 0.5], start, [1, 1]), hold=("weights", "covariances"))


def gap(start):
    means = run(start).mixture.means
    return means[1] - means[0]


def densities(x, means):
    return np.exp(-((x[:, None] - means) ** 2) / 2)


def after_three_steps():
    means = np.array([-1.0, 1.0])
    for _ in range(3):
        shares = densities(POINTS, means)
        shares /= shares.sum(axis=1, keepdims=True)
        means = POINTS @ shares / shares.sum(axis=0)
    return means


def explorer(name="specimen-explorer"):
    sliders = {
        "start": SelectionSlider(options=STARTS, value=STARTS[1][1]),
        "step": IntSlider(value=0, min=0, max=4),
    }

    def means(start, step):
        steps = run(start).mixtures
        return steps[min(step, len(steps) - 1)].means

    panel = gx.Panel(gx.Rule(means), x="x", y="y", xlim=(-4, 4), ylim=(0, 1))
    return gx.explore(name, sliders, panel, sentence="Step {step} from {start}.")


def twins(moved, **changed):
    """A choice that an explorer decides."""
    options = {
        "prompt": "From two equal means, what will `em` do in {n:d} points?",
        "options": {
            "apart": "They drift apart & stop",
            "right-only": 'One "moves"',
            "stay": "They stay equal",
        },
        "holds": lambda: {
            "apart": gap((0.0, 0.0)) > 1,
            "right-only": 0 < gap((0.0, 0.0)) <= 1,
            "stay": gap((0.0, 0.0)) == 0,
        },
        "because": {
            "apart": "From means that differ they do, to a gap of {far:.3f}; these do not.",
            "right-only": "Both get the same shares, so the gap is {near:.1f}.",
            "stay": "The gap is {near:.1f}.",
        },
        "numbers": lambda: {"far": gap((-1.0, 1.0)), "near": gap((0.0, 0.0)), "n": len(POINTS)},
        "almost": ("right-only",), "explorer": moved, "at": {"start": (0.0, 0.0), "step": 3},
    }  # fmt: skip
    return gx.predict("twins", **options | changed)


def how_far(**changed):
    """A number, below zero."""
    options = {
        "prompt": "Where does the left mean end?",
        "answer": lambda: run((-1.0, 1.0)).mixture.means[0],
        "within": 0.1, "almost": 0.5, "unit": "units",
        "because": ("It ends at {answer:.2f}.", "Near {answer:.2f}.", "It is {answer:.2f}."),
    }  # fmt: skip
    return gx.predict("how-far", **options | changed)


def wanted(names):
    return np.allclose(names["means"], after_three_steps(), rtol=0, atol=1e-12)


def em_loop(**changed):
    """Lines in order, of which two may change places, and two that are wrong."""

    def numbers():
        joint = densities(POINTS, np.array([-1.0, 1.0]))
        shares = joint / joint.sum(axis=1, keepdims=True)
        totals = POINTS @ shares
        wrong = (joint / joint.sum(axis=0))[0].sum()
        mean = totals[1] / shares.sum(axis=0)[1]
        return {"sum": wrong, "short": totals[1] / len(POINTS), "mean": mean}

    options = {
        "prompt": "Put the loop in order.", "lines": LINES, "after": AFTER, "instead": INSTEAD,
        "before": BEFORE, "given": {"np": np, "x": POINTS, "densities": densities},
        "check": wanted, "because": "The right mean is {mean:.2f} after one step.",
        "numbers": numbers,
    }  # fmt: skip
    return gx.arrange("em-loop", **options | changed)


def specimens():
    """The explorer, and {name: question}."""
    moved = explorer()
    return moved, {question.name: question for question in (twins(moved), how_far(), em_loop())}


def write_page(folder, widgets, hosts, styles=(), theme="light", **changed):
    """A page with an explorer and questions, as the build makes it, but without a build.

    changed: what the questions' models should have in place of their own, to break them.
    """
    body, script = page_parts(*widgets, breaks="question", **changed)
    context = {"body": body, "script_files": [script]}
    static_widgets.static_page(SimpleNamespace(outdir=folder), "page", "", context, None)
    Path(folder, "host.js").write_text("\n".join(hosts), encoding="utf-8")
    sheets = "".join(f'<link rel=stylesheet href="{escape(style)}">' for style in styles)
    Path(folder, "page.html").write_text(
        f"<!doctype html><html lang=en data-theme={theme}><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>Specimen</title>{sheets}<body><main><h1>Specimen</h1>{context['body']}"
        f"<script type='{STATE}'>{script.attributes['body']}</script></main>"
        "<script defer src=host.js></script>",
        encoding="utf-8",
    )
    return Path(folder, "page.html").as_uri()
