"""What the cells of a table say: a number, that nothing is known, or text."""

import math
import re

MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-", ".", "missing"}
# 1,234 and 1,234,567.8; and 1.234,5
GROUPS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
POINTS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")
# 1 234,5 with any of the spaces, and 1'234.5
SPACED = re.compile(r"[+-]?\d{1,3}([ '\u2019\u00a0\u2009\u202f]\d{3})+([.,]\d*)?")
BETWEEN_THOUSANDS = str.maketrans("", "", " '\u2019\u00a0\u2009\u202f")
# 2.000, which is 2000 where decimal commas are written
DOTTED = re.compile(r"^\s*[+-]?\d{1,3}(?:\.\d{3})+\s*$", re.MULTILINE)


def number(cell, between=";"):
    """The number that a cell says, NaN where it says that nothing is known, None if it is text.

    between: what stands between the cells. A comma inside a number is a decimal comma, unless
    it can only stand between thousands; where commas stand between the cells, 1,234 in quotation
    marks is 1234.
    """
    cell = cell.strip()
    if cell.lower() in MISSING:
        return math.nan
    if "_" in cell:  # which Python allows in a number
        return None
    cell = cell.replace("\N{MINUS SIGN}", "-")
    if SPACED.fullmatch(cell):
        cell = cell.translate(BETWEEN_THOUSANDS)
    if "," in cell:
        if is_grouped(cell, between):
            cell = cell.replace(",", "")
        elif POINTS.fullmatch(cell):
            cell = cell.replace(".", "").replace(",", ".")
        else:
            cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None


def is_grouped(cell, between):
    """Whether the commas of a cell stand between thousands."""
    sure = between == "," or cell.count(",") > 1 or "." in cell
    return bool(sure and GROUPS.fullmatch(cell))


def has_decimal_comma(cell, between=";"):
    """Whether a cell is a number with a decimal comma."""
    cell = cell.strip()
    return "," in cell and not is_grouped(cell, between) and number(cell, between) is not None


def numbers(cells, between=";"):
    """What all these cells say: numbers, NaN, None."""
    try:
        if "_" not in "".join(cells):
            return list(map(float, cells))  # most tables are nothing but plain numbers
    except ValueError:
        pass
    return [number(cell, between) for cell in cells]
