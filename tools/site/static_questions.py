"""Sphinx extension: questions on pages without Jupyter, and the page with their answers.

A reader without JavaScript gets a question's words and its options. The directive

    ```{answers}
    ```

lists the answers to all questions of the book, chapter by chapter.
"""

import json
import re
from html import escape

import beliefs
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from gmmlib.explore.questions import TONES

STATE = "application/vnd.jupyter.widget-state+json"
VIEW = re.compile(
    r'<script type="application/vnd.jupyter.widget-view\+json">(?P<json>.*?)</script>', re.DOTALL
)


# ---- in the page -----------------------------------------------------------------------------


def without_javascript(question):
    """A question in plain HTML: its words and its options, or its lines."""
    kind = question["kind"]
    body = f"<p><strong>{_html(question['prompt'])}</strong></p>"
    if kind == "choice":
        items = "".join(f"<li>{_html(option['text'])}</li>" for option in question["options"])
        body += f"<ul>{items}</ul>"
    elif kind == "number":
        body += f"<p>Your number: ______ {_html(question['unit'])}</p>"
    else:
        if question["given"]:
            body += f"<p>Given:</p><pre>{escape(question['given'])}</pre>"
        lines = (f"<li><code>{escape(line['text'])}</code></li>" for line in question["lines"])
        body += f'<ol type="a" style="white-space: pre-wrap">{"".join(lines)}</ol>'
    return f'<div class="gx-question" id="{escape(question["name"])}">{body}</div>'


def _html(text):
    parts = enumerate(text.split("`"))
    return "".join(f"<code>{escape(part)}</code>" if i % 2 else escape(part) for i, part in parts)


# ---- the page of answers ---------------------------------------------------------------------


class answers_list(nodes.General, nodes.Element):
    """Stands where the answers will be, until every chapter was read."""


class Answers(SphinxDirective):
    def run(self):
        return [answers_list()]


def widgets_on(env, docname):
    """The widgets of one page that are questions, in their order there: [(id, widget)]."""
    state = {}
    for _, options in getattr(env, "nb_metadata", {}).get(docname, {}).get("js_files", {}).values():
        if options.get("type") == STATE:
            state = json.loads(options["body"])["state"]
    found = []
    if any("question" in entry["state"] for entry in state.values()):
        for raw in env.get_doctree(docname).findall(nodes.raw):
            for view in VIEW.finditer(raw.astext()):
                key = json.loads(view["json"])["model_id"]
                if "question" in state[key]["state"]:
                    found.append((key, state[key]))
    return found


def questions_on(env, docname):
    return [widget["state"]["question"] for _, widget in widgets_on(env, docname)]


def pages_in_order(env):
    """Every page of the book, as the table of contents has them."""
    found, waiting = [], [env.config.root_doc]
    while waiting:
        docname = waiting.pop(0)
        if docname not in found:
            found.append(docname)
            waiting = list(env.toctree_includes.get(docname, [])) + waiting
    return found


def check_names(app, env):
    """A question's name is an address: no two of the book share one."""
    seen = {}
    for docname in pages_in_order(env):
        for name in [question["name"] for question in questions_on(env, docname)]:
            if name in seen:
                raise ExtensionError(f"question {name!r} is on {seen[name]} and on {docname}")
            seen[name] = docname


def answer_of(question):
    """What the answers say of one question: paragraphs, code and lists."""
    kind, parts = question["kind"], []
    if kind == "choice":
        items = [
            (f"“{option['text']}” {TONES[option['tone']]} {option['said']}", option["tone"])
            for option in question["options"]
        ]
        items.sort(key=lambda item: list(TONES).index(item[1]))
        parts.append(_bullets(text for text, _ in items))
    elif kind == "number":
        unit = f" {question['unit']}" if question["unit"] else ""
        words = f"{question['shown']}{unit}. {question['said']['right']}"
        parts.append(nodes.paragraph("", "", *inline(words)))
    else:
        texts = {line["id"]: line["text"] for line in question["lines"]}
        program = "\n".join(texts[key] for key in question["order"])
        parts.append(nodes.literal_block(program, program, language="python"))
        orders = "" if question["works"] == 1 else f" {question['works']} orders are right."
        parts.append(nodes.paragraph("", "", *inline(question["said"] + orders)))
        wrong = [line for line in question["lines"] if line["why"] is not None]
        parts.append(_bullets(f"`{line['text'].strip()}`: {line['why']}" for line in wrong))
    return parts


def _bullets(texts):
    items = [nodes.list_item("", nodes.paragraph("", "", *inline(text))) for text in texts]
    return nodes.bullet_list("", *items)


def inline(text):
    parts = [part for part in enumerate(text.split("`")) if part[1]]
    return [nodes.literal(p, p) if i % 2 else nodes.Text(p) for i, p in parts]


def fill(app, doctree, docname):
    for place in list(doctree.findall(answers_list)):
        made = []
        for page in pages_in_order(app.env):
            if not (questions := questions_on(app.env, page)):
                continue
            made.append(nodes.rubric("", app.env.titles[page].astext()))
            for question in questions:
                target = f"{app.builder.get_relative_uri(docname, page)}#{question['name']}"
                link = nodes.reference("", "", internal=True, refuri=target)
                link += nodes.strong("", "", *inline(question["prompt"]))
                made += [nodes.paragraph("", "", link), *answer_of(question)]
                if believed := beliefs.listed().get(question["name"]):
                    words = f"It looks for the belief that {believed['belief']}."
                    made.append(nodes.paragraph("", "", nodes.emphasis("", "", *inline(words))))
        place.replace_self(made or [nodes.paragraph("", "There are no questions yet.")])


def setup(app):
    app.add_node(answers_list)
    app.add_directive("answers", Answers)
    app.connect("env-check-consistency", check_names)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
