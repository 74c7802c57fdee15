"""Build gmmlib's wheel from the working tree: the same bytes from the same files, with no network.

python tools/wheel.py FOLDER    writes gmmlib-VERSION-py3-none-any.whl and wheel.json there

The site ships this wheel: Python in the browser, the notebooks to download and Colab install it.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("pyproject.toml", "LICENSE")  # beside gmmlib itself
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold


def build(folder):
    """Build the wheel into the folder, describe it there in wheel.json, and return its path."""
    with tempfile.TemporaryDirectory() as scratch:
        # a copy: setuptools would leave build/ behind, and take what an older build left there
        source = Path(scratch, "source")
        ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(ROOT / "gmmlib", source / "gmmlib", ignore=ignored)
        for name in NEEDED:
            shutil.copy(ROOT / name, source)
        made = Path(scratch, "made")
        made.mkdir()
        code = "import sys, setuptools.build_meta as b; print(b.build_wheel(sys.argv[1]))"
        done = subprocess.run(
            [sys.executable, "-c", code, str(made)],
            cwd=source,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"gmmlib's wheel could not be built:\n{done.stdout}{done.stderr}")
        (wheel,) = made.glob("*.whl")
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("gmmlib-*.whl"):
            old.unlink()
        path = folder / wheel.name
        with contextlib.ExitStack() as stack:
            old = stack.enter_context(zipfile.ZipFile(wheel))
            new = stack.enter_context(zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED))
            for name in sorted(old.namelist()):
                new.writestr(zipfile.ZipInfo(name, EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    about = {
        "file": path.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
    }
    (folder / "wheel.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Where to? python tools/wheel.py FOLDER")
    print(build(sys.argv[1]))
