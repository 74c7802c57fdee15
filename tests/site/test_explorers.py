"""The explorers on the static page: what is drawn and said is what gmmlib computes, in any state.

The explorers are found on the built pages; what they should show comes from running the chapters'
own code here (declared.py), so the two can disagree.
"""

import base64
import gzip
import json
import zlib
from unittest import mock
from urllib.parse import quote, unquote, urlsplit

import numpy as np
import page_widgets
import pytest
from declared import declared
from playwright.sync_api import expect
from site_explorers import (
    EXPLORERS,
    ON_PAGE,
    SORTS,
    as_built,
    at_rest,
    control,
    explorer_of,
    is_select,
    link,
    position_of,
    press,
    put,
    ready,
    settle,
    some_states,
    views_of,
    wrong_anywhere,
    wrong_now,
)
from site_pages import PAGES, ROOT, SITE
from specimen import specimen, write_page
from test_browser import RAW_TEX, TOO_WIDE, WIDTHS, violations
from test_files import read

from gmmlib.explore.packing import Packer

HOST = (ROOT / "tools/site/assets/explore_host.js").read_text(encoding="utf-8")
FRONT_END = (ROOT / "gmmlib/explore/explorer.js").read_text(encoding="utf-8")
PACKED_BYTES, SCRIPT_BYTES = 300_000, 60_000
EACH = pytest.mark.parametrize(("path", "name"), EXPLORERS, ids=[name for _, name in EXPLORERS])
EACH_PAGE = pytest.mark.parametrize("path", ON_PAGE)
# what the front end does alike for all explorers is asked of the few that use all its parts
SORT_PAGES = pytest.mark.parametrize("path", dict.fromkeys(path for path, _ in SORTS))
EACH_SORT = pytest.mark.parametrize(("path", "name"), SORTS, ids=[name for _, name in SORTS])
# a page with two explorers
ON_TWO = next(path for path, names in ON_PAGE.items() if len(names) == 2)


def root(page, explorer):
    return page.locator(f"#{explorer.explorer_name}")


def button(page, explorer, name):
    return root(page, explorer).get_by_role("button", name=name, exact=True)


def shows(page, explorer, position):
    """Assert that the page is in a state, and shows what gmmlib computes for it."""
    wrong, _ = wrong_now(page, explorer, position)
    assert not wrong, "\n".join(wrong[:10])


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_the_explorers_that_its_chapter_declares(path):
    is_chapter = (ROOT / path.replace(".html", ".ipynb")).exists()
    from_code = sorted(declared(path.removesuffix(".html"))) if is_chapter else []
    assert from_code == ON_PAGE.get(path, [])


def test_there_are_explorers_and_no_two_have_one_name():
    names = [name for _, name in EXPLORERS]
    assert names and len(names) == len(set(names))


# ---- drawn = computed ------------------------------------------------------------------------


@EACH_PAGE
def test_what_is_drawn_said_and_heard_is_what_gmmlib_computes_wherever_keys_and_links_lead(
    path, visit
):
    page = visit(path)
    for name in ON_PAGE[path]:
        wrong = list(wrong_anywhere(page, explorer_of(path, name)))
        assert not wrong, "\n".join([name, *wrong[:20]])
    for name in ON_PAGE[path]:
        explorer = explorer_of(path, name)
        for position in some_states(explorer, 4):
            page.evaluate("fragment => { location.hash = fragment; }", link(explorer, position))
            shows(page, explorer, position)
        assert page.locator(f"#{name} .gx-note").text_content() == ""


@EACH_SORT
def test_a_pointer_moves_each_slider(path, name, visit):
    explorer = explorer_of(path, name)
    page = visit(path)
    position = at_rest(explorer)
    for key in position:
        if is_select(page, explorer, key):
            position[key] = (position[key] + 1) % len(explorer.grids[key].values)
            control(page, explorer, key).select_option(index=position[key])
        else:
            box = control(page, explorer, key).bounding_box()
            fraction = 0.8 if position[key] < (len(explorer.grids[key].values) - 1) / 2 else 0.2
            place = {"x": box["width"] * fraction, "y": box["height"] / 2}
            control(page, explorer, key).click(position=place)
            index = int(control(page, explorer, key).input_value())
            assert index != position[key]
            position[key] = index
        shows(page, explorer, position)


def maps():
    """Each sort of explorer with a panel that a click picks a place on, and the panel's number."""
    for path, name in SORTS:
        for number, panel in enumerate(views_of(path)[name]["spec"]["panels"]):
            if panel.get("pick"):
                yield path, name, number


@pytest.mark.parametrize(("path", "name", "number"), list(maps()))
@pytest.mark.parametrize(("across", "down"), [(0.2, 0.3), (0.85, 0.9)])
def test_a_click_on_the_map_sets_both_sliders_to_its_place(path, name, number, across, down, visit):
    explorer = explorer_of(path, name)
    page = visit(path)
    svg = root(page, explorer).locator(".gx-panel").nth(number).locator("svg[role=img]")
    frame = json.loads(svg.get_attribute("data-frame"))
    left, top = frame["left"] + across * frame["width"], frame["top"] + down * frame["height"]
    svg.click(position={"x": left, "y": top})
    position = at_rest(explorer)
    (x0, x1), (y0, y1) = frame["xlim"], frame["ylim"]
    picked = x0 + across * (x1 - x0), y1 - down * (y1 - y0)
    for key, value in zip(explorer.panels[number].options["pick"], picked, strict=True):
        position[key] = int(np.argmin(np.abs(np.array(explorer.grids[key].values) - value)))
    assert position != at_rest(explorer)
    shows(page, explorer, position)


