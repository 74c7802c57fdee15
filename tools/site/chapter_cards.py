"""Sphinx extension: the directive `chapters` turns a list of links to chapters into cards.

Each item of the list is a link and a sentence, and, after the word "Needs", links to the chapters
that this one builds on. On the page it also has the chapter's number in the table of contents, a
small picture, and how long its words take.
"""

import posixpath
from types import SimpleNamespace

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


def cards(env, doctree, docname):
    """Each card of a page: its list item and link, the chapter, its number, and what it needs."""

    def chapter_of(link):
        target = posixpath.join(posixpath.dirname(docname), link.get("refuri", ""))
        return posixpath.normpath(target).removesuffix(".html")

    for box in doctree.findall(nodes.container):
        if "chapter-cards" not in box["classes"]:
            continue
        for item in box.findall(nodes.list_item):
            links = list(item.findall(nodes.reference))
            chapters = [chapter_of(link) for link in links]
            if not chapters or chapters[0] not in env.found_docs:
                raise ExtensionError(f"{docname}: no link to a chapter in “{item.astext()}”")
            number = env.toc_secnumbers.get(chapters[0], {}).get("")
            yield SimpleNamespace(
                item=item,
                link=links[0],
                chapter=chapters[0],
                number=".".join(map(str, number)) if number else "",
                # what is not in this book is needed, too, but its links lead elsewhere
                needs=[one for one in chapters[1:] if one in env.found_docs],
            )


def fill(app, doctree, docname):
    for card in list(cards(app.env, doctree, docname)):
        if card.number:
            card.link.insert(0, nodes.inline("", f"{card.number}. ", classes=["section-number"]))
        picture = chapter_pictures.picture(card.chapter).svg()
        card.item.insert(0, nodes.raw("", picture, format="html"))
        time = f"{minutes(app.env.get_doctree(card.chapter))} minutes"
        card.item += nodes.paragraph("", time, classes=["reading-time"])


def setup(app):
    app.add_directive("chapters", Chapters)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
