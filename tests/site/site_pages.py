"""Which pages the site must have."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"


def chapters():
    """Every file named in _toc.yml, the root first, without its ending."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))

    def files(entries):
        for entry in entries:
            yield entry["file"]
            yield from files(entry.get("sections", []))

    parts = toc.get("parts", [toc])
    return [toc["root"], *(file for part in parts for file in files(part.get("chapters", [])))]


PAGES = [f"{name}.html" for name in chapters()]
