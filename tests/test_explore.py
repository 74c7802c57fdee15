"""Explorers as values: what they pack, what they say, and what they refuse, in whose words."""

import base64
import io
import itertools
import sys
import zlib
from types import ModuleType, SimpleNamespace

import ipywidgets
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from ipywidgets import Dropdown, FloatSlider, IntSlider, SelectionSlider
from PIL import Image
from specimen import GUESSES, specimen
from unpacking import codes_of, unpacked

from gmmlib import Mixture, plots
from gmmlib import explore as gx
from gmmlib.explore.packing import Packer, Template, _quantized, grid_of, packed

LINE = np.linspace(0, 1, 5)


def make(*marks, sliders=None, sentence="At {a}.", numbers=None, **options):
    """An explorer with the sliders a = 0, 1, 2 and b = 0, 1, and the marks in one panel."""
    sliders = sliders or {
        "a": IntSlider(value=1, min=0, max=2),
        "b": SelectionSlider(options=[("no", 0), ("yes", 1)], value=0),
    }
    marks = marks or (gx.Rule(lambda a: a),)
    panel = gx.Panel(*marks, x="x", y="y", xlim=(0, 3), ylim=(0, 1))
    return gx.explore("trial", sliders, panel, sentence=sentence, numbers=numbers, **options)


@pytest.fixture(scope="module")
def every():
    return specimen()


# ---- packing ---------------------------------------------------------------------------------


@st.composite
def tables(draw):
    """Any integers (states, numbers) of 16 or 32 bits."""
    dtype = draw(st.sampled_from([np.uint16, np.uint32]))
    shape = draw(st.tuples(st.integers(1, 9), st.integers(0, 9)))
    return draw(arrays(dtype, shape, elements=st.integers(0, np.iinfo(dtype).max)))


@given(st.lists(tables(), min_size=1, max_size=3))
def test_packed_integers_come_back_whatever_their_shape(many):
    stream = b"".join(packed(codes) for codes in many)
    spec = [{"states": len(c), "shape": [c.shape[1]], "width": c.dtype.itemsize} for c in many]
    for codes, back in zip(many, codes_of(stream, spec), strict=True):
        np.testing.assert_array_equal(back, codes)


@given(arrays(float, (4, 3, 2), elements=st.floats(-1e6, 1e6) | st.just(np.nan)), st.booleans())
def test_a_packed_number_is_off_by_half_a_step_of_its_range_at_most(array, columns):
    channel = gx.Points(lambda: 0).channels["x"]
    channel.columns = columns
    codes, entry = _quantized(array, channel)
    low, size = np.array(entry["low"]), np.array(entry["size"])
    back = low + codes.reshape(-1, len(low)) * size
    there = array.reshape(back.shape)
    gone = np.isnan(there)
    np.testing.assert_array_equal(codes.reshape(back.shape) == 65_535, gone)
    assert (np.where(gone, 0, np.abs(back - there)) <= size / 2 * (1 + 1e-6) + 1e-9).all()
    spread = np.ptp(array[~np.isnan(array)]) if not gone.all() else 0
    assert (size <= max(spread / 65_534, 1)).all()


def test_every_state_of_every_mark_comes_back_from_the_packed_bytes(every):
    numbers = list(unpacked(every))
    read = 0
    for panel, entry in zip(every.panels, every.view.spec["panels"], strict=True):
        for mark, drawn in zip(panel.marks, entry.get("marks", []), strict=True):
            for channel, index in drawn["channels"].items():
                table = every.view.spec["tables"][index]
                half = np.array(table["size"]) * 0.5000001
                grids = [every.grids[name].values for name in table["sliders"]]
                for row, values in zip(numbers[index], itertools.product(*grids), strict=True):
                    state = dict(zip(table["sliders"], values, strict=True))
                    answer = every.answers(mark, **state)[channel]
                    if answer is None:
                        assert np.isnan(row).all()
                        continue
                    assert np.isnan(row[len(answer) :]).all()
                    row = row[: len(answer)]
                    np.testing.assert_array_equal(np.isnan(row), np.isnan(answer))
                    assert (np.nan_to_num(np.abs(row - answer)) <= half).all()
                read += 1
    assert read == sum(table["width"] == 2 for table in every.view.spec["tables"])


