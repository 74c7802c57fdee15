"""A term of the glossary is introduced where the book first uses it."""

import re
from pathlib import Path

import toc

from .reading import ANCHOR, TAG, markdown_cells, marked, prose

ROOT = Path(__file__).parents[2]
STRONG = re.compile(r"\{term\}`[^`]*`|\*\*.+?\*\*|\*(?!\s)[^*]+?(?<!\s)\*", re.S)
OTHER_ROLE = re.compile(r"\{(?!term\})[a-z:]+\}`[^`]*`")
TERM_ROLE = re.compile(r"\{term\}`([^`<]*?)(?: *<[^`]*>)?`")
TARGET = re.compile(r"\]\([^()\s]*\)")


def terms(page):
    """The terms of a page's glossary: its lines without indent."""
    inside = re.search(r"^```\{glossary\}\n(.*?)^```", page, re.S | re.M)[1]
    return re.findall(r"^(\S.*)$", inside, re.M)


def pattern(term):
    """The term as a word of its own, one or many: component, components; responsibilities."""
    word = re.escape(term).replace(r"\ ", r"\s+")
    many = word[:-1] + "(?:y|ies)" if term.endswith("y") else word + "(?:s|es)?"
    same_case = any(letter.isupper() for letter in term)  # EM, E-step
    return re.compile(rf"(?<![\w-]){many}(?![\w-])", 0 if same_case else re.I)


def read(text):
    """Markdown's words, with {term} links as they are linked and nothing that is not prose."""
    kept = TERM_ROLE.sub(lambda found: f"*{found[1]}*", text)
    return prose(kept, OTHER_ROLE, ANCHOR, TAG, TARGET)


def glossary(book, terms_of_page=None):
    """The first paragraph of the book with a term links it, or sets it in bold or italics.

    `book` is [(chapter, notebook), ...] in reading order, without the page before the chapters.
    """
    page = (ROOT / "book/glossary.md").read_text(encoding="utf-8")
    for term in terms_of_page or terms(page):
        word = pattern(term)
        for chapter, i, cell, paragraph in paragraphs(book):
            if not word.search(paragraph) or term in (marked(cell, "glossary") or {}):
                continue
            if not any(word.search(strong) for strong in STRONG.findall(paragraph)):
                said = " ".join(word.search(paragraph)[0].split())
                yield (
                    f"{chapter}, cell {i} is the first to say {said}, a term of the glossary, and "
                    f"does not introduce it: write {{term}}`{said} <{term}>`, or set it in bold "
                    "or italics where it is explained, or if the word means something else there, "
                    f'"gmm": {{"glossary": {{"{term}": "..."}}}}'
                )
            break


def paragraphs(book):
    for chapter, notebook in book:
        for i, cell in markdown_cells(notebook):
            for paragraph in re.split(r"\n\s*\n", read(cell.source)):
                yield chapter, i, cell, paragraph


def order():
    """The chapters as _toc.yml orders them, those that a # leaves out among them."""
    files = [ROOT / f"{page.name}.ipynb" for page in toc.pages()]
    return [file for file in files if file.exists()]
