"""What is brought (data, weights, starts, options, threads) is taken as it is meant, or refused."""

import array
import threading

import numpy as np
import pytest
from references import example, mapped, way
from threadpoolctl import ThreadpoolController

from gmmlib import (
    CollapseError,
    Mixture,
    Prior,
    diagonal,
    e_step,
    em,
    fit,
    full,
    kmeans_plus_plus_start,
    labels_start,
    log_likelihood,
    m_step,
    quantile_start,
    random_start,
    responsibilities,
    shares_start,
    spherical,
    tied,
)
from gmmlib.rows import one_blas_thread

pytestmark = pytest.mark.filterwarnings("error")

NAMES = ("weights", "means", "covariances")
KINDS = pytest.mark.parametrize("covariance", [full, tied, diagonal, spherical])
RANDOM = pytest.mark.parametrize("start", [random_start, kmeans_plus_plus_start])


def generator():
    return np.random.default_rng(1)


def assert_same(one, other, rtol=1e-12):
    for name in NAMES:
        of_one, of_other = getattr(one, name), getattr(other, name)
        np.testing.assert_allclose(of_one, of_other, rtol=rtol, atol=10 * rtol)


# --- weights: a row of weight 0 ------------------------------------------------------------------


def some_of_weight_0():
    x, _, start = example()
    weight = generator().uniform(0.5, 2, size=600)
    weight[::7] = 0
    return x, start, weight, weight > 0


@pytest.mark.parametrize("junk", [np.nan, np.inf, 1e300])
@pytest.mark.parametrize("form", ["array", "blocks", "dask"])
def test_a_row_of_weight_0_is_as_if_absent(form, junk):
    x, start, weight, counts = some_of_weight_0()
    spoilt = np.where(counts[:, None], x, junk)
    if form == "blocks":
        spoilt = [spoilt[:50], spoilt[50:57], spoilt[57:]]
    elif form == "dask":
        spoilt = pytest.importorskip("dask.array").from_array(spoilt, chunks=(70, 2))
    x, less = x[counts], weight[counts]
    one, other = e_step(spoilt, start, weight), e_step(x, start, less)
    np.testing.assert_allclose(one.moments, other.moments, rtol=0, atol=1e-11 * other.n)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-13)
    options = {"max_steps": 10}
    run = em(spoilt, start, sample_weight=weight, **options)
    assert_same(run.mixture, em(x, start, sample_weight=less, **options).mixture, 1e-10)
    weak, expected = Prior.weak(spoilt, 3, weight), Prior.weak(x, 3, less)
    np.testing.assert_allclose(weak.scale, expected.scale, rtol=1e-12)
    np.testing.assert_allclose(weak.mean, expected.mean, rtol=1e-12)


@pytest.mark.parametrize("race", [False, True])
@pytest.mark.parametrize("junk", [np.nan, 1e300])
def test_fit_does_as_if_a_row_of_weight_0_were_absent(junk, race):
    x, _, weight, counts = some_of_weight_0()
    spoilt = np.where(counts[:, None], x, junk)
    options = {"starts": 2, "race": race}
    run = fit(spoilt, 3, generator(), sample_weight=weight, **options)
    other = fit(x[counts], 3, generator(), sample_weight=weight[counts], **options)
    np.testing.assert_allclose(run.finals, other.finals, rtol=1e-10)
    assert run.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-10)


@RANDOM
def test_no_start_is_at_a_row_of_weight_0(start):
    x, _, weight, counts = some_of_weight_0()
    far = np.where(counts[:, None], x, 1e300)
    one = start(far, 3, generator(), weight)
    assert_same(one, start(x[counts], 3, generator(), weight[counts]))


@RANDOM
def test_a_start_takes_a_row_of_weight_0_that_is_not_known(start):
    x, _, weight, counts = some_of_weight_0()
    spoilt = np.where(counts[:, None], x, np.nan)
    assert_same(
        start(spoilt, 3, generator(), weight), start(x[counts], 3, generator(), weight[counts])
    )


@pytest.mark.parametrize("junk", [np.nan, 1e100])
def test_no_start_without_randomness_sees_a_row_of_weight_0(junk):
    x, _, weight, counts = some_of_weight_0()
    far, less = np.where(counts[:, None], x, junk), weight[counts]
    column = quantile_start(far[:, 0], 3, weight)
    assert_same(column, quantile_start(x[counts, 0], 3, less))
    labels = (x[:, 0] > 0).astype(int)
    assert_same(labels_start(far, labels, weight), labels_start(x[counts], labels[counts], less))
    shares = np.c_[labels, 1 - labels]
    assert_same(shares_start(far, shares, weight), shares_start(x[counts], shares[counts], less))


def test_only_rows_that_count_make_enough_points_or_a_width():
    start = Mixture([0.5, 0.5], [0, 1], [1, 1])
    with pytest.raises(ValueError, match="2 components need at least 2 points, not 1"):
        em([0.0, 1, 2], start, sample_weight=[0, 3, 0])
    with pytest.raises(ValueError, match=r"x is constant \(1\)"):
        em([0.0, 1, 1], start, sample_weight=[0, 3, 2])
    for begin in (random_start, kmeans_plus_plus_start):
        with pytest.raises(ValueError, match="at least 3 different points, x has 2"):
            begin([0.0, 1, 1, 5], 3, generator(), [0, 3, 2, 1])


# --- weights: their sum --------------------------------------------------------------------------


