"""Whatever is cited can be found, and whatever is listed is cited."""

import json
import re
from pathlib import Path

import plain

ROOT = Path(__file__).parents[1]
ENTRY = re.compile(r"@\w+\{(\w+),(.*?)\n\}", re.DOTALL)
CITE = re.compile(r"\{cite:[a-z]+\}`([^`]+)`")


def entries():
    text = (ROOT / "book/references.bib").read_text(encoding="utf-8")
    return dict(ENTRY.findall(text))


def cited_on_pages():
    texts = [p.read_text(encoding="utf-8") for p in sorted((ROOT / "book").glob("*.md"))]
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return {key.strip() for text in texts for keys in CITE.findall(text) for key in keys.split(",")}


def named_in_the_code(entry):
    """Whether a docstring or comment of gmmlib names its first author and its year."""
    author = re.search(r"author\s*=\s*\{(.*?)[,}]", entry)[1].replace("{", "").split()[0]
    year = re.search(r"year\s*=\s*\{(\d+)\}", entry)[1]
    near = re.compile(rf"{re.escape(author)}\b[^;]{{0,80}}{year}", re.DOTALL)
    files = sorted((ROOT / "gmmlib").rglob("*.py"))
    return any(near.search(p.read_text(encoding="utf-8")) for p in files)


def test_every_citation_has_its_entry():
    assert cited_on_pages() - set(entries()) == set()


def test_every_entry_is_cited_on_a_page_or_in_the_code():
    unused = [
        key
        for key, entry in entries().items()
        if key not in cited_on_pages() and not named_in_the_code(entry)
    ]
    assert unused == []


def test_the_list_is_in_order_and_says_who_what_and_when():
    assert list(entries()) == sorted(entries())
    for key, entry in entries().items():
        assert all(re.search(rf"{field}\s*=", entry) for field in ("author", "title", "year")), key


def test_every_entry_is_confirmed_or_says_in_print_what_is_not():
    for key, entry in entries().items():
        marks = re.findall(r"^ *(confirmed|unconfirmed) *= *\{.+\}", entry, re.M)
        assert len(marks) == 1, (key, marks)
        assert ("Not confirmed: the " in plain.bibliography()[key][2]) == ("unconfirmed" in marks)


def test_what_is_not_confirmed_is_what_the_entry_has():
    for key, entry in entries().items():
        for fields in re.findall(r"unconfirmed *= *\{(.+)\}", entry):
            for field in fields.split(", "):
                assert re.search(rf"^ *{field} *=", entry, re.M), (key, field)


def test_the_page_says_what_the_mark_means():
    assert '"Not confirmed"' in (ROOT / "book/bibliography.md").read_text(encoding="utf-8")
