"""Has an answer the form that was asked for? Whether it is right is said when it is marked.

A notebook that is handed out holds no key, so a number can be looked at from outside only.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, repr=False)
class Answer:
    """What can be said about a number before it is marked: state and message, as of a Verdict."""

    state: str  # "given", "absent" or "wrong"
    message: str

    def __bool__(self):
        return self.state == "given"

    def __repr__(self):
        return self.message


def check_answer(value, shape=(), low=-np.inf, high=np.inf, whole=False):
    """Is value a number (or an array of this shape) from low to high, whole if it is to be?"""
    if value is None or value is ...:
        return Answer("absent", "no answer yet")
    wanted = "a whole number" if whole else "a number"
    if shape:
        wanted = f"{' by '.join(map(str, shape))} {'whole ' if whole else ''}numbers"
    if np.isfinite(low) and np.isfinite(high):
        wanted += f" from {low} to {high}"
    try:
        numbers = np.asarray(value)
        fits = numbers.shape == tuple(shape) and numbers.dtype.kind in "iuf"
    except ValueError:  # a list of lists of different lengths
        fits = False
    if not fits:
        return Answer("wrong", f"{wanted} needed, not {_short(value)}")
    if not np.isfinite(numbers).all():
        return Answer("wrong", f"{wanted} needed, and there is {_short(value)}: not finite")
    if whole and (numbers != np.round(numbers)).any():
        return Answer("wrong", f"{wanted} needed, not {_short(value)}")
    if (numbers < low).any() or (numbers > high).any():
        return Answer("wrong", f"{wanted} needed, not {_short(value)}")
    return Answer("given", f"{wanted}, as asked; the marker says whether right")


def _short(value):
    shape = np.shape(value) if isinstance(value, np.ndarray) else ()
    if shape and np.size(value) > 6:
        return f"an array of shape {shape}"
    text = " ".join(repr(value.item() if isinstance(value, np.generic) else value).split())
    return text if len(text) <= 60 else text[:57] + "..."
