"""An exercise has a solution, and what a solution computes is checked in its chapter."""

import re

from .numbers import written
from .reading import FENCED, asserts, tags

EXERCISES = re.compile(r"^## Exercises *$", re.M)
NEXT = re.compile(r"^## (?!Exercises *$)", re.M)
EXERCISE = re.compile(r"^\*\*(?P<number>\d+)\.", re.M)
GRADED = re.compile(r"\*\*\d+\. [^*\n]+[^*.\n]\*\* \((easy|medium|hard)\)\.")
SOLUTION = re.compile(r"^(?P<colons>:{3,})\{dropdown\} *Solution.*?\n(?P<body>.*?)^(?P=colons) *$",
                      re.S | re.M)  # fmt: skip


def parts(notebook):
    """The exercises: (cell, number, text up to the next one, code cells that follow the cell)."""
    inside = False
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        text = cell.source
        if opened := EXERCISES.search(text):
            inside, text = True, text[opened.end() :]
        elif inside and re.match(r"## ", text):
            inside = False
        if not inside:
            continue
        if closed := NEXT.search(text):
            text, inside = text[: closed.start()], False
        starts = [*EXERCISE.finditer(text)]
        ends = [found.start() for found in starts[1:]] + [len(text)]
        for found, end in zip(starts, ends):
            yield i, int(found["number"]), text[found.start() : end]


def hidden_after(notebook, i):
    """The solution that is a code cell: hidden, right after the exercise."""
    after = notebook.cells[i + 1] if i + 1 < len(notebook.cells) else None
    return after is not None and after.cell_type == "code" and "hide-cell" in tags(after)


def exercises(notebook):
    """Each exercise is graded and solved; a cell after one with code or a number asserts it."""
    found = list(parts(notebook))
    titled = [i for i, cell in enumerate(notebook.cells)
              if cell.cell_type == "markdown" and EXERCISES.search(cell.source)]  # fmt: skip
    if titled and not found:
        yield (
            f"cell {titled[0]} has the heading Exercises and no exercise: write each as "
            "**1. Its name** (easy)."
        )
    for expected, (i, number, text) in enumerate(found, 1):
        if number != expected:
            yield f"cell {i} has exercise {number} where {expected} is due: number them in order"
        if not GRADED.match(text):
            yield (
                f"cell {i} names exercise {number} in another way than **{number}. Its name** "
                "(easy). The list of exercises needs its name, and easy, medium or hard"
            )
        solution = SOLUTION.search(text)
        last_of_cell = expected == len(found) or found[expected][0] != i
        by_code = last_of_cell and hidden_after(notebook, i)
        if not solution and not by_code:
            yield (
                f"cell {i} gives exercise {number} no solution: add a dropdown named Solution, or "
                "a code cell tagged hide-cell right after it"
            )
            continue
        computes = by_code or FENCED.search(solution["body"]) or [*written(solution["body"])]
        guards = [c for c in notebook.cells[i + 1 :] if "remove-cell" in tags(c) and asserts(c)]
        if computes and not guards:
            yield (
                f"cell {i} solves exercise {number} with code or numbers that nothing checks: "
                "assert them in a cell tagged remove-cell after it"
            )
