"""What every test may lean on: one seed, and property tests that do not depend on the clock."""

import numpy as np
import pytest
from hypothesis import settings

# Derandomized: CI finds what a run here finds. No deadline: a busy machine is not a bug.
settings.register_profile("book", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("book")

SEED = 20261124


@pytest.fixture
def rng():
    """A fresh generator with the one seed of these tests."""
    return np.random.default_rng(SEED)