@pytest.mark.parametrize(("path", "name", "number"), list(maps())[:1])
def test_a_click_on_a_map_that_is_shown_smaller_finds_its_place(path, name, number, visit):
    explorer = explorer_of(path, name)
    page = visit(path)
    page.add_style_tag(content=".gx-panel svg[role=img] { width: 60%; }")
    svg = root(page, explorer).locator(".gx-panel").nth(number).locator("svg[role=img]")
    frame, box = json.loads(svg.get_attribute("data-frame")), svg.bounding_box()
    scale = box["width"] / float(svg.get_attribute("width"))
    assert scale < 0.7
    place = frame["left"] + 0.2 * frame["width"], frame["top"] + 0.25 * frame["height"]
    svg.click(position={"x": place[0] * scale, "y": place[1] * scale})
    (x0, x1), (y0, y1) = frame["xlim"], frame["ylim"]
    picked, position = (x0 + 0.2 * (x1 - x0), y1 - 0.25 * (y1 - y0)), at_rest(explorer)
    for key, value in zip(explorer.panels[number].options["pick"], picked, strict=True):
        position[key] = int(np.argmin(np.abs(np.array(explorer.grids[key].values) - value)))
    shows(page, explorer, position)


def test_there_is_a_map_to_click_on():
    assert list(maps())


# ---- the address -----------------------------------------------------------------------------


@EACH_SORT
def test_the_address_is_the_state_and_survives_a_reload(path, name, visit):
    explorer = explorer_of(path, name)
    page = visit(path)
    *_, position = (p for p in some_states(explorer, 9) if p != at_rest(explorer))
    put(page, explorer, position)
    page.wait_for_url(f"**#{name}?**")
    page.wait_for_timeout(300)  # the address follows the last move after 150 ms
    assert position_of(explorer, urlsplit(page.url).fragment) == position
    page.reload()
    shows(ready(page), explorer, position)


@EACH_SORT
def test_a_malformed_link_is_answered_with_a_note_and_the_state_at_rest(path, name, visit):
    explorer = explorer_of(path, name)
    page, key = visit(path), next(iter(explorer.grids))
    note = page.locator(f"#{name} .gx-note")
    elsewhere = next(p for p in some_states(explorer, 9) if p != at_rest(explorer))
    good = link(explorer, elsewhere)
    bad = ["nosuch=1", f"{key}=77777.7", f"{key}=", f"{key}=%E0%A4%A", "%", "<b>=1&&=&step"]
    for query in [*bad, f"{good.partition('?')[2]}&zz=1"]:
        page.evaluate("fragment => { location.hash = fragment; }", good)
        shows(page, explorer, elsewhere)
        expect(note).to_have_text("")
        page.evaluate("fragment => { location.hash = fragment; }", f"#{name}?{query}")
        expect(note).to_contain_text("does not have: it is shown at rest")
        shows(page, explorer, at_rest(explorer))
    page.goto("about:blank")
    page = visit(f"{path}#{name}?{key}=%E0%A4%A")
    expect(note).to_contain_text("does not have: it is shown at rest")
    shows(page, explorer, at_rest(explorer))


@EACH_SORT
def test_reset_returns_to_the_state_at_rest(path, name, visit):
    explorer = explorer_of(path, name)
    page = visit(f"{path}#{name}?nosuch=1")
    put(page, explorer, next(p for p in some_states(explorer, 9) if p != at_rest(explorer)))
    button(page, explorer, "Reset").click()
    shows(page, explorer, at_rest(explorer))
    expect(page.locator(f"#{name} .gx-note")).to_have_text("")


@EACH_SORT
def test_copy_link_copies_the_address_of_the_state(path, name, visit, context, base_url):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer = explorer_of(path, name)
    page = visit(path)
    position = some_states(explorer, 1)[0]
    put(page, explorer, position)
    button(page, explorer, "Copy link").click()
    expect(page.locator(f"#{name} .gx-note")).to_have_text("The link to this state is copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{base_url}{path}#{name}?")
    assert position_of(explorer, urlsplit(copied).fragment) == position


@EACH_SORT
def test_a_link_that_was_escaped_once_more_on_its_way_goes_to_its_state(path, name, visit):
    explorer = explorer_of(path, name)
    page = visit(path)
    note = page.locator(f"#{name} .gx-note")
    ways = {
        "all of it": lambda text: quote(text, safe=""),
        "what divides": lambda text: text.replace("?", "%3F").replace("&", "%26"),
        "the ampersands": lambda text: text.replace("&", "&amp;"),
        "twice": lambda text: quote(quote(text, safe=""), safe=""),
    }
    states = [p for p in some_states(explorer, 9) if p != at_rest(explorer)]
    for (way, escaped), position in zip(ways.items(), states):
        fragment = escaped(link(explorer, position)[1:])
        page.evaluate("fragment => { location.hash = fragment; }", fragment)
        shows(page, explorer, position)
        assert note.text_content() == "", way
    page.goto("about:blank")
    shows(visit(f"{path}#{fragment}"), explorer, position)


