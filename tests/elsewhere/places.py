"""Notebooks run as somebody else runs them: in an environment of its own, which has no gmmlib."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import nbrun
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"


def uv(*words):
    words = [Path(sys.executable).with_name("uv"), *words]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, words))}\n{done.stderr}"


def python(version):
    """A Python of that version, such as (3, 13), where the machine has one; else the book's own."""
    name = ".".join(map(str, version))
    found = [shutil.which(f"python{name}")]
    found += Path.home().glob(f".pyenv/versions/{name}.*/bin/python")
    for path in filter(None, found):
        words = [path, "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
        if subprocess.run(words, capture_output=True, text=True).stdout.strip() == name:
            return str(path)
    return sys.executable


class Place:
    """A Python with a kernel and nothing of ours, to `run` notebooks with their own first cell.

    It is made anew each time, unless every requirement has its version and nothing has changed.
    """

    def __init__(self, folder, requirements, python=sys.executable, startup=""):
        self.folder, self.python = folder, folder / "bin/python"
        stamp, wished = folder / "made-of", "\n".join([str(python), startup, *requirements])
        pinned = all("==" in line for line in requirements)
        if pinned and stamp.exists() and stamp.read_text() == wished:
            return
        shutil.rmtree(folder, ignore_errors=True)
        uv("venv", "-q", "--seed", "--python", python, folder)
        uv("pip", "install", "-q", "--python", self.python, "--compile-bytecode", *requirements)
        kernel = folder / "kernels/kernels/away"
        kernel.mkdir(parents=True)
        argv = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        about = {"argv": argv, "display_name": "away", "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(about))
        profile = folder / "ipython/profile_default/startup"
        profile.mkdir(parents=True)
        (profile / "first.py").write_text(startup)
        stamp.write_text(wished)

    def without_gmmlib(self):
        uv("pip", "uninstall", "-q", "--python", self.python, "gmmlib")

    def run(self, path, **environment):
        """The notebook, executed in the folder where it lies."""
        notebook = nbformat.read(path, as_version=4)
        ours = {
            "JUPYTER_PATH": str(self.folder / "kernels"),
            "IPYTHONDIR": str(self.folder / "ipython"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONPATH": "",
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (ours | environment).items():
                patch.setenv(name, str(value))
            for name in ("MPLBACKEND", "VIRTUAL_ENV"):
                patch.delenv(name, raising=False)
            NotebookClient(
                notebook, timeout=300, startup_timeout=120, kernel_name="away",
                resources={"metadata": {"path": str(path.parent)}},
                coalesce_streams=True, record_timing=False, store_widget_state=False,
                extra_arguments=["--IPKernelApp.log_level=40"],
            ).execute()  # fmt: skip
        return notebook


def locked(path):
    """A file of the versions that the book is built with, for pip's constraints."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("-e")))
    return path


def texts(notebook):
    """What each code cell after the first printed."""
    cells = [cell for cell in nbrun.normal(notebook).cells if cell.cell_type == "code"]
    return [(cell.source, cell.outputs) for cell in cells[1:]]


def worker():
    return os.environ.get("PYTEST_XDIST_WORKER", "one")
