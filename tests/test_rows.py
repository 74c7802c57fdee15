"""However the rows come (array, file, blocks, Dask, threads, weights), the sums are the same."""

import importlib.util

import numpy as np
import pytest
from references import example

from gmmlib import Mixture, Prior, e_step, em, fit, quantile_start, random_start
from gmmlib.rows import Rows
from gmmlib.summary import Summary

pytestmark = pytest.mark.filterwarnings("error")

WAYS = pytest.mark.parametrize("large", [0, 300], ids=["plain", "features"])


@pytest.fixture(autouse=True)
def _way(request, monkeypatch):
    """Which E-step: that for large data from `large` rows on."""
    large = getattr(request.node, "callspec", None) and request.node.callspec.params.get("large")
    if large is not None:
        monkeypatch.setattr("gmmlib.features.NARROW", large)


# --- threads -------------------------------------------------------------------------------------


@WAYS
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("d", [1, 3])
def test_threads_change_nothing_but_the_order_of_the_sums(d, weighted, large):
    x, _, start = example(d, n=5003)
    weight = np.random.default_rng(1).uniform(0, 3, size=5003) if weighted else None
    one = e_step(x, start, weight, threads=1)
    for threads in (2, 3, 5):
        several = e_step(x, start, weight, threads=threads)
        _assert_same(several, one)
        again = e_step(x, start, weight, threads=threads)
        np.testing.assert_array_equal(again.moments, several.moments)
        assert again.log_likelihood == several.log_likelihood


def test_a_run_repeats_bit_for_bit_for_one_number_of_threads():
    x, _, start = example(n=5003)
    one, two = em(x, start, max_steps=30, threads=3), em(x, start, max_steps=30, threads=3)
    np.testing.assert_array_equal(one.log_likelihoods, two.log_likelihoods)
    np.testing.assert_array_equal(one.mixture.covariances, two.mixture.covariances)


def test_more_threads_than_rows_is_a_thread_for_each_row():
    x, start = np.array([1.0, 2, 4, 9]), Mixture([1], [3], [4])
    _assert_same(e_step(x, start, threads=50), e_step(x, start, threads=1))


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", True])
def test_what_is_no_number_of_threads_is_refused(threads):
    x, _, start = example()
    with pytest.raises(ValueError, match="threads must be"):
        em(x, start, threads=threads)


# --- blocks --------------------------------------------------------------------------------------


class Again:
    """Blocks of rows, given anew each time."""

    def __init__(self, x, size):
        self.x, self.size = x, size

    def __iter__(self):
        return (self.x[i : i + self.size] for i in range(0, len(self.x), self.size))


@WAYS
@pytest.mark.parametrize("size", [1, 7, 599, 600, 10_000])
@pytest.mark.parametrize("d", [1, 2])
def test_blocks_of_any_size_are_the_array(d, size, large):
    x, _, start = example(d)
    _assert_same(e_step(Again(x, size), start), e_step(x, start))
    if d > 1:
        _assert_same(e_step(list(Again(x, size)), start), e_step(x, start))
        _assert_same(e_step(tuple(Again(x, size)), start), e_step(x, start))
    column = x.reshape(len(x), d)
    _assert_same(e_step(list(Again(column, size)), start), e_step(x, start))


def test_a_run_over_blocks_is_the_run_over_the_array():
    x, _, start = example()
    one, other = em(Again(x, 100), start, max_steps=50), em(x, start, max_steps=50)
    np.testing.assert_allclose(one.log_likelihoods, other.log_likelihoods, rtol=1e-13)
    assert one.steps == other.steps and one.e_steps == other.e_steps


def test_a_list_of_rows_is_not_taken_for_blocks():
    x, _, start = example()
    _assert_same(e_step(list(x), start), e_step(x, start))
    _assert_same(e_step(x.tolist(), start), e_step(x, start))


def test_a_memoryview_is_the_array_that_it_views():
    x, _, start = example()
    line = x[:, 0].copy()
    for rows, mixture in ((x, start), (line, quantile_start(line, 3))):
        _assert_same(e_step(memoryview(rows), mixture), e_step(rows, mixture))


def test_blocks_of_several_types_are_one_data_set():
    x = np.round(example()[0] * 8)
    start = random_start(x, 3, np.random.default_rng(1))
    blocks = [x[:100].astype(int), x[100:300].astype(np.float32), x[300:]]
    _assert_same(e_step(blocks, start), e_step(x, start))


