"""How many components? Schwarz's criterion for each K, of the best of ten starts."""

from ..diagnostics import bic
from ..run import CollapseError
from . import words
from .begin import Wish
from .fitting import best_of
from .refusal import Refusal


def bic_for_each(request, points, upto, progress):
    """BIC for K = 1 … upto, None where there is no fit, and why in `notes`: an answer."""
    found, notes = [], []
    for K in range(1, upto + 1):
        progress({"K": K, "of": upto})
        why = None
        try:
            wish = Wish(request, points, K=K)
            run = best_of(points.x, wish)
        except CollapseError as error:
            why = words.collapse(error)
        except Refusal as refusal:
            if K == 1:  # so would every other be
                raise
            why = str(refusal)
        if why is not None:
            notes.append(f"K = {K}: {why}")
        found.append(bic(points.x, run) if why is None else None)
    known = [K for K in range(1, upto + 1) if found[K - 1] is not None]
    best = min(known, key=lambda K: found[K - 1], default=None)
    return {"bic": found, "best": best, "notes": notes}


def bic_lines(wish, found):
    """The Python that does the same, for each K that has a fit."""
    known = [K for K, value in enumerate(found, 1) if value is not None]
    among = f"range(1, {len(found) + 1})" if len(known) == len(found) else known
    if not known:
        return []
    return [
        f"for K in {among}:",
        f"    best = fit(x, K, np.random.default_rng({wish.seed}), race=False{wish.options})",
        "    print(K, bic(x, best))",
    ]
