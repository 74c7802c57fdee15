"""What is refused, and that the words say what was needed, what came, and where."""

import numpy as np
import pytest
from references import example
from scipy.sparse import csr_array

from gmmlib import (
    Mixture,
    aic,
    aitken_limit,
    bic,
    e_step,
    em,
    expected_complete_log_likelihood,
    fit,
    kmeans_plus_plus_start,
    labels_start,
    log_density,
    log_joint,
    log_likelihood,
    lower_bound,
    m_step,
    modes,
    n_parameters,
    quantile_start,
    random_start,
    relabel,
    responsibilities,
    sample,
)

# A refusal comes before the arithmetic: no warning may come with it.
pytestmark = pytest.mark.filterwarnings("error")

LINE = Mixture([0.5, 0.5], [0, 4], [1, 1])
PLANE = Mixture([0.5, 0.5], [[0, 0], [4, 4]], [np.eye(2), np.eye(2)])
BLOCK = 8192  # the most rows in a block
RNG = np.random.default_rng(1)


def refuses(message):
    """`message`: a regular expression, read with its parentheses and brackets as they are."""
    for mark in "()[]+":
        message = message.replace(mark, "\\" + mark)
    return pytest.raises(ValueError, match=message)


# --- data ----------------------------------------------------------------------------------------

TAKE_DATA = {
    "log_joint": log_joint,
    "log_density": log_density,
    "responsibilities": responsibilities,
    "log_likelihood": log_likelihood,
    "e_step": e_step,
    "em": em,
    "bic": bic,
    "aic": aic,
}
MAKE_STARTS = {
    "random_start": lambda x: random_start(x, 2, np.random.default_rng(1)),
    "kmeans_plus_plus_start": lambda x: kmeans_plus_plus_start(x, 2, np.random.default_rng(1)),
    "quantile_start": lambda x: quantile_start(x, 2),
    "labels_start": lambda x: labels_start(x, np.arange(len(x)) % 2),
    "fit": lambda x: fit(x, 2, np.random.default_rng(1)),
}
ON_DATA = pytest.mark.parametrize(
    "use",
    [pytest.param(lambda x, f=f: f(x, LINE), id=name) for name, f in TAKE_DATA.items()]
    + [pytest.param(f, id=name) for name, f in MAKE_STARTS.items()],
)


@ON_DATA
@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1, 2, np.nan, 3], r"row 2 of x is not finite (nan)"),
        ([1, 2, 3, -np.inf], r"row 3 of x is not finite (-inf)"),
        ([], r"x has no points: its shape is (0,)"),
        (["a", "b", "c"], r"x must be real numbers, not <U1"),
        (np.array(["1", 2, 3], dtype=object), r"x must be real numbers in a regular array"),
        (np.array([1, None, 3], dtype=object), r"row 1 of x is not finite (nan)"),
        ([1, 2, 3j], r"x must be real numbers, not complex128"),
        (np.array(["2020-01-01"] * 3, dtype="M8[D]"), r"x must be real numbers, not datetime64"),
        ([[1, 2], [3]], r"x must be real numbers in a regular array"),
        (np.zeros((2, 2, 2)), r"x must have shape (n,) or (n, d), not (2, 2, 2)"),
    ],
)
def test_data_that_are_no_points_are_refused(use, x, message):
    with refuses(message):
        use(x)


@pytest.mark.parametrize("use", [lambda x: em(x, LINE), MAKE_STARTS["quantile_start"]])
@pytest.mark.parametrize(
    ("x", "message"),
    [
        ({"a": [1, 2], "b": [3, 4]}, r"x must be an array, not a dict; of columns by name np.col"),
        (csr_array(np.eye(3)), r"x must be a dense array, not a csr_array: x.toarray() makes one"),
        (list, r"x must be an array, not the class list"),
    ],
)
def test_what_is_brought_in_place_of_an_array_is_named(use, x, message):
    with refuses(message):
        use(x)


@pytest.mark.parametrize("use", TAKE_DATA.values(), ids=TAKE_DATA)
def test_the_row_and_column_of_what_is_not_finite_are_named(use):
    with refuses(r"row 1 of x, column 0 is not finite (inf)"):
        use([[1, 2], [np.inf, 3], [np.nan, 4]], PLANE)


