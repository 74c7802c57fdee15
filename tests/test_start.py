"""Where EM begins."""

import numpy as np
import pytest
from references import example

from gmmlib import (
    data,
    em,
    kmeans_plus_plus_start,
    labels_start,
    log_likelihood,
    quantile_start,
    random_start,
)

pytestmark = pytest.mark.filterwarnings("error")

RANDOM = pytest.mark.parametrize("start", [random_start, kmeans_plus_plus_start])


@RANDOM
@pytest.mark.parametrize("d", [1, 3])
def test_a_random_start_has_means_at_different_points_and_equal_shares(start, d, rng):
    x, _, _ = example(d, n=80)
    mixture = start(x, 5, rng)
    assert mixture.means.shape == ((5,) if d == 1 else (5, d))
    np.testing.assert_array_equal(mixture.weights, np.full(5, 0.2))
    at = [np.flatnonzero((x.reshape(80, d) == mean).all(axis=1)) for mean in mixture.locations]
    assert len({int(row) for (row,) in at}) == 5
    assert (mixture.covariances == mixture.covariances[0]).all()


@RANDOM
def test_as_many_means_as_points_are_all_the_points(start, rng):
    x = np.array([0.0, 1, 3, 7, 20, 50])
    np.testing.assert_array_equal(np.sort(start(x, 6, rng).means), x)


@RANDOM
def test_the_same_generator_gives_the_same_start_and_another_gives_another(start):
    x, _, _ = example(n=80)
    one, two, three = (start(x, 3, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.means, two.means)
    assert not np.array_equal(one.means, three.means)


@RANDOM
def test_a_start_leaves_the_global_random_numbers_alone(start, rng):
    # The old interface, since it is the one that must not be touched.
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    start(example(n=80)[0], 3, rng)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("d", [1, 3])
def test_a_random_start_has_the_covariance_of_the_data(d, rng):
    x, _, _ = example(d, n=80)
    expected = np.cov(x.reshape(80, d).T, bias=True).reshape(d, d)
    for covariance in random_start(x, 2, rng).covariances:
        np.testing.assert_allclose(np.reshape(covariance, (d, d)), expected, rtol=1e-12)


@pytest.mark.parametrize("d", [1, 3])
def test_a_kmeans_plus_plus_start_has_the_covariance_about_the_nearest_mean(d, rng):
    x, _, _ = example(d, n=80)
    X = x.reshape(80, d)
    mixture = kmeans_plus_plus_start(x, 4, rng)
    apart = (X[:, None] - mixture.locations) / X.std(axis=0)
    off = X - mixture.locations[(apart**2).sum(axis=2).argmin(axis=1)]
    covariance = mixture.covariances[0].reshape(d, d)
    np.testing.assert_allclose(covariance, off.T @ off / 80, rtol=1e-12)


def test_kmeans_plus_plus_means_lie_apart():
    # Three clusters of which one holds 1 point in 50: drawn at random, means would miss it.
    x = np.r_[np.linspace(-1, 1, 49), np.linspace(99, 101, 49), [1000.0, 1001.0]]
    for seed in range(20):
        means = np.sort(kmeans_plus_plus_start(x, 3, np.random.default_rng(seed)).means)
        assert (np.abs(means - [0, 100, 1000]) < 2).all()


def test_kmeans_plus_plus_draws_by_the_squared_distance():
    x = np.array([0.0, 1.0, 3.0])
    draws = [kmeans_plus_plus_start(x, 2, np.random.default_rng(s)).means for s in range(2000)]
    second = np.array([two for one, two in draws if one == 0])
    # From 0 the squared distances are 1 and 9: 3 standard errors of a share of 0.9.
    assert np.mean(second == 3) == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / len(second)))


@pytest.mark.parametrize("unit", [1e-8, 1e8])
def test_units_do_not_change_which_points_kmeans_plus_plus_chooses(unit):
    x = data.old_faithful()
    A = np.array([1, unit])
    one = kmeans_plus_plus_start(x, 3, np.random.default_rng(3))
    two = kmeans_plus_plus_start(x * A, 3, np.random.default_rng(3))
    np.testing.assert_allclose(two.means, one.means * A, rtol=1e-12)
    np.testing.assert_allclose(two.covariances, one.covariances * np.outer(A, A), rtol=1e-9)


def test_as_many_components_as_points_start_with_the_datas_covariance(rng):
    x = np.array([0.0, 1.0, 4.0])
    mixture = kmeans_plus_plus_start(x, 3, rng)
    np.testing.assert_allclose(mixture.covariances, x.var(), rtol=1e-12)


def test_a_quantile_start_lies_in_the_middles_of_equal_slices():
    x = np.random.default_rng(1).permutation(np.linspace(0, 1, 101))
    mixture = quantile_start(x, 4)
    np.testing.assert_allclose(mixture.means, [0.125, 0.375, 0.625, 0.875], rtol=1e-12)
    np.testing.assert_allclose(mixture.covariances, x.var() / 16, rtol=1e-12)
    np.testing.assert_array_equal(mixture.weights, np.full(4, 0.25))


@pytest.mark.parametrize("d", [1, 2])
def test_labels_start_has_the_shares_means_and_covariances_of_the_labelled(d):
    x, _, _ = example(d, n=90)
    labels = np.repeat([0, 2, 1], [50, 30, 10])
    mixture = labels_start(x, labels)
    np.testing.assert_allclose(mixture.weights, [50 / 90, 10 / 90, 30 / 90], rtol=1e-15)
    for k in range(3):
        group = x[labels == k]
        np.testing.assert_allclose(mixture.means[k], group.mean(axis=0), rtol=1e-12)
        covariance = np.cov(group.T, bias=True)
        np.testing.assert_allclose(mixture.covariances[k], covariance, rtol=1e-12)


@pytest.mark.parametrize("d", [1, 2])
def test_em_climbs_from_every_start(d, rng):
    x, _, _ = example(d, n=300)
    starts = [random_start(x, 2, rng), kmeans_plus_plus_start(x, 2, rng)]
    starts.append(labels_start(x, np.arange(300) % 2))
    if d == 1:
        starts.append(quantile_start(x, 2))
    for start in starts:
        assert em(x, start, max_steps=5).log_likelihood > log_likelihood(x, start)
