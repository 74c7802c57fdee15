"""Sphinx extension: the directive `playground`, where real gmmlib runs on the reader's points.

    :::{playground}
    What a reader sees who has this page as a notebook.
    :::

On the page it becomes a card that says what Start will fetch and how large it is. What is behind
Start is assets/playground.js (what is seen), assets/playground_engine.js (Python in a worker), and
the files that `playground_files` lists. Pages without this directive load none of them.
"""

import json
import shutil
from html import escape
from pathlib import Path

import playground_files
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

FRONT_END = Path(__file__).parents[2] / "gmmlib/explore/explorer.js"


class playground(nodes.General, nodes.Element):
    """Stands where the card will be, until the files behind Start are known."""


class Playground(SphinxDirective):
    has_content = True

    def run(self):
        return [playground()]


def megabytes(count):
    """1234567 as "1.2 MB"; what is less than a tenth of that, in two digits."""
    return f"{count / 1e6:.{1 if count >= 1e5 else 2}f} MB"


def card(manifest, base):
    """The card as HTML.

    manifest: what `playground_files.manifest` returns. base: the way to the site's root.
    """
    rows = "".join(
        f"<tr><td>{escape(file['what'])}</td><td><code>{escape(file['name'])}</code></td>"
        f"<td>{megabytes(file['bytes'])}</td></tr>"
        for file in manifest["files"]
    )
    said = (
        f"<p>Start fetches <strong>{megabytes(manifest['bytes'])}</strong> from "
        f"{escape(manifest['from'])} ({megabytes(manifest['size'])} where it does not compress): "
        f"{escape(manifest['title'])}, NumPy, and this book’s gmmlib. "
        "Your browser keeps them, so the next time nothing is fetched. "
        "<strong>Your data stay on this machine</strong>: the page has no server to send them "
        "to, and once Start is done you can switch the network off and go on.</p>"
    )
    listed = (
        '<details class="pg-files"><summary>What is fetched, file by file</summary>'
        '<table><thead><tr><th scope="col">What</th><th scope="col">File</th>'
        f'<th scope="col">Size</th></tr></thead><tbody>{rows}</tbody></table></details>'
    )
    document = json.dumps(manifest).replace("</", "<\\/")
    return (
        f'<div class="pg-card no-print" id="playground" data-base="{base}">{said}'
        '<button type="button" class="pg-start-button" disabled>Start</button>'
        '<p class="pg-start-note" role="alert"></p>'
        "<noscript><p>Start needs JavaScript, in a browser of 2023 or later.</p></noscript>"
        f"{listed}</div>"
        f'<script type="application/json" id="playground-manifest">{document}</script>'
    )


def place(app, doctree, docname):
    """Put the card into the page."""
    for stand_in in list(doctree.findall(playground)):
        html = card(playground_files.manifest(app), "../" * docname.count("/"))
        stand_in.replace_self(nodes.raw("", html, format="html"))


def own_files(app, pagename, templatename, context, doctree):
    """Only this page loads what it needs."""
    if 'id="playground"' in context.get("body", ""):
        app.add_css_file("playground.css")
        app.add_js_file("playground_engine.js", defer="defer")
        app.add_js_file("playground.js", defer="defer")


def front_end(app, exception):
    """The explorers' front end as a file: playground_drawing.js draws with it."""
    if exception is None and app.builder.format == "html":
        shutil.copy(FRONT_END, Path(app.outdir) / "_static")


def setup(app):
    app.setup_extension("playground_files")
    app.add_node(playground)
    app.add_directive("playground", Playground)
    app.connect("doctree-resolved", place)
    app.connect("html-page-context", own_files, priority=400)
    app.connect("build-finished", front_end)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
