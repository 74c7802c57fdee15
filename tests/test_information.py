"""Slopes of points, the information, standard errors: theorems of information.py."""

import numpy as np
import pytest

from gmmlib import (
    Mixture,
    diagonal,
    em,
    full,
    log_likelihood,
    observed_information,
    sample,
    slopes,
    spherical,
    standard_errors,
    tied,
)


def numbers_of(mixture):
    rows, columns = np.tril_indices(mixture.d)
    covariances = mixture.covariances.reshape(mixture.K, mixture.d, mixture.d)
    entries = covariances[:, rows, columns]
    return np.concatenate([mixture.weights[1:], mixture.means.ravel(), entries.ravel()])


def mixture_of(numbers, like):
    K, d = like.K, like.d
    weights, means, entries = np.split(numbers, [K - 1, K - 1 + K * d])
    rows, columns = np.tril_indices(d)
    covariances = np.empty((K, d, d))
    covariances[:, rows, columns] = covariances[:, columns, rows] = entries.reshape(K, -1)
    shapes = like.means.shape, like.covariances.shape
    parts = (part.reshape(shape) for part, shape in zip((means, covariances), shapes))
    return Mixture(np.append(1 - weights.sum(), weights), *parts)


def any_mixture(K, d, rng):
    axes = rng.normal(size=(K, d, 2 * d + 2))
    means, covariances = rng.normal(0, 2, (K, d)), axes @ axes.transpose(0, 2, 1) / (2 * d)
    if d == 1:
        means, covariances = means[:, 0], covariances[:, 0, 0]
    return Mixture(rng.dirichlet([3] * K), means, covariances)


def differences(function, at, width=1e-5):
    steps = np.eye(len(at)) * width
    return np.array([(function(at + e) - function(at - e)) / (2 * width) for e in steps])


@pytest.mark.parametrize("K, d", [(1, 1), (2, 1), (3, 1), (2, 2), (3, 3)])
def test_slopes_and_information_are_the_derivatives_of_the_log_likelihood(K, d):
    rng = np.random.default_rng([K, d])
    mixture = any_mixture(K, d, rng)  # not at a top
    x, _ = sample(mixture, 60, rng)
    numbers = numbers_of(mixture)
    each = slopes(x, mixture)
    assert each.shape == (60, len(numbers))
    by_hand = differences(lambda t: log_likelihood(x, mixture_of(t, mixture)), numbers)
    assert np.allclose(each.sum(axis=0), by_hand, rtol=1e-6, atol=1e-5)
    bends = differences(lambda t: slopes(x, mixture_of(t, mixture)).sum(axis=0), numbers)
    information = observed_information(x, mixture)
    assert np.allclose(information, -bends, rtol=1e-6, atol=1e-5)
    assert np.allclose(information, information.T, rtol=0, atol=1e-10)


@pytest.fixture(scope="module")
def fitted():
    truth = Mixture([0.7, 0.3], [-2, 2], [1, 2])
    x, _ = sample(truth, 2000, np.random.default_rng(7))
    return x, em(x, truth, tolerance=1e-12)


def test_the_slopes_sum_to_zero_at_a_top(fitted):
    x, run = fitted
    assert np.abs(slopes(x, run.mixture).sum(axis=0)).max() < 1e-6


@pytest.mark.parametrize("d", [1, 2])
def test_one_gaussian_has_the_errors_of_the_textbook(d):
    x = np.random.default_rng(1).normal(size=(500, d)) @ (np.eye(d) + 0.5)
    one = Mixture([1], x.mean(axis=0)[None], np.cov(x.T, bias=True).reshape(1, d, d))
    errors, (S,) = standard_errors(x, one), one.covariances
    assert errors.weights == [0]
    assert np.allclose(errors.means[0], np.sqrt(np.diag(S) / 500))
    # the variance of the entry (a, b): (S_aa S_bb + S_ab²) / n
    wanted = np.sqrt((np.outer(np.diag(S), np.diag(S)) + S**2) / 500)
    assert np.allclose(errors.covariances[0], wanted)


def test_where_every_label_is_certain_the_errors_are_those_of_the_groups():
    truth = Mixture([0.2, 0.5, 0.3], [-100, 0, 100], [1, 4, 2])
    x, _ = sample(truth, 1000, np.random.default_rng(2))
    fit = em(x, truth).mixture
    errors, N = standard_errors(x, fit), 1000 * fit.weights
    assert np.allclose(errors.means, np.sqrt(fit.covariances / N))
    assert np.allclose(errors.covariances, fit.covariances * np.sqrt(2 / N))
    assert np.allclose(errors.weights, np.sqrt(fit.weights * (1 - fit.weights) / 1000))


