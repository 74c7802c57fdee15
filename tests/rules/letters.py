"""A letter of a formula is in the table of the notation page, or its cell says what it is."""

import re
from functools import cache
from pathlib import Path

from .reading import markdown_cells, marked, mathematics

NOTATION = Path(__file__).parents[2] / "book/notation.md"
GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi "
    "pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta "
    "Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell"
).split()
# words set upright, the names of environments, spaces with a length
WORDS = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathsf|mathtt|operatorname\*?|begin|end|hspace|label|tag)\s*"
    r"(?:\{[^{}]*\}|[A-Za-z](?![A-Za-z]))"
)
TOKEN = re.compile(
    r"\\(?:mathcal|mathbb|mathbf|boldsymbol|mathfrak)\s*\{?\s*(?:\\?[A-Za-z]+)\s*\}?"
    r"|\\[A-Za-z]+|[A-Za-zα-ωΑ-Ωℓ]"
)


def letters_in(formula):
    """The letters of a formula in TeX: n, \\gamma, \\mathcal N."""
    for token in TOKEN.findall(WORDS.sub(" ", formula)):
        if not token.startswith("\\"):
            yield token
        elif token[1:] in GREEK:
            yield token
        elif found := re.fullmatch(r"\\(math\w+|boldsymbol)\s*\{?\s*(\\?[A-Za-z]+)\s*\}?", token):
            yield f"\\{found[1]} {found[2]}"


def declared(page):
    """The letters in the first column of a page's tables."""
    rows = re.findall(r"^\|([^|]*(?:\\?\|[^|]*?)*?)\|", page, re.M)
    return {letter for row in rows for text in mathematics(row) for letter in letters_in(text)}


@cache
def notation():
    return declared(NOTATION.read_text(encoding="utf-8"))


def letters(notebook):
    """Each letter of a chapter's mathematics is on the notation page, or declared in its cell."""
    for i, cell in markdown_cells(notebook):
        own = marked(cell, "letters") or {}
        used = {letter for text in mathematics(cell.source) for letter in letters_in(text)}
        for letter in sorted(used - notation() - set(own)):
            name = letter.replace("\\", "\\\\")
            yield (
                f"cell {i} uses the letter {letter}, which is not in the table of "
                "book/notation.md: take the letter of the table, add it there, or say what it is "
                f'in this derivation, "gmm": {{"letters": {{"{name}": "..."}}}}'
            )
