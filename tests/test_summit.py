"""EM stands still at saddles too: only a maximum is called converged."""

import importlib

import numpy as np
import pytest
from references import example, way

from gmmlib import (
    Mixture,
    Prior,
    diagonal,
    em,
    fit,
    full,
    log_likelihood,
    sample,
    spherical,
    tied,
)

KINDS = pytest.mark.parametrize("covariance", [full, tied, diagonal, spherical])


def twins(start, apart=0.0):
    """The start with its last component in the place of the one before, or so far from there.

    The two come first: where the BLAS takes rows of a product two at a time (AVX2), an even row
    and the odd one after it round alike, and equal components stay equal.
    """
    means, covariances = start.means.copy(), start.covariances.copy()
    means[-1], covariances[-1] = means[-2] + apart, covariances[-2]
    last, before = start.K - 1, start.K - 2
    made = Mixture(start.weights, means, covariances)
    return made.reordered([before, last, *range(before)])


def assert_is_known_for_a_saddle(run):
    assert not run.converged and run.distance == np.inf
    assert "at a saddle and not at a maximum" in run.reason


@pytest.fixture
def e_steps(monkeypatch):
    """Counts the passes over the data."""
    module = importlib.import_module("gmmlib.em")
    summed, passes = module.summed, []
    monkeypatch.setattr(module, "summed", lambda *given: passes.append(1) or summed(*given))
    return passes


# --- saddles -------------------------------------------------------------------------------------


@pytest.mark.parametrize("accelerate", [False, True])
@pytest.mark.parametrize("apart", [0.0, 1e-13])
@pytest.mark.parametrize("d", [1, 2])
def test_two_equal_components_are_not_called_converged(d, apart, accelerate):
    x, _, start = example(d)
    top = em(x, start, tolerance=1e-6, max_steps=5000).log_likelihood
    start = twins(start, apart)
    run = em(x, start, tolerance=1e-6, max_steps=5000, accelerate=accelerate)
    if apart and run.converged:  # far enough apart to part
        assert run.log_likelihood > top - 0.01
    else:
        assert_is_known_for_a_saddle(run)
        assert way(run.mixture, run.mixture.reordered([1, 0, 2])) < 1e-6
        assert run.log_likelihood < top - 0.1


@pytest.mark.parametrize("prior", [False, True])
@KINDS
def test_a_saddle_is_one_for_each_kind_of_covariance_and_with_a_prior(covariance, prior):
    x, _, start = example()
    given = {"covariance": covariance, "prior": Prior.weak(x, 3) if prior else None}
    run = em(x, twins(start), **given)
    assert_is_known_for_a_saddle(run)
    # It is one: somewhere near lies a place from which EM goes higher.
    rng = np.random.default_rng(1)
    means = run.mixture.means + 0.1 * rng.normal(size=(3, 2))
    near = em(x, Mixture(run.mixture.weights, means, run.mixture.covariances), **given)
    assert near.log_likelihood > run.log_likelihood + 1


def test_all_components_equal_are_one_gaussian_and_a_saddle():
    x, _ = sample(Mixture([0.5, 0.5], [-3, 3], [1, 1]), 500, np.random.default_rng(2))
    run = em(x, Mixture([0.3, 0.7], [0, 0], [4, 4]))
    assert_is_known_for_a_saddle(run)
    np.testing.assert_allclose(run.mixture.means, x.mean(), rtol=1e-9)
    np.testing.assert_allclose(run.mixture.covariances, x.var(), rtol=1e-9)


@pytest.mark.parametrize(
    "how", ["blocks", "weights", "light", "heavy", "missing", "shifted", "unit"]
)
def test_however_the_rows_come_a_saddle_is_one(how):
    x, _, start = example()
    start = twins(start)
    rng = np.random.default_rng(3)
    weight = {"weights": rng.uniform(0, 2, 600), "light": np.full(600, 1e-6), "heavy": 1e6}
    options = {"sample_weight": np.full(600, weight[how])} if how in weight else {}
    if how == "blocks":
        x = [x[:200], x[200:]]
    elif how == "missing":
        x, options = np.where(rng.random(x.shape) < 0.05, np.nan, x), {"missing": True}
    elif how == "shifted":
        x, start = x + 1e4, Mixture(start.weights, start.means + 1e4, start.covariances)
    elif how == "unit":
        x, start = 1e6 * x, Mixture(start.weights, 1e6 * start.means, 1e12 * start.covariances)
    assert_is_known_for_a_saddle(em(x, start, **options))


def test_a_start_with_the_symmetry_of_the_data_ends_at_a_saddle():
    half = np.random.default_rng(1).normal(size=300)
    x = np.r_[half - 5, half, -half, 5 - half]  # three groups, the middle one for both components
    start = Mixture([0.5, 0.5], [-1, 1], [1, 1])
    run = em(x, start)
    assert_is_known_for_a_saddle(run)
    np.testing.assert_allclose(run.mixture.means, -run.mixture.means[::-1], atol=1e-6)
    other = em(x, Mixture([0.5, 0.5], [-1, 1.1], [1, 1]))
    assert other.converged and other.log_likelihood > run.log_likelihood + 1


# --- from near a saddle --------------------------------------------------------------------------


