"""The textbook's EM and gmmlib's are one algorithm, step by step."""

import ast
import inspect

import numpy as np
import pytest

import gmmlib
from gmmlib import Mixture, textbook

rng = np.random.default_rng(20)
TRUTHS = {
    d: Mixture(
        [0.3, 0.5, 0.2],
        3 * rng.normal(size=(3, d)),
        [a @ a.T + np.eye(d) for a in rng.normal(size=(3, d, d))],
    )
    for d in (1, 2, 5)
}


def parameters(mixture):
    d = mixture.d
    return mixture.weights, mixture.means.reshape(-1, d), mixture.covariances.reshape(-1, d, d)


@pytest.fixture(params=TRUTHS)
def problem(request):
    truth = TRUTHS[request.param]
    X = gmmlib.sample(truth, 300, np.random.default_rng(1))[0].reshape(300, -1)
    return X, gmmlib.random_start(X, 3, np.random.default_rng(2))


def test_shares_and_log_likelihood_are_those_of_gmmlib(problem):
    X, mixture = problem
    shares, height = textbook.e_step(X, *parameters(mixture))
    np.testing.assert_allclose(shares, gmmlib.responsibilities(X, mixture), rtol=1e-9, atol=1e-14)
    assert height == pytest.approx(gmmlib.log_likelihood(X, mixture), rel=1e-12)


def test_every_step_climbs_to_the_same_height_and_ends_in_the_same_mixture(problem):
    X, start = problem
    *found, heights = textbook.em(X, *parameters(start), steps=40)
    run = gmmlib.em(X, start, tolerance=0, max_steps=40)
    np.testing.assert_allclose(heights, run.log_likelihoods, rtol=1e-11)
    for ours, theirs in zip(found, parameters(run.mixture)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)


def test_one_dimension_is_the_case_d_1():
    x = gmmlib.sample(TRUTHS[1], 300, np.random.default_rng(1))[0].ravel()
    start = gmmlib.random_start(x, 3, np.random.default_rng(2))
    weights, means, covariances = parameters(start)
    short = textbook.em_in_one_dimension(x, weights, means[:, 0], covariances[:, 0, 0], 25)
    long = textbook.em(x[:, None], weights, means, covariances, 25)
    for one, many in zip(short, long):
        np.testing.assert_allclose(one, np.asarray(many).reshape(3), rtol=1e-9)


def test_the_page_stays_one_page():
    """At most 50 lines of code: what is no docstring, comment or empty line."""
    source = inspect.getsource(textbook)
    tree = ast.parse(source)
    words = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef)]
    spans = [node.body[0] for node in words]
    docstrings = {line for s in spans for line in range(s.lineno, s.end_lineno + 1)}
    code = [
        line
        for number, line in enumerate(source.splitlines(), start=1)
        if line.strip() and not line.strip().startswith("#") and number not in docstrings
    ]
    assert 30 <= len(code) <= 50
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(node) for node in imports] == ["import numpy as np"]
