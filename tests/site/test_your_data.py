"""The page "Your own data", with gmmlib run by CPython behind it: what a reader touches and sees.

That the same gmmlib answers in the browser's Python is for the tests of the playground's engine.
"""

import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from site_pages import SITE
from test_browser import TOO_WIDE, WIDTHS, violations

from gmmlib import Mixture, bic, data, em, fit, kmeans_plus_plus_start, plots, responsibilities
from gmmlib.playground import Playground

PAGE = "book/your_data.html"
# The engine's interface, and behind it window.askPython, which is this process.
ENGINE = """
window.asked = [];
window.makeEngine = Object.assign(() => ({
  async start({ signal }) {},
  stop() {},
  ask(request, { signal } = {}) {
    window.asked.push(request);
    const stopped = new Promise((_, reject) => signal?.addEventListener("abort", () => {
      reject(Object.assign(new Error("stopped"), { name: "AbortError", words: "Cancelled." }));
    }));
    return Promise.race([window.askPython(JSON.stringify(request)).then(JSON.parse), stopped]);
  },
}), { lacks: () => null });
"""


class Bench:
    """The page after Start, and ways to use it."""

    def __init__(self, page):
        self.page, self.playground, self.told = page, Playground(), {}
        page.expose_function("askPython", self.answer)
        page.route("**/playground_engine.js*", lambda route: route.fulfill(body=ENGINE))

    def answer(self, text):
        request = json.loads(text)
        self.told[request["do"]] = self.playground.ask(request)
        return json.dumps(self.told[request["do"]])

    def start(self):
        self.page.locator(".pg-start-button").press("Enter")
        self.wait_for("start")
        return self

    def state(self):
        return json.loads(self.page.locator(".pg").get_attribute("data-state") or "null")

    def wait_for(self, stage, step=None):
        self.page.wait_for_function(
            """([stage, step]) => {
              const root = document.querySelector(".pg");
              const now = JSON.parse(root?.dataset.state ?? "null");
              return !root?.hasAttribute("aria-busy") && now?.stage === stage
                && (step === null || now.step === step);
            }""",
            arg=[stage, step],
        )
        return self.state()

    def mixture(self):
        now = self.state()
        means, C = np.array(now["means"]), np.array(now["covariances"])
        if means.shape[1] == 1:
            means, C = means[:, 0], C[:, 0, 0]
        return Mixture(now["weights"], means, C)

    def says(self, words):
        if isinstance(words, str):  # 272 points are not 2 points
            words = re.compile(rf"(?<!\d){re.escape(words)}")
        self.page.locator(".pg").get_by_text(words).first.wait_for()

    def click(self, name, **options):
        self.page.locator(".pg").get_by_role("button", name=name, **options).first.click()

    def choose(self, name):
        self.page.locator(".pg").get_by_role("radio", name=name, exact=True).check()

    def put_K(self, K):
        box = self.page.get_by_label("Components K")
        box.fill(str(K))
        box.press("Enter")

    def take(self, name):
        self.page.get_by_label("Set", exact=True).select_option(name)
        self.page.wait_for_function(
            "n => document.querySelector('.pg-about').textContent.startsWith(n)", arg=name
        )

    def paste(self, text):
        self.choose("File or paste")
        self.page.get_by_label("Or paste a table").fill(text)
        self.click("Read it")

    def at(self, across, up):
        """A place in the picture, in parts of it, as a place in the window."""
        self.page.locator(".pg-plot").scroll_into_view_if_needed()
        box = self.page.locator(".pg-plot").bounding_box()
        return box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"]

    def drawn(self):
        """The points as the page last sent them."""
        sent = self.page.evaluate("asked.filter(one => one.points).pop().points")
        return np.array(sent)

    def refusal(self):
        found = self.page.locator(".pg-refusal:visible")
        found.first.wait_for()
        return found.all_inner_texts()


@pytest.fixture
def bench(open_page, page):
    bench = Bench(page)
    open_page(PAGE)
    return bench.start()


# ---- before Start ----------------------------------------------------------------------------


def test_nothing_of_python_is_fetched_before_start_and_the_page_says_how_large_it_is(
    open_page, page
):
    urls = []
    page.on("request", lambda request: urls.append(request.url))
    open_page(PAGE).wait_for_load_state("networkidle")
    assert urls and not [u for u in urls if re.search("pyodide|wasm|whl|bench|worker", u)]
    manifest = json.loads(page.locator("#playground-manifest").text_content())
    card = page.locator("#playground").inner_text()
    assert f"{manifest['bytes'] / 1e6:.1f} MB" in card and manifest["from"] in card
    assert manifest["bytes"] == sum(file["bytes"] for file in manifest["files"])
    for file in manifest["files"]:
        assert file["name"] in page.locator("#playground").text_content()


