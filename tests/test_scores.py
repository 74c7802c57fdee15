"""What a mixture says of data is said in blocks, with weights, and with what it remembers."""

import copy
import pickle
import tracemalloc

import numpy as np
import pytest
from references import example
from scipy.stats import multivariate_normal

from gmmlib import (
    Mixture,
    aic,
    bic,
    classify,
    diagonal,
    e_step,
    em,
    fit,
    full,
    log_density,
    log_joint,
    log_likelihood,
    m_step,
    n_parameters,
    relabel,
    responsibilities,
    sample,
    spherical,
    tied,
)

pytestmark = pytest.mark.filterwarnings("error")

SCORES = pytest.mark.parametrize(
    "score",
    [log_joint, log_density, responsibilities, classify, log_likelihood, bic, aic],
    ids=lambda score: score.__name__,
)
KINDS = pytest.mark.parametrize("covariance", [full, tied, diagonal, spherical])


def peak(function):
    """The most memory, in bytes, that a call holds beyond what there was before it."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Again:
    """Blocks of rows, given anew each time."""

    def __init__(self, x, size):
        self.x, self.size = x, size

    def __iter__(self):
        return (self.x[i : i + self.size] for i in range(0, len(self.x), self.size))


# --- what is said --------------------------------------------------------------------------------


def test_the_scores_are_those_of_scipy():
    x, _, mixture = example()
    mixture = Mixture([0.2, 0.3, 0.5], mixture.means, mixture.covariances)
    parts = zip(mixture.weights, mixture.means, mixture.covariances)
    joint = np.stack([w * multivariate_normal(m, cov).pdf(x) for w, m, cov in parts], axis=1)
    density = joint.sum(axis=1)
    np.testing.assert_allclose(log_joint(x, mixture), np.log(joint), atol=1e-10)
    np.testing.assert_allclose(log_density(x, mixture), np.log(density), atol=1e-10)
    np.testing.assert_allclose(responsibilities(x, mixture), joint / density[:, None], atol=1e-10)
    np.testing.assert_array_equal(classify(x, mixture), joint.argmax(axis=1))
    total = np.log(density).sum()
    assert log_likelihood(x, mixture) == pytest.approx(total)
    assert bic(x, mixture) == pytest.approx(-2 * total + 17 * np.log(600))
    assert aic(x, mixture) == pytest.approx(-2 * total + 2 * 17)


@SCORES
@pytest.mark.parametrize("d", [1, 2])
def test_blocks_are_scored_as_the_array(d, score):
    x, _, mixture = example(d)
    expected = score(x, mixture)
    column = x.reshape(600, d)
    for blocks in (Again(x, 7), Again(x, 600), [column[:0], column[:1], column[1:]]):
        np.testing.assert_allclose(score(blocks, mixture), expected, rtol=1e-12, atol=1e-12)


@SCORES
def test_dask_arrays_are_scored_as_the_array(score):
    array = pytest.importorskip("dask.array")
    x, _, mixture = example()
    lazy = array.from_array(x, chunks=(100, 1))
    np.testing.assert_allclose(score(lazy, mixture), score(x, mixture), rtol=1e-12, atol=1e-12)
    filtered = array.from_array(x, chunks=(100, 2))
    filtered = filtered[filtered[:, 0] > 0]  # of unknown length
    expected = score(x[x[:, 0] > 0], mixture)
    np.testing.assert_allclose(score(filtered, mixture), expected, rtol=1e-12, atol=1e-12)


@SCORES
def test_a_bad_row_of_blocks_is_named_by_its_row_of_the_whole(score):
    x, _, mixture = example()
    for bad, message in (
        (np.nan, r"431 of x, column 1 is not finite"),
        (1e200, "431 of x lies so"),
    ):
        spoilt = x.copy()
        spoilt[431, 1] = bad
        for data in (spoilt, Again(spoilt, 100)):
            if score is not log_joint or np.isnan(bad):
                with pytest.raises(ValueError, match=message):
                    score(data, mixture)


@SCORES
def test_what_can_be_read_only_once_is_not_scored_in_part(score):
    x, _, mixture = example()
    with pytest.raises(ValueError, match="iterated over only once"):
        score((block for block in (x[:100], x[100:])), mixture)


def test_classify_takes_the_most_probable_component():
    mixture = Mixture([0.9, 0.1], [0, 10], [1, 1])
    boundary = 5 + np.log(9) / 10  # where 0.9 N(x | 0, 1) = 0.1 N(x | 10, 1)
    labels = classify([-50, boundary - 1e-9, boundary + 1e-9, 50], mixture)
    assert labels.dtype.kind == "i" and labels.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("d", [1, 3])
def test_precisions_are_the_inverses_of_the_covariances(d):
    x, truth, _ = example(d)
    for mixture in (truth, em(x, truth, max_steps=3).mixture):
        assert mixture.precisions.shape == mixture.covariances.shape
        products = mixture.precisions.reshape(-1, d, d) @ mixture.covariances.reshape(-1, d, d)
        np.testing.assert_allclose(products, [np.eye(d)] * 3, atol=1e-13)


# --- weights -------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2])
def test_a_row_that_counts_three_times_is_scored_three_times(d):
    x, _, mixture = example(d)
    times = np.random.default_rng(1).integers(0, 4, size=600)
    rows = np.repeat(x, times, axis=0)
    for data in (x, Again(x, 100)):
        for score in (log_likelihood, bic, aic):
            weighted = score(data, mixture, sample_weight=times)
            assert weighted == pytest.approx(score(rows, mixture), rel=1e-13)
    assert log_likelihood(x, mixture, times) == log_likelihood(x, mixture, sample_weight=times)


def test_weights_of_1_change_no_score():
    x, _, mixture = example()
    for score in (log_likelihood, bic, aic):
        weighed = score(x, mixture, sample_weight=np.ones(600))
        assert weighed == pytest.approx(score(x, mixture), rel=1e-14)


@pytest.mark.parametrize("junk", [np.nan, np.inf, 1e300])
def test_a_row_of_weight_0_is_not_scored(junk):
    x, _, mixture = example()
    weight = np.where(np.arange(600) % 7 == 3, 0, 1.5)
    spoilt = np.where(weight[:, None] == 0, junk, x)
    for score in (log_likelihood, bic, aic):
        expected = score(x[weight > 0], mixture, sample_weight=weight[weight > 0])
        assert score(spoilt, mixture, sample_weight=weight) == pytest.approx(expected, rel=1e-13)


def test_a_weighted_score_refuses_what_is_no_weight():
    x, _, mixture = example()
    for score in (log_likelihood, bic, aic):
        with pytest.raises(ValueError, match=r"600 rows need sample_weight of shape \(600,\)"):
            score(x, mixture, sample_weight=np.ones(599))


# --- memory --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "results"),
    [(log_likelihood, 0), (bic, 0), (log_density, 1), (classify, 1), (responsibilities, 20)],
)
def test_scores_take_hardly_more_memory_than_their_result(score, results):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50_000, 10))
    mixture = Mixture(np.full(20, 0.05), rng.normal(size=(20, 10)), [np.eye(10)] * 20)
    # all at once the coordinates alone would be 80 MB
    assert peak(lambda: score(x, mixture)) < 3 * 8 * 50_000 * results + 8e6


def test_a_sample_takes_hardly_more_memory_than_its_points():
    mixture = Mixture([0.5, 0.5], np.zeros((2, 60)), [np.eye(60)] * 2)
    # a factor for each point would be 58 MB
    assert peak(lambda: sample(mixture, 2000, np.random.default_rng(1))) < 5 * 8 * 2000 * 60


@pytest.mark.parametrize("accelerate", [False, True])
def test_a_run_may_keep_its_last_mixture_only(accelerate):
    x, _, start = example()
    steps = []
    options = {"max_steps": 30, "accelerate": accelerate}
    whole = em(x, start, **options)
    short = em(x, start, **options, keep_mixtures=False, on_step=lambda *step: steps.append(step))
    assert len(short.mixtures) == 1 and len(whole.mixtures) == 31
    assert short.steps == whole.steps == 30 and len(steps) == 31
    np.testing.assert_array_equal(short.log_likelihoods, whole.log_likelihoods)
    np.testing.assert_array_equal(short.mixture.covariances, whole.mixture.covariances)
    assert (short.reason, short.distance) == (whole.reason, whole.distance)
    assert str(short) == str(whole)


def test_fit_may_keep_its_last_mixture_only():
    x, _, _ = example()
    run, whole = (
        fit(x, 3, np.random.default_rng(1), starts=2, keep_mixtures=keep) for keep in (False, True)
    )
    assert len(run.mixtures) == 1 and run.steps == whole.steps > 1
    np.testing.assert_array_equal(run.log_likelihoods, whole.log_likelihoods)


# --- what is free --------------------------------------------------------------------------------

FREE = {full: 9, tied: 3, diagonal: 6, spherical: 3}  # covariances of 3 components in 2 dimensions


@KINDS
@pytest.mark.parametrize("hold", [(), "weights", ("weights", "means")])
def test_a_run_and_its_mixture_know_what_was_free(hold, covariance):
    x, _, start = example()
    run = em(x, start, hold, covariance=covariance, max_steps=5)
    held = {(): 0, "weights": 2, ("weights", "means"): 8}[hold]
    free = 8 - held + FREE[covariance]
    mixture = run.mixture
    assert mixture.hold == run.hold and mixture.covariance is run.covariance is covariance
    again = [copy.copy(mixture), copy.deepcopy(mixture), pickle.loads(pickle.dumps(mixture))]
    again += [
        mixture.reordered([2, 0, 1]),
        relabel(mixture, start),
        pickle.loads(pickle.dumps(run)),
    ]
    for fitted in [run, mixture, *again]:
        assert n_parameters(fitted) == free
        total = -2 * run.log_likelihood
        assert bic(x, fitted) == pytest.approx(total + free * np.log(600), rel=1e-12)
        assert aic(x, fitted) == pytest.approx(total + free * 2, rel=1e-12)


@KINDS
def test_what_is_said_wins_over_what_is_remembered(covariance):
    x, _, start = example()
    run = em(x, start, "weights", covariance=covariance, max_steps=5)
    for fitted in (run, run.mixture):
        assert n_parameters(fitted, hold=()) == 8 + FREE[covariance]
        assert n_parameters(fitted, covariance=full) == 6 + 9
        assert n_parameters(fitted, hold="means", covariance=tied) == 2 + 3
        total = -2 * run.log_likelihood
        assert bic(x, fitted, (), full) == pytest.approx(total + 17 * np.log(600), rel=1e-12)
        assert aic(x, fitted, "means", tied) == pytest.approx(total + 5 * 2, rel=1e-12)


def test_every_mixture_that_an_m_step_makes_remembers():
    x, _, start = example()
    run = em(x, start, "weights", covariance=tied, accelerate=True, max_steps=30)
    assert {n_parameters(mixture) for mixture in run.mixtures[1:]} == {6 + 3}
    stepped = m_step(e_step(x, start), "means", covariance=diagonal)
    assert n_parameters(stepped) == 2 + 6
    fitted = fit(x, 3, np.random.default_rng(1), starts=2, hold="weights", covariance=spherical)
    assert n_parameters(fitted) == n_parameters(fitted.mixture) == 6 + 3


def test_a_mixture_that_nobody_fitted_has_everything_free():
    _, truth, _ = example()
    assert n_parameters(truth) == 2 + 6 + 9
    assert truth.hold == frozenset() and truth.covariance is None


def test_only_a_run_or_a_mixture_has_parameters():
    for use in (n_parameters, lambda fitted: bic([1.0, 2.0], fitted)):
        with pytest.raises(ValueError, match="mixture must be a Mixture, not int"):
            use(3)
    with pytest.raises(ValueError, match="hold takes any of weights, means, covariances"):
        n_parameters(example()[1], hold="weigths")
