"""A chapter's text for any Jupyter: what only the book's own site understands, said in Markdown.

The chapters are written in MyST. Jupyter, Colab and JupyterLite show Markdown, mathematics and
some HTML, and would show the rest as it is written. So a copy that leaves the repository has for

    {cite:t}`key`, {cite:p}`key`      names and year as on the site, and a list of references
    {term}`words <entry>`             the words, linked to the glossary where the site is known
    {eq}`label`, $$ (label)           the number that the equation has on the site
    :::{dropdown}, :::{admonition}    a part to open, a quotation
    any other :::{directive}          what stands in it

The numbers are read from the built pages; an equation of a chapter that _toc.yml leaves out has the
number within its chapter, and the chapter's title.
"""

import functools
import html
import re
import sys
from pathlib import Path

import toc
from nbformat.v4 import new_markdown_cell
from pybtex.database import parse_file
from pybtex.style.formatting.unsrt import Style

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools/site"))
import left_out  # noqa: E402

BIBLIOGRAPHY = ROOT / "book/references.bib"
NUMBER = re.compile(
    r'<span class="eqno">\(([\d.]+)\)<a class="headerlink" href="#equation-([^"]+)"'
)
FENCE = re.compile(r"(^ *```.*?^ *```[^\S\n]*$)", re.DOTALL | re.MULTILINE)
ROLE = re.compile(r"\{(?P<role>[\w:]+)\}`(?P<words>[^`<]*?)(?: <(?P<target>[^`>]*)>)?`")
LABELLED = re.compile(r"^(?P<indent> *)\$\$ *\((?P<label>[^)\s]+)\)[^\S\n]*$", re.MULTILINE)
PLACE = re.compile(r"^ *\([\w-]+\)=\n", re.MULTILINE)
DIRECTIVE = re.compile(
    r"^(?P<indent> *):::\{(?P<name>\w+)\}[^\S\n]*(?P<title>.*)\n"
    r"(?P<options>(?: *:\w+:.*\n)*)(?P<body>(?:.*\n)*?)(?P=indent):::[^\S\n]*$",
    re.MULTILINE,
)


@functools.cache
def bibliography():
    """{key: (names, year, the whole entry in Markdown)}"""
    entries = parse_file(str(BIBLIOGRAPHY), bib_format="bibtex")
    found = {}
    for one in Style().format_bibliography(entries):
        entry = entries.entries[one.key]
        persons = (person.rich_last_names for person in entry.persons["author"])
        names = [" ".join(map(str, person)) for person in persons]
        cited = " and ".join(names) if len(names) < 3 else f"{names[0]} *et al.*"
        text = re.sub(r"\\([^\w*\\])", r"\1", html.unescape(one.text.render_as("markdown")))
        found[one.key] = (cited, entry.fields["year"], " ".join(text.split()))
    return found


def equations(site):
    """{label: what the book calls that equation, such as "(4.1)"}; site: where it is built."""
    found = {}
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        if f"book/{path.stem}" not in toc.listed():
            page = left_out.read(path)
            found |= {label: f"({n}) of “{page.title}”" for label, n in page.equations.items()}
    for page in sorted((site / "book").glob("*.html")):
        for number, label in NUMBER.findall(page.read_text(encoding="utf-8")):
            found[label] = f"({number})"
    return found


def spoken(text, numbers, address=None):
    """A text without roles and directives.

    numbers: what `equations` found. address: of the site, or None. Raises `KeyError` with what the
    text refers to and is not there.
    """

    def role(found):
        name, words, target = found["role"], found["words"], found["target"] or found["words"]
        if name == "eq":
            return numbers[words]
        if name in ("cite:t", "cite:p"):
            names, year, _ = bibliography()[words]
            return f"{names} [{year}]" if name == "cite:t" else f"[{names}, {year}]"
        if name == "term":
            page = f"{address}/book/glossary.html#{left_out.place_of_term(target)}"
            return f"[{words}]({page})" if address else words
        raise KeyError(f"no words for the role {name}: {found[0]}")

    def directive(found):
        indent, body = found["indent"], f"\n\n{found['body']}\n"
        if found["name"] == "dropdown":
            words = re.sub(r"`([^`]*)`", r"<code>\1</code>", found["title"])
            begin, end = f"<details><summary><b>{words}</b></summary>", "</details>"
        elif found["name"] == "admonition":
            # not Jupyter's own boxes: in its dark theme they are orange on orange
            begin, end = f"<blockquote>\n\n{indent}**{found['title']}**", "</blockquote>"
        else:
            return found["body"].rstrip("\n")
        return f"{indent}{begin}{body}{indent}{end}"

    def tagged(found):
        number = numbers[found["label"]].strip("()")
        return f"{found['indent']}\\tag{{{number}}}\n{found['indent']}$$"

    # a fence in a directive belongs to it, so directives come first, and roles outside of fences
    text = DIRECTIVE.sub(directive, text)
    pieces = FENCE.split(text)
    for number in range(0, len(pieces), 2):
        piece = PLACE.sub("", pieces[number])
        piece = LABELLED.sub(tagged, piece)
        pieces[number] = ROLE.sub(role, piece)
    return "".join(pieces)


def cited(text):
    """The keys of what a text cites."""
    return {found["words"] for found in ROLE.finditer(text) if found["role"].startswith("cite")}


def references(keys):
    """A cell that lists what is cited."""
    lines = [f"- {entry}" for _, _, entry in sorted(bibliography()[key] for key in keys)]
    return new_markdown_cell("\n".join(["## References", "", *lines]), id="references")


def say(notebook, numbers, address=None):
    """Change a notebook so that any Jupyter shows what it says, and return it."""
    keys = set()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            keys |= cited(cell.source)
            cell.source = spoken(cell.source, numbers, address)
    if keys:
        notebook.cells.append(references(keys))
    return notebook
