"""The explorers that the chapters declare, found by running the chapters' code in this process."""

import os
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import matplotlib.pyplot as plt
import nbformat
from IPython.core.inputtransformer2 import TransformerManager

import gmmlib.explore

ROOT = Path(__file__).parents[1]


@cache
def declared(name):
    """The explorers of one notebook of the book, {name: Explorer}, in their order."""
    found, declare = {}, gmmlib.explore.explore

    def recording(*args, **options):
        explorer = declare(*args, **options)
        found[explorer.explorer_name] = explorer
        return explorer

    notebook = nbformat.read(ROOT / f"{name}.ipynb", as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shell = SimpleNamespace(run_line_magic=lambda *args: None)
    names = {"__name__": "__main__", "get_ipython": lambda: shell}
    before = os.getcwd()
    os.chdir(ROOT / "book")
    try:
        with (
            mock.patch("gmmlib.explore.explore", recording),
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