def test_a_mark_is_packed_over_its_own_sliders_only(every):
    for table in every.view.spec["tables"]:
        assert table["states"] == np.prod([len(every.grids[k].values) for k in table["sliders"]])
        # in the order of the sliders, whatever the order of a function's arguments
        assert table["sliders"] == [k for k in every.grids if k in table["sliders"]]
    owners = {table["owner"]: table["sliders"] for table in every.view.spec["tables"]}
    assert owners["Histogram (heights)"] == ["p"]
    assert owners["Points (shares)"] == ["p", "which"]  # the last of its kind


def test_integers_that_32_bits_cannot_hold_are_refused():
    def numbers(a):
        return {"n": 10.0**10}

    with pytest.raises(ValueError, match="sentence: a number is too large for its format"):
        make(sentence="{n:d}", numbers=numbers)


# ---- sliders ---------------------------------------------------------------------------------


@given(
    st.sampled_from(["0.05", "0.1", "0.125", "0.2", "0.25", "0.5", "1", "1.5", "2"]),
    st.integers(-40, 40),
    st.integers(1, 30),
)
def test_labels_of_a_slider_are_its_values_to_the_last_digit(step, first, count):
    low = first * 0.05
    slider = FloatSlider(value=low, min=low, max=low + count * float(step), step=float(step))
    grid = grid_of("a", slider)
    assert len(grid.labels) == len(set(grid.labels)) == count + 1
    for value, label in zip(grid.values, grid.labels, strict=True):
        assert float(label.replace("\N{MINUS SIGN}", "-")) == value
    assert not {"\N{MINUS SIGN}0", "\N{MINUS SIGN}0.0", "\N{MINUS SIGN}0.00"} & set(grid.labels)


def test_sliders_over_options_give_their_values_and_show_their_labels():
    for kind in (SelectionSlider, Dropdown):
        grid = grid_of("a", kind(options=GUESSES, value=(0.5, -0.5)))
        assert grid.values == [value for _, value in GUESSES]
        assert grid.labels == [label for label, _ in GUESSES]
        assert (grid.rest, grid.numbers) == (1, [])
    grid = grid_of("a", SelectionSlider(options=[0, 1, 2, 5], value=5))
    assert (grid.values, grid.labels, grid.rest) == ([0, 1, 2, 5], ["0", "1", "2", "5"], 3)


@pytest.mark.parametrize(
    ("slider", "why"),
    [
        (ipywidgets.FloatText(value=1), "must be a FloatSlider, IntSlider.*, not FloatText"),
        (ipywidgets.FloatLogSlider(value=1), "has no finite grid: .* not FloatLogSlider"),
        (ipywidgets.Checkbox(), "has no finite grid: .* not Checkbox"),
        (FloatSlider(value=0.5, min=0, max=1, step=0), "has no finite grid: its step is 0"),
        (FloatSlider(value=0.5, min=0, max=1, step=None), "its step is None"),
        (FloatSlider(value=0.35, min=0.1, max=0.9, step=0.2), "rests at 0.35, which is no whole"),
        (IntSlider(value=4, min=1, max=9, step=2), "rests at 4, .* of 2 from 1"),
    ],
)
def test_a_slider_without_a_finite_grid_is_refused_by_name(slider, why):
    with pytest.raises(ValueError, match=f"slider 'a' .*{why}|slider 'a' {why}"):
        make(sliders={"a": slider})


@pytest.mark.parametrize("count", [0, 7])
def test_an_explorer_has_one_to_six_sliders(count):
    sliders = {f"s{i}": IntSlider(value=0, min=0, max=1) for i in range(count)}
    panel = gx.Panel(gx.Rule(lambda: 0), x="", y="", xlim=(0, 1), ylim=(0, 1))
    with pytest.raises(ValueError, match=f"needs 1 to 6 sliders, not {count}"):
        gx.explore("trial", sliders, panel, sentence="")


# ---- the sentence ----------------------------------------------------------------------------

