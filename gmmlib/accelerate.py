"""Leaps for EM where it crawls: Anderson's acceleration, safeguarded.

EM near its end moves by a nearly linear map, along the same few slow directions step after
step. From the last steps one can tell where the map would lead: the combination of them
whose moves cancel best (Anderson 1965; Walker and Ni 2011). The leap is an offer only: `em`
takes it if the log-likelihood does not fall, and takes the plain step otherwise (Henderson
and Varadhan 2019), so it climbs as surely as without.

Far from the end nothing is linear and a leap might land in another maximum's basin: none is
offered until the moves are small and shrink.
"""

from functools import cache
from itertools import pairwise

import numpy as np

from .mixture import Mixture

MEMORY = 8  # steps looked back on
NEAR = 0.01  # leaps begin when a move is below this, in the components' own units,
STEADY = 6  # and the last so many moves, each, were smaller than the one before


@cache
def below(d):
    """Where the entries below the diagonal are."""
    return np.tril_indices(d, -1)


class Anderson:
    """Offers leaps from the mixtures that EM has been at, and where it went from each."""

    def __init__(self, summary, hold=()):
        self.center, self.scale, self.hold = summary.mean, summary.deviations, hold
        self.forget()

    def forget(self):
        """Begin anew: what was seen so far has led astray."""
        self.places, self.moves = [], []

    def from_here(self, mixture, following, moves):
        """The mixture to leap to; None where EM should take its own step."""
        last = moves[-STEADY:]
        shrinking = len(last) == STEADY and all(b < a for a, b in pairwise(last))
        if not shrinking or last[-1] > NEAR:
            self.forget()
            return None
        place, target = self._numbers(mixture), self._numbers(following)
        self.places = [*self.places[-MEMORY:], target]
        self.moves = [*self.moves[-MEMORY:], target - place]
        if len(self.moves) < 3:
            return None
        change_of_moves = np.diff(self.moves, axis=0).T
        change_of_places = np.diff(self.places, axis=0).T
        mix, *_ = np.linalg.lstsq(change_of_moves, self.moves[-1], rcond=1e-10)
        return self._mixture(target - change_of_places @ mix, following)

    def _numbers(self, mixture):
        """All parameters in one vector without constraints: logs of weights and of widths."""
        A = mixture.affine(self.center)
        L = A[:, 1:, 1:] / self.scale[:, None]
        widths = np.diagonal(L, axis1=1, axis2=2)
        i, j = below(mixture.d)
        with np.errstate(divide="ignore"):
            logs = np.log(np.maximum(mixture.weights, 1e-300))  # a weight of 0 stays
        parts = [logs, A[:, 1:, 0] / self.scale, np.log(widths), L[:, i, j]]
        return np.concatenate([part.ravel() for part in parts])

    def _mixture(self, numbers, like):
        K, d = like.K, like.d
        if not np.isfinite(numbers).all():
            return None
        ends = np.cumsum([K, K * d, K * d])
        logs, offsets, widths, lower = np.split(numbers, ends)
        weights = np.where(like.weights > 0, np.exp(logs - logs.max()), 0.0)
        A = np.zeros((K, d + 1, d + 1))
        A[:, 0, 0] = 1
        A[:, 1:, 0] = offsets.reshape(K, d) * self.scale
        if "means" in self.hold:  # what is held keeps its last digit
            A[:, 1:, 0] = like.affine(self.center)[:, 1:, 0]
        i, j = below(d)
        L = np.zeros((K, d, d))
        L[:, range(d), range(d)] = np.exp(np.clip(widths.reshape(K, d), -300, 300))
        L[:, i, j] = lower.reshape(K, -1)
        A[:, 1:, 1:] = like.cholesky if "covariances" in self.hold else L * self.scale[:, None]
        weights = like.weights if "weights" in self.hold else weights / weights.sum()
        ahead = Mixture.from_affine(weights, A, self.center, like.flat, like.hold, like.covariance)
        ahead.take_over(like)
        return ahead
