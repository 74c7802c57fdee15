"""A number in the text was computed: an output or the code of its notebook holds it."""

import ast
import re

from .reading import ANCHOR, ROLE, TAG, TARGET, code_cells, marked, printed, prose, python, words_of

NUMBER = re.compile(
    r"(?<![\w.,/])(?P<minus>(?<=[-−])(?<!\w.))?"  # 1990-2026 has no minus
    r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\d]|\.\d|[^\W\d_])(?P<percent>\s?%)?"
)
PRINTED = re.compile(
    r"(?P<minus>(?<!\w)[-−])?(?P<size>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)",
    re.I,
)
YEAR = re.compile(r"\([^()]*\b(?:1[5-9]|20)\d\d[a-z]?\b[^()]*\)")
REFERENCE = re.compile(  # "equations 9.24 to 9.27", "section 9.2.1"
    r"\b(?:equation|eq\.|section|chapter|figure|table|page|exercise)s?\s+[\d.]*\d"
    r"(?:(?:,| to| and|[–-])\s*[\d.]*\d)*",
    re.I,
)
MOST_DIGITS = 2  # a whole number with no more digits may be counted by a reader


def written(text):
    """The numbers of a text that must be held.

    Yields (as it stands, size, digits after the point, whether a percentage, whether a minus
    stands before it).
    """
    plain = prose(text, ROLE, ANCHOR, TAG, TARGET, REFERENCE)
    plain = YEAR.sub(lambda found: re.sub(r"\b(1[5-9]|20)\d\d[a-z]?\b", " ", found[0]), plain)
    for found in NUMBER.finditer(plain):
        shown = found[0].rstrip(" %\u00a0\n")
        digits = shown.replace(",", "")
        if "." in digits or len(digits) > MOST_DIGITS:
            places = len(digits.partition(".")[2])
            yield shown, float(digits), places, bool(found["percent"]), found["minus"] is not None


def held(notebook):
    """The numbers that the code of a notebook contains or has printed: sizes, and values below 0.

    Code says that something is -3 by `-3` or, as in `abs(x + 3) < 0.1`, by adding 3 to it.
    """
    sizes, below = set(), set()

    def size(node):
        good = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        return {abs(float(node.value))} if good else set()

    for _, cell in code_cells(notebook):
        for node in ast.walk(python(cell)):
            sizes |= size(node)
            if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
                below |= size(node.operand)
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                below |= size(node.right)
        for text in printed(cell):
            for found in PRINTED.finditer(text):
                value = float(found["size"].replace(",", ""))
                sizes.add(value)
                if found["minus"]:
                    below.add(value)
    return sizes, below


def numbers(notebook):
    """A number with a point, or of three digits and more, stands in an output or in the code.

    It may be rounded to the digits shown; 97.6 % is held by 0.976 too. What stands with a minus in
    the text has one there; what stands without may be the size of something below 0.
    """
    sizes, below = held(notebook)
    for i, cell in enumerate(notebook.cells):
        excused = marked(cell, "numbers") or {}
        for shown, size, digits, percent, minus in written(words_of(cell)):
            scales = (1, 100) if percent else (1,)
            close = 0.5 * 10.0**-digits * (1 + 1e-9)
            if shown not in excused and not any(
                abs(scale * one - size) <= close
                for scale in scales
                for one in (below if minus else sizes)
            ):
                yield (
                    f"cell {i} says {'−' * minus}{shown}, which no output and no code of this "
                    "chapter holds: print it, assert it in a cell tagged remove-cell, or give the "
                    f'reason in the cell\'s metadata, "gmm": {{"numbers": {{"{shown}": "..."}}}}'
                )