SHOWN = [
    (-0.001, ".2f", "0.00"),  # no minus zero
    (-0.0, ".0f", "0"),
    (9.999, ".2f", "10.00"),  # a rounding that carries
    (-99.96, ".1f", "\N{MINUS SIGN}100.0"),
    (-0.05, ".2f", "\N{MINUS SIGN}0.05"),
    (0.005, ".3f", "0.005"),
    (-3817.24, ".1f", "\N{MINUS SIGN}3817.2"),
    (12.0, "d", "12"),
    (-7, "d", "\N{MINUS SIGN}7"),
    (np.float64(2.5), ".1f", "2.5"),
]


@pytest.mark.parametrize(("value", "spec", "shown"), SHOWN)
def test_a_number_is_rounded_and_signed_as_a_reader_expects(value, spec, shown):
    explorer = make(sentence=f"{{n:{spec}}}|", numbers=lambda a: {"n": value})
    assert explorer.sentence() == f"{shown}|"


@given(st.floats(-1e5, 1e5), st.integers(0, 4))
def test_the_sentence_says_the_number_that_python_formats(value, digits):
    template = Template(Packer({}), "sentence", f"{{n:.{digits}f}}", lambda: {"n": value})
    said = template.filled({})
    assert float(said.replace("\N{MINUS SIGN}", "-")) == float(f"{value:.{digits}f}")
    assert len(said.partition(".")[2]) == digits


def test_the_packed_sentence_is_the_sentence_in_every_state(every):
    template = every.view.spec["sentence"]
    index = template["table"]
    integers = list(unpacked(every))[index]
    names = every.view.spec["tables"][index]["sliders"]
    grids = [every.grids[name].values for name in names]
    for row, values in zip(integers, itertools.product(*grids), strict=True):
        state = dict(zip(names, values, strict=True))
        text = []
        for part in template["parts"]:
            text.append(part[0])
            if len(part) == 1:
                continue
            if part[1] == "slider":
                grid = every.grids[part[2]]
                text.append(grid.labels[grid.values.index(every.at(**state)[part[2]])])
            elif part[2] is None:
                text.append(template["words"][row[part[1]]])
            else:
                number = f"{row[part[1]] / 10 ** part[2]:.{part[2]}f}"
                text.append(number.replace("-", "\N{MINUS SIGN}"))
        assert "".join(text) == every.sentence(**state)


@pytest.mark.parametrize(
    ("sentence", "numbers", "why"),
    [
        ("{n:.3g}", lambda a: {"n": 1}, r"sentence: write {n:.2f}, {n:d}, or {n} .* not {n:.3g}"),
        ("{n:5.1f}", lambda a: {"n": 1}, "not {n:5.1f}"),
        ("{m:.1f}", lambda a: {"n": 1}, "sentence: {m} is neither a slider nor in `numbers`"),
        ("{n:.1f}", None, "sentence: {n} needs `numbers`"),
        ("{n}", lambda a: {"n": 1}, "sentence: 'n' at a = 0 is not words: 1"),
        ("{n:.1f}", lambda a: {"n": 1 / a if a else np.nan}, "'n' at a = 0 is not finite .nan"),
        ("{n:.1f}", lambda b: {"n": [0, np.inf][b]}, "'n' at b = 1 is not finite .inf"),
        ("{n:.1f}", lambda c: {"n": 1}, "sentence: argument 'c' names no slider; there are a, b"),
    ],
)
def test_a_sentence_that_cannot_be_filled_is_refused(sentence, numbers, why):
    with pytest.raises(ValueError, match=why):
        make(sentence=sentence, numbers=numbers)


# ---- refusals --------------------------------------------------------------------------------


