"""The engine of EM: two E-steps that agree, digits that survive, and words for every ending."""

import importlib
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references import example, mapped, way
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from gmmlib import CollapseError, Mixture, Prior, Statistics, e_step, em, random_start
from gmmlib import features as large
from gmmlib.plain import Plain
from gmmlib.rows import Rows

pytestmark = pytest.mark.filterwarnings("error")

loop = importlib.import_module("gmmlib.em")  # gmmlib.em is the function
EPSILON = np.finfo(float).eps


# --- two E-steps ---------------------------------------------------------------------------------


def both_ways(x, mixture, weight=None):
    """Moments and log-likelihood in own coordinates, and by features."""
    rows = Rows(x, mixture.d, weight, threads=1)
    summary = rows.summary
    to_own = mixture.inverse(summary.mean) @ summary.whitening[0]
    for way_ in (Plain(mixture, summary), large.Features(mixture, summary, to_own)):
        with np.errstate(all="ignore"):
            sums, log_likelihood = rows.total(lambda *a, w=way_: loop.share_out(*a, w), way_).parts
        yield way_.moments(sums), log_likelihood + summary.n * way_.level


def assert_both_agree(x, mixture, weight=None):
    plain, features = both_ways(x, mixture, weight)
    n = len(x) if weight is None else weight.sum()
    assert abs(features[1] - plain[1]) <= 1e-11 * (n + abs(plain[1]))
    # Σ γ ũũᵀ is N where a component fits its points, and as much more as it is too narrow
    size = np.maximum(n, np.abs(plain[0]).max())
    assert np.abs(features[0] - plain[0]).max() <= 1e-9 * size


@pytest.mark.parametrize("K", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 6])
def test_both_e_steps_agree(d, K):
    x, truth, start = example(d, K)
    weight = np.random.default_rng(1).uniform(0, 2, size=len(x))
    for mixture in (start, truth):
        assert_both_agree(x, mixture)
        assert_both_agree(x, mixture, weight)


@settings(max_examples=150)
@given(
    d=st.integers(1, 6),
    K=st.integers(1, 5),
    seed=st.integers(0, 10**6),
    unit=st.lists(st.sampled_from([1e-8, 1e-3, 1, 1e3, 1e8]), min_size=6, max_size=6),
    shift=st.sampled_from([0, 1, -1e3]),
    width=st.floats(0.02, 2),
)
def test_both_e_steps_agree_whatever_the_units_and_wherever_the_components(
    d, K, seed, unit, shift, width
):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(300, d)) @ (np.eye(d) + rng.normal(size=(d, d)) / 2)
    roots = width * (np.eye(d) + np.tril(rng.uniform(-0.5, 0.5, size=(K, d, d))))
    unit = np.array(unit[:d])
    means = (z[rng.choice(300, size=K, replace=False)] + shift) * unit
    covariances = (unit[:, None] * roots) @ (unit[:, None] * roots).transpose(0, 2, 1)
    mixture = Mixture(rng.dirichlet(np.ones(K)), means, covariances)
    x = (z + shift) * unit
    rows = Rows(x)
    if large.are_better(mixture, rows.summary) is not None:  # where it is not, it is not used
        assert_both_agree(x, mixture)
    else:
        assert width < 0.2 or d > 3 * K


@pytest.mark.parametrize("d", [1, 2, 3])
def test_near_the_narrowest_component_that_the_guard_lets_pass_both_still_agree(d):
    x = example(d, K=2, n=6000)[0].reshape(6000, d)
    sd = x.std(axis=0)
    for width in (1 / 250, 1 / 350):
        # round in the coordinates in which the data are
        C = np.cov(x.T, bias=True).reshape(d, d)
        mixture = Mixture([0.5, 0.5], [x.mean(axis=0), x[0] + sd], [C * width**2, C])
        lets_pass = large.are_better(mixture, Rows(x).summary) is not None
        assert lets_pass == (width > 1 / 300)
        if lets_pass:
            assert_both_agree(x, mixture)


def by_features(x, mixture):
    return large.are_better(mixture, Rows(x).summary) is not None


def test_few_components_in_many_dimensions_and_collinear_columns_are_shared_out_the_plain_way():
    for K, d, better in [(1, 3, True), (1, 4, False), (3, 9, True), (3, 10, False), (8, 24, True)]:
        assert by_features(*example(d, K)[::2]) == better
    x, _, start = example()
    assert by_features(x, start)
    x[:, 1] = 0
    assert not by_features(x, start)


