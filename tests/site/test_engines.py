"""The core of the browser tests in Firefox and WebKit: the pages must not lean on one engine.

Keys are pressed and the pointer clicks: nothing is faked but the sheet of paper. What a page should
say is computed by the chapters' own code, run here (declared.py).
"""

import contextlib
import re
import shutil
from pathlib import Path

import pytest
from engines import ENGINES, INSTALLED, EngineError
from site_explorers import ON_PAGE as EXPLORERS_ON
from site_explorers import SORTS, at_rest, explorer_of, link, some_states, values_at
from site_pages import PAGES, SITE
from site_questions import HOSTS, MADE, SPECIMENS, questions_of, themed
from site_questions import ON_PAGE as QUESTIONS_ON
from site_questions import SORTS as QUESTION_SORTS
from site_server import Handler, serving
from specimen_questions import write_page

from gmmlib.playground import Playground

# The first script of each page, put there by the server: WebDriver tells of no errors.
WATCH = """<script>
  window.faults = [];
  addEventListener("error", (event) => {
    // a notice that a drawing waits for the next frame
    if (event.message?.startsWith("ResizeObserver loop")) return;
    faults.push(event.message ?? `not loaded: ${event.target.src ?? event.target.href}`);
  }, true);
  addEventListener("unhandledrejection", (event) => faults.push(`rejected: ${event.reason}`));
  for (const kind of ["error", "warn"]) {
    console[kind] = (...words) => faults.push(`console.${kind}: ${words.join(" ")}`);
  }
</script>"""
# In the page: waiting for a sentence or a word there costs less than asking for it again and again.
WAIT = """async (test, ...given) => {
  const holds = eval(test);
  for (let i = 0; i < 800 && !holds(...given); i++) await new Promise((r) => setTimeout(r, 10));
  return holds(...given);
}"""
READY = "() => document.documentElement.dataset.explorers === 'ready'"
AT = """(name, wanted) => {
  const now = JSON.parse(document.querySelector(`#${name} .gx`).dataset.state);
  return Object.entries(wanted).every(([key, at]) => now[key] === at);
}"""
SENTENCE = "(name) => document.querySelector(`#${name} .gx-sentence`).textContent"
FOCUS = """(what) => {
  const found = document.querySelector(what);
  found.focus({ preventScroll: true });
  return document.activeElement === found;
}"""
IS_SELECT = "(what) => document.querySelector(what).tagName === 'SELECT'"
# Where to click on what a selector finds, once that stands still in a window that may have just
# scrolled. The page then notes whether the next click reaches it.
MIDDLE = """async (what) => {
  const found = document.querySelector(what);
  found.scrollIntoView({ block: "center", behavior: "instant" });
  const frame = () => new Promise(requestAnimationFrame);
  const place = () => {
    const box = found.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2].map(Math.round);
  };
  let at = null;
  for (let still = 0; still < 3; await frame()) {
    const now = place();
    still = String(now) === String(at) ? still + 1 : 0;
    at = now;
  }
  const hit = document.elementFromPoint(...at);
  if (!hit || !(found.contains(hit) || hit.contains(found))) return null;
  window.clicked = false;
  addEventListener("click", (event) => { clicked = event.composedPath().includes(found); },
    { capture: true, once: true });
  return at;
}"""
TONE = """(name) => {
  const said = document.querySelector(`fieldset#${name} .gx-said`);
  return [said.dataset.tone ?? "", said.textContent];
}"""
SAID = "(name) => document.querySelector(`fieldset#${name} .gx-said`).textContent"
# Paper, for engines that cannot be told to take the screen for it: every @media rule is answered as
# a printer would answer it, in the style sheets themselves.
ON_PAPER = """() => {
  const follow = (rules) => {
    for (const rule of rules) {
      if (rule.media && /print|screen/.test(rule.media.mediaText)) {
        rule.media.mediaText = /print/.test(rule.media.mediaText) ? "all" : "not all";
      }
      if (rule.cssRules) follow(rule.cssRules);
    }
  };
  for (const sheet of document.styleSheets) {
    if (/print/.test(sheet.media.mediaText)) sheet.media.mediaText = "all";
    follow(sheet.cssRules);
  }
  dispatchEvent(new Event("beforeprint"));
}"""
SEEN = """(what) => [...document.querySelectorAll(what)].filter((e) => e.checkVisibility())
  .map((e) => e.outerHTML.slice(0, 120))"""
CONTROLS = ".gx-controls, .gx-note, .gx-summary, .gx-question button"

