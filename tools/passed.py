"""Run a step of make test, unless it has passed with the very same files before.

python tools/passed.py NAME PATH ... -- COMMAND ...

A stamp is one hash: the command, the versions of Python, of the browsers and of every installed
package, name and bytes of each file under the PATHs (!PATH takes away again). It is written only if
the command succeeds and no file changed while it ran; a fresh clone has none. FORCE=1 runs anyway.
"""

import hashlib
import os
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import browser

STAMPS = Path("_build/passed")
IGNORED = {"__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".hypothesis"}


def files(paths):
    """Every file under the paths, sorted, without those under a path that begins with "!"."""
    left_out = {Path(path[1:]) for path in paths if path.startswith("!")}
    found = set()
    for path in (Path(path) for path in paths if not path.startswith("!")):
        if not path.exists():
            raise FileNotFoundError(f"{path}: a step says that it reads this, and it is not there")
        found |= {path} if path.is_file() else {p for p in path.rglob("*") if p.is_file()}
    return sorted(
        path
        for path in found
        if not IGNORED & set(path.parts) and not left_out & {path, *path.parents}
    )


def installed():
    """The installed packages with their versions, as the names of their folders say."""
    return sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))


def browser_versions():
    for engine in browser.NAMES:
        path = browser.find(engine)
        yield f"{path} {Path(path).resolve().stat().st_mtime_ns}" if path else f"no {engine}"


def fingerprint(paths, command):
    """One hash of everything that may change what a step says."""
    digest = hashlib.sha256(sys.version.encode())
    for word in [*command, *installed(), *browser_versions()]:
        digest.update(f"{word}\0".encode())
    for path in files(paths):
        digest.update(f"{path.as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def main(args):
    name, *paths = args[: args.index("--")]
    command = args[args.index("--") + 1 :]
    stamp = STAMPS / name
    before = fingerprint(paths, command)
    forced = os.environ.get("FORCE", "") not in ("", "0")
    if not forced and stamp.exists() and stamp.read_text() == before:
        print(f"{name}: passed before with the same files (make test FORCE=1 runs it again)")
        return 0
    stamp.unlink(missing_ok=True)
    print(f"{name}: running", flush=True)
    start = time.monotonic()
    if code := subprocess.call(command):
        print(f"{name}: FAILED", flush=True)
        return code if code > 0 else 1  # killed by a signal: below zero
    print(f"{name}: passed ({time.monotonic() - start:.0f} s)", flush=True)
    if fingerprint(paths, command) == before:
        STAMPS.mkdir(parents=True, exist_ok=True)
        stamp.write_text(before)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
