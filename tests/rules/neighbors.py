"""The next and the last chapter are those that stand beside it in the table of contents."""

import re

NEXT_TO = re.compile(
    r"\[[^\]]*\b(?P<which>next|last|previous) chapter\b[^\]]*\]\((?P<page>[^)#\s]*)[^)]*\)", re.I
)


def neighbors(book):
    """A link that says "next chapter" leads there, "last" or "previous" to the one before.

    book: pairs of a chapter's name and its notebook, as _toc.yml orders them.
    """
    names = [name for name, _ in book]
    for place, (name, notebook) in enumerate(book):
        beside = {"next": [*names, None][place + 1]}
        beside["last"] = beside["previous"] = [None, *names][place]
        for i, cell in enumerate(notebook.cells):
            if cell.cell_type != "markdown":
                continue
            for found in NEXT_TO.finditer(cell.source):
                wanted = beside[found["which"].lower()]
                page = re.sub(r"\.(ipynb|html)$", "", found["page"])
                if page != wanted:
                    there = f"that is {wanted}" if wanted else "there is none"
                    yield f"{name}, cell {i}: {found[0]} leads to {page}, but {there}"
