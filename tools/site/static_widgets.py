"""Sphinx extension: explorers on pages without Jupyter.

myst-nb writes the state of a notebook's widgets into its page, and assets/explore_host.js
brings it to life there. This extension fails the build if a page has a widget that the host does
not know, and gives each explorer a picture, which the host replaces if it can: it stays for
readers without JavaScript, with an old browser, or behind a host that forbids scripts.
"""

import base64
import json
import re
import struct
from html import escape
from pathlib import Path

import static_questions
from sphinx.errors import ExtensionError
from static_questions import STATE, VIEW

KNOWN = {
    "AnyModel",
    "DescriptionStyleModel",
    "DirectionalLinkModel",
    "DropdownModel",
    "FloatSliderModel",
    "IntSliderModel",
    "LayoutModel",
    "LinkModel",
    "PlayModel",
    "SelectionSliderModel",
    "SliderStyleModel",
    "VBoxModel",
}


def unknown_widgets(state):
    """The names of the widget types in a page's state that the host cannot show, sorted."""
    return sorted({entry["model_name"] for entry in state.values()} - KNOWN)


def place_of(unknown, state, body):
    """Which cell of a page shows an unknown widget: its number among the widgets, its section."""
    for number, view in enumerate(VIEW.finditer(body), start=1):
        waiting, seen = [json.loads(view["json"])["model_id"]], set()
        while waiting:
            key = waiting.pop()
            if key in seen or key not in state:
                continue
            seen.add(key)
            waiting += re.findall(r"IPY_MODEL_(\w+)", json.dumps(state[key]["state"]))
        if any(state[key]["model_name"] in unknown for key in seen):
            headings = re.findall(r"<h\d>(.*?)<a", body[: view.start()], re.DOTALL)
            section = f" (section “{headings[-1].strip()}”)" if headings else ""
            return f"widget cell {number}{section}"
    return "a widget that no cell shows"


def take_pictures(state):
    """Remove the pictures from the state, and return them: {id of the view: PNG bytes}."""
    return {
        key: base64.b64decode(entry["state"].pop("picture"))
        for key, entry in state.items()
        if "picture" in entry["state"]
    }


def share_front_end(state):
    """Every explorer, and every question, brings one script: the first of a page keeps it."""
    seen = set()
    for view in (entry["state"] for entry in state.values() if "_esm" in entry["state"]):
        if view["_esm"] in seen:
            del view["_esm"], view["_css"]
        else:
            seen.add(view["_esm"])


def picture_of(box, state, pictures):
    """The id of the view in an explorer's box."""
    children = (child.removeprefix("IPY_MODEL_") for child in state[box]["state"]["children"])
    return next(child for child in children if child in pictures)


def ids_of(spec):
    """The ids that an explorer takes on its page: its own, and one a slider."""
    return [spec["name"], *(f"{spec['name']}-{slider['name']}" for slider in spec["sliders"])]


def still(spec, source, picture):
    """The picture of an explorer at rest, what it says there, and why nothing moves."""
    width, height = struct.unpack(">II", picture[16:24])  # where a PNG says its size
    alt = escape(f"The explorer {spec['name']} with its sliders at rest")
    room = f"--sliders:{len(spec['sliders'])};--panels:{len(spec['panels'])}"
    return (
        f'<figure class="gx-still" id="{spec["name"]}" style="{room}">'
        f'<img src="{source}" alt="{alt}" '
        f'width="{width}" height="{height}" loading="lazy"><figcaption>{escape(spec["said"])} '
        '<span class="gx-why">The sliders cannot run here: they need JavaScript, in a browser '
        "of 2023 or later.</span></figcaption></figure>"
    )


def static_page(app, pagename, templatename, context, doctree):
    for script in context.get("script_files", []):
        attributes = getattr(script, "attributes", {})
        if attributes.get("type") != STATE:
            continue
        document = json.loads(attributes["body"])
        state = document["state"]
        if unknown := unknown_widgets(state):
            place = place_of(unknown, state, context.get("body", ""))
            raise ExtensionError(
                f"{pagename}, {place}: the static page cannot show {', '.join(unknown)}; "
                f"explore_host.js knows {', '.join(sorted(KNOWN))}"
            )
        pictures = take_pictures(state)
        share_front_end(state)
        folder = Path(app.outdir) / "_images"
        folder.mkdir(exist_ok=True)
        root = "../" * pagename.count("/")
        taken = re.findall(r'\sid="(.*?)"', context.get("body", ""))

        def with_picture(
            match, state=state, pictures=pictures, folder=folder, root=root, taken=taken
        ):
            box = json.loads(match["json"])["model_id"]
            if question := state.get(box, {"state": {}})["state"].get("question"):
                words = static_questions.without_javascript(question)
                return f"{match[0]}<noscript>{words}</noscript>"
            if box not in state or "children" not in state[box]["state"]:
                raise ExtensionError(f"{pagename}: a widget stands alone: only explorers can")
            view = picture_of(box, state, pictures)
            spec = state[view]["state"]["spec"]
            for name in ids_of(spec):
                if name in taken:
                    raise ExtensionError(
                        f"{pagename}: the explorer {spec['name']} needs the id {name!r}, which "
                        "another explorer or a heading has: give it another name"
                    )
                taken.append(name)
            file = f"explorer-{spec['name']}.png"
            (folder / file).write_bytes(pictures[view])
            return match[0] + still(spec, f"{root}_images/{file}", pictures[view])

        context["body"] = VIEW.sub(with_picture, context["body"])
        body = json.dumps(document, separators=(",", ":")).replace("</", "<\\/")
        attributes["body"] = body


def setup(app):
    app.connect("html-page-context", static_page, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