@SORT_PAGES
def test_a_link_to_an_explorer_that_the_page_does_not_have_is_answered_near_the_top(path, visit):
    for address in ("#nosuch?p=1", "#nosuch%3Fp=1"):
        page = visit(path + address)
        note = page.locator("article h1 + .gx-note")
        expect(note).to_contain_text("explorer “nosuch”, which this page does not have")
        expect(note).to_contain_text(ON_PAGE[path][0])
        expect(note).to_be_in_viewport()
        name = ON_PAGE[path][0]
        shows(page, explorer_of(path, name), at_rest(explorer_of(path, name)))
        page.evaluate("name => { location.hash = `#${name}?`; }", name)
        expect(note).to_have_text("")
        page.goto("about:blank")


@EACH_SORT
def test_back_and_forward_bring_the_states_back(path, name, visit):
    explorer = explorer_of(path, name)
    page = visit(path)
    moved, linked, again = [p for p in some_states(explorer, 12) if p != at_rest(explorer)][:3]
    put(page, explorer, moved)
    page.wait_for_url(f"**#{name}?**")
    page.wait_for_timeout(300)  # the address follows the last move after 150 ms
    page.evaluate("fragment => { location.hash = fragment; }", link(explorer, linked))
    shows(page, explorer, linked)
    put(page, explorer, again)
    page.wait_for_timeout(300)
    page.go_back()
    shows(page, explorer, moved)
    assert position_of(explorer, urlsplit(page.url).fragment) == moved
    page.go_forward()
    shows(page, explorer, again)
    assert position_of(explorer, urlsplit(page.url).fragment) == again


def test_back_brings_back_every_explorer_of_the_page(visit):
    first, second = [explorer_of(ON_TWO, name) for name in ON_PAGE[ON_TWO]]
    page = visit(ON_TWO)
    one, other = some_states(first, 1)[0], some_states(second, 1)[0]
    put(page, first, one)
    put(page, second, other)
    page.wait_for_timeout(300)
    page.evaluate("fragment => { location.hash = fragment; }", link(first, at_rest(first)))
    shows(page, first, at_rest(first))
    put(page, second, at_rest(second))
    page.wait_for_timeout(300)
    page.go_back()
    shows(page, first, one)
    shows(page, second, other)
    page.reload()
    shows(ready(page), first, one)
    shows(page, second, other)


@SORT_PAGES
def test_a_link_to_the_state_that_is_shown_leads_to_its_explorer_all_the_same(path, visit):
    page = visit(path)
    for fragment in [f for target, f in state_links(path) if target == path][:1]:
        explorer = explorer_of(path, fragment.partition("?")[0])
        for _ in range(2):
            page.evaluate("scrollTo(0, 0)")
            page.evaluate(
                """fragment => [...document.querySelectorAll("article a")]
                  .find(a => a.getAttribute("href") === "#" + fragment).click()""",
                fragment,
            )
            shows(page, explorer, position_of(explorer, fragment))
            expect(root(page, explorer)).to_be_in_viewport()


def state_links(path, answers=False):
    """The links on one page to a state, or to an answer: [(page, fragment)]."""
    for href in read(path).links:
        parts = urlsplit(href)
        if not parts.scheme and "?" in parts.fragment and ("?answer=" in parts.fragment) == answers:
            target = (SITE / path).parent / unquote(parts.path) if parts.path else SITE / path
            yield target.resolve().relative_to(SITE.resolve()).as_posix(), parts.fragment


@pytest.mark.parametrize("path", PAGES)
def test_links_to_a_state_name_an_explorer_its_sliders_and_their_values(path):
    for target, fragment in state_links(path):
        name = fragment.partition("?")[0]
        assert name in ON_PAGE.get(target, []), f"{fragment}: no such explorer on {target}"
        position_of(as_built(target, name), fragment)


# that all links name a state, the test before this one asks
@SORT_PAGES
def test_a_link_in_the_prose_goes_to_its_state(path, visit):
    page = visit(path)
    for fragment in [fragment for target, fragment in state_links(path) if target == path]:
        explorer = explorer_of(path, fragment.partition("?")[0])
        page.evaluate(
            """fragment => [...document.querySelectorAll("article a")]
              .find(a => a.getAttribute("href") === "#" + fragment).click()""",
            fragment,
        )
        shows(page, explorer, position_of(explorer, fragment))
        expect(root(page, explorer)).to_be_in_viewport()
        expect(page.locator(f"#{explorer.explorer_name} .gx-note")).to_have_text("")


# ---- step, play, keyboard --------------------------------------------------------------------