def test_a_narrow_component_is_shared_out_the_plain_way_and_keeps_its_digits():
    x, mixture, exact = _needle(6000)
    _, features = both_ways(x, mixture)
    lost = abs(features[1] - exact) / abs(exact)
    assert lost > 1e-8  # the guard is needed
    used = e_step(x, mixture)
    assert abs(used.log_likelihood - exact) <= 1e-12 * abs(exact)
    assert not by_features(x, mixture)
    # and em, which narrows down to it from a start that the guard lets pass
    wide = Mixture([0.5, 0.5], [0.25, 0.25], [1, 1e-4])
    assert by_features(x, wide)
    run, plain = em(x, wide, max_steps=200), _em_the_plain_way(x, wide, max_steps=200)
    assert run.converged and run.mixture.covariances[1] < 2e-12
    # the log density of a point in the needle is known to ε / σ
    assert run.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-11)
    assert way(run.mixture, plain.mixture) < 1e-7


@pytest.mark.parametrize("n", [600, 6000])
def test_columns_in_different_units_far_from_the_origin_are_the_same_climb(n):
    x, _, start = example(d=3, K=2, n=n)
    D, b = np.diag([1, 1e-2, 1e2]), np.full(3, 1e3)
    one = em(x, start, max_steps=60)
    other = em(x @ D + D @ b, mapped(start, D, D @ b), max_steps=60)
    stretched = one.log_likelihoods - n * np.log(np.linalg.det(D))
    steps = min(one.steps, other.steps) + 1
    # at 1e3 standard deviations from the origin the points are rounded to 1e-13 of them
    np.testing.assert_allclose(other.log_likelihoods[:steps], stretched[:steps], rtol=1e-11)
    assert way(other.mixture, mapped(one.mixture, D, D @ b)) < 1e-8


# --- digits --------------------------------------------------------------------------------------


def _rotated(condition):
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    return turn @ np.diag([1, 1 / condition])


def _hard_cases():
    x, _, start = example(d=2, K=2, n=300)
    flat, _, flat_start = example(d=1, K=2, n=300)
    for offset in (1e6, 1e8):
        # a multiple of 2⁻²⁰, so that shifted points are points and no rounding is in the data
        z, f = np.round(x * 2**20) / 2**20, np.round(flat * 2**20) / 2**20
        yield f"offset {offset:g}", z + offset, mapped(start, np.eye(2), np.full(2, offset))
        yield f"offset {offset:g}, 1-D", f + offset, mapped(flat_start, 1, offset)
    for condition in (1e4, 1e6):
        A = _rotated(condition)
        # as it comes out, symmetric to the last bit
        start_ = random_start(x @ A.T, 2, np.random.default_rng(3))
        yield f"condition {condition:g}", x @ A.T, start_
    at = np.array([0.3, -0.7])
    narrow = Mixture([0.5, 0.5], [at, at], [1e-11 * np.eye(2), np.eye(2)])
    yield "needle", _needle_in_the_plane() + at, narrow


def _needle_in_the_plane():
    rng = np.random.default_rng(2)
    return rng.normal(size=(300, 2)) * np.where(np.arange(300) < 100, 1e-6, 1)[:, None]


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="no longer doubles here")
@pytest.mark.parametrize("narrow", [0, 300])
@pytest.mark.parametrize(
    ("x", "start"), [pytest.param(*case[1:], id=case[0]) for case in _hard_cases()]
)
def test_twenty_steps_lose_no_more_digits_than_those_of_scikit_learn(x, start, narrow, monkeypatch):
    monkeypatch.setattr(large, "NARROW", narrow)
    exact = _with_longer_doubles(x, start, 20)
    ours = abs(em(x, start, tolerance=0, max_steps=20).log_likelihood - exact)
    theirs = abs(_scikit_learns(x, start, 20) - exact)
    rounding = 10 * EPSILON * (len(x) + abs(exact))
    assert ours <= max(theirs, rounding), (float(ours), float(theirs))


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="no longer doubles here")
def test_far_from_the_origin_no_digit_is_lost_that_the_data_have():
    x, _, start = example(d=2, K=2, n=300)
    x = np.round(x * 2**20) / 2**20
    near = em(x, start, tolerance=0, max_steps=20)
    far = em(x + 2.0**27, mapped(start, np.eye(2), np.full(2, 2.0**27)), tolerance=0, max_steps=20)
    # 1e8 away: the start's means are rounded to 1e-8, and nothing else is
    assert far.log_likelihood == pytest.approx(near.log_likelihood, rel=1e-7)
    exact = _with_longer_doubles(x, start, 20)
    assert abs(near.log_likelihood - exact) <= 10 * EPSILON * abs(exact)


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="no longer doubles here")
def test_a_needle_at_the_origin_itself_keeps_twelve_digits():
    # Doubles are finer near 0 than near the mean, from which coordinates are taken here: of the
    # digits that such points have, those below ε / σ are given up (scikit-learn keeps them).
    x, zero = _needle_in_the_plane(), np.zeros((2, 2))
    start = Mixture([0.5, 0.5], zero, [1e-11 * np.eye(2), np.eye(2)])
    ours = em(x, start, tolerance=0, max_steps=20).log_likelihood
    assert ours == pytest.approx(float(_with_longer_doubles(x, start, 20)), rel=1e-12)


