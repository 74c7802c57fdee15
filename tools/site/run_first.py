"""Sphinx extension: the chapters that changed run while Sphinx starts and reads the others.

tools/execute.py runs them side by side and leaves what came where myst-nb looks for it. They are
read last, once it is done.
"""

import subprocess
import sys
from pathlib import Path

from jupyter_cache import get_cache

sys.path.append(str(Path(__file__).parents[1]))  # Sphinx knows tools/site alone

import execute
import toc


class Run:
    """What runs: the pages that wait for it, and its process; neither where nothing changed."""

    def __init__(self, root):
        self.process = None
        cache = get_cache(root / execute.CACHE)
        names = toc.notebooks(root)
        self.waiting = [n for n in names if not execute.is_executed(cache, root / f"{n}.ipynb")]
        if self.waiting:
            command = [sys.executable, execute.__file__, *(f"{n}.ipynb" for n in self.waiting)]
            self.process = subprocess.Popen(command, cwd=root)

    def done(self, name):
        """Wait, where this page needs it. What failed has said so, and ends the build at once."""
        if name in self.waiting and self.process.wait():
            sys.exit("The book is not built: a chapter failed, see above")


def begin(app, config):
    root = Path(app.srcdir)
    if (Path(app.outdir).parent / ".jupyter_cache").resolve() != (root / execute.CACHE).resolve():
        return  # a book that is built elsewhere: myst-nb runs its chapters itself
    run = Run(root)
    app.connect(
        "env-before-read-docs",
        lambda app, env, names: names.sort(key=lambda name: name in run.waiting),
    )
    app.connect("source-read", lambda app, name, source: run.done(name))


def setup(app):
    app.connect("config-inited", begin)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
