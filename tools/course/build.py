"""Make what students get and what teachers keep, from the one source in course/sets.

python tools/course/build.py

_build/course/student/SET.zip           the notebook without solutions, a README.txt, gmmlib's wheel
_build/course/instructor/SET.ipynb      executed: with solutions, pictures and expected output
_build/course/instructor/SET.html       the same, to read
_build/course/nbgrader/source/SET/      for those who mark with nbgrader: the source as it reads it

A set is executed only if it, gmmlib or this program changed. Zips have the same bytes every time.
"""

import ast
import hashlib
import json
import os
import re
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from copy import deepcopy
from html import escape
from pathlib import Path

import nbformat

TOOLS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOOLS))

import address  # noqa: E402
import install_cell  # noqa: E402
import nbrun  # noqa: E402
import wheel  # noqa: E402
from downloads import packed  # noqa: E402

ROOT = TOOLS.parent
SOURCE, OUT = ROOT / "course" / "sets", ROOT / "_build" / "course"
SOLUTION = re.compile(r"^( *)### BEGIN SOLUTION\n.*?^ *### END SOLUTION$", re.M | re.S)
WORDS = re.compile(r"<!-- ### BEGIN SOLUTION.*?### END SOLUTION -->", re.S)
HIDDEN = re.compile(r"^ *### BEGIN HIDDEN TESTS\n.*?^ *### END HIDDEN TESTS\n?", re.M | re.S)
STUB = "raise NotImplementedError  # your lines here"
NAME = 'STUDENT = ""  # your name between the quotes'
NO_WORDS = "No description has been provided for this image"  # nbconvert's alt text


def sources():
    """The sets, in order."""
    return sorted(SOURCE.glob("[0-9]*.ipynb"))


def about(cell):
    """What the marker reads of a cell: its part, title, and what it asks."""
    return cell.metadata.get("gmm", {})


def graded(notebook):
    """The cells that have points, in order."""
    return [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]


def is_hidden(cell):
    return "hidden" in cell.metadata.get("tags", [])


# ---- the student's version -------------------------------------------------------------------


def stub(source, answers):
    """A solution cell without its solution; `answers` are the names that some part asks for."""

    def instead(match):
        indent, region = match[1], match[0]
        if indent:
            return indent + STUB
        assigned = (
            target.id
            for node in ast.parse(region).body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        )
        asked = [name for name in dict.fromkeys(assigned) if name in answers]
        return "\n".join(f"{name} = ...  # your answer" for name in asked) or "# your lines here"

    return SOLUTION.sub(instead, source)


def visible(source):
    """A checking cell without its hidden tests: the line that the student runs."""
    return HIDDEN.sub("", source).strip("\n")


def validate(notebook):
    """The last cell's lines: every check once more, as a table."""
    rows = []
    for cell in graded(notebook):
        part, points = about(cell)["part"], cell.metadata["nbgrader"]["points"]
        check = (
            "None" if cell.metadata["nbgrader"]["solution"] else f"lambda: {visible(cell.source)}"
        )
        rows.append(f'    ("{part}", {points}, {check}),')
    return "\n".join(
        [
            "from textwrap import shorten",
            "",
            "",
            "def checked(check):",
            "    try:",
            "        answer = check()",
            "    except NameError as error:  # its cell was not run",
            '        return "absent", str(error)',
            '    words = "" if answer.state == "right" else answer.message',
            "    return answer.state, shorten(words, 76)",
            "",
            "",
            "table = [",
            *rows,
            "]",
            'print("part  points  what the checker says")',
            "for part, points, check in table:",
            '    state, words = checked(check) if check else ("read", "by a person")',
            '    print(f"{part:4} {points:7}  {state:7} {words}")',
        ]
    )


BEFORE = """
## Before you hand in

Choose *Restart the kernel and run all cells*, then read the table below. It asks the checker once
more about every part. (Where a part is missing, the run may stop there with an error: then run the
cell below by itself.) `given` means that the answer has the form that was asked for; whether it is
right is said when it is marked. Last, save the notebook and hand in this file (`.ipynb`), with all
its cells.
"""


