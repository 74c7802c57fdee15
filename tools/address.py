"""Where the book is published, as _config.yml says it, and nowhere else in the repository.

`repository.url` is where the sources are, `html.baseurl` where the site is. Until a book has them,
they hold the words OWNER and REPOSITORY, and count as not known. REPOSITORY_URL and SITE_URL in
the environment stand in for them: make book SITE_URL=https://ada.github.io/em
"""

import os
import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import yaml

ROOT = Path(__file__).resolve().parents[1]
WHEEL = "_static/wheel"  # where the site has gmmlib
PLACEHOLDER = re.compile(r"\b(?:OWNER|REPOSITORY)\b")


def checked(name, text, parts=0):
    """A web address as it is used: no slash and no .git at its end. `parts` has its path at least.

    Raises `ValueError` that says which one, and what came.
    """
    found = re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?((?:/[\w.~-]+)*)/?", text, re.ASCII)
    if not found or found[2].count("/") < parts:
        example = "https://github.com/ada/em" if parts else "https://ada.github.io/em"
        raise ValueError(f"{name} needs to be an address such as {example}, not {text!r}")
    return text.rstrip("/").removesuffix(".git")


@cache  # asked for each link of each notebook
def read(text):
    return yaml.safe_load(text)


def said(root=ROOT):
    """The two addresses as _config.yml has them, placeholders too; "" where there is none."""
    config = read((root / "_config.yml").read_text(encoding="utf-8"))
    return SimpleNamespace(
        repository=(config.get("repository") or {}).get("url") or "",
        site=(config.get("html") or {}).get("baseurl") or "",
        branch=(config.get("repository") or {}).get("branch") or "main",
    )


def is_known(text):
    return bool(text) and not PLACEHOLDER.search(text)


def repository(root=ROOT):
    """The address of the sources, or None while it is a placeholder."""
    text = os.environ.get("REPOSITORY_URL") or said(root).repository
    return checked("repository.url", text, parts=2) if is_known(text) else None


def site(root=ROOT):
    """The address of the site, or None while it is a placeholder."""
    text = os.environ.get("SITE_URL") or said(root).site
    return checked("html.baseurl", text) if is_known(text) else None


def on_github(url):
    """(owner, name) of a repository on GitHub, else None."""
    parts = urlsplit(url)
    return tuple(parts.path.strip("/").split("/")[:2]) if parts.hostname == "github.com" else None
