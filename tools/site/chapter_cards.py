"""Sphinx extension: the directive `chapters` turns a list of links to chapters into cards.

Each item of the list is a link and a sentence, and reads as that in Jupyter. On the page it also
has the chapter's number in the table of contents, a small picture, and how long its words take.
"""

import posixpath

import chapter_pictures
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.errors import ExtensionError

WORDS_A_MINUTE = 150  # prose between formulas; ordinary prose is read at 200 and more
NOT_PROSE = (nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, nodes.comment)


class Chapters(Directive):
    has_content = True

    def run(self):
        box = nodes.container(classes=["chapter-cards"])
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


def words(document):
    """How many words of prose a chapter has: without code, outputs and formulas."""

    def prose(node):
        if isinstance(node, NOT_PROSE) or "cell_output" in node.get("classes", []):
            return 0
        inside = (child for child in node.children if isinstance(child, nodes.Element))
        here = (len(child.split()) for child in node.children if isinstance(child, nodes.Text))
        return sum(here) + sum(map(prose, inside))

    return prose(document)


def minutes(document):
    return max(1, round(words(document) / WORDS_A_MINUTE))


def fill(app, doctree, docname):
    for box in doctree.findall(nodes.container):
        if "chapter-cards" not in box["classes"]:
            continue
        for item in box.findall(nodes.list_item):
            link = next(item.findall(nodes.reference), None)
            target = posixpath.join(posixpath.dirname(docname), (link or {}).get("refuri", ""))
            chapter = posixpath.normpath(target).removesuffix(".html")
            if chapter not in app.env.found_docs:
                raise ExtensionError(f"{docname}: no link to a chapter in “{item.astext()}”")
            number = app.env.toc_secnumbers.get(chapter, {}).get("")
            if number:
                label = ".".join(map(str, number)) + ". "
                link.insert(0, nodes.inline("", label, classes=["section-number"]))
            item.insert(0, nodes.raw("", chapter_pictures.picture(chapter).svg(), format="html"))
            time = f"{minutes(app.env.get_doctree(chapter))} minutes"
            item += nodes.paragraph("", time, classes=["reading-time"])


def setup(app):
    app.add_directive("chapters", Chapters)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
