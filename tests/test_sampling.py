"""Points from a mixture, and the data sets that come with the book."""

import numpy as np
import pytest
from references import columns, example, read, rows_without_gaps
from scipy.stats import chi2, kstest, norm

from gmmlib import Mixture, data, e_step, log_likelihood, m_step, moments, sample

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("d", [1, 3])
def test_samples_have_the_moments_of_the_mixture(d, rng):
    _, truth, _ = example(d)
    x, _ = sample(truth, 200_000, rng)
    X = x.reshape(len(x), d)
    mean, covariance = moments(truth)
    mean, covariance = np.reshape(mean, d), np.reshape(covariance, (d, d))
    # Four standard errors of a mean, and of a mean of products (fourth moments below 3 σ⁴).
    error = 4 * np.sqrt(np.diag(covariance) / len(X))
    assert (np.abs(X.mean(axis=0) - mean) < error).all()
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert (np.abs(np.cov(X.T) - covariance) < 4 * np.sqrt(2 / len(X)) * scale).all()


@pytest.mark.parametrize("d", [1, 3])
def test_each_label_comes_with_its_weight_and_its_own_component(d, rng):
    _, truth, _ = example(d)
    x, labels = sample(truth, 100_000, rng)
    shares = np.bincount(labels, minlength=3) / len(labels)
    error = 4 * np.sqrt(truth.weights * (1 - truth.weights) / len(labels))
    assert (np.abs(shares - truth.weights) < error).all()
    for k in range(3):
        own = x[labels == k].reshape(-1, d) - truth.locations[k]
        squared = (np.linalg.solve(truth.cholesky[k], own.T) ** 2).sum(axis=0)
        # Squared Mahalanobis distances of a Gaussian are chi-squared.
        assert kstest(squared, chi2(d).cdf).pvalue > 1e-3


def test_samples_follow_the_distribution(rng):
    x, _ = sample(Mixture([0.3, 0.7], [-2, 2], [1, 4]), 20_000, rng)

    def cdf(t):
        return 0.3 * norm.cdf(t, -2, 1) + 0.7 * norm.cdf(t, 2, 2)

    assert kstest(x, cdf).pvalue > 1e-3


@pytest.mark.parametrize(("d", "shape"), [(1, (7,)), (3, (7, 3))])
def test_samples_have_the_shape_of_the_mixture(d, shape, rng):
    x, labels = sample(example(d)[1], 7, rng)
    assert x.shape == shape and labels.shape == (7,)
    assert labels.dtype.kind == "i"
    assert sample(example(d)[1], 0, rng)[0].shape == (0, *shape[1:])


def test_the_same_generator_draws_the_same_points():
    _, truth, _ = example()
    one, two = (sample(truth, 5, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


def test_a_sample_moves_smoothly_with_the_mixture():
    before = Mixture([0.5, 0.5], [-2, 2], [1, 1])
    after = Mixture([0.5, 0.5], [-2, 2.5], [1, 1])
    x, labels = sample(before, 100, np.random.default_rng(1))
    y, same = sample(after, 100, np.random.default_rng(1))
    np.testing.assert_array_equal(labels, same)
    np.testing.assert_allclose(y - x, np.where(labels == 1, 0.5, 0), atol=1e-12)


def test_a_component_of_weight_zero_is_never_drawn(rng):
    _, labels = sample(Mixture([0, 1, 0], [0, 1, 2], [1, 1, 1]), 1000, rng)
    assert (labels == 1).all()


def test_data_sets_are_those_of_r():
    faithful = columns("data/faithful.csv", ["eruptions", "waiting"])
    np.testing.assert_array_equal(data.old_faithful(), faithful)
    np.testing.assert_array_equal(data.galaxies(), columns("data/galaxies.csv", ["velocity_km_s"]))
    assert data.galaxies()[77] == 26690  # the typing error that published fits keep


def test_the_points_and_seeds_of_the_r_script_are_those_of_r():
    x, X, seeds = data.r_script()
    np.testing.assert_allclose(x, columns("script/A_x1d.csv", ["x"]), rtol=0, atol=5.1e-6)
    np.testing.assert_allclose(X, columns("script/A_x2d.csv", ["x1", "x2"]), rtol=0, atol=5.1e-6)
    there = ["lower", "upper", "steps"]
    theirs = columns("script/hundred_seeds.csv", ["mu0_1", "mu1_1", "it3"])
    ours = np.column_stack([seeds[name] for name in there])
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    there = ["stopped", "fixed", "from_truth"]
    theirs = rows_without_gaps("script/hundred_seeds.csv", ["ll_gist", "ll_fix", "ll_from_true"])
    ours = np.column_stack([seeds[name] for name in there])
    ours = ours[np.isfinite(ours).all(axis=1)]
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    assert seeds["swapped"].sum() == 54


def test_the_naples_crabs_are_a_thousand_with_the_moments_that_were_printed():
    ratios, counts = data.naples_crabs()
    assert counts.sum() == 1000 and len(counts) == 29 and counts[27] == 0
    np.testing.assert_allclose(ratios, 0.5815 + 0.004 * np.arange(29), rtol=1e-12)
    places = np.arange(1, 30)
    assert places @ counts == 16_799


def test_the_naples_crabs_have_the_penalized_maximum_that_mixtureinf_prints():
    ratios, counts = data.naples_crabs()
    x, mixture = ratios + 0.002, Mixture([0.44, 0.56], [0.634, 0.657], [0.00034, 0.00016])
    for _ in range(3000):  # its penalty is log π_0 + log π_1: as if each had one crab more
        sums = e_step(x, mixture, counts)
        free = m_step(sums)
        mixture = Mixture((sums.counts + 1) / 1002, free.means, free.covariances)
    found = log_likelihood(x, mixture, sample_weight=counts)
    assert found == pytest.approx(2567.577, abs=1e-3)
    assert found + np.log(mixture.weights).sum() == pytest.approx(2566.177, abs=1e-3)


def test_the_rock_crabs_are_those_of_r():
    X, labels = data.rock_crabs()
    np.testing.assert_array_equal(X, columns("data/crabs.csv", ["FL", "RW", "CL", "CW", "BD"]))
    np.testing.assert_array_equal(labels, np.repeat(np.arange(4), 50))
    fits = read("fits/mclust_crabs.json")
    for name, Y in (("raw", X), ("log", np.log(X))):
        squares, axes = np.linalg.eigh(np.cov(Y.T, ddof=0))
        np.testing.assert_allclose(np.sqrt(squares[::-1]), fits[f"sdev_{name}"], rtol=1e-9)
        np.testing.assert_allclose(np.abs(axes[:, -1]), fits[f"loadings_{name}_1"], rtol=1e-9)
