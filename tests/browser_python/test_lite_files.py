"""What make lite adds to the site: whole, small, checked, and nothing that is not meant for it."""

import json
import re

import nbformat
import pyodide
import pytest
import toc
from lite import NOTEBOOKS, ROOT, SITE

LITE = SITE / "lite"
MOST = 30e6  # bytes on the server; none of them are source maps
BUTTON = re.compile(
    r'<a class="run-here-button" href="\.\./lite/notebooks/index\.html\?path=(.*?)"'
)


def files():
    return [path for path in LITE.rglob("*") if path.is_file()]


def lock():
    return json.loads((LITE / "python" / pyodide.LOCK).read_text(encoding="utf-8"))["packages"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_chapter_is_there_with_its_cells_and_in_words_that_jupyter_shows(name):
    source = ROOT / f"{name}.ipynb"
    there = LITE / "files" / source.name
    cells = [nbformat.read(path, as_version=4).cells for path in (source, there)]
    code, same = ([c for c in one if c.cell_type == "code"] for one in cells)
    assert code == same
    assert not re.search(r"\{\w+(:\w+)?\}`|^ *:::", there.read_text(encoding="utf-8"), re.MULTILINE)
    assert BUTTON.findall((SITE / f"{name}.html").read_text(encoding="utf-8")) == [source.name]


def test_only_notebooks_have_the_button():
    pages = [path for path in SITE.rglob("*.html") if LITE not in path.parents]
    having = {
        path.relative_to(SITE).with_suffix("").as_posix()
        for path in pages
        if "run-here" in path.read_text(encoding="utf-8")
    }
    assert having == set(NOTEBOOKS) <= set(toc.listed())


def test_while_jupyter_arrives_the_page_says_so_and_a_button_is_a_button():
    page = (LITE / "notebooks/index.html").read_text(encoding="utf-8")
    assert 'id="jupyterlite-loading-indicator">' in page and "then Python" in page
    told = json.loads((LITE / "jupyter-lite.json").read_text(encoding="utf-8"))
    assert told["jupyter-config-data"]["showLoadingIndicator"] is True
    assert ".run-here-button{" in (SITE / "_static/site.css").read_text(encoding="utf-8")


def test_no_key_of_a_problem_set_and_no_source_map_is_there():
    for path in files():
        assert path.suffix != ".map", path
        assert b"GMM-KEY" not in path.read_bytes(), path


def test_it_is_small():
    assert sum(path.stat().st_size for path in files()) < MOST


def test_what_the_site_serves_has_the_sums_of_its_lock_and_all_else_those_of_pyodide():
    theirs = json.loads((pyodide.PACKAGE / pyodide.LOCK).read_text())["packages"]
    served = set()
    for name, about in lock().items():
        if "//" in about["file_name"]:
            assert about["file_name"] == pyodide.CDN + theirs[name]["file_name"]
            assert about["sha256"] == theirs[name]["sha256"]
        else:
            served.add(LITE / "python" / about["file_name"])
            data = (LITE / "python" / about["file_name"]).read_bytes()
            assert pyodide.digest(data) == about["sha256"]
    assert served == set((LITE / "python").rglob("*.whl"))


def test_gmmlib_is_the_very_wheel_of_the_site():
    wheel = json.loads((SITE / "_static/wheel/wheel.json").read_text(encoding="utf-8"))
    assert lock()["gmmlib"]["sha256"] == wheel["sha256"]


def test_the_cdn_gives_nothing_but_what_tools_pyodide_knows():
    """What a chapter needs from elsewhere: what the kernel and gmmlib need, and scikit-learn."""
    packages, wanted, found = lock(), ["gmmlib", "scikit-learn", "tqdm", "jedi", "ipykernel"], set()
    wanted += ["micropip", "piplite", "pyodide-kernel", "ipython"]
    while wanted:
        name = pyodide.normal(wanted.pop())
        if name not in found:
            found.add(name)
            wanted += packages[name]["depends"]
    names = {packages[name]["file_name"].removeprefix(pyodide.CDN) for name in found}
    known = set(pyodide.files(pyodide.PACKAGES))
    assert {name for name in names if "/" not in name} <= known
