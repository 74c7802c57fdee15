r"""EM for a Gaussian mixture: two steps and a loop. Read this file first.

Nobody knows which component a point came from. EM (Dempster, Laird and Rubin,
1977) guesses, and improves the guess:

E-step   with the mixture as it is, each point x_i is shared out among the components,
         γ_ik = π_k N(x_i | μ_k, Σ_k) / Σ_j π_j N(x_i | μ_j, Σ_j);
M-step   with the shares as they are, each component fits itself to its points:
         N_k = Σ_i γ_ik,        π_k = N_k / n,        μ_k = Σ_i γ_ik x_i / N_k,
         Σ_k = Σ_i γ_ik (x_i − μ_k)(x_i − μ_k)ᵀ / N_k.

(Bishop 2006, equations 9.23 to 9.27.) Neither step ever lowers the log-likelihood.

The M-step needs no single point, only three sums for each component: Σγ, Σγx and
Σγxxᵀ. Sums over blocks of rows add up, so the data may be taken a block at a time.
The raw sums lose digits, though, when the data lie far from the origin: Σγxxᵀ/N − μμᵀ
is then a small difference of large numbers. So each component takes its sums in its own
coordinates u = L⁻¹(x − μ), where L Lᵀ = Σ and the component is a standard normal:
Σγ, Σγu and Σγuuᵀ. With r = Σγu / N and S = Σγuuᵀ / N the M-step reads

         μ ← μ + L r,        Σ ← L (S − r rᵀ) Lᵀ,

and EM stands still exactly where r = 0, S = I and N_k = n π_k.
"""

from dataclasses import dataclass, field

import numpy as np

from . import checks
from .mixture import Mixture, log_joint_of, log_sum, own_coordinates
from .start import kmeans_plus_plus_start

BLOCK = 4096  # rows at a time: the work arrays of a few components stay in the cache
NARROWEST = 1e-15  # variance, as a share of the data's: below it rounding decides


@dataclass(frozen=True)
class Statistics:
    """What the E-step tells the M-step: three sums a component, in its own coordinates.

    counts (K,): N_k = Σ γ_ik.  first (K, d): Σ γ_ik u_ik.  second (K, d, d): Σ γ_ik u_ik u_ikᵀ.
    `log_likelihood` is that of `mixture`, the one which gave the shares, over the `n` points.
    Statistics of two sets of points add up with `+`.
    """

    counts: np.ndarray
    first: np.ndarray
    second: np.ndarray
    log_likelihood: float
    n: int
    mixture: Mixture

    def __add__(self, other):
        if not isinstance(other, Statistics):
            return NotImplemented
        if other.mixture is not self.mixture:
            raise ValueError("only statistics taken with one and the same mixture add up")
        return Statistics(
            self.counts + other.counts,
            self.first + other.first,
            self.second + other.second,
            self.log_likelihood + other.log_likelihood,
            self.n + other.n,
            self.mixture,
        )

    def in_data_units(self):
        """The textbook's three sums N_k, Σ γ x and Σ γ xxᵀ: (K,), (K, d) and (K, d, d)."""
        N, mean, L = self.counts, self.mixture.locations, self.mixture.cholesky
        off = np.einsum("kij,kj->ki", L, self.first)  # Σ γ (x − μ)
        cross = np.einsum("ki,kj->kij", off, mean)
        square = np.einsum("k,ki,kj->kij", N, mean, mean)
        spread = L @ self.second @ L.transpose(0, 2, 1)  # Σ γ (x − μ)(x − μ)ᵀ
        return N, N[:, None] * mean + off, spread + cross + cross.transpose(0, 2, 1) + square


def e_step(x, mixture):
    """Share out every point, and sum up what each component was given.

    x: (n,) or (n, d). Returns `Statistics`. Raises `ValueError` for a point so far
    away that its log density is not a finite number.
    """
    X = checks.points(x, checks.mixture_of(mixture).d)
    total = None
    for first_row in range(0, len(X), BLOCK):
        part = _e_step_of_block(X[first_row : first_row + BLOCK], mixture, first_row)
        total = part if total is None else total + part
    return total


def _e_step_of_block(X, mixture, first_row):
    u = own_coordinates(X, mixture)  # (K, d, rows)
    log_joint = log_joint_of(u, mixture)  # (K, rows)
    log_density = log_sum(log_joint, first_row)  # (rows,)
    shares = np.exp(log_joint - log_density)
    shared_u = shares[:, None, :] * u
    return Statistics(
        counts=shares.sum(axis=1),
        first=shared_u.sum(axis=2),
        second=shared_u @ u.transpose(0, 2, 1),
        log_likelihood=float(log_density.sum()),
        n=len(X),
        mixture=mixture,
    )


