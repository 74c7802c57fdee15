"""Which pages the site must have."""

from pathlib import Path

import toc

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"
LITE = SITE / "lite"  # where make lite was asked for: other people's pages, tests/browser_python


PAGES = [f"{name}.html" for name in toc.listed()]
# the first chapter
FIRST = next(f"{page.name}.html" for page in toc.pages() if page.number and not page.out)


def of_the_book(pattern):
    """The site's files of a kind, without JupyterLite's."""
    return sorted(path for path in SITE.rglob(pattern) if LITE not in path.parents)
