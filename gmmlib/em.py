r"""The two steps of EM, and the loop: the algorithm of textbook.py, made fast and exact.

Read textbook.py first: it is the same EM, as the chapters derive it. Nobody knows which component
a point came from. EM (Dempster, Laird and Rubin, 1977) guesses, and improves the guess:

E-step   with the mixture as it is, each point x_i is shared out among the components,
         γ_ik = π_k N(x_i | μ_k, Σ_k) / Σ_j π_j N(x_i | μ_j, Σ_j);
M-step   with the shares as they are, each component fits itself to its points:
         N_k = Σ_i γ_ik,        π_k = N_k / n,        μ_k = Σ_i γ_ik x_i / N_k,
         Σ_k = Σ_i γ_ik (x_i − μ_k)(x_i − μ_k)ᵀ / N_k.

(Bishop 2006, equations 9.23 to 9.27.) A step of both never lowers the log-likelihood. With a
prior it never lowers the log posterior, the log-likelihood and the log prior together; the
log-likelihood alone may then fall.

The M-step needs no single point, only three sums for each component: Σγ, Σγx and Σγxxᵀ.
They add up over blocks of rows, so nothing of size n is ever stored. But raw sums lose
digits: Σγxxᵀ/N − μμᵀ is a small difference of large numbers when the data lie far from the
origin, or a component is tight. So each component takes its sums in its own coordinates: a
Gaussian is the image x = μ + L u of a standard normal u, where L Lᵀ = Σ. With a 1 in
front, x̃ = (1, x − c) and ũ = (1, u), this is one matrix (c is the mean of the data):

         x̃ = A ũ,        A = [1 0; μ − c  L],        G = Σ_i γ_i ũ_i ũ_iᵀ,

and the three sums are the parts of G: N = Σγ in its corner, Σγu below it, Σγuuᵀ in its
body. With r = Σγu / N and V = Σγuuᵀ / N − r rᵀ = R Rᵀ, the mean and covariance of u,
the M-step says μ ← μ + L r and Σ ← L V Lᵀ. In one matrix, C = [1 0; r R], that is

         π ← N / n,        A ← A C,        where C Cᵀ = G / N  (Cholesky).

EM stands still exactly where C = 1 and N = n π. That is no accident: the slope of the
log-likelihood along A ← A (1 + E), E lower triangular, is the sum over E ∘ (G − N 1).
"""

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np

from . import features, summit, validation
from .accelerate import Anderson
from .covariance import full, held
from .features import Features
from .missing import Missing
from .mixture import Mixture, identity
from .plain import Plain
from .rows import Rows
from .run import CollapseError, Run
from .summary import Summary

EPSILON = float(np.finfo(float).eps)
FAINT = 1e-280  # below it a density has lost digits
FORLORN = 1e-6  # points: a component left with less, and losing, will not come back


@dataclass(slots=True, eq=False)
class Statistics:
    """What the E-step tells the M-step: G = Σ γ ũ ũᵀ of each component, in its own coordinates.

    moments (K, d + 1, d + 1): G; the three sums are its parts `counts` (K,), `first` (K, d) and
    `second` (K, d, d). log_likelihood: of `mixture`, which gave the shares, over the `n` points.
    summary: what one pass told of the rows. Statistics of two sets of points add up with `+`.
    """

    moments: np.ndarray
    log_likelihood: float
    n: float
    mixture: Mixture
    summary: Summary

    @property
    def counts(self):
        """N_k = Σ γ_ik: (K,)."""
        return self.moments[..., 0, 0]

    @property
    def first(self):
        """Σ γ_ik u_ik: (K, d)."""
        return self.moments[..., 1:, 0]

    @property
    def second(self):
        """Σ γ_ik u_ik u_ikᵀ: (K, d, d)."""
        return self.moments[..., 1:, 1:]

    def __add__(self, other):
        if not isinstance(other, Statistics):
            return NotImplemented
        if other.mixture is not self.mixture:
            raise ValueError("only statistics taken with one and the same mixture add up")
        return Statistics(
            self.moments + other.moments,
            self.log_likelihood + other.log_likelihood,
            self.n + other.n,
            self.mixture,
            self.summary + other.summary,
        )

    def in_data_units(self):
        """The textbook's three sums N_k, Σ γ x and Σ γ xxᵀ: (K,), (K, d) and (K, d, d)."""
        A = self.mixture.affine(np.zeros(self.mixture.d))  # (1, x) = A ũ
        sums = A @ self.moments @ A.transpose(0, 2, 1)
        return sums[:, 0, 0], sums[:, 1:, 0], sums[:, 1:, 1:]