def density_on_a_grid():
    """A mixture, and its density on a grid, scaled to sum to 1."""
    truth = Mixture([0.2, 0.8], [-2, 1], [0.25, 1])
    grid = np.linspace(-8, 8, 801)
    parts = zip(truth.weights, truth.means, truth.covariances)
    density = sum(w * np.exp(-((grid - m) ** 2) / (2 * v)) / np.sqrt(v) for w, m, v in parts)
    return truth, grid, density / density.sum()


def test_a_density_on_a_grid_that_sums_to_1_is_fitted():
    truth, grid, density = density_on_a_grid()
    run = em(grid, Mixture([0.5, 0.5], [-1, 1], [1, 1]), sample_weight=density)
    assert run.converged and way(run.mixture, truth) < 1e-6
    fitted = fit(grid, 2, generator(), starts=3, sample_weight=density)
    assert fitted.converged and fitted.log_likelihood == pytest.approx(run.log_likelihood)
    prior = Prior.weak(grid, 2, density)
    mean = 0.2 * -2 + 0.8 * 1
    variance = 0.2 * (0.25 + (-2 - mean) ** 2) + 0.8 * (1 + (1 - mean) ** 2)
    np.testing.assert_allclose(prior.mean, [mean], rtol=1e-6)
    np.testing.assert_allclose(prior.scale, [[variance / 4]], rtol=2 / 801)  # divisor n - 1


@pytest.mark.parametrize("factor", [1e-12, 1e-3, 1e9])
def test_scaled_weights_scale_the_log_likelihood_and_change_nothing_else(factor):
    x, start, weight, _ = some_of_weight_0()
    one = em(x, start, sample_weight=weight, max_steps=40)
    other = em(x, start, sample_weight=factor * weight, max_steps=40)
    scaled = factor * one.log_likelihoods
    np.testing.assert_allclose(other.log_likelihoods, scaled, rtol=1e-12)
    assert_same(one.mixture, other.mixture, 1e-10)
    np.testing.assert_allclose(
        Prior.weak(x, 3, weight).scale, Prior.weak(x, 3, factor * weight).scale, rtol=1e-12
    )
    for begin in (random_start, kmeans_plus_plus_start):
        assert_same(
            begin(x, 3, generator(), weight), begin(x, 3, generator(), factor * weight), 1e-11
        )
    first = fit(x, 3, generator(), starts=3, sample_weight=weight, tolerance=1e-5)
    again = fit(x, 3, generator(), starts=3, sample_weight=factor * weight, tolerance=1e-5)
    assert again.log_likelihood == pytest.approx(factor * first.log_likelihood, rel=1e-9)


# --- weights: repeated rows ----------------------------------------------------------------------


@pytest.mark.parametrize("with_prior", [False, True])
@KINDS
def test_labels_and_shares_count_a_row_as_often_as_it_counts(covariance, with_prior):
    x, _, start = example()
    times = generator().integers(0, 4, size=600)
    rows, prior = np.repeat(x, times, axis=0), Prior.weak(x, 3) if with_prior else None
    options = {"covariance": covariance, "prior": prior}
    labels, shares = np.arange(600) % 3, responsibilities(x, start)
    one = labels_start(x, labels, times, **options)
    assert_same(one, labels_start(rows, np.repeat(labels, times), **options))
    one = shares_start(x, shares, times, **options)
    assert_same(one, shares_start(rows, np.repeat(shares, times, axis=0), **options))


def test_quantiles_are_those_of_the_repeated_rows():
    x, _, _ = example(d=1)
    times = generator().integers(0, 4, size=600)
    one, other = quantile_start(x, 4, times), quantile_start(np.repeat(x, times), 4)
    np.testing.assert_allclose(one.covariances, other.covariances, rtol=1e-12)
    # a quantile may lie anywhere between two neighbours
    here, there = (np.searchsorted(np.sort(x), s.means) for s in (one, other))
    assert np.abs(here - there).max() <= 1


def test_k_means_plus_plus_takes_the_covariance_of_the_repeated_rows():
    x, _, _ = example()
    times = generator().integers(0, 4, size=600)
    start = kmeans_plus_plus_start(x, 3, generator(), times)
    rows = np.repeat(x, times, axis=0)
    scaled = rows / rows.std(axis=0)
    apart = scaled[:, None] - start.means / rows.std(axis=0)
    off = rows - start.means[(apart**2).sum(axis=2).argmin(axis=1)]
    np.testing.assert_allclose(start.covariances, [off.T @ off / len(off)] * 3, rtol=1e-12)


@RANDOM
def test_a_row_of_twice_the_weight_is_as_likely_to_be_a_start_as_two_rows(start):
    x, weight = np.array([0.0, 1, 2, 3]), [1, 1, 1, 5]
    rng = generator()
    first = [start(x, 1, rng, weight).means[0] for _ in range(2000)]
    # 5 of 8, give or take three standard deviations
    assert np.mean(np.equal(first, 3)) == pytest.approx(5 / 8, abs=3 * np.sqrt(15 / 64 / 2000))


def test_a_weak_prior_is_that_of_the_repeated_rows():
    x, _, _ = example()
    times = generator().integers(0, 4, size=600)
    one, other = Prior.weak(x, 3, times), Prior.weak(np.repeat(x, times, axis=0), 3)
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-12)
    # but for the divisor, n - 1 with n the number of rows that count
    np.testing.assert_allclose(one.scale, other.scale, rtol=1 / (times > 0).sum())


# --- blocks --------------------------------------------------------------------------------------


class Told:
    """An object that gives what it is told to, by how often it was asked."""

    def __init__(self, blocks):
        self.blocks, self.asked = blocks, 0

    def __iter__(self):
        self.asked += 1
        return iter(self.blocks(self.asked))


