"""The search: several starts, a race, moves of components, and large data searched on some rows."""

import numpy as np
import pytest
from references import columns, example, way

from gmmlib import (
    CollapseError,
    Mixture,
    Prior,
    data,
    diagonal,
    em,
    fit,
    full,
    kmeans_plus_plus_start,
    labels_start,
    log_likelihood,
    quantile_start,
    random_start,
    sample,
    spherical,
    tied,
)
from gmmlib.fit import ROWS, Field
from gmmlib.moves import far_rows
from gmmlib.rows import Rows

pytestmark = pytest.mark.filterwarnings("error")


def clusters(d, n):
    """Three clusters that do not overlap much, so that EM is quick."""
    rng = np.random.default_rng(20261124)
    centers = 5 * np.arange(3)[:, None] * np.ones(d)
    X = centers[rng.choice(3, size=n, p=[0.5, 0.3, 0.2])] + rng.normal(size=(n, d))
    return X[:, 0] if d == 1 else X


# --- the highest maximum -------------------------------------------------------------------------


def blobs(K, d, n, seed, apart=6.0):
    """Round clusters at random places, the labels they were drawn with."""
    rng = np.random.default_rng(seed)
    means = rng.uniform(-apart, apart, size=(K, d))
    labels = rng.integers(K, size=n)
    return means[labels] + rng.normal(size=(n, d)), labels


HARD = {
    "twelve in the plane": lambda: blobs(12, 2, 3000, 4, apart=10),
    "nine in ten dimensions": lambda: blobs(9, 10, 2700, 5, apart=3),
    "of all widths": lambda: _of_all_widths(),
    "in units of a million and a millionth": lambda: _in_units(),
}


def _of_all_widths():
    x, labels = blobs(8, 2, 2400, 6, apart=12)
    rng = np.random.default_rng(7)
    widths = rng.uniform(0.2, 2, size=8)
    centers = np.array([x[labels == k].mean(axis=0) for k in range(8)])
    return centers[labels] + (x - centers[labels]) * widths[labels, None], labels


def _in_units():
    x, labels = blobs(4, 3, 1200, 8, apart=4)
    turn = np.linalg.qr(np.random.default_rng(9).normal(size=(3, 3)))[0]
    return x @ turn @ np.diag([1e-6, 1, 1e6]), labels


@pytest.mark.parametrize("name", HARD)
def test_fit_ends_as_high_as_em_from_the_labels_the_data_were_drawn_with(name):
    x, labels = HARD[name]()
    truth = em(x, labels_start(x, labels), accelerate=True)
    for seed in range(2):
        run = fit(x, labels.max() + 1, np.random.default_rng(seed), accelerate=True)
        assert run.log_likelihood > truth.log_likelihood - 0.01 and run.converged


def test_a_component_moves_from_where_two_share_a_cluster_to_where_one_has_two():
    x, labels = blobs(5, 2, 1500, 4, apart=10)
    right = em(x, labels_start(x, labels))
    # two components on cluster 0, and one on the clusters 1 and 2
    twice = np.where((labels == 0) & (x[:, 0] > x[labels == 0, 0].mean()), 1, labels)
    twice[labels == 1] = 2
    wrong = em(x, labels_start(x, twice))
    assert wrong.log_likelihood < right.log_likelihood - 100
    there = {"start": lambda x, K, rng: labels_start(x, twice)}
    run = fit(x, 5, np.random.default_rng(1), 2, **there)
    assert run.search.moves >= 1
    assert run.log_likelihood > right.log_likelihood - 0.01
    stays = fit(x, 5, np.random.default_rng(1), 2, **there, race=False)
    assert stays.search.moves == 0
    assert stays.log_likelihood == pytest.approx(wrong.log_likelihood, abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_a_group_of_which_the_rows_searched_have_one_or_none_is_found(seed):
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60_000, 2))
    x[30_000:, 0] += 4
    x[:20] = [0, 12] + 0.5 * x[:20]
    start = Mixture([0.5, 0.4995, 0.0005], [[0, 0], [4, 0], [0, 12]], [np.eye(2)] * 3)
    best = em(x, start, accelerate=True)
    run = fit(x, 3, np.random.default_rng(seed), accelerate=True)
    assert run.search.rows == ROWS < run.search.of == 60_000
    assert run.log_likelihood > best.log_likelihood - 0.01
    assert run.search.outside == 0
    # with a component too few for it, the rows are counted, and it is said
    two = fit(x, 1, np.random.default_rng(seed))
    assert two.search.outside >= 20
    assert f"{two.search.outside} rows lie outside every component" in str(two)


