"""pytest compares the outputs stored in the chapters (make check-notebooks); this says which.

tools/nbrun.py stores text only, so pictures and HTML have nothing to be compared with.
With --executed nbval compares what tools/execute.py has just computed for the build, on the pages
word for word; without it each chapter is executed anew.
"""

from functools import partial
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from nbval.plugin import IPyNbFile

NOT_STORED = (
    *("image/svg+xml", "image/gif", "application/pdf", "text/html"),
    "application/javascript",
)
CACHE = Path(__file__).parents[1] / "_build/.jupyter_cache"


def pytest_addoption(parser):
    parser.addoption("--executed", action="store_true", help="compare what the build executed")


class Replay:
    """Stands where nbval has a kernel, and answers what the kernel of the build answered.

    Raises KeyError if the chapter, cell for cell as it is now, was not executed.
    """

    def __init__(self, path):
        _, executed = get_cache(CACHE).merge_match_into_notebook(nbformat.read(path, as_version=4))
        self.cells = [cell for cell in executed.cells if cell.cell_type == "code"]

    def execute_cell_input(self, source, allow_stdin=None):
        while (cell := self.cells.pop(0)).source != source:
            pass  # nbval was told to leave a cell out
        self.messages = [("status", {"execution_state": "idle"})]
        self.messages += [(output.output_type, output) for output in reversed(cell.outputs)]
        return "cell"

    def get_message(self, stream, timeout=None):
        kind, content = self.messages.pop()
        return {"msg_type": kind, "content": content, "parent_header": {"msg_id": "cell"}}

    def await_reply(self, *args, **options):
        pass

    await_idle = stop = await_reply

    def is_alive(self):
        return True


def replay(collector):
    collector.kernel = Replay(collector.path)
    collector.setup_sanitize_files()


def pytest_collectstart(collector):
    if isinstance(collector, IPyNbFile):
        collector.skip_compare = (*collector.skip_compare, *NOT_STORED)
        if collector.config.option.executed:
            collector.setup = partial(replay, collector)