class Once:
    """Not an iterator itself, but it has only one."""

    def __init__(self, blocks):
        self.blocks = iter(blocks)

    def __iter__(self):
        return self.blocks


def test_empty_blocks_are_skipped():
    x, _, start = example()
    none = x[:0]
    expected = e_step(x, start).moments
    for blocks in ([none, x], [x[:9], none, none, x[9:], none]):
        moments = e_step(blocks, start).moments
        np.testing.assert_allclose(moments, expected, rtol=0, atol=1e-10)
    flat, _, start = example(d=1)
    blocks = Told(lambda asked: [flat[:0], flat[:5], flat[:0], flat[5:]])
    assert em(blocks, start, max_steps=5).log_likelihood == pytest.approx(
        em(flat, start, max_steps=5).log_likelihood, rel=1e-13
    )
    with pytest.raises(ValueError, match="each block of x has no points"):
        em([none, none], start)


def test_an_object_with_only_one_iterator_is_refused():
    x, _, start = example()
    for use in (e_step, em, log_likelihood):
        with pytest.raises(ValueError, match="iterated over only once.*give a list of blocks"):
            use(Once([x[:300], x[300:]]), start)
    with pytest.raises(ValueError, match="iterated over only once"):
        fit(Once([x[:300], x[300:]]), 3, generator())


@pytest.mark.parametrize("length", [0, 250, 700])
def test_an_object_that_gives_another_number_of_rows_is_refused(length):
    x, _, start = example()
    again = np.vstack([x, x])[:length]
    blocks = Told(lambda asked: [x[:300], x[300:]] if asked <= 4 else [again])
    with pytest.raises(ValueError, match=f"x gave 600 rows the first time and {length} now"):
        em(blocks, start)


def test_an_object_that_gives_other_rows_is_refused():
    x, _, start = example()
    other = x + [0, 1e-3]
    blocks = Told(lambda asked: [x[:300], x[300:]] if asked <= 4 else [other[:300], other[300:]])
    with pytest.raises(ValueError, match="rows with another mean in column 1"):
        em(blocks, start)


def test_an_object_may_give_the_same_rows_in_other_blocks_and_another_order():
    x, _, start = example()
    run = em(Told(lambda asked: [x[asked:], x[:asked]]), start, max_steps=20)
    expected = em(x, start, max_steps=20)
    np.testing.assert_allclose(run.log_likelihoods, expected.log_likelihoods, rtol=1e-12)


@pytest.mark.parametrize("which", ["some rows of each chunk", "no row of a chunk"])
def test_a_filtered_dask_array_is_the_filtered_array(which):
    dask = pytest.importorskip("dask.array")
    x, _, start = example()
    lazy = dask.from_array(x, chunks=(100, 2))
    kept = x[:, 0] > 0 if which.startswith("some") else np.arange(600) // 100 != 2
    lazy = lazy[dask.from_array(kept, chunks=100)]
    assert np.isnan(lazy.shape[0])
    weight = generator().uniform(0, 2, size=kept.sum())
    for options in ({}, {"sample_weight": weight}):
        run = em(lazy, start, max_steps=20, **options)
        expected = em(x[kept], start, max_steps=20, **options)
        np.testing.assert_allclose(run.log_likelihoods, expected.log_likelihoods, rtol=1e-12)
    with pytest.raises(ValueError, match=rf"{kept.sum()} rows need sample_weight of shape"):
        em(lazy, start, sample_weight=np.ones(600))
    fitted = fit(lazy, 3, generator(), starts=2)
    assert fitted.log_likelihood == pytest.approx(
        fit(x[kept], 3, generator(), starts=2).log_likelihood, rel=1e-12
    )


def test_a_dask_array_of_which_nothing_is_left_is_refused():
    dask = pytest.importorskip("dask.array")
    x, _, start = example()
    lazy = dask.from_array(x, chunks=(100, 2))
    with pytest.raises(ValueError, match="each block of x has no points"):
        em(lazy[lazy[:, 0] > 1e9], start)


def test_weights_go_with_a_dask_array():
    dask = pytest.importorskip("dask.array")
    x, start, weight, _ = some_of_weight_0()
    lazy = dask.from_array(x, chunks=(70, 2))
    expected = em(x, start, max_steps=20, sample_weight=weight)
    for given in (weight, dask.from_array(weight, chunks=50)):
        run = em(lazy, start, max_steps=20, sample_weight=given)
        np.testing.assert_allclose(run.log_likelihoods, expected.log_likelihoods, rtol=1e-12)
    with pytest.raises(ValueError, match=r"600 rows need sample_weight of shape \(600,\)"):
        em(lazy, start, sample_weight=weight[:-1])


# --- ties ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@RANDOM
def test_a_start_has_different_means_where_most_of_the_data_are_one_value(start, weighted):
    values, times = [0.0, 1, 5, 9], [997, 1, 1, 1]
    for seed in range(5):
        rng = np.random.default_rng(seed)
        if weighted:
            means = start(values, 4, rng, times).means
        else:
            means = start(np.repeat(values, times), 4, rng).means
        assert sorted(means) == values


@RANDOM
def test_points_of_the_plane_are_different_if_any_coordinate_is(start):
    x = np.repeat([[0.0, 0], [0, 1], [1, 0], [2, 3]], [97, 1, 1, 1], axis=0)
    means = start(x, 4, generator()).means
    assert len(np.unique(means, axis=0)) == 4