# --- the gradient --------------------------------------------------------------------------------


@pytest.mark.parametrize(("d", "K"), [(1, 2), (2, 3), (4, 2)])
def test_the_slope_along_a_times_one_plus_e_is_the_sum_over_e_and_g_minus_n(d, K):
    x, _, start = example(d, K)
    s, rng = e_step(x, start), np.random.default_rng(1)
    A = start.affine(s.summary.mean)
    for _ in range(10):
        E = np.tril(rng.normal(size=(K, d + 1, d + 1)))
        E[:, 0, 0] = 0
        slope = (E * (s.moments - s.counts[:, None, None] * np.eye(d + 1))).sum()

        def moved(h, E=E):
            B = A @ (np.eye(d + 1) + h * E)
            new = Mixture.from_affine(start.weights.copy(), B, s.summary.mean, d == 1)
            return e_step(x, new).log_likelihood

        # fourth order: the error is h⁴ and rounding over h, both below 1e-9 of n
        assert slope == pytest.approx(_slope(moved, 1e-3), rel=1e-7, abs=1e-7 * len(x))


def test_the_slope_along_the_logs_of_the_weights_is_what_they_lack():
    x, _, start = example()
    s, rng = e_step(x, start), np.random.default_rng(1)
    for _ in range(10):
        v = rng.normal(size=3)

        def moved(h, v=v):
            weights = start.weights * np.exp(h * v)
            new = Mixture(weights / weights.sum(), start.means, start.covariances)
            return e_step(x, new).log_likelihood

        slope = v @ (s.counts - s.n * start.weights)
        assert slope == pytest.approx(_slope(moved, 1e-3), rel=1e-7, abs=1e-7 * len(x))


@pytest.mark.parametrize("narrow", [0, 300])
def test_the_units_of_the_data_do_not_change_the_moments(narrow, monkeypatch):
    monkeypatch.setattr(large, "NARROW", narrow)
    x, _, start = example(d=3)
    s, D = e_step(x, start), np.diag([1e-6, 1, 1e5])
    other = e_step(x @ D, mapped(start, D, 0))
    np.testing.assert_allclose(other.moments, s.moments, rtol=0, atol=1e-12 * s.n * 10)


def test_where_the_gradient_is_zero_the_moments_are_n_times_one():
    x, _, start = example(d=2, K=2)
    s = e_step(x, em(x, start, tolerance=1e-11, max_steps=20_000).mixture)
    off = s.moments / s.counts[:, None, None] - np.eye(3)
    assert np.abs(off).max() < 1e-10


# --- every ending --------------------------------------------------------------------------------


def test_it_ends_converged():
    x, _, start = example(d=2, K=2)
    run = em(x, start, tolerance=1e-6)
    assert run.converged and 0 < run.distance <= 1e-6
    assert run.reason == f"converged: about {run.distance:.0e} standard deviations to go"
    assert run.e_steps == run.steps + 1


def test_it_ends_after_max_steps():
    x, _, start = example(d=2, K=2)
    run = em(x, start, max_steps=5)
    assert (run.converged, run.steps, run.e_steps) == (False, 5, 6)
    assert run.reason.startswith("not converged: stopped by max_steps = 5, with about")
    assert run.reason.endswith("standard deviations to go")
    assert "with an unknown way to go" in em(x, start, max_steps=1).reason


