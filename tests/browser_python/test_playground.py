"""The playground on real Pyodide: the numbers of CPython, its cache, its failures, its life."""

import json
import re

import browser as chromium
import numpy as np
import pyodide
import pytest
from conftest import ENGINE, open_bench
from site_server import serving
from tiny_site import make_site

from gmmlib import data
from gmmlib.playground import Playground

FILES = sorted(pyodide.files(("numpy",)))
FRAMES = """() => {
  window.frames = [];
  const note = (now) => { frames.push(now); requestAnimationFrame(note); };
  requestAnimationFrame(note);
}"""
LONGEST = "() => Math.max(...frames.slice(1).map((now, i) => now - frames[i]))"


@pytest.fixture(scope="module")
def started(browser, tiny_site):
    """A bench on which Python runs, for the tests that only ask."""
    context = browser.new_context()
    bench = open_bench(context, tiny_site)
    assert bench.start() is None
    yield bench
    assert not bench.elsewhere
    context.close()


# ---- the numbers ---------------------------------------------------------------------------------


def csv(x):
    X = np.reshape(x, (len(x), -1))
    names = ["x", "y"][: X.shape[1]]
    return "\n".join([",".join(names), *(",".join(map(repr, row)) for row in X.tolist())])


def clouds(d, n, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) + 4 * rng.integers(3, size=n)[:, None]


TABLES = {
    "old faithful": csv(data.old_faithful()),
    "galaxies": csv(data.galaxies()),
    "decimal commas": csv(clouds(2, 100, 3)).replace(",", ";").replace(".", ","),
    "one column": csv(clouds(1, 200, 4)),
    "two columns": csv(clouds(2, 1500, 5)),
}
DIGITS = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?")


def same(one, other, where=""):
    """Whether two answers say the same, numbers to 1e-9 of themselves or of 1."""
    numbers = all(isinstance(value, int | float) for value in (one, other))
    assert type(one) is type(other) or numbers, where
    if isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for key in one.keys() - {"memo"}:
            same(one[key], other[key], f"{where} {key}")
    elif isinstance(one, list):
        assert len(one) == len(other), where
        for i, pair in enumerate(zip(one, other)):
            same(*pair, f"{where} {i}")
    elif numbers and where.split()[-2:-1] == ["shares"]:
        assert abs(one - other) < 1.1e-3, where  # rounded to 1e-3, either way
    elif numbers:
        assert abs(one - other) <= 1e-9 * max(1, abs(one)), f"{where}: {one} and {other}"
    elif isinstance(one, str):
        assert DIGITS.sub("#", one) == DIGITS.sub("#", other), where
    else:
        assert one == other, where


def both(bench, requests):
    """Ask Pyodide and CPython the same, and compare each answer."""
    here = Playground()
    for request in requests:
        there = bench.ask(**request)
        same(there, json.loads(here.ask_text(json.dumps(request))), request["do"])
        assert "refused" not in there and "error" not in there


@pytest.mark.parametrize("table", TABLES)
def test_the_numbers_are_those_of_cpython(table, started):
    text = TABLES[table]
    columns = ["x", "y"][: 1 + text.startswith(("x,y", "x;y"))]
    requests = [{"do": "read", "text": text}, {"do": "data", "columns": columns}]
    for kind in ("full", "tied", "diagonal", "spherical"):
        chosen = {"K": 3, "covariance": kind, "seed": 7}
        requests += [
            {"do": "start", "how": "k-means++", **chosen},
            *[{"do": "step"}] * 3,
            {"do": "steps", "count": 4},
            {"do": "end"},
            {"do": "fit", **chosen},
            {"do": "json"},
        ]
    requests += [{"do": "bic", "upto": 4, "seed": 2}, {"do": "python"}, {"do": "sets"}]
    both(started, requests)


def test_refusals_and_a_collapse_are_those_of_cpython(started):
    started.ask("data", points=[[1], [2], [3]])
    started.ask("load", json={"weights": [0.5, 0.5], "means": [1, 3.01], "covariances": [1, 1]})
    answer = started.ask("end")
    assert answer["refused"].startswith("component 1 collapsed onto one point")
    assert "text in row 2 of column" in started.ask("read", text="a\n1\ntall\n")["refused"]
    assert started.ask("start", K=4)["refused"] == "4 components need at least 4 points, not 3"


# ---- what is fetched, and when -------------------------------------------------------------------


