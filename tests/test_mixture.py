"""The mixture as a value, and its density."""

import copy
import dataclasses
import pickle

import numpy as np
import pytest
from references import columns, example
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from gmmlib import (
    Mixture,
    log_density,
    log_joint,
    log_likelihood,
    moments,
    responsibilities,
)

pytestmark = pytest.mark.filterwarnings("error")

SHAPES = [(1, 1), (1, 3), (2, 3), (5, 2)]


@pytest.mark.parametrize(("d", "K"), SHAPES)
def test_joint_density_is_scipys_times_the_weight(d, K):
    x, truth, _ = example(d, K, n=50)
    covariances = truth.covariances.reshape(K, d, d)
    for k in range(K):
        scipys = multivariate_normal(truth.locations[k], covariances[k]).logpdf(x)
        expected = np.log(truth.weights[k]) + scipys
        # Two factorisations of one matrix: a few roundings of squared lengths up to 1e3.
        np.testing.assert_allclose(log_joint(x, truth)[:, k], expected, rtol=1e-11)


@pytest.mark.parametrize(("d", "K"), SHAPES)
def test_density_is_the_sum_of_the_joint_densities(d, K):
    x, truth, _ = example(d, K, n=50)
    joint = log_joint(x, truth)
    assert joint.shape == (50, K)
    np.testing.assert_allclose(log_density(x, truth), logsumexp(joint, axis=1), rtol=1e-13)
    np.testing.assert_allclose(log_likelihood(x, truth), log_density(x, truth).sum(), rtol=1e-14)


def test_density_integrates_to_one():
    _, truth, _ = example(d=1)
    area, _ = quad(lambda x: np.exp(log_density([x], truth)[0]), -40, 40, limit=200)
    assert area == pytest.approx(1, abs=1e-8)  # quad's own error bound is 1.5e-8


def test_variances_are_variances_and_not_standard_deviations():
    assert log_density([3.0], Mixture([1], [1], [9]))[0] == pytest.approx(norm.logpdf(3, 1, 3))


@pytest.mark.parametrize(("d", "K"), SHAPES)
def test_responsibilities_are_bayes_rule_and_their_rows_sum_to_one(d, K):
    x, truth, _ = example(d, K, n=200)
    shares = responsibilities(x, truth)
    joint = np.exp(log_joint(x, truth))
    np.testing.assert_allclose(shares, joint / joint.sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=4 * np.finfo(float).eps)


@pytest.mark.parametrize("far", [1e2, 1e4, 1e8, 1e100])
def test_a_point_far_away_still_belongs_to_someone_entirely(far):
    mixture = Mixture([0.5, 0.5], [-2, 2], [1, 1])
    shares = responsibilities([-far, far], mixture)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-15)
    if far <= 1e8:  # beyond, the squares of x − 2 and x + 2 are the same number
        np.testing.assert_allclose(shares, [[1, 0], [0, 1]], atol=1e-15)
    assert np.isfinite(log_density([-far, far], mixture)).all()


def test_far_points_have_the_log_densities_that_fifty_digits_give():
    names = ["x", "logp", "log_r1", "log_r0"]
    x, log_p, log_r1, log_r0 = columns("script/far_points_1d.csv", names).T
    mixture = Mixture([0.7, 0.3], [-2, 2], [1, 2])
    np.testing.assert_allclose(log_density(x, mixture), log_p, rtol=1e-14)
    joint = log_joint(x, mixture) - log_density(x, mixture)[:, None]
    # A difference of two logs of size |log p|: what is left of 16 digits is absolute.
    left = 8 * np.finfo(float).eps * (np.abs(log_p) + np.abs(joint).max(axis=1))
    assert (np.abs(joint[:, 1] - log_r1) <= left).all()
    assert (np.abs(joint[:, 0] - log_r0) <= left).all()


def test_a_component_of_weight_zero_gets_nothing_and_does_no_harm():
    x, truth, _ = example(d=1, K=2, n=50)
    more = Mixture([*truth.weights, 0], [*truth.means, 0], [*truth.covariances, 1])
    assert (responsibilities(x, more)[:, 2] == 0).all()
    np.testing.assert_allclose(log_density(x, more), log_density(x, truth), rtol=1e-15)


