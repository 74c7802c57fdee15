"""The problem sets: what a set must have, and that it can be solved and is not solved already.

Reads course/sets, tools/course/build.py, tools/nbrun.py and gmmlib.
"""

import ast
import re
import warnings
import zipfile
from functools import cache

import build
import matplotlib
import nbformat
import nbrun
import numpy as np
import pytest

from gmmlib import tutor

SETS = build.sources()
NAMES = [path.stem for path in SETS]
SOMEBODY = "Zoë Weiß"  # not whose outputs are stored: nbval runs those
# nbgrader's schema 3 for the metadata of a cell
SCHEMA = {
    "schema_version": int,
    "grade": bool,
    "solution": bool,
    "locked": bool,
    "task": bool,
    "grade_id": str,
    "points": int,
    "cell_type": str,
    "checksum": str,
}
REQUIRED = {"schema_version", "grade", "solution", "locked", "grade_id", "cell_type"}


@cache
def source(name):
    return nbformat.read(build.SOURCE / f"{name}.ipynb", as_version=4)


@cache
def student(name):
    return build.student_version(source(name))


def text_of(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells)


# ---- the lint: a function that yields what is wrong with a set -------------------------------


def faults(notebook):
    yield from faults_of_metadata(notebook)
    yield from faults_of_parts(notebook)
    yield from faults_of_canaries(notebook)
    yield from faults_of_words(notebook)
    yield from faults_of_pictures(notebook)


def faults_of_metadata(notebook):
    seen = set()
    for i, cell in enumerate(notebook.cells):
        meta = cell.metadata.get("nbgrader")
        if meta is None:
            continue
        for key in sorted(REQUIRED - set(meta)):
            yield f"cell {i}: nbgrader needs {key!r}"
        for key, value in meta.items():
            if type(value) is not SCHEMA.get(key):
                yield f"cell {i}: nbgrader's {key!r} may not be {value!r}"
        if meta.get("schema_version") != 3:
            yield f"cell {i}: the schema is version 3"
        if meta.get("cell_type") != cell.cell_type:
            yield f"cell {i} is a {cell.cell_type} cell, not {meta.get('cell_type')!r}"
        if meta.get("grade") and not meta.get("points", 0) > 0:
            yield f"cell {i} is graded and has no points"
        if cell.cell_type == "markdown" and meta.get("grade") != meta.get("solution"):
            yield f"cell {i}: graded text is a solution, and a solution in text is graded"
        if meta.get("grade_id") in seen:
            yield f"cell {i}: {meta['grade_id']!r} twice"
        seen.add(meta.get("grade_id"))


def faults_of_parts(notebook):
    number = notebook.metadata["gmm"]["set"].split("_")[0]
    parts = [build.about(cell).get("part", "") for cell in build.graded(notebook)]
    wanted = [f"{number}{chr(ord('a') + i)}" for i in range(len(parts))]
    if parts != wanted:
        yield f"the parts are {parts}, not {wanted}"
    if not 6 <= len(parts) <= 10:
        yield f"{len(parts)} parts"
    for cell in build.graded(notebook):
        about, points = build.about(cell), cell.metadata["nbgrader"]["points"]
        part = about.get("part")
        if "rubric" in about:
            if sum(share for _, share in about["rubric"]) != points:
                yield f"{part}: the rubric does not add up to {points} points"
            continue
        asks = about.get("asks", {})
        if not build.HIDDEN.search(cell.source):
            yield f"{part} has neither hidden test nor rubric"
        if "function" in asks:
            try:
                tutor.task(asks["task"], **asks["options"])
            except (KeyError, TypeError, ValueError) as error:
                yield f"{part}: {error}"
        elif not {"value", "within"} <= set(asks):
            yield f"{part} asks for neither a function nor a value"
        if asks.get("function", asks.get("value")) not in build.visible(cell.source):
            yield f"{part} checks something else than it asks for"


