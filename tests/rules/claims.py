"""A misconception is refuted where it is named, and a program in the text can be run and read."""

import ast
import re

from .reading import FENCED, asserts, python

PROGRAM = re.compile(r"^```python\n(.*?)^```", re.S | re.M)
SECTION = re.compile(r"^## ", re.M)
# a heading or bold words that say "misconception", or quote what people say
CLAIM = re.compile(r'^(?:>\s*)?(?:#{2,6}\s+|\*\*)(?:an? )?(?:misconception\b|["“])', re.I | re.M)
STATE = re.compile(r"""(?:href=["']|\]\()[^"'()\s]*#[a-z0-9-]+\?[^"')\s]+""")
COLUMNS = 68


def asks(cell):
    """Whether a cell declares a question, whose key is computed when it runs."""
    return any(
        isinstance(node, ast.Call) and "because" in {keyword.arg for keyword in node.keywords}
        for node in ast.walk(python(cell))
    )


def misconceptions(notebook):
    """A section has a link to a state, a question or an assertion for each that it names."""
    named, refuted = [], 0
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            refuted += asserts(cell) or asks(cell)
            continue
        first, *more = SECTION.split(FENCED.sub("", cell.source))
        for piece in [first, *(f"## {text}" for text in more)]:
            if piece.startswith("## "):
                yield from standing(named, refuted)
                named, refuted = [], 0
            starts = [found.start() for found in CLAIM.finditer(piece)]
            named += [(i, " ".join(piece[start : start + 50].split())) for start in starts]
            refuted += len(set(STATE.findall(piece)))
    yield from standing(named, refuted)


def standing(named, refuted):
    for i, said in named[refuted:]:
        yield (
            f"cell {i} names a misconception ({said} ...) that its section does not refute: link "
            "to a state of an explorer, ask a question, or assert what is so, once for each"
        )


def programs(notebook):
    """A program in a solution parses, and does not scroll sideways."""
    for i, cell in enumerate(notebook.cells):
        for program in PROGRAM.findall(cell.source) if cell.cell_type == "markdown" else ():
            try:
                ast.parse(program)
            except SyntaxError as error:
                yield f"cell {i} shows a program with a slip in line {error.lineno}: {error.msg}"
            for line in program.splitlines():
                if len(line) > COLUMNS:
                    yield f"cell {i} shows a line of {len(line)} characters, break it: {line[:40]}"
