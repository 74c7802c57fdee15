"""The page's numbers are those of gmmlib, and what a reader did never raises."""

import contextlib
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gmmlib
from gmmlib import Mixture, bic, data, e_step, em, fit, m_step, responsibilities
from gmmlib.playground import Playground
from gmmlib.playground.begin import KINDS
from gmmlib.playground.desk import REQUESTS
from gmmlib.playground.refusal import MOST_K
from gmmlib.playground.sets import SETS

COVARIANCES = list(KINDS)


def told(answer):
    """An answer that is no refusal, as JSON brings it."""
    assert "refused" not in answer, answer["refused"]
    return json.loads(json.dumps(answer, allow_nan=False))


class Desk:
    """A playground that is asked as JavaScript asks it."""

    def __init__(self, *requests):
        self.playground = Playground()
        for request in requests:
            told(self.ask(**request))

    def ask(self, do, **request):
        text = json.dumps({"do": do, **request})
        return json.loads(self.playground.ask_text(text))


FAITHFUL = {"do": "data", "set": "old_faithful"}
GALAXIES = {"do": "data", "set": "galaxies"}


def csv_of(x):
    """The text of a file with these points."""
    X = np.asarray(x).reshape(len(x), -1)
    names = ["x", "y"][: X.shape[1]]
    return "\n".join([",".join(names), *(",".join(map(repr, row)) for row in X.tolist())])


def with_file(x):
    desk = Desk({"do": "read", "text": csv_of(x)})
    told(desk.ask("data", columns=["x", "y"][: 1 if np.ndim(x) == 1 else 2]))
    return desk


def is_mixture(state, mixture, tolerance=1e-9):
    close = {"rtol": tolerance, "atol": tolerance}
    np.testing.assert_allclose(state["weights"], mixture.weights, **close)
    np.testing.assert_allclose(state["means"], mixture.locations, **close)
    flat = np.reshape(mixture.covariances, (mixture.K, mixture.d, mixture.d))
    np.testing.assert_allclose(state["covariances"], flat, **close)


def of_state(state, d):
    """The mixture that a state says."""
    means, covariances = np.array(state["means"]), np.array(state["covariances"])
    if d == 1:
        means, covariances = means[:, 0], covariances[:, 0, 0]
    return Mixture(np.array(state["weights"]), means, covariances)


# ---- the page's numbers are those of gmmlib ------------------------------------------------------


@settings(max_examples=20)
@given(
    st.integers(0, 10_000),
    st.sampled_from([1, 2]),
    st.integers(1, 4),
    st.sampled_from(COVARIANCES),
    st.sampled_from(["random", "k-means++"]),
)
def test_steps_are_those_of_gmmlib_on_the_same_file(seed, d, K, kind, how):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(60, d)) + 4 * rng.integers(K, size=60)[:, None]
    x = x[:, 0] if d == 1 else x
    desk = with_file(x)
    begin = {"random": gmmlib.random_start, "k-means++": gmmlib.kmeans_plus_plus_start}[how]
    mixture = begin(x, K, np.random.default_rng(seed), covariance=KINDS[kind])
    state = told(desk.ask("start", K=K, covariance=kind, how=how, seed=seed))
    is_mixture(state, mixture)
    for step in range(3):
        state = told(desk.ask("step"))
        statistics = e_step(x, mixture)
        assert (state["stage"], state["step"]) == ("E", step)
        assert abs(state["log_likelihood"] - statistics.log_likelihood) < 1e-9
        shares = np.reshape(state["shares"], (K, 60)).T
        assert np.abs(shares - responsibilities(x, mixture)).max() <= 0.5e-3 + 1e-9
        state = told(desk.ask("step"))
        if state["stage"] == "stopped":
            return
        mixture = m_step(statistics, covariance=KINDS[kind])
        assert (state["stage"], state["step"]) == ("M", step + 1)
        is_mixture(state, mixture)


