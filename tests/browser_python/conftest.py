"""Real Python in a real browser: a site under a sub-path, the CDN stood in for, nothing else."""

import sys
from pathlib import Path

import browser as chromium
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/site"))

from cdn import Cdn  # noqa: E402
from site_server import serving  # noqa: E402
from tiny_site import make_site  # noqa: E402


def pytest_sessionstart(session):
    if not chromium.find():
        pytest.exit("There is no Chromium to run Python in: run make browser", returncode=2)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    arguments = {"executable_path": chromium.find(), "args": chromium.ARGS}
    return {**browser_type_launch_args, **arguments}


@pytest.fixture(scope="session")
def tiny_site(tmp_path_factory):
    """The address of such a site, which fetches Pyodide from the CDN."""
    with serving(make_site(tmp_path_factory.mktemp("site"))) as url:
        yield url


ENGINE = """async () => {
  window.told = [];
  window.engine = makeEngine({base: "../", manifest, onprogress: (event) => told.push(event)});
}"""
START = """async () => {
  try { await engine.start(); return null; } catch (error) { return [error.name, error.words]; }
}"""
ASK = """async (request) => {
  try { return await engine.ask(request); }
  catch (error) { return {error: error.name, words: error.words}; }
}"""


class Bench:
    """A page with an engine, and what was asked of hosts that are not the site or the CDN."""

    def __init__(self, page, cdn, url):
        self.page, self.cdn, self.url = page, cdn, url

    def open(self):
        self.page.goto(f"{self.url}book/bench.html")
        self.page.evaluate(ENGINE)
        return self

    def start(self):
        """None, or the kind of error and its words."""
        return self.page.evaluate(START)

    def ask(self, do, **request):
        return self.page.evaluate(ASK, {"do": do, **request})


def open_bench(context, url):
    """A bench in a context; what leads elsewhere is noted and refused."""
    elsewhere = []

    def refuse(route):
        if route.request.url.startswith((url, "data:", "blob:")):
            return route.continue_()
        elsewhere.append(route.request.url)
        return route.abort()

    context.route("**/*", refuse)
    cdn = Cdn().stand_in(context)
    bench = Bench(context.new_page(), cdn, url).open()
    bench.elsewhere = elsewhere
    return bench


@pytest.fixture
def bench(context, tiny_site):
    """A bench before Start."""
    bench = open_bench(context, tiny_site)
    yield bench
    assert not bench.elsewhere
