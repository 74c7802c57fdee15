"""Tied, diagonal and spherical covariances: each the best of its kind."""

import warnings

import numpy as np
import pytest
from references import example, mclust_fits, mixture_of, way
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from gmmlib import (
    CollapseError,
    Mixture,
    bic,
    data,
    diagonal,
    e_step,
    em,
    expected_complete_log_likelihood,
    fit,
    full,
    labels_start,
    log_likelihood,
    m_step,
    n_parameters,
    responsibilities,
    sample,
    spherical,
    tied,
)
from gmmlib.covariance import parameters

pytestmark = pytest.mark.filterwarnings("error")

KINDS = [tied, diagonal, spherical]
OF_MODEL = {"EEE": tied, "E": tied, "VVI": diagonal, "VII": spherical}
MCLUST = list(mclust_fits("fits/mclust_structures.json"))
SKLEARNS = {tied: "tied", diagonal: "diag", spherical: "spherical"}


# --- the step ------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 3])
def test_the_m_step_of_each_kind_is_its_formula(d):
    x, _, start = example(d)
    s = e_step(x, start)
    free = m_step(s).covariances.reshape(3, d, d)
    mean = np.einsum("k,kij->ij", s.counts / s.n, free)
    expected = {
        tied: np.broadcast_to(mean, free.shape),
        diagonal: free * np.eye(d),
        spherical: np.trace(free, axis1=1, axis2=2)[:, None, None] / d * np.eye(d),
    }
    for kind in KINDS:
        new = m_step(s, covariance=kind)
        covariances = new.covariances.reshape(3, d, d)
        np.testing.assert_allclose(covariances, expected[kind], rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(new.means, m_step(s).means, rtol=1e-13)
        np.testing.assert_allclose(new.weights, m_step(s).weights, rtol=1e-14)


@pytest.mark.parametrize("hold", [(), ("means",), ("weights",)])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("d", [1, 3])
def test_no_neighbour_of_the_kind_explains_the_shared_out_points_better(d, kind, hold):
    x, _, start = example(d)
    shares = responsibilities(x, start)
    best = m_step(e_step(x, start), hold, covariance=kind)
    top, rng = expected_complete_log_likelihood(x, shares, best), np.random.default_rng(1)
    _assert_of_kind(best, kind)
    for _ in range(40):
        size = 1e-3
        weights, means = best.weights, best.locations
        if "weights" not in hold:
            weights = weights * np.exp(size * rng.normal(size=3))
            weights = weights / weights.sum()
        if "means" not in hold:
            means = means + size * rng.normal(size=means.shape)
        E = {
            tied: lambda: rng.normal(size=(1, d, d)),
            diagonal: lambda: rng.normal(size=(3, d, 1)) * np.eye(d),
            spherical: lambda: rng.normal(size=(3, 1, 1)) * np.eye(d),
        }[kind]()
        root = best.cholesky @ (np.eye(d) + size * E)
        shape = best.means.shape
        covariances = (root @ root.transpose(0, 2, 1)).reshape(shape + shape[1:])
        neighbour = Mixture(weights, means.reshape(shape), covariances)
        _assert_of_kind(neighbour, kind)
        assert expected_complete_log_likelihood(x, shares, neighbour) < top


@pytest.mark.parametrize("hold", [(), ("means",), ("weights",), ("weights", "means")])
@pytest.mark.parametrize("kind", KINDS)
def test_the_log_likelihood_never_falls_once_the_mixture_is_of_the_kind(kind, hold):
    x, _, start = example()
    mixtures, log_likelihoods = [start], []
    for _ in range(60):
        s = e_step(x, mixtures[-1])
        log_likelihoods.append(s.log_likelihood)
        mixtures.append(m_step(s, hold, covariance=kind))
    for mixture in mixtures[1:]:
        _assert_of_kind(mixture, kind)
    assert np.diff(log_likelihoods[1:]).min() >= -1e-13 * np.abs(log_likelihoods).max()
    run = em(x, start, hold, covariance=kind, max_steps=20)
    np.testing.assert_allclose(run.log_likelihoods, log_likelihoods[:21], rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_a_start_of_another_kind_may_cost_height_and_is_no_mistake(kind):
    x, _, start = example()
    free = em(x, start)  # the best of all, from where a kind can only go down
    run = em(x, free.mixture, covariance=kind)
    assert run.converged and run.log_likelihoods[1] < run.log_likelihoods[0]
    assert (np.diff(run.log_likelihoods[1:]) > -1e-9).all()


def test_full_in_one_dimension_is_diagonal_and_spherical():
    x, _, start = example(d=1)
    s = e_step(x, start)
    for kind in (diagonal, spherical):
        np.testing.assert_allclose(
            m_step(s, covariance=kind).covariances, m_step(s).covariances, rtol=1e-13
        )


# --- other programs ------------------------------------------------------------------------------


@pytest.mark.parametrize("ref", MCLUST, ids=lambda ref: ref.id)
def test_the_road_and_the_end_are_those_of_mclust(ref):
    kind, start = OF_MODEL[ref.model], ref.start
    if ref.start_steps:  # the first M-step, on labels: it has mean 0, covariance 1 in each group
        s = e_step(ref.x, start)
        moments = len(ref.x) * start.weights[:, None, None] * np.eye(start.d + 1)
        labelled = type(s)(moments, s.log_likelihood, s.n, start, s.summary)
        start = m_step(labelled, covariance=kind)
    mixtures, log_likelihoods = [start], []
    steps = len(ref.trace) - ref.start_steps
    for _ in range(steps + 1):
        s = e_step(ref.x, mixtures[-1])
        log_likelihoods.append(s.log_likelihood)
        mixtures.append(m_step(s, covariance=kind))
    np.testing.assert_allclose(log_likelihoods[1 - ref.start_steps :], ref.trace, rtol=1e-11)
    for step, theirs in ref.snapshots.items():
        assert way(mixtures[step - ref.start_steps], theirs) < 1e-8
    run = em(ref.x, start, tolerance=1e-11, max_steps=20_000, covariance=kind)
    assert run.converged
    assert run.log_likelihood == pytest.approx(ref.fixed["loglik"], rel=1e-10)
    assert way(run.mixture, mixture_of(ref.fixed)) < 1e-6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", ["one dimension", "the plane", "four dimensions", "Old Faithful"])
def test_the_road_and_the_end_are_those_of_scikit_learn(case, kind):
    x, start = _case(case)
    start = m_step(e_step(x, start), covariance=kind)  # of the kind
    mixtures = _path(x, start, 20, kind)
    _, theirs = _scikit_learns(x, start, kind, 20)
    assert way(mixtures[-1], theirs) < 1e-9
    run = em(x, start, tolerance=1e-10, max_steps=20_000, covariance=kind)
    assert run.converged
    score, theirs = _scikit_learns(x, start, kind, run.steps)
    assert run.log_likelihood == pytest.approx(score, rel=1e-8)
    assert way(run.mixture, theirs) < 1e-6


# --- when a component gets narrow ----------------------------------------------------------------


def test_a_tied_covariance_survives_a_component_with_one_point():
    x = np.r_[np.random.default_rng(1).normal(size=(60, 2)), [[40, 40]]]
    start = Mixture([0.5, 0.5], [[0, 0], [40, 40]], [np.eye(2), np.eye(2)])
    with pytest.raises(CollapseError):
        em(x, start)
    run = em(x, start, covariance=tied)
    assert run.converged
    assert run.mixture.weights[1] == pytest.approx(1 / 61, rel=1e-9)
    within = np.cov(x[:60].T, bias=True) * 60 / 61
    np.testing.assert_allclose(run.mixture.covariances[1], within, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("kind", [full, diagonal, spherical])
@pytest.mark.parametrize("d", [1, 2])
def test_a_component_on_one_point_collapses_by_name_in_every_other_kind(d, kind):
    cloud = np.random.default_rng(1).normal(size=(60, d)) + 10
    x = np.r_[np.zeros((5, d)), cloud].reshape((65, d) if d > 1 else -1)
    means, covariances = np.array([[10.0] * d, [0.0] * d]), np.array([np.eye(d)] * 2)
    if d == 1:
        means, covariances = means[:, 0], covariances[:, 0, 0]
    with pytest.raises(CollapseError, match="component 1 collapsed") as caught:
        em(x, Mixture([0.9, 0.1], means, covariances), covariance=kind)
    assert caught.value.component == 1 and caught.value.run.steps == caught.value.step - 1


@pytest.mark.parametrize("kind", [diagonal, spherical])
def test_points_on_a_slanted_line_are_no_collapse_for_axes_along_the_coordinates(kind):
    line = np.arange(6.0)[:, None] * [1, 1]
    cloud = np.random.default_rng(1).normal(size=(40, 2)) + [20, 0]
    start = Mixture([0.5, 0.5], [[2, 2], [20, 0]], [np.eye(2), np.eye(2)])
    with pytest.raises(CollapseError):
        em(np.vstack([line, cloud]), start)
    run = em(np.vstack([line, cloud]), start, covariance=kind)
    assert run.converged
    np.testing.assert_allclose(run.mixture.covariances[0], 35 / 12 * np.eye(2), rtol=1e-9)


def test_fit_takes_a_kind():
    x, _, _ = example()
    run = fit(x, 3, np.random.default_rng(1), starts=3, covariance=tied)
    _assert_of_kind(run.mixture, tied)
    assert run.log_likelihood == pytest.approx(np.nanmax(run.finals), abs=0.01)


# --- counting ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [full, *KINDS])
@pytest.mark.parametrize(("d", "K"), [(1, 1), (1, 3), (2, 1), (3, 4)])
def test_the_parameters_are_as_many_as_the_directions_in_which_covariances_can_move(d, K, kind):
    rng = np.random.default_rng(1)
    # moments of all sorts, L = 1: the covariances that come out span what the kind allows
    roots = rng.normal(size=(200, K, d, d))
    moments = np.zeros((200, K, d + 1, d + 1))
    moments[..., 0, 0] = 1
    moments[..., 1:, 1:] = roots @ roots.swapaxes(-1, -2)
    L, N = np.broadcast_to(np.eye(d), (K, d, d)), rng.uniform(1, 9, size=K)
    R = np.array([kind(M, L, N)[:, 1:, 1:] for M in moments])
    span = np.linalg.matrix_rank((R @ R.swapaxes(-1, -2)).reshape(200, -1))
    assert parameters(kind, K, d) == span


# --- helpers -------------------------------------------------------------------------------------


def _assert_of_kind(mixture, kind):
    d = mixture.d
    C = mixture.covariances.reshape(-1, d, d)
    wanted = {
        tied: np.broadcast_to(C[0], C.shape),
        diagonal: C * np.eye(d),
        spherical: C[:, :1, :1] * np.eye(d),
    }[kind]
    np.testing.assert_allclose(C, wanted, rtol=1e-12, atol=1e-14)


def _case(name):
    if name == "Old Faithful":
        x = data.old_faithful()
        return x, labels_start(x, (x[:, 0] > 3).astype(int))
    x, _, start = example(*{"one dimension": (1, 2), "the plane": (2, 3)}.get(name, (4, 2)))
    return x, start


def _path(x, start, steps, kind):
    mixtures = [start]
    for _ in range(steps):
        mixtures.append(m_step(e_step(x, mixtures[-1]), covariance=kind))
    return mixtures


def _scikit_learns(x, start, kind, steps):
    """Log-likelihood and mixture of scikit-learn after so many steps from a start of the kind."""
    K, d = start.K, start.d
    X, C = x.reshape(len(x), d), start.covariances.reshape(K, d, d)
    precisions = {
        tied: lambda: np.linalg.inv(C[0]),
        diagonal: lambda: 1 / np.diagonal(C, axis1=1, axis2=2),
        spherical: lambda: 1 / C[:, 0, 0],
    }[kind]()
    model = GaussianMixture(
        K,
        covariance_type=SKLEARNS[kind],
        reg_covar=0,
        tol=0,
        max_iter=steps,
        weights_init=start.weights,
        means_init=start.locations,
        precisions_init=precisions,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # tol = 0: it never says it is done
        model.fit(X)
    covariances = {
        tied: lambda: np.broadcast_to(model.covariances_, (K, d, d)),
        diagonal: lambda: model.covariances_[:, :, None] * np.eye(d),
        spherical: lambda: model.covariances_[:, None, None] * np.eye(d),
    }[kind]()
    shape = start.means.shape
    theirs = Mixture(
        model.weights_, model.means_.reshape(shape), covariances.reshape(shape + shape[1:])
    )
    return model.score(X) * len(X), theirs


@pytest.mark.parametrize("kind", KINDS)
def test_the_criteria_count_the_numbers_of_the_kind_that_was_fitted(kind):
    x, _, start = example()
    theirs = GaussianMixture(start.K, covariance_type=SKLEARNS[kind], random_state=0).fit(x)
    count = n_parameters(start, covariance=kind)
    assert count == theirs._n_parameters()
    expected = count * np.log(len(x)) - 2 * log_likelihood(x, start)
    np.testing.assert_allclose(bic(x, start, covariance=kind), expected, rtol=1e-12)


# --- with labels ---------------------------------------------------------------------------------


def test_with_the_labels_the_tied_m_step_is_linear_discriminant_analysis():
    truth = Mixture(
        [0.3, 0.7], [[0, 0], [2, 1]], [[[1.5, 0.9], [0.9, 1]], [[0.5, -0.2], [-0.2, 0.6]]]
    )
    x, labels = sample(truth, 400, np.random.default_rng(4))
    mine = labels_start(x, labels, covariance=tied)
    theirs = LinearDiscriminantAnalysis(solver="lsqr").fit(x, labels)
    np.testing.assert_allclose(responsibilities(x, mine), theirs.predict_proba(x), atol=1e-9)