def test_the_page_opened_from_the_disk_says_that_it_needs_a_server(page):
    page.goto((SITE / PAGE).as_uri())
    note = page.locator(".pg-start-note")
    note.get_by_text("web server").wait_for()
    assert "the folder that has index.html" in note.inner_text()
    page.locator(".pg-start-button").press("Enter")
    assert "web server" in note.inner_text() and not page.locator(".pg").count()


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (
            "throw Object.assign(new Error(), {words: 'There is no network.'})",
            "There is no network",
        ),
        ("throw new Error('oops')", "did not foresee: oops"),
    ],
)
def test_a_start_that_fails_says_why_and_can_be_tried_again(start, words, watch, page):
    engine = ENGINE.replace("async start({ signal }) {}", f"async start() {{ {start}; }}")
    page.route("**/playground_engine.js*", lambda route: route.fulfill(body=engine))
    button = watch.open(PAGE).locator(".pg-start-button")
    button.press("Enter")
    page.locator(".pg-start-note").get_by_text(words).wait_for()
    assert button.is_visible() and button.is_enabled()


def test_a_part_of_the_page_that_does_not_arrive_is_said(watch, page):
    page.route("**/playground_engine.js*", lambda route: route.fulfill(body=ENGINE))
    page.route("**/playground_bench.js*", lambda route: route.abort())
    watch.open(PAGE).locator(".pg-start-button").press("Enter")
    page.locator(".pg-start-note").get_by_text("did not arrive").wait_for()


def test_the_way_to_python_is_told_in_bytes_and_can_be_cancelled(open_page, page):
    engine = ENGINE.replace(
        "async start({ signal }) {}",
        """start({ signal }) {
          tell({ stage: "fetching", file: "a", loaded: 1e6, total: 4e6 });
          return new Promise((_, reject) => signal.addEventListener("abort", () => {
            reject(Object.assign(new Error(), { name: "AbortError", words: "Cancelled." }));
          }));
        }""",
    ).replace("assign(() => ({", "assign(({ onprogress: tell }) => ({", 1)
    page.route("**/playground_engine.js*", lambda route: route.fulfill(body=engine))
    open_page(PAGE).locator(".pg-start-button").press("Enter")
    page.get_by_text("a: 1.0 MB of 4.0 MB").wait_for()
    bar = page.locator(".pg-loading progress")
    assert 0 < bar.evaluate("e => e.position") < 1
    page.keyboard.press("Enter")  # Cancel has the focus
    page.locator(".pg-start-note").get_by_text("Cancelled").wait_for()
    assert page.locator(".pg-start-button").is_visible() and not bar.count()


# ---- the steps -------------------------------------------------------------------------------


def test_each_half_step_is_that_of_gmmlib_and_the_button_says_which_comes(bench):
    x = data.old_faithful()
    start = kmeans_plus_plus_start(x, 2, np.random.default_rng(1))
    mixtures = em(x, start, max_steps=3).mixtures
    assert np.allclose(bench.mixture().means, start.means, atol=1e-9)
    bench.click("E-step")
    bench.wait_for("E")
    assert np.allclose(bench.mixture().means, start.means, atol=1e-9)
    for step in (1, 2):
        bench.click("M-step")
        bench.wait_for("M", step)
        assert np.allclose(bench.mixture().covariances, mixtures[step].covariances, atol=1e-9)
        bench.click("E-step")
        bench.wait_for("E", step)


def test_the_end_is_that_of_em_with_its_reason(bench, page):
    x = data.old_faithful()
    run = em(x, kmeans_plus_plus_start(x, 2, np.random.default_rng(1)))
    bench.click("To the end")
    now = bench.wait_for("stopped", run.steps)
    assert abs(now["log_likelihood"] - run.log_likelihood) < 1e-9
    assert np.allclose(now["means"], run.mixture.means, rtol=0, atol=1e-9)
    bench.says(f"\N{MINUS SIGN}{-run.log_likelihood:.3f}")
    bench.says(re.compile(run.reason, re.IGNORECASE))
    assert page.get_by_role("button", name="At rest").get_attribute("aria-disabled") == "true"


def test_play_steps_by_itself_until_it_is_paused(bench, page):
    bench.click("Play")
    page.wait_for_function("JSON.parse(document.querySelector('.pg').dataset.state).step > 1")
    bench.click("Pause")
    page.wait_for_timeout(100)
    before = bench.state()
    page.wait_for_timeout(700)
    assert bench.state() == before and before["stage"] != "stopped"