def m_step(statistics, hold=()):
    """The mixture that fits the shared-out points best.

    `hold` names what is known and stays as it is: any of "weights", "means" and
    "covariances". Raises `CollapseError` if a component is left without points, or
    with points so close together that it has no width.
    """
    hold = checks.held(hold)
    N, old = statistics.counts, statistics.mixture
    L = old.cholesky
    if (N < 1e-290).any():  # so close to 0.0 that the quotients below have no digits
        raise CollapseError(int(np.argmin(N)), "has no points left")
    r = statistics.first / N[:, None]
    S = statistics.second / N[:, None, None]

    weights = old.weights if "weights" in hold else N / N.sum()
    if "means" in hold:
        means = old.locations  # S is about the mean that was held, as it must be
    else:
        means = old.locations + np.einsum("kij,kj->ki", L, r)
        S = S - np.einsum("ki,kj->kij", r, r)
    if "covariances" in hold:
        covariances = old.covariances
    else:
        covariances = L @ S @ L.transpose(0, 2, 1)
        covariances = (covariances + covariances.transpose(0, 2, 1)) / 2
        _refuse_collapse(weights, means, covariances)
    shape = old.means.shape
    return Mixture(weights, means.reshape(shape), covariances.reshape(shape + shape[1:]))


def em(x, start, hold=(), tolerance=1e-8, max_steps=1000):
    """Climb from `start` by E-step and M-step in turn.

    x: (n,) or (n, d). `hold` names what is known, as in `m_step`.

    It stops when the estimated way still to go to the fixed point is at most `tolerance`,
    in the components' own standard deviations (see `Run.distance`), or after `max_steps`
    M-steps; `Run.converged` and `Run.reason` tell which.

    Raises `ValueError` for data or a start that cannot be used, and `CollapseError`
    when a component collapses on the way; the error keeps the run so far in `.run`.
    """
    hold = checks.held(hold)
    if len(hold) == len(checks.NAMES):
        raise ValueError("weights, means and covariances are all held: nothing is left to estimate")
    if not tolerance >= 0:
        raise ValueError(f"tolerance must be at least 0, not {tolerance}")
    max_steps = checks.whole(max_steps, "max_steps", least=0)
    X = checks.points(x, checks.mixture_of(start, "start").d)
    checks.enough(X, start.K, spread="covariances" not in hold)

    mixtures, log_likelihoods, moves = [start], [], []
    while True:
        statistics = e_step(X, mixtures[-1])
        log_likelihoods.append(statistics.log_likelihood)
        moves.append(_next_move(statistics, hold))
        distance, floor = _distance(moves), _rounding(mixtures[-1])
        converged = distance <= tolerance or moves[-1] <= floor
        if converged or len(moves) > max_steps:
            reason = _reason(converged, distance, tolerance, max_steps, moves[-1], floor)
            return Run(tuple(mixtures), np.array(log_likelihoods), converged, reason, distance)
        try:
            mixtures.append(m_step(statistics, hold))
        except CollapseError as collapse:
            reason = str(collapse)
            so_far = Run(tuple(mixtures), np.array(log_likelihoods), False, reason, distance)
            raise CollapseError(collapse.component, collapse.what, len(mixtures), so_far) from None


def fit(x, K, rng, starts=10, tolerance=1e-8, max_steps=1000):
    """Run EM from `starts` k-means++ starts and keep the best run.

    The `Run` that comes back also knows how all the others ended: `Run.finals`.
    Starts that collapse are counted, not kept; if all do, that is a `CollapseError`.
    """
    checks.generator(rng)
    K = checks.whole(K, "K", least=1)
    starts = checks.whole(starts, "starts", least=1)
    best, finals, collapse = None, [], None
    for _ in range(starts):
        start = kmeans_plus_plus_start(x, K, rng)
        try:
            run = em(x, start, tolerance=tolerance, max_steps=max_steps)
        except CollapseError as error:
            collapse = error
            finals.append(np.nan)
            continue
        finals.append(run.log_likelihood)
        # Starts that reach the same maximum differ by rounding: the first of them is kept, so
        # that rounding does not choose the labels.
        if best is None or run.log_likelihood > best.log_likelihood + 1e-9 * len(np.atleast_1d(x)):
            best = run
    if best is None:
        what = f"{collapse.what} (as one did from each of the {starts} starts)"
        raise CollapseError(collapse.component, what, collapse.step, collapse.run)
    return Run(
        best.mixtures,
        best.log_likelihoods,
        best.converged,
        best.reason,
        best.distance,
        finals=np.array(finals),
    )


