"""Sphinx extension: questions of the chapters on one page, as a test of ideas.

    ```{questions}
    one-hump:
      given: The two bells have equal weights.
      belief: a density with one hump was made by one bell
    ```

names the questions: the belief that each looks for (after "the belief that"), and what must be said
to whoever comes without the chapter. The page shows the very questions that the chapters declare,
in the book's order; each leads to its chapter, and to the state that decides it there. Its answers
are kept apart from the chapter's, in two sittings (assets/question_host.js).
"""

import json
from copy import deepcopy
from html import escape

import yaml
from beliefs import entries
from docutils import nodes
from left_out import left_out
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from static_questions import STATE, inline, pages_in_order, widgets_on

SITTING = "before"  # the one that a page begins with
# each in a box of its own, as a chapter's output cells are
VIEW = (
    '<div class="gx-asked"><script type="application/vnd.jupyter.widget-view+json">'
    '{{"model_id": "{}"}}</script></div>'
)


class questions_list(nodes.General, nodes.Element):
    """Stands where the questions will be, until every chapter was read."""


class Questions(SphinxDirective):
    has_content = True

    def run(self):
        try:
            return [questions_list("", entries=entries("\n".join(self.content)))]
        except (ValueError, yaml.YAMLError) as error:
            raise ExtensionError(f"{self.env.docname}: {error}") from None


def asked(env, docname, wanted):
    """[(page, [(id of a question's widget, the widget)])], in the order of the book."""
    pages = [(page, widgets_on(env, page)) for page in pages_in_order(env)]
    found = [
        (page, [w for w in widgets if w[1]["state"]["question"]["name"] in wanted])
        for page, widgets in pages
    ]
    there = {w["state"]["question"]["name"] for _, widgets in found for _, w in widgets}
    strange = [name for name in wanted if name not in there]
    if strange and not left_out(env):  # else it is in a chapter that is not in this book
        raise ExtensionError(f"{docname}: no chapter has the question {strange[0]!r}")
    return [(page, widgets) for page, widgets in found if widgets]


def looks_for(entry, question, page):
    """The fold under a question: what it looks for, and where that is decided."""
    links = [(f"{page}#{question['name']}", "where the chapter asks it")]
    if question["explorer"]:
        links.append((f"{page}{question['explorer']['link']}", "the state that decides it"))
    words = nodes.paragraph("", "", *inline(f"The belief that {entry['belief']}. See "))
    for i, (uri, said) in enumerate(links):
        words += nodes.Text(", and " if i else "")
        words += nodes.reference("", said, internal=True, refuri=uri)
    words += nodes.Text(".")
    opened = '<details class="gx-looks-for no-print"><summary>What it looks for</summary>'
    return [nodes.raw("", opened, format="html"), words, nodes.raw("", "</details>", format="html")]


def fill(app, doctree, docname):
    for place in list(doctree.findall(questions_list)):
        wanted, made = (
            place["entries"],
            [nodes.raw("", '<div class="gx-sitting"></div>', format="html")],
        )
        for page, widgets in asked(app.env, docname, wanted):
            address = app.builder.get_relative_uri(docname, page)
            title = nodes.reference("", "", internal=True, refuri=address)
            title += nodes.Text(app.env.titles[page].astext())
            made.append(nodes.rubric("", "", title))
            for key, widget in widgets:
                question = widget["state"]["question"]
                entry = wanted[question["name"]]
                if entry["given"]:
                    made.append(nodes.paragraph("", "", *inline(entry["given"])))
                made.append(nodes.raw("", VIEW.format(escape(key)), format="html"))
                made += looks_for(entry, question, address)
        place.replace_self(made)


def bring_widgets(app, pagename, templatename, context, doctree):
    """The page has the state of the questions' widgets, as their chapters have."""
    source = app.env.get_doctree(pagename) if pagename in app.env.found_docs else None
    for place in source.findall(questions_list) if source else ():
        state = {}
        for page, widgets in asked(app.env, pagename, place["entries"]):
            for key, widget in deepcopy(widgets):
                widget["state"]["sitting"] = SITTING
                if explorer := widget["state"]["question"]["explorer"]:
                    explorer["link"] = (
                        app.builder.get_relative_uri(pagename, page) + explorer["link"]
                    )
                state[key] = widget
        body = json.dumps({"version_major": 2, "version_minor": 0, "state": state})
        app.add_js_file(None, type=STATE, body=body)
        for name, options in app.config.nb_ipywidgets_js.items():
            app.add_js_file(name, **options)


def setup(app):
    app.add_node(questions_list)
    app.add_directive("questions", Questions)
    app.connect("doctree-resolved", fill)
    app.connect("html-page-context", bring_widgets)  # before static_widgets, which takes them up
    return {"parallel_read_safe": True, "parallel_write_safe": True}
