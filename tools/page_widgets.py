"""The widgets of a built page: in a script beside it, so that its words need not wait for them.

A page's explorers may weigh more than all its text. A browser that reads the page from the top
would have them before the last paragraph; a script that waits comes when the page is shown, and,
other than a file of data, from the disk too.
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
