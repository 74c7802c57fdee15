"""Several climbs in one array are the climbs of `em`, each by itself; so are the bootstrap's."""

import importlib

import numpy as np
import pytest
from references import example

from gmmlib import (
    CollapseError,
    Mixture,
    Prior,
    bootstrap,
    diagonal,
    em,
    full,
    kmeans_plus_plus_start,
    sample,
    spherical,
    tied,
)
from gmmlib.rows import Rows
from gmmlib.together import DataSets, OneDataSet, climb, stack_of

pytestmark = pytest.mark.filterwarnings("error")

NAMES = ("weights", "means", "covariances")
KINDS = pytest.mark.parametrize("covariance", [full, tied, diagonal, spherical])
S = 4


def problem(d, form, n=120):
    """S starts, S data sets (one and the same if it is shared), and these as `climb` reads them."""
    x, truth, _ = example(d, n=n)
    rng = np.random.default_rng(3)
    xs = np.array([x if form == "shared" else sample(truth, n, rng)[0] for _ in range(S)])
    starts = [kmeans_plus_plus_start(x, 3, rng) for _ in range(S)]
    data = OneDataSet(Rows(x)) if form == "shared" else DataSets(xs)
    return xs, starts, data


def together(data, starts, steps, hold=(), **options):
    stack = stack_of(starts, data.summary.mean)
    for name in hold:  # to the last digit
        stack.__dict__[name] = np.array([getattr(start, name) for start in starts])
    return climb(data, stack, steps, hold=frozenset(hold), **options)


def assert_same(found, s, run, rtol=1e-12):
    assert found.steps[s] == run.steps and found.converged[s] == run.converged
    assert found.log_likelihoods[s] == pytest.approx(run.log_likelihood, rel=rtol)
    mixture = found.mixture(s)
    assert (mixture.hold, mixture.covariance) == (run.hold, run.covariance)
    for name in NAMES:
        one, other = getattr(mixture, name), getattr(run.mixture, name)
        np.testing.assert_allclose(one, other, rtol=rtol, atol=10 * rtol)


# --- climb ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("hold", [(), ("weights",), ("means",), ("covariances",)])
@pytest.mark.parametrize("prior", [False, True])
@KINDS
@pytest.mark.parametrize("form", ["shared", "each its own"])
@pytest.mark.parametrize("d", [1, 2])
def test_a_stack_of_climbs_is_em_for_each_of_them(d, form, covariance, prior, hold):
    xs, starts, data = problem(d, form)
    options = {"covariance": covariance, "prior": Prior.weak(xs[0], 3) if prior else None}
    found = together(data, starts, 12, hold, **options)
    for s in range(S):
        assert_same(found, s, em(xs[s], starts[s], hold, 0, 12, **options))


@pytest.mark.parametrize("form", ["shared", "each its own"])
def test_each_climb_of_a_stack_stops_where_em_stops(form):
    xs, starts, data = problem(2, form)
    found = together(data, starts, 500, tolerance=1e-3)
    runs = [em(xs[s], starts[s], tolerance=1e-3, max_steps=500) for s in range(S)]
    assert len({run.steps for run in runs}) > 1
    for s, run in enumerate(runs):
        # hundreds of steps enlarge rounding where EM crawls
        assert_same(found, s, run, rtol=1e-9)
        gains = np.diff(run.log_likelihoods)[-2:]
        np.testing.assert_allclose(found.gains[s], gains, atol=1e-9)
        assert found.heights[s] == found.log_likelihoods[s]


def test_weights_go_with_a_stack():
    x, _, _ = example(n=120)
    weight = np.random.default_rng(1).integers(0, 3, size=120)
    starts = problem(2, "shared")[1]
    found = together(OneDataSet(Rows(x, sample_weight=weight)), starts, 12)
    for s in range(S):
        assert_same(found, s, em(x, starts[s], (), 0, 12, sample_weight=weight))


def test_the_height_of_a_stack_is_the_log_posterior():
    xs, starts, data = problem(2, "each its own")
    prior = Prior.weak(xs[0], 3)
    found = together(data, starts, 5, prior=prior)
    for s in range(S):
        mixture = found.mixture(s)
        height = found.log_likelihoods[s] + prior.log_density(mixture, np.zeros(2))
        assert found.heights[s] == pytest.approx(height, rel=1e-12)


@pytest.mark.parametrize("form", ["shared", "each its own"])
@pytest.mark.parametrize("which", [[0], [1, 3], [0, 1, 2, 3]])
def test_a_climb_that_collapses_is_nan_and_disturbs_no_other(which, form):
    xs, starts, data = problem(1, form)
    clean = together(data, starts, 12)
    for s in which:
        needle = Mixture([0.9, 0.05, 0.05], [0, 3, xs[s][s]], [9, 9, 1e-9])
        with pytest.raises(CollapseError):
            em(xs[s], needle, (), 0, 12)
        starts[s] = needle
    found = together(data, starts, 12)
    for s in range(S):
        if s in which:
            assert np.isnan(found.log_likelihoods[s]) and np.isnan(found.heights[s])
            assert found.mixture(s) is None and not found.converged[s]
        else:
            assert found.log_likelihoods[s] == pytest.approx(clean.log_likelihoods[s], rel=1e-13)
            np.testing.assert_allclose(found.affine[s], clean.affine[s], rtol=1e-12, atol=1e-12)


