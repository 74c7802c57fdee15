"""The table of contents as _toc.yml has it, with the chapters that a # leaves out.

    - file: book/mixtures
    # - file: book/lower_bound

The texts of the chapters count the left-out ones too: "chapter 5" stays true when they come back,
and tools/site/left_out.py puts the numbers of this book on the pages.
"""

import re
from pathlib import Path
from types import SimpleNamespace

import yaml

TOC = Path(__file__).parents[1] / "_toc.yml"
LINE = re.compile(
    r"^(?P<out>[ \t]*#)?[ \t]*(?:"
    r"(?P<part>- (?:caption|chapters):)|(?P<numbered>numbered:[ \t]*[1-9T])"
    r"|- file:[ \t]*(?P<file>[\w./-]+))",
    re.MULTILINE | re.IGNORECASE,
)


def listed(text=None):
    """The pages of the book, the front page first."""
    toc = yaml.safe_load(TOC.read_text(encoding="utf-8") if text is None else text)

    def files(entries):
        for entry in entries or ():
            yield entry["file"]
            yield from files(entry.get("sections"))

    parts = toc.get("parts", [toc])
    return [toc["root"], *(file for part in parts for file in files(part.get("chapters")))]


def notebooks(root=TOC.parent):
    """The pages of the book that are notebooks."""
    return [name for name in listed() if (root / f"{name}.ipynb").exists()]


def pages(text=None):
    """Every page that has a line, in order: its name, whether it is left out, its number or None.

    The numbers run on through the numbered parts, over what is left out.
    """
    text = TOC.read_text(encoding="utf-8") if text is None else text
    found, count, numbered = [], 0, False
    for line in LINE.finditer(text):
        if not line["file"]:
            numbered = bool(line["numbered"])
            continue
        count += numbered
        out = line["out"] is not None
        found.append(
            SimpleNamespace(name=line["file"], out=out, number=count if numbered else None)
        )
    return found
