"""What a reader installs, downloads or unpacks has what it needs."""

import ast
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat
import nbrun
import pytest
import yaml
import yours
from nbconvert import ScriptExporter
from nbformat.v4 import new_code_cell, new_notebook
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWNERS = packages_distributions()


def normal(name):
    return name.lower().replace("_", "-")


def installed_by(extras):
    """The names of what `pip install gmmlib[extras]` brings, gmmlib itself among them."""
    wanted = [*PROJECT["dependencies"]]
    for extra in extras:
        wanted += PROJECT["optional-dependencies"][extra]
    return {"gmmlib"} | {normal(Requirement(line).name) for line in wanted}


def imported_by(code):
    """The distributions that a cell imports at any depth, without Python's own."""
    for node in ast.walk(ast.parse(code)):
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module]
        for module in modules:
            top = module.split(".")[0]
            if top not in sys.stdlib_module_names:
                yield normal(OWNERS.get(top, [top])[0])


def lacking(cells):
    """What a chapter imports and its own install line does not install."""
    text = "\n".join(cells)
    extras = re.findall(r'%pip install [^"]*"gmmlib\[([\w,]+)\]', text)
    here = installed_by(extras[0].split(",")) if extras else installed_by([])
    code = [re.sub(r"^(\s*)%.*$", r"\1pass", cell, flags=re.MULTILINE) for cell in cells]
    return sorted({name for cell in code for name in imported_by(cell)} - here)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_chapter_imports_is_what_its_install_line_installs(path):
    notebook = nbformat.read(path, as_version=4)
    assert lacking([c.source for c in notebook.cells if c.cell_type == "code"]) == []


def test_an_import_that_nothing_installs_is_found():
    line = 'try:\n    import gmmlib\nexcept ImportError:\n    %pip install -q "gmmlib[plots] @ x"'
    assert lacking([line, "import matplotlib.pyplot as plt\nimport sys"]) == []
    assert lacking([line, "def later():\n    from sklearn.mixture import X"]) == ["scikit-learn"]


NOTEBOOKS_THAT_INSTALL = NOTEBOOKS + sorted((ROOT / "course/sets").glob("*.ipynb"))


def installed_from(cells):
    """The address from which the first cell of a notebook installs gmmlib, or None."""
    line = yours.BOOK.search("\n".join(cells))
    return ast.literal_eval(line[0].partition("= ")[2]).removeprefix("git+") if line else None


@pytest.mark.parametrize("path", NOTEBOOKS_THAT_INSTALL, ids=lambda path: path.stem)
def test_a_notebook_installs_from_the_repository_that_the_book_names(path):
    notebook = nbformat.read(path, as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert installed_from(code) == yours.now(ROOT)["REPOSITORY"]


def test_the_name_and_the_address_of_the_book_are_the_same_wherever_they_are_written():
    book = yours.now(ROOT)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    front = nbformat.read(ROOT / "book/intro.ipynb", as_version=4).cells[0].source
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {book['NAME']}\n") and front.startswith(f"# {book['NAME']}\n")
    assert citation["title"].startswith(book["NAME"])
    assert citation["repository-code"] == PROJECT["urls"]["Repository"] == book["REPOSITORY"]
    assert book["AUTHOR"] in [author["name"] for author in citation["authors"]]


def test_a_chapter_as_a_script_is_a_file_that_python_reads():
    cells = [new_code_cell("%pip install -q gmmlib"), new_code_cell("x = 1")]
    notebook = nbrun.normal(new_notebook(cells=cells))
    text, about = ScriptExporter().from_notebook_node(notebook)
    assert about["output_extension"] == ".py"
    assert "x = 1" in text
    compile(text, "chapter.py", "exec")


def sources():
    """The files that the project is made of, relative to its root."""
    folders = ["benchmarks", "book", "course", "docs", "gmmlib", "tests", "tools"]
    found = [path for path in ROOT.iterdir() if path.is_file() and path.name[0] != "."]
    found += [path for name in folders for path in (ROOT / name).rglob("*") if path.is_file()]
    names = (path.relative_to(ROOT).as_posix() for path in found)
    return {n for n in names if "__pycache__" not in n and ".ipynb_checkpoints" not in n}


def built(kind, tmp_path):
    """What setuptools makes of the sources, `kind` "sdist" or "wheel": its only file."""
    for name in sources():  # a copy, so that nothing is written here
        copy = tmp_path / "tree" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    code = "import setuptools.build_meta as b, sys; getattr(b, f'build_{sys.argv[1]}')(sys.argv[2])"
    subprocess.run(
        [sys.executable, "-c", code, kind, str(tmp_path)],
        cwd=tmp_path / "tree", capture_output=True, check=True,
    )  # fmt: skip
    [archive] = [*tmp_path.glob("*.tar.gz"), *tmp_path.glob("*.whl")]
    return archive


def test_the_source_distribution_has_the_tests_and_what_they_stand_on(tmp_path):
    with tarfile.open(built("sdist", tmp_path)) as packed:
        there = {name.partition("/")[2] for name in packed.getnames()}
    assert "tests/specimen.py" in there
    assert sources() - there == set()


def test_the_wheel_has_the_checker_and_no_solution_of_a_problem_set(tmp_path):
    with zipfile.ZipFile(built("wheel", tmp_path)) as packed:
        texts = {name: packed.read(name) for name in packed.namelist()}
    assert {"gmmlib/tutor/slips.py", "gmmlib/tutor/personal.py"} <= set(texts)
    assert [name for name, text in texts.items() if b"GMM-KEY" in text] == []
