"""A table from the text of a CSV file, whatever a program or a hand has made of it.

Read are: separators comma, semicolon, tab, | and spaces; decimal points and decimal commas; a line
of names, or none; quotation marks; empty cells, NA, NaN and ?; every kind of line ends.
"""

import csv
import math
import re

import numpy as np

from .column import Column
from .numerals import number
from .refusal import Refusal, quoted, short

MOST_TEXT = 64_000_000  # characters
MOST_ROWS = 1_000_000
SEPARATORS = ("\t", ";", "|", ",", " ")
WINDOWS = {byte: bytes([byte]).decode("cp1252", errors="ignore") for byte in range(0x80, 0xA0)}
WINDOWS = {byte: letter for byte, letter in WINDOWS.items() if letter}
CHUNK = 50_000  # cells looked at together
WEB_PAGE = re.compile(r"\s*(<\?xml[^>]*>\s*)?<(!doctype html|html)\b", re.IGNORECASE)
LONE = re.compile(r"[+-]?(\d+|\d{1,3}([ .]\d{3})+)(,\d+)?")
NAMES_OF_ROWS = {"", "id", "index", "no", "nr", "number", "row", "rownames", "unnamed: 0"}


class Table:
    """columns: list of `Column`.  rows: how many.  notes: what was decided on the way."""

    def __init__(self, columns, rows, notes):
        self.columns, self.rows, self.notes = columns, rows, notes

    def column(self, name):
        for column in self.columns:
            if column.name == name:
                return column
        raise Refusal(f"there is no column {quoted(str(name))}", "columns")

    def chosen(self):
        """The names of one or two columns that are likely to be meant."""
        numeric = [column for column in self.columns if column.numeric]
        if not numeric:
            self.refuse_no_numbers()
        good = [column for column in numeric if not self.is_name_of_rows(column)] or numeric
        measured = [c for c in good if not c.is_code and c.known > c.rows / 2]
        first, *others = measured or good
        for other in others:
            if not same_but_for_units(first, other):
                return [first.name, other.name]
        return [first.name]

    @staticmethod
    def is_name_of_rows(column):
        named = column.name.strip().lower() in NAMES_OF_ROWS and column.distinct == column.rows
        return column.counts_rows or named

    def points(self, names):
        """The rows of these columns (n, d) in which both are known, and how many were left out."""
        columns = [self.column(name) for name in names]
        for column in columns:
            column.refuse()
        x = np.column_stack([column.values for column in columns])
        known = ~np.isnan(x).any(axis=1)
        return x[known], int(len(x) - known.sum())

    def refuse_no_numbers(self):
        nearest = max(self.columns, key=lambda column: column.known, default=None)
        words = "no column of the file can be used"
        if nearest is None or not nearest.known:
            words = "no column of the file has numbers: at least one is needed"
        elif nearest.why:
            words += f": {nearest.why}"
        described = [column.described() for column in self.columns]
        raise Refusal(words, "file", columns=described, rows=self.rows)


def same_but_for_units(one, other):
    """Whether a column says the same as another, as centimeters and inches do."""
    a, b = one.values, other.values
    both = ~np.isnan(a) & ~np.isnan(b)
    if both.sum() < 3:
        return True
    a, b = a[both], b[both]
    with np.errstate(all="ignore"):
        a, b = a - a.mean(), b - b.mean()
        product = (a @ b) ** 2 / ((a @ a) * (b @ b))
    return not product < 1 - 1e-9


