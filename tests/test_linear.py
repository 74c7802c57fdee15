"""What has no Cholesky factor is refused, also where NumPy gives NaN for it, as in a browser."""

from pathlib import Path

import numpy as np
import pytest

import gmmlib
from gmmlib import (
    CollapseError,
    Mixture,
    Prior,
    diagonal,
    em,
    full,
    labels_start,
    random_start,
)
from gmmlib.linear import cholesky, independent_cholesky

NONE = np.array([[1.0, 2], [2, 1]])


@pytest.fixture(params=["here", "in a browser"], autouse=True)
def place(request, monkeypatch):
    if request.param == "in a browser":
        monkeypatch.setattr(np.linalg, "cholesky", without_flags)


def without_flags(matrices, real=np.linalg.cholesky):
    """As NumPy answers where the processor has no flags: NaN for each matrix that has no factor."""
    factors = np.full(np.shape(matrices), np.nan)
    for place in np.ndindex(factors.shape[:-2]):
        try:
            factors[place] = real(matrices[place])
        except np.linalg.LinAlgError:
            pass
    return factors


def test_a_factor_is_found_and_what_has_none_is_refused_alone_and_among_others(rng):
    roots = np.tril(rng.normal(size=(2, 5, 3, 3)))
    roots *= np.sign(roots.diagonal(axis1=-2, axis2=-1))[..., None, :]
    products = roots @ roots.swapaxes(-1, -2)
    np.testing.assert_allclose(cholesky(products), roots, rtol=1e-6)
    products[1, 3] = -products[1, 3]
    for without in (NONE, products):
        with pytest.raises(np.linalg.LinAlgError):
            cholesky(without)


@pytest.mark.parametrize("left", [-1e-12, 0, 1e-14, 1e-12])
def test_a_column_that_follows_but_for_rounding_has_no_factor_of_its_own(left):
    one = np.array([[4, 2e3], [2e3, 1e6 * (1 + left)]])
    found = independent_cholesky(one)
    assert (found is not None) == (left == 1e-12)
    assert found is None or np.allclose(found @ found.T, one)


def test_mixtures_priors_and_starts_refuse_it_in_their_words():
    with pytest.raises(ValueError, match="covariance 1 is not positive definite: its smallest"):
        Mixture([0.5, 0.5], [[0, 0], [1, 1]], [np.eye(2), NONE])
    with pytest.raises(ValueError, match="the prior's scale is not positive definite"):
        Prior([0, 0], 1, NONE, 5)
    with pytest.raises(ValueError, match="column 1 of x follows from column 0"):
        random_start(np.arange(20.0)[:, None] * [1, 3], 2, np.random.default_rng(1))


def test_with_a_prior_more_columns_than_rows_begin_with_their_variances():
    wide = np.random.default_rng(0).normal(size=(40, 60))
    prior = Prior(wide.mean(axis=0), 0.01, np.diag(wide.var(axis=0)), 62)
    begin = random_start(wide, 2, np.random.default_rng(1), prior=prior)
    np.testing.assert_allclose(begin.covariances[1], np.diag(wide.var(axis=0)), atol=1e-12)
    assert em(wide, begin, prior=prior).converged


@pytest.mark.parametrize("covariance", [full, diagonal])
def test_a_collapse_is_named(covariance, rng):
    x = np.vstack([rng.normal(size=(50, 2)), np.full((5, 2), 100.0)])
    start = Mixture([0.5, 0.5], [[0, 0], [100, 100]], [np.eye(2)] * 2)
    with pytest.raises(CollapseError, match="component 1 collapsed"):
        em(x, start, covariance=covariance)


def test_labels_on_one_point_are_refused(rng):
    x = np.vstack([rng.normal(size=(50, 2)), np.full((5, 2), 3.0)])
    with pytest.raises(ValueError, match="covariance 1 is not positive definite"):
        labels_start(x, np.repeat([0, 1], [50, 5]))


def test_nobody_else_asks_numpy_for_a_factor():
    files = Path(gmmlib.__file__).parent.rglob("*.py")
    asking = [file.name for file in files if "linalg.cholesky(" in file.read_text(encoding="utf-8")]
    assert asking == ["linear.py"]