@pytest.mark.parametrize("use", TAKE_DATA.values(), ids=TAKE_DATA)
def test_data_of_another_dimension_are_refused(use):
    with refuses(r"a mixture in 2 dimensions needs x of shape (n, 2), not (3,)"):
        use([1.0, 2, 3], PLANE)
    with refuses(r"a mixture in 2 dimensions needs x of shape (n, 2), not (4, 3)"):
        use(np.ones((4, 3)), PLANE)
    with refuses(r"a mixture in 1 dimension needs x of shape (n,) or (n, 1), not (3, 2)"):
        use([[1.0, 2], [3, 4], [5, 7]], LINE)
    with refuses(r"x must have shape (n,) or (n, d), not ()"):
        use(3.0, LINE)


@pytest.mark.parametrize("use", TAKE_DATA.values(), ids=TAKE_DATA)
def test_what_is_no_mixture_is_refused(use):
    with refuses(r"must be a Mixture, not tuple"):
        use([1.0, 2, 3], ([0.5, 0.5], [0, 1], [1, 1]))


def test_a_point_without_a_finite_log_density_is_named_by_its_row():
    for use in (log_density, responsibilities, log_likelihood, e_step, em):
        with refuses(r"row 2 of x lies so far from every component that its log density is not"):
            use([1, 2, 1e200, 3, -1e200], LINE)
        x = np.zeros((2 * BLOCK, 2))
        x[BLOCK + 7] = 1e200, 0
        x[:3] = [[1, 2], [2, 0], [3, 1]]
        with refuses(rf"row {BLOCK + 7} of x lies so far"):
            use(x, PLANE)


# --- points and components -----------------------------------------------------------------------


def test_fewer_points_than_components_are_refused():
    for use in (
        lambda x: em(x, Mixture([0.25] * 4, range(4), [1] * 4)),
        lambda x: random_start(x, 4, RNG),
        lambda x: kmeans_plus_plus_start(x, 4, RNG),
        lambda x: quantile_start(x, 4),
        lambda x: fit(x, 4, RNG),
    ):
        with refuses(r"4 components need at least 4 points, not 3"):
            use([1.0, 2, 3])


def test_a_constant_column_is_named():
    x = np.c_[np.arange(9), np.full(9, 7), np.arange(9) ** 2]
    solid = Mixture([1], [[0, 0, 0]], [np.eye(3)])
    for use in (
        lambda: em(x, solid),
        lambda: random_start(x, 2, RNG),
        lambda: kmeans_plus_plus_start(x, 2, RNG),
        lambda: fit(x, 2, RNG),
    ):
        with refuses(r"column 1 of x is constant (7): a covariance cannot be estimated"):
            use()
    for use in (lambda x: em(x, LINE), lambda x: quantile_start(x, 2), lambda x: fit(x, 2, RNG)):
        with refuses(r"^x is constant (2.5)"):
            use(np.full(9, 2.5))
    # With the covariances known there is nothing to refuse.
    assert em(x, solid, hold="covariances").converged


def test_fewer_different_points_than_components_are_refused():
    with refuses(r"3 components need at least 3 different points, x has 2"):
        kmeans_plus_plus_start([1.0, 1, 1, 2, 2], 3, RNG)


@pytest.mark.parametrize(
    ("K", "message"),
    [
        (0, r"K must be at least 1, not 0"),
        (-2, r"K must be at least 1, not -2"),
        (2.0, r"K must be a whole number, not 2.0"),
        ("2", r"K must be a whole number, not '2'"),
        (True, r"K must be a whole number, not True"),
        (None, r"K must be a whole number, not None"),
    ],
)
def test_a_number_of_components_that_is_none_is_refused(K, message):
    x = example(d=1)[0]
    for use in (random_start, kmeans_plus_plus_start, fit):
        with refuses(message):
            use(x, K, RNG)
    with refuses(message):
        quantile_start(x, K)


def test_numpys_whole_numbers_are_whole_numbers():
    assert quantile_start(example(d=1)[0], np.int64(3)).K == 3


@pytest.mark.parametrize("rng", [1, None, "seed", np.random.RandomState(1)])
def test_randomness_comes_from_a_generator_and_from_nothing_else(rng):
    x = example(d=1)[0]
    for use in (
        lambda: random_start(x, 2, rng),
        lambda: kmeans_plus_plus_start(x, 2, rng),
        lambda: fit(x, 2, rng),
        lambda: sample(LINE, 3, rng),
    ):
        with refuses(r"rng must be a numpy.random.Generator, such as np.random.default_rng(1)"):
            use()