@settings(max_examples=5)
@given(st.integers(0, 10_000), st.sampled_from([1, 2]), st.sampled_from(COVARIANCES))
def test_fit_and_bic_are_those_of_gmmlib_on_the_same_file(seed, d, kind):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(80, d)) + 5 * rng.integers(3, size=80)[:, None]
    x = x[:, 0] if d == 1 else x
    desk = with_file(x)
    state = told(desk.ask("fit", K=3, covariance=kind, seed=seed))
    run = fit(x, 3, np.random.default_rng(seed), covariance=KINDS[kind], race=False)
    is_mixture(state, run.mixture)
    np.testing.assert_allclose(state["log_likelihoods"], run.log_likelihoods, rtol=0, atol=1e-9)
    assert state["stopped"] == run.reason
    finals = [start["log_likelihood"] for start in state["starts"]]
    np.testing.assert_allclose(np.array(finals, float), run.finals, rtol=0, atol=1e-9)
    answer = told(desk.ask("bic", covariance=kind, upto=3, seed=seed))
    options = {"covariance": KINDS[kind], "race": False}
    runs = [fit(x, K, np.random.default_rng(seed), **options) for K in (1, 2, 3)]
    of_gmmlib = [bic(x, run) for run in runs]
    np.testing.assert_allclose(answer["bic"], of_gmmlib, rtol=0, atol=1e-9)
    assert answer["best"] == 1 + int(np.argmin(of_gmmlib))


@pytest.mark.parametrize("kind", COVARIANCES)
def test_half_steps_whole_steps_and_the_way_to_the_end_are_one_climb(kind):
    x = data.old_faithful()
    begin = {"do": "start", "K": 2, "covariance": kind, "how": "k-means++", "seed": 4}
    one, many, end = (Desk(FAITHFUL, begin) for _ in range(3))
    straight = told(end.ask("end"))
    rng = np.random.default_rng(4)
    start = gmmlib.kmeans_plus_plus_start(x, 2, rng, covariance=KINDS[kind])
    run = em(x, start, covariance=KINDS[kind])
    assert straight["log_likelihoods"] == run.log_likelihoods.tolist()
    assert (straight["stopped"], straight["converged"]) == (run.reason, True)
    for _ in range(2 * run.steps + 2):
        last = told(one.ask("step"))
    while told(many.ask("steps", count=3))["stage"] != "stopped":
        pass
    for state in (last, told(many.ask("step"))):
        assert state["stage"] == "stopped" and state["next"] is None
        for name in ("weights", "means", "covariances", "log_likelihoods", "stopped", "shares"):
            assert state[name] == straight[name]


def test_a_climb_that_halts_at_a_saddle_says_so():
    desk = Desk({"do": "data", "points": [[-1], [1], [-2], [2], [0.5]]})
    told(desk.ask("start", how="by hand", means=[[0], [0]]))
    state = told(desk.ask("end"))
    assert state["saddle"] and not state["converged"] and "saddle" in state["stopped"]


def test_a_start_by_hand_has_these_means_and_the_covariance_of_the_data():
    x, means = data.old_faithful(), [[2, 80], [4, 60]]
    state = told(Desk(FAITHFUL).ask("start", how="by hand", means=means))
    covariance = np.cov(x.T, bias=True)
    is_mixture(state, Mixture([0.5, 0.5], means, [covariance] * 2))
    assert state["shares"] is None and state["log_likelihood"] is None


def test_in_which_basin_a_run_is_says_where_ten_random_starts_end():
    x = data.galaxies() / 1000
    desk = Desk({"do": "data", "points": [[value] for value in x.tolist()]})
    told(desk.ask("start", K=3, seed=3))
    told(desk.ask("steps", count=2))
    answer = told(desk.ask("basin", seed=5))
    rng, ends = np.random.default_rng(5), []
    for _ in range(10):
        with contextlib.suppress(gmmlib.CollapseError):
            ends.append(em(x, gmmlib.random_start(x, 3, rng)).log_likelihood)
    assert sum(top["starts"] for top in answer["maxima"]) == len(ends)
    assert answer["collapsed"] == 10 - len(ends)
    assert abs(answer["best"] - max(ends)) < 1e-9
    start = gmmlib.random_start(x, 3, np.random.default_rng(3))
    here = em(x, start).log_likelihood
    assert abs(answer["log_likelihood"] - here) < 1e-6
    near = [abs(top["log_likelihood"] - here) <= 0.01 for top in answer["maxima"]]
    assert [top["here"] for top in answer["maxima"]] == near
    assert answer["basin"] == (near.index(True) if True in near else None)


# ---- the lines that do the same ------------------------------------------------------------------

WAYS = {
    "a start": [],
    "an E-step": ["step"],
    "an M-step": ["step", "step"],
    "steps": [("steps", 4)],
    "steps and a half": [("steps", 4), "step"],
    "the end": ["end"],
}


def executed(lines, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(lines, "lines", "exec"), names)
    return names


