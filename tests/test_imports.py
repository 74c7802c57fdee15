"""What the import costs, and what the package promises to hold."""

import subprocess
import sys

import numpy as np

import gmmlib


def test_importing_gmmlib_loads_nothing_that_only_pictures_and_sliders_need():
    heavy = ["matplotlib", "ipywidgets", "anywidget", "dask", "sklearn", "scipy", "scipy.optimize"]
    code = f"import sys, gmmlib; print(*[name for name in {heavy} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


def test_every_public_name_is_there_and_says_what_it_is():
    assert sorted(gmmlib.__all__) == gmmlib.__all__
    for name in gmmlib.__all__:
        assert getattr(gmmlib, name).__doc__.strip()


def test_the_signatures_compose_as_the_book_uses_them():
    truth = gmmlib.Mixture([0.4, 0.6], [-2, 2], [1, 1])
    x, _ = gmmlib.sample(truth, 2000, np.random.default_rng(1))
    run = gmmlib.fit(x, 2, np.random.default_rng(1), starts=3)
    found = gmmlib.relabel(run.mixture, truth)
    # Three standard errors of a mean of 800 points.
    np.testing.assert_allclose(found.means, truth.means, atol=3 / np.sqrt(800) * 1.3)
    one = gmmlib.fit(x, 1, np.random.default_rng(1), starts=1).mixture
    assert gmmlib.bic(x, found) < gmmlib.bic(x, one)