def test_fit_takes_the_best_of_ten_starts_and_bic_is_compared_and_chooses_K(bench, page):
    x = data.old_faithful()
    bench.click("Fit: best of ten")
    bench.wait_for("stopped")
    run = fit(x, 2, np.random.default_rng(1), 10)
    assert abs(bench.state()["log_likelihood"] - run.log_likelihood) < 1e-9
    bench.click("Try K = 1")
    page.locator(".pg-bic button").first.wait_for()
    told = page.locator(".pg-bic button").evaluate_all("all => all.map(e => +e.dataset.bic)")
    assert told == bench.told["bic"]["bic"] and len(told) == 8
    assert abs(told[1] - bic(x, run)) < 1e-9
    bench.says("BIC is lowest at K = 2")
    bench.click("3 components: BIC")
    assert bench.wait_for("start")["K"] == 3
    assert page.get_by_label("Components K").input_value() == "3"


def test_the_basin_of_a_start_is_named_among_those_of_ten(bench, page):
    bench.click("Compare with ten starts")
    page.locator(".pg-tops li.pg-here").wait_for()
    assert bench.state()["stage"] == "stopped"  # it went to the end first
    answer = bench.told["basin"]
    bench.says(answer["words"])
    tops = page.locator(".pg-tops li").all_inner_texts()
    assert len(tops) == len(answer["maxima"])
    for text, top in zip(tops, answer["maxima"]):
        assert f"{-top['log_likelihood']:.3f}" in text and f"{top['starts']} of 10" in text


# ---- drawing by hand -------------------------------------------------------------------------


def test_points_are_drawn_with_the_mouse_and_erased_and_undone(bench, page):
    bench.choose("Draw")
    for place in ((0.3, 0.3), (0.4, 0.5), (0.7, 0.6)):
        page.mouse.click(*bench.at(*place))
    bench.says("3 points in a plane")
    x = bench.drawn()
    assert x.shape == (3, 2) and (np.diff(x[:, 0]) > 0).all() and x[2, 1] > x[0, 1]
    bench.choose("Erase")
    page.mouse.click(*bench.at(0.4, 0.5))
    bench.says("2 points in a plane")
    assert bench.drawn().tolist() == x[[0, 2]].tolist()
    bench.click("Undo")
    bench.says("3 points in a plane")
    bench.click("Clear")
    bench.says("No points yet")
    bench.click("Undo")
    bench.says("3 points in a plane")
    assert bench.drawn().tolist() == x.tolist()


def test_a_drag_leaves_a_trail_and_the_spray_a_cloud_around_the_pointer(bench, page):
    bench.choose("Draw")
    page.mouse.move(*bench.at(0.3, 0.5))
    page.mouse.down()
    page.mouse.move(*bench.at(0.7, 0.5), steps=20)
    page.mouse.up()
    bench.says(re.compile(r"[12]\d points in a plane"))
    trail = len(bench.drawn())
    bench.choose("Spray")
    page.mouse.click(*bench.at(0.5, 0.8))
    page.wait_for_function("n => asked.some(one => one.points?.length >= n)", arg=trail + 8)
    cloud = bench.drawn()[trail:]
    assert len(cloud) % 8 == 0 and (cloud.std(axis=0) < 1.5).all() and cloud[:, 1].mean() > 6


def test_points_are_drawn_with_a_finger(browser, base_url):
    with browser.new_context(
        has_touch=True, viewport=WIDTHS["phone"], base_url=base_url
    ) as context:
        page = context.new_page()
        bench = Bench(page)
        page.goto(base_url + PAGE)
        bench.start()
        assert page.locator(".pg-plot").evaluate("e => getComputedStyle(e).touchAction") == "auto"
        bench.choose("Draw")
        assert page.locator(".pg-plot").evaluate("e => getComputedStyle(e).touchAction") == "none"
        for place in ((0.4, 0.3), (0.6, 0.7)):
            page.touchscreen.tap(*bench.at(*place))
        bench.says("2 points in a plane")
        assert len(bench.drawn()) == 2


def test_points_are_drawn_with_the_keyboard_alone_and_said(bench, page):
    bench.choose("Draw")
    page.locator(".pg-plot").press("Enter")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    bench.says("3 points in a plane")
    x = bench.drawn()
    assert x[0].tolist() == [6, 4.5] and x[1, 0] > x[0, 0] and x[1, 1] == x[0, 1]
    assert x[2, 0] == x[1, 0] and x[2, 1] > x[1, 1]
    page.keyboard.press("Delete")
    bench.says("2 points in a plane")
    assert bench.drawn().tolist() == x[:2].tolist()
    assert "is removed. 2 points" in page.locator("[aria-live=polite].pg-hidden").inner_text()


def test_one_dimension_is_drawn_in_too_and_keeps_what_was_drawn_in_the_plane(bench, page):
    bench.choose("Draw")
    page.mouse.click(*bench.at(0.5, 0.5))
    bench.choose("one")
    for across in (0.3, 0.5, 0.6, 0.8):
        page.mouse.click(*bench.at(across, 0.6))
    bench.says("4 points on a line")
    assert bench.drawn().shape == (4, 1)
    now = bench.wait_for("start")
    assert len(now["means"][0]) == 1 and page.locator(".pg-whole").count() == 1
    bench.choose("two")
    page.wait_for_function("asked.at(-1).points?.length === 1")