@RANDOM
def test_k_components_need_k_different_points(start):
    x = np.repeat([0.0, 1, 5, 9], [97, 1, 1, 1])
    message = "5 components need at least 5 different points, x has 4"
    with pytest.raises(ValueError, match=message):
        start(x, 5, generator())
    with pytest.raises(ValueError, match=message):
        fit(x, 5, generator(), start=start)
    with pytest.raises(ValueError, match="3 components .* x has 2"):
        start([0.0, -0.0, 0.0, 1.0], 3, generator())  # one zero, whatever its sign


def test_quantiles_need_as_many_different_values():
    with pytest.raises(ValueError, match="5 components need at least 5 different points, x has 4"):
        quantile_start(np.repeat([0.0, 1, 5, 9], [97, 1, 1, 1]), 5)


def test_fit_needs_as_many_different_points():
    x = np.repeat([0.0, 1, 5, 9], [97, 1, 1, 1])
    with pytest.raises(ValueError, match="5 components need at least 5 different points, x has 4"):
        fit(x, 5, generator())


# --- checks no stricter than the model -----------------------------------------------------------


def collinear():
    a, b = generator().normal(size=(2, 200))
    return np.c_[a, b, a + b]


def halves(d):
    return Mixture([0.5, 0.5], np.outer([-1, 1], np.ones(d)), [np.eye(d)] * 2)


@pytest.mark.parametrize("covariance", [full, tied])
def test_full_and_tied_covariances_need_independent_columns(covariance):
    x = collinear()
    message = "column 2 of x follows from columns 0, 1: .* or use diagonal covariances or a prior"
    for use in (
        lambda: em(x, halves(3), covariance=covariance),
        lambda: fit(x, 2, generator(), covariance=covariance),
        lambda: random_start(x, 2, generator(), covariance=covariance),
        lambda: kmeans_plus_plus_start(x, 2, generator(), covariance=covariance),
    ):
        with pytest.raises(ValueError, match=message):
            use()


@pytest.mark.parametrize("covariance", [diagonal, spherical])
def test_diagonal_and_spherical_covariances_need_columns_that_vary(covariance):
    x = collinear()
    assert em(x, halves(3), covariance=covariance, max_steps=5).steps == 5
    assert fit(x, 2, generator(), starts=2, covariance=covariance, tolerance=1e-4).converged
    for start in (random_start, kmeans_plus_plus_start):
        run = fit(x, 2, generator(), starts=2, start=start, covariance=covariance, tolerance=1e-4)
        assert run.converged
    still = np.c_[x[:, 0], np.full(200, 3.0)]
    for use in (
        lambda: em(still, halves(2), covariance=covariance),
        lambda: fit(still, 2, generator(), covariance=covariance),
    ):
        with pytest.raises(ValueError, match=r"column 1 of x is constant \(3\)"):
            use()


@KINDS
def test_with_a_prior_columns_may_be_anything(covariance):
    still = np.c_[collinear()[:, 0], np.full(200, 3.0)]
    for x in (collinear(), still):
        d = x.shape[1]
        options = {"prior": Prior(np.zeros(d), 0.1, np.eye(d), d + 2), "covariance": covariance}
        assert em(x, halves(d), **options, max_steps=5).steps == 5
        assert fit(x, 2, generator(), starts=2, **options, tolerance=1e-4).converged
        for start in (random_start, kmeans_plus_plus_start):
            run = fit(x, 2, generator(), starts=2, start=start, **options, tolerance=1e-4)
            assert run.converged


def test_more_columns_than_rows_have_variances():
    x = generator().normal(size=(6, 9))
    with pytest.raises(ValueError, match="6 points in 9 dimensions lie in a plane"):
        em(x, Mixture([1], np.zeros((1, 9)), [np.eye(9)]))
    run = em(x, Mixture([1], np.zeros((1, 9)), [np.eye(9)]), covariance=diagonal)
    assert run.converged
    np.testing.assert_allclose(np.diag(run.mixture.covariances[0]), x.var(axis=0))


@pytest.mark.parametrize("from_two", [False, True])
def test_among_many_columns_the_one_that_follows_is_named(from_two):
    x = generator().normal(size=(200, 60))
    x[:, 50] = 3 * x[:, 7] - (x[:, 49] if from_two else 0)
    named = "columns 7, 49:" if from_two else "column 7:"
    with pytest.raises(ValueError, match=f"column 50 of x follows from {named}"):
        em(x, Mixture([1], np.zeros((1, 60)), [np.eye(60)]))
    x[:, 50] += 1e-4 * np.random.default_rng(2).normal(size=200)
    assert em(x, Mixture([1], np.zeros((1, 60)), [np.eye(60)]), max_steps=1).steps == 1


def test_parameters_rounded_to_float32_make_a_mixture():
    rng = generator()
    factors = rng.normal(size=(50, 4, 6))
    covariances = (factors @ factors.transpose(0, 2, 1)).astype(np.float32)
    covariances[:, 0, 1] *= np.float32(1 + 2e-7)  # a last digit that is another on the other side
    weights = rng.dirichlet(np.ones(50)).astype(np.float32)
    weights[0] += np.float32(1e-6) * 8  # what a float32 sum of fifty leaves
    mixture = Mixture(weights, np.zeros((50, 4), np.float32), covariances)
    assert mixture.covariances.dtype == np.float64
    with pytest.raises(ValueError, match="weights must sum to 1"):
        Mixture(weights.astype(float), np.zeros((50, 4)), covariances.astype(float))
    with pytest.raises(ValueError, match="covariance 0 is not symmetric"):
        Mixture(np.full(50, 0.02), np.zeros((50, 4)), covariances.astype(float))
    with pytest.raises(ValueError, match="weights must sum to 1"):
        Mixture(np.float32([0.5, 0.499]), [0, 1], [1, 1])


