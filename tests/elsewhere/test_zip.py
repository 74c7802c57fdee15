"""Every notebook runs from the unpacked zip, with only what its own first cell installs."""

import shutil
import zipfile

import nbformat
import pytest
import wheel
from nbclient.exceptions import CellExecutionError
from places import ROOT, SITE, Place, locked, texts, worker

with zipfile.ZipFile(SITE / "notebooks.zip") as archive:
    NOTEBOOKS = sorted(name for name in archive.namelist() if name.endswith(".ipynb"))


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


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_from_the_zip_and_prints_what_the_book_prints(
    name, unpacked, place, versions
):
    place.without_gmmlib()
    stored = nbformat.read(unpacked / name, as_version=4)
    done = place.run(unpacked / name, PIP_CONSTRAINT=versions)
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
