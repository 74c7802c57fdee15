"""The explorers of the built site, and how to move them."""

import random
from functools import cache
from types import SimpleNamespace
from urllib.parse import parse_qsl, quote

import page_widgets
from covering import covering
from declared import declared
from drawing import faults, snapshot
from playwright.sync_api import TimeoutError as TooLate
from site_pages import PAGES, SITE


@cache
def views_of(path):
    """The models that draw, on one page: {explorer: state}."""
    entries = page_widgets.on(SITE / path).values()
    views = [entry["state"] for entry in entries if "spec" in entry["state"]]
    return {view["spec"]["name"]: view for view in views}


# sorted: the state is in the order of the widgets' ids, which every build draws anew
ON_PAGE = {path: names for path in PAGES if (names := sorted(views_of(path)))}
EXPLORERS = [(path, name) for path, names in ON_PAGE.items() for name in names]


def traits(path, name):
    """Which parts of the front end an explorer uses."""
    spec = views_of(path)[name]["spec"]
    found = {f"numeric {slider['numeric']}" for slider in spec["sliders"]}
    found |= {f"panels {min(len(spec['panels']), 2)}", f"play {bool(spec['play'])}"}
    return found | {
        what for panel in spec["panels"] for what in ("pick", "equal") if panel.get(what)
    }


SORTS = covering(EXPLORERS, traits)


def explorer_of(path, name):
    """The same explorer, made by running the chapter here."""
    return declared(path.removesuffix(".html"))[name]


def as_built(path, name):
    """What a page itself says of an explorer's sliders, for `position_of`: no chapter is run."""
    sliders = views_of(path)[name]["spec"]["sliders"]
    grids = {
        s["name"]: SimpleNamespace(labels=s["labels"], numbers=s["values"], rest=s["rest"])
        for s in sliders
    }
    return SimpleNamespace(explorer_name=name, grids=grids)


def ready(page):
    page.wait_for_selector("html[data-explorers=ready]", state="attached")
    return page


# ---- states: a position is {slider: number of its value}, as on the page ---------------------


def at_rest(explorer):
    return {key: grid.rest for key, grid in explorer.grids.items()}


def values_at(explorer, position):
    return {key: explorer.grids[key].values[i] for key, i in position.items()}


def some_states(explorer, count):
    """Positions drawn at random, the same ones in every run."""
    chance = random.Random(explorer.explorer_name)
    grids = explorer.grids.items()
    return [{k: chance.randrange(len(g.values)) for k, g in grids} for _ in range(count)]


def link(explorer, position):
    """The fragment that asks for a state."""
    words = []
    for key, i in position.items():
        grid = explorer.grids[key]
        words.append(f"{key}={quote(str(grid.numbers[i]) if grid.numbers else grid.labels[i])}")
    return f"#{explorer.explorer_name}?{'&'.join(words)}"


def position_of(explorer, fragment):
    """The position that a fragment asks for, sliders that it leaves out at rest.

    Raises ValueError for another explorer, and for a slider or a value that there is not.
    """
    name, _, query = fragment.removeprefix("#").partition("?")
    if name != explorer.explorer_name:
        raise ValueError(f"{fragment}: this is {explorer.explorer_name}")
    position = at_rest(explorer)
    for key, word in parse_qsl(query, keep_blank_values=True, strict_parsing=True):
        grid = explorer.grids.get(key)
        if grid is None:
            raise ValueError(f"{fragment}: no slider {key}")
        position[key] = grid.numbers.index(float(word)) if grid.numbers else grid.labels.index(word)
    return position


# ---- moving ----------------------------------------------------------------------------------


def control(page, explorer, slider):
    return page.locator(f"#{explorer.explorer_name}-{slider}")


def press(page, explorer, slider, index):
    """Move a slider with the keys of the keyboard alone, from its nearer end."""
    last = len(explorer.grids[slider].values) - 1
    control(page, explorer, slider).focus()
    on, back = ("Down", "Up") if is_select(page, explorer, slider) else ("Right", "Left")
    near = index <= last / 2
    page.keyboard.press("Home" if near else "End")
    for _ in range(index if near else last - index):
        page.keyboard.press(f"Arrow{on if near else back}")


def is_select(page, explorer, slider):
    return control(page, explorer, slider).evaluate("e => e.tagName === 'SELECT'")


def put(page, explorer, position):
    """Move every slider at once, as a pointer would: one event each."""
    for key, i in position.items():
        box = control(page, explorer, key)
        if is_select(page, explorer, key):
            box.select_option(index=i)
        else:
            box.fill(str(i))


def settle(page, explorer, position):
    """Wait until a state is drawn; if it never is, the comparison will say what is."""
    try:
        page.wait_for_function(
            """([name, wanted]) => {
              const now = JSON.parse(document.querySelector(`#${name} .gx`).dataset.state);
              return Object.entries(wanted).every(([key, at]) => now[key] === at);
            }""",
            arg=[explorer.explorer_name, position],
            timeout=8000,
        )
    except TooLate:
        pass


def wrong_now(page, explorer, position):
    """Where the page differs from gmmlib in a state that it should be in; and what is seen."""
    settle(page, explorer, position)
    seen = snapshot(page, explorer.explorer_name)
    return list(faults(seen, explorer, values_at(explorer, position))), seen


def probes(explorer):
    """Each slider at both ends and a step from one, the others at rest.

    What is between, a link leads to: keys would have to be pressed a hundred times to get there.
    """
    for key, grid in explorer.grids.items():
        last = len(grid.values) - 1
        for index in dict.fromkeys((last, min(1, last), 0)):
            yield key, at_rest(explorer) | {key: index}


def unsaid(page, explorer, key, index):
    """What a screen reader cannot say of a slider that is at `index`: its name, or its value."""
    title = explorer.sliders[key].description or key
    role = "combobox" if is_select(page, explorer, key) else "slider"
    found = page.locator(f"#{explorer.explorer_name}").get_by_role(role, name=title, exact=True)
    if found.count() != 1:
        yield f"{found.count()} controls are named {title!r}"
        return
    said = found.evaluate("e => e.selectedOptions?.[0].text ?? e.ariaValueText")
    if said != explorer.grids[key].labels[index]:
        yield f"{title} says {said!r}, not {explorer.grids[key].labels[index]!r}"


def wrong_anywhere(page, explorer):
    """Move every slider by keyboard: yields what differs, what a screen reader cannot say, and
    the sliders that change nothing."""
    rest = at_rest(explorer)
    wrong, first = wrong_now(page, explorer, rest)
    yield from (f"at rest: {fault}" for fault in wrong)
    idle = set(rest)
    for key, position in probes(explorer):
        press(page, explorer, key, position[key])
        wrong, seen = wrong_now(page, explorer, position)
        label = explorer.grids[key].labels[position[key]]
        wrong += unsaid(page, explorer, key, position[key])
        yield from (f"{key} = {label}: {fault}" for fault in wrong)
        if (seen["sentence"], seen["panels"]) != (first["sentence"], first["panels"]):
            idle.discard(key)
        if position[key] == 0:  # its last probe
            put(page, explorer, rest)
    yield from (f"{key}: moving it changes nothing" for key in idle)