def e_step(x, mixture, sample_weight=None, threads=None, missing=False):
    """Share out every point, and sum up what each component was given: `Statistics`.

    x: (n,) or (n, d), an iterable of blocks of rows, or a Dask array (see `Rows`).
    sample_weight: (n,), how often each row counts; a row of weight 0 is as if absent.
    missing: whether NaN in x is an entry that is not known, to be integrated out (missing.py).

    Raises `ValueError` for a point that is not finite numbers, or so far away that its log
    density is not a finite number.
    """
    rows = Rows(x, validation.mixture_of(mixture).d, sample_weight, threads, missing)
    with np.errstate(all="ignore"):  # what is too far away is refused by its row
        return summed(rows, mixture)


def summed(rows, mixture):
    """The E-step over `Rows`."""
    summary = rows.summary
    way = way_of(mixture, summary, rows.missing)
    sums, log_likelihood = rows.total(lambda *blocks: share_out(*blocks, way), way).parts
    log_likelihood = float(log_likelihood + summary.n * way.level)
    statistics = Statistics(way.moments(sums), log_likelihood, summary.n, mixture, summary)
    rows.refuse_change(statistics)
    return statistics


def shared_as(rows, mixture, shares):
    """As the E-step, but the points are shared out already: shares (K, n), or a stack (S, K, n)."""
    way = way_of(mixture, rows.summary)

    def of_blocks(blocks, work):
        total = None
        for first, block, weight in blocks:
            way.log_joint(block, work)  # makes the coordinates that are summed up
            given = shares[..., first : first + block.shape[-1]]
            part = Sums(way.gathered(given if weight is None else given * weight, block, work))
            total = part if total is None else total + part
        return total

    with np.errstate(all="ignore"):
        moments = way.moments(*rows.total(of_blocks, way).parts)
    return Statistics(moments, np.nan, rows.summary.n, mixture, rows.summary)


def way_of(mixture, summary, missing=False):
    """How a mixture shares out points: one way for gaps, one for large products, one for all."""
    if missing:
        return Missing(mixture, summary)
    kept = mixture.__dict__.get("_way")
    if kept is None or kept[0] is not summary:
        to_own = features.are_better(mixture, summary)
        way = Plain(mixture, summary) if to_own is None else Features(mixture, summary, to_own)
        mixture.__dict__["_way"] = kept = summary, way
    return kept[1]


class Sums:
    """Parts that add up over blocks, each to each."""

    def __init__(self, *parts):
        self.parts = parts

    def __add__(self, other):
        return Sums(*(a + b for a, b in zip(self.parts, other.parts, strict=True)))


def share_out(blocks, work, way):
    """The sums of the shares, and the log-likelihood less `way.level` a point: `Sums`."""
    total = None
    for first_row, block, weight in blocks:
        shares, log_density = shared(way, block, work)
        if weight is None:
            log_likelihood = np.add.reduce(log_density, -1)
        else:
            shares *= weight
            log_likelihood = log_density @ weight
        if first_row is not None and not isfinite(log_likelihood):
            validation.refuse_far(log_density, first_row)
        part = Sums(way.gathered(shares, block, work), log_likelihood)
        total = part if total is None else total + part
    return total


def shared(way, block, work):
    """Each component's share in every point (…, K, b), and log density less level (…, b)."""
    shares = way.log_joint(block, work)
    np.exp(shares, shares)
    total = np.add.reduce(shares, -2)
    if np.minimum.reduce(total, None) > FAINT:
        shares /= total if total.ndim == 1 else total[..., None, :]
        return shares, np.log(total, total)
    # Some point is far from all components: take the largest term out first, and it is exactly 1.
    shares = way.log_joint(block, work)
    largest = shares.max(axis=-2)
    shares -= largest[..., None, :]
    np.exp(shares, shares)
    total = shares.sum(axis=-2)
    shares /= total[..., None, :]
    return shares, largest + np.log(total)