@pytest.mark.parametrize("d", [1, 2])
def test_groups_a_billion_widths_apart_are_no_collapse(d):
    rng = generator()
    groups = rng.normal(size=(2, 200, d))
    x = np.vstack(groups + np.array([0, 1e9])[:, None, None] * np.eye(d)[0])
    means = np.outer([0, 1e9], np.eye(d)[0])
    run = em(x, Mixture([0.5, 0.5], means, [np.eye(d)] * 2))
    assert run.converged
    for k in range(2):
        expected = np.cov(groups[k].T, bias=True).reshape(d, d)
        # at 1e9 a coordinate keeps 7 digits
        np.testing.assert_allclose(run.mixture.covariances[k], expected, atol=1e-5)
    # a search makes its own starts, and at 1e9 their covariances have no digits left
    x = np.vstack(groups + np.array([0, 1e7])[:, None, None] * np.eye(d)[0])
    known = em(x, Mixture([0.5, 0.5], means / 100, [np.eye(d)] * 2))
    fitted = fit(x, 2, generator(), starts=2)
    assert fitted.log_likelihood == pytest.approx(known.log_likelihood, abs=1e-4)


@pytest.mark.parametrize("d", [1, 2])
def test_a_component_a_billion_times_narrower_than_another_is_fitted(d):
    narrow, wide = generator().normal(size=(2, 200, d))
    x = np.vstack([1e-9 * narrow, wide])
    start = Mixture([0.5, 0.5], np.zeros((2, d)), [1e-18 * np.eye(d), np.eye(d)])
    run = em(x, start)
    assert run.converged
    # a point of the wide one lies among the narrow ones once in a billion
    expected = np.cov(narrow.T, bias=True).reshape(d, d)
    np.testing.assert_allclose(1e18 * run.mixture.covariances[0], expected, rtol=1e-5, atol=1e-5)
    assert fit(x, 2, generator(), starts=3).log_likelihood > run.log_likelihood - 1e-4


# --- a prior -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shrinkage", [0, 0.1])
@KINDS
def test_under_a_prior_a_component_that_nobody_needs_dies_in_words(covariance, shrinkage):
    x = generator().normal(size=(300, 2))
    start = Mixture([0.5, 0.5], [[0, 0], [30, 30]], [np.eye(2)] * 2)
    prior = Prior([0, 0], shrinkage, np.eye(2), 4)
    for options in ({}, {"accelerate": True}):
        run = em(x, start, prior=prior, covariance=covariance, **options)
        assert run.converged and "component 1 died: its weight went to 0" in run.reason
        assert run.mixture.weights.tolist() == [1, 0]
        assert np.isfinite(run.mixture.means).all() and np.isfinite(run.mixture.covariances).all()
    alone = em(x, Mixture([1], [[0, 0]], [np.eye(2)]), prior=prior, covariance=covariance)
    assert run.log_likelihood == pytest.approx(alone.log_likelihood, abs=0.5)


def test_a_component_dies_when_a_millionth_of_a_point_is_left():
    r = generator()
    x = np.r_[r.normal(0, 1, 100), r.normal(9, 1, 100), -9999.0]
    start = Mixture([0.4, 0.3, 0.3], [0, 9, -9999], [1e4, 1e4, 1e4])
    run = em(x, start, prior=Prior.weak(x, 3))
    weights = np.array([mixture.weights[1] for mixture in run.mixtures])
    least = 201 * weights[weights > 0].min()  # in points
    assert run.converged and weights[-1] == 0
    assert 1e-6 <= least < 1e-4  # a step takes less than nine tenths


def test_light_rows_are_points_too_and_nobody_dies_of_them():
    x, _, start = example()
    weight = np.full(600, 1e-9)
    run = em(x, start, prior=Prior.weak(x, 3), sample_weight=weight, max_steps=3)
    assert run.mixture.weights.min() > 0.01


def test_under_a_prior_a_component_with_points_lives():
    x, _, start = example()
    run = em(x, start, prior=Prior.weak(x, 3))
    assert run.converged and "died" not in run.reason and run.mixture.weights.min() > 0.01


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_held_weights_do_not_die(factor):
    x = generator().normal(size=(300, 2))
    start = Mixture([0.5, 0.5], [[0, 0], [30, 30]], [np.eye(2)] * 2)
    prior = Prior([0, 0], 0.1, np.eye(2), 4)
    run = em(x, start, "weights", prior=prior, sample_weight=np.full(300, factor))
    assert run.converged and run.mixture.weights.tolist() == [0.5, 0.5]
    assert "died" not in run.reason


# --- the process ---------------------------------------------------------------------------------


@pytest.fixture
def blas_threads():
    """Tells how many threads each BLAS has. (On one core it has one anyway.)"""
    pools = ThreadpoolController().select(user_api="blas").lib_controllers
    return lambda: [pool.get_num_threads() for pool in pools]


