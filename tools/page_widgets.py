"""The widgets of a built page: in a script beside it, so that its words need not wait for them.

A page's explorers may weigh more than all its text. The page names the script, and the host
(assets/explore_host.js) asks for it when the words are shown. A script comes from the disk too, as
no file of data would.
"""

import json

SUFFIX = ".widgets.js"
BEGINNING, END = "(globalThis.pageWidgets ??= []).push(", ");\n"


def script_of(page):
    """Where the widgets of a page are: beside it, under its name."""
    return page.with_suffix(SUFFIX)


def script(states):
    """A script that tells the page what the texts of its states say."""
    return "".join(f"{BEGINNING}{text.strip()}{END}" for text in states)


def on(page):
    """{widget's id: {"model_name", "state", ...}} of a built page; {} where it has none."""
    path = script_of(page)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = text.removeprefix(BEGINNING).removesuffix(END).split(END + BEGINNING) if text else []
    return {key: entry for one in found for key, entry in json.loads(one)["state"].items()}
