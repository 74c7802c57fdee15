"""A site that has the playground and nothing else."""

import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import playground_files

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "tools/site/assets"
SCRIPTS = ("playground_engine.js", "playground_worker.js")
PAGE = """<!doctype html><meta charset="utf-8"><title>Bench</title><link rel="icon" href="data:,">
<script src="../_static/playground_engine.js" defer></script>
<script>window.manifest = {manifest};</script>"""


def make_site(folder, pyodide_folder=None):
    """A site with nothing but what the playground needs, as the build makes it.

    pyodide_folder: what PYODIDE says, if anything.
    """
    app = SimpleNamespace(
        builder=SimpleNamespace(format="html"), outdir=folder, config=SimpleNamespace()
    )
    with mock.patch.dict(os.environ, {"PYODIDE": str(pyodide_folder or "")}):
        playground_files.prepared(app)
    for name in SCRIPTS:
        shutil.copy(ASSETS / name, folder / "_static")
    (folder / "book").mkdir()
    manifest = playground_files.manifest(app)
    page = PAGE.replace("{manifest}", json.dumps(manifest))
    (folder / "book/bench.html").write_text(page, encoding="utf-8")
    return folder