def m_step(statistics, hold=(), prior=None, covariance=full):
    """The mixture that fits the shared-out points best.

    hold: what is known and stays as it is, any of "weights", "means" and "covariances".
    prior: a `Prior`, for the most probable mixture in place of the most likely. A component that
    nobody needs loses its points to the others; left with less than a millionth of a point, it
    gets the weight 0.
    covariance: what the covariances may be: `full`, `tied`, `diagonal` or `spherical`.

    Raises `CollapseError` if a component is left without points, or with points so close
    together that it has no width.
    """
    hold, covariance = validation.held(hold), validation.kind_of_covariance(covariance)
    with np.errstate(all="ignore"):
        return changed(statistics, hold, prior, covariance)[0]


def changed(statistics, hold, prior, covariance):
    """The mixture after the M-step, and C, by which A has changed: A ← A C."""
    old, N, summary = statistics.mixture, statistics.counts, statistics.summary
    weights = old.weights if "weights" in hold else N / statistics.n
    if prior is not None:
        M, counts = prior.added_to(statistics, "means" in hold, covariance)
        if "weights" not in hold:
            weights = without_forlorn(weights, old.weights, summary)
    else:
        M, counts = statistics.moments / N[..., None, None], N
        if min(N.ravel().tolist()) < 1e-290 * summary.n:  # the quotient has no digits
            raise CollapseError(int(np.argmin(N)), "has no points left")
    if "means" in hold:
        M[..., 0, 1:] = M[..., 1:, 0] = 0
    A = old.affine(summary.mean)
    try:
        allowed = held if "covariances" in hold else covariance
        C = allowed(M, A[..., 1:, 1:], counts)
    except np.linalg.LinAlgError:
        r = M[..., 1:, 0]
        V = M[..., 1:, 1:] - r[..., :, None] * r[..., None, :]
        raise CollapseError.of(int(np.argmin(np.linalg.eigvalsh(V)[..., 0])), old) from None
    mixture = Mixture.from_affine(weights, A @ C, summary.mean, old.flat, hold, covariance)
    if hold:
        mixture.take_over(old)
    if "covariances" not in hold:
        refuse_collapse(mixture, summary)
    return mixture, C


def without_forlorn(weights, before, summary):
    """Weight 0 for a component that is left with a millionth of a point and goes on losing."""
    forlorn = (weights * summary.rows < FORLORN) & (weights < before)
    if not forlorn.any():
        return weights
    weights = np.where(forlorn, 0.0, weights)
    return weights / weights.sum(axis=-1, keepdims=True)


def em(
    x,
    start,
    hold=(),
    tolerance=1e-8,
    max_steps=1000,
    *,
    sample_weight=None,
    prior=None,
    covariance=full,
    accelerate=False,
    on_step=None,
    threads=None,
    missing=False,
    keep_mixtures=True,
):
    """Climb from `start` by E-step and M-step in turn: a `Run`.

    x: (n,) or (n, d), an iterable of blocks of rows, or a Dask array (see `Rows`).
    start: a `Mixture`, or a `Run` to go on with (what it held and the kind of its covariances
    go on too, if nothing else is said).
    hold, prior, covariance: as in `m_step`. sample_weight, threads, missing: as in `e_step`.
    accelerate: leap ahead where EM crawls, never downwards (see `accelerate.py`).
    on_step: called as on_step(step, mixture, log_likelihood) for each mixture of the run.
    keep_mixtures: False to keep the last one only, where each is large.

    It stops when the estimated way still to go to the fixed point is at most `tolerance`,
    in the components' own standard deviations (see `Run.distance`), or after `max_steps`
    steps. Where EM stands still at a saddle, not at a maximum (see `summit.py`), it says so and
    has not converged; `Run.converged` and `Run.reason` tell.

    Raises `ValueError` for data or a start that cannot be used, `CollapseError` when a component
    collapses on the way, and `ArithmeticError` if the log-likelihood falls by more than
    rounding: that would be a mistake in this package. An error of the collapse, and a
    KeyboardInterrupt, keep the run so far in `.run`.
    """
    if isinstance(start, Run):
        hold = hold or start.hold
        covariance = start.covariance if covariance is full else covariance
        start = start.mixture
    hold, covariance = validation.held(hold), validation.kind_of_covariance(covariance)
    validation.something_free(hold)
    tolerance = validation.at_least_zero(tolerance, "tolerance")
    max_steps = validation.whole(max_steps, "max_steps", least=0)
    rows = x
    if not isinstance(x, Rows):
        rows = Rows(x, validation.mixture_of(start, "start").d, sample_weight, threads, missing)
    needs = covariance.needs if "covariances" not in hold and prior is None else None
    validation.enough(rows.summary, start.K, needs)
    options = hold, prior, covariance
    return run_from(start, rows, options, tolerance, max_steps, accelerate, on_step, keep_mixtures)


