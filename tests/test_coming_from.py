"""The page for those who come from elsewhere: every expression of gmmlib on it is run."""

import re
from pathlib import Path

import numpy as np
import pytest
from references import example
from sklearn.mixture import GaussianMixture

import gmmlib

PAGE = (Path(__file__).parents[1] / "docs" / "coming_from.md").read_text()
ROWS = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
OURS = [code for row in ROWS[1:] for code in re.findall(r"`([^`]+)`", row[-1])]


@pytest.fixture(scope="module")
def names():
    x, _, mixture = example()
    rng = np.random.default_rng(1)
    run = gmmlib.fit(x, 3, rng, starts=2)
    known = {name: getattr(gmmlib, name) for name in gmmlib.__all__}
    return known | {"np": np, "x": x, "K": 3, "n": 5, "mixture": mixture, "run": run, "rng": rng}


def test_the_page_has_a_table():
    assert len(ROWS) > 15 and len(OURS) > 20


@pytest.mark.parametrize("code", OURS)
def test_what_the_page_says_of_gmmlib_works(code, names):
    code = re.sub(r"^covariance=", "", code)
    if code in ("True", "False"):
        return
    assert eval(code, dict(names)) is not None


@pytest.mark.filterwarnings("ignore:Best performing initialization did not converge")
def test_what_the_page_says_is_the_same_is_the_same(names):
    x, run = names["x"], names["run"]
    start = run.mixture
    theirs = GaussianMixture(
        3,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=start.precisions,
        reg_covar=0,
        max_iter=1,
        tol=1e9,
    ).fit(x)
    ours = gmmlib.em(x, start, max_steps=1).mixture
    np.testing.assert_allclose(theirs.precisions_, ours.precisions, rtol=1e-6)
    np.testing.assert_array_equal(theirs.predict(x), gmmlib.classify(x, ours))
    np.testing.assert_allclose(theirs.predict_proba(x), gmmlib.responsibilities(x, ours), atol=1e-8)
    np.testing.assert_allclose(theirs.score_samples(x), gmmlib.log_density(x, ours), rtol=1e-8)
    assert theirs.score(x) * len(x) == pytest.approx(gmmlib.log_likelihood(x, ours))
    assert theirs.bic(x) == pytest.approx(gmmlib.bic(x, ours))
    assert theirs.aic(x) == pytest.approx(gmmlib.aic(x, ours))