def test_it_ends_where_rounding_decides():
    x, _, start = example(d=2, K=2)
    run = em(x, start, tolerance=0, max_steps=5000)
    assert run.converged and run.distance > 0
    assert run.reason == "converged: no parameter moves by more than rounding"


@pytest.mark.parametrize("n", [600, 6000])
def test_it_ends_in_a_collapse_that_is_named(n):
    x = np.r_[example(d=1, n=n)[0], [99, 99]]
    start = Mixture([0.9, 0.1], [0, 99], [9, 9])
    with pytest.raises(CollapseError, match="component 1 collapsed onto one point") as caught:
        em(x, start)
    error = caught.value
    assert error.component == 1 and error.run.steps == error.step - 1
    assert not error.run.converged and error.run.distance == np.inf
    assert error.run.e_steps == error.run.steps + 1


@pytest.mark.parametrize("with_prior", [False, True])
def test_a_fall_of_the_log_likelihood_is_a_mistake_that_is_reported(monkeypatch, with_prior):
    x, _, start = example()
    right = loop.changed

    def wrong(*arguments):
        new, C = right(*arguments)
        return Mixture(new.weights, new.means, 4 * new.covariances), C

    monkeypatch.setattr(loop, "changed", wrong)
    with pytest.raises(ArithmeticError, match=r"fell from -\d+.* at step \d+.*mistake in gmmlib"):
        em(x, start, max_steps=50, prior=Prior.weak(x, 3) if with_prior else None)


def test_a_log_likelihood_that_is_wrong_is_reported_too(monkeypatch):
    x, _, start = example()
    right, calls = loop.summed, []

    def wrong(*arguments):
        s = right(*arguments)
        calls.append(s)
        return Statistics(
            s.moments,
            s.log_likelihood - 10 * len(calls) ** 2,
            s.n,
            s.mixture,
            s.summary,
        )

    monkeypatch.setattr(loop, "summed", wrong)
    with pytest.raises(ArithmeticError, match="which EM cannot do"):
        em(x, start)


def test_nan_for_a_log_likelihood_is_a_fall():
    with pytest.raises(ArithmeticError):
        loop.refuse_fall(-1.0, np.nan, 10, 1)
    loop.refuse_fall(-1e6, -1e6 - 1e-5, 10, 1)  # rounding is not


@pytest.mark.parametrize("accelerate", [False, True])
def test_on_step_sees_every_mixture_of_the_run_in_order(accelerate):
    x, _, start = example()
    seen = []
    run = em(x, start, on_step=lambda *what: seen.append(what), accelerate=accelerate)
    steps, mixtures, log_likelihoods = zip(*seen)
    assert list(steps) == list(range(run.steps + 1))
    assert all(a is b for a, b in zip(mixtures, run.mixtures))
    assert list(log_likelihoods) == run.log_likelihoods.tolist()
    assert all(type(value) is float for value in log_likelihoods)


def test_on_step_sees_a_run_that_collapses_up_to_its_end_and_can_stop_any():
    x = np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7.0])
    seen = []
    with pytest.raises(CollapseError) as caught:
        em(x, Mixture([0.7, 0.3], [4, 0], [4, 0.25]), on_step=lambda *what: seen.append(what))
    assert [what[0] for what in seen] == list(range(caught.value.run.steps + 1))

    class EnoughError(Exception):
        pass

    def stop(step, mixture, log_likelihood):
        if step == 3:
            raise EnoughError

    with pytest.raises(EnoughError):
        em(example()[0], example()[2], on_step=stop)


@pytest.mark.parametrize("tolerance", ["1e-8", None, True, 1j, np.nan, -1e-8, [1e-8], np.bool_(1)])
def test_what_is_no_tolerance_is_refused(tolerance):
    x, _, start = example()
    with pytest.raises(ValueError, match="tolerance must be"):
        em(x, start, tolerance=tolerance)


@pytest.mark.parametrize("tolerance", [0, 1, 1e-3, np.float32(1e-3), np.int64(0)])
def test_any_number_of_at_least_zero_is_a_tolerance(tolerance):
    x, _, start = example()
    assert em(x, start, tolerance=tolerance, max_steps=2).steps <= 2


