"""Find a Chromium for the tests, or install one.

python tools/browser.py              print where it is, or fail
python tools/browser.py --install    install it if there is none
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
WAIT, PAUSE = 600, 5  # seconds: for a lock at most, and between two tries
# A test browser talks to the page under test and to nothing else.
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find():
    """The path of a Chromium on this machine, or None."""
    for name in (os.environ.get("CHROMIUM"), *NAMES, MAC):
        if name and (path := shutil.which(name)):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def run(command, **options):
    """Run a command; what it said at last if it failed, else None."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", **options,
    )  # fmt: skip
    if done.returncode == 0:
        return None
    last = "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-5:])
    return f"{' '.join(map(str, command))} failed ({done.returncode}):\n{last}"


def unlocked(command, **options):
    """`run`, again while another process has the lock: apt waits by itself only for some locks."""
    until = time.monotonic() + WAIT
    while (failed := run(command, **options)) and "lock" in failed and time.monotonic() < until:
        time.sleep(PAUSE)
    return failed


def install():
    """Chromium from Debian's packages where we may install them, else Playwright's own build.

    Returns what failed on the way, in words.
    """
    failed = []
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # a fresh machine may be upgrading itself, and holds the lock meanwhile
        apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", "-o", f"DPkg::Lock::Timeout={WAIT}"]
        for command in ([*apt, "update"], [*apt, "install", "-y", "chromium"]):
            failed.append(unlocked(command, env=quiet))
    if not find():
        failed.append(run([sys.executable, "-m", "playwright", "install", "chromium"]))
    return [words for words in failed if words]


def main(args):
    path, failed = find(), []
    if not path and "--install" in args:
        print("Installing Chromium for the browser tests", flush=True)
        failed = install()
        path = find()
    if not path:
        tried = " and none could be installed" if "--install" in args else ""
        sys.exit(
            f"No Chromium was found{tried}. The site tests need one: "
            "install chromium, or name yours with CHROMIUM=/path/to/it"
            + "".join(f"\n{words}" for words in failed)
        )
    print(f"Browser: {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
