"""The six sets through the marker: full marks, no marks, and what typical mistakes cost.

Reads course/sets, tools/course and gmmlib.
"""

import json

import build
import mark
import nbformat
import pytest
import sandbox

SETS = {path.stem: path for path in build.sources()}
LOG_SUM = "return np.logaddexp.reduce(log_parts, axis=1).sum()"
SHARES = "axis=1)\n    return np.exp(log_parts - total[:, None])"
M_STEP = "return x @ shares / shares.sum(axis=0)"
SPREAD = "variances = (shares * squares).sum(axis=0) / counts"
RULE = "return bool(ratio / (1 - ratio) * (now - last) < tolerance)"
OUTER = 'outer = np.einsum("nk,nki,nkj->kij", shares, off, off)'
# the set, what stands in the solution, what the student wrote, and the parts that lose points:
# what is left of each. A function that leans on another falls with it; what follows from neither
# keeps its points.
TYPICAL = {
    "over the points": (
        "2_means_only",
        SHARES,
        "axis=0)\n    return np.exp(log_parts - total)",
        {"2b": 0, "2e": 0, "2f": 0, "2g": 0},
    ),
    "no return": (
        "2_means_only",
        M_STEP,
        M_STEP.removeprefix("return "),
        {"2c": 1.5, "2e": 2, "2f": 0, "2g": 0},
    ),
    "n for N_k": (
        "2_means_only",
        M_STEP,
        "return x @ shares / len(x)",
        {"2c": 0, "2e": 0, "2f": 0, "2g": 0},
    ),
    "the mean, not the sum": (
        "2_means_only",
        LOG_SUM,
        LOG_SUM.replace("sum()", "mean()"),
        {"2d": 1.5, "2g": 0},
    ),
    "a step too many": ("2_means_only", "range(steps)", "range(steps + 1)", {"2e": 2}),
    "the wrong sentence": ("2_means_only", "reason = 2", "reason = 1", {"2h": 0}),
    "a text for a number": ("2_means_only", "reason = 2", 'reason = "2"', {"2h": 0}),
    "never stops": (
        "2_means_only",
        "for _ in range(steps):",
        "while True:",
        {"2e": 0, "2f": 0, "2g": 0},
    ),
    "standard deviations": (
        "1_two_bells",
        "within + between",
        "np.sqrt(within + between)",
        {"1b": 0},
    ),
    "N_k − 1": (
        "4_many_dimensions",
        "outer / counts[:, None, None]",
        "outer / (counts - 1)[:, None, None]",
        {"4d": 2, "4e": 1.5},
    ),
    "the first small gain": (
        "5_what_can_go_wrong",
        RULE,
        "return bool(now - last < tolerance)",
        {"5h": 0},
    ),
    "no share in the spread": (
        "5_what_can_go_wrong",
        OUTER,
        OUTER.replace('"nk,nki,nkj->kij", shares, off', '"nki,nkj->kij", off'),
        {"5d": 0},
    ),
}


def source(name):
    return nbformat.read(SETS[name], as_version=4)


def handed_in(name, solved=True, instead=None):
    """The student's version, with the reference solution in it, or with one line another."""
    notebook, solutions = build.student_version(source(name)), {c.id: c for c in source(name).cells}
    replaced = 0
    for cell in notebook.cells:
        if cell.source.startswith("STUDENT = "):
            cell.source = 'STUDENT = "Ada"'
        meta = cell.metadata.get("nbgrader", {})
        if solved and meta.get("solution") and cell.cell_type == "code":
            cell.source = solutions[cell.id].source
        if instead and instead[0] in cell.source:
            cell.source, replaced = cell.source.replace(*instead), replaced + 1
    assert replaced == bool(instead)
    return json.dumps(notebook)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Everything in one folder, marked in one run: {name of the file's folder: result}."""
    folder = tmp_path_factory.mktemp("class")
    made = {f"solved {name}": (name, True, None) for name in SETS}
    made |= {f"untouched {name}": (name, False, None) for name in SETS}
    made |= {words: (name, True, edit) for words, (name, *edit, _) in TYPICAL.items()}
    for i, (name, solved, edit) in enumerate(made.values()):
        place = folder / f"ada{i}" / name / f"{name}.ipynb"
        place.parent.mkdir(parents=True)
        place.write_text(handed_in(name, solved, edit), encoding="utf-8")
    (folder / "students.csv").write_text(
        "student,name\n" + "".join(f"ada{i},Ada\n" for i in range(len(made))), encoding="utf-8"
    )
    out = tmp_path_factory.mktemp("marks")
    limits = sandbox.Limits(cell=8, step=14)  # one of them never stops, in several cells
    found, _, _ = mark.mark_all(folder, build.SOURCE, out, limits=limits, quiet=True)
    of_student = {result["student"]: result for result in found}
    return {words: of_student[f"ada{i}"] for i, words in enumerate(made)}


def points(result):
    """Of the parts that a program marks."""
    return {
        name: part["points"] for name, part in result["parts"].items() if part["state"] != "by hand"
    }


def full(name):
    cells = [cell for cell in build.graded(source(name)) if "asks" in cell.metadata["gmm"]]
    return {c.metadata["gmm"]["part"]: c.metadata["nbgrader"]["points"] for c in cells}


@pytest.mark.parametrize("name", SETS)
def test_the_reference_solution_has_full_marks(results, name):
    result = results[f"solved {name}"]
    assert (points(result), result["told"]) == (full(name), [])


@pytest.mark.parametrize("name", SETS)
def test_the_untouched_notebook_has_none(results, name):
    assert points(results[f"untouched {name}"]) == dict.fromkeys(full(name), 0)


def test_there_are_twelve_typical_ones():
    assert len(TYPICAL) >= 12


@pytest.mark.parametrize("words", TYPICAL)
def test_a_typical_mistake_costs_what_hangs_on_it(results, words):
    name, *_, left = TYPICAL[words]
    assert points(results[words]) == full(name) | left
