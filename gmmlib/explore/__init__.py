"""Sliders that move a real EM, in Jupyter and on a page without Python.

An explorer is declared from ipywidgets sliders and marks. A mark is a function of the
sliders that its arguments name; when the cell runs, it is evaluated for every combination
of *those* sliders, and the answers are packed as small integers (packing.py). The front
end (explorer.js) unpacks and draws them; it decides nothing and knows no EM.

A question (questions.py) asks what an explorer will show, or which line comes first.
"""

from .explorer import Explorer, explore
from .marks import (
    Bars,
    Categories,
    Contours,
    Curve,
    Density,
    Ellipses,
    HeatMap,
    Histogram,
    Panel,
    Path,
    Picture,
    Points,
    Rule,
    Table,
    Text,
)
from .questions import Question, arrange, predict

__all__ = [
    "Bars",
    "Categories",
    "Contours",
    "Curve",
    "Density",
    "Ellipses",
    "Explorer",
    "HeatMap",
    "Histogram",
    "Panel",
    "Path",
    "Picture",
    "Points",
    "Question",
    "Rule",
    "Table",
    "Text",
    "arrange",
    "explore",
    "predict",
]
