"""The same explorer in JupyterLab with a live kernel: the sliders are Python's own there."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from drawing import faults, snapshot
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import TimeoutError as TooLate
from site_explorers import at_rest, values_at
from site_pages import ROOT
from site_questions import STATUS, check, choose, root
from specimen import specimen
from specimen_questions import specimens

SECONDS = 120  # a kernel on a busy machine; it usually takes five
DECLARE = """\
from specimen import specimen
explorer = specimen()
explorer"""
ASKING = """\
from IPython.display import display
from specimen_questions import specimens
moved, questions = specimens()
display(moved, *questions.values())"""
ASKED = """\
print("Python has", [(q.answer, q.tone) for q in questions.values()])
print("and", moved.sliders["start"].index, moved.sliders["step"].value)"""
ASK = "print('Python has', explorer.sliders['step'].value, explorer.sliders['guess'].index)"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab as readers start it, in a folder of its own, with nothing of the user's."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = new_notebook(cells=[new_code_cell(DECLARE), new_code_cell(ASK)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    (folder / "work").mkdir()
    nbformat.write(notebook, folder / "work/trial.ipynb")
    shutil.copy(ROOT / "tests/specimen.py", folder / "work")
    asking = new_notebook(cells=[new_code_cell(ASKING), new_code_cell(ASKED)])
    asking.metadata.kernelspec = notebook.metadata.kernelspec
    nbformat.write(asking, folder / "work/asking.ipynb")
    shutil.copy(ROOT / "tests/specimen_questions.py", folder / "work")
    for tool in ("site/static_widgets.py", "site/static_questions.py", "beliefs.py"):
        shutil.copy(ROOT / "tools" / tool, folder / "work")
    port = free_port()
    private = {
        f"JUPYTER{name}": str(folder / name.strip("_").lower())
        for name in ("_CONFIG_DIR", "_DATA_DIR", "_RUNTIME_DIR", "LAB_SETTINGS_DIR",
                     "LAB_WORKSPACES_DIR")
    }  # fmt: skip
    settings = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
    (folder / "config_dir/labconfig").mkdir(parents=True)
    (folder / "config_dir/labconfig/default_setting_overrides.json").write_text(
        json.dumps(settings)
    )
    log = open(folder / "log", "w")
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ip=127.0.0.1",
            "--port-retries=0", "--allow-root", "--IdentityProvider.token=",
            f"--ServerApp.root_dir={folder / 'work'}", "--expose-app-in-browser",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ],
        env={**os.environ, **private}, stdout=log, stderr=log, cwd=folder,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api/status", server, folder / "log")
        yield address
    finally:
        server.terminate()  # it takes its kernels with it
        server.wait(30)
        log.close()


def wait_for(url, server, log):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"JupyterLab does not answer at {url}:\n{Path(log).read_text()[-2000:]}")


@pytest.fixture
def notebook(lab, page, request):
    """A notebook in Lab, all its cells run once; no request leaves this machine."""
    name = getattr(request, "param", "trial.ipynb")
    errors, elsewhere = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def answer(route):
        if route.request.url.startswith((lab, "data:", "blob:")):
            return route.continue_()
        elsewhere.append(route.request.url)
        return route.abort()

    page.route("**/*", answer)
    page.set_viewport_size({"width": 1400, "height": 1100})
    page.goto(f"{lab}/lab/tree/{name}")
    page.wait_for_function(
        """name => {
          const panel = window.jupyterapp?.shell.currentWidget;
          return panel?.context?.path === name
            && panel.sessionContext.session?.kernel?.status === "idle";
        }""",
        arg=name,
        timeout=SECONDS * 1000,
    )
    run_all(page)
    page.wait_for_selector(".gx[data-state]", timeout=SECONDS * 1000)
    yield page
    assert errors == []
    assert elsewhere == []


def run_all(page):
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")


def run_second_cell(page):
    page.evaluate(
        """() => {
          const panel = window.jupyterapp.shell.currentWidget;
          panel.content.activeCellIndex = 1;
          return window.jupyterapp.commands.execute("notebook:run-cell");
        }"""
    )


def said_by_python(page, words, seconds=SECONDS):
    page.locator(".jp-OutputArea-output", has_text=words).wait_for(timeout=seconds * 1000)


def known_to_python(page, words):
    """Run the second cell until it says so.

    A widget keeps its last change back until the kernel has answered to the one before, so a cell
    that is run at once may come first.
    """
    until = time.monotonic() + SECONDS
    while True:
        run_second_cell(page)
        try:
            return said_by_python(page, words, seconds=3)
        except TooLate:
            if time.monotonic() > until:
                raise


def shows(page, explorer, position):
    """Assert that the drawing under the cell is what gmmlib computes in a state."""
    page.wait_for_function(
        "wanted => document.querySelector('.gx').dataset.state === wanted",
        arg=json.dumps(position, separators=(",", ":")),
        timeout=SECONDS * 1000,
    )
    page.evaluate("() => { document.querySelector('.gx').parentElement.id = 'specimen'; }")
    wrong = list(faults(snapshot(page, "specimen"), explorer, values_at(explorer, position)))
    assert not wrong, "\n".join(wrong[:10])


def test_in_jupyterlab_python_and_the_drawing_follow_the_same_sliders(notebook):
    page, explorer = notebook, specimen()
    position = at_rest(explorer)
    said_by_python(page, "Python has 2 1")
    shows(page, explorer, position)

    handles = page.locator(".widget-slider .noUi-handle, .widget-slider [role=slider]")
    assert handles.count() == 3  # p, guess, step; `which` is a list
    for handle, key, steps in ((0, "p", 3), (1, "guess", 1), (2, "step", 2)):
        handles.nth(handle).focus()
        for _ in range(steps):
            page.keyboard.press("ArrowRight")
        position[key] += steps
        shows(page, explorer, position)
    page.locator(".widget-dropdown select").select_option("round")
    position["which"] = 0
    shows(page, explorer, position)

    known_to_python(page, "Python has 4 2")


@pytest.mark.parametrize("notebook", ["asking.ipynb"], indirect=True)
def test_in_jupyterlab_questions_say_the_same_and_python_knows_the_answers(notebook):
    page, (_, questions) = notebook, specimens()
    said_by_python(page, "and 1 0")
    right = [question.right_answer() for question in questions.values()]
    for question, answer in zip(questions.values(), right, strict=True):
        root(page, question).wait_for(timeout=SECONDS * 1000)
        choose(page, question, answer)
        check(page, question)
        seen = page.evaluate(STATUS, question.name)
        said = f"Right. {question.judge(answer)[1]}"
        assert (seen["tone"], seen["words"]) == ("right", said.replace("`", ""))
    known_to_python(page, f"Python has {[(answer, 'right') for answer in right]}")
    said_by_python(page, "and 0 3")  # the explorer went to the state that decides
