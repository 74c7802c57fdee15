"""Run notebooks and keep only what is the same on every run.

python tools/nbrun.py book/*.ipynb            run, and write the ones that changed
python tools/nbrun.py --check book/*.ipynb    run, write nothing, fail if a file would change

Kept: sources, text outputs, execution counts, the cell metadata in KEEP, cell ids,
and what a problem set says of itself.
Dropped: pictures, HTML, widget views and state, timings, the local path in a traceback.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

KEEP = ("tags", "mystnb", "slideshow", "nbgrader", "gmm")  # cell metadata that something reads
DROP = ("image/", "application/", "text/html")  # kinds of output
META = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    # without the last two, `jupyter nbconvert --to script` writes a .txt that no Python reads
    "language_info": {"name": "python", "file_extension": ".py", "nbconvert_exporter": "python"},
}
CELL_SECONDS = 120
START_SECONDS = 120


def run(notebook, folder):
    """Execute every cell in a fresh kernel."""
    NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        startup_timeout=START_SECONDS,
        # by default an output that is 4 s late is given up: a busy machine would lose text
        iopub_timeout=30,
        raise_on_iopub_timeout=True,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        # no warning of each kernel's in the middle of the progress
        extra_arguments=["--IPKernelApp.log_level=40"],
        # how a stream arrives in pieces depends on timing
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
    ).execute()


def identify(cells):
    """Make an id from what a cell says where it has none, so that a rerun makes the same."""
    taken = set()
    for cell in cells:
        name = cell.get("id", "")
        if not name or name in taken:
            stem = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
            name, copy = stem, 1
            while name in taken:
                copy += 1
                name = f"{stem}-{copy}"
        taken.add(name)
        cell["id"] = name


def about(notebook):
    """What a problem set says of itself; a chapter says nothing."""
    return {"gmm": notebook.metadata["gmm"]} if "gmm" in notebook.metadata else {}


def normal(notebook):
    """The notebook without what differs from run to run."""
    notebook.metadata = nbformat.from_dict(META | about(notebook))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    identify(notebook.cells)
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in KEEP if cell.metadata.get(key)}
        cell.metadata = nbformat.from_dict(kept)
        cell.source = cell.source.rstrip()
        if cell.cell_type != "code":
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
            continue
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            cell.outputs = []
        for output in cell.outputs:
            if "data" in output:
                output.metadata = nbformat.from_dict({})
                output.data = nbformat.from_dict(
                    {kind: v for kind, v in output.data.items() if not kind.startswith(DROP)}
                )
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
        cell.outputs = [output for output in cell.outputs if output.get("data", True)]
    return notebook


def written(notebook):
    """The file's text: sorted keys, one trailing newline."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def refresh(path, run=run):
    """The text that `path` should have after a run."""
    for attempt in (1, 2):
        notebook = nbformat.read(path, as_version=4)
        notebook.metadata = nbformat.from_dict(META | about(notebook))
        try:
            run(notebook, path.parent)
            return written(normal(notebook))
        # a kernel that hangs once (a message lost on the way) is a fact of life; twice is a bug
        except (CellTimeoutError, DeadKernelError, TimeoutError, RuntimeError) as error:
            if attempt == 2:
                raise
            print(f"stalled ({type(error).__name__}), once more ... ", end="", flush=True)


def main(args):
    check = "--check" in args
    paths = [Path(a) for a in args if a != "--check"]
    stale, failed = [], []
    for number, path in enumerate(paths, 1):
        print(f"[{number}/{len(paths)}] {path} ... ", end="", flush=True)
        start = time.monotonic()
        try:
            text = refresh(path)
        except Exception as error:
            failed.append(path)
            print(f"FAILED\n{error}", flush=True)
            continue
        changed = text != path.read_text(encoding="utf-8")
        if changed:
            stale.append(path)
            if not check:
                path.write_text(text, encoding="utf-8")
        word = ("stale" if check else "written") if changed else "unchanged"
        print(f"{word} ({time.monotonic() - start:.1f} s)", flush=True)
    verb = "would change" if check else "changed"
    print(f"Notebooks: {len(paths)} run, {len(stale)} {verb}, {len(failed)} failed")
    return int(bool(failed or (check and stale)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