def run_from(
    start, rows, options, tolerance, max_steps, accelerate, on_step, keep_mixtures, look=True
):
    """What `em` does once everything is checked. look: as in `Climb.up`."""
    with np.errstate(all="ignore"):  # what is too far away is refused by its row
        climb = Climb(rows, *options, keep_mixtures, on_step)
        try:
            climb.begin(start)
            return climb.up(tolerance, max_steps, accelerate, look)
        except KeyboardInterrupt as stop:
            stop.run = climb.run(f"not converged: interrupted after {climb.steps} steps")
            raise


class Climb:
    """The loop: where it is, what it has seen, and how it goes on."""

    def __init__(self, rows, hold, prior, covariance, keep_mixtures=False, on_step=None):
        self.rows, self.on_step, self.keep_mixtures = rows, on_step, keep_mixtures
        self.options = hold, prior, covariance
        self.height = lambda s: s.log_likelihood if prior is None else prior.height(s, covariance)
        self.mixtures, self.log_likelihoods, self.heights, self.moves = [], [], [], []
        self.e_steps = 0
        self.quiet = 0.0  # the size of the moves when last the end looked like one, at a saddle

    def begin(self, start):
        """Go to the start."""
        self.e_steps = 1
        self.arrive(summed(self.rows, start))

    @property
    def steps(self):
        return len(self.log_likelihoods) - 1

    def arrive(self, statistics):
        """Take note of where the climb is now."""
        self.statistics, mixture = statistics, statistics.mixture
        if self.mixtures:
            self.mixtures[-1].forget()
            if not self.keep_mixtures:
                self.mixtures.clear()
        self.mixtures.append(mixture)
        self.log_likelihoods.append(statistics.log_likelihood)
        self.heights.append(self.height(statistics))
        if self.on_step is not None:
            self.on_step(self.steps, mixture, statistics.log_likelihood)

    def step(self, mixture):
        """Where a step of EM leads from some mixture."""
        return changed(summed(self.rows, mixture), *self.options)[0]

    def height_of(self, mixture):
        """What EM climbs, at some mixture."""
        return self.height(summed(self.rows, mixture))

    def run(self, reason, converged=False, distance=inf):
        hold, _, covariance = self.options
        return Run(
            self.mixtures,
            self.log_likelihoods,
            converged,
            reason,
            distance,
            self.e_steps,
            hold=hold,
            covariance=covariance,
        )

    def up(self, tolerance, max_steps, accelerate, look=True):
        """Step after step, until there is nothing left to go or `max_steps` are taken.

        look: whether to look round at the end, if it is a maximum.
        """
        leap = Anderson(self.rows.summary, self.options[0]) if accelerate else None
        while True:
            mixture, statistics = self.mixtures[-1], self.statistics
            try:
                following, C = changed(statistics, *self.options)
            except CollapseError as collapse:
                if self.steps == max_steps:  # it lies beyond the steps that were asked for
                    return self.run(stopped(inf, max_steps))
                so_far = self.run(str(collapse))
                what, step = collapse.what, self.steps + 1
                raise CollapseError(collapse.component, what, step, so_far) from None
            self.moves.append(move(C, mixture.weights, following.weights))
            distance = way_to_go(self.moves)
            still = self.moves[-1] < 1e-6 and self.moves[-1] <= rounding(statistics)
            if distance <= tolerance or still:
                # The moves died away: at a maximum, or for a while only, at a saddle?
                lost = still or self.moves[-1] < self.quiet / 1000  # whatever should grow, does not
                if lost or self.moves[-1] >= 10 * self.quiet:
                    growth = summit.growth(self, following) if look else 0.0
                    if growth == 0:
                        return self.run(at_end(distance, tolerance, following), True, distance)
                    if lost or growth < summit.LEAVING:
                        return self.run(summit.SADDLE, False, inf)
                    self.quiet = self.moves[-1]
            if self.steps == max_steps:
                return self.run(stopped(distance, max_steps), False, distance)
            before = self.heights[-1]
            ahead = leap.from_here(mixture, following, self.moves) if leap else None
            if ahead is not None:
                self.e_steps += 1
                ahead = summed(self.rows, ahead)
                if not self.height(ahead) >= before:
                    leap.forget()
                    ahead = None
            if ahead is None:
                self.e_steps += 1
                ahead = summed(self.rows, following)
                # a start need not be of the kind: that costs height
                if self.steps or self.options[2] is full:
                    refuse_fall(before, self.height(ahead), statistics.n, self.steps + 1)
            self.arrive(ahead)