EACH = pytest.mark.parametrize("engine", INSTALLED)
EACH_SORT = pytest.mark.parametrize(("path", "name"), SORTS, ids=[name for _, name in SORTS])
# A page opens in one of the engines, the next page in the next; one that stands for all in each.
STAND_FOR_ALL = {PAGES[0], SPECIMENS, *(path for path, _ in [*SORTS, *QUESTION_SORTS])}
IN_TURN = [
    (path, engine)
    for i, path in enumerate([*PAGES, SPECIMENS])
    for j, engine in enumerate(INSTALLED)
    if path in STAND_FOR_ALL or j == i % len(INSTALLED)
]
ALIVE = [*dict.fromkeys([*EXPLORERS_ON, *QUESTIONS_ON, SPECIMENS])]


class Watched(Handler):
    """Serves each page with WATCH as its first script."""

    def do_GET(self):
        file = Path(self.translate_path(self.path))
        if file.suffix != ".html" or not file.is_file():
            return super().do_GET()
        # after what says how a page is encoded, where it begins with that
        start = re.compile("<head>|<meta charset=utf-8>")
        page, count = start.subn(lambda found: found[0] + WATCH, file.read_text("utf-8"), count=1)
        assert count, file
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())


@pytest.fixture(scope="session")
def watched_url():
    with serving(SITE, Watched) as url:
        yield url


@pytest.fixture(scope="session")
def specimens_url(tmp_path_factory):
    """The page of specimens, in the book's styles."""
    folder = tmp_path_factory.mktemp("specimens")
    widgets = [*questions_of(SPECIMENS).values()]
    shutil.copytree(SITE / "_static", folder / "_static")
    styles = [address.removeprefix(f"{SITE.as_uri()}/") for address in themed()]
    write_page(folder, [MADE["explorer"], *widgets], HOSTS, styles)
    with serving(folder, Watched) as url:
        yield f"{url}page.html"


@pytest.fixture(scope="session")
def started():
    """The browsers that run, each started when the first test asks for it."""
    with contextlib.ExitStack() as running:
        made = {}

        def start(name):
            if name not in made:
                made[name] = ENGINES[name]()
                running.callback(made[name].close)
            return made[name]

        yield start


@pytest.fixture
def visit(engine, started, watched_url, request):
    """Open a page in an engine and wait for it; nothing may go wrong on it until the end."""
    browser = started(engine)

    def open_page(path, fragment=""):
        specimens = path == SPECIMENS
        address = request.getfixturevalue("specimens_url") if specimens else watched_url + path
        browser.open(address + fragment)
        if path in ALIVE:
            assert browser.run(WAIT, READY), f"not ready: {browser.run('() => faults')}"
        return browser

    yield open_page
    assert browser.run("() => faults") == []


def shows(browser, explorer, position):
    """Assert that the page is in a state, and says what gmmlib computes for it."""
    assert browser.run(WAIT, AT, explorer.explorer_name, position), f"not moved to {position}"
    sentence = explorer.sentence(**values_at(explorer, position))
    assert browser.run(SENTENCE, explorer.explorer_name) == sentence


def press_on(browser, what, *keys):
    assert browser.run(FOCUS, what), f"{what} takes no keys"
    browser.press(*keys)


def click_on(browser, what):
    # twice at most: clicks in Firefox have gone astray, on a busy machine, for a reason unknown
    for _ in range(2):
        at = browser.run(MIDDLE, what)
        assert at, f"{what} is covered"
        browser.click(*at)
        if browser.run(WAIT, "() => clicked"):
            return
    raise AssertionError(f"{what} was clicked at {at}, and did not get it")


def answer_right(browser, question):
    """Answer a question and check it, as a reader would; a number by its keys."""
    # not by keys alone: in a window that no screen shows, Firefox presses no button for a key
    box, right = f"fieldset#{question.name}", question.right_answer()
    kind = question.question["kind"]
    if kind == "choice":
        click_on(browser, f"{box} input[value='{right}']")
    elif kind == "number":
        press_on(browser, f"{box} .gx-number input", *right)
    else:
        for line in right.split("-"):
            click_on(browser, f"{box} li[data-line='{line}'] [data-use]")
    click_on(browser, f"{box} .gx-check")


@pytest.mark.parametrize(("path", "engine"), IN_TURN)
def test_a_page_opens_without_an_error_and_prints_without_its_controls(path, engine, visit):
    page = visit(path)
    names = [*EXPLORERS_ON.get(path, []), *(["specimen-explorer"] if path == SPECIMENS else [])]
    for name in names:
        assert page.run("(name) => document.getElementById(name).dataset.ready", name) == "true"
    on_screen = page.run(SEEN, CONTROLS)
    assert bool(on_screen) == (path in ALIVE)
    page.run(ON_PAPER)
    assert page.run(SEEN, CONTROLS) == []
    assert page.run(SEEN, "article details:not([open])") == []
    for name in names:
        assert page.run(SEEN, f"#{name} svg[role=img]") and page.run(SEEN, f"#{name} .gx-sentence")