def test_a_point_put_into_a_classic_set_is_one_more_of_it(bench, page):
    bench.click("E-step")
    bench.wait_for("E")
    bench.choose("Point")
    bench.click("M-step")
    bench.wait_for("M")  # while the ellipses still glide
    page.mouse.click(*bench.at(0.9, 0.3))
    bench.says("273 points in a plane")
    assert bench.drawn()[:272].tolist() == data.old_faithful().tolist()


# ---- centers by hand -------------------------------------------------------------------------


def test_centers_are_dragged_with_the_pointer(bench, page):
    page.locator(".pg-view").scroll_into_view_if_needed()
    handle = page.locator(".pg-handle").nth(1)
    box = handle.bounding_box()
    page.mouse.move(box["x"] + 14, box["y"] + 14)
    page.mouse.down()
    page.mouse.move(box["x"] - 60, box["y"] + 80, steps=4)
    page.mouse.up()
    page.wait_for_function("asked.at(-1).how === 'by hand'")
    page.wait_for_function("!document.querySelector('.pg').hasAttribute('aria-busy')")
    sent = page.evaluate("asked.at(-1).means")
    now = bench.wait_for("start")
    assert np.allclose(now["means"], sent, atol=1e-9)
    first = kmeans_plus_plus_start(data.old_faithful(), 2, np.random.default_rng(1)).means
    assert np.allclose(sent[0], first[0]) and sent[1][0] < first[1][0] and sent[1][1] < first[1][1]
    moved = handle.bounding_box()
    assert abs(moved["x"] - box["x"] + 74) < 1 and abs(moved["y"] - box["y"] - 66) < 1
    assert page.get_by_label("Start", exact=True).input_value() == "by hand"


def test_centers_are_moved_with_the_keyboard_and_say_where_they_are(bench, page):
    before = bench.state()["means"][0]
    handle = page.locator(".pg-handle").first
    handle.press("ArrowRight")
    handle.press("Shift+ArrowUp")
    page.wait_for_function("asked.filter(one => one.how === 'by hand').length > 0")
    page.wait_for_function("!document.querySelector('.pg').hasAttribute('aria-busy')")
    after = bench.wait_for("start")["means"][0]
    assert after[0] > before[0] and after[1] > before[1]
    assert f"{after[0]:.4g}" in handle.get_attribute("aria-label")


# ---- tables ----------------------------------------------------------------------------------

PLANTS = "name,length,width,height\n" + "".join(
    f"p{i},{a},{b},{c}\n"
    for i, (a, b, c) in enumerate(np.random.default_rng(5).normal(size=(40, 3)).round(3))
)


def numbers_of(text, *columns):
    rows = [line.split(",") for line in text.splitlines()]
    places = [rows[0].index(column) for column in columns]
    return np.array([[float(row[place]) for place in places] for row in rows[1:]])


def test_a_pasted_table_is_fitted_as_gmmlib_fits_it_and_its_columns_can_be_chosen(bench, page):
    bench.paste(PLANTS)
    bench.says("40 points in a plane")
    assert page.get_by_label("Across").input_value() == "length"
    page.get_by_label("Up", exact=True).select_option("height")
    page.wait_for_function("asked.at(-1).do === 'start' && asked.at(-2).columns[1] === 'height'")
    bench.click("To the end")
    now = bench.wait_for("stopped")
    x = numbers_of(PLANTS, "length", "height")
    run = em(x, kmeans_plus_plus_start(x, 2, np.random.default_rng(1)))
    assert abs(now["log_likelihood"] - run.log_likelihood) < 1e-9
    assert np.allclose(now["covariances"], run.mixture.covariances, rtol=0, atol=1e-9)
    page.get_by_label("Up", exact=True).select_option("")
    bench.says("40 points on a line")
    assert "length" in page.locator(".pg-plot svg").first.inner_html()
    rows = page.locator(".pg-found tbody tr")
    assert rows.first.inner_text().split("\t") == PLANTS.splitlines()[1].split(",")


def test_a_file_is_opened_or_dropped_and_an_old_spreadsheet_read(bench, page):
    old = {"name": "old.csv", "mimeType": "text/csv",
           "buffer": PLANTS.replace("width", "größe").encode("cp1252")}  # fmt: skip
    bench.choose("File or paste")
    page.locator(".pg-from input[type=file]").set_input_files(old)
    bench.says("old.csv: 40 points in a plane")
    assert "größe" in page.locator(".pg-found").inner_text()
    page.evaluate(
        """text => {
          const moved = new DataTransfer();
          moved.items.add(new File([text], "dropped.csv"));
          document.querySelector(".pg").dispatchEvent(
            new DragEvent("drop", { dataTransfer: moved, bubbles: true, cancelable: true }));
        }""",
        PLANTS,
    )
    bench.says("dropped.csv: 40 points in a plane")