def asked(desk, way):
    for step in way:
        do, count = step if isinstance(step, tuple) else (step, 1)
        state = told(desk.ask(do, **({"count": count} if do == "steps" else {})))
    return state


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("how", ["random", "k-means++", "by hand"])
@pytest.mark.parametrize("kind", ["full", "tied"])
def test_the_lines_of_a_climb_give_its_numbers(way, how, kind, tmp_path, monkeypatch):
    x = data.old_faithful()[:100]
    (tmp_path / "mine.csv").write_text(csv_of(x))
    desk = Desk({"do": "read", "text": csv_of(x)})
    told(desk.ask("data", columns=["y", "x"], file="mine.csv"))
    by_hand = {"means": [[80, 2], [60, 4]]} if how == "by hand" else {"K": 2, "seed": 7}
    state = told(desk.ask("start", how=how, covariance=kind, **by_hand))
    state = asked(desk, WAYS[way]) if WAYS[way] else state
    names = executed(told(desk.ask("python"))["lines"], tmp_path, monkeypatch)
    found = names.get("mixture") or (names["run"].mixture if "run" in names else names["start"])
    is_mixture(state, found, 1e-12)
    if "run" in names and state["stage"] != "M":
        heights = names["run"].log_likelihoods
        np.testing.assert_allclose(state["log_likelihoods"], heights, rtol=0, atol=1e-9)


@pytest.mark.parametrize("key", SETS)
@pytest.mark.parametrize("kind", COVARIANCES)
def test_the_lines_of_a_fit_give_its_numbers(key, kind, tmp_path, monkeypatch, capsys):
    desk = Desk({"do": "data", "set": key})
    state = told(desk.ask("fit", K=2, covariance=kind, seed=11))
    names = executed(told(desk.ask("python"))["lines"], tmp_path, monkeypatch)
    is_mixture(state, names["run"].mixture, 1e-12)


def test_the_lines_of_drawn_points_bring_the_points_and_those_of_bic_print_it(
    tmp_path, monkeypatch
):
    points = np.random.default_rng(3).normal(size=(30, 2)).tolist()
    desk = Desk({"do": "data", "points": points})
    answer = told(desk.ask("bic", upto=2, covariance="spherical", seed=2))
    monkeypatch.chdir(tmp_path)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(told(desk.ask("python"))["lines"], {})
    assert said.getvalue().split() == ["1", str(answer["bic"][0]), "2", str(answer["bic"][1])]


def test_a_fit_that_is_gone_on_with_by_hand_or_loaded_has_lines_too(tmp_path, monkeypatch):
    desk = Desk(GALAXIES, {"do": "fit", "K": 3, "seed": 1})
    saved = told(desk.ask("json"))["json"]
    told(desk.ask("load", json=saved))
    state = told(desk.ask("steps", count=1))
    names = executed(told(desk.ask("python"))["lines"], tmp_path, monkeypatch)
    is_mixture(state, names["run"].mixture, 1e-12)


# ---- what is saved, and what comes back ----------------------------------------------------------


@pytest.mark.parametrize("of", [FAITHFUL, GALAXIES])
@pytest.mark.parametrize("kind", COVARIANCES)
def test_a_fitted_mixture_comes_back_to_the_last_digit(of, kind):
    desk = Desk(of, {"do": "fit", "K": 2, "covariance": kind})
    saved = told(desk.ask("json"))["json"]
    state = told(desk.ask("load", json=saved))
    again = told(desk.ask("json"))["json"]
    for name in ("weights", "means", "covariances", "covariance", "K", "d"):
        assert again[name] == saved[name]
    mixture = Mixture(saved["weights"], saved["means"], saved["covariances"])
    is_mixture(state, mixture, 0)


@pytest.mark.parametrize("of", [FAITHFUL, GALAXIES])
@pytest.mark.parametrize("way", [name for name in WAYS if name != "a start"])
def test_a_new_playground_goes_on_from_a_state_as_the_old_one(of, way):
    old = Desk(of, {"do": "start", "K": 3, "seed": 5})
    state = asked(old, WAYS[way])
    new = Desk(of)
    back = told(new.ask("restore", state=state))
    for name in set(state) - {"covariances"}:
        assert back[name] == state[name]
    for desk in (old, new):
        desk.end = told(desk.ask("end"))
    assert old.end["step"] == new.end["step"] and old.end["stopped"] == new.end["stopped"]
    is_mixture(new.end, of_state(old.end, old.end["d"]))
    assert told(old.ask("python")) == told(new.ask("python"))


