"""Components that are one group: shares are merged by adding, and their entropy says which ones."""

import numpy as np

from . import validation


def entropy(shares):
    """−Σ_i Σ_k q_ik log q_ik, in nats: how undecided shares (n, K) are, over all points.

    0 where each point belongs wholly to one component, n log K where all shares are equal; a share
    of 0 adds nothing. It is a sum over the points, not a mean.
    """
    return _entropy(_checked(shares))


def merge_shares(shares, groups):
    """The shares of groups of components: (n, len(groups)), each a sum of columns.

    groups: lists of components, such as [(0, 2), (1,)]; each component is in exactly one.
    """
    q = _checked(shares)
    try:
        groups = [
            tuple(validation.whole(k, "a component", least=0) for k in group) for group in groups
        ]
    except TypeError:
        groups = ()  # a group that is a number
    if sorted(k for group in groups for k in group) != list(range(q.shape[1])) or () in groups:
        raise ValueError(
            f"each of {q.shape[1]} components must be in exactly one group, as in [(0, 2), (1,)]"
        )
    return np.column_stack([q[:, list(group)].sum(axis=1) for group in groups])


def merge_path(shares):
    """Groups from each component alone to all in one: a list of K lists of tuples.

    From one to the next, the two groups are merged that lower the entropy most. mclust's
    `clustCombi` does so. Baudry, Raftery, Celeux, Lo and Gottardo (2010).
    """
    q = _checked(shares)
    path = [[(k,) for k in range(q.shape[1])]]
    while len(groups := path[-1]) > 1:
        merged = merge_shares(q, groups)
        alone = [_entropy(column) for column in merged.T]
        pairs = [(a, b) for a in range(len(groups)) for b in range(a + 1, len(groups))]
        lowers = [alone[a] + alone[b] - _entropy(merged[:, a] + merged[:, b]) for a, b in pairs]
        a, b = pairs[int(np.argmax(lowers))]
        others = [group for group in groups if group not in (groups[a], groups[b])]
        path.append(sorted([tuple(sorted(groups[a] + groups[b])), *others]))
    return path


def _checked(shares):
    q = validation.numbers(shares, "shares")
    return validation.shares(q, len(q) if q.ndim else 0)


def _entropy(q):
    logs = np.log(q, where=q > 0, out=np.zeros_like(q))
    return max(0.0, float(-(q * logs).sum()))  # rounding may make a share more than 1