@pytest.mark.parametrize("d", [1, 3])
def test_a_mixture_cannot_be_changed(d):
    _, mixture, _ = example(d)
    for value in (mixture, copy.copy(mixture), copy.deepcopy(mixture), _pickled(mixture)):
        for name in ("weights", "means", "covariances", "cholesky", "locations"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(value, name)[0] = 0
        with pytest.raises(dataclasses.FrozenInstanceError):
            value.weights = np.ones(3) / 3


def test_a_mixture_shares_no_memory_with_what_it_was_made_of():
    parts = np.array([0.5, 0.5]), np.array([0.0, 1.0]), np.array([1.0, 1.0])
    mixture = Mixture(*parts)
    for part in parts:
        part[0] = 17  # still writeable
    np.testing.assert_array_equal(mixture.weights, [0.5, 0.5])
    np.testing.assert_array_equal(mixture.means, [0, 1])
    np.testing.assert_array_equal(mixture.covariances, [1, 1])


@pytest.mark.parametrize("d", [1, 2])
def test_repr_is_the_expression_that_makes_the_mixture(d):
    _, mixture, _ = example(d)
    again = eval(repr(mixture), {"Mixture": Mixture})
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(again, name), getattr(mixture, name))


def test_print_shows_every_parameter():
    text = str(Mixture([0.25, 0.75], [-2, 3.5], [1, 4]))
    assert text.splitlines()[0] == "Mixture of 2 Gaussians in 1 dimension"
    assert text.splitlines()[2].split() == ["0", "0.2500", "-2", "1"]
    assert text.splitlines()[3].split() == ["1", "0.7500", "3.5", "4"]
    text = str(Mixture([1], [[0, 7]], [[[1, 0.5], [0.5, 2]]]))
    assert text.splitlines()[0] == "Mixture of 1 Gaussian in 2 dimensions"
    assert "weight 1.0000, mean [0. 7.]" in text
    assert "0.5" in text


@pytest.mark.parametrize("d", [1, 3])
def test_reordering_components_leaves_the_density_alone(d):
    x, truth, _ = example(d, n=50)
    turned = truth.reordered([2, 0, 1])
    np.testing.assert_array_equal(turned.weights, truth.weights[[2, 0, 1]])
    np.testing.assert_allclose(log_density(x, turned), log_density(x, truth), rtol=1e-14)
    np.testing.assert_array_equal(log_joint(x, turned), log_joint(x, truth)[:, [2, 0, 1]])


@pytest.mark.parametrize("d", [1, 3])
def test_moments_are_those_of_the_density(d):
    _, truth, _ = example(d)
    mean, covariance = moments(truth)
    matrices = truth.covariances.reshape(3, d, d)
    second = sum(
        w * (C + np.outer(m, m)) for w, m, C in zip(truth.weights, truth.locations, matrices)
    )
    first = truth.weights @ truth.locations
    np.testing.assert_allclose(np.atleast_1d(mean), first, rtol=1e-13)
    np.testing.assert_allclose(np.atleast_2d(covariance), second - np.outer(first, first))
    if d == 1:
        assert isinstance(mean, float) and isinstance(covariance, float)


def test_cholesky_is_a_lower_square_root_of_each_covariance():
    _, truth, _ = example(d=4)
    L = truth.cholesky
    np.testing.assert_allclose(L @ L.transpose(0, 2, 1), truth.covariances, rtol=1e-13)
    assert (np.triu(L, 1) == 0).all()


def test_a_covariance_may_be_asymmetric_by_rounding():
    # Whitening leaves ±1e-16 where 0 should be, and not the same on both sides.
    factor = np.random.default_rng(1).normal(size=(3, 3))
    values, vectors = np.linalg.eigh(factor @ factor.T)
    whiten = np.diag(values**-0.5) @ vectors.T
    white = whiten @ (factor @ factor.T) @ whiten.T
    assert not np.array_equal(white, white.T)
    assert Mixture([1], [[0, 0, 0]], [white]).d == 3


def test_one_dimension_is_d_equal_to_one_to_the_last_digit():
    x, flat, _ = example(d=1, n=300)
    square = Mixture(flat.weights, flat.means[:, None], flat.covariances[:, None, None])
    for function in (log_joint, log_density, responsibilities, log_likelihood):
        np.testing.assert_array_equal(function(x, flat), function(x[:, None], square))
        np.testing.assert_array_equal(function(x, flat), function(x[:, None], flat))


def _pickled(value):
    return pickle.loads(pickle.dumps(value))
