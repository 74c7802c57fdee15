"""While the book is read, the chapters that changed run; what fails stops the build."""

import time
from pathlib import Path
from types import SimpleNamespace

import execute
import nbformat
import pytest
import run_first
import toc
from jupyter_cache import get_cache
from nbformat.v4 import new_code_cell, new_notebook

FAST, SLOW, WRONG = "print(1)", "import time; time.sleep(2); print(2)", "raise ValueError('oops')"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A book of these chapters in a folder: root(name=source, ...)."""
    monkeypatch.setattr(toc, "listed", lambda: ["intro", "slow", "words", "wrong"])
    (tmp_path / "_build").mkdir()
    (tmp_path / "words.md").write_text("# Words")

    def write(**sources):
        for name, source in sources.items():
            nbformat.write(new_notebook(cells=[new_code_cell(source)]), tmp_path / f"{name}.ipynb")
        return tmp_path

    return write


def test_only_what_changed_runs_and_only_who_needs_it_waits(root):
    run = run_first.Run(root(intro=FAST, slow=SLOW))
    assert run.waiting == ["intro", "slow"]
    began = time.monotonic()
    run.done("words")
    assert time.monotonic() - began < 1 and run.process.poll() is None
    run.done("slow")
    cache = get_cache(root() / execute.CACHE)
    assert all(execute.is_executed(cache, root() / f"{name}.ipynb") for name in ("intro", "slow"))
    assert run_first.Run(root()).process is None
    assert run_first.Run(root(intro=FAST + "  # changed")).waiting == ["intro"]


def test_a_chapter_that_fails_is_named_and_stops_the_build(root, capfd):
    run = run_first.Run(root(intro=FAST, wrong=WRONG))
    with pytest.raises(SystemExit, match="a chapter failed"):
        run.done("intro")
    said = capfd.readouterr().out
    assert "wrong.ipynb: FAILED" in said and ": oops\n" in said


def connected(folder, out):
    """What the extension connects to for a build of a folder."""
    events = {}
    app = SimpleNamespace(srcdir=folder, outdir=folder / out, connect=events.__setitem__)
    run_first.setup(app)
    events.pop("config-inited")(app, None)
    return events


def test_changed_chapters_are_read_last_and_another_folder_is_left_alone(root):
    folder = root(intro=FAST)
    assert connected(folder, "elsewhere/html") == {}
    events, names = connected(folder, "_build/html"), ["intro", "slow", "words"]
    events["env-before-read-docs"](None, None, names)
    assert names == ["slow", "words", "intro"]
    events["source-read"](None, "intro", [""])
    assert execute.is_executed(get_cache(folder / execute.CACHE), Path(folder, "intro.ipynb"))