def picture(labels, palette=((0, 0, 0),)):
    return gx.Picture(lambda: labels, lambda: palette, (0, 1, 0, 1), "one square")


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        (gx.Rule(lambda c: 1), r"Rule \(at\): argument 'c' names no slider; there are a, b"),
        (gx.Curve(lambda a: [np.nan] * 5, LINE), r"Curve \(y\) at a = 0: row 0 of y is not fin"),
        (gx.Curve(lambda b: [np.inf] * 5 if b else LINE, LINE), r"at b = 1: .* not finite \(inf"),
        (gx.Curve(lambda a: LINE[a:], LINE), r"Curve \(y\) at a = 1: .*shape \(5,\), not \(4,\)"),
        (gx.Points(lambda a: LINE[a:]), r"shape \(4, 1\) at {'a': 1}, but \(5, 1\) at {'a': 0}"),
        (gx.Density(lambda a: "no"), r"Density \(parameters\) at a = 0: .*a Mixture, not str"),
        (gx.Density(lambda: Mixture([1], [[0, 0]], [np.eye(2)])), "any state: .*one dimension"),
        (gx.Ellipses(lambda: Mixture([1], [0], [1])), "Ellipses need two dimensions, not 1"),
        (gx.Points(lambda: np.zeros((4, 3))), "one or two dimensions, not 3"),
        (gx.Points(lambda: LINE, shares=lambda: LINE), r"shares must have shape \(n, K\), not"),
        (gx.Path(lambda: LINE), r"a Path needs points of shape \(m, 2\), not \(5,\)"),
        (gx.HeatMap(lambda: LINE, (0, 1, 0, 1)), r"HeatMap needs a matrix of shape \(ny, nx\)"),
        (gx.Categories(lambda: [[0.5]], (0, 1, 0, 1)), "Categories need whole numbers from -1"),
        (gx.Categories(lambda: [[-2]], (0, 1, 0, 1)), "Categories need whole numbers from -1"),
        (picture([[0.5]]), r"Picture \(z\) at any state: a Picture needs whole numbers from 0"),
        (picture([[-1]]), "a Picture needs whole numbers from 0"),
        (picture([0, 1]), r"a Picture needs a matrix of shape \(ny, nx\)"),
        (picture([[0]], [0, 0, 0]), r"Picture \(palette\).* shape \(m, 3\), not \(3,\)"),
        (picture([[0]], [[0, 0, 256]]), "a palette needs numbers from 0 to 255"),
        (gx.Contours(lambda: np.eye(3), LINE, LINE, [1]), r"shape \(5, 5\), not \(3, 3\)"),
        (gx.Bars(lambda: [1, 2], ["one"]), r"Bars need shape \(1,\), not \(2,\)"),
        (gx.Text("{n:.1f}", lambda a: {"n": np.nan}), "Text: 'n' at a = 0 is not finite"),
        (gx.Histogram(lambda b: [1, np.nan], LINE), r"Histogram \(heights\) at b = 0: .*not fin"),
        (gx.Rule(lambda a: 1 / a), r"Rule \(at\) at a = 0: division by zero"),
    ],
)
def test_an_answer_that_cannot_be_drawn_is_refused_with_its_state(mark, why):
    with pytest.raises(ValueError, match=why):
        make(mark)


def test_a_table_that_changes_its_shape_is_refused():
    table = gx.Table(lambda a: np.zeros((2, 1 + a)), columns=["x"], rows=["y", "z"])
    with pytest.raises(ValueError, match=r"a Table needs a matrix of shape \(2, 1\), not \(2, 2\)"):
        gx.explore("trial", {"a": IntSlider(value=0, max=2)}, table, sentence="")


@pytest.mark.parametrize(
    ("declare", "why"),
    [
        (lambda: gx.Histogram(lambda: 0, bins=[0, 0]), "bins must be rising edges"),
        (lambda: gx.Rule(lambda: 0, axis="z"), "axis must be 'x' or 'y', not 'z'"),
        (lambda: gx.Text("", at="middle"), "at must be a corner such as 'top left'"),
        (lambda: gx.Panel(x="", y="", xlim=(0, 1), ylim=(0, 1)), "a Panel needs marks"),
        (lambda: gx.Panel("circle", x="", y="", xlim=(0, 1), ylim=(0, 1)), "a Panel needs marks"),
        (lambda: make(gx.Rule), "a Panel needs marks such as Density"),
        (lambda: gx.Panel(gx.Text(""), x="", y="", xlim=(1, 0), ylim=(0, 1)), "xlim must be two"),
        (lambda: gx.explore("Trial", {}, sentence=""), "name must be of a-z, 0-9 and '-'"),
        (lambda: gx.explore("", {}, sentence=""), "name must be of a-z"),
        (lambda: gx.explore("a b", {}, sentence=""), "name must be of a-z"),
        (lambda: gx.explore("trial", {}, sentence=""), "needs a Panel or a Table"),
        (lambda: gx.explore("trial", {}, gx.Text(""), sentence=""), "needs a Panel or a Table"),
        (lambda: make(play="c"), "play='c' names no slider; there are a, b"),
        (
            lambda: make(sliders={"a": FloatSlider(value=0, max=1)}, play="a"),
            "play needs a slider over whole steps",
        ),
    ],
)
def test_a_declaration_that_means_nothing_is_refused(declare, why):
    with pytest.raises(ValueError, match=why):
        declare()


