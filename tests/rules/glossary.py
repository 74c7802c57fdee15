"""A term of the glossary is a link to it where a chapter first uses it."""

import re
from pathlib import Path

import toc

from .reading import ANCHOR, DISPLAY, FENCED, HEADING, INLINE, TAG, markdown_cells, marked

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\{term\}`(?P<said>[^`<]*?)(?: *<(?P<term>[^`>]*)>)?`")
OTHER_ROLE = re.compile(r"\{(?!term\})[a-z:]+\}`[^`]*`")
FOLDED = re.compile(r"^( *):::+\{dropdown\}.*?^\1:::+ *$", re.S | re.M)
ROW = re.compile(r"^ *\|.*$|^ *:\w+:.*$", re.M)  # of a table, and an option of a box
# the name of an exercise, and a sentence in bold: a question, or what somebody believes
NAMED = re.compile(r"\*\*\d+\. [^*]+\*\*|\*\*[^*]*[.?!]\"?\*\*")
CODE = re.compile(rf"(?P<link>{LINK.pattern})|(?P<ticks>`+)(?!`).*?(?P=ticks)", re.S)
WORDS_OF_LINK = re.compile(r"\[[^\[\]]*\]\([^()\s]*\)")
COMMENT = re.compile(r"<!--.*?-->", re.S)
HIDDEN = (FENCED, DISPLAY, INLINE, FOLDED, OTHER_ROLE, COMMENT, ANCHOR, TAG, WORDS_OF_LINK)
ELSEWHERE = {"teaching"}  # for those who know the book


def terms(page):
    """The terms of a page's glossary: its lines without indent."""
    inside = re.search(r"^```\{glossary\}\n(.*?)^```", page, re.S | re.M)[1]
    return re.findall(r"^(\S.*)$", inside, re.M)


def pattern(term):
    """The term as a word of its own, one or many: component, components; responsibilities."""
    first, of, rest = term.partition(" of ")
    word = re.escape(first).replace(r"\ ", r"\s+")
    for one, ending in (("y", "(?:y|ies)"), ("um", "(?:um|a)"), ("is", "(?:is|es)")):
        if first.endswith(one):
            many = word[: -len(one)] + ending
            break
    else:
        many = word + "(?:s|es)?"
    if of:
        many += r"\s+of\s+" + re.escape(rest).replace(r"\ ", r"\s+")
    same_case = any(letter.isupper() for letter in term[1:])  # EM, E-step
    return re.compile(rf"(?<![\w-]){many}(?![\w-]|\+\+)", 0 if same_case else re.I)


def hide(text, *found):
    """The text with blanks for what is found, so that each word keeps its place."""
    for one in found:
        text = one.sub(lambda m: re.sub(r"\S", " ", m[0]), text)
    return text


def open_prose(text):
    """What a reader sees as running text, with {term} links and with nothing folded."""
    kept = LINK.sub(lambda m: m[0].replace("<", "\1").replace(">", "\2"), text)  # no tags
    kept = hide(kept, *HIDDEN, HEADING, ROW, NAMED).replace("\1", "<").replace("\2", ">")
    return CODE.sub(lambda m: m[0] if m["link"] else " " * len(m[0]), kept)


def paragraphs(text):
    """(start, end) of each paragraph."""
    ends = [found.span() for found in re.finditer(r"\n\s*\n", text)] + [(len(text), len(text))]
    start = 0
    for end, following in ends:
        yield start, end
        start = following


def uses(term, longer, text):
    """Where a paragraph says a term, outside of links to others and of longer terms."""
    others = (m for m in LINK.finditer(text) if (m["term"] or m["said"]).strip() != term)
    for other in others:
        text = text[: other.start()] + " " * len(other[0]) + text[other.end() :]
    bare = hide(text, *longer)
    return [found for found in pattern(term).finditer(bare)]


def linked(term, text):
    return any((m["term"] or m["said"]).strip() == term for m in LINK.finditer(text))


def longer_terms(term, every):
    """The patterns of the terms that have this one in them: principal component."""
    return [pattern(one) for one in every if one != term and pattern(term).search(one)]


def glossary(book, terms_of_page=None):
    """The first paragraph of a chapter with a term links it.

    `book` is [(chapter, notebook), ...]. Folded text, headings, tables and formulas do not count.
    """
    page = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
    every = terms_of_page or terms(page)
    for chapter, notebook in book:
        cells = [(i, cell, open_prose(cell.source)) for i, cell in markdown_cells(notebook)]
        for term in every:
            yield from first_use(chapter, cells, term, longer_terms(term, every))
        for i, cell in markdown_cells(notebook):
            for heading in HEADING.findall(FENCED.sub("", cell.source)):
                if LINK.search(heading):
                    yield f"{chapter}, cell {i} has a term's link in a heading: {heading.strip()}"


def first_use(chapter, cells, term, longer):
    for i, cell, text in cells:
        if term in (marked(cell, "glossary") or {}):
            continue
        for start, end in paragraphs(text):
            found = uses(term, longer, text[start:end])
            if not found and not linked(term, text[start:end]):
                continue
            if not linked(term, text[start:end]):
                said = " ".join(found[0][0].split())
                yield (
                    f"{chapter}, cell {i} is the first of the chapter to say {said}, a term of the "
                    f"glossary, and does not link it: write {{term}}`{said} <{term}>`, or if the "
                    f'word means something else there, "gmm": {{"glossary": {{"{term}": "..."}}}}'
                )
            return


def order():
    """The chapters as _toc.yml orders them, those that a # leaves out among them."""
    files = [ROOT / f"{page.name}.ipynb" for page in toc.pages()]
    return [file for file in files if file.exists() and file.stem not in ELSEWHERE]
