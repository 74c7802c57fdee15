"""The adjusted Rand index: what it is of, what it does not see, and what others say it is."""

import numpy as np
import pytest
from references import read
from sklearn.metrics import adjusted_rand_score

from gmmlib import adjusted_rand

RNG = np.random.default_rng(4)
DRAWS = [
    (RNG.integers(0, K, n), RNG.integers(0, J, n))
    for n, K, J in [(9, 2, 3), (60, 4, 4), (200, 1, 5), (300, 7, 2)]
]


@pytest.mark.parametrize(("a", "b"), DRAWS)
def test_it_is_scikit_learns(a, b):
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)


def test_it_is_mclusts():
    (example,) = read("fits/mclust_crabs.json")["adjusted_rand"]
    assert adjusted_rand(example["a"], example["b"]) == pytest.approx(example["value"], rel=1e-12)


@pytest.mark.parametrize(("a", "b"), DRAWS)
def test_names_and_order_do_not_matter(a, b):
    found = adjusted_rand(a, b)
    assert adjusted_rand(b, a) == pytest.approx(found, abs=1e-12)
    assert adjusted_rand(np.array(list("qwertyu"))[a], 5 - b) == pytest.approx(found, abs=1e-12)


def test_the_same_grouping_has_1_and_an_unrelated_one_0_on_average():
    fixed = np.repeat(np.arange(4), 25)
    assert adjusted_rand(fixed, 3 - fixed) == 1
    drawn = [adjusted_rand(fixed, RNG.permutation(fixed)) for _ in range(2000)]
    assert abs(np.mean(drawn)) < 4 * np.std(drawn) / np.sqrt(2000)
    assert min(drawn) < 0


def test_where_nothing_can_differ_it_is_1():
    assert adjusted_rand([0, 0, 0], [5, 5, 5]) == 1
    assert adjusted_rand([0, 1, 2], ["a", "b", "c"]) == 1
    assert adjusted_rand([0, 0, 0], [0, 1, 2]) == 0


@pytest.mark.parametrize(
    ("a", "b"), [([0, 1], [0, 1, 1]), ([[0, 1]], [[0, 1]]), ([0], [0]), (3, 3)]
)
def test_what_is_no_pair_of_groupings_is_refused(a, b):
    with pytest.raises(ValueError, match="a label each for the same 2 points or more"):
        adjusted_rand(a, b)
