"""Facts about the two steps and the loop."""

import itertools
import pickle

import numpy as np
import pytest
from references import example, mapped, path, way

from gmmlib import (
    CollapseError,
    Mixture,
    data,
    e_step,
    em,
    expected_complete_log_likelihood,
    fit,
    kmeans_plus_plus_start,
    log_likelihood,
    m_step,
    responsibilities,
    rows,
    sample,
)

pytestmark = pytest.mark.filterwarnings("error")

SHAPES = [(1, 1), (1, 2), (2, 3), (4, 2)]
NAMES = ("weights", "means", "covariances")
HOLDS = [held for size in range(3) for held in itertools.combinations(NAMES, size)]


# --- the steps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "K"), SHAPES)
def test_statistics_in_data_units_are_the_textbooks_sums(d, K):
    x, _, start = example(d, K)
    X, shares = x.reshape(len(x), d), responsibilities(x, start)
    N, first, second = e_step(x, start).in_data_units()
    np.testing.assert_allclose(N, shares.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(first, shares.T @ X, rtol=1e-10, atol=1e-10)
    naive = np.einsum("nk,ni,nj->kij", shares, X, X)
    np.testing.assert_allclose(second, naive, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize(("d", "K"), SHAPES)
def test_m_step_is_the_textbooks_weighted_averages(d, K, hold):
    x, _, start = example(d, K)
    X, shares = x.reshape(len(x), d), responsibilities(x, start)
    new = m_step(e_step(x, start), hold)
    N = shares.sum(axis=0)
    weights = start.weights if "weights" in hold else N / len(x)
    means = start.locations if "means" in hold else shares.T @ X / N[:, None]
    off = X[:, None] - means  # about the mean that stays: the new one, or the one held
    covariances = np.einsum("nk,nki,nkj->kij", shares, off, off) / N[:, None, None]
    if "covariances" in hold:
        covariances = start.covariances.reshape(K, d, d)
    np.testing.assert_allclose(new.weights, weights, rtol=1e-12)
    np.testing.assert_allclose(new.locations, means, rtol=1e-10, atol=1e-11)
    new_covariances = new.covariances.reshape(K, d, d)
    np.testing.assert_allclose(new_covariances, covariances, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize(("d", "K"), [(1, 2), (3, 2)])
def test_no_neighbour_of_the_m_steps_answer_explains_the_shared_out_points_better(d, K, hold):
    x, _, start = example(d, K)
    shares = responsibilities(x, start)
    best = m_step(e_step(x, start), hold)
    top = expected_complete_log_likelihood(x, shares, best)
    rng = np.random.default_rng(1)
    for _ in range(40):
        neighbour = _neighbour(best, hold, 1e-3, rng)
        assert expected_complete_log_likelihood(x, shares, neighbour) < top


def test_covariances_stay_symmetric_to_the_last_bit():
    x, _, start = example(d=4, K=2)
    for mixture in em(x, start, max_steps=5).mixtures[1:]:
        transposed = mixture.covariances.transpose(0, 2, 1)
        np.testing.assert_array_equal(mixture.covariances, transposed)


@pytest.mark.parametrize("hold", HOLDS)
def test_what_is_held_stays_as_it_is_to_the_last_bit(hold):
    x, _, start = example()
    end = em(x, start, hold, max_steps=5).mixture
    for name in NAMES:
        same = np.array_equal(getattr(end, name), getattr(start, name))
        assert same == (name in hold)


@pytest.mark.parametrize(("d", "K"), SHAPES)
def test_statistics_of_two_parts_add_up_to_those_of_the_whole(d, K):
    x, _, start = example(d, K)
    # 1e-12: the same 600 terms, added in another order
    _assert_same_statistics(e_step(x[:211], start) + e_step(x[211:], start), e_step(x, start))


@pytest.mark.parametrize("rows", [1, 64, 599, 600, 601])
def test_blocks_of_rows_give_what_one_block_gives(monkeypatch, rows):
    x, _, start = example(n=600)
    whole = e_step(x, start)
    monkeypatch.setattr("gmmlib.rows.FEWEST", rows)
    monkeypatch.setattr("gmmlib.rows.MOST", rows)
    _assert_same_statistics(e_step(x, start), whole)


def test_more_points_than_a_block_are_all_counted():
    x, _, start = example(d=1, n=2 * rows.MOST + 3)
    statistics = e_step(x, start)
    assert statistics.n == len(x)
    np.testing.assert_allclose(statistics.counts.sum(), len(x), rtol=1e-12)
    np.testing.assert_allclose(statistics.log_likelihood, log_likelihood(x, start), rtol=1e-12)


def test_statistics_of_two_mixtures_do_not_add_up():
    x, truth, start = example()
    with pytest.raises(ValueError, match="one and the same mixture"):
        e_step(x, truth) + e_step(x, start)
    with pytest.raises(TypeError):
        e_step(x, truth) + 1


def test_the_order_of_the_points_does_not_matter():
    x, _, start = example()
    _assert_same_statistics(e_step(x[::-1], start), e_step(x, start))


# --- the climb -----------------------------------------------------------------------------------


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize(("d", "K"), SHAPES)
def test_the_log_likelihood_never_falls(d, K, hold):
    x, truth, start = example(d, K)
    log_likelihoods = em(x, _knowing(truth, hold, start), hold, max_steps=60).log_likelihoods
    # A sum of 600 terms near the top: differences of a few ulps are rounding.
    slack = 1e-13 * np.abs(log_likelihoods).max()
    assert (np.diff(log_likelihoods) >= -slack).all()
    assert log_likelihoods[-1] > log_likelihoods[0] or (K == 1 and set(hold) >= {"means"})


def test_a_run_keeps_the_log_likelihood_of_each_of_its_mixtures():
    x, _, start = example()
    run = em(x, start, max_steps=7)
    assert run.mixtures[0] is start
    assert run.steps == 7 and len(run.mixtures) == len(run.log_likelihoods) == 8
    expected = [log_likelihood(x, mixture) for mixture in run.mixtures]
    np.testing.assert_allclose(run.log_likelihoods, expected, rtol=1e-13)
    assert run.mixture is run.mixtures[-1]
    assert run.log_likelihood == run.log_likelihoods[-1]


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize(("d", "K"), SHAPES)
def test_em_stands_still_at_a_fixed_point(d, K, hold):
    x, truth, start = example(d, K)
    run = em(x, _knowing(truth, hold, start), hold, tolerance=1e-11, max_steps=10_000)
    assert run.converged
    # The next move is at most the way to go.
    assert way(m_step(e_step(x, run.mixture), hold), run.mixture) < 1e-10
    again = em(x, run.mixture, hold)
    assert again.converged
    assert way(again.mixture, run.mixture) < 1e-10


def test_at_a_free_fixed_point_each_component_is_a_standard_normal_to_itself():
    x, _, start = example()
    fixed = em(x, start, tolerance=1e-11, max_steps=20_000).mixture
    s = e_step(x, fixed)
    np.testing.assert_allclose(s.counts, len(x) * fixed.weights, rtol=1e-9)
    np.testing.assert_allclose(s.first / s.counts[:, None], 0, atol=1e-9)
    identity = np.broadcast_to(np.eye(2), (3, 2, 2))
    np.testing.assert_allclose(s.second / s.counts[:, None, None], identity, atol=1e-9)


@pytest.mark.parametrize("d", [1, 2])
def test_relabelling_the_start_relabels_the_result(d):
    x, _, start = example(d)
    end, turned = em(x, start).mixture, em(x, start.reordered([2, 0, 1])).mixture
    # Sums over components in another order, each near 1e-16; EM shrinks what they leave.
    assert way(turned, end.reordered([2, 0, 1])) < 1e-7


@pytest.mark.parametrize(
    ("A", "b"),
    [
        ([[1, 0], [0, 1]], [1e6, -1e6]),
        ([[1e-5, 0], [0, 1e7]], [0, 0]),
        ([[0.6, -0.8], [0.8, 0.6]], [3, 4]),
        ([[2, 1], [-1, 3]], [1e6, 50]),
    ],
)
def test_an_affine_map_of_the_data_maps_the_fit(A, b):
    x, _, start = example()
    A, b = np.array(A, float), np.array(b, float)
    end = em(x, start, tolerance=1e-9, max_steps=5000)
    other = em(x @ A.T + b, mapped(start, A, b), tolerance=1e-9, max_steps=5000)
    assert end.converged and other.converged
    # At 1e6 standard deviations from the origin a coordinate keeps 10 digits.
    assert way(other.mixture, mapped(end.mixture, A, b)) < 1e-6
    stretched = end.log_likelihood - len(x) * np.log(abs(np.linalg.det(A)))
    assert other.log_likelihood == pytest.approx(stretched, rel=1e-9)


@pytest.mark.parametrize(("a", "b"), [(1, 1e6), (1e-6, 0), (-1e4, 7)])
def test_units_and_origin_do_not_matter_in_one_dimension(a, b):
    x, _, start = example(d=1, K=2)
    end = em(x, start, tolerance=1e-9, max_steps=5000)
    other = em(a * x + b, mapped(start, a, b), tolerance=1e-9, max_steps=5000)
    assert end.converged and other.converged
    assert way(other.mixture, mapped(end.mixture, a, b)) < 1e-6


def test_one_dimension_is_d_equal_to_one_to_the_last_digit():
    x, _, flat = example(d=1)
    square = Mixture(flat.weights, flat.means[:, None], flat.covariances[:, None, None])
    one, two = e_step(x, flat), e_step(x[:, None], square)
    for name in ("counts", "first", "second", "log_likelihood"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    one, two = em(x, flat, max_steps=50), em(x[:, None], square, max_steps=50)
    np.testing.assert_array_equal(one.log_likelihoods, two.log_likelihoods)
    np.testing.assert_array_equal(one.mixture.weights, two.mixture.weights)
    np.testing.assert_array_equal(one.mixture.means, two.mixture.means[:, 0])
    np.testing.assert_array_equal(one.mixture.covariances, two.mixture.covariances[:, 0, 0])


@pytest.mark.parametrize("d", [1, 3])
def test_one_component_is_the_mean_and_covariance_of_the_data_after_one_step(d):
    x, _, start = example(d, K=1)
    run = em(x, start, max_steps=1)
    np.testing.assert_allclose(run.mixture.locations[0], x.reshape(len(x), d).mean(axis=0))
    expected = np.cov(x.reshape(len(x), d).T, bias=True).reshape(d, d)
    np.testing.assert_allclose(run.mixture.covariances.reshape(d, d), expected)
    assert run.mixture.weights == [1] and run.converged


def test_identical_components_stay_identical():
    x, _, _ = example(d=1)
    end = em(x, Mixture([0.3, 0.7], [0, 0], [4, 4]), max_steps=30).mixture
    assert end.means[0] == pytest.approx(end.means[1], rel=1e-12)
    np.testing.assert_allclose(end.weights, [0.3, 0.7], rtol=1e-12)


def test_the_path_that_the_references_are_compared_with_is_that_of_em():
    x, _, start = example()
    mixtures, log_likelihoods = path(x, start, 10)
    run = em(x, start, max_steps=10)
    # the last digits differ: `em` keeps the means from the data's mean on, not from 0 on
    np.testing.assert_allclose(run.log_likelihoods, log_likelihoods, rtol=1e-14)
    for name in NAMES:
        one, other = getattr(run.mixture, name), getattr(mixtures[-1], name)
        np.testing.assert_allclose(one, other, rtol=1e-12)


# --- when it stops -------------------------------------------------------------------------------


@pytest.mark.parametrize("hold", [(), ("means",), ("weights", "covariances")])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-8])
def test_the_distance_of_a_run_is_the_way_that_is_left(tolerance, hold):
    x, truth, start = example(d=2, K=2)
    start = _knowing(truth, hold, start)
    fixed = em(x, start, hold, tolerance=1e-12, max_steps=20_000).mixture
    run = em(x, start, hold, tolerance=tolerance)
    assert run.converged and run.distance <= tolerance
    # An extrapolation, exact once one direction is left; so to one tenth when far to go.
    assert run.distance == pytest.approx(way(run.mixture, fixed), rel=0.1)


def test_the_distance_is_honest_where_em_crawls():
    x = data.old_faithful()
    start = kmeans_plus_plus_start(x, 3, np.random.default_rng(0))
    fixed = em(x, start, tolerance=1e-12, max_steps=20_000).mixture
    run = em(x, start, tolerance=1e-4)
    last_move = way(run.mixtures[-1], run.mixtures[-2])
    left = way(run.mixture, fixed)
    assert left > 10 * last_move  # the length of the last step would mislead
    assert run.distance == pytest.approx(left, rel=0.05)


def test_a_run_that_is_stopped_says_so():
    x, _, start = example()
    run = em(x, start, max_steps=3)
    assert (run.steps, run.converged) == (3, False)
    assert "not converged" in run.reason and "max_steps = 3" in run.reason
    assert run.distance > 1e-8


def test_no_steps_at_all_is_the_start_and_its_log_likelihood():
    x, _, start = example()
    run = em(x, start, max_steps=0)
    assert run.mixture is start and not run.converged
    np.testing.assert_allclose(run.log_likelihoods, [log_likelihood(x, start)], rtol=1e-13)


def test_a_run_that_converged_says_how_far_it_has_to_go():
    x, _, start = example()
    run = em(x, start)
    assert run.converged and run.distance <= 1e-8
    assert run.reason.startswith("converged: about") and "to go" in run.reason


def test_a_smaller_tolerance_takes_the_same_road_further():
    x, _, start = example()
    short, long = em(x, start, tolerance=1e-3), em(x, start, tolerance=1e-6)
    assert 0 < short.steps < long.steps
    np.testing.assert_array_equal(long.log_likelihoods[: short.steps + 1], short.log_likelihoods)


def test_tolerance_zero_stops_where_rounding_decides():
    x, _, start = example(d=2, K=2)
    run = em(x, start, tolerance=0, max_steps=5000)
    assert run.converged and run.steps < 5000
    fixed = em(x, start, tolerance=1e-11, max_steps=5000).mixture
    assert way(run.mixture, fixed) < 1e-10


def test_far_from_the_origin_em_converges_to_the_digits_that_the_data_keep():
    x, _, start = example(d=1, K=2)
    # At 1e9 standard deviations a point keeps 7 digits, and the fit as many.
    run = em(x + 1e9, mapped(start, 1, 1e9))
    assert run.converged
    assert way(run.mixture, mapped(em(x, start).mixture, 1, 1e9)) < 1e-4


def test_a_plateau_is_not_taken_for_convergence():
    x, _ = sample(Mixture([0.5, 0.5], [-3, 3], [1, 1]), 500, np.random.default_rng(2))

    def nearly_equal(apart):
        return Mixture([0.5, 0.5], [x.mean() - apart, x.mean() + apart], [x.var()] * 2)

    # One Gaussian for all the points is a saddle. Nearly equal components crawl away from it:
    # the gains are below 0.02 nats a step for forty steps, and 200 nats are to come.
    run = em(x, nearly_equal(0.1))
    assert 0 < run.log_likelihoods[40] - run.log_likelihoods[1] < 1
    assert run.converged and run.log_likelihood > run.log_likelihoods[40] + 200
    # Nearer still no step moves anything by a millionth, but the steps grow.
    run = em(x, nearly_equal(1e-3), max_steps=300)
    assert way(run.mixtures[-1], run.mixtures[-2]) < 1e-6
    assert not run.converged and run.distance == np.inf and "unknown" in run.reason


def test_print_of_a_run_is_a_table_of_its_climb():
    x, _, start = example()
    run = em(x, start, max_steps=30)
    lines = str(run).splitlines()
    assert lines[0].split() == ["step", "log-likelihood", "gain"]
    assert lines[1].split() == ["0", f"{run.log_likelihoods[0]:.6f}"]
    gain = run.log_likelihoods[1] - run.log_likelihoods[0]
    assert lines[2].split() == ["1", f"{run.log_likelihoods[1]:.6f}", f"{gain:.3g}"]
    assert lines[6].strip() == "..."
    assert lines[8].split()[:2] == ["30", f"{run.log_likelihood:.6f}"]
    assert lines[9] == run.reason and len(lines) == 10
    assert repr(run) == f"<Run of 30 steps to log-likelihood {run.log_likelihood:.4f}>"
    assert "..." not in str(em(x, start, max_steps=7))


# --- several starts ------------------------------------------------------------------------------


def test_fit_keeps_the_best_of_its_starts():
    x = data.galaxies() / 1000
    run = fit(x, 4, np.random.default_rng(2), 8, start=kmeans_plus_plus_start, race=False)
    again = np.random.default_rng(2)
    ends = [em(x, kmeans_plus_plus_start(x, 4, again)).log_likelihood for _ in range(8)]
    np.testing.assert_array_equal(run.finals, ends)
    assert np.ptp(ends) > 1  # there is something to choose from
    # ends that differ by rounding only are one maximum, and the first start to reach it is kept
    assert run.log_likelihood == next(end for end in ends if end > max(ends) - 1e-8)
    assert 1 <= run.reached_best == sum(end >= max(ends) - 0.01 for end in ends) < 8
    assert run.converged and run.reason.startswith("converged")
    assert f"best of 8 starts; {run.reached_best} of them reached it, 0 collapsed" in str(run)


def test_fit_runs_each_start_as_it_was_told():
    x, _, _ = example(d=1)
    kind = {"starts": 1, "start": kmeans_plus_plus_start}
    run = fit(x, 2, np.random.default_rng(1), tolerance=1e-3, max_steps=7, **kind)
    start = kmeans_plus_plus_start(x, 2, np.random.default_rng(1))
    alike = em(x, start, tolerance=1e-3, max_steps=7)
    np.testing.assert_array_equal(run.log_likelihoods, alike.log_likelihoods)
    assert (run.converged, run.reason, run.distance) == (False, alike.reason, alike.distance)
    loose = fit(x, 2, np.random.default_rng(1), tolerance=0.5, **kind)
    assert loose.converged and loose.distance > 1e-3


def test_fit_counts_the_starts_that_collapse():
    x = data.galaxies() / 1000
    run = fit(x, 6, np.random.default_rng(2), 4, start=kmeans_plus_plus_start, race=False)
    assert np.isnan(run.finals).tolist() == [False, False, True, False]
    assert np.isclose(run.log_likelihood, np.nanmax(run.finals), rtol=0, atol=1e-8)
    assert "best of 4 starts; 3 of them reached it, 1 collapsed" in str(run)


def test_a_fit_of_which_every_start_collapses_is_a_collapse():
    x = np.repeat([0.0, 1.0], 5)
    with pytest.raises(CollapseError, match="each of the 3 starts") as caught:
        fit(x, 2, np.random.default_rng(1), starts=3)
    assert caught.value.run.log_likelihoods.size > 0


# --- collapse ------------------------------------------------------------------------------------


def test_a_collapse_beyond_the_steps_that_were_asked_for_is_no_error():
    x = data.galaxies() / 1000
    start = Mixture([0.5, 0.5], [x[0], x.mean()], [1e-12, x.var()])
    with pytest.raises(CollapseError) as caught:
        em(x, start)
    run = em(x, start, max_steps=caught.value.step - 1)
    assert run.steps == caught.value.step - 1 and not run.converged
    assert "stopped by max_steps" in run.reason and run.distance == np.inf


def test_a_collapse_names_the_component_and_the_step_and_keeps_the_run():
    x = np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7.0])
    start = Mixture([0.7, 0.3], [4, 0], [4, 0.25])
    with pytest.raises(CollapseError, match=r"component 1 collapsed onto one point") as caught:
        em(x, start)
    error = caught.value
    assert isinstance(error, ValueError)
    assert error.component == 1 and error.step > 1
    assert f"at step {error.step};" in str(error) and "try another start" in str(error)
    # The run ends with the last mixture that there was, one step before.
    assert error.run.steps == error.step - 1 and not error.run.converged
    expected = [log_likelihood(x, mixture) for mixture in error.run.mixtures]
    np.testing.assert_allclose(error.run.log_likelihoods, expected, rtol=1e-12)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.step, again.component) == (str(error), error.step, 1)
    np.testing.assert_array_equal(again.run.log_likelihoods, error.run.log_likelihoods)


