"""Printed figures in the page: what figures.py makes of what Matplotlib drew."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import chapter_pictures
import figures
import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image
from sphinx.errors import ExtensionError

from gmmlib import plots

STYLE = {"svg.fonttype": "none", "svg.hashsalt": "book", "figure.facecolor": "none"}


def drawn(draw, name="figure", label="a figure"):
    """The root of the inline <svg> of what `draw` draws on one pair of axes."""
    with plt.rc_context({**STYLE, "axes.facecolor": "none"}):
        figure, ax = plt.subplots()
        draw(ax)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg")
        plt.close(figure)
    return ET.fromstring(figures.inline(buffer.getvalue().decode(), name, label))


def test_a_chapter_without_a_small_picture_for_its_card_is_refused():
    with pytest.raises(ExtensionError, match="book/trial has a card and no picture"):
        chapter_pictures.picture("book/trial")


def places(d):
    """Where the subpaths of relative path data begin, in units."""
    here, found = np.zeros(2), []
    for command, numbers in re.findall(r"([a-z])([^a-z]*)", d):
        values = [int(v) for v in re.findall(r"-?\d+", numbers)]
        if command == "m":
            here = here + values[:2]
            found.append(tuple(here))
        assert command in "mh", d
    return np.array(found)


def test_a_figure_has_a_name_and_a_frame_in_units():
    svg = drawn(lambda ax: None, label='a "small" figure')
    assert (svg.get("role"), svg.get("aria-label")) == ("img", 'a "small" figure')
    assert svg.get("viewBox") == "0 0 4608 3456"  # 6.4 by 4.8 inches
    assert (svg.get("width"), svg.get("height")) == ("640", "480")


def test_points_of_one_color_are_one_path_and_lie_where_they_were_drawn():
    x = np.random.default_rng(1).uniform(0.1, 0.9, (50, 2))

    def draw(ax):
        ax.set_position([0, 0, 1, 1])
        ax.set(xlim=(0, 1), ylim=(0, 1))
        ax.scatter(*x.T, color=plots.color(1), s=9, linewidths=0)

    (path,) = (p for p in drawn(draw).iter("path") if p.get("class") == "s-1")
    expected = x * (4608, -3456) + (0, 3456)
    found = places(path.get("d"))
    assert np.abs(found[np.lexsort(found.T)] - expected[np.lexsort(expected.T)]).max() <= 60
    by_x = found[np.argsort(found[:, 0])], expected[np.argsort(expected[:, 0])]
    np.testing.assert_allclose(*by_x, atol=1)
    assert float(path.get("stroke-width")) == pytest.approx(30, abs=0.1)  # s is a diameter squared


@pytest.mark.parametrize("shares", [(1, 0, 0), (0.35, 0.65, 0), (0.2, 0.3, 0.5), (0, 0.05, 0.95)])
def test_a_blend_of_component_colors_is_taken_apart(shares):
    color = "#" + "".join(f"{round(v * 255):02x}" for v in plots.blended(np.array([shares]))[0])
    found = figures.shares_of(color)
    for k, share in enumerate(shares):
        assert found.get(k, 0) / figures.STEPS == pytest.approx(share, abs=0.026)
    assert sum(found.values()) == figures.STEPS


def test_a_blend_is_mixed_from_the_colors_of_the_theme():
    assert figures.paint(plots.COLORS[2]) == "2"
    half = "#" + "".join(f"{round(v * 255):02x}" for v in plots.blended(np.array([[0.4, 0.6]]))[0])
    assert figures.paint(half) == "color-mix(in srgb,var(--figure-1) 60%,var(--figure-0))"


def test_a_color_that_plots_does_not_know_is_refused():
    with pytest.raises(ValueError, match="the color #ff00ff is none of gmmlib.plots"):
        drawn(lambda ax: ax.plot([0, 1], color="#ff00ff"))


def test_no_color_is_left_in_the_figure_itself():
    def draw(ax):
        plots.histogram(np.arange(9.0), ax, bins=3)
        ax.plot([0, 1], color=plots.WHOLE, label="whole")
        ax.legend(facecolor="white", edgecolor="none")

    text = ET.tostring(drawn(draw)).decode()
    assert not re.search(r"#[0-9a-fA-F]{3,6}\b|rgb", text)
    assert {"f-data", "s-paper", "s-ink"} <= set(re.findall(r"[fs]-\w+", text))


def test_text_stays_text_and_has_no_font_of_its_own():
    svg = drawn(lambda ax: ax.set(title="waiting", xlabel="$x_1$", ylabel="a < b"))
    words = ["".join(text.itertext()) for text in svg.iter("text")]
    assert {"waiting", "x1", "a < b", "0.0"} <= set(words)
    assert "font-family" not in ET.tostring(svg).decode()


def test_only_what_leaves_its_frame_is_clipped_and_ids_carry_the_name_of_the_figure():
    def draw(ax):
        ax.plot([0, 1], [0, 1], color=plots.color(0))
        ax.plot([0, 5], [0, 5], color=plots.color(1))
        ax.set(xlim=(0, 2), ylim=(0, 2))

    svg = drawn(draw, name="page-3")
    clipped = {p.get("class"): p.get("clip-path") for p in svg.iter("path")}
    assert clipped["s-0"] is None and clipped["s-1"] == "url(#page-3-0)"
    assert [e.get("id") for e in svg.iter() if e.get("id")] == ["page-3-0"]


def test_a_picture_keeps_its_own_pixels_and_fills_its_axes():
    pixels = np.arange(36).reshape(3, 4, 3) / 36

    def draw(ax):
        ax.set_position([0, 0, 1, 1])
        ax.imshow(pixels, interpolation="none", aspect="auto")

    (image,) = drawn(draw).iter("image")
    assert image.get("style") == "image-rendering:pixelated"
    matrix = np.array([float(v) for v in image.get("transform")[7:-1].split()]).reshape(3, 2)
    corner, opposite = [0, 0, 1] @ matrix, [4, 3, 1] @ matrix
    np.testing.assert_allclose([corner, opposite], [(0, 0), (4608, 3456)], atol=1)
    png = base64.b64decode(image.get("href").partition("base64,")[2])
    kept = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    np.testing.assert_allclose(kept, 255 * pixels, atol=1)


def test_path_data_are_relative_whole_numbers():
    steps = figures.parsed("M 1 1 L 2 1 L 2 1.04 L 2 3.5 L 0.96 0.5 z")
    assert figures.written(steps) == "m10 10h10v25l-10-30z"


@pytest.mark.parametrize("theme", [0, 1])
def test_each_named_color_has_a_value_in_each_theme(theme):
    css = figures.colors_css()
    block = css.splitlines()[theme]
    for pair in plots.ON_DARK.items():
        name = figures.NAMED[pair[0].lower()]
        assert f"--figure-{name}:{pair[theme]};" in block
    assert set(figures.NAMED.values()) <= set(re.findall(r"\.s-(\w+)", css))
