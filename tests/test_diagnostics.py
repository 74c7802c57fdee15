"""Bounds, criteria, labels, humps, and where a sequence is heading."""

import itertools

import numpy as np
import pytest
from references import columns, example, mapped, mixture_of, read, rows_without_gaps, way
from scipy.stats import norm

from gmmlib import (
    Mixture,
    aic,
    aitken_limit,
    bic,
    data,
    e_step,
    em,
    expected_complete_log_likelihood,
    icl,
    kmeans_plus_plus_start,
    log_joint,
    log_likelihood,
    lower_bound,
    m_step,
    modes,
    n_parameters,
    relabel,
    responsibilities,
    tied,
)

pytestmark = pytest.mark.filterwarnings("error")


# --- the lower bound -----------------------------------------------------------------------------


def test_expected_complete_log_likelihood_is_its_formula():
    x, truth, _ = example(d=1, K=2, n=30)
    shares = np.random.default_rng(1).dirichlet([1, 1], size=30)
    total = sum(
        shares[i, k]
        * (
            np.log(truth.weights[k])
            + norm.logpdf(x[i], truth.means[k], np.sqrt(truth.covariances[k]))
        )
        for i in range(30)
        for k in range(2)
    )
    assert expected_complete_log_likelihood(x, shares, truth) == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("d", [1, 3])
def test_the_lower_bound_touches_right_after_an_e_step(d):
    x, _, start = example(d)
    bound = lower_bound(x, responsibilities(x, start), start)
    assert bound == pytest.approx(log_likelihood(x, start), rel=1e-12)


@pytest.mark.parametrize("d", [1, 3])
def test_the_lower_bound_lies_below_by_the_kullback_leibler_divergence(d):
    x, truth, start = example(d)
    right = responsibilities(x, start)
    others = [responsibilities(x, truth), np.full((len(x), 3), 1 / 3), np.eye(3)[right.argmax(1)]]
    for q in others:
        logs = np.log(np.where(q > 0, q, 1)) - np.log(right)
        divergence = (q * logs).sum()
        assert divergence > 1
        gap = log_likelihood(x, start) - lower_bound(x, q, start)
        assert gap == pytest.approx(divergence, rel=1e-9)


def test_an_m_step_lifts_the_bound_and_the_likelihood_at_least_as_much():
    x, _, start = example()
    q = responsibilities(x, start)
    new = m_step(e_step(x, start))
    lifted = lower_bound(x, q, new)
    assert log_likelihood(x, start) < lifted < log_likelihood(x, new)


def test_a_share_of_zero_adds_nothing_even_where_the_density_is_zero():
    mixture = Mixture([1, 0], [0, 0], [1, 1])
    assert lower_bound([0.0], [[1, 0]], mixture) == pytest.approx(norm.logpdf(0))
    assert lower_bound([0.0], [[0.5, 0.5]], mixture) == -np.inf


# --- criteria ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("d", "K", "weights", "means", "covariances"),
    [
        (1, 1, 0, 1, 1),
        (1, 3, 2, 3, 3),
        (2, 2, 1, 4, 6),
        (4, 3, 2, 12, 30),
    ],
)
def test_parameters_are_counted_without_what_is_held(d, K, weights, means, covariances):
    _, mixture, _ = example(d, K, n=10)
    counts = {"weights": weights, "means": means, "covariances": covariances}
    assert n_parameters(mixture) == sum(counts.values())
    for size in range(4):
        for hold in itertools.combinations(counts, size):
            free = sum(counts[name] for name in counts if name not in hold)
            assert n_parameters(mixture, hold) == free
    assert n_parameters(mixture, "means") == weights + covariances


def test_criteria_are_deviance_plus_the_price_of_the_parameters():
    x, mixture, _ = example(d=2, K=3, n=100)
    deviance = -2 * log_likelihood(x, mixture)
    assert aic(x, mixture) == pytest.approx(deviance + 2 * 17, rel=1e-13)
    assert bic(x, mixture) == pytest.approx(deviance + 17 * np.log(100), rel=1e-13)
    assert aic(x, mixture, "covariances") == pytest.approx(deviance + 2 * 8, rel=1e-13)
    assert bic(x, mixture, "covariances") == pytest.approx(deviance + 8 * np.log(100), rel=1e-13)


