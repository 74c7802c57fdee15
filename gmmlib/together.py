"""EM from several starts, or on several data sets, in one array.

Where the data are small a step of EM is some forty calls of NumPy, and most of its time is the
calls. A stack of S mixtures, (S, K, d + 1, d + 1) in place of (K, d + 1, d + 1), takes the same
calls: ten starts cost hardly more than one. The E-step and the M-step are those of em.py.
"""

from dataclasses import dataclass

import numpy as np

from .covariance import full
from .em import Statistics, changed, move, rounding, share_out, way_of, way_to_go
from .mixture import Mixture
from .rows import Work
from .run import CollapseError
from .summary import Summary

CHUNK = 2**18  # numbers of work space for a chunk of data sets: what a core's cache holds


class DataSets:
    """S data sets of n rows each, xs (S, n) or (S, n, d), in the form that an E-step reads."""

    def __init__(self, xs):
        X = np.asarray(xs, dtype=float)
        X = X.reshape(*X.shape[:2], -1).swapaxes(-1, -2)  # columns (S, d, n)
        S, d, n = X.shape
        mean = X.mean(axis=-1)[:, None]
        rows = np.ones((S, d + 1, n))
        np.subtract(X, mean.swapaxes(-1, -2), out=rows[:, 1:])
        scatter = rows[:, 1:] @ rows[:, 1:].swapaxes(-1, -2)
        low, high = X.min(axis=-1)[:, None], X.max(axis=-1)[:, None]
        # each (S, 1, …): one for all the components of a mixture
        self.summary = _Summaries(n, n, mean, scatter[:, None], low, high)
        self.rows, self.d, self._blocks, self._work = rows, d, {}, Work()

    def blocks(self, way):
        kept = self._blocks.get(type(way))
        if kept is None:
            kept = way.prepare(self.rows, self.summary, Work())
            self._blocks[type(way)] = kept
        return [(None, kept, None)]

    def work(self):
        return self._work

    def of(self, members):
        """The data sets of these members of the stack alone."""
        some = object.__new__(DataSets)
        some.rows, some.d, some._blocks, some._work = self.rows[members], self.d, {}, Work()
        some.summary = self.summary.of(members)
        return some


class _Summaries(Summary):
    """What is known of each of S data sets: arrays with a leading (S, 1)."""

    def of(self, members):
        parts = (a[members] for a in (self.mean, self.scatter, self.low, self.high))
        return _Summaries(self.n, self.rows, *parts)

    @property
    def deviations(self):
        deviations = np.sqrt(np.diagonal(self.scatter, axis1=-2, axis2=-1) / self.n)
        return np.where(deviations > 0, deviations, 1.0)

    @property
    def whitening(self):
        if "_whitening" not in self.__dict__:
            T, d = self.cholesky, self.mean.shape[-1]
            affine = np.zeros((len(T), 1, d + 1, d + 1))
            affine[..., 0, 0], affine[..., 1:, 1:] = 1, T
            heights = np.log(T.diagonal(axis1=-2, axis2=-1)).sum(axis=-1)[:, 0]
            # the inverse works on the columns (S, d, n), which have no axis for components
            self._whitening = affine, np.linalg.inv(affine)[:, 0], heights
        return self._whitening

    @property
    def grain(self):
        return Summary.grain.func(self)[..., None, :]


class OneDataSet:
    """One data set for all the mixtures of a stack: rows of an array, all in one block."""

    def __init__(self, rows):
        self.rows, self.summary, self.d = rows, rows.summary, rows.d

    def blocks(self, way):
        return [(None, block, weight) for _, block, weight in self.rows._only_block(way)]

    def work(self):
        return self.rows._lent("stack")

    def of(self, members):
        return self


@dataclass
class Stack:
    """Where each of S climbs is: what `climb` found out.

    weights (S, K), affine (S, K, d + 1, d + 1) with (1, x − center) = A (1, u): NaN where a climb
    collapsed. log_likelihoods (S,): of these mixtures; NaN likewise. heights: with the log prior.
    gains (S, 2): what the last two steps gained. steps (S,): how many each took. converged (S,).
    """

    weights: np.ndarray
    affine: np.ndarray
    center: np.ndarray
    log_likelihoods: np.ndarray
    heights: np.ndarray
    gains: np.ndarray
    steps: np.ndarray
    converged: np.ndarray
    flat: bool
    hold: frozenset
    covariance: object

    def __len__(self):
        return len(self.weights)

    def keep(self, members, mixture, those=slice(None)):
        """Take note of where some climbs end: `those` of a stack of mixtures."""
        self.weights[members], self.affine[members] = mixture.weights[those], mixture._affine[those]

    def mixture(self, s, start=None):
        """Where one climb ended; None where it collapsed. start: what has the digits held."""
        if np.isnan(self.log_likelihoods[s]):
            return None
        center = self.center[s, 0] if self.center.ndim == 3 else self.center
        parts = self.weights[s].copy(), self.affine[s].copy()
        end = Mixture.from_affine(*parts, center, self.flat, self.hold, self.covariance)
        if start is not None:
            end.take_over(start)
        return end