def test_errors_come_along_with_new_units_and_new_names(fitted):
    x, run = fitted
    fit, errors = run.mixture, standard_errors(x, run)
    scaled = Mixture(fit.weights, 10 * fit.means + 3, 100 * fit.covariances)
    moved = standard_errors(10 * x + 3, scaled.reordered([1, 0]))
    assert np.allclose(moved.weights[::-1], errors.weights)
    assert np.allclose(moved.means[::-1], 10 * errors.means)
    assert np.allclose(moved.covariances[::-1], 100 * errors.covariances)


def test_what_was_held_is_known(fitted):
    x, _ = fitted
    start = Mixture([0.7, 0.3], [-2, 2], [1, 2])
    run = em(x, start, hold=("weights", "covariances"))
    errors = standard_errors(x, run)
    assert not errors.weights.any() and not errors.covariances.any()
    inverse = np.linalg.inv(observed_information(x, run.mixture)[1:3, 1:3])
    assert np.allclose(errors.matrix, inverse)
    assert np.allclose(errors.means**2, np.diag(inverse))
    assert (errors.means < standard_errors(x, em(x, start)).means).all()


def test_the_errors_are_the_spread_over_new_data():
    truth = Mixture([0.6, 0.4], [[0, 0], [3, 1]], [[[1, 0.5], [0.5, 1]], [[1, 0], [0, 2]]])
    rng, means = np.random.default_rng(5), []
    for _ in range(200):
        x, _ = sample(truth, 400, rng)
        means.append(em(x, truth, tolerance=1e-4).mixture.means)
    many, _ = sample(truth, 100_000, rng)
    errors = standard_errors(many, em(many, truth)).means * np.sqrt(100_000 / 400)
    assert np.allclose(np.std(means, axis=0) / errors, 1, atol=0.15)  # ± 5 % by chance


def test_what_a_run_of_no_steps_held_is_known_too(fitted):
    x, run = fitted
    still = em(x, run.mixture, hold=("means",), max_steps=0)
    assert not standard_errors(x, still).means.any()


@pytest.mark.parametrize("unit", [1e-50, 1e50])
def test_no_unit_is_too_large_or_too_small(fitted, unit):
    x, run = fitted
    fit = run.mixture
    far = Mixture(fit.weights, unit * fit.means, unit**2 * fit.covariances)
    errors, there = standard_errors(x, run), standard_errors(unit * x, far)
    assert np.allclose(there.means / unit, errors.means)
    assert np.allclose(there.weights, errors.weights)


def standard_errors_of(x, run):
    return lambda: standard_errors(x, run)


def test_what_has_no_standard_errors_is_refused_in_words(fitted):
    x, run = fitted
    twins = Mixture([0.5, 0.5], [x.mean()] * 2, [x.var()] * 2)
    with pytest.raises(ValueError, match="not bend down in every direction"):
        standard_errors(x, twins)
    for other in (
        standard_errors_of(x + 0.7, run),
        standard_errors_of(x, em(x, run.mixture, sample_weight=1 + 2 * (np.arange(len(x)) % 2))),
    ):
        with pytest.raises(ValueError, match="still slopes here"):
            other()
    with pytest.raises(ValueError, match="nothing was free"):
        standard_errors(x, em(x, Mixture([1], [0], [1]), hold=("means", "covariances")))
    alike = em(x, Mixture([0.5, 0.5], [-2, 2], [1, 1]), covariance=tied)
    with pytest.raises(ValueError, match="must be full, not tied"):
        standard_errors(x, em(x, alike.mixture, covariance=tied, max_steps=0))
    with pytest.raises(ValueError, match="must be full, not tied"):
        standard_errors(x, alike)
    flat = np.random.default_rng(1).normal(size=(50, 2))
    for kind in (diagonal, spherical):
        with pytest.raises(ValueError, match=f"must be full, not {kind.__name__}"):
            standard_errors(flat, em(flat, Mixture([1], [[0, 0]], [np.eye(2)]), covariance=kind))
    one = Mixture([1], [0], [1])
    same = [
        standard_errors(x, em(x, one, covariance=kind)).means for kind in (full, tied, diagonal)
    ]
    assert np.allclose(same, same[0])  # one component on a line: every kind is full
    with pytest.raises(ValueError, match="component 1 has the weight 0"):
        observed_information(x, Mixture([1, 0], [-2, 2], [1, 1]))
    with pytest.raises(ValueError, match="needs x of shape"):
        slopes(np.ones((5, 2)), run.mixture)
    with pytest.raises(ValueError, match="fitted"):
        standard_errors(x, 3)
