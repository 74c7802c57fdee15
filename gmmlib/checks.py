"""Refusals in the caller's words: what was needed, what came, and which one.

Every function that takes data or parameters from outside passes them through
here once, so that the mathematics further on never meets a wrong shape or a NaN.
"""

import numpy as np

NAMES = ("weights", "means", "covariances")


def real_array(values, name):
    """`values` as an array of real numbers, without a copy where it is one already."""
    if np.ma.is_masked(values):
        raise ValueError(f"{name} has masked entries: leave those rows out, or fill them in")
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            if any(isinstance(value, (str, bytes)) for value in array.flat):
                raise TypeError("some are text")
            array = array.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be real numbers in a regular array: {error}") from None
    real_type(array.dtype, name)
    return array


def real_type(dtype, name):
    """Refuses what is not a type of real numbers."""
    if dtype.kind not in "fiub":
        raise ValueError(f"{name} must be real numbers, not {dtype}")


def numbers(values, name):
    """`values` as a float64 array; refuses what is not finite real numbers, naming the entry."""
    array = real_array(values, name).astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        place = f"row {where[0]} of {name}" if array.ndim else name
        if array.ndim > 1:
            place += ", column " + ", ".join(map(str, where[1:]))
        raise ValueError(f"{place} is not finite ({array[where]})")
    return array


def row_shape(shape, d=None, what="x"):
    """Refuses what is not rows: (n,) or (n, d), at least one, and `d` numbers each if given."""
    if len(shape) not in (1, 2):
        raise ValueError(f"{what} must have shape (n,) or (n, d), not {shape}")
    if 0 in shape:
        raise ValueError(f"{what} has no points: its shape is {shape}")
    if d is not None and (1 if len(shape) == 1 else shape[1]) != d:
        wanted = "(n,) or (n, 1)" if d == 1 else f"(n, {d})"
        raise ValueError(
            f"a mixture in {d} dimension{'s' * (d > 1)} needs {what} of shape {wanted}, not {shape}"
        )


def points(x, d=None):
    """Data as rows: `(n,)` and `(n, d)` both come back as `(n, d)`."""
    X = numbers(x, "x")
    row_shape(X.shape, d)
    return X.reshape(len(X), -1)


def refuse_not_finite(X, first_row):
    """Names the first row of a block that is not finite numbers."""
    row, column = (int(i) for i in np.argwhere(~np.isfinite(X))[0])
    place = f"row {first_row + row} of x" + (f", column {column}" if X.shape[1] > 1 else "")
    raise ValueError(f"{place} is not finite ({X[row, column]})")


def refuse_far(log_density, X, first_row):
    """Names the first point so far from every component that a double has no log density for it."""
    if not np.isfinite(X).all():
        refuse_not_finite(X, first_row)
    row = first_row + int(np.flatnonzero(~np.isfinite(log_density))[0])
    raise ValueError(
        f"row {row} of x lies so far from every component that its log density "
        "is not a finite number"
    )


def sample_weight(values, n):
    """How often each of n rows counts: at least 0, not all 0."""
    weight = numbers(values, "sample_weight")
    if weight.shape != (n,):
        raise ValueError(f"{n} rows need sample_weight of shape ({n},), not {weight.shape}")
    if weight.min() < 0:
        row = int(np.argmin(weight))
        raise ValueError(f"sample_weight {row} is negative ({weight[row]:g})")
    if weight.sum() == 0:
        raise ValueError("sample_weight is 0 for every row")
    return weight


def enough(summary, K, spread=True):
    """Refuses fewer points than components and, if `spread`, columns that do not vary.

    `summary` is what one pass over the rows told (rows.Summary).
    """
    n, d = summary.n, len(summary.mean)
    if n < K:
        raise ValueError(f"{K} components need at least {K} points, not {n:g}")
    if not spread:
        return
    still = np.flatnonzero(summary.low == summary.high)
    if len(still):
        which = "x" if d == 1 else f"column {still[0]} of x"
        raise ValueError(
            f"{which} is constant ({summary.low[still[0]]:g}): "
            "a covariance cannot be estimated from points that do not vary"
        )
    if not np.isfinite(summary.covariance).all():
        return  # a point so far away that its square is infinite: the E-step names it
    if summary.cholesky is not None:
        left = np.diagonal(summary.cholesky) / summary.deviations  # by the columns before it
        if left.min() > 1e-5:
            return
    correlation = summary.covariance / np.outer(summary.deviations, summary.deviations)
    for column in range(1, d):
        before = correlation[:column, :column]
        others = np.linalg.lstsq(before, correlation[:column, column], rcond=1e-14)[0]
        left = correlation[column, column] - others @ correlation[:column, column]
        if left < 1e-13:
            names = [str(int(j)) for j in np.flatnonzero(np.abs(others) > 1e-6)]
            raise ValueError(
                f"column {column} of x follows from column{'s' * (len(names) > 1)} "
                f"{', '.join(names)}: no covariance of collinear columns is positive definite"
            )


def whole(value, name, least):
    """A whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"{name} must be a whole number, not {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
    return int(value)


def at_least_zero(value, name):
    """A number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise ValueError(f"{name} must be a number, not {value!r}")
    if not value >= 0:
        raise ValueError(f"{name} must be at least 0, not {value}")
    return value


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
