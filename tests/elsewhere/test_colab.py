"""With the versions that Colab has, the published notebooks install gmmlib alone, and run.

Colab itself is not to be had here. What it has is: a list of versions (colab/requirements.txt), and
how a widget says where the browser finds its manager (colab/google/colab, a stand-in).
"""

import functools
import http.server
import re
import subprocess
import threading
from pathlib import Path

import install_cell
import nbformat
import pytest
from places import ROOT, SITE, Place, python, worker

HERE = Path(__file__).parent / "colab"
LISTED = (HERE / "requirements.txt").read_text(encoding="utf-8").split("\n")
VERSIONS = [line for line in LISTED if "==" in line]
# what a reader has who brings ipywidgets up to date
NEWER = {"ipywidgets": "8.1.8", "widgetsnbextension": "4.0.15"}
NOTEBOOKS = sorted(path.stem for path in (ROOT / "book").glob("*.ipynb"))
KIND = "application/vnd.jupyter.widget-view+json"
STARTUP = "import google.colab.output\n"  # as every kernel there does
MANAGER = {"colab": {"custom_widget_manager": {"url": "https://colab.example/manager.js"}}}
OURS = re.compile(r"(?:Explorer|Question) ")  # how their text in a notebook begins


def pinned(newer=()):
    """The requirements, some of them in a newer version."""
    names = {line.partition("==")[0]: line.partition("==")[2] for line in VERSIONS}
    return [f"{name}=={version}" for name, version in (names | dict(newer)).items()]


@pytest.fixture(scope="module")
def place():
    folder = ROOT / f"_build/env/colab-{worker()}"
    return Place(folder, pinned(), python((3, 13)), STARTUP)


@pytest.fixture(scope="module")
def site():
    """The built site, served as it would be published."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def published(name, site, folder):
    """The notebook that Colab opens, with this address of the site."""
    notebook = nbformat.read(ROOT / f"book/{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = install_cell.from_site(cell.source, site)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


def installed(place):
    words = [place.python, "-m", "pip", "list", "--format=freeze"]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    return {line for line in lines if not line.startswith("gmmlib")}


def widgets(notebook):
    """(the cell's source, the output) of everything that is shown as a widget."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if KIND in output.get("data", {}):
                yield cell.source, output


def run_there(name, place, site, folder):
    """What a notebook shows as widgets there, each of which says where its manager is."""
    place.without_gmmlib()
    before = installed(place)
    done = place.run(published(name, site, folder), PYTHONPATH=HERE)
    assert installed(place) == before, "the install cell changed what Colab has"
    shown = list(widgets(done))
    assert all(output.metadata.get(KIND) == MANAGER for _, output in shown)
    return shown


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_published_notebook_runs_on_colabs_versions_and_shows_its_widgets(
    name, place, site, tmp_path
):
    shown = run_there(name, place, site, tmp_path)
    source = nbformat.read(ROOT / f"book/{name}.ipynb", as_version=4)
    outputs = [output for cell in source.cells for output in cell.get("outputs", [])]
    stored = [o for o in outputs if OURS.match(o.get("data", {}).get("text/plain", ""))]
    assert len(shown) == len(stored)
    # ipywidgets 7 displays by itself, which is what Colab's hook sees
    assert {output.output_type for _, output in shown} <= {"display_data"}


def test_widgets_show_there_too_with_a_newer_ipywidgets(site, tmp_path):
    folder = ROOT / f"_build/env/colab-8-{worker()}"
    newer = Place(folder, [*pinned(NEWER), "comm==0.2.3"], python((3, 13)), STARTUP)
    shown = run_there("intro", newer, site, tmp_path)
    # ipywidgets 8 is what a cell returns, which that hook does not see: the explorer says it itself
    assert [output.output_type for _, output in shown] == ["execute_result"]
