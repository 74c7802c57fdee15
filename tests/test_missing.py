"""What is not known is integrated out: what is left is the likelihood of what is known."""

import numpy as np
import pytest
from references import example, way
from scipy.stats import multivariate_normal, norm

from gmmlib import (
    CollapseError,
    Mixture,
    Prior,
    aic,
    bic,
    classify,
    diagonal,
    e_step,
    em,
    fit,
    full,
    log_density,
    log_likelihood,
    responsibilities,
    spherical,
    tied,
)

pytestmark = pytest.mark.filterwarnings("error")

KINDS = pytest.mark.parametrize("covariance", [full, tied, diagonal, spherical])


def with_gaps(x, share=0.2, seed=5):
    """x with so large a share of its entries not known, whatever their value."""
    return np.where(np.random.default_rng(seed).random(x.shape) < share, np.nan, x)


def joint_of_the_known(x, mixture):
    """π_k N(x_o | μ_ko, Σ_koo) by scipy, row by row: (n, K)."""
    joint = np.empty((len(x), mixture.K))
    for i, row in enumerate(x):
        o = np.flatnonzero(~np.isnan(row))
        for k in range(mixture.K):
            mean, covariance = mixture.means[k][o], mixture.covariances[k][np.ix_(o, o)]
            density = multivariate_normal(mean, covariance).pdf(row[o]) if len(o) else 1.0
            joint[i, k] = mixture.weights[k] * density
    return joint


def density_of_each(points, mixture):
    """π_k N(x | μ_k, Σ_k) by scipy, of points of which all is known: (n, K)."""
    parts = zip(mixture.weights, mixture.means, mixture.covariances)
    densities = [w * multivariate_normal(mean, cov).pdf(points) for w, mean, cov in parts]
    return np.reshape(densities, (mixture.K, -1)).T


# --- what the E-step says ------------------------------------------------------------------------


@pytest.mark.parametrize("d", [2, 4])
def test_the_likelihood_is_that_of_the_marginals_of_what_is_known(d):
    x, _, start = example(d, n=150)
    x = with_gaps(x, 0.4)
    assert len(np.unique(np.isnan(x), axis=0)) == 2**d  # every pattern, all missing too
    joint = joint_of_the_known(x, start)
    density = np.log(joint.sum(axis=1))
    np.testing.assert_allclose(log_density(x, start, missing=True), density, atol=1e-12)
    for log_likelihood_of in (log_likelihood, lambda *a, **b: e_step(*a, **b).log_likelihood):
        assert log_likelihood_of(x, start, missing=True) == pytest.approx(density.sum(), rel=1e-13)
    shares = joint / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(responsibilities(x, start, missing=True), shares, atol=1e-12)
    np.testing.assert_array_equal(classify(x, start, missing=True), shares.argmax(axis=1))
    np.testing.assert_allclose(e_step(x, start, missing=True).counts, shares.sum(axis=0))
    assert bic(x, start, missing=True) - aic(x, start, missing=True) == pytest.approx(
        (2 + 3 * d + 3 * d * (d + 1) / 2) * (np.log(150) - 2)
    )


def test_the_moments_are_the_integrals_over_what_is_not_known():
    nan = np.nan
    x = np.array([[0.7, nan], [nan, -0.3], [nan, nan], [0.1, 0.2]])
    covariances = [[[1, 0.5], [0.5, 2]], [[0.5, -0.2], [-0.2, 0.7]]]
    mixture = Mixture([0.3, 0.7], [[0, 1], [1, -1]], covariances)
    grid = np.linspace(-12, 12, 481)  # 14 points a standard deviation: exact but for rounding
    expected = [np.zeros(2), np.zeros((2, 2)), np.zeros((2, 2, 2))]
    for row in x:
        axes = [grid if np.isnan(value) else [value] for value in row]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
        joint = density_of_each(points, mixture)
        joint /= joint.sum()
        expected[0] += joint.sum(axis=0)
        expected[1] += joint.T @ points
        expected[2] += np.einsum("nk,ni,nj->kij", joint, points, points)
    for found, integral in zip(e_step(x, mixture, missing=True).in_data_units(), expected):
        np.testing.assert_allclose(found, integral, rtol=1e-10, atol=1e-10)


def test_densities_too_far_apart_for_one_exponent_are_kept_with_gaps():
    # exp(−d log σ) of the narrow component alone is e^1105, and the largest float is e^709
    d, sigma = 120, np.array([1, 1e-4])
    covariances = np.eye(d) * sigma[:, None, None] ** 2
    mixture = Mixture([0.5, 0.5], np.zeros((2, d)), covariances)
    x = np.random.default_rng(0).standard_normal((80, d)) * np.repeat(sigma, 40)[:, None]
    x[0, 0] = x[50, 3] = np.nan
    each = norm.logpdf(x[:, :, None], scale=sigma)  # (n, d, K)
    joint = np.log(0.5) + np.where(np.isnan(each), 0, each).sum(axis=1)
    expected = np.logaddexp.reduce(joint, axis=1).sum()
    run = em(x, mixture, max_steps=1, hold="covariances", missing=True)
    assert run.log_likelihoods[0] == pytest.approx(expected, rel=1e-12)
    assert log_likelihood(x, mixture, missing=True) == pytest.approx(expected, rel=1e-12)


