"""Refusals in the caller's words: what was needed, what came, and which one.

Every function that takes data or parameters from outside passes them through
here once, so that the mathematics further on never meets a wrong shape or a NaN.
"""

import numpy as np

NAMES = ("weights", "means", "covariances")


def numbers(values, name):
    """`values` as a float64 array; refuses what is not finite real numbers, naming the entry."""
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            if any(isinstance(value, (str, bytes)) for value in array.flat):
                raise TypeError("some are text")
            array = array.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be real numbers in a regular array: {error}") from None
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be real numbers, not {array.dtype}")
    array = array.astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        place = f"row {where[0]} of {name}" if array.ndim else name
        if array.ndim > 1:
            place += ", column " + ", ".join(map(str, where[1:]))
        raise ValueError(f"{place} is not finite ({array[where]})")
    return array


def points(x, d=None):
    """Data as rows: `(n,)` and `(n, d)` both come back as `(n, d)`.

    Refuses other shapes, no rows at all, and (if `d` is given) another number of columns.
    """
    X = numbers(x, "x")
    if X.ndim not in (1, 2):
        raise ValueError(f"x must have shape (n,) or (n, d), not {X.shape}")
    X = X.reshape(len(X), -1) if X.size else X
    if X.size == 0:
        raise ValueError(f"x has no points: its shape is {X.shape}")
    if d is not None and X.shape[1] != d:
        wanted = "(n,) or (n, 1)" if d == 1 else f"(n, {d})"
        raise ValueError(
            f"a mixture in {d} dimension{'s' * (d > 1)} needs x of shape {wanted}, "
            f"not {np.shape(x)}"
        )
    return X


def enough(X, K, spread=True):
    """Refuses fewer points than components and, if `spread`, columns that do not vary."""
    n, d = X.shape
    if n < K:
        raise ValueError(f"{K} components need at least {K} points, not {n}")
    if spread:
        still = np.flatnonzero(np.ptp(X, axis=0) == 0)
        if len(still):
            which = "x" if d == 1 else f"column {still[0]} of x"
            raise ValueError(
                f"{which} is constant ({X[0, still[0]]:g}): "
                "a covariance cannot be estimated from points that do not vary"
            )


def whole(value, name, least):
    """A whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"{name} must be a whole number, not {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
    return int(value)


def generator(rng):
    """A NumPy random generator; a bare seed is refused, so that no call hides its randomness."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"rng must be a numpy.random.Generator, such as np.random.default_rng(1), not {rng!r}"
        )
    return rng


def held(hold):
    """The names of what is held, as a set; refuses other names."""
    hold = (hold,) if isinstance(hold, str) else tuple(hold)
    for name in hold:
        if name not in NAMES:
            raise ValueError(f"hold takes any of {', '.join(NAMES)}; not {name!r}")
    return frozenset(hold)


def mixture_of(value, name="mixture"):
    """A `Mixture`, or anything that looks like one."""
    if not all(hasattr(value, part) for part in ("weights", "means", "covariances", "K", "d")):
        raise ValueError(f"{name} must be a Mixture, not {type(value).__name__}")
    return value
