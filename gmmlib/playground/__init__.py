"""The reader's own data: what computes behind the page `your_data`, on NumPy alone."""

from pathlib import Path

from .desk import Playground
from .table import decoded, read

__all__ = ["Playground", "read_points"]


def read_points(path, columns):
    """Columns of a CSV file, as the page reads it: (n,) or (n, 2), without the rows with gaps.

    columns: one or two names. Raises `ValueError`, in words, for what cannot be used.
    """
    x, _ = read(decoded(Path(path).read_bytes())).points(columns)
    return x[:, 0].copy() if len(columns) == 1 else x