def handed_out(notebook):
    """Its first cell finds gmmlib on the site, where that is known, or in the set's zip."""
    site, archive = address.site(), f"{notebook.metadata['gmm']['set']}.zip"
    for cell in notebook.cells:
        if site:
            cell.source = install_cell.from_site(cell.source, site)
        else:
            cell.source = install_cell.from_beside(cell.source, archive)
    return notebook


def student_version(notebook):
    """The notebook as it is handed out: no solution, no hidden test, no rubric, no output."""
    made = handed_out(deepcopy(notebook))
    answers = {about(c).get("asks", {}).get("value") for c in graded(notebook)}
    made.cells = [cell for cell in made.cells if not is_hidden(cell)]
    for cell in made.cells:
        meta = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown":
            if meta.get("solution"):
                cell.source = WORDS.sub("*Your answer here.*", cell.source)
        elif about(cell).get("student"):
            cell.source = NAME
        elif meta.get("solution"):
            cell.source = stub(cell.source, answers)
        elif meta.get("grade"):
            cell.source = visible(cell.source)
        about(cell).pop("rubric", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    last = [
        nbformat.v4.new_markdown_cell(BEFORE.strip(), id="before-you-hand-in"),
        nbformat.v4.new_code_cell(
            validate(notebook), id="validate", metadata={"gmm": {"validate": True}}
        ),
    ]
    made.cells += last
    return nbrun.normal(made)


def for_nbgrader(notebook):
    """The source without what only our marker reads: nbgrader makes its own student version."""
    made = handed_out(deepcopy(notebook))
    made.cells = [cell for cell in made.cells if not is_hidden(cell)]
    for cell in made.cells:
        about(cell).pop("rubric", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if about(cell).get("student"):
            cell.source = NAME
        hidden = HIDDEN.search(cell.source)
        if hidden:  # last, since nbgrader takes what a checking cell returns for points
            cell.source = f"{visible(cell.source)}\n{hidden[0]}"
    return nbrun.normal(made)


def readme(notebook):
    """What is in the zip, in plain text. The first cell says the points, the time, the chapters."""
    gmm = notebook.metadata["gmm"]
    cells = graded(notebook)
    parts = [
        f"  {about(c)['part']:4} {c.metadata['nbgrader']['points']:3}  {about(c)['title']}"
        + ("  (read by a person)" if c.metadata["nbgrader"]["solution"] else "")
        for c in cells
    ]
    goals = [
        textwrap.fill(g, 78, initial_indent="- ", subsequent_indent="  ") for g in gmm["goals"]
    ]
    number = gmm["set"].split("_")[0]
    in_colab = (
        "The first cell installs gmmlib."
        if address.site()
        else "Then, with the\n     folder sign at the left, upload the .whl file, too."
    )
    return "\n".join(
        [
            f"Set {number}. {gmm['title']}",
            "",
            textwrap.fill(re.search(r"^\*(\d.*)\*$", notebook.cells[0].source, re.M)[1], 78),
            "",
            "After it you can",
            *goals,
            "",
            "How to begin",
            f"1. Open {gmm['set']}.ipynb where you have Python 3.11 or newer:",
            "   - in Colab: File, Upload notebook. " + in_colab,
            "   - on your own machine, once, in a terminal in this folder:",
            "       python -m venv course",
            f'       course/bin/pip install jupyterlab "./{install_cell.wheel_name()}[plots]"',
            "     (on Windows course\\Scripts\\pip), and each time",
            f"       course/bin/jupyter lab {gmm['set']}.ipynb",
            "   - in the browser alone, where a page of the book has a button Run this",
            "     chapter here: press it, then File, Open..., and Upload the notebook there.",
            "     gmmlib is there already, and what you write is kept in that browser.",
            "   - on a JupyterHub, if your teacher names one.",
            "2. Type your name into the cell STUDENT, as it is on the course's list. Your",
            "   data are drawn from it: the same again each time, and not your neighbor's.",
            "3. Write your lines where a cell says so. The cell below it asks the checker,",
            "   as often as you like.",
            "4. Last, restart the kernel, run all cells, read the table at the end, save, and",
            "   hand in the notebook. Leave its cells where they are; you may add new ones.",
            "",
            "Parts and points",
            *parts,
            "",
        ]
    )


# ---- the instructor's version ------------------------------------------------------------------


def hashed(paths):
    whole = hashlib.sha256(sys.version.encode())
    for path in paths:
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def read_by_all():
    """What every set stands on: gmmlib, and the programs here."""
    library = (ROOT / "gmmlib").rglob("*")
    return sorted(p for p in library if p.suffix in (".py", ".csv")) + [
        Path(__file__),
        TOOLS / "nbrun.py",
    ]


def described(page, notebook):
    """The page with each picture's words as its alt text, which nbconvert does not read."""
    words = iter(
        cell.metadata.get("mystnb", {}).get("image", {}).get("alt", NO_WORDS)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    )
    return re.sub(f'alt="{NO_WORDS}"', lambda _: f'alt="{escape(next(words))}"', page)


def execute(path):
    """Write the executed notebook and its page; (the set's name, seconds)."""
    from nbconvert import HTMLExporter

    start = time.monotonic()
    notebook = nbformat.read(path, as_version=4)
    nbrun.run(notebook, path.parent)
    target = OUT / "instructor" / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(nbformat.writes(notebook), encoding="utf-8")
    notebook.metadata["title"] = f"Set {path.stem}, with solutions"
    page, _ = HTMLExporter().from_notebook_node(notebook)
    target.with_suffix(".html").write_text(described(page, notebook), encoding="utf-8")
    return path, time.monotonic() - start


def main():
    paths = sources()
    stamps = OUT / "executed.json"
    before = json.loads(stamps.read_text()) if stamps.exists() else {}
    if os.environ.get("FORCE", "0") not in ("", "0"):
        before = {}
    shared, waiting, now = read_by_all(), [], {}
    with tempfile.TemporaryDirectory() as scratch:
        library = wheel.build(scratch).read_bytes()
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        student = nbrun.written(student_version(notebook))
        files = {path.name: student, "README.txt": readme(notebook)}
        files[install_cell.wheel_name()] = library
        packed(
            OUT / "student" / f"{path.stem}.zip",
            {f"{path.stem}/{name}": data for name, data in files.items()},
        )
        source = OUT / "nbgrader" / "source" / path.stem / path.name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(nbrun.written(for_nbgrader(notebook)), encoding="utf-8")
        now[path.stem] = hashed([path, *shared])
        there = (OUT / "instructor" / path.name).exists()
        if not there or before.get(path.stem) != now[path.stem]:
            waiting.append(path)
    print(f"Student versions: {len(paths)} zips in {os.path.relpath(OUT / 'student')}")
    failed = {}
    with ProcessPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
        running = {pool.submit(execute, path): path for path in waiting}
        for number, done in enumerate(as_completed(running), 1):
            path = running[done]
            try:
                _, seconds = done.result()
                print(
                    f"[{number}/{len(waiting)}] {path.stem} executed ({seconds:.1f} s)", flush=True
                )
            except Exception as error:
                failed[path.stem] = error
                print(f"[{number}/{len(waiting)}] {path.stem} FAILED\n{error}", flush=True)
    stamps.write_text(json.dumps({k: v for k, v in now.items() if k not in failed}, indent=1))
    unchanged = len(paths) - len(waiting)
    print(
        f"Instructor's versions in {os.path.relpath(OUT / 'instructor')}: "
        f"{len(waiting) - len(failed)} executed, {unchanged} unchanged, {len(failed)} failed"
    )
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