def faults_of_canaries(notebook):
    stem = f"canary: GMM-KEY-{notebook.metadata['gmm']['set']}-"
    for i, cell in enumerate(notebook.cells):
        ours = cell.source.count(stem)
        regions = len(re.findall(r"### BEGIN (SOLUTION|HIDDEN)", cell.source))
        if cell.metadata.get("nbgrader") and regions == 0:
            yield f"cell {i} has no solution and no hidden test"
        if ours != (1 if build.is_hidden(cell) else regions):
            yield f"cell {i}: {ours} canaries for {regions} regions"
        if cell.source.count("### BEGIN") != cell.source.count("### END"):
            yield f"cell {i}: a region has no end"


def faults_of_words(notebook):
    gmm, first = notebook.metadata["gmm"], notebook.cells[0].source
    for key in ("set", "title", "goals", "minutes", "chapters"):
        if not gmm.get(key):
            yield f"the notebook's metadata has no {key!r}"
    for goal in gmm.get("goals", []):
        if f"- {goal}" not in first:
            yield f"the first cell does not name the goal {goal!r}"
    points = {
        build.about(c)["part"]: c.metadata["nbgrader"]["points"] for c in build.graded(notebook)
    }
    if f"*{sum(points.values())} points, " not in first:
        yield f"the first cell does not say {sum(points.values())} points"
    said = dict(re.findall(r"^###? (\w+)\. .*\((\d+) points?\)$", text_of(notebook), re.M))
    if said != {part: str(value) for part, value in points.items()}:
        yield f"the headings say {said}, the metadata {points}"
    if sum(bool(build.about(c).get("student")) for c in notebook.cells) != 1:
        yield "one cell sets STUDENT"


def faults_of_pictures(notebook):
    for i, cell in enumerate(notebook.cells):
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        # a student's own picture has no words before it is drawn
        drawn = "plt.show()" in cell.source and "nbgrader" not in cell.metadata
        if drawn and len(alt) < 20:
            yield f"cell {i} shows a picture and does not describe it (mystnb: image: alt)"


@pytest.mark.parametrize("name", NAMES)
def test_a_set_has_what_a_set_must_have(name):
    assert list(faults(source(name))) == []
    assert source(name).metadata["gmm"]["set"] == name


def test_there_are_six_sets_and_people_read_some_parts_of_the_last_four():
    read = [sum("rubric" in build.about(c) for c in build.graded(source(name))) for name in NAMES]
    assert [name[0] for name in NAMES[:6]] == list("123456")
    assert min(read[2:6]) >= 1


def test_the_lint_can_fail():
    def broken(change):
        notebook = nbformat.from_dict(source(NAMES[0]).copy())
        notebook = nbformat.reads(nbformat.writes(notebook), as_version=4)
        change(notebook)
        return list(faults(notebook))

    def at(notebook, part):
        return next(c for c in notebook.cells if build.about(c).get("part") == part)

    assert broken(lambda n: at(n, "1b").metadata["nbgrader"].update(points=3))
    assert broken(lambda n: at(n, "1b").metadata["nbgrader"].update(grade_id="part-1a"))
    assert broken(lambda n: at(n, "1b").metadata["nbgrader"].update(schema_version=2))
    assert broken(lambda n: at(n, "1b").metadata["nbgrader"].update(extra=2))
    assert broken(lambda n: at(n, "1b").metadata["gmm"].update(part="1a"))
    assert broken(lambda n: at(n, "1d").metadata["gmm"]["asks"].update(task="estep"))
    assert broken(lambda n: at(n, "1b").update(source="check_answer(total_variance)"))
    assert broken(lambda n: n.metadata["gmm"]["goals"].append("fly"))
    shown = next(i for i, c in enumerate(source(NAMES[0]).cells) if "plt.show" in c.source)
    assert broken(lambda n: n.cells[shown].metadata.pop("mystnb"))
    for cell in (c for c in source(NAMES[0]).cells if "GMM-KEY" in c.source):
        i = source(NAMES[0]).cells.index(cell)
        without = re.sub(r"# canary.*\n", "", cell.source)
        assert broken(lambda n, i=i, text=without: n.cells[i].update(source=text))