PLAYED = [(path, n) for path, n in SORTS if views_of(path)[n]["spec"]["play"]]
EACH_PLAYED = pytest.mark.parametrize(("path", "name"), PLAYED, ids=[name for _, name in PLAYED])
# every state that an explorer is in, one after the other
RECORD = """name => {
  const root = document.querySelector(`#${name} .gx`);
  window.states = [];
  new MutationObserver(() => window.states.push(JSON.parse(root.dataset.state)))
    .observe(root, {attributeFilter: ["data-state"]});
}"""


def played(explorer):
    """The slider that is played, and its label on the page."""
    key = explorer.view.spec["play"]
    return key, explorer.sliders[key].description or key


def recorded(path, name, visit, page, start):
    """Open an explorer, put the slider that is played at `start`, and keep what is drawn from now.

    start: a place among the slider's steps, as an index. Returns the explorer and the slider.
    """
    page.clock.install()
    explorer = explorer_of(path, name)
    visit(path)
    key, _ = played(explorer)
    index = range(len(explorer.grids[key].values))[start]
    press(page, explorer, key, index)
    settle(page, explorer, at_rest(explorer) | {key: index})
    page.evaluate(RECORD, name)
    return explorer, key


@EACH_PLAYED
def test_play_goes_through_every_step_to_the_last_and_is_quiet_on_the_way(path, name, visit, page):
    explorer, key = recorded(path, name, visit, page, -1)
    last = len(explorer.grids[key].values) - 1
    sentence = page.locator(f"#{name} .gx-sentence")
    expect(sentence).to_have_attribute("role", "status")
    button(page, explorer, "Play").click()  # from the last step it starts again
    expect(sentence).to_have_attribute("aria-live", "off")
    page.clock.run_for(600 * (last + 2))
    shows(page, explorer, at_rest(explorer) | {key: last})
    expect(sentence).to_have_attribute("aria-live", "polite")
    expect(button(page, explorer, "Play")).to_be_visible()
    steps = [state[key] for state in page.evaluate("window.states")]
    assert steps == list(range(last + 1))


@EACH_PLAYED
def test_pause_stays_where_it_is(path, name, visit, page):
    explorer, _ = recorded(path, name, visit, page, 0)
    button(page, explorer, "Play").click()
    page.wait_for_function("() => window.states.length >= 2")
    button(page, explorer, "Pause").click()
    expect(page.locator(f"#{name} .gx-sentence")).to_have_attribute("aria-live", "polite")
    before = page.evaluate("window.states.at(-1)")
    page.clock.run_for(6000)
    assert page.evaluate("window.states.at(-1)") == before


@EACH_PLAYED
def test_who_asks_for_less_motion_gets_step_buttons_and_no_player(path, name, visit, page):
    page.emulate_media(reduced_motion="reduce")
    explorer = explorer_of(path, name)
    visit(path)
    key, label = played(explorer)
    back, forward = (f"one {label} {way}" for way in ("back", "forward"))
    expect(button(page, explorer, forward)).to_be_visible()
    assert button(page, explorer, "Play").count() == 0
    press(page, explorer, key, 0)
    for one, index in ((back, 0), (forward, 1), (forward, 2), (back, 1)):
        button(page, explorer, one).click()
        shows(page, explorer, at_rest(explorer) | {key: index})
    press(page, explorer, key, last := len(explorer.grids[key].values) - 1)
    button(page, explorer, forward).click()
    shows(page, explorer, at_rest(explorer) | {key: last})


FOCUSED = """root => {
  const e = document.activeElement;
  if (!document.querySelector(root).contains(e)) return null;
  return e.id || e.getAttribute("aria-label") || e.textContent;
}"""


@EACH_SORT
def test_the_tab_key_reaches_every_control_in_order_and_leaves_again(path, name, visit):
    explorer = explorer_of(path, name)
    page = visit(path)
    root(page, explorer).evaluate("e => { e.tabIndex = -1; e.focus(); }")
    wanted = [f"{name}-{key}" for key in explorer.sliders]
    if explorer.view.spec["play"]:
        _, label = played(explorer)
        wanted += [f"one {label} back", f"one {label} forward", "Play"]
    wanted += ["Reset", "Copy link", None]
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED, f"#{name}"))
    assert reached == wanted


@EACH_SORT
def test_the_keyboard_works_the_buttons(path, name, visit):
    explorer = explorer_of(path, name)
    page = visit(path)
    if explorer.view.spec["play"]:
        key, label = played(explorer)
        press(page, explorer, key, 0)
        button(page, explorer, f"one {label} forward").focus()
        page.keyboard.press("Enter")
        shows(page, explorer, at_rest(explorer) | {key: 1})
        button(page, explorer, f"one {label} back").focus()
        page.keyboard.press("Space")
        shows(page, explorer, at_rest(explorer) | {key: 0})
    put(page, explorer, some_states(explorer, 1)[0])
    button(page, explorer, "Reset").focus()
    page.keyboard.press("Enter")
    shows(page, explorer, at_rest(explorer))


