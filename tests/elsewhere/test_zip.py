"""Notebooks run from the unpacked zip, with only what their own first cell installs.

A few run in `make test`, which import together whatever any of them imports; --every runs them all.
"""

import ast
import shutil
import sys
import zipfile

import nbformat
import pytest
import wheel
from covering import covering
from nbclient.exceptions import CellExecutionError
from places import ROOT, SITE, Place, locked, texts, worker

with zipfile.ZipFile(SITE / "notebooks.zip") as archive:
    NOTEBOOKS = sorted(name for name in archive.namelist() if name.endswith(".ipynb"))


def imported(name):
    """What has to be there, installed or packed, for a notebook to run."""
    with zipfile.ZipFile(SITE / "notebooks.zip") as archive:
        notebook = nbformat.reads(archive.read(name).decode(), as_version=4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"][1:]
    tree = list(ast.walk(ast.parse("\n".join(cells))))
    modules = {alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in tree if isinstance(node, ast.ImportFrom)}
    return {name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names}


def pytest_generate_tests(metafunc):
    if "notebook" in metafunc.fixturenames:
        every = metafunc.config.getoption("every")
        some = [name for (name,) in covering([(name,) for name in NOTEBOOKS], imported)]
        metafunc.parametrize("notebook", NOTEBOOKS if every else some)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a folder of hers, größer")
    with zipfile.ZipFile(SITE / "notebooks.zip") as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def versions():
    """Pip's constraints: the versions with which the stored outputs were computed."""
    (ROOT / "_build/env").mkdir(parents=True, exist_ok=True)
    return locked(ROOT / f"_build/env/locked-{worker()}.txt")


@pytest.fixture(scope="module")
def place(versions):
    return Place(ROOT / f"_build/env/zip-{worker()}", ["ipykernel", "--constraint", str(versions)])


def test_a_notebook_runs_from_the_zip_and_prints_what_the_book_prints(
    notebook, unpacked, place, versions
):
    place.without_gmmlib()
    stored = nbformat.read(unpacked / notebook, as_version=4)
    done = place.run(unpacked / notebook, PIP_CONSTRAINT=versions)
    assert texts(done) == texts(stored)


def test_a_notebook_alone_says_what_it_needs(unpacked, place, tmp_path):
    place.without_gmmlib()
    shutil.copy(unpacked / "notebooks/teaching.ipynb", tmp_path)
    with pytest.raises(CellExecutionError, match=r"put gmmlib-\S+\.whl beside this notebook; note"):
        place.run(tmp_path / "teaching.ipynb")


def test_in_a_clone_the_first_cell_installs_from_it(place, versions, tmp_path):
    place.without_gmmlib()
    for name in wheel.NEEDED:
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "gmmlib", tmp_path / "gmmlib")
    (tmp_path / "book").mkdir()
    shutil.copy(ROOT / "book/teaching.ipynb", tmp_path / "book")
    place.run(tmp_path / "book/teaching.ipynb", PIP_CONSTRAINT=versions)