# ---- the student's version -------------------------------------------------------------------


def solved_lines(name):
    """The lines of the solutions and the rubrics that are still where the student writes."""
    here = [c for c in student(name).cells if c.metadata.get("nbgrader", {}).get("solution")]
    left = {line.strip() for cell in here for line in cell.source.splitlines()}
    for cell in source(name).cells:
        regions = [m[0] for m in build.SOLUTION.finditer(cell.source)]
        regions += build.WORDS.findall(cell.source)
        lines = {line.strip() for line in "\n".join(regions).splitlines()}
        yield from left & lines - {""}


@pytest.mark.parametrize("name", NAMES)
def test_a_student_gets_no_solution(name):
    text = nbrun.written(student(name)) + build.readme(source(name))
    for word in ("canary", "GMM-KEY", "BEGIN SOLUTION", "HIDDEN", "mistakes", "rubric"):
        assert word not in text, word
    assert list(solved_lines(name)) == []
    for cell in build.graded(source(name)):
        assert not any(words in text for words, _ in build.about(cell).get("rubric", []))
    assert all(cell.get("outputs", []) == [] for cell in student(name).cells)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_student_writes_is_a_stub(name):
    for cell in student(name).cells:
        meta = cell.metadata.get("nbgrader", {})
        if not meta.get("solution") or cell.cell_type == "markdown":
            continue
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.FunctionDef):
                assert isinstance(node.body[-1], ast.Raise) and len(node.body) <= 2, cell.source
            else:
                assert isinstance(node, ast.Assign) and node.value.value is ..., cell.source


@pytest.mark.parametrize("name", NAMES)
def test_a_zip_is_the_same_every_time_and_has_the_notebook_and_how_to_begin(name, tmp_path):
    files = {"a.ipynb": nbrun.written(student(name)), "README.txt": build.readme(source(name))}
    for path in (tmp_path / "one.zip", tmp_path / "two.zip"):
        build.packed(path, files)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.namelist() == [*files]
        assert archive.read("README.txt").decode() == files["README.txt"]
    nbformat.validate(nbformat.reads(files["a.ipynb"], as_version=4))


def test_the_package_has_no_solution():
    for path in (build.ROOT / "gmmlib").rglob("*"):
        assert path.is_dir() or b"GMM-KEY" not in path.read_bytes(), path


def tiny(claim):
    """A set of one part, and the claim of its hidden test."""
    gmm = {"set": "7_tiny", "title": "Tiny", "goals": ["add"], "minutes": 1, "chapters": []}
    notebook = nbformat.v4.new_notebook(metadata={"gmm": gmm})
    hidden = f"### BEGIN HIDDEN TESTS\n{claim}\n### END HIDDEN TESTS\ncheck_answer(total)"
    graded = {"grade": True, "solution": False, "points": 1, "grade_id": "part-7a"}
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# Set 7\n\n*1 point, a minute.*"),
        nbformat.v4.new_code_cell("from gmmlib.tutor import check_answer\ntotal = 2"),
        nbformat.v4.new_code_cell(
            hidden, metadata={"nbgrader": graded, "gmm": {"part": "7a", "title": "Add"}}
        ),
    ]
    for number, cell in enumerate(notebook.cells):
        cell["id"] = str(number)
    return nbformat.writes(notebook)


def test_a_set_is_executed_again_only_if_it_changed_or_failed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build, "SOURCE", tmp_path)
    monkeypatch.setattr(build, "OUT", tmp_path / "out")
    path = tmp_path / "7_tiny.ipynb"

    def made(claim):
        path.write_text(tiny(claim), encoding="utf-8")
        code = build.main()
        counts = re.findall(
            r"(\d+) executed, (\d+) unchanged, (\d+) failed", capsys.readouterr().out
        )
        return code, *map(int, counts[0])

    assert made("assert total == 3") == (1, 0, 0, 1)
    assert made("assert total == 2") == (0, 1, 0, 0)
    assert made("assert total == 2") == (0, 0, 1, 0)
    assert (tmp_path / "out" / "instructor" / "7_tiny.html").exists()