def stack_of(mixtures, center, hold=()):
    """Mixtures of one shape as a `Mixture` with a leading axis; center (d,) or (S, 1, d).

    hold: what they are to keep to the last digit.
    """
    weights = np.array([m.weights for m in mixtures])
    centers = center if center.ndim == 3 else [center] * len(mixtures)
    A = np.array([m.affine(c) for m, c in zip(mixtures, centers)])
    stack = Mixture.from_affine(weights, A, center, mixtures[0].flat, frozenset(hold))
    for name in ("means", "covariances"):
        if name in hold:
            stack.__dict__[name] = np.array([getattr(m, name) for m in mixtures])
    return stack


def climb(data, start, steps, tolerance=0.0, hold=frozenset(), prior=None, covariance=full):
    """EM from every mixture of the stack `start`, at most so many steps each: a `Stack`.

    data: `OneDataSet`, or `DataSets` with one for each member of the stack. Each climb stops by
    itself, by the rule of `em`: when it has hardly any way to go (tolerance), or collapses.
    Whether the place where it stopped is a maximum or a saddle nobody looks.
    """
    S, K = start.weights.shape

    def height(s):
        return s.log_likelihood if prior is None else prior.height(s, covariance)

    found = Stack(
        np.full((S, K), np.nan),
        np.full(start.affine(data.summary.mean).shape, np.nan),
        data.summary.mean,
        *(np.full(S, np.nan) for _ in range(2)),
        np.full((S, 2), np.inf),
        np.zeros(S, int),
        np.zeros(S, bool),
        start.flat,
        hold,
        covariance,
    )
    members, mixture, moves, step = np.arange(S), start, [], 0
    with np.errstate(all="ignore"):
        while True:
            statistics = _e_step(data, mixture)
            heights = height(statistics)
            found.gains[members, 0] = found.gains[members, 1]
            found.gains[members, 1] = heights - found.heights[members] if step else np.inf
            found.log_likelihoods[members] = statistics.log_likelihood
            found.heights[members], found.steps[members] = heights, step
            following, C, alive = _m_step(data, statistics, hold, prior, covariance)
            for values in (found.log_likelihoods, found.heights):
                values[members[~alive]] = np.nan  # collapsed
            if step == steps:
                found.keep(members, mixture)
                return found
            if not alive.all():
                members, data = members[alive], data.of(alive)
                if not len(members):
                    return found
            before = mixture.weights if alive.all() else mixture.weights[alive]
            moves = moves[-2:] if alive.all() else [m[alive] for m in moves[-2:]]
            moves = [*moves, move(C, before, following.weights)]
            to_go = np.array([way_to_go(of_one) for of_one in zip(*(m.tolist() for m in moves))])
            done = to_go <= tolerance
            if (moves[-1] < 1e-6).any():  # as in `em`: no parameter moves by more than rounding
                done |= (moves[-1] < 1e-6) & (moves[-1] <= rounding(statistics)[alive])
            found.converged[members[done]] = True
            if done.any():
                there = done if alive.all() else np.flatnonzero(alive)[done]
                found.keep(members[done], mixture, there)
                going = ~done
                members, data, moves = members[going], data.of(going), [m[going] for m in moves]
                if not len(members):
                    return found
                following = _some(following, going, data)
            mixture, step = following, step + 1


def _e_step(data, mixture):
    way, n = way_of(mixture, data.summary), data.summary.n
    sums, log_likelihood = share_out(data.blocks(way), data.work(), way).parts
    moments = way.moments(sums)
    return Statistics(moments, log_likelihood + n * way.level, n, mixture, data.summary)


def _m_step(data, statistics, hold, prior, covariance):
    """The M-step of all that do not collapse, C, and which these are."""
    alive = np.isfinite(statistics.log_likelihood)
    while alive.any():
        those = statistics
        if not alive.all():
            some = data.of(alive)
            those = Statistics(
                statistics.moments[alive],
                statistics.log_likelihood[alive],
                statistics.n,
                _some(statistics.mixture, alive, some),
                some.summary,
            )
        try:
            return *changed(those, hold, prior, covariance), alive
        except CollapseError as collapse:
            alive[np.flatnonzero(alive)[collapse.component // statistics.mixture.K]] = False
    return None, None, alive


def _some(stack, members, data):
    weights, A, center = stack.weights[members], stack._affine[members], data.summary.mean
    some = Mixture.from_affine(weights, A, center, stack.flat, stack.hold, stack.covariance)
    for name in ("means", "covariances"):
        if name in stack.hold:
            some.__dict__[name] = getattr(stack, name)[members]
    return some
