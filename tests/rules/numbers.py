"""A number in the text was computed: an output or the code of its notebook holds it."""

import ast
import re

from .reading import ANCHOR, ROLE, TAG, TARGET, code_cells, marked, printed, prose, python, words_of

NUMBER = re.compile(
    r"(?<![\w.,/])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\d]|\.\d|[^\W\d_])(?P<percent>\s?%)?"
)
PRINTED = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+", re.I)
YEAR = re.compile(r"\([^()]*\b(?:1[5-9]|20)\d\d[a-z]?\b[^()]*\)")
REFERENCE = re.compile(  # "equations 9.24 to 9.27", "section 9.2.1"
    r"\b(?:equation|eq\.|section|chapter|figure|table|page|exercise)s?\s+[\d.]*\d"
    r"(?:(?:,| to| and|[–-])\s*[\d.]*\d)*",
    re.I,
)
MOST_DIGITS = 2  # a whole number with no more digits may be counted by a reader


def written(text):
    """The numbers of a text that must be held: (as it stands, value, digits after the point)."""
    plain = prose(text, ROLE, ANCHOR, TAG, TARGET, REFERENCE)
    plain = YEAR.sub(lambda found: re.sub(r"\b(1[5-9]|20)\d\d[a-z]?\b", " ", found[0]), plain)
    for found in NUMBER.finditer(plain):
        shown = found[0].rstrip(" %\u00a0\n")
        digits = shown.replace(",", "")
        if "." in digits or len(digits) > MOST_DIGITS:
            yield shown, float(digits), len(digits.partition(".")[2]), bool(found["percent"])


def held(notebook):
    """The sizes of all numbers that the code of a notebook contains or has printed."""
    values = set()
    for _, cell in code_cells(notebook):
        for node in ast.walk(python(cell)):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                values.add(abs(float(node.value)))
        for text in printed(cell):
            values |= {float(found.replace(",", "")) for found in PRINTED.findall(text)}
    return sorted(values)


def numbers(notebook):
    """A number with a point, or of three digits and more, stands in an output or in the code.

    It may be rounded to the digits shown; 97.6 % is held by 0.976 too. Signs are not compared.
    """
    values = held(notebook)
    for i, cell in enumerate(notebook.cells):
        excused = marked(cell, "numbers") or {}
        for shown, value, digits, percent in written(words_of(cell)):
            scales = (1, 100) if percent else (1,)
            close = 0.5 * 10.0**-digits * (1 + 1e-9)
            if shown not in excused and not any(
                abs(scale * v - value) <= close for scale in scales for v in values
            ):
                yield (
                    f"cell {i} says {shown}, which no output and no code of this chapter holds: "
                    "print it, or assert it in a cell tagged remove-cell, or give the reason in "
                    f'the cell\'s metadata, "gmm": {{"numbers": {{"{shown}": "..."}}}}'
                )
