"""Where a climb begins: what the reader wishes, as a mixture, and as the Python that makes it."""

import numpy as np

from .. import validation
from ..covariance import diagonal, full, spherical, tied
from ..mixture import Mixture
from ..start import kmeans_plus_plus_start, means_start, random_start
from .program import option
from .refusal import MOST_K, Refusal, one_of, rows_of_numbers, whole

KINDS = {"full": full, "tied": tied, "diagonal": diagonal, "spherical": spherical}
RANDOM = {"random": random_start, "k-means++": kmeans_plus_plus_start}
MOST_SEED = 2**53 - 1  # what JavaScript can count to


class Wish:
    """K, the kind of covariance and the seed of a request, checked against the points."""

    def __init__(self, request, points, K=None):
        self.K = K or whole(request, "K", 1, MOST_K)
        self.kind = one_of(request, "covariance", list(KINDS), "full")
        self.seed = whole(request, "seed", 0, MOST_SEED, 1)
        self.covariance = KINDS[self.kind]
        refuse_few(points, self.K)
        try:
            validation.enough(points.rows.summary, self.K, self.covariance.needs)
        except ValueError as error:
            raise Refusal(self.in_words(points, str(error)), "covariance") from None

    def in_words(self, points, words):
        if "follows from" in words:
            one, other = points.names
            return (
                f'column "{other}" follows from column "{one}": all the points lie on one line, '
                "and no full or tied covariance is as thin as a line; take diagonal or spherical "
                "covariances, or one of the two columns alone"
            )
        return points.named(words)

    @property
    def rng(self):
        return np.random.default_rng(self.seed)

    @property
    def options(self):
        """What Python has to say of the covariance."""
        return option(self.kind)


def refuse_few(points, K):
    """Refuses more components than there are points, or different points."""
    if K > points.n:
        raise Refusal(f"{K} components need at least {K} points, not {points.n}", "K")
    if K > points.different:
        raise Refusal(
            f"{K} components need at least {K} different points: of the {points.n} points only "
            f"{points.different} are different",
            "K",
        )


def begun(request, points):
    """The start that a request wishes, a `Mixture`, its `Wish`, and the lines that make it."""
    how = one_of(request, "how", [*RANDOM, "by hand"], "random")
    if how == "by hand":
        return by_hand(request, points)
    wish = Wish(request, points)
    start = RANDOM[how](points.x, wish.K, wish.rng, covariance=wish.covariance)
    name = RANDOM[how].__name__
    line = f"start = {name}(x, K={wish.K}, rng=np.random.default_rng({wish.seed}){wish.options})"
    return start, wish, [line]


def by_hand(request, points):
    means = rows_of_numbers(request.get("means"), "means", "start", (points.d,))
    if not 1 <= len(means) <= MOST_K:
        raise Refusal(f"from 1 to {MOST_K} means are needed, not {len(means)}", "start")
    if "K" in request and whole(request, "K", 1, MOST_K) != len(means):
        raise Refusal(f"{request['K']} components need as many means, not {len(means)}", "start")
    wish = Wish(request, points, K=len(means))
    start = means_start(points.x, np.array(means), covariance=wish.covariance)
    return start, wish, [f"start = means_start(x, {means}{wish.options})"]


def mixture_lines(mixture):
    """The Python that makes a mixture, to the last digit."""
    lines = [f"    {n}={getattr(mixture, n).tolist()}," for n in validation.NAMES]
    return ["start = Mixture(", *lines, ")"]


def given(weights, means, covariances, points):
    """A mixture from numbers of outside, fit for the points."""
    try:
        mixture = Mixture(weights, means, covariances)
    except (ValueError, TypeError, OverflowError) as error:
        raise Refusal(f"this is no mixture: {error}", "file") from None
    if mixture.K > MOST_K:
        raise Refusal(f"{mixture.K} components are more than this page takes ({MOST_K})", "file")
    if mixture.d != points.d:
        raise Refusal(
            f"the mixture has {mixture.d} dimension{'s' * (mixture.d > 1)}, "
            f"and the points have {points.d}",
            "file",
        )
    if mixture.flat != (points.x.ndim == 1):  # means (K, 1) for plain numbers
        mixture = Mixture(weights, mixture.means[:, 0], mixture.covariances[:, 0, 0])
    return mixture
