"""A letter of a formula is in the table of the notation page, in a form that the table has, or its
cell says what it is.

A form is a letter with its marks and indices: mu, mu_k and hat x_i are three. Where the table
has x_i, a number or a further index may stand for the i; an upright word says by itself which
one is meant.
"""

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


# ---- forms -----------------------------------------------------------------------------------

ACCENTS = "hat bar tilde widehat widetilde overline dot vec".split()
FONTS = "mathcal mathbb mathbf boldsymbol mathfrak".split()
UPRIGHT = "text textbf textit mathrm mathsf mathtt operatorname begin end hspace label tag".split()
PIECE = re.compile(r"\\[A-Za-z]+|\\.|\d+|\S", re.S)
NUMBER, WORD = "0", "word"
FURTHER = ("j", "l")  # another point, another component, a column


def argument(pieces, i):
    """The pieces of the argument at i, and where it ends."""
    depth = 0
    for end in range(i, len(pieces)):
        depth += (pieces[end] == "{") - (pieces[end] == "}")
        if depth == 0:
            return pieces[i + (end > i) : end + (end == i)], end + 1
    return pieces[i:], len(pieces)


def named(piece):
    return piece[1:] if piece.startswith("\\") else ""


def is_letter(piece):
    return named(piece) in GREEK or bool(re.fullmatch(r"[A-Za-zα-ωΑ-Ωℓ]", piece))


def indices(pieces):
    """What an index counts: a letter each, NUMBER, or WORD."""
    if any(piece in "+-" or named(piece) in ("dots", "ldots") for piece in pieces):
        return ["t" if "t" in pieces else NUMBER]
    found, i = [], 0
    while i < len(pieces):
        piece = pieces[i]
        i += 1
        if named(piece) in UPRIGHT:
            _, i = argument(pieces, i)
            found.append(WORD)
        elif named(piece) in ("max", "min"):
            found.append(WORD)
        elif piece.isdigit() or named(piece) == "infty":
            found += [NUMBER] * len(piece) if piece.isdigit() else [NUMBER]
        elif piece == "_":  # \mu_{z_i}: the index has an index
            _, i = argument(pieces, i)
        elif is_letter(piece):
            found.append({"z": "k"}.get(piece, NUMBER if piece in "ndmK" else piece))
    return found


def forms_in(formula):
    """(letter, marks, indices) of each letter of a formula that is no index itself."""
    yield from walk(PIECE.findall(formula))


def walk(pieces):
    i = 0
    while i < len(pieces):
        name = named(pieces[i])
        if name in UPRIGHT:
            starred = pieces[i + 1 : i + 2] == ["*"]  # \operatorname*
            _, i = argument(pieces, i + 1 + starred)
            continue
        letter, marks, index = None, set(), []
        if name in ACCENTS:
            inner, i = argument(pieces, i + 1)
            below = list(walk(inner))
            if len(below) == 1:
                letter, marks, index = below[0][0], below[0][1] | {name}, list(below[0][2])
            else:
                yield from below
        elif name in FONTS:
            inner, i = argument(pieces, i + 1)
            letter = f"\\{name} {''.join(inner)}"
        elif is_letter(pieces[i]):
            letter, i = pieces[i], i + 1
        else:
            i += 1
        if letter is None:
            continue
        above = []
        while i < len(pieces) and pieces[i] in ("'", "_", "^"):
            if pieces[i] == "'":
                marks, i = marks | {"prime"}, i + 1
                continue
            inner, end = argument(pieces, i + 1)
            if pieces[i] == "_":
                index += indices(inner)
            elif inner in (["*"], ["\\star"]):
                marks = marks | {"star"}
            else:
                above += walk(inner)
            i = end
        yield letter, frozenset(marks), tuple(index)
        yield from above


def written(letter, marks, index):
    """A form as a reader would write it."""
    shown = {NUMBER: "number", WORD: "word"}
    below = ",".join(shown.get(one, one) for one in index)
    return "".join(f"{mark} " for mark in sorted(marks)) + letter + (f"_{below}" if below else "")


def fits(index, known, own):
    """Whether indices are those of a form of the table, or stand for them."""
    if index and index[-1] == WORD and fits(index[:-1], known, own):
        return True  # which of them, or which block of it
    return len(index) == len(known) and all(
        one == due or (due.islower() and (one in (NUMBER, WORD, *FURTHER, *own)))
        for one, due in zip(index, known)
    )


# ---- the table -------------------------------------------------------------------------------


def first_column(page):
    """The formulas in the first column of a page's tables."""
    rows = re.findall(r"^\|([^|]*(?:\\?\|[^|]*?)*?)\|", page, re.M)
    return [formula for row in rows for formula in mathematics(row)]


def declared(page):
    """The letters in the first column of a page's tables."""
    return {letter for formula in first_column(page) for letter in letters_in(formula)}


def known_forms(page):
    """{letter: its rows of indices}, and the marks that mean the same on every letter."""
    letters, marks = page.split("\n## Marks\n")
    table = {}
    for formula in first_column(letters):
        for letter, _, index in forms_in(formula):
            table.setdefault(letter, set()).add(index)
    explained = (forms_in(formula) for formula in first_column(marks))
    return table, frozenset().union(*(form[1] for forms in explained for form in forms))


@cache
def notation():
    page = NOTATION.read_text(encoding="utf-8")
    return declared(page), *known_forms(page)


def letters(notebook):
    """Each letter of a chapter's mathematics is on the notation page, or declared in its cell."""
    known, table, general = notation()
    for i, cell in markdown_cells(notebook):
        own = marked(cell, "letters") or {}
        formulas = mathematics(cell.source)
        used = {letter for text in formulas for letter in letters_in(text)}
        for letter in sorted(used - known - set(own)):
            name = letter.replace("\\", "\\\\")
            yield (
                f"cell {i} uses the letter {letter}, which is not in the table of "
                "book/notation.md: take the letter of the table, add it there, or say what it is "
                f'in this derivation, "gmm": {{"letters": {{"{name}": "..."}}}}'
            )
        strange = {
            form
            for text in formulas
            for form in forms_in(text)
            if form[0] in table.keys() - set(own)
            and not (form[1] <= general and any(fits(form[2], row, own) for row in table[form[0]]))
        }
        for letter, marks, index in sorted(strange, key=str):
            name = letter.replace("\\", "\\\\")
            rows = sorted(written(letter, (), row) for row in table[letter])
            yield (
                f"cell {i} writes {written(letter, marks, index)}, a form that the table of "
                f"book/notation.md does not have (it has {'; '.join(rows)}): take another letter, "
                "or say what it is in this derivation, "
                f'"gmm": {{"letters": {{"{name}": "..."}}}}'
            )
