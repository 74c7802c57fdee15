"""Refusals in the caller's words: what was needed, what came, and which one.

Every function that takes data or parameters from outside passes them through
here once, so that the mathematics further on never meets a wrong shape or a NaN.
"""

from collections.abc import Mapping

import numpy as np

from .linear import independent_cholesky

NAMES = ("weights", "means", "covariances")


def refuse_no_array(values, name):
    """Refuse what is often brought in place of an array, and say how to make one of it."""
    kind = type(values).__name__
    if isinstance(values, Mapping):
        raise ValueError(
            f"{name} must be an array, not a {kind}; of columns by name "
            f"np.column_stack(list({name}.values())) makes one"
        )
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise ValueError(f"{name} must be a dense array, not a {kind}: {name}.toarray() makes one")
    if isinstance(values, type):
        raise ValueError(f"{name} must be an array, not the class {values.__name__}")


def real_array(values, name, gaps=False):
    """`values` as an array of real numbers, without a copy where it is one already.

    gaps: whether masked entries become NaN; else they are refused.
    """
    refuse_no_array(values, name)
    if np.ma.is_masked(values) and gaps:
        values = np.ma.filled(values.astype(float), np.nan)
    if np.ma.is_masked(values):
        raise ValueError(f"{name} has masked entries: leave those rows out, or fill them in")
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            if any(isinstance(value, (str, bytes)) for value in array.flat):
                raise TypeError("some are text")
            # pandas has a value of its own for what is not known
            unknown = [type(value).__name__ in ("NAType", "NaTType") for value in array.flat]
            array = np.where(np.reshape(unknown, array.shape), np.nan, array).astype(float)
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
    return weighted_points(x, None, d)[0]


def places(values, name, d):
    """Means or centers, told as (K,) in one dimension or (K, d), as (K, d)."""
    at = numbers(values, name)
    K = len(at) if at.ndim else 0
    if at.size == 0 or at.shape not in ((K, d), (K,) if d == 1 else (K, d)):
        wanted = "(K,) or (K, 1)" if d == 1 else f"(K, {d})"
        raise ValueError(f"x of {d} columns needs {name} of shape {wanted}, not {at.shape}")
    return at.reshape(K, d)


def weighted_points(x, weight, d=None):
    """Data as rows (n, d), and their weights or None. Rows of weight 0 may hold anything."""
    X = real_array(x, "x")
    row_shape(X.shape, d)
    if weight is not None:
        weight = sample_weight(weight, len(X))
        if not weight.all():
            X = np.where((weight > 0).reshape(-1, *[1] * (X.ndim - 1)), X, 0)
    return numbers(X, "x").reshape(len(X), -1), weight


def refuse_not_finite(X, first_row):
    """Names the first row of a block that is not finite numbers."""
    row, column = (int(i) for i in np.argwhere(~np.isfinite(X))[0])
    place = f"row {first_row + row} of x" + (f", column {column}" if X.shape[1] > 1 else "")
    raise ValueError(f"{place} is not finite ({X[row, column]})")


def finite_columns(X, first_row, gaps=False):
    """Refuses columns (d, b) of rows that are not all finite numbers; gaps: or NaN."""
    X = np.where(np.isnan(X), 0.0, X) if gaps else X
    if not np.isfinite(X).all():
        refuse_not_finite(X.T, first_row)


def refuse_far(log_density, first_row):
    """Names the first point so far from every component that a double has no log density for it."""
    refuse_far_row(first_row + int(np.flatnonzero(~np.isfinite(log_density))[0]))


def refuse_far_row(row):
    raise ValueError(
        f"row {row} of x lies so far from every component that its log density "
        "is not a finite number"
    )


def refuse_read_once():
    raise ValueError(
        "x can be iterated over only once, but EM reads the data at every step: "
        "give a list of blocks, or an object whose __iter__ starts anew"
    )


def refuse_change(what):
    raise ValueError(
        f"x gave {what}, but EM reads the same data at every step: "
        "give a list of blocks, or an object whose __iter__ starts anew"
    )


def refuse_units(summary, covariance=False):
    """Refuses numbers so small that their variance is no double, or too large for their mean.

    covariance: refuse those whose covariance is none, too (the E-step names a single such point).
    """
    with np.errstate(all="ignore"):
        if not np.isfinite(summary.mean).all():
            raise ValueError("the numbers of x are too large: their mean is not a finite number")
        variance = np.diagonal(summary.scatter) / summary.n
        small = (summary.low < summary.high) & (variance < 1e-290)
        large = ~np.isfinite(variance) & covariance
    for j in np.flatnonzero(small | large):
        which = "x" if len(variance) == 1 else f"column {j} of x"
        raise ValueError(
            f"{which} goes from {summary.low[j]:g} to {summary.high[j]:g}: its variance is too "
            f"{'small' if small[j] else 'large'} for a double, so measure it in another unit"
        )