def test_nothing_is_fetched_before_start_and_each_file_once_by_then(bench):
    asked = []
    bench.page.on("request", lambda request: asked.append(request.url))
    bench.page.wait_for_timeout(300)
    assert asked == [] and bench.cdn.asked == []
    assert bench.start() is None
    assert sorted(bench.cdn.asked) == FILES
    assert sum(".whl" in url and url.startswith(bench.url) for url in asked) == 1
    told = bench.page.evaluate("told")
    manifest = bench.page.evaluate("manifest")
    last = {event["file"]: event for event in told if event.get("file")}
    assert {name: event["loaded"] for name, event in last.items()} == {
        file["name"]: file["bytes"] for file in manifest["files"]
    }
    assert sum(event["total"] for event in last.values()) == manifest["bytes"]
    # the second visit, without a network but for the site
    bench.cdn.cut, bench.cdn.asked = True, []
    bench.open()
    assert bench.start() is None and bench.cdn.asked == []
    assert bench.ask("data", set="galaxies")["n"] == 82
    stages = [event["stage"] for event in bench.page.evaluate("told")]
    assert "from the cache" in stages and "fetching" not in stages
    assert stages[-1] == "ready"


@pytest.mark.parametrize("name", ["pyodide.asm.wasm", "pyodide.mjs", FILES[0]])
def test_a_file_with_one_other_byte_is_refused_by_name_and_not_kept(name, bench):
    bench.cdn.spoiled = {name}
    kind, words = bench.start()
    assert kind == "Failure" and words.startswith(f"{name} is not the file")
    held = bench.page.evaluate(
        "async () => (await (await caches.open((await caches.keys())[0])).keys()).map(r => r.url)"
    )
    assert not any(name in url for url in held)


def test_a_spoiled_entry_of_the_cache_is_fetched_anew_and_an_old_one_dropped(bench):
    bench.page.evaluate("""async () => {
      const cache = await caches.open(`playground of ${new URL("../", location).pathname}`);
      for (const {name, sha256} of manifest.files) {
        const key = new URL(`../_static/kept/${sha256}/${name}`, location).href;
        await cache.put(key, new Response("spoiled"));
      }
      await cache.put(new URL("../_static/kept/0/old.whl", location).href, new Response("old"));
    }""")
    assert bench.start() is None
    assert sorted(bench.cdn.asked) == FILES
    held = bench.page.evaluate(
        "async () => (await (await caches.open((await caches.keys())[0])).keys()).length"
    )
    assert held == len(FILES) + 1


def test_from_the_site_itself_nothing_outside_is_asked(browser, tmp_path):
    folder = pyodide.write(tmp_path / "pyodide")
    (tmp_path / "site").mkdir()
    with serving(make_site(tmp_path / "site", folder)) as url:
        context = browser.new_context()
        bench = open_bench(context, url)
        assert bench.page.evaluate("manifest.from") == "this site"
        assert bench.start() is None
        assert bench.ask("data", set="galaxies")["n"] == 82
        assert bench.cdn.asked == [] and bench.elsewhere == []
        context.close()


def test_on_http_without_s_the_browser_compares_the_sums(playwright, tiny_site):
    # neither sums of our own nor a cache there: only localhost has them without https
    rules = "--host-resolver-rules=MAP book.example 127.0.0.1"
    arguments = {"executable_path": chromium.find(), "args": [*chromium.ARGS, rules]}
    launched = playwright.chromium.launch(**arguments)
    bench = open_bench(launched.new_context(), tiny_site.replace("127.0.0.1", "book.example"))
    assert not bench.page.evaluate("isSecureContext")
    bench.cdn.spoiled = {"python_stdlib.zip"}
    assert bench.start()[1].startswith("python_stdlib.zip is not the file")
    bench.cdn.spoiled = set()
    assert bench.start() is None
    assert bench.ask("data", set="galaxies")["n"] == 82
    launched.close()


# ---- what fails, in words ------------------------------------------------------------------------


def test_what_cannot_be_fetched_is_said_in_words_each_time_start_is_pressed(bench):
    bench.cdn.cut = True
    assert "could not be fetched from cdn.jsdelivr.net" in bench.start()[1]
    bench.page.context.set_offline(True)
    bench.page.evaluate(ENGINE)
    assert bench.start()[1].startswith("There is no network")
    bench.page.context.set_offline(False)
    bench.cdn.cut, bench.cdn.missing = False, {"pyodide.mjs"}
    words = bench.start()[1]
    assert words.startswith("cdn.jsdelivr.net has no pyodide.mjs (it answered 404)")


@pytest.mark.parametrize(
    ("lacking", "words"),
    [
        ("delete window.WebAssembly", "no WebAssembly"),
        ("delete WebAssembly.Exception", "no WebAssembly"),
        ("delete window.Worker", "starts no modules in workers"),
        ("window.Worker = class { constructor() {} terminate() {} }", "starts no modules"),
    ],
)
def test_an_old_browser_is_told_what_it_lacks_before_anything_is_fetched(lacking, words, bench):
    bench.page.evaluate(f"() => {{ {lacking} }}")
    assert words in bench.page.evaluate("makeEngine.lacks()")
    assert words in bench.start()[1] and bench.cdn.asked == []