def test_blocks_that_can_be_read_only_once_are_refused():
    x, _, start = example()
    for once in ((x[i : i + 100] for i in range(0, 600, 100)), iter([x]), map(np.array, [x])):
        with pytest.raises(ValueError, match="iterated over only once.*give a list of blocks"):
            em(once, start)


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([np.ones((3, 2)), np.ones((3, 3))], r"block of x from row 3 on of shape \(n, 2\), not"),
        ([np.ones((3, 3)), np.ones((3, 3))], r"needs each block of x of shape \(n, 2\), not"),
        ([np.ones((0, 2))], "each block of x has no points"),
        ([np.eye(2), np.array([["a", "b"]])], "the block of x from row 2 on must be real numbers"),
        ([np.eye(2), np.eye(2) + 1j], "the block of x from row 2 on must be real numbers"),
        (Again([], 3), r"each block of x has no points: its shape is \(0,\)"),
    ],
)
def test_blocks_that_do_not_fit_are_refused_by_their_row(blocks, message):
    with pytest.raises(ValueError, match=message):
        em(blocks, Mixture([1], [[0, 0]], [np.eye(2)]))


# --- files and types -----------------------------------------------------------------------------


@WAYS
@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_memory_mapped_file_is_the_array(tmp_path, d, dtype, large):
    x, _, start = example(d)
    x = x.astype(dtype)
    x.tofile(tmp_path / "x")
    on_disk = np.memmap(tmp_path / "x", dtype=dtype, mode="r", shape=x.shape)
    _assert_same(e_step(on_disk, start), e_step(x, start), 0)
    one, other = em(on_disk, start, max_steps=20), em(x, start, max_steps=20)
    np.testing.assert_array_equal(one.log_likelihoods, other.log_likelihoods)


@WAYS
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.uint8, ">f8", "longdouble"])
def test_other_types_give_what_their_float64_copy_gives(dtype, large):
    x, _, start = example()
    x = np.abs(x * 10).astype(dtype)
    start = random_start(x, 3, np.random.default_rng(1))
    _assert_same(e_step(x, start), e_step(x.astype(np.float64), start), 0)


def test_the_layout_in_memory_does_not_matter():
    x, _, start = example()
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2], x[::-1][::-1]):
        _assert_same(e_step(other, start), e_step(x, start), 0)


def test_data_are_never_written_to():
    x, _, start = example()
    x.setflags(write=False)
    weight = np.ones(len(x))
    weight.setflags(write=False)
    em(x, start, max_steps=3, sample_weight=weight, accelerate=True, threads=2)


# --- Dask ----------------------------------------------------------------------------------------

DASK = pytest.mark.skipif(importlib.util.find_spec("dask") is None, reason="an optional extra")


@DASK
@WAYS
@pytest.mark.parametrize("chunks", [(600, 2), (250, 2), (100, 1)])
def test_a_dask_array_is_the_array(chunks, large):
    import dask.array

    x, _, start = example()
    lazy = dask.array.from_array(x, chunks=chunks)
    _assert_same(e_step(lazy, start), e_step(x, start))
    one, other = em(lazy, start, max_steps=20), em(x, start, max_steps=20)
    np.testing.assert_allclose(one.log_likelihoods, other.log_likelihoods, rtol=1e-12)
    flat, _, start = example(d=1)
    _assert_same(e_step(dask.array.from_array(flat, chunks=99), start), e_step(flat, start))


@DASK
def test_a_dask_array_may_be_worked_on_by_other_processes():
    import dask.array

    x, _, start = example()
    lazy = dask.array.from_array(x, chunks=(300, 2))
    with dask.config.set(scheduler="processes", num_workers=2):
        several = e_step(lazy, start)
    _assert_same(several, e_step(x, start))


@DASK
@pytest.mark.parametrize("n", [600, 5000])
def test_fit_takes_a_dask_array(n):
    import dask.array

    x, _, _ = example(d=1, n=n)
    lazy = dask.array.from_array(x, chunks=1700)
    options = {"starts": 2, "tolerance": 1e-4}
    one = fit(lazy, 2, np.random.default_rng(3), **options)
    assert one.mixture.means.shape == (2,)
    if n > 2000:  # the same rows are drawn, so it is the same fit
        other = fit(x, 2, np.random.default_rng(3), **options)
        np.testing.assert_allclose(one.finals, other.finals, rtol=1e-12)
        assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-12)


