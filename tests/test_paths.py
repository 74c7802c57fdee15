"""The README's table of ways into the book has the numbers that were measured, and no others."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def rows(path, heading):
    """The cells of the table under a heading, without its head."""
    text = (ROOT / path).read_text(encoding="utf-8").partition(heading)[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_time_in_the_readme_was_measured():
    measured = {row[0]: float(row[1]) for row in rows("benchmarks/PATHS.md", "# Until")}
    said = " ".join(row[2] for row in rows("README.md", "## Anywhere\n"))
    found = [float(number) for number in re.findall(r"([\d.]+) s\b", said)]
    known = {round(seconds, digits) for seconds in measured.values() for digits in (0, 1)}
    assert found and set(found) <= known, f"{sorted(set(found) - known)} are not in {measured}"
