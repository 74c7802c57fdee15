"""How long each way into the book takes until its first slider moves; the README's table.

python benchmarks/paths.py      `make lite` first; writes benchmarks/PATHS.md

Each way is gone as a reader goes it, in Chromium, and ends when a key on a slider (on the page of
one's own data: on a center) has changed its picture. Pyodide's files stand on this machine, in
place of its CDN, and the package index is near: how fast a reader's line is, nobody knows here.
"""

import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

from measuring import load, machine, table
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
FOLDERS = ("tools", "tools/site", "tools/paper", "tests/site", "tests/browser_python")
sys.path[:0] = [str(ROOT / folder) for folder in FOLDERS]

import browser  # noqa: E402
import imprint  # noqa: E402
import offline  # noqa: E402
import pyodide  # noqa: E402
from install_cell import wheel_name  # noqa: E402
from lite import Lite  # noqa: E402
from site_server import serving  # noqa: E402

SITE = ROOT / "_build/html"
RESULTS = Path(__file__).with_name("PATHS.md")
REPEATS = 3
WAIT = 300_000  # ms
PICTURE = """(mark) => [...document.querySelectorAll(mark)].map((one) => one.outerHTML).join()"""
CHANGED = f"([mark, before]) => ({PICTURE})(mark) !== before"
IDLE = """(name) => {
  const panel = window.jupyterapp?.shell.currentWidget;
  return panel?.context?.path === name
    && panel.sessionContext.session?.kernel?.status === "idle";
}"""
# installed anew each time, as on a machine that has never seen it
NO_CACHE = {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def moved(page, handle, mark=".gx-mark"):
    """Wait for a handle, press a key on it, and wait until the picture is another."""
    one = page.locator(handle).last
    one.wait_for(timeout=WAIT)
    before = page.evaluate(PICTURE, mark)
    one.press("ArrowRight")
    page.wait_for_function(CHANGED, arg=[mark, before], timeout=WAIT)


class Clock:
    """parts: {mark: seconds since the mark before}."""

    def __init__(self):
        self.begun, self.parts = time.monotonic(), {}

    def mark(self, name):
        self.parts[name] = time.monotonic() - self.begun - sum(self.parts.values())
        return self


def run(words, **options):
    done = subprocess.run(words, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


# ---- the ways ------------------------------------------------------------------------------------


def on_the_site(page, url):
    clock = Clock()
    page.goto(f"{url}book/intro.html", wait_until="commit")
    moved(page, ".gx-explorer input[type=range]")
    return clock.mark("page")


def with_own_data(page, url):
    """Start, and then the center of a component: the answer is gmmlib's, from the worker."""
    page.goto(f"{url}book/your_data.html")
    page.locator(".pg-start-button").wait_for()
    clock = Clock()
    page.locator(".pg-start-button").press("Enter")
    page.locator(".pg-handle").first.wait_for(timeout=WAIT)
    clock.mark("Python, NumPy, gmmlib")
    moved(page, ".pg-handle", ".pg-handle")
    return clock.mark("a center is moved")


def in_the_browser(lite):
    """The button on the first chapter's page, and Run All Cells."""
    clock = Clock()
    lite.open("book/intro")
    clock.mark("JupyterLite")
    lite.menu("Run", "Run All Cells")
    moved(lite.page, ".widget-slider .noUi-handle, .widget-slider [role=slider]")
    return clock.mark("Python, and the cells up to the first slider")


@contextlib.contextmanager
def jupyter(python, folder, private):
    """The address of a JupyterLab of that Python, which is stopped in the end."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    own = {f"JUPYTER_{name}": str(private / name.lower()) for name in names}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(private / "spaces"), "IPYTHONDIR": str(private / "i")}
    words = ["--no-browser", f"--port={port}", "--ip=127.0.0.1", "--allow-root"]
    words += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    words += ["--expose-app-in-browser"]
    with open(private / "log", "w") as log:
        server = subprocess.Popen(
            [python, "-m", "jupyterlab", *words], stdout=log, stderr=log,
            env={**os.environ, **NO_CACHE, **own}, cwd=folder,
        )  # fmt: skip
        try:
            until = time.monotonic() + WAIT / 1000
            while time.monotonic() < until and server.poll() is None:
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status").close()
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def in_jupyterlab(page, python, folder, name, clock):
    with (
        tempfile.TemporaryDirectory() as private,
        jupyter(python, folder, Path(private)) as url,
    ):
        page.goto(f"{url}/lab/tree/{name}")
        # what is run before the kernel has answered may be lost
        page.wait_for_function(IDLE, arg=name, timeout=WAIT)
        clock.mark("JupyterLab, and the notebook in it")
        for word in ("Run", "Run All Cells"):
            page.get_by_role("menuitem", name=word, exact=True).click()
        moved(page, ".widget-slider .noUi-handle, .widget-slider [role=slider]")
        return clock.mark("the cells up to the first slider")


def from_a_clone(page, folder):
    """What `make lab` does, and then its browser."""
    clock = Clock()
    run(["git", "clone", "-q", ROOT, folder / "clone"])
    npm = {"npm_config_cache": str(folder / "npm")}
    run(["make", "setup"], cwd=folder / "clone", env={**os.environ, **NO_CACHE, **npm})
    clock.mark("clone and install")
    python = folder / "clone/.venv/bin/python"
    again = [
        in_jupyterlab(page, python, folder / "clone/book", "intro.ipynb", Clock())
        for _ in range(REPEATS)
    ]
    return clock, again


def from_the_zip(page, folder):
    """What the README.txt in it says."""
    clock = Clock()
    with zipfile.ZipFile(SITE / "notebooks.zip") as archive:
        archive.extractall(folder / "unpacked")
    run([sys.executable, "-m", "venv", folder / "env"])
    python = folder / "env/bin/python"
    notebooks = folder / "unpacked/notebooks"
    install = [python, "-m", "pip", "install", "jupyterlab", f"./{wheel_name()}[explore]"]
    run(install, cwd=notebooks, env={**os.environ, **NO_CACHE})
    clock.mark("unpack and install")
    return in_jupyterlab(page, python, notebooks, "intro.ipynb", clock)


def from_the_disk(page, folder):
    zipped = folder / "offline.zip"
    offline.pack(SITE, zipped, imprint.config()["title"], None)
    clock = Clock()
    with zipfile.ZipFile(zipped) as archive:
        archive.extractall(folder / "unpacked")
    clock.mark("unpack")
    (first,) = (folder / "unpacked").glob("*/site/book/intro.html")
    page.goto(first.as_uri(), wait_until="commit")
    moved(page, ".gx-explorer input[type=range]")
    return clock.mark("page")


# ---- the report ----------------------------------------------------------------------------------


def middle(clocks):
    """The median of clocks with the same marks, mark by mark."""
    return {name: statistics.median(c.parts[name] for c in clocks) for name in clocks[0].parts}


def lines(way, parts, runs):
    whole = sum(parts.values())
    detail = "; ".join(f"{name} {seconds:.1f}" for name, seconds in parts.items())
    return [way, f"{whole:.1f}", runs, detail if len(parts) > 1 else ""]


def measured(playwright):
    """Rows of the report."""
    chromium = playwright.chromium.launch(executable_path=browser.find(), args=browser.ARGS)
    rows = []

    def add(way, clocks):
        rows.append(lines(way, middle(clocks), len(clocks)))
        print(*rows[-1], sep=" | ", flush=True)

    def page(lite_at=None):
        context = chromium.new_context(viewport={"width": 1280, "height": 900})
        return context.new_page() if lite_at is None else Lite(context, lite_at)

    with tempfile.TemporaryDirectory() as folder, serving(SITE) as url:
        folder = Path(folder)
        add("the site", [on_the_site(page(), url) for _ in range(REPEATS)])
        visitors = [Lite(chromium.new_context(), url) for _ in range(REPEATS)]
        add("one's own data, first visit", [with_own_data(v.page, url) for v in visitors])
        add("one's own data, later", [with_own_data(v.page, url) for v in visitors])
        visitors = [page(url) for _ in range(REPEATS)]
        add("a chapter in the browser, first visit", [in_the_browser(v) for v in visitors])
        add("a chapter in the browser, later", [in_the_browser(v) for v in visitors])
        disk = [folder / f"disk{i}" for i in range(REPEATS)]
        for one in disk:
            one.mkdir()
        add("offline, from the zip", [from_the_disk(page(), one) for one in disk])
        installing, started = from_a_clone(page(), folder)
        add("JupyterLab: clone and install", [installing])
        add("JupyterLab, installed", started)
        add("the notebooks' zip, with all that it needs", [from_the_zip(page(), folder)])
    chromium.close()
    return rows


def main():
    before = load()
    if not (SITE / "lite/jupyter-lite.json").exists():
        sys.exit("There is no JupyterLite in the site: run make lite first")
    with sync_playwright() as playwright:
        rows = measured(playwright)
    head = ["way", "seconds", "runs", "of which"]
    text = f"""# Until the first slider moves

Written by `make bench-paths` (benchmarks/paths.py); no number here is written by hand.

{machine(f"Pyodide {pyodide.VERSION} in Chromium")}
Load average {before} before and {load()} after.

The median of some runs, each as a reader goes that way: until a key on a slider has changed the
picture (on the page of one's own data: until a center has moved, and `gmmlib` has answered).
Python for the browser and the package index are near; a reader waits for the line besides.
"First visit": nothing in the browser's cache. Installing: nothing in the cache of pip, uv or npm.

{table(head, rows)}
"""
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
