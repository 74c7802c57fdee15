"""A displayed equation with a label is a definition, or a cell with an assertion checks it."""

import re

from .reading import DISPLAY, FENCED, asserts, code_cells, markdown_cells, marked

MATH = re.compile(r"^ *`{3,}\{math\}.*?^ *:label: *(?P<label>\S+)", re.S | re.M)


def labels(text):
    yield from (found["label"] for found in MATH.finditer(text))
    for found in DISPLAY.finditer(FENCED.sub(" ", text)):
        if found["label"]:
            yield found["label"]


def comments(source):
    return re.findall(r"#[^\n]*", source)


def named(cell, known):
    """The labels that a code cell names: in its metadata, or in a comment."""
    said = set(marked(cell, "asserts") or [])
    for comment in comments(cell.source):
        said |= {label for label in known if re.search(rf"(?<![\w-]){label}(?![\w-])", comment)}
    return said


def equations(notebook):
    """Each labelled equation is marked as a definition, or named by a cell that asserts."""
    at = {label: i for i, cell in markdown_cells(notebook) for label in labels(cell.source)}
    checked = set()
    for i, cell in code_cells(notebook):
        names = named(cell, at)
        if names and not asserts(cell):
            yield (
                f"cell {i} names the equation {min(names)} and asserts nothing: "
                "assert what the equation says, or take the name away"
            )
        else:
            checked |= names
        for label in sorted(set(marked(cell, "asserts") or []) - set(at)):
            yield f"cell {i} asserts the equation {label}, which is not here: mend the label"
    for i, cell in markdown_cells(notebook):
        here, defined = list(labels(cell.source)), marked(cell, "defines") or []
        for label in sorted(set(defined) - set(here)):
            yield f"cell {i} defines the equation {label}, which it does not hold: mend the label"
        for label in here:
            if label in defined or label in checked:
                continue
            yield (
                f"cell {i} claims the equation {label} and nothing checks it: assert it, and name "
                f'it in the metadata of the cell that does, "gmm": {{"asserts": ["{label}"]}}; or '
                f'if it defines something, say so here, "gmm": {{"defines": ["{label}"]}}'
            )
