"""The questions that the chapters declare, `predict` and `arrange`, as items of the bank.

They are read from the notebooks that the build has executed (_build/.jupyter_cache), so no
chapter runs for this. A question is answered beside its explorer, so each says where it stands.
"""

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import beliefs
import nbformat
from bank_items import Item, Option
from jupyter_cache import get_cache
from markup import from_plain

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "_build/.jupyter_cache"
STATE = "application/vnd.jupyter.widget-state+json"
# what the page says of the wrong lines, which are not among the lines here
STRAYS = re.compile(r"\w+ lines? do(es)? not belong\.")
VIEW = "application/vnd.jupyter.widget-view+json"


def executed(chapter, cache=CACHE):
    """A chapter as the build executed it. Raises `FileNotFoundError` where it has not yet."""
    path = ROOT / f"book/{chapter}.ipynb"
    source = nbformat.read(path, as_version=4)
    try:
        store = get_cache(cache)
        return store.get_cache_bundle(store.match_cache_notebook(source).pk).nb, source
    except KeyError:
        raise FileNotFoundError(f"{path.name} was not executed yet: run make book first") from None


def questions(chapter, cache=CACHE):
    """[(question, the heading above it)] of a chapter, in their order there."""
    notebook, source = executed(chapter, cache)
    state = notebook.metadata.get("widgets", {}).get(STATE, {}).get("state", {})
    found, heading = [], ""
    outputs = iter([cell for cell in notebook.cells if cell.cell_type == "code"])
    for cell in source.cells:
        if cell.cell_type == "markdown":
            lines = [line for line in cell.source.splitlines() if line.startswith("#")]
            heading = lines[-1].lstrip("# ") if lines else heading
            continue
        for output in next(outputs).get("outputs", []):
            view = output.get("data", {}).get(VIEW)
            if view and "question" in (entry := state[view["model_id"]]["state"]):
                found.append((entry["question"], heading))
    return found


def title(chapter):
    source = json.loads((ROOT / f"book/{chapter}.ipynb").read_text(encoding="utf-8"))
    text = "".join(source["cells"][0]["source"])
    return text.splitlines()[0].lstrip("# ")


def items_of(chapter, cache=CACHE):
    """Every question of a chapter as items: an order gives two, see `from_order`."""
    return [
        item for spec, heading in questions(chapter, cache)
        for item in as_items(spec, chapter, heading)
    ]  # fmt: skip


def as_items(spec, chapter, heading=""):
    believed = beliefs.listed().get(spec["name"])
    about = {
        "name": spec["name"], "chapter": chapter,
        "goal": believed["belief"] if believed else "a question of the book",
        "source": "book", "where": heading,
    }  # fmt: skip
    return {"choice": from_choice, "number": from_number, "order": from_order}[spec["kind"]](
        spec, about
    )


def from_choice(spec, about):
    options = tuple(
        Option(entry["key"], from_plain(entry["text"]), entry["tone"] == "right",
               from_plain(entry["said"]))
        for entry in spec["options"]
    )  # fmt: skip
    because = next(option.said for option in options if option.right)
    return [Item("choice", from_plain(spec["prompt"]), because, options, **about)]


def from_number(spec, about):
    # what is half right on the page is a mistake here: an exam has no second try
    return [Item(
        "numeric", from_plain(spec["prompt"]), from_plain(spec["said"]["right"]),
        answer=spec["answer"], within=spec["within"]["right"], unit=spec["unit"],
        otherwise=from_plain(spec["said"]["not-yet"]), **about,
    )]  # fmt: skip


def from_order(spec, about):
    """The right lines to put in order; and which program works, among those with a wrong line."""
    texts = {line["id"]: line["text"] for line in spec["lines"]}
    prompt, given = from_plain(STRAYS.sub("", spec["prompt"])).strip(), fenced(spec["given"])
    right = [line for line in spec["lines"] if line["why"] is None]
    lines = tuple(Option(line["id"], fenced(line["text"]), True, "") for line in right)
    order = Item(
        "order", f"{prompt}\n\n{given}", from_plain(spec["said"]), lines,
        orders=orders_of(spec), **about,
    )  # fmt: skip

    places = {line["place"]: line["id"] for line in right}
    options = [Option("right", program(texts, spec["order"]), True, from_plain(spec["said"]))]
    for line in spec["lines"]:
        if line["why"] is not None:
            ids = [line["id"] if key == places[line["place"]] else key for key in spec["order"]]
            said = f"`{line['text'].strip()}`: {line['why']}"
            key = f"wrong-{line['id']}"
            options.append(Option(key, program(texts, ids), False, from_plain(said)))
    which = Item(
        "choice", f"Which of these programs is right? The task: “{prompt}”\n\n{given}",
        from_plain(spec["said"]), tuple(options), **about | {"name": f"{spec['name']}-lines"},
    )  # fmt: skip
    return [order, which]


def order(question):
    """What `gmmlib.explore.arrange` made, every order of its lines run, as an item of the bank."""
    item = from_order(question.question, {})[0]
    again = item.key if len(item.orders) == question.question["works"] else None
    return replace(item, again=again)


def orders_of(spec):
    """Every order of the right lines that keeps to what must come after what; the first first."""
    after = [(line, needed) for line, needed, _ in spec["after"]]
    found = [
        order for order in itertools.permutations(spec["order"])
        if all(order.index(needed) < order.index(line) for line, needed in after)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda order: order != tuple(spec["order"])))


def program(texts, ids):
    return fenced("\n".join(texts[key] for key in ids))


def fenced(code):
    return f"```\n{code}\n```" if code.strip() else ""
