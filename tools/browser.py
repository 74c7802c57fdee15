"""Find a Chromium for the tests, or install one.

python tools/browser.py              print where it is, or fail
python tools/browser.py --install    install it if there is none
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
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


def install():
    """Chromium from Debian's packages where we may install them, else Playwright's own build."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        for command in ([*apt, "update"], [*apt, "install", "-y", "chromium"]):
            subprocess.run(command, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if not find():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


def main(args):
    path = find()
    if not path and "--install" in args:
        print("Installing Chromium for the browser tests", flush=True)
        install()
        path = find()
    if not path:
        sys.exit(
            "No Chromium was found and none could be installed. The site tests need one: "
            "install chromium, or name yours with CHROMIUM=/path/to/it"
        )
    print(f"Browser: {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