# --- memory --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["float64", "float32", "weighted", "blocks"])
def test_the_memory_that_em_needs_does_not_grow_with_the_data(form):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400_000, 2)) + 4 * rng.integers(0, 3, size=(400_000, 1))
    start = Mixture(np.full(3, 1 / 3), [[0, 0], [4, 4], [8, 8.0]], [np.eye(2)] * 3)
    weight = np.ones(400_000) if form == "weighted" else None
    data = {"float32": x.astype(np.float32), "blocks": np.array_split(x, 7)}.get(form, x)
    tracemalloc.start()
    try:
        em(data, start, max_steps=2, sample_weight=weight, threads=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # the shares alone would be 400 000 · 3 · 8 bytes = 9.2 MiB, and a copy of x 6.1; this asks more
    assert peak < (6 if form == "float64" else 16) * 2**20


# --- helpers -------------------------------------------------------------------------------------


def _slope(function, h):
    """The derivative at 0 by five points."""
    near, far = function(h) - function(-h), function(2 * h) - function(-2 * h)
    return (8 * near - far) / (12 * h)


def _em_the_plain_way(x, start, **options):
    NARROW, large.NARROW = large.NARROW, 0
    try:
        return em(x, start, **options)
    finally:
        large.NARROW = NARROW


def _needle(n):
    """Data of width 1, a third of them in a needle of width 1e-6; and its exact log-likelihood."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=n) * np.where(np.arange(n) < n // 3, 1e-6, 1) + 0.25
    mixture = Mixture([1 / 3, 2 / 3], [0.25, 0.25], [1e-12, 1])
    z = x.astype(np.longdouble) - 0.25
    wide, narrow = -(z**2) / 2 + np.log(2 / 3), -(z**2) / 2e-12 + np.log(1 / 3) + np.log(1e6)
    both = np.logaddexp(wide, narrow) - np.log(2 * np.pi) / 2
    return x, mixture, float(both.sum())


def _with_longer_doubles(x, start, steps):
    """The log-likelihood after so many steps of the textbook's EM, with 19 digits."""
    d, K, n = start.d, start.K, len(x)
    X = x.reshape(n, d).astype(np.longdouble)
    weights = start.weights.astype(np.longdouble)
    means = start.locations.astype(np.longdouble)
    covariances = start.covariances.reshape(K, d, d).astype(np.longdouble)
    pi = np.longdouble("3.14159265358979323846")
    for step in range(steps + 1):
        joint = np.empty((n, K), np.longdouble)
        for k in range(K):
            L = np.zeros((d, d), np.longdouble)
            for i in range(d):  # Cholesky
                for j in range(i + 1):
                    rest = covariances[k, i, j] - L[i, :j] @ L[j, :j]
                    L[i, j] = np.sqrt(rest) if i == j else rest / L[j, j]
            u = np.zeros((n, d), np.longdouble)
            for i in range(d):
                u[:, i] = (X[:, i] - means[k, i] - u[:, :i] @ L[i, :i]) / L[i, i]
            scale = np.log(weights[k]) - np.log(np.diag(L)).sum() - d * np.log(2 * pi) / 2
            joint[:, k] = scale - (u**2).sum(axis=1) / 2
        top = joint.max(axis=1, keepdims=True)
        log_density = top[:, 0] + np.log(np.exp(joint - top).sum(axis=1))
        if step == steps:
            return log_density.sum()
        shares = np.exp(joint - log_density[:, None])
        N = shares.sum(axis=0)
        weights, means = N / n, shares.T @ X / N[:, None]
        for k in range(K):
            off = X - means[k]
            covariances[k] = (shares[:, k, None] * off).T @ off / N[k]


def _scikit_learns(x, start, steps):
    """scikit-learn's log-likelihood after so many steps; NaN... infinity where it gives up."""
    K, d = start.K, start.d
    X, C = x.reshape(len(x), d), start.covariances.reshape(K, d, d)
    model = GaussianMixture(
        K,
        reg_covar=0,
        tol=0,
        max_iter=steps,
        weights_init=start.weights,
        means_init=start.locations,
        precisions_init=np.linalg.inv(C),
        random_state=0,
    )
    with pytest.warns(ConvergenceWarning):  # tol = 0: it never says it is done
        try:
            model.fit(X)
        except ValueError:  # too narrow for it
            return np.inf
    return model.score_samples(X).sum()