@pytest.mark.parametrize("accelerate", [False, True])
def test_components_a_billionth_apart_part_and_reach_the_maximum(accelerate):
    x, _, start = example(K=2)
    top = em(x, start)
    run = em(x, twins(start, 1e-9), accelerate=accelerate, max_steps=5000)
    assert run.converged and run.log_likelihood == pytest.approx(top.log_likelihood, abs=1e-6)


def test_a_start_at_a_saddle_moved_a_little_leaves_it():
    x, _, start = example()
    saddle = em(x, twins(start)).mixture
    means = saddle.means + [[0, 0], [0.05, 0], [-0.05, 0]]
    run = em(x, Mixture(saddle.weights, means, saddle.covariances), max_steps=5000)
    assert run.converged and run.log_likelihood > log_likelihood(x, saddle) + 1


# --- maxima --------------------------------------------------------------------------------------


@pytest.mark.parametrize("prior", [False, True])
@pytest.mark.parametrize("hold", [(), "weights", "means", ("weights", "means")])
def test_at_a_maximum_the_look_round_costs_few_passes_and_is_no_step(hold, prior, e_steps):
    x, truth, _ = example()
    seen = []
    options = {"prior": Prior.weak(x, 3) if prior else None}
    run = em(x, truth, hold, on_step=lambda *step: seen.append(step), **options)
    assert run.converged
    assert 0 < len(e_steps) - run.e_steps <= 15
    assert len(seen) == run.steps + 1 == run.e_steps


@KINDS
def test_the_maximum_is_converged_for_each_kind_of_covariance(covariance, e_steps):
    x, truth, _ = example(2, K=2)
    run = em(x, truth, covariance=covariance)
    assert run.converged and run.reason.startswith("converged")
    assert len(e_steps) - run.e_steps <= 15


def test_a_maximum_to_which_em_crawls_is_no_saddle():
    start = Mixture([0.5, 0.5], [-0.7, 0.7], [1, 1])
    x, _ = sample(start, 500, np.random.default_rng(1))
    assert not em(
        x, start, max_steps=3000
    ).converged  # a step goes less than a share 1e-3 of the way
    run = em(x, start, accelerate=True)
    assert run.converged
    for apart in (-0.2, 0.2):
        near = Mixture(
            run.mixture.weights, run.mixture.means * (1 + apart), run.mixture.covariances
        )
        assert log_likelihood(x, near) < run.log_likelihood


def test_one_component_is_at_its_maximum():
    for d in (1, 2):
        x, _, start = example(d, K=1)
        assert em(x, start).converged


def test_a_component_of_weight_0_is_no_saddle():
    x, _, start = example(2, K=2)
    end = em(x, start).mixture
    start = Mixture([*end.weights, 0], [*end.means, [0, 0]], [*end.covariances, np.eye(2)])
    run = em(x, start, prior=Prior.weak(x, 3))
    assert run.converged and "component 2 died" in run.reason


# --- what is held --------------------------------------------------------------------------------


def test_a_saddle_only_in_what_is_held_is_a_maximum():
    # Flatter than a Gaussian: two equal components gain by parting their means, not their widths.
    x = np.linspace(-1, 1, 301)
    start = Mixture([0.5, 0.5], [0, 0], [0.2, 0.2])
    assert_is_known_for_a_saddle(em(x, start, ("weights", "covariances")))
    run = em(x, start, ("weights", "means"))
    assert run.converged
    for widths in ([0.3, 0.37], [0.2, 0.5]):
        assert log_likelihood(x, Mixture([0.5, 0.5], [0, 0], widths)) < run.log_likelihood
    # Where some points lie far out, it is the widths.
    run = em(np.r_[x, 5 * x], start, ("weights", "means"))
    assert_is_known_for_a_saddle(run)


@pytest.mark.parametrize("hold", ["weights", "means", "covariances"])
def test_what_is_held_may_be_far_from_the_best_and_that_is_no_saddle(hold):
    x, truth, _ = example(K=2)
    free = em(x, truth)
    off = {"weights": [0.9, 0.1], "means": truth.means + 0.5, "covariances": truth.covariances / 3}
    parts = {name: getattr(truth, name) for name in ("weights", "means", "covariances")}
    run = em(x, Mixture(**{**parts, hold: off[hold]}), hold)
    assert run.converged and run.log_likelihood < free.log_likelihood - 1


@pytest.mark.parametrize("hold", ["weights", "covariances", ("weights", "covariances")])
def test_the_look_round_moves_nothing_that_is_held(hold):
    x, truth, _ = example()
    # narrower than the groups: two components have room in one
    start = twins(Mixture([0.4, 0.3, 0.3], truth.means, truth.covariances / 4))
    run = em(x, start, hold, max_steps=5000)
    assert_is_known_for_a_saddle(run)
    for name in [hold] if isinstance(hold, str) else hold:
        np.testing.assert_array_equal(getattr(run.mixture, name), getattr(start, name))


def test_fit_reports_a_saddle_where_every_start_ends_at_one():
    x, _, start = example()
    run = fit(x, 3, np.random.default_rng(1), start=lambda x, K, rng: twins(start), race=False)
    assert_is_known_for_a_saddle(run)