TEXT = "height\n" + "\n".join("x" if i == 17 else str(i) for i in range(1, 21))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("a,b\nq,w\ne,r\n", "No column of the file has numbers"),
        (TEXT, "row 17"),
        ("a\n" + "3\n" * 9, "distinct"),
        ("", "empty"),
    ],
)
def test_a_table_that_cannot_be_used_gets_words_and_what_stood_before_stays(
    table, words, bench, page
):
    before = bench.state()
    bench.paste(table)
    page.locator(".pg-from .pg-refusal:visible, .pg-found").first.wait_for()
    bench.says(re.compile(words))
    assert bench.state() == before
    bench.click("E-step")
    assert bench.wait_for("E")["means"] == before["means"]


def test_no_mixture_of_other_points_stays_where_K_is_above_the_new_ones(bench, page):
    bench.put_K(8)
    bench.wait_for("start")
    bench.paste("x\n1\n2\n3\n4\n5\n")
    bench.says("8 components need at least 8 points, not 5")
    page.wait_for_function("!document.querySelector('.pg').hasAttribute('aria-busy')")
    assert bench.state() is None
    # the picture follows in the next frame
    expect(page.locator(".pg-component, .pg-handle, .pg-key")).to_have_count(0)
    assert "waiting" not in page.locator(".pg-plot svg").first.inner_html()
    bench.put_K(2)
    assert bench.wait_for("start")["K"] == 2


def test_an_empty_sheet_has_nothing_to_save_to_copy_or_to_load_into(bench, page, tmp_path):
    bench.click("To the end")
    bench.wait_for("stopped")
    mixture = saved(page, "Save mixture").read_bytes()
    path = tmp_path / "mixture.json"
    path.write_bytes(mixture)
    page.get_by_text("The same in Python").click()
    page.locator(".pg-code").get_by_text("old_faithful()").wait_for()
    bench.choose("Draw")
    bench.says("No points yet")
    asked = page.evaluate("asked.length")
    bench.click("Save mixture")
    bench.says("There is no mixture to save")
    bench.click("Copy Python")
    bench.says("There is nothing to copy yet")
    bench.click("Save points")
    bench.says("There are no points to save")
    page.locator(".pg-away input[type=file]").set_input_files(path)
    bench.says("There are no points for the mixture yet")
    assert page.evaluate("asked.length") == asked and bench.state() is None
    assert page.locator(".pg-code pre").inner_text() == ""
    for place in ((0.4, 0.5), (0.6, 0.5), (0.5, 0.8)):
        page.mouse.click(*bench.at(*place))
    bench.wait_for("start")
    assert not page.locator(".pg-refusal:not(:empty)").count()


DROP = """([name, bytes]) => {
  const moved = new DataTransfer();
  moved.items.add(new File([new Uint8Array(bytes)], name));
  document.querySelector(".pg").dispatchEvent(
    new DragEvent("drop", { dataTransfer: moved, bubbles: true, cancelable: true }));
}"""


def test_a_file_of_two_bytes_a_letter_is_read_and_a_spreadsheet_told_what_it_is(bench, page):
    page.evaluate(DROP, ["two.txt", list(PLANTS.replace(",", "\t").encode("utf-16"))])
    bench.says("two.txt: 40 points in a plane")
    box = page.get_by_label("Or paste a table").input_value()
    page.evaluate(DROP, ["book.xlsx", [80, 75, 3, 4, 0, 0]])
    bench.says("book.xlsx is a whole spreadsheet")
    page.evaluate(DROP, ["book.csv", [80, 75, 3, 4, 0, 0]])
    bench.says("The file is no text")
    assert page.get_by_label("Or paste a table").input_value() == box


def test_a_dropped_folder_is_told_so(bench, page):
    page.evaluate(
        """() => {
          const gone = () => Promise.reject(new Error("NotFound"));
          const folder = { name: "notes", size: 4096, arrayBuffer: gone };
          const drop = new Event("drop", { bubbles: true, cancelable: true });
          Object.defineProperty(drop, "dataTransfer", { value: { files: [folder] } });
          document.querySelector(".pg").dispatchEvent(drop);
        }"""
    )
    bench.says("notes could not be read: it is a folder")


