"""A prior makes EM climb to the most probable mixture, and keeps components from collapsing."""

import itertools

import numpy as np
import pytest
from references import columns, example, mixture_of, read, way
from scipy.stats import invwishart, multivariate_normal

from gmmlib import (
    CollapseError,
    Mixture,
    Prior,
    data,
    diagonal,
    e_step,
    em,
    fit,
    full,
    kmeans_plus_plus_start,
    labels_start,
    m_step,
    random_start,
    spherical,
    tied,
)

pytestmark = pytest.mark.filterwarnings("error")

DATA = {
    "faithful": columns("data/faithful.csv", ["eruptions", "waiting"]),
    "iris": columns(
        "data/iris.csv", ["Sepal.Length", "Sepal.Width", "Petal.Length", "Petal.Width"]
    ),
    "galaxies": columns("data/galaxies.csv", ["velocity_km_s"], divide_by=1000),
}
MCLUST = [
    pytest.param(DATA[fit["id"].split("_")[0]], fit, id=fit["id"])
    for fit in read("fits/mclust_prior_map.json")[1:]
]
NAMES = ("weights", "means", "covariances")
HOLDS = [held for size in range(3) for held in itertools.combinations(NAMES, size)]
# far from the data and worth many points, so that it shows wherever it enters
STRONG = {1: Prior(6, 20, 30, 15), 2: Prior([6, -3], 20, [[30, 5], [5, 10]], 15)}


# --- mclust --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "ref"), MCLUST)
def test_the_weak_prior_is_the_default_of_mclust(x, ref):
    prior, theirs = Prior.weak(x, ref["K"]), ref["prior"]
    np.testing.assert_allclose(prior.mean, np.atleast_1d(theirs["mean"]), rtol=1e-12)
    np.testing.assert_allclose(prior.scale, np.atleast_2d(theirs["scale"]), rtol=1e-12)
    assert (prior.shrinkage, prior.degrees) == (theirs["shrinkage"], theirs["dof"])


@pytest.mark.parametrize(("x", "ref"), MCLUST)
def test_the_first_m_step_with_a_prior_is_that_of_mclust(x, ref):
    # In its own coordinates each labelled group has mean 0 and covariance 1.
    groups = labels_start(x, np.array(ref["labels"]) - 1)
    first = m_step(_as_labelled(x, groups), prior=Prior.weak(x, ref["K"]))
    assert way(first, mixture_of(ref["after_one_M"])) < 1e-8
    expected = ref["after_one_M"]["loglik"]
    assert e_step(x, first).log_likelihood == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("x", "ref"), MCLUST)
def test_the_most_probable_mixture_is_that_of_mclust(x, ref):
    start, prior = mixture_of(ref["after_one_M"]), Prior.weak(x, ref["K"])
    run = em(x, start, tolerance=1e-10, max_steps=20_000, prior=prior)
    assert run.converged
    assert way(run.mixture, mixture_of(ref["fixed_point"])) < 1e-6
    assert run.log_likelihood == pytest.approx(ref["fixed_point"]["loglik_data"], rel=1e-8)


# --- what it says --------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 3])
def test_log_density_is_that_of_a_normal_inverse_wishart_but_for_a_constant(d):
    x, one, other = example(d)
    scale = np.cov(x.T).reshape(d, d) / 2 + np.eye(d)
    prior = Prior(np.arange(d) + 0.5, 0.7, scale, d + 3.5)

    def by_scipy(mixture):
        covariances = mixture.covariances.reshape(-1, d, d)
        return sum(
            invwishart.logpdf(covariance, prior.degrees, prior.scale)
            + multivariate_normal.logpdf(mean, prior.mean, covariance / prior.shrinkage)
            for mean, covariance in zip(mixture.locations, covariances)
        )

    center = np.full(d, 0.3)
    ours = prior.log_density(one, center) - prior.log_density(other, center)
    assert ours == pytest.approx(by_scipy(one) - by_scipy(other), rel=1e-11)


def test_the_m_step_with_a_prior_is_its_formula():
    x, _, start = example(d=2)
    prior, s = STRONG[2], e_step(x, start)
    N, first, second = s.in_data_units()
    new = m_step(s, prior=prior)
    for k in range(3):
        mean = first[k] / N[k]
        W = second[k] - N[k] * np.outer(mean, mean)
        apart = mean - prior.mean
        kappa = prior.shrinkage
        m = (first[k] + kappa * prior.mean) / (N[k] + kappa)
        S = prior.scale + W + kappa * N[k] / (N[k] + kappa) * np.outer(apart, apart)
        np.testing.assert_allclose(new.means[k], m, rtol=1e-11)
        np.testing.assert_allclose(
            new.covariances[k], S / (prior.degrees + N[k] + 2 + 2), rtol=1e-10
        )