@dataclass(frozen=True, eq=False)
class Run:
    """What the loop saw.

    mixtures: all of them, the start first.  log_likelihoods: of each of them.
    converged: True only if the stopping rule was met; `reason` says how it ended, in words.
    distance: the estimated way from the last mixture to the fixed point: of all parameters
    the one with the furthest to go, where a mean counts in its component's standard
    deviations, a covariance as a share of itself, a weight as a share of itself.
    finals: after `fit`, where each start ended (log-likelihood; NaN where it collapsed).
    """

    mixtures: tuple
    log_likelihoods: np.ndarray
    converged: bool
    reason: str
    distance: float
    finals: np.ndarray = field(default_factory=lambda: np.array([]))

    @property
    def mixture(self):
        """The last mixture."""
        return self.mixtures[-1]

    @property
    def log_likelihood(self):
        """That of the last mixture."""
        return float(self.log_likelihoods[-1])

    @property
    def steps(self):
        """How many M-steps were taken."""
        return len(self.mixtures) - 1

    @property
    def reached_best(self):
        """After `fit`: how many starts ended within 0.01 nats of the best."""
        return int((self.finals >= self.log_likelihood - 0.01).sum())

    def __repr__(self):
        return f"<Run of {self.steps} steps to log-likelihood {self.log_likelihood:.4f}>"

    def __str__(self):
        lines = [f"{'step':>6} {'log-likelihood':>18} {'gain':>12}"]
        shown = list(range(self.steps + 1))
        if len(shown) > 8:
            shown = [*shown[:5], None, *shown[-2:]]
        for t in shown:
            if t is None:
                lines.append(f"{'...':>6}")
                continue
            gain = ""
            if t:
                gain = self.log_likelihoods[t] - self.log_likelihoods[t - 1]
                # the digits of a smaller gain are those of rounding, and differ between machines
                visible = abs(gain) > 1e-10 * abs(self.log_likelihoods[t])
                gain = f"{gain:>12.3g}" if visible else f"{'rounding':>12}"
            lines.append(f"{t:>6} {self.log_likelihoods[t]:>18.6f} {gain}".rstrip())
        lines.append(self.reason)
        if len(self.finals):
            lines.append(
                f"best of {len(self.finals)} starts; {self.reached_best} of them reached it, "
                f"{int(np.isnan(self.finals).sum())} collapsed"
            )
        return "\n".join(lines)


class CollapseError(ValueError):
    """A component lost its width or its points: the likelihood has no maximum that way.

    component: which one.  step: at which M-step (None outside `em`).
    run: the `Run` up to the step before (None outside `em`).
    """

    def __init__(self, component, what, step=None, run=None):
        self.component, self.what, self.step, self.run = component, what, step, run
        when = "" if step is None else f" at step {step}"
        super().__init__(
            f"component {component} {what}{when}; "
            "try another start, fewer components, or hold the covariances"
        )

    def __reduce__(self):  # an exception is rebuilt from its message unless it says otherwise
        return CollapseError, (self.component, self.what, self.step, self.run)


def _refuse_collapse(weights, means, covariances):
    # In units of the data's own spread, so that no change of scale changes the verdict.
    # By the law of total variance the new mixture has the data's mean and covariance.
    d = means.shape[1]
    mean = weights @ means
    apart = means - mean
    total = np.einsum("k,kij->ij", weights, covariances) + (weights[:, None] * apart).T @ apart
    scale = np.sqrt(np.diagonal(total))
    with np.errstate(invalid="ignore", divide="ignore"):
        narrowest = np.linalg.eigvalsh(np.nan_to_num(covariances / np.outer(scale, scale)))[:, 0]
    if (narrowest < NARROWEST).any():
        k = int(np.argmin(narrowest))
        if d == 1:
            what = f"collapsed onto one point: variance {covariances[k, 0, 0]:.1g}"
        else:
            smallest = np.linalg.eigvalsh(covariances[k])[0]
            what = (
                "collapsed onto points without width in some direction: "
                f"smallest eigenvalue of its covariance {max(smallest, 0):.1g}"
            )
        raise CollapseError(k, what)


def _next_move(statistics, hold):
    """How far the next M-step moves the parameters: the largest of |r|, |S − I|, |N/(nπ) − 1|.

    Each is what the M-step changes, in the component's own units, and (up to the factor N_k)
    the slope of the log-likelihood in that direction. It is 0 where EM stands still.
    """
    N, mixture = statistics.counts, statistics.mixture
    safe = np.maximum(N, 1e-290)
    move = [0.0]
    if "means" not in hold:
        move.append(np.abs(statistics.first / safe[:, None]).max())
    if "covariances" not in hold:
        r = 0 if "means" in hold else statistics.first / safe[:, None]
        S = statistics.second / safe[:, None, None]
        shift = np.einsum("ki,kj->kij", r, r) if "means" not in hold else 0
        move.append(np.abs(S - shift - np.eye(mixture.d)).max())
    if "weights" not in hold:
        weights = np.maximum(mixture.weights, 1e-290)
        move.append(np.abs(N / (statistics.n * weights) - 1).max())
    return float(max(move))


def _distance(moves):
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


def _rounding(mixture):
    """The size of a move that rounding alone can make: it grows with the offset of the data."""
    offset = np.linalg.solve(mixture.cholesky, mixture.locations[:, :, None])
    return 4 * np.finfo(float).eps * (1 + np.abs(offset).max())


def _reason(converged, distance, tolerance, max_steps, move, floor):
    if converged and distance <= tolerance:
        return f"converged: about {distance:.0e} standard deviations to go"
    if converged:
        return "converged: no parameter moves by more than rounding"
    to_go = "an unknown way" if np.isinf(distance) else f"about {distance:.0e} standard deviations"
    return f"not converged: stopped by max_steps = {max_steps}, with {to_go} to go"