def test_rows_lie_outside_where_the_model_expects_none():
    rng = np.random.default_rng(1)
    truth = Mixture([0.4, 0.6], [[0, 0, 0], [5, 0, 0]], [np.eye(3), np.diag([1, 4, 9])])
    x, _ = sample(truth, 20_000, rng)
    assert len(far_rows(Rows(x), truth)) == 0
    x[:4] = [0, 0, 30]
    np.testing.assert_array_equal(far_rows(Rows(x), truth), x[:4])
    weight = np.ones(len(x))
    weight[0] = 0
    assert len(far_rows(Rows(x, sample_weight=weight), truth)) == 3


def test_on_iris_every_seed_finds_the_maximum_that_most_starts_miss():
    x = columns("data/iris.csv", ["Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"])
    ends = [fit(x, 3, np.random.default_rng(seed)).log_likelihood for seed in range(4)]
    one = fit(x, 3, np.random.default_rng(0), 12, start=random_start, race=False)
    assert np.nanmedian(one.finals) < min(ends) - 1
    np.testing.assert_allclose(ends, max(ends), atol=1e-6)


@pytest.mark.parametrize("kind", [full, tied, diagonal, spherical])
def test_a_search_keeps_to_the_kind_of_covariance_and_beats_a_single_start(kind):
    x, _, _ = example(K=4)
    run = fit(x, 4, np.random.default_rng(1), covariance=kind)
    one = em(x, random_start(x, 4, np.random.default_rng(1)), covariance=kind)
    assert run.covariance is kind and run.log_likelihood >= one.log_likelihood - 1e-6
    at_home = em(x, run.mixture, covariance=kind, max_steps=1)
    assert at_home.log_likelihood == pytest.approx(run.log_likelihood, rel=1e-10)


def test_equal_weights_can_be_held_in_a_search():
    x, _, _ = example(d=1, K=2)
    run = fit(x, 2, np.random.default_rng(1), hold="weights")
    np.testing.assert_array_equal(run.mixture.weights, [0.5, 0.5])
    assert run.log_likelihood < fit(x, 2, np.random.default_rng(1)).log_likelihood


def test_of_two_runs_with_a_prior_the_more_probable_is_kept():
    x = data.galaxies() / 1000
    prior = Prior.weak(x, 4)
    run = fit(x, 4, np.random.default_rng(1), prior=prior)
    height = run.log_likelihood + prior.log_density(run.mixture)
    for seed in range(6):
        other = em(x, random_start(x, 4, np.random.default_rng(seed)), prior=prior)
        assert height >= other.log_likelihood + prior.log_density(other.mixture) - 1e-6


# --- what is searched ----------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "whole"), [(ROWS, True), (ROWS + 1, False)])
def test_so_many_rows_are_searched_whole_and_one_more_are_not(n, whole):
    x = clusters(1, n)
    run = fit(x, 3, np.random.default_rng(5), starts=2)
    assert (run.search.rows == run.search.of == n) == whole
    assert ("searched on" in str(run)) != whole
    again = em(x, run.mixture)
    assert way(again.mixture, run.mixture) < 1e-7


def test_many_components_and_columns_are_searched_on_more_rows():
    rng = np.random.default_rng(1)
    # clouds on a grid: of a single cloud many components are searched for a minute
    x = rng.normal(size=(30_000, 3)) + 6 * rng.integers(0, 3, size=(30_000, 3))
    few = fit(x, 2, np.random.default_rng(1), starts=2, max_steps=3)
    many = fit(x, 20, np.random.default_rng(1), starts=2, max_steps=3)
    assert few.search.rows == ROWS < many.search.rows < 30_000