def test_a_tied_covariance_has_one_prior():
    x, _, start = example(d=2)
    prior, s = STRONG[2], e_step(x, start)
    N, first, second = s.in_data_units()
    new = m_step(s, prior=prior, covariance=tied)
    S, kappa = np.array(prior.scale), prior.shrinkage
    for k in range(3):
        mean = first[k] / N[k]
        apart = mean - prior.mean
        S += second[k] - N[k] * np.outer(mean, mean)
        S += kappa * N[k] / (N[k] + kappa) * np.outer(apart, apart)
    S /= prior.degrees + len(x) + 3 + 2 + 1  # as mclust's EEE has it: ν + n + K + d + 1
    np.testing.assert_allclose(new.covariances, [S] * 3, rtol=1e-10)


def test_the_log_density_of_tied_covariances_is_that_of_one_inverse_wishart():
    _, one, other = example(d=2)
    prior = STRONG[2]

    def by_scipy(mixture):
        (covariance, *_), means = mixture.covariances, mixture.means
        log_density = invwishart.logpdf(covariance, prior.degrees, prior.scale)
        normal = multivariate_normal(prior.mean, covariance / prior.shrinkage)
        return log_density + normal.logpdf(means).sum()

    one, other = (Mixture(m.weights, m.means, [m.covariances[0]] * 3) for m in (one, other))
    ours = prior.log_density(one, covariance=tied) - prior.log_density(other, covariance=tied)
    assert ours == pytest.approx(by_scipy(one) - by_scipy(other), rel=1e-11)


def test_a_step_with_a_prior_can_lower_the_log_likelihood_but_not_the_posterior():
    x, truth, _ = example(d=2)
    prior, before = STRONG[2], e_step(x, truth)
    after = e_step(x, m_step(before, prior=prior))
    assert after.log_likelihood < before.log_likelihood - 1
    assert prior.height(after) > prior.height(before) + 1


def test_two_points_are_enough_for_a_weak_prior():
    prior = Prior.weak([0.0, 2.0], 1)
    assert (prior.mean, prior.scale) == (1, 2)  # the variance with divisor n − 1
    with pytest.raises(ValueError, match="at least 2 points, not 1"):
        Prior.weak([0.0], 1)