@pytest.mark.parametrize("scale", [1e-12, 1, 1e12])
def test_a_point_is_put_and_the_axis_told_at_any_scale(scale, bench, page):
    x = np.random.default_rng(3).normal(size=(30, 2)) * scale
    bench.paste("x,y\n" + "\n".join(f"{a!r},{b!r}" for a, b in x.tolist()))
    bench.wait_for("start")
    page.get_by_role("radio", name="Point", exact=True).check()
    page.mouse.click(*bench.at(0.7, 0.7))
    bench.says("31 points")
    new = np.array(bench.told["data"]["points"][-1])
    assert (np.abs(new) > 1e-3 * scale).all() and (np.abs(new) < 5 * scale).all()
    boxes = page.evaluate(
        """() => [...document.querySelectorAll(".pg-plot text[text-anchor=middle]")]
          .slice(0, -2).map((text) => text.getBoundingClientRect())
          .map(({ left, right }) => [left, right])"""
    )
    assert len(boxes) > 1 and all(one[1] < two[0] for one, two in pairwise(boxes))
    plot = page.locator(".pg-plot").bounding_box()
    assert boxes[-1][1] < plot["x"] + plot["width"] + 1


def test_between_the_steps_the_number_is_said_to_be_that_of_the_step_before(bench, page):
    bench.click("E-step")
    bench.wait_for("E")
    bench.click("M-step")
    now = bench.wait_for("M", 1)
    bench.says("Step 1, before its E-step: this is still the number of the start")
    assert "log-likelihood" not in saved(page, "Save SVG").read_text("utf-8")
    bench.click("E-step")
    bench.wait_for("E", 1)
    assert "step 1; log-likelihood" in saved(page, "Save SVG").read_text("utf-8")
    assert now["step"] == 1


def test_where_all_ten_starts_collapse_the_picture_stays_and_is_not_said_to_have_collapsed(
    bench, page
):
    bench.put_K(3)
    bench.paste("v\n" + "1\n" * 5 + "2\n" * 5 + "3\n")
    before = bench.wait_for("start")
    bench.click("Fit")
    bench.says("each of the 10 starts")
    assert bench.state() == before and not page.get_by_text("Stopped by a collapse").count()
    bench.says("Not started.")


def test_bic_of_one_kind_goes_when_a_mixture_of_another_is_loaded(bench, page, tmp_path):
    path = tmp_path / "mixture.json"
    bench.click("Try K")
    bench.says("BIC is lowest at K = 2")
    mixture = json.loads(saved(page, "Save mixture").read_text("utf-8"))
    path.write_text(json.dumps({**mixture, "covariance": "tied"}))
    page.locator(".pg-away input[type=file]").set_input_files(path)
    bench.says("mixture.json is loaded")
    assert page.get_by_label("Covariances").input_value() == "tied"
    assert not page.locator(".pg-bic button").count()


def test_more_components_than_points_get_words_beside_K_and_the_mixture_stays(bench, page):
    bench.choose("Draw")
    for across in (0.3, 0.5, 0.7):
        page.mouse.click(*bench.at(across, across))
    bench.wait_for("start")
    before = bench.state()
    bench.put_K(4)
    (words,) = bench.refusal()
    assert "4" in words and "3" in words
    box = page.get_by_label("Components K")
    assert box.get_attribute("aria-invalid") == "true"
    named = page.locator(f"#{box.get_attribute('aria-describedby')}")
    assert named.inner_text() == words and bench.state() == before
    bench.put_K(1.5)
    page.get_by_text("whole number from 1 to 20, not 1.5").wait_for()
    bench.put_K(2)
    page.wait_for_function("!document.querySelector('.pg-refusal:not(:empty)')")
    assert box.get_attribute("aria-invalid") is None


def test_a_collapse_names_the_component_and_the_step_and_keeps_the_last_good_state(bench, page):
    bench.paste("v\n2.0\n2.5\n3.1\n3.3\n4.0\n9\n9\n9\n")
    bench.says("8 points on a line")
    bench.wait_for("start")
    page.get_by_label("Start", exact=True).select_option("by hand")
    page.wait_for_function("asked.at(-1).how === 'by hand'")
    bench.wait_for("start")
    for _ in range(40):  # the center that is farther right, to the three equal points
        page.locator(".pg-handle").last.press("Shift+ArrowRight")
    page.wait_for_function("!document.querySelector('.pg').hasAttribute('aria-busy')")
    bench.click("To the end")
    (words,) = bench.refusal()
    assert re.search(r"Component \d collapsed onto one point .*step \d+; try", words)
    now = bench.state()
    assert now["step"] >= 1 and np.isfinite(now["means"]).all()


# ---- much data -------------------------------------------------------------------------------