def test_quantiles_of_a_plane_are_refused():
    with refuses(r"quantiles need data in one dimension, not x of shape (600, 2)"):
        quantile_start(example()[0], 2)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], r"one whole number for each of the 4 points, not int64 of shape (2,)"),
        ([0.0, 1, 0, 1], r"one whole number for each of the 4 points, not float64 of shape (4,)"),
        ([[0], [1], [0], [1]], r"not int64 of shape (4, 1)"),
        ([True, False, True, False], r"not bool of shape (4,)"),
        (["a", "b", "a", "b"], r"not <U1 of shape (4,)"),
        ([0, -1, 0, 1], r"labels count from 0, not from -1"),
        ([0, 2, 0, 2], r"no point has label 1"),
        ([1, 2, 1, 2], r"no point has label 0"),
        ([0, 0, 0, 1], r"variance 1 is not positive (0)"),
    ],
)
def test_labels_that_do_not_name_groups_are_refused(labels, message):
    with refuses(message):
        labels_start([1.0, 2, 3, 5], labels)


@pytest.mark.parametrize(
    ("n", "message"),
    [(-1, r"n must be at least 0, not -1"), (2.5, r"n must be a whole number, not 2.5")],
)
def test_a_sample_of_no_size_is_refused(n, message):
    with refuses(message):
        sample(LINE, n, RNG)
    with refuses(r"mixture must be a Mixture, not str"):
        sample("LINE", 3, RNG)


# --- parameters ----------------------------------------------------------------------------------

EYE = np.eye(2)


@pytest.mark.parametrize(
    ("weights", "means", "covariances", "message"),
    [
        ([0.5, 0.5], [0, 1, 2], [1, 1, 1], r"3 means need weights of shape (3,), not (2,)"),
        ([[1.0]], [0], [1], r"1 means need weights of shape (1,), not (1, 1)"),
        ([0.5, 0.5], [0, 1], [1, 1, 1], r"need variances of shape (2,), not (3,)"),
        ([0.5, 0.5], [[0, 0], [1, 1]], [EYE], r"covariances of shape (2, 2, 2), not (1, 2, 2)"),
        ([0.5, 0.5], [[0, 0], [1, 1]], [1, 1], r"need covariances of shape (2, 2, 2), not (2,)"),
        ([1], 0, [1], r"means need shape (K,) or (K, d), not ()"),
        ([], [], [], r"means need shape (K,) or (K, d), not (0,)"),
        ([1], [[[0]]], [1], r"means need shape (K,) or (K, d), not (1, 1, 1)"),
        ([0.5, 0.4], [0, 1], [1, 1], r"weights must sum to 1, not 0.9"),
        ([0.5, 0.5001], [0, 1], [1, 1], r"weights must sum to 1, not 1.0001"),
        ([1.25, -0.25], [0, 1], [1, 1], r"weight 1 is negative (-0.25)"),
        ([0.5, 0.5], [0, 1], [1, 0], r"variance 1 is not positive (0)"),
        ([0.5, 0.5], [0, 1], [-2, 1], r"variance 0 is not positive (-2)"),
        ([0.5, np.nan], [0, 1], [1, 1], r"row 1 of weights is not finite (nan)"),
        ([0.5, 0.5], [[0, 0], [1, np.inf]], [EYE, EYE], r"row 1 of means, column 1 is not finite"),
        ([1], [[0, 0]], [[[1, 0], [np.nan, 1]]], r"row 0 of covariances, column 1, 0 is not"),
        ([1], [[0, 0]], [[[1, 0.5], [0.4, 1]]], r"covariance 0 is not symmetric"),
        ([0.5, 0.5], [[0, 0]] * 2, [EYE, [[1, 2], [2, 1]]], r"covariance 1 is not positive def"),
        ([0.5, 0.5], [[0, 0]] * 2, [EYE, [[1, 2], [2, 1]]], r"smallest eigenvalue is -1"),
        ([1], [[0, 0]], [[[1, 1], [1, 1]]], r"covariance 0 is not positive definite"),
        (["a"], [0], [1], r"weights must be real numbers, not <U1"),
        ([1], [1j], [1], r"means must be real numbers, not complex128"),
        ([1], [0], [[1], [1, 2]], r"covariances must be real numbers in a regular array"),
    ],
)
def test_parameters_that_make_no_mixture_are_refused(weights, means, covariances, message):
    with refuses(message):
        Mixture(weights, means, covariances)


