"""The same numbers as programs that this project did not write (see reference/README.md)."""

import numpy as np
import pytest
from references import (
    columns,
    mclust_fits,
    mixtools_fits,
    mixture_of,
    path,
    read,
    rows_without_gaps,
    way,
)

from gmmlib import (
    CollapseError,
    Mixture,
    adjusted_rand,
    aic,
    bic,
    classify,
    data,
    e_step,
    em,
    full,
    labels_start,
    log_joint,
    log_likelihood,
    m_step,
    n_parameters,
    responsibilities,
    tied,
)

pytestmark = pytest.mark.filterwarnings("error")

MCLUST = list(mclust_fits())
MIXTOOLS = list(mixtools_fits())


def same_fixed_point(x, run, log_likelihood, mixture):
    """Whether `run` ended at the maximum that another program found."""
    assert run.converged
    assert run.log_likelihood == pytest.approx(log_likelihood, rel=1e-10)
    assert way(run.mixture, mixture) < 1e-6


# --- the R script --------------------------------------------------------------------------------


def test_two_unknown_means_take_the_road_of_the_script():
    ref = read("script/A_part1.json")
    x = columns(f"script/{ref['data']}", ["x"])
    hold = ("weights", "covariances")
    start = Mixture([0.7, 0.3], ref["theta0"], [ref["sigma0"] ** 2, ref["sigma1"] ** 2])
    mixtures, log_likelihoods = path(x, start, ref["iterations"], hold)
    np.testing.assert_allclose(log_likelihoods, ref["trace_loglik"], rtol=1e-11)
    means = np.array([mixture.means for mixture in mixtures])
    np.testing.assert_allclose(means, ref["trace_theta"], rtol=1e-9)
    # The script stops at the first step shorter than 1e-5.
    steps = np.linalg.norm(np.diff(means, axis=0), axis=1)
    assert (steps < 1e-5).tolist() == [False] * 13 + [True]
    run = em(x, start, hold, tolerance=1e-11)
    fixed = Mixture(start.weights, ref["fixed_point"]["theta"], start.covariances)
    same_fixed_point(x, run, ref["fixed_point"]["loglik"], fixed)


def test_known_weights_and_variances_make_two_maxima_of_which_the_start_chooses():
    ref = read("script/A_part1.json")
    x, hold = columns(f"script/{ref['data']}", ["x"]), ("weights", "covariances")
    ends = []
    for other in ref["other_starts"]:
        run = em(x, Mixture([0.7, 0.3], other["start"], [1, 2]), hold, tolerance=1e-11)
        ends.append(round(run.log_likelihood, 1))
        if other["loglik"] is None:
            # Without logarithms both densities are 0 and the means NaN. With them the start
            # is as good as any: it ends at one of the two maxima.
            assert other["start"] == [-30, -20] and run.converged
            assert ends[-1] in (-4057.2, -4922.4)
            continue
        fixed = Mixture([0.7, 0.3], other["final"], [1, 2])
        same_fixed_point(x, run, other["loglik"], fixed)
    assert set(ends) == {-4057.2, -4922.4}


def test_five_unknowns_take_the_road_of_the_script():
    def mixture(theta):
        mu0, variance0, mu1, variance1, p = theta
        return Mixture([1 - p, p], [mu0, mu1], [variance0, variance1])

    ref = read("script/A_part2.json")
    x = columns(f"script/{ref['data']}", ["x"])
    mixtures, log_likelihoods = path(x, mixture(ref["theta0"]), ref["iterations"])
    np.testing.assert_allclose(log_likelihoods, ref["trace_loglik"], rtol=1e-11)
    for ours, theta in zip(mixtures, ref["trace_theta"], strict=True):
        assert way(ours, mixture(theta)) < 1e-9
    run = em(x, mixture(ref["theta0"]), tolerance=1e-11)
    same_fixed_point(x, run, ref["fixed_point"]["loglik"], mixture(ref["fixed_point"]["theta"]))