def test_200_000_rows_are_drawn_as_a_sample_and_the_page_goes_on_living(bench, page):
    x = np.random.default_rng(2).normal(size=(200_000, 2)).round(3)
    text = "a,b\n" + "\n".join(f"{a},{b}" for a, b in x)
    bench.choose("File or paste")
    page.evaluate(
        "window.frames = 0; (function tick() { frames += 1; requestAnimationFrame(tick); })()"
    )
    file = {"name": "much.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.locator(".pg-from input[type=file]").set_input_files(file)
    bench.says("5000 of the 200000 points are drawn")
    bench.wait_for("start")
    assert len(page.get_by_label("Or paste a table").input_value()) < 4000
    bench.click("E-step")
    bench.wait_for("E")
    counts = page.evaluate("[frames, performance.now()]")
    assert counts[0] > 20
    page.get_by_role("radio", name="Point", exact=True).click()
    assert "too many to edit" in bench.refusal()[0]


def test_long_work_can_be_cancelled_and_leaves_everything_as_it_was(open_page, page):
    never = ENGINE.replace(
        "window.askPython(", 'request.do === "fit" ? new Promise(() => {}) : window.askPython('
    )
    bench = Bench(page)
    page.route("**/playground_engine.js*", lambda route: route.fulfill(body=never))
    open_page(PAGE)
    before = bench.start().state()
    bench.click("Fit: best of ten")
    bench.click("Fit: best of ten")  # twice: one Cancel is enough
    bench.click("Cancel")
    assert "Cancelled" in bench.refusal()[0]
    assert bench.state() == before and not page.locator(".pg-working").is_visible()
    page.wait_for_timeout(500)
    assert not page.locator(".pg-working").is_visible()
    bench.click("E-step")
    bench.wait_for("E")
    # and whoever goes on to other points or another K does not wait for it
    bench.click("Fit: best of ten")
    bench.put_K(3)
    assert bench.wait_for("start")["K"] == 3
    bench.click("Fit: best of ten")
    page.get_by_label("Set", exact=True).select_option("galaxies")
    bench.says("Galaxies: 82 points")
    assert len(bench.wait_for("start")["means"][0]) == 1
    assert not page.locator(".pg-refusal:not(:empty)").count()


# ---- what is taken away ----------------------------------------------------------------------


def test_the_copied_python_lines_give_the_very_same_numbers(bench, page, capsys):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    bench.put_K(3)
    bench.wait_for("start")
    page.get_by_label("Covariances").select_option("spherical")
    page.wait_for_function(
        "JSON.parse(document.querySelector('.pg').dataset.state).covariance === 'spherical'"
    )
    bench.click("To the end")
    now = bench.wait_for("stopped")
    bench.click("Copy Python")
    bench.says("The Python lines are copied")
    names = {}
    exec(page.evaluate("navigator.clipboard.readText()"), names)
    assert abs(names["run"].log_likelihood - now["log_likelihood"]) < 1e-9
    assert np.allclose(names["run"].mixture.means, now["means"], rtol=0, atol=1e-9)


def saved(page, name):
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return download.value.path()


SVG = "{http://www.w3.org/2000/svg}"


def test_the_saved_picture_has_the_ellipses_of_gmmlib_and_the_blended_colors(bench, page):
    bench.click("E-step")
    bench.wait_for("E")
    mixture, x = bench.mixture(), data.old_faithful()
    root = ET.parse(saved(page, "Save SVG")).getroot()
    dots = [e for e in root.iter(f"{SVG}circle")]
    places = np.array([[float(e.get("cx")), float(e.get("cy"))] for e in dots])
    # straight lines lead from the data to pixels
    lines = [np.polyfit(x[:, j], places[:, j], 1) for j in (0, 1)]
    for j, line in enumerate(lines):
        assert np.abs(np.polyval(line, x[:, j]) - places[:, j]).max() < 0.02
    hues = [[int(v) for v in re.findall(r"\d+", e.get("fill"))] for e in dots]
    blend = 255 * plots.blended(responsibilities(x, mixture))
    assert np.abs(blend - hues).max() <= 1
    outlines = [e for e in root.iter(f"{SVG}path") if e.get("class") == "pg-component"]
    assert len(outlines) == 2
    for k, outline in enumerate(outlines):
        pixels = np.array(re.findall(r"[ML](\S+) ([^LM]+)", outline.get("d")), float)
        points = (pixels - [line[1] for line in lines]) / [line[0] for line in lines]
        u = np.linalg.solve(mixture.cholesky[k], (points - mixture.means[k]).T)
        assert np.abs(np.hypot(*u) - 2).max() < 0.02
        assert outline.get("stroke") == plots.color(k)


def test_a_png_is_saved_and_shows_something(bench, page):
    image = Image.open(saved(page, "Save PNG"))
    assert image.format == "PNG" and image.width > 1000
    assert len(image.convert("RGB").getcolors(maxcolors=2**20)) > 50


def test_a_saved_mixture_is_loaded_again_to_the_last_digit_and_a_damaged_one_refused(
    bench, page, tmp_path
):
    bench.click("To the end")
    now = bench.wait_for("stopped")
    path = saved(page, "Save mixture")
    document = json.loads(path.read_text())
    assert document["means"] == now["means"] and document["covariances"] == now["covariances"]
    bench.put_K(3)
    bench.wait_for("start")
    file = tmp_path / "mixture.json"
    file.write_text(path.read_text())
    load = page.locator(".pg-away input[type=file]")
    load.set_input_files(file)
    bench.says("mixture.json is loaded: 2 components")
    again = bench.state()
    assert again["means"] == now["means"] and again["covariances"] == now["covariances"]
    assert page.get_by_label("Components K").input_value() == "2"
    for text, words in (("{", "is no JSON"), ('{"weights": [1]}', "has no means")):
        file.write_text(text)
        load.set_input_files(file)
        bench.says(re.compile(words))
        assert bench.state() == again


def test_the_drawn_points_are_saved_as_a_table_that_is_read_again(bench, page):
    bench.choose("Draw")
    for place in ((0.3, 0.3), (0.5, 0.6), (0.7, 0.5)):
        page.mouse.click(*bench.at(*place))
    bench.says("3 points in a plane")
    x = bench.drawn()
    text = saved(page, "Save points").read_text()
    assert np.array_equal(np.loadtxt(text.splitlines()[1:], delimiter=","), x)
    bench.paste(text)
    bench.says("your_data.csv: 3 points in a plane")


# ---- for everybody ---------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "theme"), [("desk", "light"), ("phone", "dark")])
def test_every_pane_of_the_bench_is_accessible_and_within_the_screen(width, theme, open_page, page):
    page.set_viewport_size(WIDTHS[width])
    page.emulate_media(color_scheme=theme)
    bench = Bench(page)
    open_page(PAGE)
    bench.start()
    bench.put_K(8)
    bench.wait_for("start")
    assert page.evaluate(TOO_WIDE) == []
    bench.click("Compare with ten starts")
    page.locator(".pg-tops li").first.wait_for(timeout=60_000)
    bench.click("Try K = 1")
    page.locator(".pg-bic button").first.wait_for(timeout=60_000)
    page.evaluate("document.querySelectorAll('.pg details').forEach(e => { e.open = true; })")
    bench.paste(PLANTS)
    bench.says("40 points in a plane")
    bench.put_K(60)
    bench.refusal()
    found = violations(page, "#playground") + page.evaluate(TOO_WIDE)
    assert not found, "\n".join(found)
    small = page.locator(".pg").evaluate(
        """root => [...root.querySelectorAll("button, select, input, summary, label.pg-button")]
          .filter(e => e.getClientRects().length).map(e => [e.getBoundingClientRect(), e.outerHTML])
          .filter(([box]) => Math.min(box.width, box.height) < 24).map(([, html]) => html)"""
    )
    assert small == []


def test_text_of_twice_the_size_stays_within_a_phone(open_page, page):
    page.set_viewport_size(WIDTHS["phone"])
    bench = Bench(page)
    open_page(PAGE).add_style_tag(content="html { font-size: 200% !important; }")
    bench.start()
    for pane in ("Draw", "File or paste"):
        bench.choose(pane)
        assert page.evaluate(TOO_WIDE) == []


STOPS = """root => [...root.querySelectorAll(
    "button, select, textarea, input, summary, .pg-plot, [tabindex]")]
  .filter(e => e.getClientRects().length && (e.type !== "radio" || e.checked)
               && (e.tagName === "SUMMARY" || e.closest("details")?.open !== false))"""


def test_every_control_is_reached_with_the_keyboard_and_shows_it(bench, page):
    wanted = page.locator(".pg").evaluate(f"root => ({STOPS})(root).length")
    page.locator(".pg input").first.focus()
    page.keyboard.press("Shift+Tab")
    reached, unseen = set(), []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        place, seen = page.evaluate(
            """() => {
              const here = document.activeElement, label = here.closest("label") ?? here;
              const shown = [here, label, here.nextElementSibling].filter(Boolean)
                .some(e => getComputedStyle(e).outlineStyle === "solid");
              return [[...document.querySelectorAll(".pg *")].indexOf(here), shown];
            }"""
        )
        reached.add(place)
        if not seen:
            unseen.append(place)
    assert len(reached) == wanted and -1 not in reached and not unseen


def test_who_asks_for_less_motion_gets_no_player(open_page, page):
    page.emulate_media(reduced_motion="reduce")
    bench = Bench(page)
    open_page(PAGE)
    bench.start()
    assert page.locator(".pg").get_by_role("button", name="Play").count() == 0
    bench.click("E-step")
    bench.wait_for("E")


def test_a_printed_page_has_the_explorer_and_not_the_bench(bench, page):
    page.emulate_media(media="print")
    assert not page.locator("#playground").is_visible()
    assert page.locator("#rehearsal").is_visible()
