"""Sphinx extension: the exercises of all chapters, listed on one page.

    ```{exercises}
    mixtures:
      - 5: what swapping the names of the components changes
    ```

gives, in the order of a chapter's exercises, the minutes that one takes and what it trains. Their
names and grades are the chapter's own: it writes each as `**1. Its name** (easy).` under the
heading Exercises, and its page gives each an anchor, `exercise-1`.
"""

import re

import yaml
from docutils import nodes
from left_out import left_out
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective
from static_questions import inline, pages_in_order

GRADES = ["easy", "medium", "hard"]
BEGINS = re.compile(rf"(\d+)\. (.+?) \(({'|'.join(GRADES)})\)\.")


def entries(text):
    """{chapter: [(minutes, what it trains)]}. Raises `ValueError`."""
    found = {}
    for chapter, listed in (yaml.safe_load(text) or {}).items():
        every = listed if isinstance(listed, list) else []
        pairs = [next(iter(one.items())) if isinstance(one, dict) else () for one in every]
        if not pairs or not all(len(p) == 2 and isinstance(p[0], int) and p[1] for p in pairs):
            raise ValueError(f"{chapter} needs a list of minutes and what they train, `- 5: words`")
        found[chapter] = pairs
    return found


def of_chapter(document):
    """[(paragraph, number, name, grade)] of a page."""
    for section in document.findall(nodes.section):
        if section.next_node(nodes.title).astext() != "Exercises":
            continue
        for paragraph in section.findall(nodes.paragraph):
            begins = BEGINS.match(paragraph.astext())
            bold = paragraph.next_node(nodes.strong)
            if begins and bold and bold.astext() == f"{begins[1]}. {begins[2]}":
                yield paragraph, int(begins[1]), begins[2], begins[3]


def give_anchors(app, document):
    for paragraph, number, *_ in of_chapter(document):
        paragraph["ids"].append(f"exercise-{number}")


class exercises_list(nodes.General, nodes.Element):
    """Stands where the list will be, until every chapter was read."""


class Exercises(SphinxDirective):
    has_content = True

    def run(self):
        try:
            return [exercises_list("", entries=entries("\n".join(self.content)))]
        except (ValueError, yaml.YAMLError) as error:
            raise ExtensionError(f"{self.env.docname}: {error}") from None


def listed(app, docname, page, trained):
    """One chapter's exercises as a list, and what they come to: [(grade, minutes)]."""
    found = list(of_chapter(app.env.get_doctree(page)))
    if len(found) != len(trained):
        raise ExtensionError(
            f"{docname}: {page} has {len(found)} exercises, and {len(trained)} are listed"
        )
    items, sums = nodes.bullet_list(), []
    for (_, number, name, grade), (minutes, trains) in zip(found, trained):
        target = f"{app.builder.get_relative_uri(docname, page)}#exercise-{number}"
        words = nodes.paragraph()
        words += nodes.reference("", f"{number}. {name}", internal=True, refuri=target)
        words += inline(f" ({grade}, {minutes} minutes): {trains}")
        items += nodes.list_item("", words)
        sums.append((grade, minutes))
    return items, sums


def fill(app, doctree, docname):
    folder = docname.rpartition("/")[0]
    for place in list(doctree.findall(exercises_list)):
        made, sums, wanted = [], [], dict(place["entries"])
        for page in pages_in_order(app.env):
            trained = wanted.pop(page.removeprefix(f"{folder}/"), [])
            items, of_page = listed(app, docname, page, trained)
            if of_page:
                minutes = sum(minutes for _, minutes in of_page)
                title = f"{app.env.titles[page].astext()} ({hours(minutes)})"
                made += [nodes.rubric("", title), items]
                sums += of_page
        if strange := wanted.keys() - {p.removeprefix(f"{folder}/") for p in left_out(app.env)}:
            raise ExtensionError(f"{docname}: there is no chapter {min(strange)!r}")
        counts = [f"{sum(g == grade for g, _ in sums)} {grade}" for grade in GRADES]
        total = hours(sum(minutes for _, minutes in sums))
        words = f"{len(sums)} exercises, {', '.join(counts)}; {total} in all."
        place.replace_self([nodes.paragraph("", words), *made])


def hours(minutes):
    """How long something takes, in words: minutes, and hours where there are many."""
    return f"{minutes} minutes" if minutes < 300 else f"{minutes / 60:.0f} hours"


def setup(app):
    app.add_node(exercises_list)
    app.add_directive("exercises", Exercises)
    app.connect("doctree-read", give_anchors)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