def test_three_components_in_the_plane_take_the_road_of_the_script():
    ref = read("script/A_part3.json")
    x, start = columns(f"script/{ref['data']}", ["x1", "x2"]), mixture_of(ref["init"])
    mixtures, log_likelihoods = path(x, start, len(ref["loglik_path_400"]) - 1)
    np.testing.assert_allclose(log_likelihoods, ref["loglik_path_400"], rtol=1e-11)
    for ours, theirs in zip(mixtures[1:], ref["trace"]):
        assert way(ours, mixture_of(theirs)) < 1e-9
    # The script stops at the first gain below a tenth of a nat.
    gains = np.diff(log_likelihoods)[: ref["iterations"]]
    assert (gains < 0.1).tolist() == [False] * 15 + [True]
    for begin, end in ((start, "fixed_point"), (mixture_of(ref["true"]), "fixed_point_from_true")):
        run = em(x, begin, tolerance=1e-11)
        same_fixed_point(x, run, ref[end]["loglik"], mixture_of(ref[end]))


def test_a_hundred_seeds_of_the_script_end_as_often_wrong_as_the_chapters_say():
    file = "script/hundred_seeds.csv"
    means = columns(file, ["mu0_1", "mu1_1"])
    assert (len(means), (means[:, 0] > means[:, 1]).sum()) == (100, 39)
    steps, stopped, fixed, best = rows_without_gaps(
        file, ["it3", "ll_gist", "ll_fix", "ll_from_true"]
    ).T
    assert (len(steps), (steps == 30).sum()) == (97, 57)
    below = best - fixed
    assert ((below > 1).sum(), (below > 100).sum()) == (20, 12)
    short = fixed - stopped
    assert (short > 1).sum() == 64
    assert (round(np.median(short), 1), round(short.max())) == (6.9, 561)


# --- mclust --------------------------------------------------------------------------------------


def test_e_step_and_m_step_are_those_of_mclust():
    ref = read("fits/estep_faithful.json")
    x, mixture = data.old_faithful(), mixture_of(ref)
    names = ["logdens1", "logdens2", "z1", "z2"]
    table = columns("fits/estep_faithful.csv", names)
    log_densities = log_joint(x, mixture) - np.log(mixture.weights)
    np.testing.assert_allclose(log_densities, table[:, :2], rtol=1e-11)
    # Absolute: mclust's smaller share is 0 where it underflows.
    np.testing.assert_allclose(responsibilities(x, mixture), table[:, 2:], atol=1e-12)
    statistics = e_step(x, mixture)
    assert statistics.log_likelihood == pytest.approx(ref["loglik"], rel=1e-12)
    assert way(m_step(statistics), mixture_of(ref["mstep"])) < 1e-10


@pytest.mark.parametrize("ref", MCLUST, ids=lambda ref: ref.id)
def test_the_road_is_that_of_mclust(ref):
    steps = len(ref.trace) - ref.start_steps
    mixtures, log_likelihoods = path(ref.x, ref.start, steps)
    if ref.start_log_likelihood is not None:
        assert log_likelihoods[0] == pytest.approx(ref.start_log_likelihood, rel=1e-11)
    ours = log_likelihoods[1 - ref.start_steps :]
    np.testing.assert_allclose(ours, ref.trace, rtol=1e-11)
    compared = [steps for steps in ref.snapshots if steps - ref.start_steps < len(mixtures)]
    assert len(compared) >= 4
    for steps in compared:
        assert way(mixtures[steps - ref.start_steps], ref.snapshots[steps]) < 1e-9


@pytest.mark.parametrize("ref", MCLUST, ids=lambda ref: ref.id)
def test_the_end_is_that_of_mclust(ref):
    run = em(ref.x, ref.start, tolerance=1e-10, max_steps=10_000)
    same_fixed_point(ref.x, run, ref.fixed["loglik"], mixture_of(ref.fixed))
    assert n_parameters(run.mixture) == ref.fixed["npar"]
    assert bic(ref.x, run.mixture) == pytest.approx(ref.fixed["bic"], rel=1e-10)
    assert aic(ref.x, run.mixture) == pytest.approx(ref.fixed["aic"], rel=1e-10)