@EACH
@EACH_SORT
def test_keys_move_each_slider_and_the_page_says_what_gmmlib_computes(path, name, engine, visit):
    explorer, page = explorer_of(path, name), visit(path)
    rest = at_rest(explorer)
    shows(page, explorer, rest)
    for key, grid in explorer.grids.items():
        last, what = len(grid.values) - 1, f"#{name}-{key}"
        on, back = ("Down", "Up") if page.run(IS_SELECT, what) else ("Right", "Left")
        # one step, to the farther end, and home again by single steps
        step = 1 if rest[key] < last else -1
        press_on(page, what, f"Arrow{on if step > 0 else back}")
        shows(page, explorer, rest | {key: rest[key] + step})
        far, end = (last, "End") if rest[key] <= last / 2 else (0, "Home")
        press_on(page, what, end)
        shows(page, explorer, rest | {key: far})
        press_on(page, what, *[f"Arrow{back if far else on}"] * abs(far - rest[key]))
        shows(page, explorer, rest)


@EACH
@EACH_SORT
def test_a_link_opens_the_state_that_it_names(path, name, engine, visit):
    explorer = explorer_of(path, name)
    (position,) = some_states(explorer, 1)
    page = visit(path, link(explorer, position))
    shows(page, explorer, position)
    assert page.run("(name) => document.querySelector(`#${name} .gx-note`).textContent", name) == ""


@EACH
@pytest.mark.parametrize("path", dict.fromkeys(path for path, _ in QUESTION_SORTS))
def test_every_question_answered_right_is_told_so(path, engine, visit):
    page = visit(path)
    for question in questions_of(path).values():
        assert page.run(TONE, question.name) == ["", ""]
        answer_right(page, question)
        page.run(WAIT, SAID, question.name)
        tone, words = page.run(TONE, question.name)
        assert (tone, words[:6]) == ("right", "Right."), f"{question.name}: {words}"


# ---- these checks can fail -------------------------------------------------------------------


@EACH
def test_an_error_a_failed_promise_and_a_missing_picture_are_found(engine, started, watched_url):
    browser = started(engine)
    browser.open(watched_url + PAGES[0])
    browser.run("""() => {
      console.error("oops");
      setTimeout(() => { throw new Error("thrown"); });
      Promise.reject(new Error("refused"));
      document.body.append(Object.assign(new Image(), { src: "none.png" }));
    }""")
    assert browser.run(WAIT, "() => faults.length >= 4")
    found = " ".join(browser.run("() => faults"))
    assert all(word in found for word in ("oops", "thrown", "refused", "none.png"))


@EACH
def test_a_function_that_raises_in_the_page_raises_here(engine, started):
    with pytest.raises(EngineError, match="no such thing"):
        started(engine).run("() => { throw new Error('no such thing'); }")


# Answers that gmmlib gave here, each kind of request in its order; drawn points come back as sent.
TOLD = """(told) => {
  const ask = async ({ do: what, points }) => {
    if (!points) return told[what].shift();
    told.start.unshift({ refused: "2 components need 3 points", about: "K" });
    const range = [[0, 12], [0, 9]], n = points.length;
    return { points, n, shown: n, d: 2, names: ["x", "y"], range, notes: [] };
  };
  const engine = { ask, start: async () => {}, stop() {} };
  window.makeEngine = Object.assign(() => engine, { lacks: () => null });
}"""
SAYS = "(what, words) => document.querySelector(what)?.textContent.includes(words)"


@EACH
def test_the_readers_own_points_are_drawn_and_shared_out(engine, visit):
    page, playground = visit("book/your_data.html"), Playground()
    start = {"do": "start", "K": 2, "covariance": "full", "how": "k-means++", "seed": 1}
    requests = [{"do": "sets"}, {"do": "data", "set": "old_faithful"}, start, {"do": "step"}]
    told = {request["do"]: [playground.ask(request)] for request in requests}
    assert page.run("() => makeEngine.lacks()") is None
    page.run(TOLD, told)
    click_on(page, ".pg-start-button")
    assert page.run(WAIT, SAYS, ".pg-about", "272 points")
    assert page.run(WAIT, SAYS, ".pg-sentence", "placed")
    click_on(page, ".pg-primary")
    assert page.run(WAIT, SAYS, ".pg-primary", "M-step")
    outlines = "() => document.querySelectorAll('.pg-plot path.pg-component').length === 2"
    assert page.run(WAIT, outlines)
    click_on(page, ".pg-choice input[value=draw]")
    click_on(page, ".pg-plot")
    assert page.run(WAIT, SAYS, ".pg-about", "1 point in a plane")
    press_on(page, ".pg-plot", "ArrowRight", " ")
    assert page.run(WAIT, SAYS, ".pg-about", "2 points in a plane")
    assert page.run(WAIT, SAYS, ".pg-run .pg-refusal", "2 components need 3 points")