def test_nearly_singular_is_singular_whatever_the_unit():
    for unit in (1e-9, 1, 1e9):
        edge = unit**2 * np.array([[1, 1 - 1e-16], [1 - 1e-16, 1]])
        with refuses(r"covariance 0 is not positive definite"):
            Mixture([1], [[0, 0]], [edge])
        assert Mixture([1], [[0, 0]], [unit**2 * np.array([[1, 1 - 1e-12], [1 - 1e-12, 1]])]).d == 2


@pytest.mark.parametrize("order", [[0, 0], [0], [1, 2], [0, 1, 2]])
def test_an_order_that_is_no_permutation_is_refused(order):
    with refuses(r"order must name each of 0..1 once"):
        LINE.reordered(order)


# --- the loop ------------------------------------------------------------------------------------


@pytest.mark.parametrize("hold", ["mean", ("weights", "sigma"), ("covariances", "")])
def test_what_cannot_be_held_is_refused(hold):
    x, _, start = example()
    names = r"hold takes any of weights, means, covariances; not"
    for use in (
        lambda: em(x, start, hold),
        lambda: m_step(e_step(x, start), hold),
        lambda: n_parameters(start, hold),
        lambda: bic(x, start, hold),
        lambda: aic(x, start, hold),
    ):
        with refuses(names):
            use()


def test_holding_everything_leaves_nothing_to_estimate():
    x, _, start = example()
    with refuses(r"weights, means and covariances are all held: nothing is left to estimate"):
        em(x, start, ("covariances", "weights", "means"))


@pytest.mark.parametrize("tolerance", [-1e-9, np.nan, -np.inf])
def test_a_tolerance_below_zero_is_refused(tolerance):
    x, _, start = example()
    with refuses(rf"tolerance must be at least 0, not {tolerance}"):
        em(x, start, tolerance=tolerance)
    with refuses(rf"tolerance must be at least 0, not {tolerance}"):
        fit(x, 2, RNG, tolerance=tolerance)


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (-1, r"max_steps must be at least 0, not -1"),
        (10.0, r"max_steps must be a whole number, not 10.0"),
        (None, r"max_steps must be a whole number, not None"),
    ],
)
def test_a_number_of_steps_that_is_none_is_refused(steps, message):
    x, _, start = example()
    with refuses(message):
        em(x, start, max_steps=steps)


@pytest.mark.parametrize(
    ("starts", "message"),
    [
        (0, r"starts must be at least 1, not 0"),
        (1.5, r"starts must be a whole number, not 1.5"),
    ],
)
def test_a_number_of_starts_that_is_none_is_refused(starts, message):
    with refuses(message):
        fit(example()[0], 2, RNG, starts=starts)


# --- diagnostics ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ([[0.5, 0.5]], r"3 points and 2 components need shares of shape (3, 2), not (1, 2)"),
        ([0.5, 0.5, 0.5], r"need shares of shape (3, 2), not (3,)"),
        ([[0.5, 0.5], [0.5, 0.5], [0.5, 0.4]], r"row 2 of shares is not shares of one: [0.5 0.4]"),
        ([[0.5, 0.5], [1.5, -0.5], [1, 0]], r"row 1 of shares is not shares of one: [ 1.5 -0.5]"),
        ([[0.5, 0.5], [1, 0], [np.nan, 0]], r"row 2 of shares, column 0 is not finite (nan)"),
    ],
)
def test_shares_that_are_not_shares_of_one_are_refused(shares, message):
    for use in (lower_bound, expected_complete_log_likelihood):
        with refuses(message):
            use([1.0, 2, 3], shares, LINE)


def test_mixtures_of_different_kinds_cannot_be_matched():
    with refuses(r"K = 2, d = 1 cannot be matched to one with K = 2, d = 2"):
        relabel(LINE, PLANE)
    with refuses(r"K = 2, d = 1 cannot be matched to one with K = 1, d = 1"):
        relabel(LINE, Mixture([1], [0], [1]))


def test_humps_of_a_plane_are_refused():
    with refuses(r"modes are found in one dimension, not in 2"):
        modes(PLANE)


@pytest.mark.parametrize("values", [[1.0, 2], [], [[1.0, 2, 3]], 7.0])
def test_fewer_than_three_log_likelihoods_head_nowhere(values):
    with refuses(r"three log-likelihoods are needed, not shape"):
        aitken_limit(values)
    with refuses(r"row 1 of log_likelihoods is not finite (nan)"):
        aitken_limit([1.0, np.nan, 2])