@SORT_PAGES
def test_from_the_top_three_keys_lead_to_the_first_explorer(path, visit):
    page = visit(path)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the first explorer")
    expect(page.locator(":focus")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.locator(".gx-explorer").first
    key = next(iter(explorer_of(path, first.get_attribute("id")).sliders))
    expect(page.locator(":focus")).to_have_id(f"{first.get_attribute('id')}-{key}")


# ---- seen and touched ------------------------------------------------------------------------


@SORT_PAGES
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_explorers_stay_accessible_after_they_were_moved(path, visit, page, theme, width):
    page.add_init_script(
        f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}');"
    )
    page.set_viewport_size(WIDTHS[width])
    visit(path)
    for name in ON_PAGE[path]:
        explorer = explorer_of(path, name)
        position = {key: len(grid.values) - 1 for key, grid in explorer.grids.items()}
        put(page, explorer, position)
        button(page, explorer, "Copy link").click()
        settle(page, explorer, position)
    page.evaluate("scrollTo(0, 0)")  # nothing is under the page's head
    assert violations(page, ".gx-explorer") == []


BAD_LABELS = """() => {
  const found = [];
  for (const svg of document.querySelectorAll(".gx svg[data-frame]")) {
    const frame = svg.getBoundingClientRect();
    const boxes = [...svg.querySelectorAll(".gx-axes text, .gx-text")]
      .filter(e => e.textContent.trim() && getComputedStyle(e).visibility !== "hidden")
      .map(e => [e.textContent, e.getBoundingClientRect()]);
    boxes.forEach(([text, a], i) => {
      if (a.left < frame.left - 1 || a.right > frame.right + 1 ||
          a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
        found.push(`${svg.ariaLabel}: "${text}" is cut off`);
      for (const [other, b] of boxes.slice(i + 1)) {
        if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2)
          found.push(`${svg.ariaLabel}: "${text}" is over "${other}"`);
      }
    });
  }
  return found;
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll(
    ".gx-explorer input, .gx-explorer select, .gx-explorer button")]
  .filter(e => { const box = e.getBoundingClientRect();
                 return box.width < 44 || box.height < 44; })
  .map(e => e.id || e.textContent)"""


