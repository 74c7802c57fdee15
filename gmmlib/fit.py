"""The search for the highest maximum: several starts, a race, and the winner's climb to the end.

EM ends at the maximum whose basin it starts in, and there are many. So: start from several places
of several kinds; let all climb a little; leave behind those that cannot win any more; climb to the
end with the others. Then look at what the best of them explains badly, and whether one of its
components would do more there.
"""

import inspect
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from . import validation
from .covariance import full
from .em import Climb, Statistics, changed, run_from, shared_as
from .kmeans import one_hot
from .linear import cholesky
from .mixture import Mixture
from .moves import far_rows, offers, with_group
from .rows import Rows
from .run import CollapseError, Run, Search
from .start import all_alike, clusters_of_many, different
from .together import OneDataSet, climb, stack_of

ROWS = 5_000  # rows to search on at least; more where K and d need more
SMALL = 1_000  # rows below which starts climb together in one array
ROUNDS = (1, 4, 10, 20)  # steps of EM from one look at the field to the next
TOGETHER = (2, 10, 5, 8, 12)  # and of data so small that they climb in one array
SLACK = 5e-3  # nats a row of weight 1: what is no nearer to winning than this has lost
FINALISTS = 3
TRIES = 6  # moves of a component that may fail, one after the other
LLOYD = 10  # steps of k-means
NEAR = 1e-3  # the tolerance of the race, in standard deviations
WORK = 2**21  # doubles of work space for starts that are made together

# Clusters by k-means, in units of the columns and in units in which the data are round; points that
# lie apart, and any points.
KINDS = ["columns", "round", "apart", "columns", "points"]


def fit(
    x,
    K,
    rng,
    starts=10,
    tolerance=1e-8,
    max_steps=1000,
    *,
    start=None,
    race=True,
    hold=(),
    sample_weight=None,
    prior=None,
    covariance=full,
    accelerate=False,
    on_step=None,
    threads=None,
    missing=False,
    keep_mixtures=True,
):
    """Run EM from `starts` starts, and keep the best run.

    start: a function of (x, K, rng), such as `kmeans_plus_plus_start` or `random_start`. If it
    takes sample_weight, covariance or prior by name, it is given them. None: clusters by k-means,
    in units of the columns and in units in which the data are round, and random points, in turn.
    race: whether starts that cannot win any more are left behind, and components of the best are
    tried out elsewhere. False: every start climbs to its end, which is slower and tells where all
    of them end.
    hold: "weights", to keep those of the starts: equal, if start is None. What else is known is
    a start's to say, and `em`'s to hold.
    on_step: as in `em`, for the run that is returned (without a race, for that of every start).
    The other options: as in `em`.

    Large data are searched on some of their rows, drawn at random; then EM goes on over all the
    data from where the best ended. `Run.finals` has where each start ended or was left behind (on
    the rows searched), and NaN for those that collapsed; `Run.search` tells what was searched.
    Starts that collapse are counted, not kept; if all do, the search is tried on all the rows; and
    if all do there, that is a `CollapseError`.
    """
    validation.generator(rng)
    K = validation.whole(K, "K", least=1)
    starts = validation.whole(starts, "starts", least=1)
    hold, covariance = validation.held(hold), validation.kind_of_covariance(covariance)
    validation.start_of(start)
    tolerance = validation.at_least_zero(tolerance, "tolerance")
    max_steps = validation.whole(max_steps, "max_steps", least=0)
    if start is None and hold - {"weights"}:
        raise ValueError(
            "fit holds weights only, since its starts know no means and covariances: "
            "give a start that does, or call em(x, start, hold=...)"
        )
    rows = Rows(x, sample_weight=sample_weight, threads=threads, missing=missing)
    validation.refuse_units(rows.summary, covariance=True)
    validation.enough(rows.summary, K, covariance.needs if prior is None else None)
    options = Options(hold, prior, covariance)
    field = Field(rows, K, rng, starts, start, options, max_steps)
    last = {"accelerate": accelerate, "on_step": on_step, "keep_mixtures": keep_mixtures}
    try:
        return field.searched(race, tolerance, last)
    except KeyboardInterrupt as stop:
        if not hasattr(stop, "run"):
            stop.run = field.so_far()
        raise


