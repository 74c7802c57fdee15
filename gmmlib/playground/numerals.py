"""What the cells of a table say: a number, that nothing is known, or text."""

import math
import re

MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-", ".", "missing"}
# 1,234 and 1,234,567.8; and 1.234,5
GROUPS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
POINTS = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+")


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
    if "," in cell:
        grouped = GROUPS.fullmatch(cell)
        if grouped and (between == "," or cell.count(",") > 1 or "." in cell):
            cell = cell.replace(",", "")
        elif POINTS.fullmatch(cell):
            cell = cell.replace(".", "").replace(",", ".")
        else:
            cell = cell.replace(",", ".")
    try:
        return float(cell)
    except ValueError:
        return None


def numbers(cells, between=";"):
    """What all these cells say: numbers, NaN, None."""
    try:
        if "_" not in "".join(cells):
            return list(map(float, cells))  # most tables are nothing but plain numbers
    except ValueError:
        pass
    return [number(cell, between) for cell in cells]
