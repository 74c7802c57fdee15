"""The belief that each question of the book looks for, as book/questions.md lists them."""

import re
from functools import cache
from pathlib import Path

import yaml

SOURCE = Path(__file__).parents[1] / "book/questions.md"
DIRECTIVE = re.compile(r"^```\{questions\}\n(.*?)^```", re.DOTALL | re.MULTILINE)


def entries(text):
    """{question's name: {"belief": words, "given": words or ""}}. Raises `ValueError`."""
    found = yaml.safe_load(text)
    if not isinstance(found, dict):
        raise ValueError("the directive questions needs names, each with its belief")
    for name, entry in found.items():
        said = entry if isinstance(entry, dict) else {}
        if not said.get("belief") or set(said) - {"belief", "given"}:
            raise ValueError(f"question {name!r} needs its belief, and may have what is given")
    return {name: {"given": "", **entry} for name, entry in found.items()}


@cache
def listed(source=SOURCE):
    """The entries of the page of questions; none where a book has no such page."""
    text = source.read_text(encoding="utf-8") if source.exists() else ""
    found = DIRECTIVE.search(text)
    return entries(found[1]) if found else {}