def in_threads(work, count=4):
    threads = [threading.Thread(target=work, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_callers_in_several_threads_leave_the_blas_as_it_was(blas_threads):
    x, _, start = example(n=3000)
    expected, found, before = e_step(x, start).log_likelihood, [], blas_threads()

    def work(k):
        found.extend(e_step(x, start, threads=2).log_likelihood for _ in range(3 + k))

    for _ in range(5):
        in_threads(work)
        assert blas_threads() == before
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert len(found) == 5 * (3 + 4 + 5 + 6)


def test_the_blas_keeps_to_one_thread_until_the_last_has_left(blas_threads):
    before = blas_threads()
    for _ in range(2):
        with one_blas_thread:
            for _ in range(2):
                in_threads(lambda k: one_blas_thread.__enter__() or one_blas_thread.__exit__())
                assert 1 in blas_threads()  # NumPy's; others may have come later
        assert blas_threads() == before


def test_an_error_inside_leaves_the_blas_as_it_was(blas_threads):
    x, _, start = example(n=3000)
    spoilt = x.copy()
    spoilt[2999, 1] = 1e160
    refused, before = [], blas_threads()

    def work(k):
        try:
            e_step(spoilt if k % 2 else x, start, threads=2)
        except ValueError as error:
            refused.append(str(error))

    in_threads(work)
    assert blas_threads() == before
    assert len(refused) == 2 and all("row 2999 of x lies so far" in words for words in refused)
    assert e_step(x, start, threads=2).n == 3000  # and one may go on
    assert blas_threads() == before


@pytest.mark.parametrize("keep_mixtures", [True, False])
def test_an_interrupted_climb_keeps_its_run(keep_mixtures):
    x, _, start = example()

    def stop_at(step, mixture, log_likelihood):
        if step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stop:
        em(x, start, on_step=stop_at, keep_mixtures=keep_mixtures)
    run, whole = stop.value.run, em(x, start, max_steps=5)
    assert run.steps == 5 and not run.converged and "interrupted after 5 steps" in run.reason
    np.testing.assert_array_equal(run.log_likelihoods, whole.log_likelihoods)
    assert_same(run.mixture, whole.mixture, 0)
    assert len(run.mixtures) == (6 if keep_mixtures else 1)
    # and one may go on from there
    on = em(x, run, max_steps=5)
    assert on.log_likelihood == pytest.approx(em(x, start, max_steps=10).log_likelihood, rel=1e-13)


@pytest.mark.parametrize("starts", [1, 3])
def test_an_interrupted_fit_keeps_the_run_so_far(starts):
    x, _, _ = example()

    def stop_at(step, mixture, log_likelihood):
        if step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stop:
        fit(x, 3, generator(), starts=starts, on_step=stop_at)
    run = stop.value.run
    assert run.steps == 2 and not run.converged and "interrupted" in run.reason
    assert run.log_likelihood == pytest.approx(log_likelihood(x, run.mixture), rel=1e-12)


# --- starts --------------------------------------------------------------------------------------


def test_fit_takes_the_quantiles_as_its_one_start():
    x, _, _ = example(d=1)
    run = fit(x, 3, generator(), start=quantile_start)
    assert run.finals.shape == (1,)
    assert_same(run.mixtures[0], quantile_start(x, 3))
    weight = generator().uniform(0.5, 2, size=600)
    run = fit(x, 3, generator(), start=quantile_start, sample_weight=weight, max_steps=5)
    assert_same(run.mixtures[0], quantile_start(x, 3, weight))


@pytest.mark.parametrize("start", [Mixture([1], [0], [1]), "kmeans", 3])
def test_what_makes_no_starts_is_refused(start):
    with pytest.raises(ValueError, match="start must be a function of .* such as random_start"):
        fit([0.0, 1, 2, 4], 1, generator(), start=start)
    if isinstance(start, Mixture):
        with pytest.raises(ValueError, match=r"not a Mixture: .* with em\(x, mixture\)"):
            fit([0.0, 1, 2, 4], 1, generator(), start=start)


def test_fit_gives_a_start_what_it_asks_for():
    x, truth, _ = example()
    weight, given = np.ones(600), {}

    def start(x, K, rng, sample_weight=None, covariance=None):
        given.update(x=x, K=K, rng=rng, sample_weight=sample_weight, covariance=covariance)
        return truth

    rng = generator()
    fit(x, 3, rng, starts=1, start=start, sample_weight=weight, covariance=tied, max_steps=1)
    assert given["K"] == 3 and given["rng"] is rng and given["covariance"] is tied
    np.testing.assert_array_equal(given["x"], x)
    np.testing.assert_array_equal(given["sample_weight"], weight)


def test_fit_holds_the_weights_of_its_starts():
    x, truth, _ = example()
    run = fit(x, 3, generator(), starts=2, hold="weights", race=False, tolerance=1e-4)
    np.testing.assert_array_equal(run.mixture.weights, np.full(3, 1 / 3))
    assert run.hold == {"weights"}
    for hold in ("means", "covariances", ("weights", "means")):
        with pytest.raises(ValueError, match="fit holds weights only, .* give a start that does"):
            fit(x, 3, generator(), hold=hold)
    run = fit(x, 3, generator(), starts=2, hold="means", start=lambda x, K, rng: truth)
    np.testing.assert_allclose(run.mixture.means, truth.means, rtol=1e-13)


@KINDS
@pytest.mark.parametrize("with_prior", [False, True])
@pytest.mark.parametrize("d", [1, 2])
def test_a_start_from_responsibilities_is_one_m_step(d, with_prior, covariance):
    x, _, mixture = example(d)
    options = {"prior": Prior.weak(x, 3) if with_prior else None, "covariance": covariance}
    start = shares_start(x, responsibilities(x, mixture), **options)
    assert_same(start, m_step(e_step(x, mixture), **options))
    assert start.means.shape == mixture.means.shape


def test_a_start_from_labels_is_the_moments_of_each_label():
    x, _, _ = example()
    labels = np.arange(600) % 3
    start = labels_start(x, labels)
    np.testing.assert_allclose(start.weights, 1 / 3)
    for k in range(3):
        np.testing.assert_allclose(start.means[k], x[labels == k].mean(axis=0))
        np.testing.assert_allclose(start.covariances[k], np.cov(x[labels == k].T, bias=True))
    one = labels_start(x, labels, covariance=tied).covariances
    np.testing.assert_allclose(one, [start.covariances.mean(axis=0)] * 3, rtol=1e-10)


def test_shares_that_are_none_are_refused():
    x, _, _ = example()
    even = np.full((600, 3), 1 / 3)
    for shares, message in (
        (even[:-1], r"600 points need shares of shape \(600, K\), not \(599, 3\)"),
        (even[:, 0], r"need shares of shape \(600, K\), not \(600,\)"),
        (2 * even, "row 0 of shares is not shares of one"),
        (even + np.outer(np.arange(600) == 9, [-1, 1, 0]), "row 9 of shares is not shares of one"),
    ):
        with pytest.raises(ValueError, match=message):
            shares_start(x, shares)
    with pytest.raises(CollapseError, match="component 1 has no points left"):
        shares_start(x, np.c_[np.ones(600), np.zeros(600)])


# --- going on ------------------------------------------------------------------------------------


@pytest.mark.parametrize("hold", [(), "weights"])
@KINDS
def test_a_run_goes_on_as_it_began(covariance, hold):
    x, _, start = example()
    whole = em(x, start, hold, max_steps=20, covariance=covariance)
    half = em(x, start, hold, max_steps=10, covariance=covariance)
    on = em(x, half, max_steps=10)
    assert (on.hold, on.covariance) == (whole.hold, covariance)
    np.testing.assert_allclose(on.log_likelihoods, whole.log_likelihoods[10:], rtol=1e-13)
    assert_same(on.mixture, whole.mixture, 1e-10)


def test_what_is_said_wins_over_what_a_run_did():
    x, _, start = example()
    half = em(x, start, "weights", max_steps=10, covariance=tied)
    on = em(x, half, "means", covariance=diagonal, max_steps=3)
    assert on.hold == {"means"} and on.covariance is diagonal
    np.testing.assert_array_equal(on.mixture.means, half.mixture.means)


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["diag", "full", None, 3])
def test_what_is_no_kind_of_covariance_is_refused(kind):
    x, _, start = example()
    message = "covariance takes one of the functions full, tied, diagonal and spherical"
    for use in (
        lambda: em(x, start, covariance=kind),
        lambda: fit(x, 3, generator(), covariance=kind),
        lambda: m_step(e_step(x, start), covariance=kind),
        lambda: random_start(x, 3, generator(), covariance=kind),
        lambda: kmeans_plus_plus_start(x, 3, generator(), covariance=kind),
        lambda: quantile_start(x[:, 0], 3, covariance=kind),
    ):
        with pytest.raises(ValueError, match=f"{message} of gmmlib, not {kind!r}"):
            use()


@pytest.mark.parametrize(
    "form", [array.array, range, tuple, "tuple of tuples", "series", "frame", "nullable"]
)
def test_data_of_every_form_are_data(form):
    x = np.arange(100.0) ** 2 % 101  # whole numbers, in some order
    flat = Mixture([0.5, 0.5], [20, 80], [400, 400])
    square = Mixture([0.5, 0.5], [[20, 20], [80, 50]], [400 * np.eye(2)] * 2)
    data, start = x, flat
    if form is array.array:
        given = array.array("d", x)
    elif form is range:
        given, data = range(100), np.arange(100.0)
    elif form is tuple:
        given = tuple(x)
    else:
        data, start = np.c_[x, x[::-1] % 37], square
        given = tuple(map(tuple, data))
        if form != "tuple of tuples":
            given = Frame(data)
            if form == "nullable":
                given = Frame(data.astype(int).astype(object))
            if form == "series":
                given, data, start = Frame(x), x, flat
    run, expected = (em(rows, start, max_steps=5) for rows in (given, data))
    np.testing.assert_array_equal(run.log_likelihoods, expected.log_likelihoods)


class NAType:
    """As pandas' NA: no number, and no number can be made of it."""

    def __float__(self):
        raise TypeError("float() argument must be a string or a real number, not 'NAType'")


class Frame:
    """As a frame or a series of pandas looks to NumPy: objects, if anything is amiss."""

    def __init__(self, values):
        objects = any(isinstance(value, NAType) for value in np.array(values, object).flat)
        self.values = np.array(values, dtype=object if objects else None)

    def __array__(self, dtype=None, copy=None):
        return self.values if dtype is None else self.values.astype(dtype)

    def __iter__(self):
        return iter("ab")  # the names of the columns

    def __len__(self):
        return len(self.values)


def test_what_is_not_known_is_named_whatever_stands_for_it():
    start = Mixture([1], [0], [1])
    for unknown in (None, np.nan, float("nan")):
        with pytest.raises(ValueError, match=r"row 1 of x is not finite \(nan\)"):
            em([1.0, unknown, 3.0], start)
    with pytest.raises(ValueError, match=r"row 2 of x is not finite \(nan\)"):
        em(Frame([1, 2, NAType(), 4]), start)
    frame = Frame([[1.0, 1], [2.0, 2], [3.0, NAType()], [5.0, 4]])
    square = Mixture([1], [[0, 0]], [np.eye(2)])
    with pytest.raises(ValueError, match=r"row 2 of x, column 1 is not finite \(nan\)"):
        em(frame, square)
    with pytest.raises(ValueError, match=r"row 2 of x, column 1 is not finite \(nan\)"):
        random_start(frame, 2, generator())
    # and it is what missing=True takes
    known = np.array([[1, 1], [2, 2], [3, np.nan], [5, 4]])
    one, other = (e_step(rows, square, missing=True).log_likelihood for rows in (frame, known))
    assert one == other


@pytest.mark.parametrize(("unit", "words"), [(1e160, "too large"), (1e-160, "too small")])
def test_a_column_in_units_whose_squares_are_no_doubles_is_named(unit, words):
    flat, _, _ = example(d=1)
    x = np.c_[flat, unit * flat]
    message = f"column 1 of x goes from .* its variance is {words} for a double, .* another unit"
    for use in (
        lambda: fit(x, 2, generator()),
        lambda: fit(x, 2, generator(), prior=Prior([0, 0], 1, np.eye(2), 4)),
        lambda: random_start(x, 2, generator()),
        lambda: kmeans_plus_plus_start(x, 2, generator()),
    ):
        with pytest.raises(ValueError, match=message):
            use()
    for use in (
        lambda: fit(unit * flat, 2, generator()),
        lambda: quantile_start(unit * flat, 2),
    ):
        with pytest.raises(ValueError, match=f"^x goes from .* its variance is {words}"):
            use()
    if unit < 1:  # a large number may be a single one: em names its row
        with pytest.raises(ValueError, match=message):
            em(x, Mixture([1], [[0, 0]], [np.eye(2)]))


@pytest.mark.parametrize("unit", [1e-100, 1e-30, 1e30, 1e100])
def test_a_column_in_units_whose_squares_are_doubles_is_fitted(unit):
    x, _, start = example(K=2)
    A = np.diag([1, unit])
    run, expected = em(x @ A, mapped(start, A, 0), max_steps=20), em(x, start, max_steps=20)
    stretched = expected.log_likelihoods - 600 * np.log(unit)
    np.testing.assert_allclose(run.log_likelihoods, stretched, rtol=1e-10)
    assert fit(x @ A, 2, generator(), starts=2, tolerance=1e-4).converged


def test_the_advice_after_a_collapse_names_a_prior_and_that_helps():
    x = np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7.0])
    start = Mixture([0.7, 0.3], [4, 0], [4, 0.25])
    with pytest.raises(CollapseError, match=r"or .*prior \(Prior.weak\)"):
        em(x, start)
    assert em(x, start, prior=Prior.weak(x, 2)).converged


