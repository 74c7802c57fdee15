"""Sphinx extension: the files that the page `your_data` fetches on Start, and what they weigh.

Python for the browser comes from Pyodide's public CDN, pinned by version, every file by its sum.
`make book PYODIDE=folder` serves it from the site instead: the folder is one that
`python tools/pyodide.py folder` wrote, or a release of Pyodide unpacked, of the very same version.
gmmlib's wheel is the site's own, in _static/wheel.
"""

import hashlib
import os
import shutil
import sys
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import brotli
from sphinx.errors import ExtensionError

sys.path.insert(0, str(Path(__file__).parents[1]))
import pyodide
import wheel

PACKAGES = ("numpy",)
OWN = "_static/pyodide/"  # where PYODIDE=folder goes
WHEEL = "_static/wheel/"
WHAT = {
    "pyodide.mjs": "what starts Python",
    "pyodide.asm.mjs": "what joins Python and the browser",
    "pyodide.asm.wasm": "Python itself",
    "python_stdlib.zip": "Python’s standard library",
    pyodide.LOCK: "the list of packages, with their sums",
    "numpy": "NumPy",
    "gmmlib": "this book’s module",
}
QUALITY = 5  # as servers compress on the fly


@cache
def compressed(path):
    """How many bytes of a file go over the line where the server compresses; wheels are already."""
    data = path.read_bytes()
    if path.suffix in (".whl", ".zip"):
        return len(data)
    return len(brotli.compress(data, quality=QUALITY))


def checked(folder):
    """The files of Pyodide in a folder, each with the sum that it must have."""
    for name, about in pyodide.files(PACKAGES).items():
        path = Path(folder, name)
        if not path.exists():
            raise ExtensionError(
                f"PYODIDE={folder} has no {name}: python tools/pyodide.py {folder} writes it"
            )
        if pyodide.digest(path.read_bytes()) != about["sha256"]:
            raise ExtensionError(
                f"PYODIDE={folder}: {name} is not the one of Pyodide {pyodide.VERSION}, "
                f"whose sha256 is {about['sha256']}"
            )
        yield path


def prepared(app):
    """Build the wheel, copy what the site is to serve, and note down what the page will fetch."""
    if app.builder.format != "html":
        return
    out, folder = Path(app.outdir), os.environ.get("PYODIDE")
    own = wheel.build(out / WHEEL)
    if folder:
        (out / OWN).mkdir(parents=True, exist_ok=True)
        for path in checked(folder):
            shutil.copyfile(path, out / OWN / path.name)
    app.config.playground_manifest = described(own, OWN if folder else pyodide.CDN)


def described(own, base):
    """The manifest: see `manifest`. own: the wheel's path. base: where Pyodide's files are."""
    core = {path.name: path for path in pyodide.core()}
    files = []
    for name, about in pyodide.files(PACKAGES).items():
        size = about["bytes"]
        line = compressed(core[name]) if name in core else size
        files.append(entry(name, base + name, size, line, about["sha256"]))
    data = own.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    files.append(entry(own.name, WHEEL + own.name, len(data), len(data), sha256))
    return {
        "title": f"Python (Pyodide {pyodide.VERSION})",
        "version": pyodide.VERSION,
        "from": urlsplit(base).hostname or "this site",
        "packages": list(PACKAGES),
        "worker": f"_static/playground_worker.js?{worker_version()}",
        "files": files,
        "bytes": sum(file["bytes"] for file in files),
        "size": sum(file["size"] for file in files),
    }


def entry(name, url, size, line, sha256):
    what = WHAT.get(name) or WHAT[name.split("-")[0]]
    return {"name": name, "what": what, "url": url, "size": size, "bytes": line, "sha256": sha256}


def worker_version():
    script = Path(__file__).parent / "assets/playground_worker.js"
    return pyodide.digest(script.read_bytes())[:8]


def manifest(app):
    """What the page fetches on Start, and how large it is.

    {"title", "version", "from": whose server, "packages", "worker", "files": [{"name", "what",
    "url": whole, or from the site's root, "size": bytes of the file, "bytes": those that go over
    the line, measured with brotli, "sha256"}], "bytes", "size": all together}.
    """
    return app.config.playground_manifest


def setup(app):
    app.add_config_value("playground_manifest", None, "", [dict])
    app.connect("builder-inited", prepared)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