class Options(NamedTuple):
    """How the M-step is to be done."""

    hold: frozenset
    prior: object
    covariance: object


class Runner:
    """A start in the race: where it is, and how fast it still climbs."""

    def __init__(self, mixture):
        self.mixture, self.climb, self.error, self.twin, self.run = mixture, None, None, None, None
        self.height, self.log_likelihood = -np.inf, np.nan
        self.gains, self.arrived = (np.inf, np.inf), False

    def go(self, rows, options, steps, accelerate=False, tolerance=NEAR):
        """So many steps more. One that collapses has no mixture any longer."""
        try:
            with np.errstate(all="ignore"):
                if self.climb is None:
                    self.climb = Climb(rows, *options)
                    self.climb.begin(self.mixture)
                run = self.climb.up(tolerance, self.climb.steps + steps, accelerate, look=False)
        except (CollapseError, ArithmeticError) as error:
            return self.lost(error)
        heights = self.climb.heights[-3:]
        self.gains = tuple(np.diff(heights)) if len(heights) > 2 else (np.inf, np.inf)
        self.mixture, self.height = run.mixture, heights[-1]
        self.log_likelihood, self.arrived = run.log_likelihood, run.converged
        return self

    def lost(self, error):
        """It collapsed."""
        self.mixture, self.error, self.height = None, error, -np.inf
        return self

    def ended(self, run, prior):
        """It was run to its end."""
        self.run, self.mixture, self.arrived = run, run.mixture, True
        self.height = self.log_likelihood = run.log_likelihood
        if prior is not None:
            self.height += prior.log_density(run.mixture, covariance=run.covariance)

    def can_reach(self, doubt=4):
        """The height it is heading for, at the most, if its gains shrink as the last ones did.

        doubt: how many times as much as they seem to add up to they may come to.
        """
        before, last = self.gains
        if self.arrived or last <= 0:
            return self.height
        if not last < before:
            return np.inf
        ratio = last / before
        return self.height + doubt * last * ratio / (1 - ratio)