def test_the_same_requests_give_the_same_answers():
    requests = [
        {"do": "data", "set": "leaning"},
        {"do": "start", "K": 3, "how": "k-means++", "seed": 9},
        {"do": "steps", "count": 5},
        {"do": "basin"},
        {"do": "fit", "K": 4, "seed": 2},
        {"do": "bic", "upto": 3},
        {"do": "python"},
    ]
    one, two = Playground(), Playground()
    for request in requests:
        assert one.ask(request) == two.ask(request)


# ---- what a reader did that cannot be done -------------------------------------------------------

THREE = {"do": "data", "points": [[1], [2], [3]]}
SPIKE = {"weights": [0.5, 0.5], "means": [1, 3.01], "covariances": [1, 1]}


@pytest.fixture
def collapse():
    """The collapse of a component onto one point, as `em` tells it."""
    with pytest.raises(gmmlib.CollapseError) as raised:
        em([1, 2, 3], Mixture(**SPIKE))
    return raised.value


def test_a_collapse_names_the_component_and_the_step_and_what_was_before_stays(collapse):
    desk = Desk(THREE, {"do": "load", "json": SPIKE})
    while "refused" not in (answer := desk.ask("step")):
        last = answer
    assert (answer["component"], answer["step"]) == (collapse.component, collapse.step)
    named = f"component 1 collapsed onto one point (no variance left) at step {collapse.step}"
    assert answer["refused"].startswith(named)
    assert answer["advice"] == "try another start, fewer components, or tied covariances"
    assert {**answer["state"], "words": last["words"]} == last
    assert desk.ask("step")["refused"] == answer["refused"]
    assert told(desk.ask("start", K=1))["stage"] == "start"


@pytest.mark.parametrize("do", ["steps", "end"])
def test_a_collapse_on_a_long_way_says_at_which_step(do, collapse):
    desk = Desk(THREE, {"do": "load", "json": SPIKE})
    answer = desk.ask(do, **({"count": 1000} if do == "steps" else {}))
    assert (answer["component"], answer["step"]) == (collapse.component, collapse.step)
    state = answer["state"]
    assert (state["stage"], state["step"]) == ("E", collapse.step - 1)
    is_mixture(state, collapse.run.mixture, 1e-12)


def test_where_every_start_collapses_the_fit_is_refused_and_the_climb_before_it_stays():
    desk = Desk({"do": "data", "points": [[1], [1], [1], [1], [2], [2], [2]]})
    told(desk.ask("start", K=2, covariance="tied"))
    state = told(desk.ask("step"))
    answer = desk.ask("fit", K=2)
    assert "as one did from each of the 10 starts" in answer["refused"]
    assert {**answer["state"], "words": state["words"]} == state


NOTHING, DRAWN = [], [{"do": "data", "points": [[1, 2], [3, 4], [5, 7], [5, 7], [2, 8]]}]
ON_A_LINE = [{"do": "data", "points": [[1, 2], [2, 4], [3, 6], [5, 10]], "names": ["cm", "in"]}]
REFUSED = [
    (NOTHING, {"do": "start", "K": 2}, "there are no points yet", "data"),
    (NOTHING, {"do": "data", "columns": ["x"]}, "there is no file yet", "file"),
    (NOTHING, {"do": "fly"}, "do must be one of", None),
    (NOTHING, {"do": "data", "points": []}, "not no points", "data"),
    (NOTHING, {"do": "data", "points": [[1, 2]]}, "not one point", "data"),
    (NOTHING, {"do": "data", "points": [[1, 2], [1, 2]]}, "2 points, all at one place", "data"),
    (NOTHING, {"do": "data", "points": [[1, 2], [1]]}, "row 2 of points has 1 numbers", "data"),
    (NOTHING, {"do": "data", "points": [[1], ["a"]]}, "row 2 of points must be a number", "data"),
    (NOTHING, {"do": "data", "points": [[1], [10**400]]}, "row 2 of points must be fin", "data"),
    (NOTHING, {"do": "data", "points": [[1], [1e200]]}, "measure it in another unit", "data"),
    (NOTHING, {"do": "data", "points": [[0], [1e-200]]}, "variance is too small", "data"),
    (NOTHING, {"do": "data", "points": [[1, 2, 3]]}, "must be 1 or 2 numbers", "data"),
    (NOTHING, {"do": "data", "set": "iris"}, "set must be one of old_faithful", "set"),
    (DRAWN, {"do": "step"}, "nothing has been started yet", "start"),
    (DRAWN, {"do": "start", "K": 6}, "6 components need at least 6 points, not 5", "K"),
    (DRAWN, {"do": "start", "K": 5}, "of the 5 points only 4 are different", "K"),
    (DRAWN, {"do": "fit", "K": 5}, "of the 5 points only 4 are different", "K"),
    (DRAWN, {"do": "start", "K": 0}, f"K must be from 1 to {MOST_K}, not 0", "K"),
    (DRAWN, {"do": "start", "K": 2.5}, "K must be a whole number, not 2.5", "K"),
    (DRAWN, {"do": "start"}, "K must be a whole number, not None", "K"),
    (DRAWN, {"do": "start", "K": 2, "seed": -1}, "seed must be from 0", "seed"),
    (DRAWN, {"do": "start", "K": 2, "covariance": "round"}, "one of full, tied", "covariance"),
    (DRAWN, {"do": "start", "K": 2, "how": "luck"}, "how must be one of random", "how"),
    (DRAWN, {"do": "start", "how": "by hand"}, "means must be a list of rows", "start"),
    (DRAWN, {"do": "start", "how": "by hand", "means": []}, "from 1 to 20 means", "start"),
    (DRAWN, {"do": "start", "how": "by hand", "means": [[1]]}, "must be 2 numbers", "start"),
    (DRAWN, {"do": "load", "json": {"weights": [1]}}, "it has no means, covariances", "file"),
    (DRAWN, {"do": "load", "json": []}, "a saved mixture is needed", "file"),
    (DRAWN, {"do": "restore", "state": {}}, "no saved mixture", "file"),
    (ON_A_LINE, {"do": "start", "K": 2}, 'column "in" follows from column "cm"', "covariance"),
]


