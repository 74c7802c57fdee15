r"""The two steps of EM, and the loop. Read this file first.

Nobody knows which component a point came from. EM (Dempster, Laird and Rubin,
1977) guesses, and improves the guess:

E-step   with the mixture as it is, each point x_i is shared out among the components,
         γ_ik = π_k N(x_i | μ_k, Σ_k) / Σ_j π_j N(x_i | μ_j, Σ_j);
M-step   with the shares as they are, each component fits itself to its points:
         N_k = Σ_i γ_ik,        π_k = N_k / n,        μ_k = Σ_i γ_ik x_i / N_k,
         Σ_k = Σ_i γ_ik (x_i − μ_k)(x_i − μ_k)ᵀ / N_k.

(Bishop 2006, equations 9.23 to 9.27.) Neither step ever lowers the log-likelihood.

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
from functools import cache
from math import isfinite

import numpy as np

from . import checks, features
from .accelerate import Anderson
from .covariance import full, held
from .mixture import Mixture, log_constants, shared
from .rows import Rows
from .run import CollapseError, Run

EPSILON = float(np.finfo(float).eps)
NARROWEST = 3e-8  # a component's width as a share of the data's: below it rounding decides


@dataclass(slots=True)
class Statistics:
    """What the E-step tells the M-step: G = Σ γ ũ ũᵀ of each component, in its own coordinates.

    moments (K, d + 1, d + 1): G; the three sums are its parts `counts` (K,), `first` (K, d) and
    `second` (K, d, d). log_likelihood: of `mixture`, which gave the shares, over the `n` points.
    Statistics of two sets of points add up with `+`.
    """

    moments: np.ndarray
    log_likelihood: float
    n: float
    mixture: Mixture
    center: np.ndarray  # c (d,)
    deviations: np.ndarray  # (d,): the columns' standard deviations, to tell what is narrow

    @property
    def counts(self):
        """N_k = Σ γ_ik: (K,)."""
        return self.moments[:, 0, 0]

    @property
    def first(self):
        """Σ γ_ik u_ik: (K, d)."""
        return self.moments[:, 1:, 0]

    @property
    def second(self):
        """Σ γ_ik u_ik u_ikᵀ: (K, d, d)."""
        return self.moments[:, 1:, 1:]

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
            self.center,
            self.deviations,
        )

    def in_data_units(self):
        """The textbook's three sums N_k, Σ γ x and Σ γ xxᵀ: (K,), (K, d) and (K, d, d)."""
        A = self.mixture.affine(np.zeros(self.mixture.d))  # (1, x) = A ũ
        sums = A @ self.moments @ A.transpose(0, 2, 1)
        return sums[:, 0, 0], sums[:, 1:, 0], sums[:, 1:, 1:]


def e_step(x, mixture, sample_weight=None, threads=None):
    """Share out every point, and sum up what each component was given: `Statistics`.

    x: (n,) or (n, d), an iterable of blocks of rows, or a Dask array (see `Rows`).
    sample_weight: (n,), how often each row counts.

    Raises `ValueError` for a point that is not finite numbers, or so far away that its log
    density is not a finite number.
    """
    rows = x
    if not isinstance(x, Rows):
        rows = Rows(x, checks.mixture_of(mixture).d, sample_weight, threads)
    summary = rows.summary
    # Two ways to the same sums: one to read, and one for large data (features.py).
    way = features if features.are_better(summary, mixture) else plain

    def of_blocks(blocks):
        # Points too far away make infinities here, and are refused by their row.
        with np.errstate(over="ignore", invalid="ignore"):
            return Sums(way.share_out(blocks, mixture, summary))

    moments, log_likelihood, n = rows.total(of_blocks, way.room(mixture), summary.mean).parts
    return Statistics(moments, log_likelihood, n, mixture, summary.mean, summary.deviations)


class Sums:
    """Moments, log-likelihood and number of points of some of the rows; they add up."""

    def __init__(self, parts):
        self.parts = parts

    def __add__(self, other):
        return Sums([a + b for a, b in zip(self.parts, other.parts, strict=True)])


