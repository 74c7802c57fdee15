"""What a chapter is asked, read from its source: no notebook is run.

A rule yields its faults as sentences: the cell's number, what is wrong, what to do. Where a
chapter means it so, the cell's metadata says why: {"gmm": {"numbers": {"39": "the reason"}}}.
"""

from .claims import misconceptions, programs
from .equations import equations
from .exercises import exercises
from .glossary import glossary, order
from .letters import letters
from .links import links
from .marks import marks
from .neighbors import neighbors
from .numbers import numbers
from .rebound import rebound

__all__ = [
    "equations",
    "exercises",
    "glossary",
    "letters",
    "links",
    "marks",
    "misconceptions",
    "neighbors",
    "numbers",
    "order",
    "programs",
    "rebound",
]