def test_from_the_cuts_of_mclust_come_the_bics_of_its_table_of_the_galaxies():
    x = columns("data/galaxies.csv", ["velocity_km_s"], 1000)
    file = "fits/mclust_bic_galaxies_tight.csv"
    for K, equal, free in rows_without_gaps(file, ("G", "E", "V")):
        cuts = np.quantile(x, np.arange(1, K) / K)
        start = labels_start(x, np.searchsorted(cuts, x))
        for kind, theirs in ((tied, equal), (full, free)):
            run = em(x, start, covariance=kind, tolerance=1e-9, max_steps=20_000)
            assert bic(x, run) == pytest.approx(-theirs, rel=1e-9)


# --- mixtools ------------------------------------------------------------------------------------


def known(ref):
    """What the fit was told: mixtools' constraints in the words of `hold`."""
    names = {"sd.constr": "covariances", "mean.constr": "means"}
    return {names[argument] for argument in ref.args or {} if argument in names}


def is_tied(ref):
    """Whether the covariances were tied together, which `gmmlib` does not do."""
    return "equalvar" in ref.id or "tied" in ref.id


FREE = pytest.mark.parametrize(
    "ref", [ref for ref in MIXTOOLS if not is_tied(ref)], ids=lambda ref: ref.id
)
TIED = pytest.mark.parametrize(
    "ref", [ref for ref in MIXTOOLS if is_tied(ref)], ids=lambda ref: ref.id
)


def step_of_mixtools(ref, x, mixture):
    """One iteration as mixtools takes it, put together from our steps and `hold`."""
    told, shares = known(ref), e_step(x, mixture)
    if ref.fun == "mvnormalmixEM":
        new = m_step(shares)
    elif is_tied(ref) or (ref.args or {}).get("fast"):
        # The variances about the old means: those of an M-step that holds the means.
        new, about_old = m_step(shares), m_step(shares, hold="means")
        new = Mixture(new.weights, new.means, about_old.covariances)
    else:
        # ECM: the means, then a second E-step, and from that the variances and the weights.
        between = m_step(shares, told | {"covariances"})
        new = m_step(e_step(x, between), told | {"means"})
    if is_tied(ref):
        pooled = np.einsum("k,k...->...", new.weights, new.covariances)
        new = Mixture(new.weights, new.means, np.broadcast_to(pooled, new.covariances.shape))
    return new


def test_mixtools_fits_cover_known_deviations_known_means_and_tied_covariances():
    told = [tuple(known(ref)) for ref in MIXTOOLS]
    assert set(told) == {(), ("covariances",), ("means",)}
    assert sum(is_tied(ref) for ref in MIXTOOLS) == 6


@pytest.mark.parametrize("ref", MIXTOOLS, ids=lambda ref: ref.id)
def test_the_road_is_that_of_mixtools_once_its_steps_are_put_in_its_order(ref):
    mixture = ref.start
    assert log_likelihood(ref.x, mixture) == pytest.approx(ref.all_loglik[0], rel=1e-11)
    for theirs in ref.all_loglik[1:]:
        mixture = step_of_mixtools(ref, ref.x, mixture)
        assert log_likelihood(ref.x, mixture) == pytest.approx(theirs, rel=1e-11)
    assert way(mixture, mixture_of(vars(ref))) < 1e-9


@pytest.mark.parametrize(
    "ref",
    [ref for ref in MIXTOOLS if ref.fun == "mvnormalmixEM" and not is_tied(ref)],
    ids=lambda ref: ref.id,
)
def test_mvnormalmix_is_plain_em(ref):
    run = em(ref.x, ref.start, tolerance=0, max_steps=ref.iterations)
    np.testing.assert_allclose(run.log_likelihoods, ref.all_loglik, rtol=1e-11)
    assert way(run.mixture, mixture_of(vars(ref))) < 1e-9


