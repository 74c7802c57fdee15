"""Drop the stored notebook outputs when what they were computed with has changed.

The notebook cache looks at a notebook's own code only. A change in gmmlib or in the locked packages
would leave yesterday's numbers on the page.
"""

import hashlib
import shutil
import sys
from pathlib import Path

BUILD = Path("_build")
STAMP = BUILD / "computed-with"
PROFILE = Path("tools/site/ipython")  # how the kernels of a build draw


def fingerprint():
    """One hash of the Python version, the lock, gmmlib and how kernels draw, names included."""
    digest = hashlib.sha256(sys.version.encode())
    folders = (Path("gmmlib"), PROFILE)
    files = (p for folder in folders for p in folder.rglob("*") if p.is_file())
    library = (p for p in files if "__pycache__" not in p.parts)
    for path in [Path("requirements.txt"), *sorted(library)]:
        digest.update(f"{path.as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def main():
    # a copy, since kernels also write where they read: the Makefile's IPYTHONDIR
    shutil.copytree(PROFILE, BUILD / "ipython", dirs_exist_ok=True)
    now = fingerprint()
    if STAMP.exists() and STAMP.read_text() == now:
        return
    if (BUILD / ".jupyter_cache").exists():
        print("gmmlib, the packages or the drawing changed: every notebook will run again")
    for folder in (".jupyter_cache", ".doctrees", "jupyter_execute"):
        shutil.rmtree(BUILD / folder, ignore_errors=True)
    STAMP.write_text(now)


if __name__ == "__main__":
    main()
