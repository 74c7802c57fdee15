"""Several starts; large data are searched on some of their rows."""

import numpy as np
import pytest
from references import example, way

from gmmlib import (
    CollapseError,
    Mixture,
    Prior,
    em,
    fit,
    kmeans_plus_plus_start,
    quantile_start,
    random_start,
    tied,
)
from gmmlib.rows import Rows

pytestmark = pytest.mark.filterwarnings("error")


def clusters(d, n):
    """Three clusters that do not overlap much, so that EM is quick."""
    rng = np.random.default_rng(20261124)
    centers = 5 * np.arange(3)[:, None] * np.ones(d)
    X = centers[rng.choice(3, size=n, p=[0.5, 0.3, 0.2])] + rng.normal(size=(n, d))
    return X[:, 0] if d == 1 else X


def searched_and_continued(x, K, seed, starts, **options):
    """What `fit` says it does with large data, written out."""
    rng = np.random.default_rng(seed)
    some = np.asarray(x)[np.sort(rng.choice(len(x), size=2000, replace=False))]
    runs = [em(some, kmeans_plus_plus_start(some, K, rng), **options) for _ in range(starts)]
    finals = np.array([run.log_likelihood for run in runs])
    first = int(np.flatnonzero(finals >= finals.max() - 1e-9 * 2000)[0])
    return finals, em(x, runs[first].mixture, **options)


@pytest.mark.parametrize("d", [1, 2])
def test_large_data_are_searched_on_2000_rows_and_then_fitted_whole(d):
    x = clusters(d, 6000)
    run = fit(x, 3, np.random.default_rng(5), starts=4)
    finals, expected = searched_and_continued(x, 3, 5, 4)
    np.testing.assert_array_equal(run.finals, finals)
    np.testing.assert_array_equal(run.log_likelihoods, expected.log_likelihoods)
    assert (run.steps, run.e_steps, run.reason) == (
        expected.steps,
        expected.e_steps,
        expected.reason,
    )
    assert run.distance == expected.distance and run.converged
    best = np.nanmax(run.finals)
    assert run.reached_best == (run.finals >= best - 0.01).sum() >= 1
    # it is a maximum over all the data, and not where the search ended
    again = em(x, run.mixture)
    assert way(again.mixture, run.mixture) < 1e-7
    assert abs(run.log_likelihood) > 2 * abs(best)


@pytest.mark.parametrize(("n", "whole"), [(2000, True), (2001, False)])
def test_2000_rows_are_searched_whole_and_one_more_are_not(n, whole):
    x = clusters(1, n)
    run = fit(x, 3, np.random.default_rng(5), starts=2)
    assert (run.log_likelihood in run.finals) == whole


@pytest.mark.parametrize("n", [600, 3000])
@pytest.mark.parametrize("d", [1, 2])
def test_fit_over_blocks_is_fit_over_the_array(d, n):
    x = clusters(d, n)
    blocks = [x.reshape(n, d)[:250], x.reshape(n, d)[250:]]
    one = fit(blocks, 3, np.random.default_rng(5), starts=2)
    assert one.converged and one.mixture.means.shape == (3, d)
    rng = np.random.default_rng(5)
    if n <= 2000:
        rng.choice(n, size=n, replace=False)  # which rows: all of them
    other = fit(x.reshape(n, d), 3, rng, starts=2)
    np.testing.assert_allclose(one.finals, other.finals, rtol=1e-12)
    assert way(one.mixture, other.mixture) < 1e-6


def test_the_same_seed_gives_the_same_fit_to_the_last_bit():
    x = clusters(2, 3000)
    one, two = (fit(x, 3, np.random.default_rng(5), starts=3) for _ in range(2))
    np.testing.assert_array_equal(one.log_likelihoods, two.log_likelihoods)
    np.testing.assert_array_equal(one.mixture.covariances, two.mixture.covariances)