# --- found by trying -----------------------------------------------------------------------------


def test_weights_that_are_held_in_a_search_stay_equal_when_components_move():
    x, _, _ = example()
    run = fit(x, 3, generator(), starts=2, hold="weights", tolerance=1e-4)
    np.testing.assert_array_equal(run.mixture.weights, np.full(3, 1 / 3))


def test_means_that_a_start_knows_are_held_to_the_last_digit():
    x, truth, _ = example()
    run = fit(x, 3, generator(), starts=2, hold="means", start=lambda x, K, rng: truth)
    np.testing.assert_array_equal(run.mixture.means, truth.means)


def test_quantiles_of_as_many_values_as_components_are_found():
    x = np.repeat([0.0, 1, 5, 9], [97, 1, 1, 1])
    assert len(np.unique(quantile_start(x, 4).means)) == 4


@pytest.mark.parametrize("weight", [np.ones(599), np.ones(601)])
def test_weights_of_another_length_than_the_blocks_are_refused(weight):
    x, _, start = example()
    with pytest.raises(ValueError, match="sample_weight"):
        em([x[:300], x[300:]], start, sample_weight=weight)


def test_one_block_that_is_gone_after_a_look_is_refused():
    x, _, start = example()

    class Shared:
        def __init__(self, blocks):
            self.blocks = iter(blocks)

        def __iter__(self):
            yield from self.blocks

    with pytest.raises(ValueError, match="iterated over only once"):
        em(Shared([x]), start)