def test_a_page_opened_as_a_file_says_what_to_do(page, tmp_path):
    site = make_site(tmp_path)
    page.goto((site / "book/bench.html").as_uri())
    assert page.evaluate("makeEngine.lacks()").startswith("This page was opened as a file")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("onmessage = () => { throw new RangeError('Array buffer allocation failed') }", "memory"),
        ("onmessage = () => postMessage({failed: 'out of memory'})", "memory"),
        ("onmessage = () => postMessage({failed: 'CompileError: x'})", "said: CompileError: x"),
        (None, "did not arrive"),
    ],
)
def test_a_worker_that_breaks_is_an_error_in_words(script, words, bench):
    def answer(route):
        if script is None:
            return route.fulfill(status=404)
        return route.fulfill(body=script, content_type="text/javascript")

    bench.page.context.route("**/playground_worker.js*", answer)
    kind, said = bench.start()
    assert kind == "Failure" and words in said


# ---- cancel, and go on ---------------------------------------------------------------------------

CANCELLED = """async ([request, after]) => {
  const abort = new AbortController();
  const {signal} = abort;
  const work = request ? engine.ask(request, {signal}) : engine.start({signal});
  setTimeout(() => abort.abort(), after);
  const begun = performance.now();
  try { return ["done", await work]; }
  catch (error) { return [error.name, performance.now() - begun - after]; }
}"""


def test_loading_is_cancelled_at_any_time_and_can_be_begun_again(bench):
    for after in (0, 30, 1000):
        name, late = bench.page.evaluate(CANCELLED, [None, after])
        assert name == "AbortError" and late < 500
        bench.page.evaluate("() => { told.length = 0; }")
        bench.page.wait_for_timeout(500)
        assert bench.page.evaluate("told.length") == 0  # nothing goes on behind the page
    assert bench.start() is None
    assert bench.ask("data", set="galaxies")["n"] == 82


def test_two_hundred_thousand_rows_leave_the_page_alive_and_can_be_cancelled(bench):
    x = np.random.default_rng(1).normal(size=(200_000, 2)).round(3)
    x[::3] += 3
    assert bench.start() is None
    bench.cdn.cut = True
    bench.page.evaluate("(text) => { window.text = text; }", csv(x))
    bench.page.evaluate(FRAMES)
    read = bench.page.evaluate("async () => engine.ask({do: 'read', text})")
    assert read["rows"] == 200_000 and read["chosen"] == ["x", "y"]
    assert bench.ask("data", columns=["x", "y"])["shown"] == 5000
    bench.ask("start", K=2, seed=1)
    state = bench.ask("steps", count=2)
    request = {"do": "fit", "K": 7, "seed": 1}
    name, late = bench.page.evaluate(CANCELLED, [request, 1500])
    assert name == "AbortError" and late < 500
    # as if it had never been asked: the same climb goes on, on the same rows, with the CDN cut
    again = bench.ask("steps", count=1)
    assert again["step"] == state["step"] + 1
    same(again["log_likelihoods"][:3], state["log_likelihoods"], "log_likelihoods")
    assert bench.page.evaluate(LONGEST) < 1000
    here = Playground()
    for request in (
        {"do": "read", "text": csv(x)},
        {"do": "data", "columns": ["x", "y"]},
        {"do": "start", "K": 2, "seed": 1},
        {"do": "steps", "count": 3},
    ):
        answer = here.ask(request)
    same(again["means"], answer["means"], "means")


def test_a_second_cancel_while_the_first_is_mended_is_heard_and_a_stop_is_a_stop(bench):
    assert bench.start() is None
    x = clouds(1, 2000, 6)
    bench.ask("read", text=csv(x))
    bench.ask("data", columns=["x"])
    bench.ask("read", text="b\n10\n20\n50\n90\n")  # opened, its column not yet chosen
    bench.page.context.set_offline(True)  # all is here: nothing more is asked of anybody
    request = {"do": "bic", "upto": 20}
    for after in (300, 50, 50):
        assert bench.page.evaluate(CANCELLED, [request, after])[0] == "AbortError"
    start = bench.ask("start", K=1, how="by hand", means=[[3]])
    same(start["covariances"], [[[x.var()]]], "variance")
    assert bench.ask("data", columns=["b"])["range"] == [[10, 90]]
    bench.page.evaluate("engine.stop()")
    assert "Press Start" in bench.ask("sets")["words"]
