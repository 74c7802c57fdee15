"""The data as EM reads them: rows, a block at a time.

An array of any real type (memory-mapped too), an iterable of blocks, and a Dask array all
look alike from here on: something over which a function of blocks can be summed. Nothing
larger than a block is ever copied.
"""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import cache, cached_property, reduce
from itertools import chain
from operator import add

import numpy as np

from . import validation
from .summary import Known, Summary

ROOM = 2**18  # doubles of work space for a block: 2 MB, what a core's cache holds
FEWEST, MOST = 256, 8192  # rows in a block, whatever they need
HAS_THREADS = sys.platform not in ("emscripten", "wasi")  # Python in a browser has none
PARALLEL = 10**7  # numbers worked on in a pass from which on a second thread earns its keep


class Rows:
    """Rows of d numbers. x: (n,) or (n, d); or an iterable that gives blocks of such rows
    anew each time; or a Dask array. sample_weight: (n,), how often each row counts; a row
    that counts 0 times is as if it were not there.

    threads: over how many contiguous slices an array is worked on (None: as many as there
    are cores if the data are large). For one number of threads the sums repeat bit for bit.
    missing: whether NaN stands for an entry that is not known; else it is refused.
    """

    def __init__(self, x, d=None, sample_weight=None, threads=None, missing=False):
        self.threads = threads if threads is None else validation.whole(threads, "threads", least=1)
        self.missing = bool(missing)
        self.array = self.parts = self.weight = self.length = None
        if hasattr(x, "to_delayed"):
            self._take_dask(x)
        elif _is_blocks(x):
            self._take_blocks(x)
        else:
            self.array = validation.real_array(x, "x", gaps=self.missing)
            self.shape, self.length = self.array.shape, len(np.atleast_1d(self.array))
        validation.row_shape(self.shape, d, "x" if self.array is not None else "each block of x")
        self.d = 1 if len(self.shape) == 1 else self.shape[1]
        if sample_weight is not None:
            self.weight = validation.sample_weight(sample_weight, self.length)
        self._work, self._kept = {}, {}

    def _take_dask(self, x):
        import dask

        validation.real_type(x.dtype, "x")
        if x.ndim == 2 and x.numblocks[1] > 1:
            x = x.rechunk({1: x.shape[1]})
        parts, lengths = x.to_delayed().ravel(), x.chunks[0] if x.ndim else ()
        if np.isnan(lengths).any():  # as a filter leaves them: they have to be looked at
            lengths = dask.compute(*(dask.delayed(len)(part) for part in parts))
        self.length = int(sum(lengths))
        self.shape = (self.length, *x.shape[1:]) if x.ndim else ()
        starts = np.cumsum([0, *lengths[:-1]]).tolist()
        self.parts = [(p, a, n) for p, a, n in zip(parts, starts, lengths) if n]

    def _take_blocks(self, x):
        validation.refuse_no_array(x, "x")
        blocks = iter(x)
        self.blocks_of_rows, self.shape = x, (0,)
        for block in blocks:
            self.shape = np.shape(block)
            if 0 not in self.shape[:1]:
                break
        if iter(x) is blocks:
            validation.refuse_read_once()

    def total(self, function, way=None):
        """The sum of `function(blocks, work)` over all rows.

        `blocks` gives (number of the first row, block, weights (b,) or None). A block is the
        columns (d, b) of the rows, or what `way` prepares from (1, x − mean), (d + 1, b): by
        columns, since NumPy is fastest along long rows of memory. A row may use `way.room` doubles
        of work space; `work` lends arrays.
        """
        numbers = 3 * self.d + 2 if way is None else way.room
        size = max(FEWEST, min(MOST, ROOM // numbers))
        if self.parts is not None:
            return self._total_of_dask(function, size, way)
        if self.array is None:
            return function(self._chained(size, way), self._lent(0))
        n = self.length
        large = n * numbers > PARALLEL
        slices = min(n, self.threads or (large and HAS_THREADS and os.cpu_count()) or 1)
        if slices == 1 and not large:
            if way is not None and n <= size:
                return function(self._only_block(way), self._lent(0))
            return function(self._blocks(self.array, 0, size, way, self._lent(0)), self._lent(0))
        edges = np.linspace(0, n, slices + 1).astype(int).tolist()

        def work(i):
            first, stop = edges[i], edges[i + 1]
            lent = self._lent(i)
            with np.errstate(all="ignore"):  # a thread does not inherit it
                return function(self._blocks(self.array[first:stop], first, size, way, lent), lent)

        if not HAS_THREADS:
            return reduce(add, map(work, range(slices)))
        # The products are small: threads of the BLAS inside ours would only wait for each other.
        with one_blas_thread:
            if slices == 1:
                return work(0)
            with ThreadPoolExecutor(slices) as pool:
                return reduce(add, pool.map(work, range(slices)))

    def _total_of_dask(self, function, size, way):
        import dask

        alone = _Blocks(self.d, self.weight, None if way is None else self.summary)

        @dask.delayed
        def of_part(part, first):
            with np.errstate(all="ignore"):
                return function(alone.of(part, first, size, way, Work()), Work())

        sums = [of_part(part, first) for part, first, _ in self.parts]
        return dask.delayed(lambda sums: reduce(add, sums))(sums).compute()

    def each(self, function, size):
        """`function(columns (d, b), number of the first row)` of one block after the other."""
        for first, columns, _ in self._plain_blocks(size, self.weight):
            yield function(columns, first)

    def _plain_blocks(self, size, weight=None):
        alone = _Blocks(self.d, weight, None)
        if self.array is not None:
            return alone.of(self.array, 0, size, None, Work())
        if self.parts is not None:
            parts = self.parts
            blocks = (alone.of(p.compute(), first, size, None, Work()) for p, first, _ in parts)
            return chain.from_iterable(blocks)
        return self._chained(size, None)

    def some(self, size, rng):
        """`size` rows drawn without replacement, in their order, in the form of x; their weights.

        Every row that counts is as likely as any other.
        """
        rows = self.summary.rows  # also makes sure that the length is known
        counting = self.length if self.weight is None else np.flatnonzero(self.weight)
        if size >= rows:
            chosen = np.arange(self.length) if self.weight is None else counting
        else:
            chosen = np.sort(rng.choice(counting, size=size, replace=False))
        weight = None if self.weight is None else self.weight[chosen]
        if self.array is not None:
            return np.asarray(self.array[chosen], dtype=np.float64), weight
        kept = []
        for first, X, _ in self._plain_blocks(MOST):
            inside = chosen[(chosen >= first) & (chosen < first + X.shape[1])]
            kept.append(X[:, inside - first].T)
        rows = np.vstack(kept)
        return (rows[:, 0] if len(self.shape) == 1 else rows), weight

    def _lent(self, i):
        return self._work.setdefault(i, Work())

    def _blocks(self, array, first, size, way, work):
        summary = None if way is None else self.summary
        return _Blocks(self.d, self.weight, summary).of(array, first, size, way, work)

    def _only_block(self, way):
        # Small data: turned into what the way works on once, not at every step.
        kept = self._kept.get(type(way))
        if kept is None:
            kept = list(self._blocks(self.array, 0, self.length, way, Work()))
            self._kept[type(way)] = kept
        return kept

    def _chained(self, size, way):
        first = 0
        for block in self.blocks_of_rows:
            what = f"the block of x from row {first} on"
            block = validation.real_array(block, what, gaps=self.missing)
            if 0 in block.shape[:1]:
                continue
            validation.row_shape(block.shape, self.d, what)
            if self.weight is not None and first + len(block) > len(self.weight):
                raise ValueError(f"x has more rows than the {len(self.weight)} of sample_weight")
            yield from self._blocks(block, first, size, way, self._lent(0))
            first += len(block)
        if self.length is None:
            self.length = first
            if self.weight is not None and len(self.weight) != first:
                validation.sample_weight(self.weight, first)
        if first != self.length:
            validation.refuse_change(f"{self.length} rows the first time and {first} now")

    def refuse_change(self, statistics):
        """Refuses an iterable that gave other rows than the first time: their mean has moved."""
        if self.array is not None or self.parts is not None or self.missing:
            return
        summary, mixture = statistics.summary, statistics.mixture
        sums = mixture.affine(summary.mean) @ statistics.moments[:, :, :1]
        moved = np.abs(sums.sum(axis=0)[1:, 0]) / (statistics.n * summary.deviations)
        if moved.max() > 1e-6:
            j = int(np.argmax(moved))
            validation.refuse_change(
                f"rows with another mean in column {j} "
                f"({moved[j]:.2g} standard deviations away) than the first time"
            )

    @cached_property
    def summary(self):
        """n, mean, covariance, low and high of all the rows, in one pass."""
        kind = Known if self.missing else Summary
        with np.errstate(all="ignore"):  # numbers too large for a square are named below
            summary = self.total(lambda blocks, work: _summed_up(kind, blocks))
        if summary is None:  # the look at the first block was all that there was
            validation.refuse_read_once()
        validation.refuse_units(summary)
        return summary


class Work(dict):
    """Lends arrays that are written over at every step.

    A large array given back to the system and asked for again costs more than the arithmetic in
    it: its pages are cleared each time.
    """

    def __call__(self, name, *shape):
        array = self.get((name, shape))
        if array is None:
            array = self[name, shape] = np.empty(shape)
        return array


class _Blocks:
    """Makes blocks of rows. It knows no data, so that it can travel to other processes."""

    def __init__(self, d, weight, summary):
        self.d, self.weight, self.summary = d, weight, summary

    def of(self, array, first, size, way, work):
        for start in range(0, len(array), size):
            rows = array[start : start + size].reshape(-1, self.d)
            row, b = first + start, len(rows)
            weight = None if self.weight is None else self.weight[row : row + b]
            if way is None:
                block = columns = np.ascontiguousarray(rows.T, dtype=np.float64)
            else:
                block = work("rows", self.d + 1, b)
                block[0], columns = 1, block[1:]
                np.subtract(rows.T, self.summary.mean[:, None], out=columns)
            if weight is not None and not weight.all():
                if way is None:
                    block = columns = columns.copy()  # it may be the caller's own
                columns[:, weight == 0] = 0
            yield row, block if way is None else way.prepare(block, self.summary, work), weight


class OneBlasThread:
    """Keeps the BLAS to one thread while anybody is inside; the last to leave gives back the rest.

    The limit belongs to the whole process. If each of several threads put back what it had found
    itself, the last to leave might put back the limit of another; and threadpoolctl lets only the
    thread that has set a limit lift it. So a thread of its own holds the limit for all.
    """

    def __init__(self):
        self.lock, self.inside = threading.Lock(), 0

    def __enter__(self):
        with self.lock:
            if self.inside == 0:
                held, self.release = threading.Event(), threading.Event()
                self.keeper = threading.Thread(target=self._keep, args=(held, self.release))
                self.keeper.start()
                held.wait()
            self.inside += 1

    def __exit__(self, *error):
        with self.lock:
            self.inside -= 1
            if self.inside == 0:
                self.release.set()
                self.keeper.join()

    @staticmethod
    def _keep(held, release):
        try:
            with _blas_limit():
                held.set()
                release.wait()
        finally:
            held.set()


one_blas_thread = OneBlasThread()


def _blas_limit():
    blas = _blas()
    return nullcontext() if blas is None else blas.limit(limits=1, user_api="blas")


@cache
def _blas():
    """What limits the BLAS; None where it is not to be had: the sums are slower then, not wrong."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    # Finding the libraries takes a millisecond: once is enough.
    return ThreadpoolController()


def _summed_up(kind, blocks):
    total = None
    for first, X, weight in blocks:
        if not np.isfinite(X.sum()):
            validation.finite_columns(X, first, gaps=kind is not Summary)
        part = kind.of(X, weight)
        total = part if total is None else total + part
    return total


def _is_blocks(x):
    """Whether x gives blocks of rows, rather than being an array or a list of rows."""
    if hasattr(x, "__array__") or not hasattr(x, "__iter__"):
        return False
    # Python gives no row of a memoryview with two axes, NumPy does
    if isinstance(x, str | bytes | memoryview):
        return False
    if hasattr(x, "__getitem__") and hasattr(x, "__len__"):  # a list, a range, an array.array …
        try:
            shapes = [getattr(x[i], "shape", ()) for i in range(len(x))]
            of_rows = [len(shape) == 2 for shape in shapes if 0 not in shape]  # others are empty
            return all(of_rows) and any(len(shape) == 2 for shape in shapes)
        except (KeyError, IndexError, TypeError):
            return True
    return True