def read(text):
    """The table that a text holds."""
    if not isinstance(text, str):
        raise Refusal(f"the text of a file is needed, not {short(text)}", "file")
    if len(text) > MOST_TEXT:
        raise Refusal(
            f"the file has {len(text) / 1e6:.0f} million characters, and this page reads up to "
            f"{MOST_TEXT / 1e6:.0f}: leave out columns or rows, or call gmmlib on your own machine",
            "file",
        )
    if "\0" in text[:10_000]:
        raise Refusal("the file is no text (it has bytes of 0): save the table as CSV", "file")
    if WEB_PAGE.match(text):
        raise Refusal(
            "the file is a web page, not a table: fetch the CSV itself, or copy the rows of the "
            "table and paste them",
            "file",
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    if not lines:
        raise Refusal("the file is empty: rows of numbers are needed", "file")
    if len(lines) > MOST_ROWS + 1:  # a line of names
        raise Refusal(
            f"the file has {len(lines)} lines, and this page takes up to {MOST_ROWS} rows: "
            "leave some out, or call gmmlib on your own machine, which takes any number",
            "file",
        )
    if told := re.fullmatch(r'"?sep=(.)"?', lines[0].strip("\n ")):  # a line for Excel
        between, lines = told[1], lines[1:]
        text = text[text.index("sep=") :].partition("\n")[2]
        if not lines:
            raise Refusal("the file has no row: rows of numbers are needed", "file")
    else:
        between = ";" if is_one_column(lines[:100]) else separator(lines[:100])
    rows = cells_of(text, lines, between)
    del lines
    names, rows, notes = named(rows, between)
    return filled(names, rows, between, notes)


def decoded(data):
    """The text of the bytes of a file: UTF-8, or UTF-16 where its mark says so, or Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:  # what older spreadsheets write; five bytes of it mean nothing
        return "".join(WINDOWS.get(byte, chr(byte)) for byte in data)


def is_one_column(lines):
    """Whether it is a name over numbers with decimal commas, and nothing between cells at all."""
    name, *below = (line.strip() for line in lines)
    numbers = below and all(map(LONE.fullmatch, below)) and any("," in line for line in below)
    if not numbers or number(name) is not None or any(mark in name for mark in "\t;|,"):
        return False
    numbered = [str(i + 1) for i in range(len(below))]  # R's names of rows
    return all([re.split(mark, line)[0] for line in below] != numbered for mark in ", ")


def separator(lines):
    """What stands between the cells.

    Of all that cut nearly every line into equally many cells, the one that leaves most numbers.
    """
    scores = {}
    for candidate in SEPARATORS:
        rows = split(lines, candidate)
        counts = [len(row) for row in rows]
        usual = max(set(counts), key=counts.count)
        # R writes one name less than there are columns, where the rows have names
        alike = sum(count in (usual, usual - 1) for count in counts) / len(counts)
        cells = [cell for row in rows[1:] or rows for cell in row]
        said = sum(number(cell, candidate) is not None for cell in cells) / len(cells)
        if usual > 1:
            scores[candidate] = (alike > 0.9, said, alike)
    return max(scores, key=scores.get, default=",")


def split(lines, between):
    """The cells of each line."""
    if between == " ":
        lines = (" ".join(line.split()) for line in lines)
    try:
        return [row for row in csv.reader(lines, delimiter=between, skipinitialspace=True) if row]
    except csv.Error:  # as a cell longer than the module allows
        return [line.split(between) for line in lines]


def cells_of(text, lines, between):
    """The cells of every row of the text."""
    if '"' not in text:
        if between == " ":
            return [line.split() for line in lines]
        return [line.split(between) for line in lines]
    # a mark that is opened and never closed would swallow all that follows
    if text.count('"') % 2:
        return [line.replace('"', "").split(between) for line in lines]
    csv.field_size_limit(MOST_TEXT)
    if between == " ":
        return split(lines, between)
    rows = csv.reader(text.split("\n"), delimiter=between, skipinitialspace=True)
    return [row for row in rows if any(cell.strip() for cell in row)]


def named(rows, between):
    """The names of the columns, the rows below them, and what was decided."""
    notes = []
    widths = [len(row) for row in rows[1:101]] or [len(rows[0])]
    width = max(set(widths), key=widths.count)
    first = [cell.strip() for cell in rows[0]]
    if len(first) == width - 1:
        first.insert(0, "")
    said = [number(cell, between) for cell in first]
    below = [number(cell, between) for cell in rows[1]] if len(rows) > 1 else []
    words = [value is None for value in said]
    over_numbers = any(w and value is not None for w, value in zip(words, below))
    nothing = all(value is None or math.isnan(value) for value in said)
    if any(words) and (over_numbers or nothing) and not (nothing and len(rows) == 1):
        names, rows = first, rows[1:]
    else:
        notes.append("there is no line of names: the columns are called by their numbers")
        names = [""] * max(width, len(first)) if len(rows[0]) >= width else [""] * width
        if width == 1:
            names = [""]
    return different(names), rows, notes


def different(names):
    """The names, each used once; a column without a name is called by its number."""
    found = {}
    for i, name in enumerate(names):
        name = name.strip() or f"column {i + 1}"
        unique, again = name, 2
        while unique in found:
            unique, again = f"{name} ({again})", again + 1
        found[unique] = i
    return list(found)


def filled(names, rows, between, notes):
    """The table of these rows."""
    columns = [Column(name, between) for name in names]
    width, size = len(names), max(1, CHUNK // max(1, len(names)))
    for first in range(0, len(rows), size):
        chunk = rows[first : first + size]
        for i, row in enumerate(chunk):
            if len(row) != width:
                if any(cell.strip() for cell in row[width:]):
                    raise Refusal(
                        f"row {first + i + 1} has {len(row)} cells, where {width} were expected "
                        f"({described(between)} between them)",
                        "file",
                        row=first + i + 1,
                    )
                chunk[i] = row[:width] + [""] * (width - len(row))
        for column, cells in zip(columns, zip(*chunk)):
            column.take(list(cells))
    if any(column.commas for column in columns):
        notes.append("commas inside numbers were read as decimal commas")
    return Table(columns, len(rows), notes)


def described(between):
    return {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "|", " ": "spaces"}[between]