def test_icl_is_bic_with_the_likeliest_labels_as_data():
    x, mixture, _ = example(d=2, K=3, n=100)
    labels = responsibilities(x, mixture).argmax(axis=1)
    complete = log_joint(x, mixture)[np.arange(100), labels].sum()
    assert icl(x, mixture) == pytest.approx(-2 * complete + 17 * np.log(100), rel=1e-13)
    assert icl(x, mixture, "means") == pytest.approx(-2 * complete + 11 * np.log(100), rel=1e-13)
    entropy = -(responsibilities(x, mixture) * np.log(responsibilities(x, mixture))).sum()
    assert bic(x, mixture) < icl(x, mixture) < bic(x, mixture) + 2 * entropy


def test_icl_of_one_component_is_bic_and_of_two_equal_ones_adds_two_log_two_a_point():
    x, _, _ = example(d=1, K=2, n=30)
    one = Mixture([1], [x.mean()], [x.var()])
    assert icl(x, one) == bic(x, one)
    twins = Mixture([0.5, 0.5], [0, 0], [1, 1])
    assert icl(x, twins) == pytest.approx(bic(x, twins) + 2 * 30 * np.log(2), rel=1e-13)


DEFAULTS = [fit for fit in read("fits/mclust_fits.json")[1:] if "icl_mclust" in fit["default"]]


@pytest.mark.parametrize("entry", DEFAULTS, ids=[entry["id"] for entry in DEFAULTS])
def test_icl_is_mclusts_with_the_sign_turned(entry):
    case, default = read("fits/mclust_cases.json")[entry["case"]], entry["default"]
    x = columns(case["dataset"], case["columns"], case["divide_by"])
    mixture = mixture_of(default)
    assert bic(x, mixture) == pytest.approx(-default["bic_mclust"], rel=1e-9)
    assert icl(x, mixture) == pytest.approx(-default["icl_mclust"], rel=1e-7)
    shares = responsibilities(x, mixture)
    entropy = bic(x, mixture) - 2 * (shares * np.log(np.maximum(shares, 1e-300))).sum()
    assert entropy == pytest.approx(-default["icl_soft_mclust"], rel=1e-7)


@pytest.mark.parametrize(
    ("name", "file", "columns_of", "kind", "K"),
    [
        ("faithful", "data/faithful.csv", ["eruptions", "waiting"], "VVV", 2),
        ("galaxies", "data/galaxies.csv", ["velocity_km_s"], "V", 4),
    ],
)
def test_icl_is_that_of_mclusts_own_table(name, file, columns_of, kind, K):
    tables = [
        {int(row[0]): row[1] for row in rows_without_gaps(f"fits/mclust_icl_{name}_default.csv", g)}
        for g in [("G", kind)]
    ]
    of_case = [e for e in DEFAULTS if e["case"].startswith(name) and e["K"] == K]
    assert any(np.isclose(e["default"]["icl_mclust"], tables[0][K], rtol=1e-9) for e in of_case)
    x = columns(file, columns_of, 1000 if name == "galaxies" else 1)
    one = Mixture([1], [x.mean(axis=0)], [np.cov(x.T, ddof=0)])
    assert icl(x, one) == pytest.approx(-tables[0][1], rel=1e-9)


def test_bic_is_that_of_mclusts_table_where_it_was_iterated_on():
    x = columns("data/galaxies.csv", ["velocity_km_s"], 1000)
    tight, default = (
        dict(rows_without_gaps(f"fits/mclust_bic_galaxies_{how}.csv", ("G", "E")))
        for how in ("tight", "default")
    )
    for K, begin in ((1, [20.8]), (2, [10, 21]), (3, [10, 21, 33])):
        start = Mixture(np.full(K, 1 / K), begin, np.full(K, 5))
        assert bic(x, em(x, start, covariance=tied)) == pytest.approx(-tight[K], rel=1e-6)
    assert default[2] < tight[2] - 19 and default[2] < default[1]  # two bells no better than one


