"""The data as EM reads them: rows, a block at a time.

An array of any real type (memory-mapped too), an iterable of blocks, and a Dask array all
look alike from here on: something over which a function of blocks can be summed. Nothing
larger than a block is ever copied.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property, reduce
from itertools import pairwise
from operator import add

import numpy as np
from threadpoolctl import ThreadpoolController

from . import checks

ROOM = 2**18  # doubles of work space for a block: 2 MB, what a core's cache holds
FEWEST, MOST = 256, 8192  # rows in a block, whatever they need
PARALLEL = 10**7  # numbers worked on in a pass from which on a second thread earns its keep


class Rows:
    """Rows of d numbers. x: (n,) or (n, d); or an iterable that gives blocks of such rows
    anew each time; or a Dask array. sample_weight: (n,), how often each row counts.

    threads: over how many contiguous slices an array is worked on (None: as many as there
    are cores if the data are large). For one number of threads the sums repeat bit for bit.
    """

    def __init__(self, x, d=None, sample_weight=None, threads=None):
        self.threads = threads if threads is None else checks.whole(threads, "threads", least=1)
        self.array = self.parts = self.weight = None
        if hasattr(x, "to_delayed"):
            if x.ndim == 2 and x.numblocks[1] > 1:
                x = x.rechunk({1: x.shape[1]})
            checks.real_type(x.dtype, "x")
            self.lazy, self.parts, self.shape = x, x.to_delayed().ravel(), x.shape
        elif _is_blocks(x):
            self.blocks_of_rows = x
            if iter(x) is x:
                raise ValueError(
                    "x can be iterated over only once, but EM reads the data at every step: "
                    "give a list of blocks, or an object whose __iter__ starts anew"
                )
            self.shape = np.shape(next(iter(x), None))
        else:
            self.array = checks.real_array(x, "x")
            self.shape = self.array.shape
        checks.row_shape(self.shape, d, "x" if self.array is not None else "each block of x")
        self.d = 1 if len(self.shape) == 1 else self.shape[1]
        if sample_weight is not None:
            if self.array is None:
                raise ValueError("sample_weight goes with an array, not with blocks of rows")
            self.weight = checks.sample_weight(sample_weight, len(self.array))

    def total(self, function, numbers, center=None):
        """The sum of `function(blocks)` over all rows; a row may use `numbers` doubles of work.

        `blocks` gives (number of the first row, columns (d, b), weights (b,) or None); with a
        `center` (d,) the columns are (1, x − center), that is (d + 1, b). By columns, since NumPy
        is fastest along long rows of memory.
        """
        size = max(FEWEST, min(MOST, ROOM // numbers))
        if self.parts is not None:
            import dask

            d = self.d
            one = dask.delayed(
                lambda part, first: function(_blocks(part, None, first, size, d, center))
            )
            starts = np.cumsum([0, *self.lazy.chunks[0][:-1]])
            sums = [one(part, first) for part, first in zip(self.parts, starts)]
            return dask.delayed(lambda sums: reduce(add, sums))(sums).compute()
        if self.array is None:
            return function(self._chained(size, center))
        n = len(self.array)
        large = n * numbers > PARALLEL
        threads = min(n, self.threads or (os.cpu_count() if large else 1) or 1)
        if not large and threads == 1:
            if n <= size and center is not None:
                return function(self._only_block)
            return function(_blocks(self.array, self.weight, 0, size, self.d, center))
        edges = np.linspace(0, n, threads + 1).astype(int)
        slices = [slice(a, b) for a, b in pairwise(edges)]

        def work(rows):
            weight = None if self.weight is None else self.weight[rows]
            return function(_blocks(self.array[rows], weight, rows.start, size, self.d, center))

        # The products are small: threads of the BLAS inside ours would only wait for each other.
        with _blas().limit(limits=1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
            return reduce(add, pool.map(work, slices))

    def some(self, size, rng):
        """`size` rows drawn at random without replacement, in their order, in the form of x."""
        chosen = np.sort(rng.choice(int(self.summary.n), size=size, replace=False))
        if self.parts is not None:
            return np.asarray(self.lazy[chosen])
        if self.array is not None:
            return np.asarray(self.array[chosen], dtype=np.float64)
        kept = []
        for first, X, _ in self._chained(MOST):
            inside = chosen[(chosen >= first) & (chosen < first + X.shape[1])]
            kept.append(X[:, inside - first].T)
        rows = np.vstack(kept)
        return rows[:, 0] if len(self.shape) == 1 else rows

    @cached_property
    def _only_block(self):
        # small data: turned into columns once, not at every step
        n, center = len(self.array), self.summary.mean
        return list(_blocks(self.array, self.weight, 0, n, self.d, center))

    def _chained(self, size, center=None):
        first = 0
        for block in self.blocks_of_rows:
            what = f"the block of x from row {first} on"
            block = checks.real_array(block, what)
            checks.row_shape(block.shape, self.d, what)
            yield from _blocks(block, None, first, size, self.d, center)
            first += len(block)

    @cached_property
    def summary(self):
        """n, mean, covariance, low and high of all the rows, in one pass."""
        with np.errstate(all="ignore"):  # numbers too large for a square are named by the E-step
            summary = self.total(_summarized, 3 * self.d + 2)
        if not np.isfinite(summary.mean).all():
            raise ValueError("the numbers of x are too large: their mean is not a finite number")
        return summary


@cache
def _blas():
    # Finding the libraries takes a millisecond: once is enough.
    return ThreadpoolController()


class Summary:
    """What one pass tells of the rows: how many, where, how far spread. Adds up with `+`."""

    def __init__(self, n, mean, scatter, low, high):
        self.n, self.mean, self.scatter, self.low, self.high = n, mean, scatter, low, high

    def __add__(self, other):
        # Chan, Golub and LeVeque (1983): no difference of large numbers
        n, apart = self.n + other.n, other.mean - self.mean
        share = other.n / n if n else 0.0
        scatter = self.scatter + other.scatter + self.n * share * np.outer(apart, apart)
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return Summary(n, self.mean + share * apart, scatter, low, high)

    @property
    def covariance(self):
        return self.scatter / self.n

    @cached_property
    def deviations(self):
        """Standard deviation of each column; 1 for a column that does not vary."""
        deviations = np.sqrt(np.diagonal(self.covariance))
        return np.where(deviations > 0, deviations, 1.0)

    @cached_property
    def cholesky(self):
        """T with T Tᵀ the covariance of the rows; None where there is none."""
        try:
            return np.linalg.cholesky(self.covariance)
        except np.linalg.LinAlgError:
            return None


def _summarized(blocks):
    total = None
    for first, X, weight in blocks:
        with np.errstate(all="ignore"):
            low, high = X.min(axis=1), X.max(axis=1)
            if not (np.isfinite(low).all() and np.isfinite(high).all()):
                checks.refuse_not_finite(X.T, first)
            if weight is not None:  # a row that counts 0 times does not count
                seen = X[:, weight > 0]
                low, high = seen.min(axis=1, initial=np.inf), seen.max(axis=1, initial=-np.inf)
            n = X.shape[1] if weight is None else weight.sum()
            mean = X.mean(axis=1) if weight is None else X @ weight / (n or 1)
            off = X - mean[:, None]
            scatter = (off if weight is None else off * weight) @ off.T
        part = Summary(n, mean, scatter, low, high)
        total = part if total is None else total + part
    return total


def _blocks(array, weight, first, size, d, center=None):
    for start in range(0, len(array), size):
        stop = start + size
        rows = array[start:stop].reshape(-1, d)
        if center is None:
            columns = np.ascontiguousarray(rows.T, dtype=np.float64)
        else:
            columns = np.ones((d + 1, len(rows)))
            np.subtract(rows.T, center[:, None], out=columns[1:])
        yield first + start, columns, None if weight is None else weight[start:stop]


def _is_blocks(x):
    """Whether x gives blocks of rows, rather than being an array or a list of rows."""
    if hasattr(x, "__array__") or isinstance(x, str | bytes) or not hasattr(x, "__iter__"):
        return False
    if isinstance(x, list | tuple):  # of arrays with rows of their own; else it is the rows
        return len(x) > 0 and all(getattr(block, "ndim", 0) == 2 for block in x)
    return True