class plain:
    """The E-step as the text has it."""

    @staticmethod
    def room(mixture):
        return 2 * mixture.K * (mixture.d + 1) + mixture.d + mixture.K

    @staticmethod
    def share_out(blocks, mixture, summary):
        K, d, center = mixture.K, mixture.d, summary.mean
        to_own = mixture.inverse(center).reshape(K * (d + 1), d + 1)  # A⁻¹, one above the other
        constant = log_constants(mixture)[:, None] + 0.5  # since |ũ|² = 1 + |u|²
        G, log_likelihood, n = np.zeros((K, d + 1, d + 1)), 0.0, 0
        for first_row, x, weight in blocks:  # x: (1, x − c) of every point
            u = (to_own @ x).reshape(K, d + 1, -1)
            log_joint = constant - np.einsum("kan,kan->kn", u, u) / 2
            log_density, shares = shared(log_joint)
            if weight is not None:
                shares, log_density = shares * weight, log_density * weight
            G += (shares[:, None] * u) @ u.transpose(0, 2, 1)
            log_likelihood += log_density.sum()
            n += x.shape[1] if weight is None else weight.sum()
            if not isfinite(log_likelihood):
                checks.refuse_far(log_density, x[1:].T + center, first_row)
        return G, float(log_likelihood), n


def m_step(statistics, hold=(), prior=None, covariance=full):
    """The mixture that fits the shared-out points best.

    hold: what is known and stays as it is, any of "weights", "means" and "covariances".
    prior: a `Prior`, for the most probable mixture in place of the most likely.
    covariance: what the covariances may be: `full`, `tied`, `diagonal` or `spherical`.

    Raises `CollapseError` if a component is left without points, or with points so close
    together that it has no width.
    """
    return changed(statistics, checks.held(hold), prior, covariance)[0]


def changed(statistics, hold, prior, covariance):
    """The mixture after the M-step, and C, by which A has changed: A ← A C."""
    old, N = statistics.mixture, statistics.counts
    if min(N.tolist()) < 1e-290:  # so close to 0.0 that the quotients below have no digits
        raise CollapseError(int(np.argmin(N)), "has no points left")
    if prior is None:
        M, counts = statistics.moments / N[:, None, None], N
    else:
        M, counts = prior.added_to(statistics, "means" in hold)
    if "means" in hold:
        M[:, 0, 1:] = M[:, 1:, 0] = 0
    if "covariances" in hold:
        covariance = held
    A = old.affine(statistics.center)
    try:
        C = covariance(M, A[:, 1:, 1:], counts)
    except np.linalg.LinAlgError:
        r = M[:, 1:, 0]
        V = M[:, 1:, 1:] - r[:, :, None] * r[:, None, :]
        k = int(np.argmin(np.linalg.eigvalsh(V)[:, 0]))
        L = A[k, 1:, 1:]
        raise CollapseError.of(k, L @ V[k] @ L.T) from None
    known = {name: getattr(old, name) for name in ("means", "covariances") if name in hold}
    mixture = Mixture.from_affine(
        old.weights if "weights" in hold else N / statistics.n,
        A @ C,
        statistics.center,
        flat=old.means.ndim == 1,
        **known,
    )
    if covariance is not held:
        refuse_collapse(mixture, statistics)
    return mixture, C


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
):
    """Climb from `start` by E-step and M-step in turn: a `Run`.

    x: (n,) or (n, d), an iterable of blocks of rows, or a Dask array (see `Rows`).
    hold, prior, covariance: as in `m_step`. sample_weight, threads: as in `e_step`.
    accelerate: leap ahead where EM crawls, never downwards (see `accelerate.py`).
    on_step: called as on_step(step, mixture, log_likelihood) after each E-step.

    It stops when the estimated way still to go to the fixed point is at most `tolerance`,
    in the components' own standard deviations (see `Run.distance`), or after `max_steps`
    steps; `Run.converged` and `Run.reason` tell which.

    Raises `ValueError` for data or a start that cannot be used, `CollapseError` when a component
    collapses on the way (the error keeps the run so far in `.run`), and `ArithmeticError` if
    the log-likelihood falls by more than rounding: that would be a mistake in this package.
    """
    hold = checks.held(hold)
    if len(hold) == len(checks.NAMES):
        raise ValueError("weights, means and covariances are all held: nothing is left to estimate")
    tolerance = checks.at_least_zero(tolerance, "tolerance")
    max_steps = checks.whole(max_steps, "max_steps", least=0)
    rows = Rows(x, checks.mixture_of(start, "start").d, sample_weight, threads)
    checks.enough(rows.summary, start.K, spread="covariances" not in hold and prior is None)
    leap = Anderson(rows.summary, hold) if accelerate else None

    height = (lambda s: s.log_likelihood) if prior is None else prior.height
    mixtures, log_likelihoods, moves = [start], [], []
    statistics = e_step(rows, start)
    e_steps = 1
    while True:
        mixture, step = mixtures[-1], len(mixtures) - 1
        log_likelihoods.append(statistics.log_likelihood)
        if on_step is not None:
            on_step(step, mixture, statistics.log_likelihood)
        try:
            following, C = changed(statistics, hold, prior, covariance)
        except CollapseError as collapse:
            if step == max_steps:  # the collapse lies beyond the steps that were asked for
                reason = in_words(False, np.inf, tolerance, max_steps)
                return Run(mixtures, log_likelihoods, False, reason, np.inf, e_steps)
            so_far = Run(mixtures, log_likelihoods, False, str(collapse), np.inf, e_steps)
            raise CollapseError(collapse.component, collapse.what, step + 1, so_far) from None
        moves.append(move(C, mixture.weights, following.weights))
        distance = way_to_go(moves)
        still = moves[-1] < 1e-6 and moves[-1] <= rounding(mixture, statistics.center)
        if distance <= tolerance or still or step == max_steps:
            converged = bool(distance <= tolerance or still)
            reason = in_words(converged, distance, tolerance, max_steps)
            return Run(mixtures, log_likelihoods, converged, reason, distance, e_steps)

        before = height(statistics)
        ahead = leap.from_here(mixture, following, moves) if leap else None
        if ahead is not None:
            statistics = e_step(rows, ahead)
            e_steps += 1
        if ahead is None or not height(statistics) >= before:
            if ahead is not None:
                leap.forget()
            ahead, statistics = following, e_step(rows, following)
            e_steps += 1
            if step or covariance is full:  # a start need not be of the kind: that costs height
                refuse_fall(before, height(statistics), statistics.n, step + 1)
        mixture.forget_inverse()
        mixtures.append(ahead)