TWICE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
  return ids.filter((id, i) => ids.indexOf(id) !== i);
}"""
# where the marks of each panel are cut off, and where its axes end
CUT_OFF = """() => [...document.querySelectorAll(".gx svg[data-frame]")].flatMap(svg => {
  const { left, top, width, height } = JSON.parse(svg.dataset.frame);
  return [...svg.querySelectorAll(".gx-inside")].map(e => {
    const at = name => e[name].baseVal.value, style = getComputedStyle(e);
    return [style.overflowX, style.overflowY,
            at("x") - left, at("y") - top, at("width") - width, at("height") - height];
  });
})"""


# a drawing is as wide as its panel, and 240 at least
DRAWN_FOR_IT = """() => [...document.querySelectorAll(".gx-panel svg[data-frame]")].every(svg =>
  +svg.getAttribute("width") === Math.max(240, svg.closest(".gx-panel").clientWidth))"""


def resized(page, size):
    """Give the window another width, and wait until the explorers are drawn for it."""
    page.set_viewport_size(size)
    page.wait_for_function(DRAWN_FOR_IT)


# what of an explorer stands out of its frame
OUTSIDE = """() => [...document.querySelectorAll(".gx-explorer")].flatMap(root => {
  const frame = root.getBoundingClientRect();
  return [...root.querySelectorAll("*")].filter(e => {
    if (e.closest(".gx-inside") || e.closest(".gx-table")) return false;
    const box = e.getBoundingClientRect();
    return box.width && (box.right > frame.right + 1 || box.left < frame.left - 1);
  }).map(e => e.outerHTML.slice(0, 100));
})"""
LONELY = """() => [...document.querySelectorAll(".gx-axes")]
  .map(g => [...g.querySelectorAll("text[text-anchor=end]")].length).filter(n => n < 2)"""
SIZE_OF_TEXT = "document.querySelector('.gx svg[font-size]').getAttribute('font-size')"


def not_round(page, path):
    """The panels of a page where a circle is to be one, and is not."""
    for name in ON_PAGE[path]:
        frames = page.locator(f"#{name} .gx-panel:not(.gx-table) svg[data-frame]")
        for number, panel in enumerate(explorer_of(path, name).panels):
            if panel.options.get("equal"):
                frame = json.loads(frames.nth(number).get_attribute("data-frame"))
                per_x = frame["width"] / np.ptp(panel.options["xlim"])
                per_y = frame["height"] / np.ptp(panel.options["ylim"])
                same = all(frame[lim] == panel.options[lim] for lim in ("xlim", "ylim"))
                if not same or per_x != pytest.approx(per_y):
                    yield f"{name}, panel {number}: {per_x} and {per_y}"


@EACH_PAGE
def test_at_every_width_and_twice_the_size_of_text_all_is_whole_apart_and_inside(path, visit, page):
    visit(path)
    assert page.evaluate(TWICE) == []
    assert page.locator(".gx [clip-path]").count() == 0  # it would need an id
    narrow = {"width": 320, "height": 640}
    for end in ("rest", "last"):
        if end == "last":
            for name in ON_PAGE[path]:
                explorer = explorer_of(path, name)
                position = {key: len(grid.values) - 1 for key, grid in explorer.grids.items()}
                put(page, explorer, position)
                settle(page, explorer, position)
        for size in (*WIDTHS.values(), narrow):
            resized(page, size)
            assert page.evaluate(TOO_WIDE) == []
            assert size is narrow or page.evaluate(BAD_LABELS) == []
            assert size is narrow or list(not_round(page, path)) == []
            assert size is WIDTHS["desk"] or page.evaluate(SMALL_TARGETS) == []
            found = page.evaluate(CUT_OFF)
            assert found
            for across, down, *off in found:
                assert (across, down) == ("hidden", "hidden")
                assert np.abs(off).max() < 0.01
    page.add_style_tag(content="html { font-size: 200% !important; }")
    page.wait_for_function(f"{SIZE_OF_TEXT} == 26")
    for size in WIDTHS.values():
        resized(page, size)
        for found in (OUTSIDE, BAD_LABELS, LONELY):
            assert page.evaluate(found) == []
    assert page.evaluate(TOO_WIDE) == []  # the last is the phone
    shows(page, explorer, position)


@SORT_PAGES
def test_on_paper_there_is_the_picture_and_no_control(path, visit, page):
    visit(path)
    page.emulate_media(media="print")
    for name in ON_PAGE[path]:
        expect(page.locator(f"#{name} .gx-controls")).to_be_hidden()
        expect(page.locator(f"#{name} .gx-figure")).to_be_visible()
        expect(page.locator(f"#{name} .gx-sentence")).to_be_visible()


@SORT_PAGES
def test_without_javascript_there_is_a_picture_and_a_word_why_nothing_moves(
    path, browser, base_url
):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sizes = {}
        page.on("response", lambda r: sizes.update({r.url: (r.status, r.headers["content-type"])}))
        page.goto(base_url + path, wait_until="load")
        for name in ON_PAGE[path]:
            picture = page.locator(f"img[src$='/explorer-{name}.png']")
            expect(picture).to_be_visible()
            assert len(picture.get_attribute("alt")) >= 20
            picture.scroll_into_view_if_needed()
            assert picture.bounding_box()["height"] > 100
            found = [kind for url, kind in sizes.items() if url.endswith(f"/explorer-{name}.png")]
            assert found == [(200, "image/png")]
            words = page.locator(f"#{name} figcaption")
            expect(words.locator(".gx-why")).to_be_visible()
            expect(words).to_contain_text("The sliders cannot run here: they need JavaScript")
            assert words.text_content().startswith(explorer_of(path, name).sentence())


# ---- between no script and everything --------------------------------------------------------

# what a browser may lack: a script that takes it away before the page loads, and the reason given
LACKING = {
    "DecompressionStream": ("delete window.DecompressionStream", "this browser is too old"),
    "Blob": ("delete window.Blob", "Blob"),
    "JSON that can be read": ("JSON.parse = () => { throw Error('no JSON') }", "no JSON"),
    "SVG": ("document.createElementNS = () => { throw Error('no SVG') }", "no SVG"),
}
FORBIDDING = "script-src 'self' 'unsafe-inline' 'unsafe-eval'"  # and no blob:


def stands_still(page, name, why):
    """Assert that an explorer is its picture with one sentence why, and no dead slider."""
    box = page.locator(f"#{name}")
    expect(box.locator("img")).to_be_visible()
    expect(box.locator(".gx-why")).to_be_visible()
    expect(box.locator(".gx-why")).to_contain_text("The sliders cannot run here: ")
    expect(box.locator(".gx-why")).to_contain_text(why)
    assert page.locator("input, select, button", has_text="Copy link").count() == 0
    assert page.locator(f"[id^={name}-], .gx-explorer, .gx-controls").count() == 0


@pytest.mark.parametrize("lacking", LACKING)
def test_where_the_sliders_cannot_run_there_is_the_picture_and_why(lacking, page, base_url):
    script, why = LACKING[lacking]
    path = ON_TWO
    page.add_init_script(script)
    page.goto(base_url + path)
    ready(page)
    for name in ON_PAGE[path]:
        stands_still(page, name, why)


def test_where_the_host_forbids_scripts_of_the_page_there_is_the_picture_and_why(page, base_url):
    def forbidding(route):
        answer = route.fetch()
        headers = {**answer.headers, "content-security-policy": FORBIDDING}
        route.fulfill(response=answer, headers=headers)

    page.route(f"**/{ON_TWO}", forbidding)
    page.goto(base_url + ON_TWO)
    ready(page)
    for name in ON_PAGE[ON_TWO]:
        stands_still(page, name, "the site that shows this page forbids the script")


def test_where_the_host_script_does_not_run_there_is_the_picture_and_why(page, base_url):
    page.route("**/explore_host.js*", lambda route: route.fulfill(body="an engine ?. of ?? then"))
    page.goto(base_url + ON_TWO)
    for name in ON_PAGE[ON_TWO]:
        stands_still(page, name, "in a browser of 2023 or later")


def test_where_the_widgets_do_not_arrive_there_is_the_picture_and_why(page, base_url):
    page.route("**/*.widgets.js*", lambda route: route.abort())
    page.goto(base_url + ON_TWO)
    ready(page)
    for name in ON_PAGE[ON_TWO]:
        stands_still(page, name, "their data did not arrive; reload the page")


# what the sliders do without
SPARED = {
    "ResizeObserver": "delete window.ResizeObserver",
    "at": "for (const C of [Array, String, Uint8Array]) delete C.prototype.at",
    "history": """const replace = History.prototype.replaceState;
      History.prototype.replaceState = function (state, ...rest) {
        if (state?.explorers) throw Error("too often");
        replace.call(this, state, ...rest);
      };""",
}


@pytest.mark.parametrize("lacking", SPARED)
def test_the_sliders_run_without_what_they_do_not_need(lacking, visit, page):
    page.add_init_script(SPARED[lacking])
    visit(ON_TWO)
    for name in ON_PAGE[ON_TWO]:
        explorer = explorer_of(ON_TWO, name)
        put(page, explorer, position := some_states(explorer, 1)[0])
        shows(page, explorer, position)
    page.set_viewport_size(WIDTHS["phone"])
    page.wait_for_timeout(300)
    assert page.evaluate(TOO_WIDE) == []
    widths = "[...document.querySelectorAll('.gx svg[data-frame]')].map(e => e.clientWidth)"
    assert max(page.evaluate(widths)) < WIDTHS["phone"]["width"]
    shows(page, explorer, position)


def test_an_explorer_that_fails_leaves_the_others_and_their_links_alive(page, base_url):
    failing, living = ON_PAGE[ON_TWO]
    data = views_of(ON_TWO)[failing]["data"]
    script = page_widgets.script_of(SITE / ON_TWO)
    text = broken(script.read_text(encoding="utf-8"), data, data[:-100])
    page.route(f"**/{script.name}*", lambda route: route.fulfill(body=text))
    explorer = explorer_of(ON_TWO, living)
    position = some_states(explorer, 1)[0]
    page.goto(base_url + ON_TWO + link(explorer, position))
    shows(ready(page), explorer, position)
    expect(page.locator(f"#{living}")).to_be_in_viewport()
    box = page.locator(f"#{failing}")
    expect(box.locator("img")).to_be_visible()
    expect(box.locator(".gx-why")).to_contain_text("The sliders cannot run here: ")
    assert page.locator(f"[id^={failing}-]").count() == 0
    page.evaluate("name => { location.hash = `#${name}?step=1`; }", failing)
    expect(box).to_be_in_viewport()
    shows(page, explorer, position)


# ---- the text of a reader who wants it large -------------------------------------------------


def test_text_that_was_large_from_the_start_is_laid_out_so(visit, page):
    page.add_init_script("""addEventListener("DOMContentLoaded", () =>
      document.documentElement.style.setProperty("font-size", "200%", "important"))""")
    visit(ON_TWO)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    assert page.evaluate(f"{SIZE_OF_TEXT} == 26")
    assert page.evaluate(OUTSIDE) == []


# ---- what a screen reader hears --------------------------------------------------------------

HEARD = """name => {
  window.heard = new Set();
  const live = "output, [aria-live], [role=status], [role=alert], [role=log], [role=timer]";
  for (const e of document.querySelectorAll(live)) {
    new MutationObserver(() => { if (e.ariaLive !== "off") window.heard.add(e.className); })
      .observe(e, { childList: true, characterData: true, subtree: true });
  }
}"""


@EACH_SORT
def test_a_move_is_announced_by_the_sentence_alone(path, name, visit):
    explorer = explorer_of(path, name)
    page = visit(path)
    page.evaluate(HEARD)
    before = page.locator(f"#{name} .gx-sentence").text_content()
    for position in some_states(explorer, 4):
        put(page, explorer, position)
        settle(page, explorer, position)
    assert page.locator(f"#{name} .gx-sentence").text_content() != before
    page.wait_for_function("window.heard.size > 0")
    assert page.evaluate("[...window.heard]") == ["gx-sentence"]


@EACH_PLAYED
def test_a_player_announces_nothing_on_its_way(path, name, visit, page):
    explorer, _ = recorded(path, name, visit, page, 0)
    page.evaluate(HEARD)
    button(page, explorer, "Play").click()
    page.wait_for_function("() => window.states.length >= 2")
    assert page.evaluate("[...window.heard]") == []


# ---- circles: not_round asks each of them -----------------------------------------------------


def circles():
    for path, name in EXPLORERS:
        if any(panel.get("equal") for panel in views_of(path)[name]["spec"]["panels"]):
            yield path, name


def test_there_are_circles():
    assert list(circles())


# ---- from the disk, and how heavy ------------------------------------------------------------


@pytest.mark.parametrize("path", dict.fromkeys([*(path for path, _ in SORTS), PAGES[-1]]))
def test_a_page_works_from_the_disk_too(path, watch):
    watch.base_url = SITE.as_uri() + "/"
    page = watch.open(path)
    assert page.evaluate(RAW_TEX) == []
    for name in ON_PAGE.get(path, []):
        ready(page)
        explorer = explorer_of(path, name)
        shows(page, explorer, at_rest(explorer))
        position = some_states(explorer, 1)[0]
        put(page, explorer, position)
        shows(page, explorer, position)
    assert not watch.faults, "\n".join(watch.faults)


@EACH
def test_an_explorer_keeps_to_its_budget(path, name):
    view = views_of(path)[name]
    packed = base64.b64decode(view["data"])
    assert 0 < len(packed) <= PACKED_BYTES
    tables = view["spec"]["tables"]
    numbers = [t["states"] * t["width"] * max(1, *t["shape"]) for t in tables]
    assert len(zlib.decompress(packed)) >= max(numbers)


def test_the_scripts_of_the_explorers_are_light():
    total = sum(len(gzip.compress(text.encode())) for text in (HOST, FRONT_END))
    assert 0 < total <= SCRIPT_BYTES


# ---- every kind of mark and slider; and these checks can fail --------------------------------


@pytest.fixture
def bare(page, tmp_path):
    """A page with the specimen alone, from the disk; `changed` breaks its front end."""
    errors = []
    page.on("console", lambda message: errors.append(message.text))
    page.on("pageerror", lambda error: errors.append(str(error)))

    def open_page(explorer, host=HOST, **changed):
        write_page(explorer, tmp_path, host, **changed)
        page.goto((tmp_path / "page.html").as_uri())
        return ready(page)

    yield open_page
    assert errors == []


def test_every_kind_of_mark_is_drawn_as_computed(bare):
    explorer = specimen()
    kinds = {type(mark).__name__ for panel in explorer.panels for mark in panel.marks}
    assert kinds == set(marks_that_there_are())
    page = bare(explorer)
    wrong = list(wrong_anywhere(page, explorer))
    for position in some_states(explorer, 25):
        put(page, explorer, position)
        found, _ = wrong_now(page, explorer, position)
        wrong += found
    assert not wrong, "\n".join(wrong[:20])


def marks_that_there_are():
    from gmmlib.explore import marks

    kinds = vars(marks).values()
    return [
        k.__name__
        for k in kinds
        if isinstance(k, type) and issubclass(k, marks.Mark) and k is not marks.Mark
    ]


def test_labels_that_an_address_must_escape_survive_it(bare):
    explorer = specimen()
    page = bare(explorer)
    for position in some_states(explorer, 12):
        page.evaluate("fragment => { location.hash = fragment; }", link(explorer, position))
        shows(page, explorer, position)
        assert page.locator(".gx-note").text_content() == ""
        page.reload()
        shows(ready(page), explorer, position)


def broken(text, old, new):
    assert text.count(old) == 1, old
    return text.replace(old, new)


ADVANCE = "state = state * slider.labels.length + position[slider.name];"
STUCK = 'slider.name === "p" ? slider.rest : position[slider.name]'
BROKEN = {
    "a front end that ignores a slider": {
        "_esm": broken(FRONT_END, ADVANCE, ADVANCE.replace("position[slider.name]", f"({STUCK})"))
    },
    "a host that drops the links": {
        "host": broken(HOST, "A.on(`change:${from}`, () => B.set(to, A.get(from)));", "")
    },
    "a wrong number in the sentence": {
        "_esm": broken(FRONT_END, ": fixed(integer, digits));", ": fixed(integer + 1, digits));")
    },
    "a density without its normalization": {
        "_esm": broken(FRONT_END, "/ Math.sqrt(2 * Math.PI)", "/ 2.5")
    },
    "a shift by one pixel": {
        "_esm": broken(FRONT_END, "at: ([x, y]) => [left +", "at: ([x, y]) => [left + 1 +")
    },
    "something drawn where there is nothing": {
        "_esm": broken(FRONT_END, 'mark.marker ? "inherit"', 'mark.marker ? "visible"')
    },
}  # fmt: skip


@pytest.mark.parametrize("which", BROKEN)
def test_a_broken_explorer_is_found(which, bare):
    explorer = specimen()
    assert any(wrong_anywhere(bare(explorer, **BROKEN[which]), explorer))


def test_tables_in_the_wrong_order_are_found(bare):
    straight = Packer.states

    def transposed(self, names):  # the first slider runs fastest
        for state in straight(self, names[::-1]):
            yield {name: state[name] for name in names}

    with mock.patch.object(Packer, "states", transposed):
        explorer = specimen()
    assert any(wrong_anywhere(bare(explorer), explorer))


def test_a_control_without_a_name_is_found(bare):
    explorer = specimen()
    label = 'make(row, "label", { for: id }, slider.label)'
    page = bare(explorer, host=broken(HOST, label, 'make(row, "span", {}, slider.label)'))
    assert any("0 controls are named 'weight'" in why for why in wrong_anywhere(page, explorer))


def test_labels_that_collide_or_are_cut_off_and_small_targets_are_found(bare):
    page = bare(specimen())
    assert page.evaluate(BAD_LABELS) == []
    page.add_style_tag(content=".gx-axes text { font-size: 60px; } .gx-buttons { zoom: 0.3; }")
    found = " ".join(page.evaluate(BAD_LABELS))
    assert "is cut off" in found and "is over" in found
    assert "Reset" in page.evaluate(SMALL_TARGETS)
