"""Leaps: fewer E-steps where EM crawls, the same maximum, and never a step down."""

import importlib

import numpy as np
import pytest
from references import example, mapped, way

from gmmlib import (
    CollapseError,
    Mixture,
    Prior,
    data,
    diagonal,
    e_step,
    em,
    full,
    kmeans_plus_plus_start,
    m_step,
    random_start,
    sample,
    spherical,
    tied,
)
from gmmlib.rows import Rows

pytestmark = pytest.mark.filterwarnings("error")

loop = importlib.import_module("gmmlib.em")  # gmmlib.em is the function
NAMES = ("weights", "means", "covariances")


@pytest.fixture(scope="module")
def crawl():
    """Two components so close together, 2 standard deviations, that EM crawls."""
    x, _ = sample(Mixture([0.5, 0.5], [-1, 1], [1, 1]), 5000, np.random.default_rng(3))
    start = Mixture([0.5, 0.5], [-0.5, 0.5], [1, 1])
    return x, start, em(x, start, tolerance=1e-11, max_steps=20_000)


def heights(x, run, prior=None):
    """What EM climbs, at each mixture of a run."""
    if prior is None:
        return run.log_likelihoods
    return np.array([prior.height(e_step(x, mixture)) for mixture in run.mixtures])


def test_where_em_crawls_a_tenth_of_the_passes_reach_the_maximum(crawl):
    x, start, plain = crawl
    assert plain.converged
    top = plain.log_likelihood - 1e-6
    passes = []
    for accelerate in (False, True):
        run = em(x, start, (), 1e-11, 20_000, accelerate=accelerate)
        assert run.converged and run.log_likelihood >= top
        steps = int(np.argmax(run.log_likelihoods >= top))
        # as many passes as there are up to that step: those for leaps not taken too
        passes.append(em(x, start, (), 0, steps, accelerate=accelerate).e_steps)
    # 1374 and 28 when this was written
    assert passes[0] >= 10 * passes[1]


def test_the_maximum_is_that_of_plain_em(crawl):
    x, start, plain = crawl
    leaping = em(x, start, tolerance=1e-11, max_steps=20_000, accelerate=True)
    assert way(leaping.mixture, plain.mixture) < 1e-8
    assert leaping.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)


