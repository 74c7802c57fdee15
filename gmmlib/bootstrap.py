"""The parametric bootstrap: what a fit would have been on other data of the same kind.

Draw data sets from a fitted mixture, each of the size of the data, and fit each anew (Efron 1979;
for mixtures McLachlan and Peel 2000, section 2.16). Small data sets climb together in one array.
"""

from dataclasses import dataclass

import numpy as np

from . import validation
from .covariance import full
from .em import em
from .mixture import Mixture
from .run import CollapseError
from .sampling import sample
from .together import CHUNK, DataSets, climb, stack_of


@dataclass(frozen=True, eq=False)
class Refits:
    """What the fits of the bootstrap came to.

    weights (B, K), means (B, K) or (B, K, d), covariances (B, K) or (B, K, d, d) and
    log_likelihoods (B,): of each data set, in its own fit; NaN where the fit collapsed.
    converged (B,). seeds (B,): data set b is sample(fitted, n, np.random.default_rng(seeds[b]))[0],
    so each can be drawn again by itself, and two calls with equal generators have equal data.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    log_likelihoods: np.ndarray
    converged: np.ndarray
    seeds: np.ndarray

    def __len__(self):
        return len(self.weights)

    @property
    def collapsed(self):
        """How many of the fits collapsed."""
        return int(np.isnan(self.log_likelihoods).sum())


def bootstrap(
    fitted,
    n,
    rng,
    refits=1000,
    *,
    start=None,
    hold=None,
    covariance=None,
    prior=None,
    tolerance=1e-6,
    max_steps=1000,
    progress=None,
):
    """Fit `refits` data sets of n points each, drawn from `fitted`: `Refits`.

    fitted: a `Run` or a `Mixture`. Each fit starts from `start`, a `Mixture` (it may have another
    number of components), or from the mixture that made the data: then component k of every refit
    is component k of it. A list of mixtures: each data set is climbed from all of them, and its
    highest end is kept. hold, covariance: as the start was fitted, if nothing is said.
    prior, tolerance, max_steps: as in `em`.
    progress: a function that is called with (done, refits) as the fits come in.
    """
    truth = validation.mixture_of(getattr(fitted, "mixture", fitted), "fitted")
    rng, n = validation.generator(rng), validation.whole(n, "n", least=truth.K)
    refits = validation.whole(refits, "refits", least=1)
    max_steps = validation.whole(max_steps, "max_steps", least=0)
    tolerance = validation.at_least_zero(tolerance, "tolerance")
    if not (progress is None or callable(progress)):
        raise ValueError(f"progress must be a function of (done, refits), not {progress!r}")
    starts = _starts(truth, start, hold, covariance)
    begin = starts[0]
    hold = begin.hold if hold is None else validation.held(hold)
    covariance = validation.kind_of_covariance(covariance or begin.covariance or full)
    validation.something_free(hold)
    size = max(1, CHUNK // (n * ((truth.d + 1) * (truth.d + 2) // 2 + begin.K)))
    # One seed a data set, drawn before anything else.
    seeds = rng.integers(2**63, size=refits)
    options = hold, prior, covariance
    parts = []
    for first in range(0, refits, size):
        some = seeds[first : first + size]
        xs = np.array([sample(truth, n, np.random.default_rng(seed))[0] for seed in some])
        together = _together if len(xs) > 1 else _in_turn
        ends = [together(xs, each, options, tolerance, max_steps) for each in starts]
        parts += [_highest(of_one) for of_one in zip(*ends)]
        if progress is not None:
            progress(len(parts), refits)
    arrays = [np.array(values) for values in zip(*parts)]
    return Refits(*arrays, seeds)


def _starts(truth, start, hold, covariance):
    """The mixtures that each data set is climbed from."""
    if start is None:
        return [truth]
    several = isinstance(start, list | tuple)
    starts = [validation.mixture_of(each, "start") for each in (start if several else [start])]
    if not starts:
        raise ValueError("start has no mixture in it")
    for each in starts:
        if each.d != truth.d:
            raise ValueError(f"a start in {each.d} dimensions, data in {truth.d}")
        if each.K != starts[0].K:
            raise ValueError(f"starts of {starts[0].K} and of {each.K} components: one K is needed")
        if hold is None and each.hold != starts[0].hold:
            raise ValueError("starts that held different things: say what to hold")
        if covariance is None and each.covariance != starts[0].covariance:
            raise ValueError("starts with covariances of different kinds: say which kind to fit")
    return starts


def _highest(ends):
    """Of the ends of one data set the highest; one that collapsed is below all others."""
    return max(ends, key=lambda end: -np.inf if np.isnan(end[3]) else end[3])


def _together(xs, begin, options, tolerance, max_steps):
    data = DataSets(xs)
    start = stack_of([begin] * len(xs), data.summary.mean, options[0])
    found = climb(data, start, max_steps, tolerance, *options)
    for s in range(len(xs)):
        yield _numbers(found.mixture(s, begin), begin, found.log_likelihoods[s], found.converged[s])


def _in_turn(xs, begin, options, tolerance, max_steps):
    hold, prior, covariance = options
    for x in xs:
        try:
            run = em(
                x, begin, hold, tolerance, max_steps,
                prior=prior, covariance=covariance, keep_mixtures=False,
            )  # fmt: skip
            yield _numbers(run.mixture, begin, run.log_likelihood, run.converged)
        except CollapseError:
            yield _numbers(None, begin, np.nan, False)


def _numbers(mixture: Mixture, like, log_likelihood, converged):
    if mixture is None:
        parts = (np.full(np.shape(a), np.nan) for a in (like.weights, like.means, like.covariances))
        return (*parts, np.nan, False)
    return mixture.weights, mixture.means, mixture.covariances, log_likelihood, converged