def test_an_explorer_over_its_budget_is_refused_and_names_the_slider_to_coarsen():
    noise = np.random.default_rng(1).normal(size=(40, 3, 2000))
    sliders = {"few": IntSlider(value=0, max=2), "many": IntSlider(value=0, max=39)}
    curve = gx.Curve(lambda many, few: noise[many, few], x=np.arange(2000))
    with pytest.raises(ValueError) as refusal:
        make(gx.Rule(lambda few: few), curve, sliders=sliders, sentence="")
    said = str(refusal.value)
    assert "'trial' packs to" in said and "over its budget of 300 kB" in said
    assert "is Curve (y): give slider 'many' (40 positions) fewer positions" in said


def test_more_states_than_can_be_computed_are_refused_before_any_is():
    calls = []
    sliders = {"a": IntSlider(value=0, max=999), "b": IntSlider(value=0, max=300)}
    with pytest.raises(ValueError, match="a × b have 301000 comb.*give slider 'a' .1000 posit"):
        make(gx.Rule(lambda a, b: calls.append(1)), sliders=sliders)
    assert calls == []


# ---- what an explorer says of itself ---------------------------------------------------------


def test_what_a_notebook_stores_is_the_name_the_sliders_and_the_sentence_at_rest():
    texts = {repr(specimen()), specimen()._repr_mimebundle_()[0]["text/plain"]}
    assert texts == {
        "Explorer specimen (p = 0.25, which = tilted, guess = 50% = half?, step = 2)\n"
        "Step 2 from 50% = half?, tilted: left mean 1.183, 4 squared. "
    }


def test_the_same_declaration_packs_the_same_bytes(every):
    again = specimen()
    assert again.view.data == every.view.data and again.view.spec == every.view.spec


def test_sliders_that_are_not_named_are_at_rest():
    explorer = make(sentence="{n:d}", numbers=lambda a, b: {"n": 10 * a + b})
    assert explorer.numbers() == {"n": 10}
    assert explorer.numbers(b=1) == {"n": 11}
    assert explorer.sentence(a=2, b=1) == "21"


@pytest.mark.parametrize(
    ("values", "why"),
    [({"c": 1}, "'c' names no slider; there are a, b"), ({"a": 9}, "'a' never takes the value 9")],
)
def test_a_state_that_does_not_exist_is_refused(values, why):
    with pytest.raises(ValueError, match=why):
        make().numbers(**values)


def test_contours_without_a_line_are_not_drawn():
    contours = gx.Contours(lambda a: np.add.outer(LINE, LINE), LINE, LINE, levels=[77])
    explorer = make(contours)
    assert explorer.answers(contours) == {"xy": None}


def test_points_outside_the_bins_do_not_swell_the_heights():
    histogram = gx.Histogram(lambda: [0.1, 0.2, 7, 8], bins=[0, 0.5, 1])
    heights = make(histogram).answers(histogram)["heights"]
    np.testing.assert_allclose(heights, [1, 0])


def test_the_sliders_drive_the_front_end_and_the_player_drives_its_slider(every):
    boxes = every.children
    assert boxes[:4] == tuple(every.sliders.values())
    assert isinstance(boxes[4], ipywidgets.Play) and boxes[5] is every.view
    assert (boxes[4].min, boxes[4].max, boxes[4].value) == (0, 6, 2)
    at_rest = [getattr(every.view, f"s{i}") for i in range(4)]
    assert at_rest == [0.25, 1, 1, 2]


