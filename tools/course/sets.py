"""Reads a problem set's source: its parts, what each asks, and the instructor's cells.

`course/sets/N_name.ipynb` is an ordinary notebook with nbgrader's metadata; what our marker asks
stands under "gmm" in the metadata of the graded cells.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

HIDDEN = re.compile(
    r"^[ \t]*### BEGIN HIDDEN TESTS.*?^[ \t]*### END HIDDEN TESTS[^\n]*\n?", re.M | re.S
)


@dataclass(frozen=True)
class Cell:
    """kind: "code" or another. check: a graded cell without an answer in it, or the last check."""

    kind: str
    source: str
    grade_id: str | None
    check: bool


@dataclass(frozen=True)
class Part:
    """What one graded cell asks. asks: {"function": …}, {"value": …}, or {} where a person marks.

    almost: the share of the points for an answer that is almost right.
    """

    part: str
    title: str
    points: float
    asks: dict
    almost: float
    rubric: tuple
    grade_id: str

    @property
    def by_hand(self):
        return not self.asks


@dataclass(frozen=True)
class ProblemSet:
    """digest: of the source, so that a changed set is marked again."""

    name: str
    title: str
    parts: tuple
    cells: tuple
    digest: str

    def keys(self):
        """The names whose values the reference solution is asked for."""
        return [part.asks["value"] for part in self.parts if "value" in part.asks]

    @property
    def points(self):
        return sum(part.points for part in self.parts)


def text(source):
    """A cell's source, which a notebook may store as one string or as a list of lines."""
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def visible(source):
    """What a student sees of a cell."""
    return HIDDEN.sub("", source).strip()


def read(path):
    """The problem set in a notebook; ValueError where its metadata do not say what is asked."""
    data = Path(path).read_bytes()
    notebook = json.loads(data)
    name = notebook["metadata"].get("gmm", {}).get("set") or Path(path).stem
    cells, parts = [], []
    for number, cell in enumerate(notebook["cells"]):
        meta = cell.get("metadata", {})
        grader, gmm = meta.get("nbgrader", {}), meta.get("gmm", {})
        graded, solution = grader.get("grade", False), grader.get("solution", False)
        check = bool(graded and not solution) or "validate" in meta.get("tags", [])
        source = text(cell.get("source", ""))
        cells.append(Cell(cell["cell_type"], source, grader.get("grade_id"), check))
        if graded:
            parts.append(_part(f"{Path(path).name}, cell {number}", grader, gmm, solution))
    names = [part.part for part in parts]
    if doubled := {part for part in names if names.count(part) > 1}:
        raise ValueError(
            f"{Path(path).name}: each part once, not twice {', '.join(sorted(doubled))}"
        )
    title = notebook["metadata"].get("gmm", {}).get("title") or name
    return ProblemSet(name, title, tuple(parts), tuple(cells), hashlib.sha256(data).hexdigest())


def _part(where, grader, gmm, solution):
    asks = gmm.get("asks", {})
    if not gmm.get("part"):
        raise ValueError(f'{where}: a graded cell needs "gmm": {{"part": …}} in its metadata')
    known = isinstance(asks.get("function"), str) and isinstance(asks.get("task"), str)
    if not solution and not known and not isinstance(asks.get("value"), str):
        raise ValueError(f'{where}: "asks" needs a function and its task, or a value, not {asks}')
    almost, points = gmm.get("almost", 0.5), grader.get("points", 0)
    if not 0 <= almost <= 1 or points < 0:
        raise ValueError(f"{where}: points {points} and almost {almost} need to be ≥ 0, and 0 to 1")
    title = gmm.get("title") or gmm["part"]
    rubric = tuple((str(words), float(worth)) for words, worth in gmm.get("rubric", []))
    hand = {} if solution else asks
    return Part(gmm["part"], title, float(points), hand, almost, rubric, grader["grade_id"])


def read_all(folder):
    """The sets of a folder by name."""
    paths = sorted(Path(folder).glob("*.ipynb"))
    if not paths:
        raise ValueError(
            f"{folder}: a folder with problem sets (*.ipynb) is needed, and it has none"
        )
    found = [read(path) for path in paths]
    return {one.name: one for one in found}