@FREE
def test_the_end_is_that_of_mixtools(ref):
    theirs, told = mixture_of(vars(ref)), known(ref)
    run = em(ref.x, ref.start, told, tolerance=1e-10, max_steps=10_000)
    assert run.converged
    # mixtools stops when one step gains less than epsilon. With the slowest rate here, 0.98,
    # fifty times that may be to come; near a maximum the way is the root of what is to gain.
    short = run.log_likelihood - ref.loglik_at_returned_parameters
    assert -1e-13 * len(ref.x) < short < 50 * ref.epsilon + 1e-11
    assert way(theirs, run.mixture) < 100 * np.sqrt(ref.epsilon)
    # From where mixtools stopped, EM walks on to its own end.
    on = em(ref.x, theirs, told, tolerance=1e-10, max_steps=10_000)
    assert way(on.mixture, run.mixture) < 1e-6


@TIED
def test_where_mixtools_ties_the_covariances_only_the_rest_stands_still(ref):
    theirs = mixture_of(vars(ref))
    run = em(ref.x, theirs, hold="covariances", tolerance=1e-10, max_steps=10_000)
    assert way(theirs, run.mixture) < 100 * np.sqrt(ref.epsilon)
    free = m_step(e_step(ref.x, theirs))
    assert way(free, theirs) > 1e-4
    pooled = np.einsum("k,k...->...", free.weights, free.covariances)
    np.testing.assert_allclose(pooled, theirs.covariances[0], rtol=100 * np.sqrt(ref.epsilon))


# --- the crabs -----------------------------------------------------------------------------------

CRABS = read("fits/mclust_crabs.json")


def crab_columns(name):
    X, labels = data.rock_crabs()
    X = np.log(X) if name.startswith("log") else X
    axes = np.linalg.eigh(np.cov(X.T, ddof=0))[1][:, ::-1]
    wanted = [int(j) - 1 for j in name[3:]]  # "log123": its first three principal components
    return (X @ axes[:, wanted] if wanted else X), labels


@pytest.mark.parametrize("ref", CRABS["from_labels"], ids=lambda r: f"{r['data']}-{r['model']}")
def test_from_the_crabs_labels_em_ends_where_mclust_does(ref):
    X, labels = crab_columns(ref["data"])
    kind = {"EEE": tied, "VVV": full}[ref["model"]]
    start = labels_start(X, labels, covariance=kind)
    run = em(X, start, covariance=kind, max_steps=5000)
    assert run.log_likelihood == pytest.approx(ref["loglik"], abs=1e-6)
    found = classify(X, run.mixture)
    assert adjusted_rand(found, labels) == pytest.approx(ref["ari"], abs=1e-9)
    assert np.bincount(found, minlength=4).tolist() == ref["sizes"]
    assert n_parameters(run) == ref["npar"]


def test_the_crabs_of_naples_have_mclusts_two_bells():
    theirs, (_, counts) = CRABS["naples"], data.naples_crabs()
    start = Mixture(theirs["weights"], np.round(theirs["means"]), theirs["variances"])
    run = em(np.arange(1, 30), start, sample_weight=counts, max_steps=5000)
    assert run.log_likelihood == pytest.approx(theirs["loglik"], abs=1e-8)
    np.testing.assert_allclose(run.mixture.means, theirs["means"], rtol=1e-5)
    np.testing.assert_allclose(run.mixture.covariances, theirs["variances"], rtol=1e-5)


# --- where the likelihood has no maximum ---------------------------------------------------------


def test_where_mclust_and_mixtools_give_up_there_is_a_refusal():
    labelled, started, collinear = read("fits/degenerate.json")
    x = labelled["x"]
    with pytest.raises(ValueError, match="variance 0 is not positive"):
        labels_start(x, [0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
    assert "start mu=(0,4) sigma=(.1,2), lambda=(.3,.7)" in started["case"]
    with pytest.raises(CollapseError, match="component 0 collapsed onto one point"):
        em(x, Mixture([0.3, 0.7], [0, 4], [0.01, 4]))
    with pytest.raises(ValueError, match="covariance 0 is not positive definite"):
        labels_start(collinear["data"], [0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
