"""The pictures: each draws on the axes it is given, returns them, and labels them."""

import re
from importlib import resources

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from references import example
from scipy.stats import gaussian_kde

from gmmlib import Mixture, em, log_density, log_joint, plots, responsibilities

pytestmark = pytest.mark.filterwarnings("error")

LINE = example(d=1)
COORDINATES = ("first coordinate", "second coordinate")
PLANE = example(d=2)
SOLID = example(d=3)


@pytest.fixture
def ax():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


@pytest.mark.parametrize(
    ("draw", "labels"),
    [
        (lambda ax: plots.histogram(LINE[0], ax), ("x", "density")),
        (lambda ax: plots.kernel_density(LINE[0], ax), ("x", "density")),
        (lambda ax: plots.density(LINE[1], ax), ("x", "density")),
        (lambda ax: plots.shares(PLANE[0], PLANE[1], ax), COORDINATES),
        (lambda ax: plots.ellipses(PLANE[1], ax), COORDINATES),
        (
            lambda ax: plots.log_likelihood(em(LINE[0], LINE[2], max_steps=3), ax),
            ("step", "log-likelihood"),
        ),
    ],
    ids=["histogram", "kernel_density", "density", "shares", "ellipses", "log_likelihood"],
)
def test_a_picture_returns_its_axes_labelled_and_drawn_on(draw, labels, ax):
    assert draw(ax) is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == labels
    assert ax.has_data()
    ax.figure.canvas.draw()  # what cannot be drawn fails here


def test_a_histogram_has_area_one(ax):
    plots.histogram(LINE[0], ax, bins=20)
    areas = [bar.get_width() * bar.get_height() for bar in ax.patches]
    assert len(areas) == 20 and sum(areas) == pytest.approx(1)