# --- labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 3])
def test_relabel_undoes_every_relabelling(d):
    _, truth, _ = example(d, K=4)
    for order in itertools.permutations(range(4)):
        back = relabel(truth.reordered(order), truth)
        for name in ("weights", "means", "covariances"):
            np.testing.assert_array_equal(getattr(back, name), getattr(truth, name))


def test_relabel_finds_the_components_of_a_fit():
    x, truth, _ = example(d=2, K=3, n=5000)
    end = em(x, truth, max_steps=50).mixture
    matched = relabel(end.reordered([1, 2, 0]), truth)
    np.testing.assert_array_equal(matched.means, end.means)


def test_relabel_pairs_all_and_not_each_with_its_nearest():
    reference = Mixture([0.5, 0.5], [0, 3], [1, 1])
    # Both are nearest to the component at 3, one of them more so.
    matched = relabel(Mixture([0.4, 0.6], [2.9, 2], [1, 1]), reference)
    np.testing.assert_array_equal(matched.means, [2, 2.9])


def test_relabel_looks_at_widths_where_the_means_are_the_same():
    reference = Mixture([0.5, 0.5], [0, 0], [1, 25])
    matched = relabel(Mixture([0.5, 0.5], [0.01, 0], [20, 1.5]), reference)
    np.testing.assert_array_equal(matched.covariances, [1.5, 20])


def test_an_affine_map_does_not_change_which_component_is_which():
    _, truth, start = example(d=2, K=4)
    A, b = np.array([[1e4, 0], [30, 1e-3]]), np.array([5, -7])
    matched = mapped(relabel(start, truth), A, b)
    again = relabel(mapped(start, A, b), mapped(truth, A, b))
    np.testing.assert_array_equal(again.means, matched.means)


def test_relabel_minimises_the_sum_of_bhattacharyya_distances():
    def distance(m, C, n, D):
        between = (C + D) / 2
        apart = m - n
        half_logs = np.log(np.linalg.det(between) / np.sqrt(np.linalg.det(C) * np.linalg.det(D)))
        return apart @ np.linalg.inv(between) @ apart / 8 + half_logs / 2

    for seed in range(22):  # 10 and 19 tell what weighs more, places or widths
        _, reference, _ = example(d=2, K=3, n=20, seed=seed)
        _, mixture, _ = example(d=2, K=3, n=20, seed=seed + 100)
        best = min(
            itertools.permutations(range(3)),
            key=lambda order: sum(
                distance(
                    mixture.means[k],
                    mixture.covariances[k],
                    reference.means[j],
                    reference.covariances[j],
                )
                for j, k in enumerate(order)
            ),
        )
        matched = relabel(mixture, reference)
        np.testing.assert_array_equal(matched.means, mixture.means[list(best)])


# --- humps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [1e-3, 1, 1e3])
@pytest.mark.parametrize("separation", [0, 0.5, 1.9, 1.999, 2])
def test_equal_halves_within_two_standard_deviations_have_one_hump(separation, sigma):
    half = separation * sigma / 2
    (hump,) = modes(Mixture([0.5, 0.5], [5 - half, 5 + half], [sigma**2] * 2))
    # At 2σ the top is as flat as x⁴ and only a third of the digits are left.
    assert hump == pytest.approx(5, abs=1e-4 * sigma)