def test_an_empty_flat_block_is_skipped_too():
    x, _, start = example()
    assert e_step([np.zeros((0,)), x], start).n == 600


def test_what_a_start_gives_must_be_of_the_kind_asked_for():
    x, truth, _ = example()
    with pytest.raises(ValueError, match="what start gives must be a Mixture, not int"):
        fit(x, 3, generator(), start=lambda x, K, rng: 7)
    with pytest.raises(ValueError, match="start gives 3 components in 2 dimensions, not 2 in 2"):
        fit(x, 2, generator(), start=lambda x, K, rng: truth)


@pytest.mark.parametrize("size", [1e-160, 1e160])
def test_a_column_in_an_impossible_unit_is_named_by_all(size):
    x = np.c_[example(d=1)[0], size * example(d=1)[0]]
    ones = np.ones(len(x))
    for use in (
        lambda: labels_start(x, np.arange(len(x)) % 2),
        lambda: Prior.weak(x, 2),
        lambda: fit(x, 2, generator(), sample_weight=ones),
    ):
        with pytest.raises(ValueError, match="column 1 of x goes from .*another unit"):
            use()


def test_no_weak_prior_is_made_of_columns_that_depend_on_each_other():
    x = example()[0]
    with pytest.raises(ValueError, match="no weak prior.*column 2 of x follows from column 0"):
        Prior.weak(np.c_[x, x[:, 0]], 2)


def test_an_infinity_among_gaps_is_named():
    x, _, mixture = example()
    x[::5, 0], x[5, 1] = np.nan, np.inf
    with pytest.raises(ValueError, match="row 5 of x, column 1 is not finite"):
        log_likelihood(x, mixture, missing=True)


def test_interrupted_at_the_start_there_is_a_run_of_no_steps():
    x, _, start = example()

    def stop(*what):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        em(x, start, on_step=stop)
    assert caught.value.run.steps == 0