def sample_weight(values, n):
    """How often each of n rows counts: at least 0, not all 0. n is None where nobody knows yet."""
    weight = numbers(values, "sample_weight")
    n = len(weight) if n is None and weight.ndim == 1 else n
    if weight.shape != (n,):
        raise ValueError(f"{n} rows need sample_weight of shape ({n},), not {weight.shape}")
    if weight.min() < 0:
        row = int(np.argmin(weight))
        raise ValueError(f"sample_weight {row} is negative ({weight[row]:g})")
    if weight.sum() == 0:
        raise ValueError("sample_weight is 0 for every row")
    return weight


def enough(summary, K, needs="independent"):
    """Refuses fewer points than components, and columns that no covariance can be estimated from.

    summary: what one pass over the rows told (Summary). needs: "independent" columns, columns
    that are "varying", or None for anything.
    """
    d = len(summary.mean)
    if summary.rows < K:
        raise ValueError(f"{K} components need at least {K} points, not {summary.rows}")
    if needs is None:
        return
    still = np.flatnonzero(~(summary.low < summary.high))
    if len(still):
        which = "x" if d == 1 else f"column {still[0]} of x"
        if summary.low[still[0]] > summary.high[still[0]]:
            raise ValueError(f"{which} has no known entry")
        raise ValueError(
            f"{which} is constant ({summary.low[still[0]]:g}): "
            "a covariance cannot be estimated from points that do not vary"
        )
    covariance = summary.covariance
    if summary.rows <= d and needs == "independent":
        raise ValueError(
            f"{summary.rows} points in {d} dimensions lie in a plane: full and tied covariances "
            "need more points than dimensions, diagonal and spherical ones, or a prior, do not"
        )
    if needs == "varying" or not np.isfinite(covariance).all():
        return  # a point so far away that its square is infinite: the E-step names it
    correlation = covariance / np.outer(summary.deviations, summary.deviations)
    if independent_cholesky(correlation) is not None:
        return
    # The first column that follows from those before it: so many are independent, and one more not.
    low, high = 1, d
    while high - low > 1:
        middle = (low + high) // 2
        independent = independent_cholesky(correlation[:middle, :middle]) is not None
        low, high = (middle, high) if independent else (low, middle)
    column = high - 1
    others = np.linalg.lstsq(correlation[:column, :column], correlation[:column, column], 1e-14)[0]
    names = [str(int(j)) for j in np.flatnonzero(np.abs(others) > 1e-6)]
    raise ValueError(
        f"column {column} of x follows from column{'s' * (len(names) > 1)} "
        f"{', '.join(names)}: no covariance of collinear columns is positive definite; "
        "leave it out, or use diagonal covariances or a prior"
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


def something_free(hold):
    """Refuses to hold everything."""
    if len(hold) == len(NAMES):
        raise ValueError("weights, means and covariances are all held: nothing is left to estimate")


def shares(values, n, K=None):
    """Shares of n points in K components: (n, K), at least 0, each row sums to 1."""
    q = numbers(values, "shares")
    if q.ndim != 2 or not q.size or len(q) != n or (K is not None and q.shape[1] != K):
        of = "" if K is None else f" and {K} components"
        raise ValueError(
            f"{n} points{of} need shares of shape ({n}, {'K' if K is None else K}), not {q.shape}"
        )
    off = np.abs(q.sum(axis=1) - 1)
    if (q < 0).any() or off.max() > 1e-8:
        row = int(np.flatnonzero((q < 0).any(axis=1) | (off > 1e-8))[0])
        raise ValueError(f"row {row} of shares is not shares of one: {q[row]}")
    return q


def start_of(value):
    """A function that makes starts, or None."""
    if value is not None and not callable(value):
        what = "a Mixture" if hasattr(value, "weights") else repr(value)
        raise ValueError(
            f"start must be a function of (x, K, rng), such as random_start, not {what}: "
            "from a mixture of your own climb with em(x, mixture)"
        )


def kind_of_covariance(value):
    """One of the four kinds; refuses their names in other packages, saying which is meant."""
    if not hasattr(value, "needs"):
        raise ValueError(
            "covariance takes one of the functions full, tied, diagonal and spherical of gmmlib, "
            f"not {value!r}"
        )
    return value


def mixture_of(value, name="mixture"):
    """A `Mixture`, or anything that looks like one."""
    if not all(hasattr(value, part) for part in ("weights", "means", "covariances", "K", "d")):
        raise ValueError(f"{name} must be a Mixture, not {type(value).__name__}")
    return value
