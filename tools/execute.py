"""Execute the chapters that changed, as many at once as there are processors.

python tools/execute.py book/*.ipynb

The outputs go where the build looks for them, so that it executes nothing itself, and where
book/conftest.py takes them to compare them with the stored ones: each chapter runs once. A chapter
not found there is executed by the build after all: slower, and the same.
"""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from nbclient.exceptions import CellTimeoutError, DeadKernelError

CACHE = Path("_build/.jupyter_cache")
CELL_SECONDS = 120


def is_executed(cache, path):
    try:
        cache.match_cache_notebook(nbformat.read(path, as_version=4))
    except KeyError:
        return False
    return True


def execute(path):
    """(the executed notebook, seconds, what went wrong or None), as myst-nb itself executes."""
    for _ in range(2):  # a kernel that hangs once is a fact of life; twice is a bug
        notebook = nbformat.read(path, as_version=4)
        start = time.monotonic()
        try:
            result = single_nb_execution(
                notebook,
                cwd=str(path.parent.resolve()),
                timeout=CELL_SECONDS,
                allow_errors=False,
                # no warning of each kernel's in the middle of the progress
                extra_arguments=["--IPKernelApp.log_level=40"],
            )
        except (DeadKernelError, TimeoutError, RuntimeError) as error:
            wrong = f"{type(error).__name__}: {error}"
            continue
        wrong = result.exc_string
        if not isinstance(result.err, CellTimeoutError):
            break
    return notebook, time.monotonic() - start, wrong


def main(paths):
    cache = get_cache(CACHE)
    waiting = [path for path in map(Path, paths) if not is_executed(cache, path)]
    if not waiting:
        return 0
    failed = 0
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(waiting))) as pool:
        running = {pool.submit(execute, path): path for path in waiting}
        for number, done in enumerate(as_completed(running), 1):
            path = running[done]
            notebook, seconds, wrong = done.result()
            failed += bool(wrong)
            word = f"FAILED\n{wrong}" if wrong else f"executed ({seconds:.1f} s)"
            print(f"[{number}/{len(waiting)}] {path}: {word}", flush=True)
            if not wrong:
                data = {"execution_seconds": seconds}
                bundle = CacheBundleIn(notebook, str(path.resolve()), data=data)
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