class Field:
    """The starts, and the rows they climb on."""

    def __init__(self, rows, K, rng, starts, start, options, max_steps):
        self.all_rows, self.K, self.rng, self.start = rows, K, rng, start
        self.options, self.max_steps, self.runners = options, max_steps, []
        self.starts = 1 if (K == 1 and start is None) or not needs_rng(start) else starts
        d, counting = rows.d, rows.summary.rows
        # So many that a component has some hundred, and several for each of its numbers.
        self.size = min(counting, max(ROWS, 500 * K, 100 * K * (d + 1)))
        self.draw()

    def draw(self):
        """The rows to search on: all of them, or some."""
        rows = self.all_rows
        self.x, self.weight = rows.some(self.size, self.rng)
        self.rows = rows
        if self.size < rows.length or rows.array is None:
            self.rows = Rows(self.x, rows.d, self.weight, rows.threads, rows.missing)
        self.begin_rows = self.rows  # where the starts are made
        if rows.missing:
            self.x = filled_in(self.x, self.rng)
            self.begin_rows = Rows(self.x, rows.d, self.weight)

    def searched(self, race, tolerance, last):
        """The search, and the climb to the end: a `Run`."""
        if self.starts == 1 and self.rows is self.all_rows:
            return self.only(tolerance, last)
        climb = self.race if race else partial(self.climb_all, tolerance, last)
        climb()
        if not any(runner.mixture for runner in self.runners) and self.rows is not self.all_rows:
            self.rows, self.size = self.all_rows, self.all_rows.summary.rows
            climb()
        if not any(runner.mixture for runner in self.runners):
            self.refuse_collapse()
        return self.finished(race, tolerance, last)

    def climb_all(self, tolerance, last):
        """Every start to its end, by `em`; begun only when the one before it has arrived."""
        self.runners = []
        for begin in self.made_starts():
            runner = Runner(begin)
            self.runners.append(runner)
            try:
                runner.ended(self.climbed(begin, tolerance, last, self.rows), self.options.prior)
            except CollapseError as error:
                runner.lost(error)

    def only(self, tolerance, last):
        """A single start on all the rows is EM from there, step by step."""
        begin = self.made_starts()[-1]
        run = self.climbed(begin, tolerance, last)
        finals, search = np.array([run.log_likelihood]), self.report(0)
        return replace(run, finals=finals, search=search)

    def climbed(self, begin, tolerance, last, rows=None):
        rows = rows or self.all_rows
        return run_from(begin, rows, self.options, tolerance, self.max_steps, **last)

    def race(self):
        """All the starts, some steps at a time, until those that can still win have arrived."""
        self.runners = [Runner(mixture) for mixture in self.made_starts()]
        active, left = self.runners, self.max_steps
        doubt = 20 if self.small else 4  # the first steps mislead
        for steps in TOGETHER if self.small else ROUNDS:
            self.advance(active, min(steps, left))
            left -= min(steps, left)
            active = self.still_in(active, doubt)
            doubt = 4
            if not active or not left:
                return
        for runner in active:  # few are left: they leap
            runner.go(self.rows, self.options, left, accelerate=True)

    def advance(self, runners, steps):
        """Some steps for each: in one array where that is quicker."""
        if self.rows.missing or not self.small or len(runners) == 1:
            for runner in runners:
                runner.go(self.rows, self.options, steps)
            return
        center = self.rows.summary.mean
        stack = stack_of([runner.mixture for runner in runners], center, self.options.hold)
        found = climb(OneDataSet(self.rows), stack, steps, NEAR, *self.options)
        for s, runner in enumerate(runners):
            runner.mixture = found.mixture(s, runner.mixture)
            if runner.mixture is None:
                runner.height = -np.inf
                continue
            runner.height, runner.log_likelihood = found.heights[s], found.log_likelihoods[s]
            runner.gains, runner.arrived = tuple(found.gains[s]), bool(found.converged[s])

    def still_in(self, active, doubt):
        """Those that can still win, one of each place; of large data the better half at most."""
        best = max(runner.height for runner in self.runners)
        can = [r for r in active if r.mixture and not r.arrived]
        bar = best + SLACK * self.unit
        can = [r for r in can if r.can_reach(doubt) > bar or r.height == best]
        can.sort(key=lambda r: -r.height)
        for one, other in pairwise(can):
            # At one and the same height after a step they are at the same place.
            if abs(one.height - other.height) < 1e-9 * abs(best):
                other.twin = one
        can = [r for r in can if r.twin is None]
        return can if self.small else can[: max(1, len(active) // 2)]

    @property
    def small(self):
        return self.rows.length is not None and self.rows.length <= SMALL

    def improved(self, best):
        """The best with components taken elsewhere, as long as that leads higher; how many were."""
        moves = tried = 0
        if self.K < 3 or self.rows.missing or self.rows is not self.begin_rows:
            return best, moves
        while tried < TRIES:
            for mixture in offers(self.x, self.weight, best.mixture, self.options, TRIES - tried):
                tried += 1
                runner, bar = Runner(mixture), best.height + SLACK * self.unit
                for steps in (*ROUNDS, self.max_steps):
                    runner.go(self.rows, self.options, steps, accelerate=steps > ROUNDS[-1])
                    if runner.arrived or not runner.can_reach() > bar:
                        break
                if runner.height > bar:
                    best, moves, tried = runner, moves + 1, 0
                    break
            else:
                break
        return best, moves

    def finished(self, race, tolerance, last):
        """From the best of the field to the end, over all the rows."""
        ranked = sorted((r for r in self.runners if r.mixture), key=lambda r: -r.height)
        # Runners that reached the same maximum differ by rounding: the first of them is taken, so
        # that rounding does not choose the labels.
        top = [r for r in ranked if r.height >= ranked[0].height - 1e-6 * self.unit * self.size]
        first = next(r for r in self.runners if any(r is t for t in top))
        ranked = [first, *(r for r in ranked if not any(r is t for t in top))]
        short = ranked[0].height - 0.01 * self.unit
        behind = sum(bool(not r.arrived and self.final(r) < short) for r in ranked)
        finals = np.array([self.final(runner) for runner in self.runners])
        moves = 0
        if race:
            best, moves = self.improved(first)
            best, more = self.with_far_rows(best)
            moves += more
            ranked = [best, *ranked] if moves else ranked
        if ranked[0].run is not None and self.rows is self.all_rows:
            run = ranked[0].run
        else:
            # Starts of ours that came to one place from two sides have looked round: no saddle
            # is reached so.
            same = sum(abs(r.height - ranked[0].height) < SLACK * self.unit for r in self.runners)
            last["look"] = not (same > 1 and self.start is None and self.rows is self.all_rows)
            run = self.first_to_arrive(ranked[:FINALISTS], tolerance, last)
        outside = len(far_rows(self.all_rows, run.mixture)) if race else 0
        return replace(run, finals=finals, search=self.report(behind, moves=moves, outside=outside))

    def first_to_arrive(self, ranked, tolerance, last):
        """The run of the first of the ranked that does not collapse over all the rows."""
        for place, runner in enumerate(ranked):
            try:
                return self.climbed(runner.mixture, tolerance, last)
            except CollapseError:
                if place == len(ranked) - 1:
                    raise

    def with_far_rows(self, best):
        """The best with a component where rows lie far outside all others, if that leads higher.

        A group so small that the rows searched have hardly any of it shows only over all of them.
        """
        moves = 0
        if self.K == 1 or self.all_rows.missing:
            return best, moves
        here, steps = None, sum(ROUNDS)
        while moves < TRIES:
            far = far_rows(self.all_rows, best.mixture)
            if len(far) < self.all_rows.d + 3:
                break
            if here is None:
                here = Runner(best.mixture).go(self.all_rows, self.options, steps, True)
            for mixture in with_group(far, self.x, self.weight, best.mixture):
                runner = Runner(mixture).go(self.all_rows, self.options, steps, True)
                if runner.height > here.height + SLACK * self.unit:
                    best, here, moves = runner, runner, moves + 1
                    break
            else:
                break
        return best, moves

    def final(self, runner):
        """Where a runner ended, or its twin, or was left behind; NaN if it collapsed."""
        while runner.twin is not None:
            runner = runner.twin
        return np.nan if runner.mixture is None else runner.log_likelihood

    @property
    def unit(self):
        """The mean weight of a row."""
        summary = self.all_rows.summary
        return float(summary.n / summary.rows)

    def report(self, behind, **more):
        return Search(self.size, self.all_rows.summary.rows, behind, unit=self.unit, **more)

    def so_far(self):
        """The best of the runners as a run that was interrupted; None if there is none."""
        best = max(self.runners, key=lambda r: r.height, default=None)
        if best is None or best.mixture is None or not np.isfinite(best.height):
            return None
        return Run([best.mixture], [best.log_likelihood], False, "interrupted", np.inf)

    def refuse_collapse(self):
        error = next((r.error for r in self.runners[::-1] if r.error is not None), None)
        if not isinstance(error, CollapseError):  # climbed in a stack, where nobody asked which
            try:
                self.only(NEAR, {"accelerate": False, "on_step": None, "keep_mixtures": True})
            except CollapseError as collapse:
                error = collapse
        what = f"{error.what} (as one did from each of the {self.starts} starts)"
        raise CollapseError(error.component, what, error.step, error.run)

    # ---- the starts --------------------------------------------------------------------------

    def made_starts(self):
        if self.start is not None:
            return [self.told_start() for _ in range(self.starts)]
        kinds = (KINDS * self.starts)[: self.starts]
        size = self.K * self.begin_rows.summary.rows * (self.begin_rows.d + 1)
        group = max(1, WORK // size)
        made = []
        for first in range(0, self.starts, group):
            made += self.starts_of(kinds[first : first + group])
        return made

    def told_start(self):
        names = inspect.signature(self.start).parameters
        given = {"sample_weight": self.weight}
        if self.options.covariance is not full or self.options.prior is not None:
            given |= {"covariance": self.options.covariance, "prior": self.options.prior}
        given = {name: value for name, value in given.items() if name in names}
        arguments = [self.x, self.K] + [self.rng] * needs_rng(self.start)
        begin = validation.mixture_of(self.start(*arguments, **given), "what start gives")
        if (begin.K, begin.d) != (self.K, self.all_rows.d):
            raise ValueError(
                f"start gives {begin.K} components in {begin.d} dimensions, "
                f"not {self.K} in {self.all_rows.d}"
            )
        return begin

    def starts_of(self, kinds):
        """A start of each of these kinds, made together."""
        rows, K, S, rng = self.begin_rows, self.K, len(kinds), self.rng
        summary, alike = rows.summary, all_alike(rows.summary, K, self.x.ndim == 1)
        X, known = self.x.reshape(len(self.x), -1), np.array(kinds)
        off = X - summary.mean
        forms = np.array([off / summary.deviations] * S)
        forms[known == "round"] = np.linalg.solve(alike.cholesky[0], off.T).T
        apart, points = np.flatnonzero(known == "apart"), np.flatnonzero(known == "points")
        labels, first, chosen = clusters_of_many(forms, K, rng, self.weight, LLOYD)
        labels[apart] = first[apart]
        stack = stack_of([alike] * S, summary.mean)
        statistics = shared_as(rows, stack, one_hot(labels, K))
        found = changed(widened(statistics, self.unit), *self.options)[0]
        weights, A = found.weights.copy(), found.affine(summary.mean).copy()
        if len(apart):  # at the points themselves, the covariance about the nearest of them
            c = np.linalg.solve(alike.cholesky[0], off[chosen[apart]][..., None])[..., 0]
            moments = statistics.moments[apart]
            A[apart] = alike.affine(summary.mean) @ about(moments, c, statistics.n)
            weights[apart] = 1 / K
        if len(points):  # the data's covariance for each
            weights[points], A[points] = 1 / K, alike.affine(summary.mean)
            for s in points:
                order = rng.choice(len(X), size=K, replace=False)
                A[s, :, 1:, 0] = off[different(X, K, order, rng)]
        if "weights" in self.options.hold:
            weights[:] = 1 / K
        return [
            Mixture.from_affine(w.copy(), B.copy(), summary.mean, alike.flat)
            for w, B in zip(weights, A)
        ]


def about(moments, c, n):
    """[1 0; c R] for each cluster, with R Rᵀ the covariance of all the points about their c_k."""
    first, N = moments[..., 1:, 0], moments[..., 0, 0, None]
    C = np.zeros_like(moments)
    C[..., 0, 0], C[..., 1:, 0] = 1, c
    cross = first[..., :, None] * c[..., None, :]
    scatter = moments[..., 1:, 1:] - cross - cross.swapaxes(-1, -2)
    scatter = (scatter + N[..., None] * c[..., :, None] * c[..., None, :]).sum(axis=-3) / n
    # a little more, for as many components as points
    C[..., 1:, 1:] = cholesky(scatter + 1e-3 * np.eye(c.shape[-1]))[:, None]
    return C


def widened(statistics, unit):
    """Clusters with d + 1 points more in each, spread as the clusters are on the average.

    So a cluster of a few points, or of none, does not begin as a needle.
    """
    G, d = statistics.moments, statistics.mixture.d
    N = np.maximum(G[..., :1, :1], unit * 1e-3)
    r = G[..., 1:, :1] / N
    scatter = G[..., 1:, 1:] - N * r * r.swapaxes(-1, -2)
    within = scatter.sum(axis=-3, keepdims=True) / statistics.n + 1e-3 * np.eye(d)
    more = unit * (d + 1)
    V = (scatter + more * within) / (N + more)
    moments = np.empty_like(G)
    moments[..., :1, :1], moments[..., 1:, :1] = N, N * r
    moments[..., :1, 1:] = moments[..., 1:, :1].swapaxes(-1, -2)
    moments[..., 1:, 1:] = N * (V + r * r.swapaxes(-1, -2))
    n = N.sum(axis=-3)[..., 0]
    return Statistics(moments, statistics.log_likelihood, n, statistics.mixture, statistics.summary)


def needs_rng(start):
    """Whether a start is random: it takes a third argument that is no option by name."""
    if start is None:
        return True
    names = list(inspect.signature(start).parameters)
    return len(names) > 2 and names[2] not in ("sample_weight", "covariance", "prior")


def filled_in(x, rng):
    """Every entry that is not known replaced by a known one of its column: to begin from."""
    X = np.array(x, dtype=float).reshape(len(x), -1)
    for column in X.T:
        gaps = np.isnan(column)
        column[gaps] = rng.choice(column[~gaps], size=gaps.sum())
    return X.reshape(np.shape(x))