@pytest.mark.parametrize("n", [600, 7000])
@pytest.mark.parametrize("d", [1, 2])
def test_fit_over_blocks_is_as_good_as_fit_over_the_array(d, n):
    x = clusters(d, n)
    blocks = [x.reshape(n, d)[:250], x.reshape(n, d)[250:]]
    one = fit(blocks, 3, np.random.default_rng(5), starts=3)
    other = fit(x.reshape(n, d), 3, np.random.default_rng(5), starts=3)
    assert one.converged and one.mixture.means.shape == (3, d)
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-6)


@pytest.mark.parametrize("n", [500, 7000])
def test_the_same_seed_gives_the_same_fit_to_the_last_bit(n):
    x = clusters(2, n)
    one, two = (fit(x, 3, np.random.default_rng(5), starts=3, threads=1) for _ in range(2))
    np.testing.assert_array_equal(one.log_likelihoods, two.log_likelihoods)
    np.testing.assert_array_equal(one.mixture.covariances, two.mixture.covariances)


def test_without_a_race_every_start_climbs_to_its_end():
    x = clusters(2, 600)
    run = fit(x, 3, np.random.default_rng(5), 5, start=random_start, race=False)
    rng = np.random.default_rng(5)
    ends = [em(x, start) for start in [random_start(x, 3, rng) for _ in range(5)]]
    np.testing.assert_array_equal(run.finals, [end.log_likelihood for end in ends])
    best = next(e for e in ends if e.log_likelihood > run.finals.max() - 1e-6)
    np.testing.assert_array_equal(run.log_likelihoods, best.log_likelihoods)
    assert run.search.left_behind == 0


def test_a_race_says_how_many_reached_the_best_and_how_many_were_left_behind():
    x = blobs(12, 2, 3000, 4, apart=10)[0]
    run = fit(x, 12, np.random.default_rng(1), starts=10)
    assert len(run.finals) == 10
    told = f"best of 10 starts; {run.reached_best} of them reached it, "
    assert told + f"{run.search.left_behind} were left behind, 0 collapsed" in str(run)
    assert run.search.left_behind + run.reached_best <= 10


@pytest.mark.parametrize("start", [random_start, quantile_start, lambda x, K: quantile_start(x, K)])
def test_fit_begins_where_it_is_told(start):
    x, _, _ = example(d=1, K=2)
    run = fit(x, 2, np.random.default_rng(5), starts=1, max_steps=3, start=start)
    rng = [np.random.default_rng(5)] if start is random_start else []
    begin = start(x, 2, *rng)
    np.testing.assert_array_equal(run.mixtures[0].means, begin.means)
    np.testing.assert_array_equal(run.log_likelihoods, em(x, begin, max_steps=3).log_likelihoods)


def test_a_start_without_randomness_is_one_start():
    x, _, _ = example(d=1, K=2)
    assert len(fit(x, 2, np.random.default_rng(5), starts=10, start=quantile_start).finals) == 1
    assert len(fit(x, 1, np.random.default_rng(5), starts=10).finals) == 1


@pytest.mark.parametrize("n", [600, 7000])
def test_options_are_those_of_em(n):
    x, _, _ = example(n=n)
    seen = []
    options = {
        "prior": Prior.weak(x, 3),
        "covariance": tied,
        "accelerate": True,
        "threads": 2,
        "on_step": lambda step, mixture, height: seen.append(step),
    }
    run = fit(x, 3, np.random.default_rng(5), starts=2, tolerance=1e-6, max_steps=500, **options)
    assert run.converged and run.distance <= 1e-6
    np.testing.assert_array_equal(run.mixture.covariances[0], run.mixture.covariances[2])
    assert seen == list(range(run.steps + 1))  # the run that is returned, and no other
    straight = em(x, run.mixtures[0], (), 1e-6, 500, **options)
    np.testing.assert_allclose(straight.log_likelihoods, run.log_likelihoods, rtol=1e-14)


def test_weights_that_are_large_or_small_change_nothing_but_the_height():
    x = clusters(2, 900)
    weight = np.random.default_rng(1).uniform(0.5, 2, size=900)
    both = weight, weight / weight.sum()
    one, small = (fit(x, 3, np.random.default_rng(5), sample_weight=w) for w in both)
    assert small.log_likelihood == pytest.approx(one.log_likelihood / weight.sum(), rel=1e-9)
    assert small.reached_best == one.reached_best
    assert log_likelihood(x, small.mixture, weight) == pytest.approx(one.log_likelihood, rel=1e-9)


