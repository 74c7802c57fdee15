"""How the rules read a notebook: prose, mathematics, and code."""

import ast
import re

FENCED = re.compile(r"^( *)(`{3,}|~{3,}).*?^ *\2`* *$", re.S | re.M)
DISPLAY = re.compile(r"\$\$(?P<body>.*?)\$\$(?:[ \t]*\((?P<label>[^)\s]+)\))?", re.S)
INLINE = re.compile(r"(?<![\\$])\$(?!\$)(?P<body>[^$]+?)(?<!\\)\$")
ROLE = re.compile(r"\{[a-z:]+\}`[^`]*`")
SPAN = re.compile(r"(`+)(?!`).*?\1", re.S)
ANCHOR = re.compile(r"<a\b[^>]*>.*?</a>", re.S)
TAG = re.compile(r"<[^<>]*>")
TARGET = re.compile(r"\]\([^()\s]*\)")
HEADING = re.compile(r"^(?:#+ |:{3,}).*$", re.M)  # and the title of a box


def markdown_cells(notebook):
    return [(i, c) for i, c in enumerate(notebook.cells) if c.cell_type == "markdown"]


def code_cells(notebook):
    return [(i, c) for i, c in enumerate(notebook.cells) if c.cell_type == "code"]


def marked(cell, rule):
    """What a cell's metadata say to a rule: {"gmm": {rule: ...}}, or None."""
    return cell.metadata.get("gmm", {}).get(rule)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def without(text, *patterns):
    for pattern in patterns:
        text = pattern.sub(" ", text)
    return text


def prose(text, *more):
    """Markdown without fenced code, mathematics, code spans and headings, and without `more`."""
    return without(text, FENCED, DISPLAY, INLINE, *more, SPAN, HEADING)


def mathematics(text):
    """The formulas of a markdown text, displayed or not, as TeX."""
    text = without(text, FENCED, ROLE)
    shown = [found["body"] for found in DISPLAY.finditer(text)]
    return shown + [found["body"] for found in INLINE.finditer(DISPLAY.sub(" ", text))]


def words_of(cell):
    """What a cell says in words: a markdown cell's text, a picture's caption and alt."""
    if cell.cell_type == "markdown":
        return cell.source
    shown = cell.metadata.get("mystnb", {})
    return "\n\n".join(
        [shown.get("figure", {}).get("caption", ""), shown.get("image", {}).get("alt", "")]
    )


def python(cell):
    """The tree of a code cell, without the lines that only IPython reads."""
    return ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.M))


def asserts(cell):
    """Whether a code cell holds an assertion, its own or NumPy's."""
    return cell.cell_type == "code" and any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Attribute) and node.attr.startswith("assert_"))
        for node in ast.walk(python(cell))
    )


def printed(cell):
    """The stored text of a code cell's outputs."""
    for output in cell.get("outputs", []):
        yield output.get("text", "") or output.get("data", {}).get("text/plain", "")
