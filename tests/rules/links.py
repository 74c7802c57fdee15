"""A link to a state of an explorer, or to an answer of a question, leads to one that exists."""

import ast
import re
from collections.abc import Iterable
from html import unescape
from urllib.parse import parse_qsl, unquote

import ipywidgets
import numpy as np

from gmmlib.explore.packing import grid_of

from .reading import FENCED, SPAN, code_cells, python, without

LINK = re.compile(r"""(?:href=["']|\]\()(?P<page>[^"'()#\s]*)#(?P<name>[a-z0-9-]+)\?"""
                   r"""(?P<query>[^"')\s]*)""")  # fmt: skip
SLIDERS = ("IntSlider", "FloatSlider", "SelectionSlider", "Dropdown")
# what an expression may call to be read here: nothing that fits, samples, or reads a file
PLAIN = {f.__name__: f for f in (dict, list, tuple, range, zip, enumerate, len, round, sorted)}
METHODS = {"items", "keys", "values", "tolist", "array", "arange", "linspace"}


def cheap(tree, names):
    """Whether an expression needs nothing but constants, names that are known, and PLAIN."""
    own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in {*names, *own}:
            return False
        if isinstance(node, ast.Attribute) and node.attr not in METHODS:
            return False
        if isinstance(node, ast.Lambda | ast.Await | ast.NamedExpr):
            return False
    return True


def value_of(tree, names):
    code = compile(ast.fix_missing_locations(ast.Expression(tree)), "a chapter", "eval")
    return eval(code, {"__builtins__": {}, **names})


def keys_only(tree, names):
    """A dict whose values would have to be computed, such as fits: its keys are enough."""
    if isinstance(tree, ast.Dict) and not cheap(tree, names) and all(tree.keys):
        return ast.Dict(tree.keys, [ast.Constant(None) for _ in tree.keys])
    return tree


def argument(call, place, name):
    """An argument of a call, by its place or by its name, or None."""
    if len(call.args) > place:
        return call.args[place]
    return next((k.value for k in call.keywords if k.arg == name), None)


def calls(tree, aliases):
    """(what it declares, the call) for each explore, predict, arrange in a cell."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in aliases:
                yield aliases[node.func.id], node


def declared(notebook):
    """{name: {slider: grid}} and {name: keys of the answers, or None for any}, from the source.

    A name whose sliders cannot be read without running the chapter has None for them.
    """
    explorers, questions = {}, {}
    aliases = {kind: kind for kind in ("explore", "predict", "arrange")}
    names = PLAIN | {"np": np} | {kind: getattr(ipywidgets, kind) for kind in SLIDERS}
    for _, cell in code_cells(notebook):
        for node in python(cell).body:
            if isinstance(node, ast.ImportFrom) and node.module == "gmmlib.explore":
                aliases |= {a.asname: a.name for a in node.names if a.asname}
            for kind, call in calls(node, aliases):
                title = argument(call, 0, "name")
                if not isinstance(title, ast.Constant):
                    continue
                if kind == "explore":
                    explorers[title.value] = grids(argument(call, 1, "sliders"), names)
                elif kind == "predict":
                    options = argument(call, 2, "options")
                    known = isinstance(options, ast.Dict) and cheap(options, names)
                    questions[title.value] = set(value_of(options, names)) if known else None
                else:
                    questions[title.value] = None
            learn(node, names)
    return explorers, questions


def learn(node, names):
    """Keep what a top-level assignment binds, if it can be read."""
    if not isinstance(node, ast.Assign):
        return
    targets = [t.id for t in node.targets if isinstance(t, ast.Name)]
    tree = keys_only(node.value, names)
    if len(targets) == len(node.targets) and cheap(tree, names):
        names |= dict.fromkeys(targets, value_of(tree, names))
        return
    for target in node.targets:  # what stood there before is gone
        for bound in ast.walk(target):
            if isinstance(bound, ast.Name) and bound.id not in (*PLAIN, *SLIDERS, "np"):
                names.pop(bound.id, None)


def grids(sliders, names):
    if sliders is None or not cheap(sliders, names):
        return None
    return {key: grid_of(key, slider) for key, slider in value_of(sliders, names).items()}


def takes(grid, value):
    """Whether a slider can stand at what a link says, as explore_host.js reads it."""
    if not grid.numbers:
        return value in grid.labels
    try:
        return any(abs(number - float(value)) < 1e-9 for number in grid.numbers)
    except ValueError:
        return False


def linked(text):
    """(page, name, query) of the links to a state in a page's markdown."""
    for found in LINK.finditer(without(text, FENCED, SPAN)):
        yield unquote(found["page"]), found["name"], unescape(found["query"])


def links(pages) -> Iterable[str]:
    """A link `#name?slider=value` or `#name?answer=key` finds what it names.

    `pages` is {name of the page: (what it is made of, [(place, markdown), ...])}, where what it
    is made of is a notebook or None.
    """
    known = {page: declared(nb) if nb else ({}, {}) for page, (nb, _) in pages.items()}
    for page, (_, texts) in pages.items():
        for place, text in texts:
            for target, name, query in linked(text):
                to = re.sub(r"\.(ipynb|md|html)$", "", target.rpartition("/")[2]) or page
                where = f"{page}, {place} links to #{name}?{query}"
                if to not in known:
                    yield f"{where} on the page {to}, which the book does not have: mend the page"
                    continue
                for problem in problems(name, query, to, *known[to]):
                    yield f"{where}, but {problem}"


def problems(name, query, page, explorers, questions):
    asked = parse_qsl(query, keep_blank_values=True)
    if name in questions:
        keys = questions[name]
        for key, value in asked:
            if key != "answer":
                yield f"a question has an answer and no {key}: write {name}?answer=KEY"
            elif keys is not None and value not in keys:
                yield f"the question has no answer {value}; it has {', '.join(sorted(keys))}"
        return
    if name not in explorers:
        yield f"{page} declares no explorer or question of that name: mend the name"
        return
    if (sliders := explorers[name]) is None:
        yield "its sliders cannot be read from the source: write their options as plain values"
        return
    for key, value in asked:
        if key not in sliders:
            yield f"the explorer has no slider {key}; it has {', '.join(sliders)}"
        elif not takes(sliders[key], value):
            stops = ", ".join(sliders[key].labels)
            yield f"its slider {key} never stands at {value}; it has {stops}"