@pytest.mark.parametrize("unit", [1e-6, 1, 1e6])
def test_the_unit_of_the_data_does_not_decide_what_is_a_collapse(unit):
    x = np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7.0])
    start = Mixture([0.7, 0.3], [4, 0], [4, 0.25])
    with pytest.raises(CollapseError) as here:
        em(x, start)
    with pytest.raises(CollapseError) as there:
        em(unit * x, mapped(start, unit, 0))
    assert there.value.component == here.value.component == 1
    # once nothing is left beyond rounding, rounding may decide of a step
    assert abs(there.value.step - here.value.step) <= 1
    narrow = np.r_[1e-5 * np.sin(np.arange(50.0)), x]  # narrow, but it has a width
    run = em(unit * narrow, mapped(Mixture([0.5, 0.5], [0, 4], [1e-10, 4]), unit, 0))
    assert run.converged


def test_points_on_a_line_collapse_in_two_dimensions():
    line = np.arange(6.0)[:, None] * [1, 1]
    cloud = np.random.default_rng(1).normal(size=(40, 2)) + [20, 0]
    start = Mixture([0.5, 0.5], [[2, 2], [20, 0]], [np.eye(2), np.eye(2)])
    with pytest.raises(CollapseError, match=r"component 0 collapsed .* without width"):
        em(np.vstack([line, cloud]), start)