def test_a_row_of_which_nothing_is_known_says_nothing():
    x, _, start = example()
    start = Mixture([0.2, 0.3, 0.5], start.means, start.covariances)
    nothing = np.full((1, 2), np.nan)
    assert log_density(nothing, start, missing=True) == pytest.approx(0, abs=1e-15)
    np.testing.assert_allclose(responsibilities(nothing, start, missing=True), [start.weights])
    one = e_step(np.vstack([x, nothing]), start, missing=True)
    other = e_step(x, start)
    np.testing.assert_allclose(one.counts, other.counts + start.weights, rtol=1e-12)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-14)
    # and it changes no maximum: the M-step reads the same of all the others
    end = em(x, start, tolerance=1e-10, max_steps=5000).mixture
    more = np.vstack([x] + [nothing] * 60)
    assert way(em(more, end, tolerance=1e-10, missing=True).mixture, end) < 1e-7


# --- the run -------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"hold": "means"}, {"accelerate": True}])
@KINDS
def test_where_nothing_is_missing_it_is_the_same_run(covariance, options):
    x, _, start = example()
    options = {"covariance": covariance, "max_steps": 25, **options}
    one, other = em(x, start, missing=True, **options), em(x, start, **options)
    assert one.steps == other.steps == 25
    np.testing.assert_allclose(one.log_likelihoods, other.log_likelihoods, rtol=1e-12)
    assert way(one.mixture, other.mixture) < 1e-8


@pytest.mark.parametrize("with_prior", [False, True])
@KINDS
def test_no_step_lowers_what_is_climbed_and_the_end_is_a_fixed_point(covariance, with_prior):
    x, _, start = example(3, K=2, n=200)
    x = with_gaps(x, 0.3)
    prior = Prior.weak(x, 2, missing=True) if with_prior else None
    run = em(x, start, prior=prior, covariance=covariance, missing=True)
    heights = run.log_likelihoods.copy()
    if with_prior:
        heights += [prior.log_density(mixture, np.zeros(3)) for mixture in run.mixtures]
    # the start need not be of the kind
    assert np.diff(heights[1:]).min() > -1e-9 * abs(heights[-1])
    assert run.converged
    assert heights[-1] - heights[1] > 10


def test_the_end_is_a_maximum_of_the_likelihood_of_what_is_known():
    x, _, start = example(2, K=2, n=200)
    x = with_gaps(x)
    best = em(x, start, tolerance=1e-10, max_steps=5000, missing=True).mixture
    top = np.log(joint_of_the_known(x, best).sum(axis=1)).sum()
    rng = np.random.default_rng(1)
    for _ in range(4):
        turned = best.cholesky @ (np.eye(2) + 0.01 * rng.normal(size=(2, 2, 2)))
        near = Mixture(
            best.weights,
            best.means + 0.01 * rng.normal(size=(2, 2)),
            turned @ turned.transpose(0, 2, 1),
        )
        assert np.log(joint_of_the_known(x, near).sum(axis=1)).sum() < top


def test_the_fewer_entries_are_missing_the_nearer_it_is_to_the_complete_data():
    x, _, start = example(K=2)
    complete = em(x, start).mixture
    lost = np.random.default_rng(1).permutation(x.size).reshape(x.shape)
    # An entry more changes the estimates by about a share 1 / n, and never by 50 times that.
    for missing in (1, 10, 100):
        gaps = np.where(lost < missing, np.nan, x)
        apart = way(em(gaps, complete, missing=True).mixture, complete)
        assert 0 < apart < 50 * missing / x.size


def test_integrating_out_is_better_than_leaving_out_the_rows_with_gaps():
    x, _, start = example(3, K=2, n=900)
    gaps = with_gaps(x, 0.35)
    whole = gaps[~np.isnan(gaps).any(axis=1)]
    assert len(whole) < 300
    integrated = em(gaps, start, missing=True).mixture
    assert log_likelihood(x, integrated) > log_likelihood(x, em(whole, start).mixture)


def test_two_columns_that_were_never_seen_together_are_no_obstacle():
    x, _, start = example(K=2)
    x[::2, 0] = x[1::2, 1] = np.nan
    run = em(x, start, missing=True, max_steps=30)
    assert np.diff(run.log_likelihoods).min() > -1e-9 and run.steps == 30


