"""What the chapters declare, explorers and questions: found by running their code here."""

import os
import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import matplotlib.pyplot as plt
import nbformat
from IPython.core.inputtransformer2 import TransformerManager

import gmmlib.explore

ROOT = Path(__file__).parents[1]
DECLARES = re.compile(r"^[^#\n]*\b(explore|predict|arrange)\(", re.MULTILINE)


def declared(name):
    """The explorers of one notebook of the book, {name: Explorer}, in their order."""
    return _declared(name)["explore"]


def asked(name):
    """The questions of one notebook of the book, {name: Question}, in their order."""
    return _declared(name)["predict"]


@cache
def _declared(name):
    explorers, questions = {}, {}
    found = {"explore": explorers, "predict": questions, "arrange": questions}

    def recording(kind):
        declare = getattr(gmmlib.explore, kind)

        def declare_and_keep(*args, **options):
            made = declare(*args, **options)
            found[kind][made.explorer_name if kind == "explore" else made.name] = made
            return made

        return declare_and_keep

    notebook = nbformat.read(ROOT / f"{name}.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    # no further than the last of them, as in the build: a page is drawn when its cell has run
    while code and not DECLARES.search(code[-1].source):
        del code[-1]
    shell = SimpleNamespace(run_line_magic=lambda *args: None)
    names = {"__name__": "__main__", "get_ipython": lambda: shell}
    before = os.getcwd()
    os.chdir(ROOT / "book")
    try:
        with (
            mock.patch.multiple("gmmlib.explore", **{kind: recording(kind) for kind in found}),
            plt.rc_context({"backend": "agg", "figure.max_open_warning": 0}),
        ):
            for cell in code:
                _execute(cell, names, f"{name}.ipynb")
            plt.close("all")
    finally:
        os.chdir(before)
    return found


def _execute(cell, names, where):
    source = TransformerManager().transform_cell(cell.source)
    try:
        exec(compile(source, where, "exec"), names)
    except Exception:
        if "raises-exception" not in cell.metadata.get("tags", []):
            raise