@DASK
def test_a_dask_array_is_refused_as_an_array_is():
    import dask.array

    x, _, start = example()
    spoilt = x.copy()
    spoilt[431, 1] = np.nan
    with pytest.raises(ValueError, match=r"row 431 of x, column 1 is not finite \(nan\)"):
        em(dask.array.from_array(spoilt, chunks=(250, 2)), start)
    with pytest.raises(ValueError, match=r"x must be real numbers, not complex128"):
        em(dask.array.from_array(x + 1j, chunks=(250, 2)), start)
    with pytest.raises(ValueError, match=r"needs each block of x of shape \(n, 2\)"):
        em(dask.array.from_array(x[:, :1], chunks=(250, 1)), start)


# --- weights -------------------------------------------------------------------------------------


@WAYS
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("d", [1, 2])
def test_a_row_that_counts_three_times_is_three_rows(d, threads, large):
    x, _, start = example(d)
    times = np.random.default_rng(1).integers(0, 4, size=len(x))
    weighted = e_step(x, start, times, threads)
    _assert_same(weighted, e_step(np.repeat(x, times, axis=0), start))
    assert weighted.n == times.sum()


@pytest.mark.parametrize("options", [{}, {"accelerate": True}, {"hold": "means"}])
def test_a_weighted_run_is_the_run_over_repeated_rows(options):
    x, _, start = example()
    times = np.random.default_rng(1).integers(0, 4, size=len(x))
    weighted = em(x, start, **options, sample_weight=times)
    repeated = em(np.repeat(x, times, axis=0), start, **options)
    assert weighted.converged
    # leaps are combinations that cancel: they enlarge rounding on the way, not at the end
    steps = 20 if options.get("accelerate") else None
    np.testing.assert_allclose(
        weighted.log_likelihoods[:steps], repeated.log_likelihoods[:steps], rtol=1e-12
    )
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood, rel=1e-12)


def test_twice_the_weights_are_twice_the_log_likelihood_and_the_same_steps():
    x, _, start = example()
    weight = np.random.default_rng(1).uniform(0.5, 2, size=len(x))
    one = em(x, start, max_steps=30, sample_weight=weight)
    two = em(x, start, max_steps=30, sample_weight=2 * weight)
    np.testing.assert_array_equal(2 * one.log_likelihoods, two.log_likelihoods)
    np.testing.assert_array_equal(one.mixture.covariances, two.mixture.covariances)


@pytest.mark.parametrize("weight", [None, [1, 1, 1, 1, 1, 0]])
def test_a_row_that_does_not_count_hides_no_constant_column(weight):
    x = np.array([[1, 5], [2, 5], [3, 5], [4, 5], [6, 5], [0, 9 if weight else 5]])
    with pytest.raises(ValueError, match=r"column 1 of x is constant \(5\)"):
        em(x, Mixture([1], [[0, 0]], [np.eye(2)]), sample_weight=weight)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(599), r"600 rows need sample_weight of shape \(600,\), not \(599,\)"),
        (np.ones((600, 1)), r"600 rows need sample_weight of shape \(600,\), not \(600, 1\)"),
        (2, r"600 rows need sample_weight of shape \(600,\), not \(\)"),
        (np.zeros(600), "sample_weight is 0 for every row"),
        (np.where(np.arange(600) == 7, -0.5, 1), r"sample_weight 7 is negative \(-0.5\)"),
        (np.where(np.arange(600) == 7, np.nan, 1), "row 7 of sample_weight is not finite"),
        (np.where(np.arange(600) == 7, np.inf, 1), "row 7 of sample_weight is not finite"),
        (["a"] * 600, "sample_weight must be real numbers"),
        (np.ones(600, complex), "sample_weight must be real numbers"),
    ],
)
def test_what_is_no_weight_is_refused(weight, message):
    x, _, start = example()
    for use in (e_step, em):
        with pytest.raises(ValueError, match=message):
            use(x, start, sample_weight=weight)