@pytest.mark.parametrize(("before", "request_", "words", "about"), REFUSED)
def test_a_refusal_says_what_was_needed_and_what_came(before, request_, words, about):
    answer = Desk(*before).ask(**request_)
    assert words in answer["refused"] and answer.get("about") == about
    assert "mistake" not in answer


def test_points_on_a_line_have_spherical_covariances():
    desk = Desk(*ON_A_LINE)
    assert told(desk.ask("start", K=2, covariance="spherical"))["stage"] == "start"


def test_after_a_refusal_everything_stands_as_it_was():
    desk = Desk(*DRAWN, {"do": "start", "K": 2, "covariance": "spherical"})
    told(desk.ask("steps", count=2))
    lines = told(desk.ask("python"))
    refused = [request for _, request, *_ in REFUSED if request["do"] != "step"]
    assert all("refused" in desk.ask(**request) for request in refused[1:-1])
    assert told(desk.ask("python")) == lines
    assert told(desk.ask("step"))["step"] == 3


def test_a_k_without_a_fit_has_no_bic_and_a_note_says_why_and_the_lines_pass_over_it(capsys):
    desk = Desk(*DRAWN)
    answer = told(desk.ask("bic", covariance="spherical"))
    assert answer["bic"][0] is not None and answer["bic"][4:] == [None] * 4
    assert any("K = 5: 5 components need at least 5 different points" in n for n in answer["notes"])
    exec(told(desk.ask("python"))["lines"], {})
    known = [f"{K} {value}" for K, value in enumerate(answer["bic"], 1) if value is not None]
    assert capsys.readouterr().out.splitlines() == known


def test_a_point_that_is_too_far_from_every_component_is_named_by_its_row():
    desk = Desk({"do": "data", "points": [[0], [1], [2]]})
    told(desk.ask("load", json={"weights": [1], "means": [1e180], "covariances": [1]}))
    answer = desk.ask("step")
    assert "row 0" in answer["refused"] and "mistake" not in answer


words = st.sampled_from(["read", "data", "sets", *REQUESTS, "", "K", "how", "means", "state"])
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*COVARIANCES, "random", "by hand", "old_faithful", "x", "y"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    "text columns points set names K covariance how means seed count starts upto json state "
    "missing file weights covariances".split()
)
odd_requests = st.builds(
    lambda do, more: {"do": do, **more},
    st.sampled_from([*REQUESTS, "fly"]),
    st.dictionaries(keys, anything, max_size=4),
)
hostile = st.text(
    alphabet=st.sampled_from("0123456789.,;\t|\"' \n\r-+eEnaNAif?_x\ufeff\0é"), max_size=120
)


def never_raises(playground, request):
    answer = playground.ask(request)
    assert "mistake" not in answer, answer
    json.dumps(answer, allow_nan=False)
    return answer