def test_a_prior_worth_nothing_changes_nothing():
    x, _, start = example(d=2)
    # Λ and κ are as good as 0; ν + d + 2 must be: d = 2 cannot, but is a thousandth of N
    faint = Prior([0, 0], 0, 1e-12 * np.eye(2), 1.001)
    s = e_step(x, start)
    with_prior, without = m_step(s, prior=faint), m_step(s)
    np.testing.assert_allclose(with_prior.means, without.means, rtol=1e-12)
    shrunk = without.covariances * (s.counts / (s.counts + 5.001))[:, None, None]
    np.testing.assert_allclose(with_prior.covariances, shrunk, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", [full, tied, diagonal, spherical])
@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("d", [1, 2])
def test_log_likelihood_and_log_prior_together_never_fall(d, hold, kind):
    x, truth, start = example(d)
    # a start of the kind, and away from what EM wants
    known = m_step(e_step(x, truth), covariance=kind)
    begin = Mixture(start.weights, known.means + 0.7, known.covariances)
    prior, heights = STRONG[d], []
    # written out, so that the loop's own safeguard is not what is tested
    mixture = begin
    for _ in range(60):
        s = e_step(x, mixture)
        heights.append(prior.height(s, kind))
        mixture = m_step(s, hold, prior, kind)
    # a sum of 600 terms, and twice that once the log density is added: rounding
    assert np.diff(heights).min() >= -1e-13 * np.abs(heights).max()
    assert heights[-1] > heights[0] + 1


@pytest.mark.parametrize("hold", HOLDS)
def test_em_with_a_prior_keeps_what_is_held(hold):
    x, _, start = example()
    run = em(x, start, hold, max_steps=20, prior=Prior.weak(x, 3))
    for name in NAMES:
        same = np.array_equal(getattr(run.mixture, name), getattr(start, name))
        assert same == (name in hold)


@pytest.mark.parametrize("hold", HOLDS)
@pytest.mark.parametrize("kind", [full, tied, diagonal, spherical])
def test_no_neighbour_of_the_most_probable_mixture_is_more_probable(hold, kind):
    x, truth, _ = example(d=2, K=2)
    prior, begin = Prior.weak(x, 2), m_step(e_step(x, truth), covariance=kind)
    run = em(x, begin, hold, 1e-10, 20_000, prior=prior, covariance=kind)
    assert run.converged
    top, rng = prior.height(e_step(x, run.mixture), kind), np.random.default_rng(1)
    for _ in range(30):
        neighbour = _neighbour(run.mixture, hold, kind, rng)
        assert prior.height(e_step(x, neighbour), kind) < top


# --- what it is for ------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2])
def test_a_start_that_collapses_does_not_with_a_prior(d):
    x, _, wide = example(d, K=2)
    X = x.reshape(len(x), d)
    far = X.max(axis=0) + 50
    x = np.vstack([X, far]).reshape(-1, *x.shape[1:])
    means = np.array([X.mean(axis=0), far]).reshape(wide.means.shape)
    start = Mixture([0.5, 0.5], means, wide.covariances)
    with pytest.raises(CollapseError):
        em(x, start)
    prior = Prior.weak(x, 2)
    run = em(x, start, prior=prior)
    assert run.converged
    # one point and the imaginary ones; the other points' shares there are below 1e-9
    assert run.mixture.weights[1] == pytest.approx(1 / len(x), rel=1e-8)
    apart, kappa = far - prior.mean, prior.shrinkage
    S = prior.scale + kappa / (1 + kappa) * np.outer(apart, apart)
    covariance = run.mixture.covariances[1].reshape(d, d)
    np.testing.assert_allclose(covariance, S / (prior.degrees + 1 + d + 2), rtol=1e-8)


def test_with_a_prior_no_start_of_many_components_on_the_galaxies_collapses():
    x = data.galaxies() / 1000
    run = fit(x, 8, np.random.default_rng(1), starts=6, prior=Prior.weak(x, 8), max_steps=300)
    assert not np.isnan(run.finals).any()


def test_a_prior_lets_constant_and_collinear_columns_pass():
    x = np.random.default_rng(1).normal(size=(100, 1)) * [1, 2, 0] + [0, 0, 5]
    start = Mixture([1], [[0, 0, 5]], [np.eye(3)])
    run = em(x, start, prior=Prior([0, 0, 5], 0.01, np.eye(3), 5))
    assert run.converged
    assert np.linalg.eigvalsh(run.mixture.covariances[0])[0] > 0


@pytest.mark.parametrize("start", [random_start, kmeans_plus_plus_start])
@pytest.mark.parametrize("left", [0, 1e-9, 1e-8, 1e-7])
def test_a_column_that_follows_but_for_rounding_starts_with_its_variances_alone(start, left, rng):
    # of such a covariance rounding decides whether a Cholesky factor is found
    x = rng.normal(size=(40, 6))
    x[:, 5] = x[:, 0] - 2 * x[:, 3] + left * rng.normal(size=40)
    prior = Prior(x.mean(axis=0), 0.01, np.diag(x.var(axis=0)), degrees=8)
    begin = start(x, 2, rng, prior=prior)
    assert np.count_nonzero(begin.covariances) == 2 * 6
    assert em(x, begin, prior=prior).converged


def test_the_units_of_the_data_do_not_matter_to_the_weak_prior():
    x, _, start = example()
    D = np.diag([1e3, 1e-3])
    other = Mixture(start.weights, start.means @ D, D @ start.covariances @ D)
    end = em(x, start, prior=Prior.weak(x, 3), max_steps=50).mixture
    there = em(x @ D, other, prior=Prior.weak(x @ D, 3), max_steps=50).mixture
    back = np.linalg.inv(D)
    assert way(Mixture(there.weights, there.means @ back, back @ there.covariances @ back), end) < (
        1e-9
    )


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (([0, 0], 1, np.eye(3), 5), r"mean of shape \(2,\) needs a scale of shape \(2, 2\)"),
        (([[0, 0]], 1, np.eye(1), 5), "needs a scale"),
        (([0, 0], -1, np.eye(2), 5), "shrinkage must be at least 0, not -1"),
        (([0, 0], np.nan, np.eye(2), 5), "shrinkage must be at least 0, not nan"),
        (([0, 0], 1, np.eye(2), 1), "degrees must be more than d - 1 = 1, not 1"),
        (([0, 0], 1, -np.eye(2), 5), "scale is not positive definite"),
        ((0, 1, 0, 5), "scale is not positive definite"),
        (([0, np.nan], 1, np.eye(2), 5), "mean is not finite"),
        (("a", 1, 1, 5), "the prior's mean must be real numbers"),
    ],
)
def test_what_is_no_prior_is_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        Prior(*parts)


def test_a_prior_of_another_dimension_is_refused():
    x, _, start = example(d=2)
    with pytest.raises(ValueError, match="a prior in 1 dimensions, a mixture in 2"):
        em(x, start, prior=STRONG[1])
    with pytest.raises(ValueError, match="K must be at least 1"):
        Prior.weak(x, 0)


# --- helpers -------------------------------------------------------------------------------------


def _as_labelled(x, groups):
    """The statistics of points shared out by the labels of which `groups` is the start."""
    s = e_step(x, groups)
    N = len(x) * groups.weights
    moments = N[:, None, None] * np.eye(groups.d + 1)
    return type(s)(moments, s.log_likelihood, s.n, groups, s.summary)


def _neighbour(mixture, hold, kind, rng, size=1e-2):
    K, d = mixture.K, mixture.d
    weights, means, covariances = mixture.weights, mixture.means, mixture.covariances
    if "weights" not in hold:
        weights = weights * np.exp(size * rng.normal(size=K))
        weights = weights / weights.sum()
    if "means" not in hold:
        means = means + size * rng.normal(size=means.shape)
    if "covariances" not in hold:
        E = {
            full: lambda: rng.normal(size=(K, d, d)),
            tied: lambda: rng.normal(size=(1, d, d)),
            diagonal: lambda: rng.normal(size=(K, d, 1)) * np.eye(d),
            spherical: lambda: rng.normal(size=(K, 1, 1)) * np.eye(d),
        }[kind]()
        root = mixture.cholesky @ (np.eye(d) + size * E)
        covariances = root @ root.transpose(0, 2, 1)
    return Mixture(weights, means, covariances)
