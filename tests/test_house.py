"""The house: what each file may lean on. Dependencies run downwards, and there is no circle."""

import ast
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "gmmlib"
# From the ground up: a file leans on files of lower floors only, never on its neighbors.
FLOORS = [
    ["linear"],
    [
        "validation",
        "agreement",
        "covariance",
        "data",
        "textbook",
        "explore.packing",
        "playground.refusal",
        "playground.numerals",
        "playground.program",
        "playground.words",
        "tutor.answers",
        "tutor.slips",
    ],
    [
        "mixture",
        "summary",
        "run",
        "merging",
        "sampling",
        "tutor.personal",
        "tutor.programs",
        "playground.column",
        "playground.saved",
    ],
    [
        "kmeans",
        "rows",
        "features",
        "plain",
        "missing",
        "accelerate",
        "summit",
        "tutor.asking",
        "playground.table",
    ],
    ["prior", "playground.points"],
    ["em", "playground.sets"],
    ["scores", "start", "together", "playground.half_steps"],
    [
        "diagnostics",
        "bootstrap",
        "information",
        "moves",
        "plots",
        "playground.begin",
        "playground.maxima",
    ],
    ["fit", "explore.marks", "tutor.picture"],
    ["__init__", "explore.explorer", "tutor.verdict", "tutor.probes"],
    ["explore.questions", "tutor.judging", "playground.fitting"],
    [
        "explore.__init__",
        "tutor.climbing",
        "tutor.starting",
        "tutor.stopping",
        "tutor.killing",
        "playground.criterion",
    ],
    ["tutor.tasks", "playground.desk"],
    ["tutor.__init__", "playground.__init__"],
]
FLOOR = {file: number for number, files in enumerate(FLOORS) for file in files}
FROM_HERE_UP = {"matplotlib", "ipywidgets", "anywidget", "traitlets", "contourpy"}


def names_of(path):
    """The file as FLOORS calls it."""
    return ".".join(path.relative_to(HOUSE).with_suffix("").parts)


FILES = {names_of(path): path for path in sorted(HOUSE.rglob("*.py"))}


def leans_on(name, source):
    """The files of gmmlib that a file imports, at its top or in a function."""
    package = name.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            if node.module:
                yield from _files(".".join([*base, node.module]))
            else:
                for alias in node.names:
                    yield from _files(".".join([*base, alias.name]))
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "gmmlib":
            yield from _files(node.module.removeprefix("gmmlib").lstrip(".") or "__init__")


def _files(name):
    yield name if name in FILES else f"{name}.__init__"


def too_high(name, source):
    return [other for other in leans_on(name, source) if FLOOR.get(other, -1) >= FLOOR[name]]


def test_every_file_has_its_floor():
    homeless = sorted(set(FILES) - set(FLOOR))
    assert not homeless, f"{homeless}: no floor yet; add each to FLOORS, above what it imports"
    gone = sorted(set(FLOOR) - set(FILES))
    assert not gone, f"{gone}: on a floor, and not in gmmlib"


@pytest.mark.parametrize("name", sorted(set(FILES) & set(FLOOR)))
def test_a_file_leans_on_lower_floors_only(name):
    found = too_high(name, FILES[name].read_text(encoding="utf-8"))
    where = {other: FLOOR[other] for other in found}
    assert not found, f"{name} (floor {FLOOR[name]}) imports {where}: it must stand above them"


def test_an_import_of_a_neighbor_or_of_a_higher_floor_is_seen():
    assert too_high("plain", "from .features import Features") == ["features"]
    assert too_high("rows", "def later():\n    from .em import em") == ["em"]
    assert too_high("explore.packing", "from .. import plots") == ["plots"]


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("explore.")])
def test_the_mathematics_imports_no_picture_and_no_slider_at_its_top(name):
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    found = {alias.name for n in tree.body if isinstance(n, ast.Import) for alias in n.names}
    found |= {n.module for n in tree.body if isinstance(n, ast.ImportFrom) and not n.level}
    assert not {module.split(".")[0] for module in found} & FROM_HERE_UP