# ---- run by somebody -------------------------------------------------------------------------


def run(notebook, name):
    """All names after the notebook's cells ran, each cell whatever became of the one before."""
    matplotlib.use("agg")
    names, failed = {"__name__": "notebook"}, []
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        code = re.sub(r"^(\s*)%.*$", r"\1pass", cell.source, flags=re.M)
        if build.about(cell).get("student"):
            code = f"STUDENT = {name!r}"
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(code, f"cell {i}", "exec"), names)
        except Exception as error:
            failed.append((i, error))
        matplotlib.pyplot.close("all")
    return names, failed


def judged(cell, names):
    """The checker's state for a part that asks for a function."""
    asks = build.about(cell)["asks"]
    task = tutor.task(asks["task"], **asks["options"])
    probes = task.probes(np.random.default_rng(11))
    return task.judge(probes, tutor.ask(names.get(asks["function"]), probes, limit=2.0)).state


def matches(value, key, within, times=1):
    """Is the value right? As marked: within is absolute, or {"relative": r}; so many times that."""
    try:
        value, key = np.asarray(value, float), np.asarray(key, float)
    except (TypeError, ValueError):
        return False
    relative = times * within["relative"] if isinstance(within, dict) else 0
    absolute = 0 if isinstance(within, dict) else times * within
    return value.shape == key.shape and np.allclose(value, key, rtol=relative, atol=absolute)


def asking(notebook, kind):
    return [c for c in build.graded(notebook) if kind in build.about(c).get("asks", {})]


@cache
def solved(name):
    return run(source(name), SOMEBODY)


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_solution_is_right_in_every_part(name):
    names, failed = solved(name)
    assert failed == []  # each hidden test compares a value with another way to it
    for cell in asking(source(name), "function"):
        assert judged(cell, names) == "right", build.about(cell)["part"]


@pytest.mark.parametrize("name", NAMES)
def test_no_known_mistake_is_near_the_right_answer(name):
    names, _ = solved(name)
    known = names["mistakes"]
    asks = [build.about(cell)["asks"] for cell in asking(source(name), "value")]
    within = {ask["value"]: ask["within"] for ask in asks}
    assert set(known) <= set(within)
    for answer, entries in known.items():
        for value, words, *almost in entries:
            assert not matches(value, names[answer], within[answer], 3), (answer, words)
            assert isinstance(words, str) and almost in ([], [True])
            assert np.shape(value) == np.shape(names[answer]), (answer, words)


@pytest.mark.parametrize("name", NAMES)
def test_the_untouched_notebook_is_right_in_no_part(name, capsys):
    names, _ = run(student(name), SOMEBODY)
    said = capsys.readouterr().out  # before the solution is run, which prints too
    keys, _ = solved(name)
    for cell in asking(source(name), "function"):
        assert judged(cell, names) == "absent", build.about(cell)["part"]
    for cell in asking(source(name), "value"):
        asks = build.about(cell)["asks"]
        value = names.get(asks["value"])
        assert not matches(value, keys[asks["value"]], asks["within"])
    table = said.split("what the checker says\n")[1].splitlines()
    assert len(table) == len(build.graded(source(name)))
    assert {line.split()[2] for line in table} <= {"absent", "read"}


def test_the_table_at_the_end_says_right_where_it_is(capsys):
    name = NAMES[0]
    notebook = nbformat.reads(nbformat.writes(source(name)), as_version=4)
    notebook.cells += student(name).cells[-2:]
    run(notebook, SOMEBODY)
    table = capsys.readouterr().out.split("what the checker says\n")[1].splitlines()
    assert {line.split()[2] for line in table} == {"right", "given"}