def test_on_200_random_problems_leaps_never_end_lower_than_plain_em():
    lower, only_with_leaps, both = [], [], 0
    passes = np.zeros(2)
    for seed in range(200):
        x, start = _problem(seed)
        plain, leaping = _run(x, start, False), _run(x, start, True)
        if isinstance(leaping, CollapseError):
            # where the likelihood has no bound leaps get there sooner: plain EM gets there too
            if not isinstance(plain, CollapseError) and (
                plain.converged or not isinstance(_run(x, start, False, 30_000), CollapseError)
            ):
                only_with_leaps.append(seed)
        elif isinstance(plain, CollapseError):
            # they may also leap out of the basin of such a point, upwards
            if not leaping.log_likelihood >= plain.run.log_likelihoods[leaping.steps // 2]:
                lower.append(seed)
        elif plain.converged:
            both += leaping.converged
            passes += plain.e_steps, leaping.e_steps
            if not leaping.converged or leaping.log_likelihood < plain.log_likelihood - 1e-6:
                lower.append(seed)
    assert (lower, only_with_leaps) == ([], [])
    assert both > 170  # nearly all of them were compared
    assert passes[1] < passes[0] / 2


@pytest.mark.parametrize("with_prior", [False, True])
@pytest.mark.parametrize("hold", [(), *NAMES, ("means", "weights")])
def test_what_em_climbs_never_falls(hold, with_prior):
    x, _, start = example()
    prior = Prior.weak(x, 3) if with_prior else None
    run = em(x, start, hold, 1e-10, 500, prior=prior, accelerate=True)
    climbed = heights(x, run, prior)
    # a step that leaps does not fall at all; a plain one does by rounding
    assert np.diff(climbed).min() >= -1e-13 * np.abs(climbed).max()
    leapt = [way(b, m_step(e_step(x, a), hold, prior)) > 1e-9 for a, b in _pairs(run)]
    assert any(leapt)  # otherwise this says nothing
    for name in hold if isinstance(hold, tuple) else (hold,):
        for mixture in run.mixtures:  # to the last bit
            np.testing.assert_array_equal(getattr(mixture, name), getattr(start, name))


@pytest.mark.parametrize("with_prior", [False, True])
@pytest.mark.parametrize("hold", [(), "weights", "means", ("means", "weights")])
@pytest.mark.parametrize("d", [1, 2])
def test_the_end_is_that_of_plain_em_with_hold_and_prior(d, hold, with_prior):
    x, truth, _ = example(d, K=2)
    # 1.5: far enough from the truth that there is a way to go
    start = Mixture(truth.weights, truth.means, 1.5 * truth.covariances)
    prior = Prior.weak(x, 2) if with_prior else None
    plain = em(x, start, hold, 1e-10, 20_000, prior=prior)
    leaping = em(x, start, hold, 1e-10, 20_000, prior=prior, accelerate=True)
    assert plain.converged and leaping.converged
    assert way(leaping.mixture, plain.mixture) < 1e-7
    assert leaping.e_steps <= plain.e_steps


@pytest.mark.parametrize("kind", [full, tied, diagonal, spherical])
def test_leaps_stay_within_the_kind_of_covariance(kind):
    x, _, start = example(d=2)
    plain = em(x, start, tolerance=1e-9, max_steps=20_000, covariance=kind)
    leaping = em(x, start, tolerance=1e-9, max_steps=20_000, covariance=kind, accelerate=True)
    assert leaping.converged and leaping.e_steps < plain.e_steps
    assert leaping.log_likelihood >= plain.log_likelihood - 1e-6
    for mixture in leaping.mixtures[1:]:
        C = mixture.covariances
        wanted = {full: C, tied: C[[0, 0, 0]], diagonal: C * np.eye(2)}
        wanted[spherical] = C[:, :1, :1] * np.eye(2)
        # a combination of eight earlier steps, which may cancel to a thousandth
        np.testing.assert_allclose(C, wanted[kind], rtol=1e-11, atol=1e-13)


def test_without_leaps_nothing_is_different_far_from_the_end():
    x, _, start = example()
    plain, leaping = em(x, start, max_steps=8), em(x, start, max_steps=8, accelerate=True)
    np.testing.assert_array_equal(leaping.log_likelihoods, plain.log_likelihoods)
    assert leaping.e_steps == plain.e_steps == 9


@pytest.mark.parametrize(("unit", "origin"), [(1e6, 0), (1e-6, 0), (1, 1e3), (-3, 7)])
def test_the_unit_and_the_origin_do_not_matter_to_leaps(unit, origin):
    x, _, start = example(d=1, K=2)
    plain = em(x, start)
    one = em(x, start, accelerate=True)
    two = em(unit * x + origin, mapped(start, unit, origin), accelerate=True)
    assert way(two.mixture, mapped(one.mixture, unit, origin)) < 1e-7
    # a combination that cancels enlarges rounding, so not the same leaps to the last one
    assert max(one.e_steps, two.e_steps) < plain.e_steps / 2
    stretched = one.log_likelihoods[:8] - len(x) * np.log(abs(unit))
    np.testing.assert_allclose(two.log_likelihoods[:8], stretched, rtol=1e-11)


def test_a_leap_that_leads_down_is_not_taken(monkeypatch):
    x, _, start = example()
    plain = em(x, start, max_steps=60)
    bad = Mixture(start.weights, start.means + 50, start.covariances)
    monkeypatch.setattr(loop.Anderson, "from_here", lambda *_: bad)
    leaping = em(x, start, max_steps=60, accelerate=True)
    np.testing.assert_array_equal(leaping.log_likelihoods, plain.log_likelihoods)
    assert leaping.e_steps == 1 + 2 * 60  # each offer cost a pass
    monkeypatch.setattr(loop.Anderson, "from_here", lambda *_: None)
    assert em(x, start, max_steps=60, accelerate=True).e_steps == 61


def test_a_leap_to_where_nothing_is_a_number_is_not_taken():
    x, _, start = example()
    leap = loop.Anderson(Rows(x).summary)
    numbers = leap._numbers(start)
    back = leap._mixture(numbers, start)
    for name in NAMES:
        np.testing.assert_allclose(getattr(back, name), getattr(start, name), rtol=1e-13)
    assert leap._mixture(np.where(numbers == numbers[0], np.nan, numbers), start) is None
    assert leap._mixture(numbers + np.inf, start) is None


def test_leaps_help_on_old_faithful_too():
    x = data.old_faithful()
    start = kmeans_plus_plus_start(x, 3, np.random.default_rng(0))
    plain = em(x, start, tolerance=1e-9, max_steps=20_000)
    leaping = em(x, start, tolerance=1e-9, max_steps=20_000, accelerate=True)
    assert leaping.log_likelihood >= plain.log_likelihood - 1e-6
    assert leaping.e_steps < plain.e_steps / 2


# --- helpers -------------------------------------------------------------------------------------


def _pairs(run):
    return zip(run.mixtures, run.mixtures[1:])


def _problem(seed):
    rng = np.random.default_rng(seed)
    d, K, n = int(rng.integers(1, 4)), int(rng.integers(2, 5)), int(rng.integers(50, 400))
    weights = rng.dirichlet(np.full(K, 3.0))
    means = rng.normal(size=(K, d)) * rng.choice([1, 2, 4])
    roots = rng.normal(size=(K, d, d))
    covariances = roots @ roots.transpose(0, 2, 1) + 0.1 * np.eye(d)
    x, _ = sample(Mixture(weights, means, covariances), n, rng)
    return x, random_start(x, K, rng)


def _run(x, start, accelerate, max_steps=3000):
    # so near that the log-likelihood is to 1e-10, and many steps cheaper than 1e-8
    try:
        return em(x, start, (), 1e-6, max_steps, accelerate=accelerate)
    except CollapseError as error:
        return error