identity = cache(np.identity)


def refuse_collapse(mixture, statistics):
    # u changes by the rows of A⁻¹ when a coordinate changes by a standard deviation of the data:
    # by more than 1 / NARROWEST if the component is too narrow in some direction. No change of
    # scale changes the verdict.
    steepness = np.abs(mixture.inverse(statistics.center)[:, 1:, 1:] * statistics.deviations)
    if not steepness.max() < 1 / NARROWEST:
        k = int(np.argmax(steepness.max(axis=(1, 2))))
        raise CollapseError.of(k, mixture.cholesky[k] @ mixture.cholesky[k].T)


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
    where EM stands still.
    """
    still = C.copy()
    still[:, 1:, 0] = 0  # [1 0; 0 R]
    change = C @ still.transpose(0, 2, 1)  # [1 0; r V]
    change -= identity(C.shape[1])
    change[:, 0, 0] = after / before - 1
    return float(np.abs(change).max())


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
        return np.inf
    factor = max(moves[-1] / moves[-2], moves[-2] / moves[-3])
    return moves[-1] / (1 - factor) if factor < 1 else np.inf


def rounding(mixture, center):
    """The size of a move that rounding alone can make."""
    offset = np.abs(mixture.inverse(center)[:, 1:, 0]).max()  # L⁻¹(μ − c)
    return 32 * EPSILON * (1 + offset)


def in_words(converged, distance, tolerance, max_steps):
    if converged and distance <= tolerance:
        return f"converged: about {distance:.0e} standard deviations to go"
    if converged:
        return "converged: no parameter moves by more than rounding"
    to_go = "an unknown way" if np.isinf(distance) else f"about {distance:.0e} standard deviations"
    return f"not converged: stopped by max_steps = {max_steps}, with {to_go} to go"