def test_a_component_on_one_known_point_collapses_with_gaps_too():
    x = np.array([[0, 0], [0, np.nan], [0, 0], [1, 4], [2, 2], [3, 1], [4, 9.0]])
    start = Mixture([0.5, 0.5], [[0, 0], [3, 3]], [np.eye(2)] * 2)
    with pytest.raises(CollapseError, match="component 0 collapsed onto points without width"):
        em(x, start, missing=True)


# --- however the rows come -----------------------------------------------------------------------


def test_weights_count_rows_with_gaps():
    x, _, start = example()
    x, times = with_gaps(x), np.random.default_rng(1).integers(0, 4, size=600)
    one, other = e_step(x, start, times, missing=True), np.repeat(x, times, axis=0)
    two = e_step(other, start, missing=True)
    np.testing.assert_allclose(one.moments, two.moments, rtol=0, atol=1e-10)
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=1e-13)
    weighed = log_likelihood(x, start, times, missing=True)
    assert weighed == pytest.approx(log_likelihood(other, start, missing=True), rel=1e-13)
    spoilt = np.where((times == 0)[:, None], np.inf, x)
    assert e_step(spoilt, start, times, missing=True).log_likelihood == one.log_likelihood


def test_a_weak_prior_of_rows_with_gaps_knows_each_column_by_its_known_entries():
    x = with_gaps(example(3)[0])
    prior = Prior.weak(x, 4, missing=True)
    np.testing.assert_allclose(prior.mean, np.nanmean(x, axis=0), rtol=1e-12)
    scale = np.nanvar(x, axis=0) * 600 / 599 / 4 ** (2 / 3)
    np.testing.assert_allclose(prior.scale, np.diag(scale), rtol=1e-12)
    blocks = [x[:1], x[1:50], x[50:]]
    np.testing.assert_allclose(Prior.weak(blocks, 4, missing=True).scale, prior.scale, rtol=1e-12)


def test_blocks_with_gaps_are_the_array():
    x, _, start = example()
    x = with_gaps(x)
    x[:50, 1] = np.nan  # a block of which a column is not known at all
    blocks = [x[:50], x[50:51], x[51:]]
    one, other = e_step(blocks, start, missing=True), e_step(x, start, missing=True)
    np.testing.assert_allclose(one.moments, other.moments, rtol=0, atol=1e-10)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-13)
    run, whole = (em(rows, start, max_steps=15, missing=True) for rows in (blocks, x))
    np.testing.assert_allclose(run.log_likelihoods, whole.log_likelihoods, rtol=1e-12)
    shares = responsibilities(blocks, start, missing=True)
    np.testing.assert_array_equal(shares, responsibilities(x, start, missing=True))
    lazy = pytest.importorskip("dask.array").from_array(x, chunks=(50, 2))
    one = e_step(lazy, start, missing=True)
    np.testing.assert_allclose(one.moments, other.moments, rtol=0, atol=1e-10)


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing_with_gaps(threads):
    x, _, start = example(n=5003)
    x = with_gaps(x)
    one, other = (e_step(x, start, threads=t, missing=True) for t in (1, threads))
    np.testing.assert_allclose(one.moments, other.moments, rtol=0, atol=1e-9)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-13)


def test_fit_searches_rows_with_gaps():
    x, truth, _ = example()
    x = with_gaps(x)
    run = fit(x, 3, np.random.default_rng(1), starts=4, missing=True)
    best = em(x, truth, missing=True)
    assert run.converged and run.log_likelihood > best.log_likelihood - 1e-6
    assert run.log_likelihood == pytest.approx(log_likelihood(x, run.mixture, missing=True))
    with pytest.raises(ValueError, match=r"row \d+ of x, column \d is not finite \(nan\)"):
        fit(x, 3, np.random.default_rng(1))


# --- refusals ------------------------------------------------------------------------------------


USES = [
    e_step,
    em,
    log_likelihood,
    log_density,
    responsibilities,
    classify,
    bic,
    aic,
]


@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
def test_nan_is_refused_by_its_row_if_nobody_says_that_entries_are_missing(use):
    x, _, start = example()
    x[431, 1] = np.nan
    with pytest.raises(ValueError, match=r"row 431 of x, column 1 is not finite \(nan\)"):
        use(x, start)


@pytest.mark.parametrize("use", USES[:2], ids=lambda use: use.__name__)
def test_an_infinite_number_is_not_a_missing_one(use):
    x, _, start = example()
    x = with_gaps(x)
    x[431, 1] = np.inf
    with pytest.raises(ValueError, match=r"row 431 of x, column 1 is not finite \(inf\)"):
        use(x, start, missing=True)


def test_a_column_of_which_nothing_is_known_is_refused():
    x, _, start = example()
    x[:, 1] = np.nan
    with pytest.raises(ValueError, match="column 1 of x has no known entry"):
        em(x, start, missing=True)