@pytest.mark.parametrize("sigma", [1e-3, 1, 1e3])
@pytest.mark.parametrize("separation", [2.001, 2.01, 2.5, 4, 30, 100, 1000])
def test_equal_halves_further_apart_have_two_humps(separation, sigma):
    half = separation * sigma / 2
    humps = modes(Mixture([0.5, 0.5], [-half, half], [sigma**2] * 2))
    assert len(humps) == 2
    assert humps[0] == pytest.approx(-humps[1], rel=1e-6)
    # Each hump solves m = h tanh(m h / σ²) with h half the separation.
    m, h = humps[1] / sigma, separation / 2
    assert m == pytest.approx(h * np.tanh(m * h), rel=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_humps_are_those_that_a_fine_grid_sees(seed):
    rng = np.random.default_rng(seed)
    K = rng.integers(2, 6)
    mixture = Mixture(
        rng.dirichlet(np.ones(K)), rng.normal(scale=4, size=K), rng.uniform(0.2, 1.5, size=K) ** 2
    )
    grid = np.linspace(mixture.means.min() - 1, mixture.means.max() + 1, 200_001)
    deviations = np.sqrt(mixture.covariances)
    heights = norm.pdf(grid[:, None], mixture.means, deviations) @ mixture.weights
    top = (heights[1:-1] > heights[:-2]) & (heights[1:-1] > heights[2:])
    np.testing.assert_allclose(modes(mixture), grid[1:-1][top], atol=2 * (grid[1] - grid[0]))


def test_unequal_weights_need_more_than_two_standard_deviations():
    assert len(modes(Mixture([0.5, 0.5], [0, 2.5], [1, 1]))) == 2
    assert len(modes(Mixture([0.95, 0.05], [0, 2.5], [1, 1]))) == 1


def test_humps_far_apart_are_all_found():
    mixture = Mixture([0.2, 0.3, 0.5], [-1e5, 0, 70], [1, 1, 4])
    np.testing.assert_allclose(modes(mixture), [-1e5, 0, 70], atol=1e-8)


def test_humps_side_by_side_are_told_apart_however_wide_the_picture():
    mixture = Mixture([0.2, 0.2, 0.6], [0, 3, 900], [1, 1, 1])
    np.testing.assert_allclose(modes(mixture), [0, 3, 900], atol=0.1)


def test_a_narrow_hump_is_seen_in_the_middle_of_a_wide_picture():
    mixture = Mixture([0.5, 0.001, 0.499], [0, 500.013, 1000], [2.5e5, 1e-6, 2.5e5])
    humps = modes(mixture)
    assert np.abs(humps - 500.013).min() < 1e-6
    narrower = Mixture([0.5, 1e-6, 0.499999], [0, 501 / 7, 1000], [2.5e5, 1e-16, 2.5e5])
    assert np.abs(modes(narrower) - 501 / 7).min() < 1e-8


@pytest.mark.parametrize("seed", range(20))
def test_each_hump_lies_within_a_standard_deviation_of_some_mean(seed):
    rng = np.random.default_rng(seed)
    mixture = Mixture(
        rng.dirichlet(np.ones(6)), rng.normal(scale=3, size=6), rng.uniform(0.01, 2, size=6) ** 2
    )
    off = np.abs(modes(mixture)[:, None] - mixture.means) / np.sqrt(mixture.covariances)
    assert (off.min(axis=1) <= 1).all()


def test_one_component_has_its_hump_at_its_mean():
    np.testing.assert_array_equal(modes(Mixture([1], [3], [2])), [3])
    np.testing.assert_array_equal(modes(Mixture([1], [[3]], [[[2]]])), [3])


# --- where it is heading -------------------------------------------------------------------------


def test_aitken_is_exact_for_a_geometric_sequence():
    values = 5 - 3 * 0.9 ** np.arange(10)
    assert aitken_limit(values) == pytest.approx(5, rel=1e-12)
    assert aitken_limit(values[:3]) == pytest.approx(5, rel=1e-12)


def test_aitken_sees_the_limit_of_a_crawling_run():
    x = data.old_faithful()
    start = kmeans_plus_plus_start(x, 3, np.random.default_rng(0))
    run = em(x, start, tolerance=1e-11, max_steps=5000)
    half = run.log_likelihoods[: run.steps // 3]
    still_to_gain = run.log_likelihood - half[-1]
    assert still_to_gain > 1e-6
    assert abs(run.log_likelihood - aitken_limit(half)) < 0.05 * still_to_gain


def test_aitken_promises_no_limit_where_gains_do_not_shrink():
    assert aitken_limit([0, 1, 2]) == np.inf
    assert aitken_limit([0, 1, 3]) == np.inf
    assert aitken_limit([0, 1, 1]) == aitken_limit([1, 1, 1]) == 1
    assert aitken_limit([0, 1, 0.5]) == 0.5


def test_the_yardstick_way_is_zero_only_at_the_target():
    _, truth, _ = example()
    assert way(truth, truth) < 1e-13
    moved = Mixture(truth.weights, truth.means + [0, 0.1], truth.covariances)
    assert way(moved, truth) > 0.01