@pytest.mark.parametrize("start", [random_start, lambda x, K, rng: quantile_start(x, K)])
def test_fit_begins_where_it_is_told(start):
    x, _, _ = example(d=1, K=2)
    run = fit(x, 2, np.random.default_rng(5), starts=1, max_steps=3, start=start)
    begin = start(x, 2, np.random.default_rng(5))
    np.testing.assert_array_equal(run.mixtures[0].means, begin.means)
    np.testing.assert_array_equal(run.log_likelihoods, em(x, begin, max_steps=3).log_likelihoods)


@pytest.mark.parametrize("n", [600, 3000])
def test_options_are_those_of_em(n):
    x, _, _ = example(n=n)
    seen = []
    options = {
        "prior": Prior.weak(x, 3),
        "covariance": tied,
        "accelerate": True,
        "threads": 2,
        "on_step": lambda step, mixture, height: seen.append(step),
    }
    run = fit(x, 3, np.random.default_rng(5), starts=2, tolerance=1e-6, max_steps=500, **options)
    assert run.converged and run.distance <= 1e-6
    np.testing.assert_array_equal(run.mixture.covariances[0], run.mixture.covariances[2])
    assert seen.count(0) == 2 + (n > 2000)  # each start, and all the data afterwards
    straight = em(x, run.mixtures[0], (), 1e-6, 500, **options)
    np.testing.assert_array_equal(straight.log_likelihoods, run.log_likelihoods)


def test_starts_that_collapse_on_the_rows_searched_are_counted():
    rng = np.random.default_rng(1)
    # thousands of points in two clouds, and one far away: a start there collapses
    x = np.r_[rng.normal(size=1500), rng.normal(size=450) + 9, np.full(40, 900)]
    x = np.r_[x, x]
    starts = iter([Mixture([0.5, 0.5], [5, 900], [40, 40]), Mixture([0.7, 0.3], [0, 9], [4, 4])])
    run = fit(x, 2, rng, starts=2, start=lambda x, K, rng: next(starts), max_steps=2000)
    assert np.isnan(run.finals).tolist() == [True, False]
    assert run.reached_best == 1 and "1 collapsed" in str(run)


@pytest.mark.parametrize("n", [10, 3000])
def test_if_every_start_collapses_so_does_the_fit(n):
    x = np.repeat([0.0, 1.0], n // 2)
    with pytest.raises(CollapseError, match="as one did from each of the 3 starts") as caught:
        fit(x, 2, np.random.default_rng(1), starts=3)
    assert caught.value.run is not None and caught.value.component in (0, 1)


def test_with_a_prior_where_every_start_collapses_none_does():
    x = np.repeat([0.0, 1.0], 5)
    run = fit(x, 2, np.random.default_rng(1), starts=3, prior=Prior.weak(x, 2))
    assert run.converged and not np.isnan(run.finals).any()


def test_a_sample_of_the_rows_is_not_all_of_one_kind():
    # sorted data: the first 2000 rows would be one cloud
    rng = np.random.default_rng(1)
    x = np.sort(np.r_[rng.normal(size=5000), rng.normal(size=5000) + 9])
    some = Rows(x).some(2000, rng)
    assert abs((some > 4.5).mean() - 0.5) < 0.05
    run = fit(x, 2, rng, starts=2)
    np.testing.assert_allclose(np.sort(run.mixture.means), [0, 9], atol=0.1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"starts": 0}, "starts must be at least 1, not 0"),
        ({"starts": 2.0}, "starts must be a whole number, not 2.0"),
        ({"rng": 1}, "rng must be a numpy.random.Generator"),
        ({"K": 0}, "K must be at least 1"),
        ({"K": 601}, "601 components need at least 601 points, not 600"),
        ({"tolerance": "1e-8"}, "tolerance must be a number"),
        ({"threads": 0}, "threads must be at least 1, not 0"),
    ],
)
def test_what_fit_cannot_use_is_refused(change, message):
    options = {"K": 2, "rng": np.random.default_rng(1), "starts": 2, **change}
    with pytest.raises(ValueError, match=message):
        fit(example(d=1)[0], **options)
