"""How far two groupings of the same points agree, whatever their groups are called."""

import numpy as np


def adjusted_rand(labels, others):
    """The adjusted Rand index of two groupings (n,): 1 if they are one, 0 by chance on average.

    Counted are pairs of points. Both groupings put a pair together, or one does, or none: with c
    pairs together in both, a in the first and b in the second, of m pairs in all, it is
    (c − a b / m) / ((a + b) / 2 − a b / m). Names of groups do not matter, nor does how many there
    are. It may be below 0; two groupings without any pair, or of one group each, agree: 1.

    labels, others: anything that can be compared, numbers or words. Hubert and Arabie (1985);
    mclust's `adjustedRandIndex`, scikit-learn's `adjusted_rand_score`.

    Raises `ValueError` where the two are not two lists of the same length, 2 or more.
    """
    labels, others = np.asarray(labels), np.asarray(others)
    if labels.ndim != 1 or labels.shape != others.shape or len(labels) < 2:
        raise ValueError(
            "two groupings need a label each for the same 2 points or more, "
            f"not shapes {labels.shape} and {others.shape}"
        )
    rows, columns = (np.unique(each, return_inverse=True)[1] for each in (labels, others))
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    together, first, second = (_pairs(t) for t in (table, table.sum(axis=1), table.sum(axis=0)))
    expected = first * second / _pairs(np.array(len(labels)))
    most = (first + second) / 2
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def _pairs(counts):
    """How many pairs can be made within groups of these sizes, all together."""
    return float((counts * (counts - 1.0)).sum() / 2)