def test_no_steps_at_all_are_the_starts():
    xs, starts, data = problem(2, "shared")
    found = together(data, starts, 0)
    for s in range(S):
        assert_same(found, s, em(xs[s], starts[s], max_steps=0))


def test_a_data_set_far_from_the_others_keeps_its_digits():
    xs, starts, _ = problem(2, "each its own")
    xs[2] += 1e6
    start = starts[2]
    starts[2] = Mixture(start.weights, start.means + 1e6, start.covariances)
    found = together(DataSets(xs), starts, 12)
    for s in range(S):
        # a coordinate keeps 10 digits there
        assert_same(found, s, em(xs[s], starts[s], (), 0, 12), rtol=1e-9 if s == 2 else 1e-12)


# --- the bootstrap -------------------------------------------------------------------------------


def again(fitted, n, refits, seed=1):
    """The data sets that the bootstrap draws: each has a seed of its own."""
    seeds = np.random.default_rng(seed).integers(2**63, size=refits)
    return [sample(fitted, n, np.random.default_rng(s))[0] for s in seeds]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tolerance": 1e-3},
        {"max_steps": 7},
        {"covariance": tied},
        {"covariance": spherical, "hold": "weights"},
        {"prior": Prior([0, 0], 0.01, np.eye(2), 4)},
        {"hold": ("means", "covariances")},
        {"start": example(K=2)[2]},
    ],
    ids=[
        "all free", "a tolerance", "7 steps", "tied",
        "spherical, weights held", "a prior", "means, covariances held", "a start",
    ],
)  # fmt: skip
def test_each_refit_is_em_on_its_data_set(options):
    _, truth, _ = example()
    refits = bootstrap(truth, 80, np.random.default_rng(2), 6, **{"max_steps": 60, **options})
    assert len(refits) == 6
    options = {"tolerance": 1e-6, "max_steps": 60, **options}
    start = options.pop("start", truth)
    for b, x in enumerate(again(truth, 80, 6, seed=2)):
        run = em(x, start, **options)
        assert refits.converged[b] == run.converged
        assert refits.log_likelihoods[b] == pytest.approx(run.log_likelihood, rel=1e-10)
        for name in NAMES:
            refit, mixture = getattr(refits, name)[b], getattr(run.mixture, name)
            np.testing.assert_allclose(refit, mixture, rtol=1e-7, atol=1e-7)


def test_a_run_is_refitted_as_it_was_fitted():
    x, truth, _ = example(d=2)
    run = em(x, truth, "weights", covariance=tied)
    refits = bootstrap(run, 100, np.random.default_rng(1), 5)
    np.testing.assert_array_equal(refits.weights, [run.mixture.weights] * 5)
    np.testing.assert_array_equal(refits.covariances[:, :1], refits.covariances[:, 1:2])
    free = bootstrap(run, 100, np.random.default_rng(1), 5, hold=(), covariance=full)
    assert np.ptp(free.weights, axis=0).min() > 0
    assert np.abs(np.diff(free.covariances, axis=1)).min() > 0


def test_refits_have_the_form_of_the_mixture():
    _, truth, _ = example(d=1)
    refits = bootstrap(truth, 90, np.random.default_rng(1), 4, max_steps=5)
    assert refits.weights.shape == refits.means.shape == refits.covariances.shape == (4, 3)
    assert refits.log_likelihoods.shape == refits.converged.shape == (4,)


def test_refits_spread_as_the_theory_of_large_samples_says():
    # One component: the mean of n points has variance σ² / n, their variance 2 σ⁴ / n.
    refits = bootstrap(Mixture([1], [5], [4]), 100, np.random.default_rng(1), 1000)
    assert refits.collapsed == 0
    # a variance from 1000 values is known to a share √(2 / 1000) = 0.045
    assert refits.means.var() == pytest.approx(4 / 100, rel=0.2)
    assert refits.covariances.var() == pytest.approx(2 * 16 / 100, rel=0.2)


def test_refits_that_collapse_are_counted_and_nan():
    _, truth, _ = example()
    refits = bootstrap(truth, 14, np.random.default_rng(1), 30)
    lost = np.isnan(refits.log_likelihoods)
    assert 0 < refits.collapsed == lost.sum() < 30
    for name in NAMES:
        values = getattr(refits, name)
        assert np.isnan(values[lost]).all() and np.isfinite(values[~lost]).all()
    assert not refits.converged[lost].any()
    for x, collapsed in zip(again(truth, 14, 30), lost):
        if collapsed:
            with pytest.raises(CollapseError):
                em(x, truth, tolerance=1e-6)


