"""Find the browsers for the tests, or install them.

python tools/browser.py                            print where Chromium is, or fail
python tools/browser.py --install                  install it if there is none
python tools/browser.py --install firefox webkit   the same for other engines
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

# the commands that may be an engine, after the one that the variable of its name names
NAMES = {
    "chromium": (
        "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ),
    "firefox": (
        "firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox",
    ),
    "webkit": ("WebKitWebDriver",),
}  # fmt: skip
# Debian's packages; Ubuntu's firefox is a snap, and the package of that name installs it
PACKAGES = {
    "chromium": ["chromium"], "firefox": ["firefox-esr"], "webkit": ["webkit2gtk-driver", "xvfb"],
}  # fmt: skip
TITLES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}
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


def find(engine="chromium"):
    """The path of an engine on this machine, or None; of WebKit, the path of its driver."""
    if engine == "webkit" and not shutil.which("Xvfb"):  # the screen that it needs
        return None
    for name in (os.environ.get(engine.upper()), *NAMES[engine]):
        if name and (path := shutil.which(name)):
            return path
    if engine != "chromium":
        return None
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


def install(engines=("chromium",)):
    """From Debian's packages where we may install them; Chromium else as Playwright's own build.

    Returns what failed on the way, in words.
    """
    failed = install_packages([package for engine in engines for package in PACKAGES[engine]])
    if "chromium" in engines and not find():
        failed.append(run([sys.executable, "-m", "playwright", "install", "chromium"]))
    return [words for words in failed if words]


def install_packages(packages):
    """Debian's packages, where we may install them; returns what failed, in words."""
    failed = []
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    # nobody's own machine is asked for its password, or changed without one, by a plain make test
    may = not sudo or (os.environ.get("CI") and shutil.which("sudo"))
    if shutil.which("apt-get") and may:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        # a fresh machine may be upgrading itself, and holds the lock meanwhile
        apt = [*sudo, "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        apt += ["-o", f"DPkg::Lock::Timeout={WAIT}"]
        for command in ([*apt, "update"], [*apt, "install", "-y", *packages]):
            failed.append(unlocked(command, env=quiet))
    return [words for words in failed if words]


def main(args):
    engines = [word for word in args if word != "--install"] or ["chromium"]
    if unknown := set(engines) - set(NAMES):
        sys.exit(f"{', '.join(sorted(unknown))}: the engines are {', '.join(NAMES)}")
    lacking, failed = [engine for engine in engines if not find(engine)], []
    if lacking and "--install" in args:
        titles = " and ".join(TITLES[engine] for engine in lacking)
        print(f"Installing {titles} for the browser tests", flush=True)
        failed = install(lacking)
    for engine in engines:
        if not (path := find(engine)):
            tried = " and none could be installed" if "--install" in args else ""
            sys.exit(
                f"No {TITLES[engine]} was found{tried}. The site tests need one: install "
                f"{' and '.join(PACKAGES[engine])}, or name yours with {engine.upper()}=/path/to/it"
                + "".join(f"\n{words}" for words in failed)
            )
        print(f"Browser: {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