def test_a_kernel_density_is_scipys_with_the_bandwidth_asked_for(ax):
    x = LINE[0]
    plots.kernel_density(x, ax, bandwidth=0.3)
    grid, heights = ax.lines[0].get_data()
    kernels = np.exp(-(((grid[:, None] - x) / 0.3) ** 2) / 2) / (0.3 * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(heights, kernels.mean(axis=1), rtol=1e-10)
    plots.kernel_density(x, ax)
    grid, heights = ax.lines[1].get_data()
    np.testing.assert_allclose(heights, gaussian_kde(x)(grid), rtol=1e-12)


def test_a_density_is_the_mixtures_and_its_parts_add_up_to_it(ax):
    mixture = LINE[1]
    plots.density(mixture, ax)
    *parts, whole = ax.lines
    grid = whole.get_xdata()
    np.testing.assert_allclose(whole.get_ydata(), np.exp(log_density(grid, mixture)), rtol=1e-12)
    for k, part in enumerate(parts):
        joint = np.exp(log_joint(grid, mixture)[:, k])
        np.testing.assert_allclose(part.get_ydata(), joint, rtol=1e-12)
    assert [line.get_label() for line in ax.lines] == [
        *(f"component {k}" for k in range(3)),
        "mixture",
    ]
    # Four standard deviations on each side: all but 1e-4 of the area is in the picture.
    assert np.trapezoid(whole.get_ydata(), grid) == pytest.approx(1, abs=1e-3)
    assert ax.get_ylim()[0] == 0


def test_a_density_without_components_is_one_curve(ax):
    plots.density(LINE[1], ax, components=False)
    assert [line.get_label() for line in ax.lines] == ["mixture"]


def test_component_k_has_the_kth_colour_and_line_style_everywhere(ax):
    plots.density(LINE[1], ax)
    for k, line in enumerate(ax.lines[:3]):
        assert line.get_color() == plots.color(k) == plots.COLORS[k]
        assert line.get_linestyle() == plots.linestyle(k) == plots.LINESTYLES[k]
    ax.clear()
    plots.ellipses(PLANE[1], ax, radii=(1, 2, 3))
    for k in range(3):
        marker, *outlines = ax.lines[4 * k : 4 * k + 4]
        np.testing.assert_array_equal(np.ravel(marker.get_data()), PLANE[1].means[k])
        assert {line.get_color() for line in [marker, *outlines]} == {plots.COLORS[k]}
        assert {line.get_linestyle() for line in outlines} == {plots.LINESTYLES[k]}
    everything = np.eye(3)
    np.testing.assert_allclose(plots.blended(everything), [to_rgb(c) for c in plots.COLORS[:3]])
    assert plots.color(len(plots.COLORS)) == plots.COLORS[0]
    assert len(set(plots.COLORS)) == len(plots.COLORS) == len(set(plots.LINESTYLES))


def test_explorers_have_the_colors_of_the_pictures_in_both_themes():
    script = (resources.files("gmmlib") / "explore/explorer.js").read_text(encoding="utf-8")
    rows = {theme: re.search(rf"{theme}: \[(.*?)\]", script)[1] for theme in ("light", "dark")}
    found = {theme: tuple(re.findall(r"#\w{6}", row)) for theme, row in rows.items()}
    assert found["light"] == plots.COLORS
    assert found["dark"] == tuple(plots.ON_DARK[color] for color in plots.COLORS)


@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
def test_every_component_stands_out_from_the_page(page):
    def luminance(color):
        red, green, blue = (((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for light, dark in plots.ON_DARK.items():
        color = light if page == "#ffffff" else dark
        low, high = sorted([luminance(color), luminance(page)])
        # graphics need 3:1 (WCAG 1.4.11); bars lie behind what is read, and are large
        assert (high + 0.05) / (low + 0.05) >= (1.8 if light == plots.DATA else 3), color


def test_an_ellipse_lies_its_radius_from_the_mean_and_is_labelled_once(ax):
    mixture = PLANE[1]
    plots.ellipses(mixture, ax, radii=(1, 2.5))
    for k in range(3):
        _, *outlines = ax.lines[3 * k : 3 * k + 3]
        for r, outline in zip((1, 2.5), outlines):
            off = np.array(outline.get_data()).T - mixture.means[k]
            squared = np.einsum("ni,ij,nj->n", off, np.linalg.inv(mixture.covariances[k]), off)
            np.testing.assert_allclose(squared, r**2, rtol=1e-9)
    labels = [t for t in ax.get_legend_handles_labels()[1]]
    assert labels == ["component 0", "component 1", "component 2"]


@pytest.mark.parametrize("case", [LINE, PLANE], ids=["line", "plane"])
def test_points_have_the_blend_of_their_shares(case, ax):
    x, mixture, _ = case
    ax.set_ylim(0, 1)
    plots.shares(x, mixture, ax)
    (points,) = ax.collections
    palette = np.array([to_rgb(c) for c in plots.COLORS[:3]])
    expected = responsibilities(x, mixture) @ palette
    np.testing.assert_allclose(points.get_facecolors()[:, :3], expected, atol=1e-12)
    offsets = points.get_offsets()
    if mixture.d == 1:
        np.testing.assert_array_equal(offsets[:, 0], x)
        assert (offsets[:, 1] < 0).all() and ax.get_ylim()[0] < offsets[0, 1]
    else:
        np.testing.assert_array_equal(offsets, x)


def test_a_climb_has_one_point_a_step(ax):
    run = em(LINE[0], LINE[2], max_steps=4)
    plots.log_likelihood(run, ax)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), range(5))
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), run.log_likelihoods)


def test_a_second_curve_keeps_the_range_that_the_axes_show(ax):
    plots.histogram(LINE[0], ax)
    shown = ax.get_xlim()
    plots.density(Mixture([1], [0], [100]), ax)
    assert ax.get_xlim() == shown
    assert (ax.lines[0].get_xdata()[[0, -1]] == shown).all()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda ax: plots.histogram(PLANE[0], ax), r"needs x of shape \(n,\), not \(600, 2\)"),
        (lambda ax: plots.kernel_density(PLANE[0], ax), r"needs x of shape \(n,\), not \(600, 2\)"),
        (lambda ax: plots.density(PLANE[1], ax), "a density curve needs one dimension, not 2"),
        (lambda ax: plots.shares(*SOLID[:2], ax), "drawn in one or two dimensions, not 3"),
        (lambda ax: plots.shares(PLANE[0], LINE[1], ax), "a mixture in 1 dimension needs x"),
        (lambda ax: plots.ellipses(LINE[1], ax), "ellipses are drawn in two dimensions, not 1"),
        (lambda ax: plots.ellipses(SOLID[1], ax), "ellipses are drawn in two dimensions, not 3"),
    ],
)
def test_a_dimension_that_cannot_be_drawn_is_refused(draw, message, ax):
    with pytest.raises(ValueError, match=message):
        draw(ax)
    assert not ax.has_data()
