"""The built site, served under a sub-path, in a browser that can reach nothing else."""

from pathlib import Path

import browser as chromium
import pytest
from engines import ENGINES, INSTALLED
from site_explorers import ON_PAGE as EXPLORERS
from site_explorers import ready
from site_pages import PAGES, SITE
from site_questions import ON_PAGE as QUESTIONS
from site_server import serving
from xdist.scheduler import LoadScopeScheduling

# a parameter without a value would be a skipped test: without an engine there is none to run
collect_ignore = [] if INSTALLED else ["test_engines.py"]


def pytest_terminal_summary(terminalreporter):
    for engine in ENGINES:
        if engine not in INSTALLED:
            terminalreporter.write_line(
                f"{chromium.TITLES[engine]} is not installed: its tests did not run; "
                f"tools/browser.py --install {engine} installs it"
            )


def pytest_sessionstart(session):
    if not (SITE / "index.html").exists():
        pytest.exit("There is no built site to test: run make book first", returncode=2)
    if not chromium.find():
        pytest.exit("There is no Chromium to test the site in: run make browser", returncode=2)


def pytest_addoption(parser):
    parser.addoption("--page", help="only the tests of one page, such as book/mixtures.html")


def page_of(item):
    """The page that a test is about, if it is about one."""
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    if page := getattr(item.module, "PAGE", None):  # a file of tests about this page alone
        return page
    return parameters.get("path", parameters.get("name") if "test_files" in item.nodeid else None)


def is_asked(item, wanted):
    """Whether a test is about the page, or about the files of all: the cards, the numbers."""
    page = page_of(item)
    return page == wanted or (page is None and "test_files" in item.nodeid)


class ByPage(LoadScopeScheduling):
    """The tests of a page share a worker: each worker would run the page's chapter for itself."""

    def _split_scope(self, nodeid):
        parameters = nodeid.partition("[")[2]
        for path in PAGES:
            names = [*EXPLORERS.get(path, ()), *QUESTIONS.get(path, ())]
            if path in parameters or any(name in parameters for name in names):
                return path
        return nodeid


def pytest_xdist_make_scheduler(config, log):
    return ByPage(config, log)


def pytest_collection_modifyitems(config, items):
    if wanted := config.getoption("--page"):
        here = [item for item in items if Path(__file__).parent in item.path.parents]
        other = [item for item in here if not is_asked(item, wanted)]
        items[:] = [item for item in items if item not in other]
        config.hook.pytest_deselected(items=other)


@pytest.fixture(scope="session")
def base_url():
    with serving(SITE) as url:
        yield url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {
        **browser_type_launch_args,
        "executable_path": chromium.find(),
        "args": chromium.ARGS,
    }


# its explorers and questions alive, if it has any, and all of it laid out
AT_WORK = """() => document.documentElement.dataset.laidOut &&
  (!document.querySelector("script[src*=explore_host]") ||
   document.documentElement.dataset.explorers === "ready") """


class Watch:
    """What went wrong while a page was open: it must stay empty."""

    def __init__(self, page, base_url):
        self.page, self.base_url, self.faults, self.bytes = page, base_url, [], 0
        page.on("console", self.on_console)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("requestfailed", self.on_failure)
        page.on("response", self.on_response)
        page.route("**/*", self.on_route)

    def on_console(self, message):
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")

    def on_failure(self, request):
        # what was still under way when the page was left has not failed
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed request: {request.url} ({request.failure})")

    def on_response(self, response):
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def on_route(self, route):
        if route.request.url.startswith((self.base_url, "data:", "blob:")):
            route.continue_()
        else:
            self.faults.append(f"request to elsewhere: {route.request.url}")
            route.abort()

    def open(self, path):
        self.page.goto(self.base_url + path)
        self.page.wait_for_function(AT_WORK)
        return self.page


@pytest.fixture
def watch(page, base_url):
    return Watch(page, base_url)


@pytest.fixture
def open_page(watch):
    """Open a page of the site; the test fails afterwards if anything went wrong on it."""
    yield watch.open
    assert not watch.faults, "\n".join(watch.faults)


@pytest.fixture
def visit(watch):
    """Open a page with explorers and wait for them; nothing may go wrong on it until the end."""

    def open_page(path):
        watch.page.goto(watch.base_url + path)
        # a click far down would wait a second or more for the page to have glided there
        watch.page.add_style_tag(content="html { scroll-behavior: auto !important; }")
        return ready(watch.page)

    yield open_page
    assert not watch.faults, "\n".join(watch.faults)