@settings(max_examples=120)
@given(st.lists(odd_requests, max_size=4), anything)
def test_no_request_raises(requests, odd):
    playground = Playground()
    never_raises(playground, odd)
    never_raises(playground, {"do": "data", "points": [[1, 2], [3, 4], [5, 7], [2, 8]]})
    never_raises(playground, {"do": "start", "K": 2})
    for request in requests:
        never_raises(playground, request)


@settings(max_examples=120)
@given(hostile)
def test_no_file_raises(text):
    playground = Playground()
    answer = never_raises(playground, {"do": "read", "text": text})
    if "refused" in answer:
        return
    answer = never_raises(playground, {"do": "data", "columns": answer["chosen"]})
    if "refused" in answer:
        return
    for kind in ("full", "spherical"):
        never_raises(playground, {"do": "start", "K": 2, "covariance": kind})
        never_raises(playground, {"do": "steps", "count": 3})
        never_raises(playground, {"do": "step"})
        never_raises(playground, {"do": "fit", "K": 2, "covariance": kind, "starts": 2})
    never_raises(playground, {"do": "python"})


# ---- large files, and NumPy alone ----------------------------------------------------------------


def test_two_hundred_thousand_rows_are_fitted_and_five_thousand_drawn():
    x = np.random.default_rng(1).normal(size=(200_000, 2)).round(4)
    x[::3] += 6
    desk, again = with_file(x), with_file(x)
    answer = told(desk.ask("data", columns=["x", "y"]))
    assert (answer["n"], answer["shown"], len(answer["points"])) == (200_000, 5000, 5000)
    assert "5000 of the 200000 points are drawn" in answer["notes"][0]
    assert answer == told(again.ask("data", columns=["x", "y"]))
    seen = []
    request = {"do": "fit", "K": 2, "seed": 1}
    state = told(desk.playground.ask(request, lambda told: seen.append(told)))
    assert len(seen) > 3 and seen[-1]["step"] == state["step"]
    assert len(state["shares"]) == 2 * 5000
    assert "The starts climbed on 5000 of the 200000 points" in state["words"]
    is_mixture(state, fit(x, 2, np.random.default_rng(1), race=False).mixture)


ALONE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {names}:
            print("asked for", name)
            raise ImportError(name)

sys.meta_path.insert(0, Refuse())
import numpy as np
from gmmlib.playground import Playground

playground = Playground()
x = np.random.default_rng(1).normal(size=(150_000, 2))
text = "x,y\\n" + "\\n".join(f"{{a}},{{b}}" for a, b in x.tolist())
requests = [
    {{"do": "sets"}},
    {{"do": "read", "text": text}},
    {{"do": "data", "columns": ["x", "y"]}},
    {{"do": "start", "K": 20}},
    {{"do": "steps", "count": 2}},
    {{"do": "data", "set": "old_faithful"}},
    {{"do": "start", "K": 3, "how": "k-means++"}},
    {{"do": "step"}},
    {{"do": "end"}},
    {{"do": "basin"}},
    {{"do": "fit", "K": 4}},
    {{"do": "bic", "upto": 3}},
    {{"do": "python"}},
    {{"do": "json"}},
]
for request in requests:
    answer = playground.ask(request)
    assert "refused" not in answer, answer
"""


def test_everything_that_the_page_asks_runs_on_numpy_alone():
    names = ["scipy", "matplotlib", "sklearn", "ipywidgets", "anywidget", "dask", "pandas"]
    code = ALONE.format(names=[*names, "threadpoolctl"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split("\n")) <= {"", "asked for threadpoolctl"}


def test_without_threads_the_sums_are_the_same(monkeypatch):
    x = np.random.default_rng(2).normal(size=(20_000, 2))
    start = gmmlib.random_start(x, 3, np.random.default_rng(1))
    with_threads = e_step(x, start, threads=3).log_likelihood
    monkeypatch.setattr("gmmlib.rows.HAS_THREADS", False)
    monkeypatch.setattr("threading.Thread.start", None)
    assert e_step(x, start, threads=3).log_likelihood == with_threads


def test_the_lines_say_under_which_name_a_pasted_table_is_to_be_saved():
    desk = with_file([1.0, 2.0, 4.0])
    saved = "# the table that you pasted, saved as your_data.csv\nx = read_points('your_data.csv'"
    assert saved in told(desk.ask("python"))["lines"]
    told(desk.ask("data", columns=["x"], file="mine.csv"))
    assert "saved as" not in told(desk.ask("python"))["lines"]
