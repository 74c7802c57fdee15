"""The same numbers as scikit-learn, step by step and at the end, from the same start."""

import warnings

import numpy as np
import pytest
from references import example, path, way
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from gmmlib import Mixture, aic, bic, data, em, labels_start, log_density, responsibilities

pytestmark = pytest.mark.filterwarnings("error")


def cases():
    yield "one dimension", *_start_of(example(d=1, K=2))
    yield "the plane", *_start_of(example(d=2, K=3))
    yield "four dimensions", *_start_of(example(d=4, K=2))
    x = data.old_faithful()
    yield "Old Faithful", x, labels_start(x, (x[:, 0] > 3).astype(int))


def _start_of(case):
    x, _, start = case
    return x, start


def scikit_learns(x, start, steps):
    """scikit-learn after so many M-steps, without its regularisation, and as our mixture."""
    K, d = start.K, start.d
    X = np.reshape(x, (len(x), d))
    model = GaussianMixture(
        K,
        reg_covar=0,
        tol=0,
        max_iter=steps,
        weights_init=start.weights,
        means_init=start.locations,
        precisions_init=np.linalg.inv(start.covariances.reshape(K, d, d)),
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # tol = 0: it never says it is done
        model.fit(X)
    shape = start.means.shape
    means, covariances = model.means_.reshape(shape), model.covariances_.reshape(shape + shape[1:])
    return model, X, Mixture(model.weights_, means, covariances)


CASES = pytest.mark.parametrize(
    ("x", "start"), [pytest.param(*case[1:], id=case[0]) for case in cases()]
)


@CASES
@pytest.mark.parametrize("steps", [1, 2, 5, 20])
def test_the_road_is_that_of_scikit_learn(x, start, steps):
    _, _, theirs = scikit_learns(x, start, steps)
    mixtures, _ = path(x, start, steps)
    # Both lose the digits of the inverse that scikit-learn's start is given as.
    assert way(mixtures[-1], theirs) < 1e-9


@CASES
def test_the_end_is_that_of_scikit_learn(x, start):
    run = em(x, start, tolerance=1e-10, max_steps=5000)
    assert run.converged
    model, X, theirs = scikit_learns(x, start, run.steps)
    assert way(run.mixture, theirs) < 1e-6
    assert run.log_likelihood == pytest.approx(model.score(X) * len(X), rel=1e-8)
    assert aic(x, theirs) == pytest.approx(model.aic(X), rel=1e-12)
    assert bic(x, theirs) == pytest.approx(model.bic(X), rel=1e-12)
    np.testing.assert_allclose(responsibilities(x, theirs), model.predict_proba(X), atol=1e-10)
    np.testing.assert_allclose(log_density(x, theirs), model.score_samples(X), rtol=1e-10)


def test_scikit_learn_refuses_gaps_and_advises_what_chapter_15_measures():
    x = data.old_faithful()
    x[3, 1] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN") as refused:
        GaussianMixture(2).fit(x)
    assert "imputer" in str(refused.value) and "drop samples" in str(refused.value)