def test_the_stream_is_one_zlib_stream_within_the_budget(every):
    data = base64.b64decode(every.view.data)
    assert len(zlib.decompress(data)) == sum(
        t["states"] * t["width"] * int(np.prod(t["shape"])) for t in every.view.spec["tables"]
    )
    assert len(data) <= 300_000


def test_the_picture_is_a_png_of_the_state_at_rest(every):
    assert base64.b64decode(every.view.picture).startswith(b"\x89PNG")


def test_an_explorer_brings_a_picture_for_media_without_widgets():
    bundle, _ = specimen()._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == repr(specimen())


def test_colab_is_told_where_the_front_end_comes_from(monkeypatch):
    url = "https://example.org/manager.js"
    colab = ModuleType("google.colab.output")
    colab._widgets = SimpleNamespace(_installed_url=url)
    colab.enable_custom_widget_manager = lambda: None
    monkeypatch.setitem(sys.modules, "google.colab.output", colab)
    bundle, metadata = make()._repr_mimebundle_()
    kind = "application/vnd.jupyter.widget-view+json"
    assert kind in bundle
    assert metadata == {kind: {"colab": {"custom_widget_manager": {"url": url}}}}
    monkeypatch.delitem(sys.modules, "google.colab.output")
    assert make()._repr_mimebundle_()[1] == {}


# ---- circles are round -----------------------------------------------------------------------

ROUND = gx.Ellipses(lambda: Mixture([1], [[1, 1]], [np.eye(2) / 9]), radii=[2])


@pytest.mark.parametrize(
    ("mark", "ylim", "equal", "is_equal"),
    [
        (ROUND, (0, 3), None, True),
        (ROUND, (0, 5), None, True),
        (ROUND, (0, 6), None, False),  # minutes against hours, say
        (ROUND, (0, 1.5), None, False),
        (ROUND, (0, 30), True, True),
        (ROUND, (0, 3), False, False),
        (gx.Rule(lambda: 1), (0, 3), None, False),
        (gx.Rule(lambda: 1), (0, 3), True, True),
    ],
)
def test_one_unit_is_as_long_on_both_axes_where_circles_are_meant(mark, ylim, equal, is_equal):
    panel = gx.Panel(mark, x="", y="", xlim=(0, 3), ylim=ylim, equal=equal)
    assert panel.options["equal"] is is_equal


@pytest.mark.parametrize("equal", [True, False])
def test_in_the_picture_a_circle_is_round_if_the_axes_are_equal(equal):
    panel = gx.Panel(ROUND, x="x", y="y", xlim=(0, 3), ylim=(0, 2), equal=equal)
    slider = {"a": IntSlider(value=0, max=1)}
    explorer = gx.explore("round", slider, panel, gx.Panel(
        gx.Rule(lambda a: a), x="x", y="y", xlim=(0, 1), ylim=(0, 1)), sentence="{a}")  # fmt: skip
    picture = Image.open(io.BytesIO(base64.b64decode(explorer.view.picture))).convert("RGB")
    hue = np.array([int(plots.color(0)[i : i + 2], 16) for i in (1, 3, 5)])
    down, across = np.nonzero(np.abs(np.asarray(picture, int) - hue).sum(axis=2) < 60)
    assert (abs(np.ptp(down) - np.ptp(across)) <= 2) == equal


@pytest.mark.parametrize(
    ("pick", "words"),
    [(("p",), "two sliders"), (("p", "nothing"), "'nothing' names no slider over numbers")],
)
def test_a_place_is_picked_for_two_sliders_over_numbers(pick, words):
    sliders = {"p": ipywidgets.FloatSlider(value=0.5, min=0, max=1, step=0.5)}
    with pytest.raises(ValueError, match=words):
        rule = gx.Rule(lambda: 0)
        panel = gx.Panel(rule, x="x", y="y", xlim=(0, 1), ylim=(0, 1), pick=pick)
        gx.explore("picked", sliders, panel, sentence="{p}")
