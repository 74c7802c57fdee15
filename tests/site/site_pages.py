"""Which pages the site must have."""

from pathlib import Path

import toc

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"


PAGES = [f"{name}.html" for name in toc.listed()]
