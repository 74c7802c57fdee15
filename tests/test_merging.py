"""Merging components: what entropy does, and which pair comes first."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from gmmlib import entropy, merge_path, merge_shares

RNG = np.random.default_rng(5)
SHARES = RNG.dirichlet([0.4] * 5, 60)


def test_the_entropy_is_0_where_all_is_decided_and_n_log_K_where_nothing_is():
    assert entropy(np.eye(3)[[0, 1, 2, 2]]) == 0
    assert entropy(np.full((7, 4), 0.25)) == pytest.approx(7 * np.log(4))
    assert entropy([[0.5, 0.5, 0], [1, 0, 0]]) == pytest.approx(np.log(2))


@pytest.mark.parametrize("pair", list(combinations(range(5), 2)))
def test_merging_never_raises_the_entropy(pair):
    others = [(k,) for k in range(5) if k not in pair]
    assert entropy(merge_shares(SHARES, [pair, *others])) < entropy(SHARES)


def test_merged_shares_are_sums_and_still_shares():
    merged = merge_shares(SHARES, [(3, 0), (1,), (2, 4)])
    assert np.array_equal(merged[:, 0], SHARES[:, 3] + SHARES[:, 0])
    assert np.array_equal(merged[:, 1], SHARES[:, 1])
    assert np.allclose(merged.sum(axis=1), 1)


def test_each_step_of_the_path_merges_the_two_groups_that_lower_the_entropy_most():
    path = merge_path(SHARES)
    assert [len(groups) for groups in path] == [5, 4, 3, 2, 1]
    for before, after in pairwise(path):
        found = entropy(merge_shares(SHARES, after))
        for a, b in combinations(before, 2):
            others = [group for group in before if group not in (a, b)]
            assert found <= entropy(merge_shares(SHARES, [a + b, *others])) + 1e-9
        assert len(set(before) & set(after)) == len(after) - 1


def test_one_component_cut_in_two_is_merged_again_first():
    sure = np.eye(3)[RNG.integers(3, size=200)]
    cut = RNG.random((200, 1))
    shares = np.column_stack([sure[:, :1] * cut, sure[:, 1:], sure[:, :1] * (1 - cut)])
    path = merge_path(shares)
    assert path[1] == [(0, 3), (1,), (2,)]
    assert entropy(merge_shares(shares, path[1])) == pytest.approx(0, abs=1e-12)
    assert merge_path(np.ones((4, 1))) == [[(0,)]]


@pytest.mark.parametrize(
    "groups",
    [[(0, 1), (2, 3)], [(0, 1, 2, 3, 4), ()], [(0, 1), (1, 2, 3, 4)], [0, 1, 2, 3, 4], 3],
)
def test_groups_that_are_no_partition_are_refused(groups):
    with pytest.raises(ValueError, match="exactly one"):
        merge_shares(SHARES, groups)


@pytest.mark.parametrize("wrong", ["a", 1.0, True, -1])
def test_a_component_that_is_no_whole_number_is_refused(wrong):
    with pytest.raises(ValueError, match="a component must be"):
        merge_shares(SHARES, [(0, 2, 3, 4), (wrong,)])


def test_shares_that_are_none_are_refused():
    with pytest.raises(ValueError, match="shape"):
        entropy(np.zeros((0, 2)))
    with pytest.raises(ValueError, match="row 1 of shares"):
        entropy([[0.5, 0.5], [0.5, 0.6]])
    with pytest.raises(ValueError, match="shape"):
        merge_path([0.5, 0.5])