@WAYS
@pytest.mark.parametrize("size", [1, 7, 600])
def test_weights_go_with_blocks(size, large):
    x, _, start = example()
    weight = np.random.default_rng(1).uniform(0, 2, size=600) * (np.arange(600) % 5 > 0)
    _assert_same(e_step(Again(x, size), start, weight), e_step(x, start, weight))


def test_blocks_need_as_many_weights_as_rows():
    x, _, start = example()
    for use in (e_step, em):
        with pytest.raises(ValueError, match=r"600 rows need sample_weight of shape \(600,\), not"):
            use(Again(x, 100), start, sample_weight=np.ones(601))


# --- one pass ------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("offset", [0, 1e8])
def test_the_summary_is_the_mean_and_covariance(offset, weighted):
    x = example(n=20_000)[0] * 1024
    x = np.round(x) + offset  # whole numbers: the mean and the deviations are known exactly
    weight = np.random.default_rng(1).integers(0, 3, size=len(x)) if weighted else None
    rows = x if weight is None else np.repeat(x, weight, axis=0)
    near = rows - offset
    for threads in (1, 4):
        summary = Rows(x, sample_weight=weight, threads=threads).summary
        assert summary.n == len(rows)
        np.testing.assert_allclose(summary.mean - offset, near.mean(axis=0), atol=1e-16 * offset)
        np.testing.assert_allclose(summary.covariance, np.cov(near.T, bias=True), rtol=1e-11)
        np.testing.assert_array_equal(summary.low, rows.min(axis=0))
        np.testing.assert_array_equal(summary.high, rows.max(axis=0))


@pytest.mark.parametrize("form", ["array", "blocks", "flat blocks"])
def test_some_rows_are_rows_of_the_data_each_at_most_once_and_in_order(form):
    x = np.arange(20_000.0)
    whole = x if form == "flat blocks" else np.c_[x, -x]
    data = whole if form == "array" else Again(whole, 777)
    some, weight = Rows(data).some(500, np.random.default_rng(1))
    assert some.shape == (500, *whole.shape[1:]) and weight is None
    first = some if form == "flat blocks" else some[:, 0]
    assert (np.diff(first) > 0).all() and np.isin(first, x).all()
    assert abs(first.mean() - x.mean()) < 5 * x.std() / np.sqrt(500)
    if form != "flat blocks":
        np.testing.assert_array_equal(some[:, 1], -first)
    alike, _ = Rows(whole).some(500, np.random.default_rng(1))
    np.testing.assert_array_equal(some, alike)  # the form of the data does not matter


@pytest.mark.parametrize("form", ["array", "blocks"])
def test_some_rows_bring_their_weights_and_never_come_from_those_of_weight_0(form):
    x = np.arange(3000.0)
    weight = np.where(x % 3 > 0, x, 0)
    rows = Rows(x if form == "array" else Again(x, 777), sample_weight=weight)
    for size, count in ((500, 500), (10_000, 2000)):
        some, weights = rows.some(size, np.random.default_rng(1))
        assert len(some) == count and (some % 3 > 0).all()
        np.testing.assert_array_equal(weights, some)  # each weight is its row's number


# --- refusals ------------------------------------------------------------------------------------


def spoilt(bad):
    x = example(n=20_000)[0]
    x[17_003, 1] = bad
    return x


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("how", ["array", "threads", "blocks", "float32", "weights"])
def test_a_number_that_is_not_finite_is_named_by_its_row_of_the_whole(how, bad):
    x, start = spoilt(bad), example()[2]
    options = {"threads": {"threads": 3}, "weights": {"sample_weight": np.ones(20_000)}}
    data = {"blocks": Again(x, 999), "float32": x.astype(np.float32)}
    for use in (e_step, em):
        with pytest.raises(ValueError, match=r"row 17003 of x, column 1 is not finite \(-?[in]"):
            use(data.get(how, x), start, **options.get(how, {}))


@pytest.mark.parametrize("how", ["array", "threads", "blocks"])
def test_a_point_too_far_away_is_named_by_its_row_of_the_whole(how):
    x, start = spoilt(1e160), example()[2]
    data, threads = (Again(x, 999), None) if how == "blocks" else (x, 3 if how == "threads" else 1)
    for use in (e_step, em):
        with pytest.raises(ValueError, match=r"row 17003 of x lies so far from every component"):
            use(data, start, threads=threads)


