"""Every chapter in JupyterLite, with real Python in a real browser: make test-browser-python.

Each chapter is opened through the button on its page, all its cells run, and what they print is
compared with what is stored in it, as make check-notebooks does with the kernel of this machine.
"""

import json
import time

import nbformat
import pytest
from lite import NOTEBOOKS, ROOT, SITE, START, Lite, texts
from playwright.sync_api import expect
from site_server import serving


@pytest.fixture(scope="session")
def site():
    if not (SITE / "lite/jupyter-lite.json").exists():
        pytest.exit("There is no JupyterLite in the site: run make lite first", returncode=2)
    with serving(SITE) as url:
        yield url


@pytest.fixture
def lite(browser, site):
    """A reader who has never been here."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    one = Lite(context, site)
    yield one
    context.close()
    assert not one.errors and not one.elsewhere


# those that run longest first: two workers are done sooner
BY_SIZE = sorted(NOTEBOOKS, key=lambda name: -(ROOT / f"{name}.ipynb").stat().st_size)


@pytest.mark.parametrize("name", BY_SIZE)
def test_a_chapter_runs_in_the_browser_and_prints_the_stored_numbers(lite, name):
    stored = nbformat.read(ROOT / f"{name}.ipynb", as_version=4)
    came = texts(lite.open(name).run_all())
    wanted = texts(stored)
    differ = {cell: (said, came.get(cell)) for cell, said in wanted.items() if said != came[cell]}
    assert not differ, "\n".join(
        f"{cell}: stored {stored}, came {now}" for cell, (stored, now) in differ.items()
    )


# ---- what a reader does, in one tab ------------------------------------------------------------


PICTURE = """() => [...document.querySelectorAll(".gx .gx-mark path")]
  .map((path) => path.getAttribute("d")).join()"""
WRONG = """\
from gmmlib.tutor import check_m_step
def m_step(x, shares):
    N = shares.sum(axis=0)
    means = x @ shares / len(x)
    variances = (shares * (x[:, None] - means) ** 2).sum(axis=0) / N
    return N / len(x), means, variances
print(check_m_step(m_step).mistake)"""
NO_ELLIPSE = """\
from gmmlib import Mixture
try:
    Mixture([1], [[0, 0]], [[[1, 2], [2, 1]]])
except ValueError as refusal:
    print(refusal)"""
ENDLESS = """\
from gmmlib.tutor import check_m_step
def m_step(x, shares):
    while True:
        try:
            x.sum()
        except:
            pass
print(check_m_step(m_step).mistake)"""


def a_slider_moves_the_picture_and_python_knows_it(reader):
    page, box = reader.page, reader.page.locator(".gx")
    handle = page.locator(".widget-slider .noUi-handle, .widget-slider [role=slider]").last
    handle.scroll_into_view_if_needed()
    before, state = page.evaluate(PICTURE), json.loads(box.get_attribute("data-state"))
    handle.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    state["step"] += 3
    wanted = json.dumps(state, separators=(",", ":"))
    expect(box).to_have_attribute("data-state", wanted, timeout=START)
    assert page.evaluate(PICTURE) != before
    said = page.locator(".gx-sentence").inner_text()
    # a widget keeps its last change back until Python has answered to the one before
    asked = 'print(touch.sliders["step"].index, touch.sliders["step"].value)'
    until = time.monotonic() + START / 1000
    while (index := reader.says(asked).split())[0] != str(state["step"]):
        assert time.monotonic() < until, f"Python has {index}, the picture {state}"
    assert said.startswith(f"Step {index[1]},")


def the_checker_names_a_mistake_and_ends_a_loop_that_catches_everything(reader):
    assert reader.says(WRONG) == "n where N_k belongs, in the means"
    assert reader.says(ENDLESS) == "never stops"


def what_is_no_covariance_is_refused_there_too(reader):
    # NumPy gives NaN there for a Cholesky factor that does not exist
    refusal = "covariance 0 is not positive definite: its smallest eigenvalue is -1"
    assert reader.says(NO_ELLIPSE) == refusal


def work_survives_a_reload_and_the_original_comes_back(reader):
    reader.says('print("my own", "work")')
    reader.saved()
    reader.page.reload()
    reader.shown()
    assert "my own work" in str(reader.kept())
    reader.page.get_by_role("menuitem", name="Run", exact=True).wait_for()
    reader.page.goto(f"{reader.url}book/intro.html")
    reader.page.get_by_role("link", name="back to the original").click()
    with reader.page.expect_download() as download:
        reader.page.get_by_role("button", name="Download mine").click()
    assert "my own" in download.value.path().read_text(encoding="utf-8")
    reader.page.get_by_role("button", name="Take the original").click()
    reader.shown()
    stored = nbformat.read(SITE / "lite/files/intro.ipynb", as_version=4)
    shown = reader.saved() or stored
    assert [cell["source"] for cell in shown["cells"]] == [cell.source for cell in stored.cells]


def test_a_reader_finds_sliders_the_checker_and_the_work_of_yesterday_alive(lite):
    """In one tab: a Python more would take half a minute."""
    lite.open("book/intro").run_all()
    a_slider_moves_the_picture_and_python_knows_it(lite)
    the_checker_names_a_mistake_and_ends_a_loop_that_catches_everything(lite)
    what_is_no_covariance_is_refused_there_too(lite)
    work_survives_a_reload_and_the_original_comes_back(lite)


def test_where_python_cannot_be_fetched_the_page_says_so_and_the_chapter_can_be_read(lite):
    lite.cdn.cut = True
    lite.open("book/intro")
    expect(lite.page.get_by_role("alert").filter(has_text="cdn.jsdelivr.net")).to_be_visible()
    lite.errors.clear()  # what the kernel throws


def test_who_has_changed_nothing_is_offered_nothing_to_take_back(lite):
    lite.page.goto(f"{lite.url}lite/original.html?path=intro.ipynb")
    expect(lite.page.get_by_role("link", name="Open it")).to_be_visible()
    expect(lite.page.get_by_role("button")).to_have_count(0)