def refuse_collapse(mixture, summary):
    # u changes by the columns of A⁻¹ when a coordinate changes by the grain of the data: by more
    # than 1 if the component is so narrow in some direction that rounding decides.
    if isinstance(way_of(mixture, summary), Features):
        return  # nothing is narrow
    steepness = np.abs(mixture.inverse(summary.mean)[..., 1:, 1:] * summary.grain)
    if not steepness.max() < 1:
        k = int(np.argmax(steepness.max(axis=(-2, -1))))
        raise CollapseError.of(k, mixture)


def refuse_fall(before, after, n, step):
    if not after >= before - 1e-9 * (n + abs(before)):
        raise ArithmeticError(
            f"the log-likelihood fell from {before} to {after} at step {step}, which EM cannot do: "
            "this is a mistake in gmmlib, please report it"
        )


def move(C, before, after):
    """How far a step moves the parameters: the largest of |r|, |V − 1| and |π' / π − 1|.

    C = [1 0; r R] with V = R Rᵀ, and the weights before and after. Each is in the component's own
    units, and (up to the factor N) the slope of the log-likelihood in that direction. It is 0
    where EM stands still. A component of weight 0 has nowhere to go.
    """
    still = C.copy()
    still[..., 1:, 0] = 0  # [1 0; 0 R]
    change = C @ still.swapaxes(-1, -2)  # [1 0; r V]
    if after is not before:
        np.divide(after, before, change[..., 0, 0])
    change -= identity(C.shape[-1])
    return np.fmax.reduce(np.abs(change, change), (-3, -2, -1))  # fmax: 0 / 0 is no way to go


def way_to_go(moves):
    """The way still to go, if the moves go on shrinking by the same factor (a geometric series).

    The size of a move is not the error: where each move is 0.99 of the last one,
    a hundred times that move is still to come. The factor is the larger of the last two, since
    one alone can mislead: a start with two equal components moves far at first, hardly at
    all then, and parts them ever faster afterwards.
    """
    if moves[-1] == 0:
        return 0.0
    if len(moves) < 3:
        return inf
    factor = max(moves[-1] / moves[-2], moves[-2] / moves[-3])
    return moves[-1] / (1 - factor) if factor < 1 else inf


def rounding(statistics):
    """The size of a move that rounding alone can make."""
    inverse = statistics.mixture.inverse(statistics.summary.mean)
    offset = np.abs(inverse[..., 1:, 0]).max(axis=(-2, -1))  # L⁻¹(μ − c)
    return 32 * EPSILON * (1 + offset)


def at_end(distance, tolerance, mixture):
    dead = np.flatnonzero(mixture.weights == 0).tolist()
    died = "; ".join(f"component {k} died: its weight went to 0" for k in dead)
    if distance <= tolerance:
        said = f"converged: about {distance:.0e} standard deviations to go"
    else:
        said = "converged: no parameter moves by more than rounding"
    return f"{said}; {died}" if dead else said


def stopped(distance, max_steps):
    to_go = "an unknown way" if np.isinf(distance) else f"about {distance:.0e} standard deviations"
    return f"not converged: stopped by max_steps = {max_steps}, with {to_go} to go"