def test_numbers_whose_sum_is_infinite_are_refused_in_words():
    x = np.linspace(1e308, 1.5e308, 9)
    for use in (e_step, em):
        with pytest.raises(ValueError, match="too large: their mean is not a finite number"):
            use(x, Mixture([1], [1e308], [1]))


def test_masked_entries_are_refused_and_a_mask_without_entries_is_not():
    x, _, start = example()
    masked = np.ma.masked_array(x, mask=np.zeros_like(x))
    _assert_same(e_step(masked, start), e_step(x, start), 0)
    masked[3, 1] = np.ma.masked
    for use in (e_step, em, lambda x, _: random_start(x, 3, np.random.default_rng(1))):
        with pytest.raises(ValueError, match="x has masked entries: leave those rows out"):
            use(masked, start)
    with pytest.raises(ValueError, match="the block of x from row 300 on has masked entries"):
        em([x[:300], masked[:300]], start)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (lambda a, b, c: [a, a], "column 1 of x follows from column 0:"),
        (lambda a, b, c: [a, b, -3 * a + 7], "column 2 of x follows from column 0:"),
        (lambda a, b, c: [a, b, a + b], "column 2 of x follows from columns 0, 1:"),
        (lambda a, b, c: [a, b, c, 1e6 * b - c, a], "column 3 of x follows from columns 1, 2:"),
        (lambda a, b, c: [a, 1e-9 * a], "column 1 of x follows from column 0:"),
        (lambda a, b, c: [a, 0 * a + 2, b], r"column 1 of x is constant \(2\)"),
        (lambda a, b, c: [0 * a, 0 * a], r"column 0 of x is constant \(0\)"),
    ],
)
@pytest.mark.parametrize("blocks", [False, True])
def test_columns_without_a_covariance_are_named(columns, message, blocks):
    x = np.stack(columns(*np.random.default_rng(1).normal(size=(3, 50))), axis=1)
    d = x.shape[1]
    with pytest.raises(ValueError, match=message):
        em([x[:20], x[20:]] if blocks else x, Mixture([1], np.zeros((1, d)), [np.eye(d)]))


def test_columns_that_nearly_follow_are_data():
    a, b = np.random.default_rng(1).normal(size=(2, 200))
    x = np.c_[a, a + 1e-5 * b]
    assert em(x, random_start(x, 1, np.random.default_rng(1))).converged


@pytest.mark.parametrize("form", ["array", "blocks"])
def test_fewer_points_than_components_are_refused(form):
    x = np.arange(6.0).reshape(3, 2) ** 2
    start = Mixture(np.full(4, 0.25), np.zeros((4, 2)), [np.eye(2)] * 4)
    with pytest.raises(ValueError, match="4 components need at least 4 points, not 3"):
        em(x if form == "array" else [x[:2], x[2:]], start)


def test_what_needs_no_covariance_takes_columns_without_one():
    x = np.c_[np.arange(9.0), np.arange(9.0)]
    start = Mixture([0.5, 0.5], [[0, 0], [5, 5]], [np.eye(2)] * 2)
    assert em(x, start, "covariances").converged
    assert em(x, start, prior=Prior([0, 0], 0.1, np.eye(2), 4)).converged


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1e3])
def test_the_grain_is_in_the_unit_of_its_column_where_rounding_is_coarse_too(unit):
    far = np.random.default_rng(1).normal(1e10, 1, (1, 50))  # rounded to 2e-6 of a deviation
    grain = Summary.of(far, None).grain
    assert grain < 16 * np.finfo(float).eps * far.min()
    np.testing.assert_allclose(Summary.of(far * unit, None).grain, grain * unit, rtol=1e-4)


def test_a_column_that_does_not_vary_has_the_unit_one():
    varying = [1, 2, 3, 6]
    summary = Summary.of(np.array([[5.0] * 4, varying]), None)
    np.testing.assert_allclose(summary.deviations, [1, np.std(varying)], rtol=1e-15)


# --- helpers -------------------------------------------------------------------------------------


def _assert_same(some, others, tolerance=1e-12):
    # the same terms, added in another order
    assert some.n == pytest.approx(others.n, rel=tolerance)
    scale = np.abs(others.moments).max()
    np.testing.assert_allclose(some.moments, others.moments, rtol=0, atol=tolerance * scale)
    size = abs(others.log_likelihood) + others.n
    assert abs(some.log_likelihood - others.log_likelihood) <= tolerance * size