def test_large_data_sets_climb_in_turn_and_small_ones_in_chunks(monkeypatch):
    _, truth, _ = example()
    expected = bootstrap(truth, 60, np.random.default_rng(1), 5, max_steps=9)
    module = importlib.import_module("gmmlib.bootstrap")
    for numbers in (1, 1200):  # each alone; and two together, since 60 rows take 6 + 3 numbers each
        monkeypatch.setattr(module, "CHUNK", numbers)
        refits = bootstrap(truth, 60, np.random.default_rng(1), 5, max_steps=9)
        np.testing.assert_allclose(refits.means, expected.means, rtol=1e-10)
        np.testing.assert_allclose(refits.log_likelihoods, expected.log_likelihoods, rtol=1e-12)


def test_refits_keep_their_seeds_and_equal_generators_give_equal_data():
    _, truth, _ = example(d=1)
    refits = bootstrap(truth, 60, np.random.default_rng(1), 5)
    x, _ = sample(truth, 60, np.random.default_rng(refits.seeds[3]))
    run = em(x, truth, tolerance=1e-6)
    assert refits.log_likelihoods[3] == pytest.approx(run.log_likelihood, rel=1e-10)
    other = bootstrap(truth, 60, np.random.default_rng(1), 5, start=Mixture([1], [0], [1]))
    np.testing.assert_array_equal(refits.seeds, other.seeds)
    assert other.weights.shape == (5, 1)


def test_of_several_starts_each_data_set_keeps_its_highest_end():
    # from two equal components EM never leaves the single bell
    _, truth, _ = example(d=1, K=2)
    twins = Mixture([0.5, 0.5], [0, 0], [1, 1])
    poor, good, both = (
        bootstrap(truth, 50, np.random.default_rng(2), 8, start=start, covariance=tied)
        for start in (twins, truth, [twins, truth])
    )
    assert (poor.log_likelihoods < good.log_likelihoods - 1).any()
    highest = np.fmax(poor.log_likelihoods, good.log_likelihoods)
    np.testing.assert_array_equal(both.log_likelihoods, highest)
    won = good.log_likelihoods >= poor.log_likelihoods
    np.testing.assert_array_equal(both.means[won], good.means[won])


def test_a_start_that_collapses_does_not_win():
    _, truth, _ = example(d=1, K=2)
    lost = Mixture([0.5, 0.5], [0, 1000], [1, 1e-6])  # no point is near component 1
    alone, none, *both = (
        bootstrap(truth, 50, np.random.default_rng(2), 8, start=start)
        for start in (truth, lost, [truth, lost], [lost, truth])
    )
    assert none.collapsed == 8 and alone.collapsed == 0
    for refits in both:
        np.testing.assert_array_equal(refits.log_likelihoods, alone.log_likelihoods)


def test_starts_of_different_kinds_need_to_be_told_what_to_fit():
    x, truth, _ = example(d=1, K=2)
    starts = [truth, em(x, truth, covariance=tied).mixture]
    refits = bootstrap(truth, 50, np.random.default_rng(2), 3, start=starts, covariance=tied)
    assert np.ptp(refits.covariances, axis=1).max() < 1e-12
    with pytest.raises(ValueError, match="say which kind to fit"):
        bootstrap(truth, 50, np.random.default_rng(2), 3, start=starts)
    held = em(x, truth, hold="weights").mixture
    with pytest.raises(ValueError, match="say what to hold"):
        bootstrap(truth, 50, np.random.default_rng(2), 3, start=[truth, held])


def test_progress_is_told_as_the_refits_come_in(monkeypatch):
    monkeypatch.setattr(importlib.import_module("gmmlib.bootstrap"), "CHUNK", 1200)
    told = []
    bootstrap(example()[1], 60, np.random.default_rng(1), 5, max_steps=3,
              progress=lambda *done: told.append(done))  # fmt: skip
    assert told == [(2, 5), (4, 5), (5, 5)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fitted": 3}, "fitted must be a Mixture, not int"),
        ({"n": 2}, "n must be at least 3, not 2"),
        ({"n": 50.0}, "n must be a whole number"),
        ({"rng": 1}, "rng must be a numpy.random.Generator"),
        ({"refits": 0}, "refits must be at least 1, not 0"),
        ({"start": 3}, "start must be a Mixture, not int"),
        ({"start": []}, "start has no mixture in it"),
        ({"start": [example(K=2)[2], example(K=3)[2]]}, "starts of 2 and of 3 components"),
        ({"start": example(d=1)[2]}, "a start in 1 dimensions, data in 2"),
        ({"hold": "weigths"}, "hold takes any of weights, means, covariances"),
        ({"covariance": "tied"}, "covariance takes one of the functions full, tied"),
        ({"tolerance": -1}, "tolerance must be at least 0, not -1"),
        ({"max_steps": -1}, "max_steps must be at least 0, not -1"),
        ({"progress": 3}, "progress must be a function of"),
    ],
)
def test_what_cannot_be_refitted_is_refused(given, message):
    fitted = {"fitted": example()[1], "n": 50, "rng": np.random.default_rng(1)}
    with pytest.raises(ValueError, match=message):
        bootstrap(**{**fitted, **given})