def test_a_component_without_points_is_a_collapse():
    x, _, _ = example(d=1)
    start = Mixture([0.5, 0.5], [0, 1e6], [1, 1])
    with pytest.raises(CollapseError, match="component 1 has no points left at step 1") as caught:
        em(x, start)
    assert caught.value.run.steps == 0
    with pytest.raises(CollapseError, match="component 1 has no points left;") as caught:
        m_step(e_step(x, start))
    assert caught.value.step is None and caught.value.run is None


def test_held_covariances_cannot_collapse():
    x = np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7.0])
    run = em(x, Mixture([0.7, 0.3], [4, 0], [4, 0.25]), hold="covariances")
    assert run.converged
    np.testing.assert_array_equal(run.mixture.covariances, [4, 0.25])


def test_a_start_far_from_all_the_data_recovers():
    x, _, _ = example(d=1, K=2)
    run = em(x, Mixture([0.5, 0.5], [-1e4, 1e4 + 1], [1, 1]), ("weights", "covariances"))
    assert run.converged and np.abs(run.mixture.means).max() < 10


# --- helpers -------------------------------------------------------------------------------------


def _assert_same_statistics(some, others):
    assert some.n == others.n
    for name in ("counts", "first", "second", "log_likelihood"):
        one, two = getattr(some, name), getattr(others, name)
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-12 * others.n)


def _knowing(truth, hold, start):
    """The start, with what is held as it was when the data were made."""
    return Mixture(*(getattr(truth if name in hold else start, name) for name in NAMES))


def _neighbour(mixture, hold, size, rng):
    """The mixture moved a little, at random, in whatever is not held."""
    K, d, L = mixture.K, mixture.d, mixture.cholesky
    weights, means, covariances = mixture.weights, mixture.locations, mixture.covariances
    if "weights" not in hold:
        weights = weights * np.exp(size * rng.normal(size=K))
        weights = weights / weights.sum()
    if "means" not in hold:
        means = means + size * np.einsum("kij,kj->ki", L, rng.normal(size=(K, d)))
    if "covariances" not in hold:
        root = L @ (np.eye(d) + size * rng.normal(size=(K, d, d)))
        covariances = root @ root.transpose(0, 2, 1)
    shape = mixture.means.shape
    return Mixture(weights, means.reshape(shape), covariances.reshape(shape + shape[1:]))