# --- collapses -----------------------------------------------------------------------------------


def test_starts_that_collapse_on_the_rows_searched_are_counted():
    rng = np.random.default_rng(1)
    # thousands of points in two clouds, and one far away: a start there collapses
    x = np.r_[rng.normal(size=4500), rng.normal(size=1450) + 9, np.full(150, 900)]
    starts = iter([Mixture([0.5, 0.5], [5, 900], [40, 40]), Mixture([0.7, 0.3], [0, 9], [4, 4])])
    run = fit(x, 2, rng, 2, start=lambda x, K, rng: next(starts), max_steps=2000, race=False)
    assert np.isnan(run.finals).tolist() == [True, False]
    assert run.reached_best == 1 and "1 collapsed" in str(run)


@pytest.mark.parametrize("race", [True, False])
@pytest.mark.parametrize("n", [10, 12_000])
def test_if_every_start_collapses_so_does_the_fit(n, race):
    x = np.repeat([0.0, 1.0], n // 2)
    with pytest.raises(CollapseError, match="as one did from each of the 3 starts") as caught:
        fit(x, 2, np.random.default_rng(1), starts=3, race=race)
    assert caught.value.run is not None and caught.value.component in (0, 1)
    assert "or a prior (Prior.weak)" in str(caught.value)


def test_where_all_collapse_on_the_rows_searched_all_the_rows_are_searched(monkeypatch):
    x, draw = clusters(2, 700), Field.draw

    def draw_five(self):
        self.size = 5
        draw(self)

    monkeypatch.setattr(Field, "draw", draw_five)
    run = fit(x, 3, np.random.default_rng(3), starts=2)
    assert run.search.rows == 700 and run.converged


def test_with_a_prior_where_every_start_collapses_none_does():
    x = np.repeat([0.0, 1.0], 5)
    run = fit(x, 2, np.random.default_rng(1), starts=3, prior=Prior.weak(x, 2))
    assert run.converged and not np.isnan(run.finals).any()


def test_a_sample_of_the_rows_is_not_all_of_one_kind():
    # sorted data: the first 2000 rows would be one cloud
    rng = np.random.default_rng(1)
    x = np.sort(np.r_[rng.normal(size=5000), rng.normal(size=5000) + 9])
    some, weight = Rows(x).some(2000, rng)
    assert abs((some > 4.5).mean() - 0.5) < 0.05 and weight is None
    run = fit(x, 2, rng, starts=2)
    np.testing.assert_allclose(np.sort(run.mixture.means), [0, 9], atol=0.1)


def test_an_interrupted_search_has_the_best_so_far():
    x, calls = data.galaxies() / 1000, []

    def start(x, K, rng):
        calls.append(1)
        return kmeans_plus_plus_start(x, K, rng)

    def interrupt(step, mixture, height):
        if len(calls) == 3 and step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        fit(x, 3, np.random.default_rng(1), 3, start=start, race=False, on_step=interrupt)
    assert "interrupted" in caught.value.run.reason
    assert np.isfinite(caught.value.run.log_likelihood)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"starts": 0}, "starts must be at least 1, not 0"),
        ({"starts": 2.0}, "starts must be a whole number, not 2.0"),
        ({"rng": 1}, "rng must be a numpy.random.Generator"),
        ({"K": 0}, "K must be at least 1"),
        ({"K": 601}, "601 components need at least 601 points, not 600"),
        ({"tolerance": "1e-8"}, "tolerance must be a number"),
        ({"threads": 0}, "threads must be at least 1, not 0"),
        ({"hold": "means"}, "fit holds weights only"),
        ({"covariance": "diag"}, "covariance takes one of the functions"),
        ({"start": Mixture([1], [0], [1])}, "start must be a function of .* not a Mixture"),
    ],
)
def test_what_fit_cannot_use_is_refused(change, message):
    options = {"K": 2, "rng": np.random.default_rng(1), "starts": 2, **change}
    with pytest.raises(ValueError, match=message):
        fit(example(d=1)[0], **options)
