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
from types import SimpleNamespace

import address
import install_cell
import nbformat
import nbrun
import pytest
import wheel
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
    extras = install_cell.extras("\n".join(cells))
    here = installed_by(extras.split(",") if extras else [])
    code = [re.sub(r"^(\s*)%.*$", r"\1pass", cell, flags=re.MULTILINE) for cell in cells]
    return sorted({name for cell in code for name in imported_by(cell)} - here)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_chapter_imports_is_what_its_install_line_installs(path):
    notebook = nbformat.read(path, as_version=4)
    assert lacking([c.source for c in notebook.cells if c.cell_type == "code"]) == []


def test_an_import_that_nothing_installs_is_found():
    line = 'try:\n    import gmmlib\nexcept ImportError:\n    %pip install -q "..[plots]"'
    assert lacking([line, "import matplotlib.pyplot as plt\nimport sys"]) == []
    assert lacking([line, "def later():\n    from sklearn.mixture import X"]) == ["scikit-learn"]


NOTEBOOKS_THAT_INSTALL = NOTEBOOKS + sorted((ROOT / "course/sets").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS_THAT_INSTALL, ids=lambda path: path.stem)
def test_a_notebook_installs_from_the_clone_that_it_stands_in(path):
    notebook = nbformat.read(path, as_version=4)
    [line] = [found for c in notebook.cells if (found := install_cell.CELL.search(c.source))]
    assert (path.parent / line["folder"]).resolve() == ROOT


def test_a_copy_that_leaves_the_clone_installs_the_wheel_as_the_site_ships_it(tmp_path):
    line = 'try:\n    import gmmlib\nexcept ImportError:  # so\n    %pip install -q "..[plots]"\nx'
    name = wheel.build(tmp_path).name
    assert '"./{wheel}[plots]"\nx' in (beside := install_cell.from_beside(line, "em.zip"))
    assert f'Path("{name}")' in beside and "em.zip" in beside
    assert "reload" not in beside
    there = install_cell.from_site(line, "https://ada.example/em")
    assert f'"gmmlib[plots] @ https://ada.example/em/_static/wheel/{name}"\nx' in there


def test_who_installs_sliders_into_a_running_jupyter_is_told_to_reload_the_page():
    line = (
        'try:\n    import gmmlib\nexcept ImportError:  # so\n    %pip install -q "..[explore]"\nx'
    )
    for made in (
        install_cell.from_beside(line, "em.zip"),
        install_cell.from_site(line, "https://ada.example/em"),
    ):
        assert re.search(r'    print\("Installed\. In Jupyter: reload the page', made)
        assert made.endswith('sliders.")\nx')


def test_the_name_of_the_book_is_the_same_wherever_it_is_written():
    book = yours.now(ROOT)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    front = nbformat.read(ROOT / "book/intro.ipynb", as_version=4).cells[0].source
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {book['NAME']}\n") and front.startswith(f"# {book['NAME']}\n")
    assert citation["title"].startswith(book["NAME"])
    assert book["AUTHOR"] in [author["name"] for author in citation["authors"]]


def spelled(text, said):
    """Whether a text spells an address of this book: what _config.yml says, or its old ones."""
    now = {url.removeprefix("https://") for url in (said.repository, said.site)}
    return any(url in text for url in now) or re.search(r"em-you-can-touch(/book|\.github)", text)


def test_the_address_of_the_book_stands_in_one_file():
    found = []
    hidden = [
        path for name in (".github", ".devcontainer", ".ci") for path in (ROOT / name).rglob("*")
    ]
    for path in [*(ROOT / name for name in sources()), *(p for p in hidden if p.is_file())]:
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("tests/"):  # examples, made up
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [name] * bool(spelled(text, address.said()))
    assert found == ["_config.yml"]


def test_an_address_that_is_spelled_elsewhere_is_found():
    said = SimpleNamespace(repository="https://github.com/ada/em", site="https://ada.github.io/em")
    assert spelled('%pip install -q "git+https://github.com/ada/em"', said)
    assert spelled("clone git@github.com:ada/em", said) is None
    assert spelled("see https://github.com/em-you-can-touch" + "/book", said)


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
