"""Sphinx extension: the directive `chapter-map` draws which chapter needs which.

    :::{chapter-map}
    What a reader sees who has this page as Markdown.
    :::

The arrows are the links after "Needs" on the cards of the same page (chapter_cards.py), and dagre
finds the places. Two drawings stand on the page, with names and with numbers alone, and the style
sheet shows the one that there is room for. Below it the reader may choose a chapter: the way there
is all that it needs, and what that needs (assets/chapter_map.js).
"""

import json
import re
from html import escape
from itertools import pairwise
from pathlib import Path
from subprocess import run
from textwrap import wrap

import chapter_cards
from built_math import NODE
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.errors import ExtensionError

PLACES = Path(__file__).with_suffix(".cjs")
NAMES = {"kind": "with-names", "box": (86, 66), "apart": (4, 44)}
NUMBERS = {"kind": "with-numbers", "box": (38, 38), "apart": (8, 40)}
LINE, LETTERS = 15, 11  # the height of a line of a name, and how many letters it takes


class chapter_map(nodes.General, nodes.Element):
    """Stands where the map will be, until every chapter was read."""


class ChapterMap(Directive):
    has_content = True

    def run(self):
        return [chapter_map()]


def way_to(chapter, needs):
    """All that a chapter needs, and what that needs, in the order of the book.

    needs: {chapter: [those it needs itself]}, in the order of the book.
    """
    found = set()
    wanted = list(needs[chapter])
    while wanted:
        one = wanted.pop()
        if one not in found:
            found.add(one)
            wanted += needs[one]
    return [one for one in needs if one in found]


def refuse_faults(needs, docname):
    """A chapter needs chapters before it, and none that comes with another that it needs."""
    order = list(needs)
    for chapter, direct in needs.items():
        for one in direct:
            if order.index(one) >= order.index(chapter):
                raise ExtensionError(f"{docname}: {chapter} needs {one}, which comes after it")
            by_way = [other for other in direct if one in way_to(other, needs)]
            if by_way:
                raise ExtensionError(
                    f"{docname}: {chapter} need not name {one}, since {by_way[0]} needs it"
                )


def short(title):
    """A chapter's title up to the first sign of a longer thought: "Galaxies"."""
    return re.split(r"[:,?]", title)[0]


def drawing(chapters, needs, kind, box, apart):
    """An SVG of the map.

    chapters: {docname: (number, title, address)}. needs: {docname: [docnames]}.
    """
    edges = [[one, chapter] for chapter, direct in needs.items() for one in direct]
    graph = {"nodes": dict.fromkeys(chapters, box), "edges": edges, "apart": apart}
    done = run([NODE, PLACES], input=json.dumps(graph), text=True, capture_output=True)
    if done.returncode:
        raise ExtensionError(f"chapter_map: {done.stderr}")
    places = json.loads(done.stdout)
    shapes = [arrow(one, chapter, points, kind) for one, chapter, points in lines(places, box)]
    for name, (number, title, address) in chapters.items():
        shapes.append(node(name, number, title, address, places["nodes"][name], box, kind))
    shown = kind if kind == "with-names" else f"{kind} no-print"
    return (
        f'<svg class="{shown}" viewBox="0 0 {places["width"]:.0f} {places["height"]:.0f}" '
        f'style="max-width: {places["width"]:.0f}px" role="group" '
        'aria-label="Which chapter needs which">'
        f'<defs><marker id="head-{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z"/>'
        "</marker></defs>"
        f"{''.join(shapes)}</svg>"
    )


def lines(places, box):
    """[(chapter, one that needs it, points)]: each arrow leaves below a box and ends above one.

    The arrows of a box stand side by side, in the order of where they lead, so none crosses
    another there.
    """
    width, height = box
    # a line over several ranks passes straight between the boxes of each; dagre has a point
    # between two ranks besides
    bends = {
        (one, chapter): [(x, y + side * height / 2) for x, y in points[2:-2:2] for side in (-1, 1)]
        for one, chapter, points in places["edges"]
    }

    def port(name, others, other, side):
        x, y = places["nodes"][name]
        others = sorted(others, key=lambda pair: pair[1])
        at = [one for one, _ in others].index(other)
        across = (at + 1) / (len(others) + 1) - 0.5
        return x + 0.8 * width * across, y + side * height / 2

    found = []
    for one, chapter in bends:
        first = {c: [*bends[o, c], places["nodes"][c]][0][0] for o, c in bends if o == one}
        last = {o: [places["nodes"][o], *bends[o, c]][-1][0] for o, c in bends if c == chapter}
        start = port(one, first.items(), chapter, 1)
        end = port(chapter, last.items(), one, -1)
        found.append((one, chapter, [start, *bends[one, chapter], end]))
    return found


def arrow(one, chapter, points, kind):
    """A line through the points that is upright at each of them."""
    (x, y), *_ = points
    path = f"M{x:.1f} {y:.1f}"
    for (a, b), (c, d) in pairwise(points):
        middle = (b + d) / 2
        path += f"C{a:.1f} {middle:.1f} {c:.1f} {middle:.1f} {c:.1f} {d:.1f}"
    return (
        f'<path class="arrow" data-from="{one}" data-to="{chapter}" d="{path}" '
        f'marker-end="url(#head-{kind})"/>'
    )


def node(name, number, title, address, place, box, kind):
    (x, y), (width, height) = place, box
    lines = [str(number)]
    if kind == "with-names":
        first, *rest = wrap(f"{number}. {short(title)}", LETTERS)
        lines = [first, *rest]
    top = y - LINE * (len(lines) - 1) / 2
    words = " ".join(
        f'<tspan x="{x:.1f}" y="{top + LINE * i:.1f}">{escape(line)}</tspan>'
        for i, line in enumerate(lines)
    )
    return (
        f'<a href="{address}" data-chapter="{name}" aria-label="{number}. {escape(title)}">'
        f'<rect x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" width="{width}" '
        f'height="{height}" rx="8"/><text text-anchor="middle" dominant-baseline="central">'
        f"{words}</text></a>"
    )


def choices(chapters, needs, minutes):
    """The list to choose a chapter from; each entry has its way, and says it."""
    options = ['<option value="">all chapters</option>']
    for name, (number, title, _) in chapters.items():
        way = way_to(name, needs)
        numbers = ", ".join(str(chapters[one][0]) for one in way)
        time = f"{sum(minutes[one] for one in [*way, name])} minutes for the words"
        says = f"Before chapter {number}: {numbers}. With it, {time}."
        if not way:
            says = f"Chapter {number} needs no other: {time}."
        options.append(
            f'<option value="{name}" data-way="{" ".join(way)}" data-says="{says}">'
            f"{number}. {escape(title)}</option>"
        )
    return (
        '<p class="chapter-way no-print" hidden><label>I want to read '
        f'<select>{"".join(options)}</select></label></p><p class="chapter-way-said" '
        'role="status"></p>'
    )


def place(app, doctree, docname):
    for stand_in in list(doctree.findall(chapter_map)):
        cards = list(chapter_cards.cards(app.env, doctree, docname))
        chapters, needs, minutes = {}, {}, {}
        for card in cards:
            address = app.builder.get_relative_uri(docname, card.chapter)
            title = app.env.titles[card.chapter].astext()
            chapters[card.chapter] = card.number, title, address
            needs[card.chapter] = card.needs
            minutes[card.chapter] = chapter_cards.minutes(app.env.get_doctree(card.chapter))
        refuse_faults(needs, docname)
        drawn = "".join(drawing(chapters, needs, **how) for how in (NAMES, NUMBERS))
        html = f'<div class="chapter-map">{drawn}{choices(chapters, needs, minutes)}</div>'
        stand_in.replace_self(nodes.raw("", html, format="html"))


def own_files(app, pagename, templatename, context, doctree):
    if doctree and 'class="chapter-map"' in context.get("body", ""):
        app.add_js_file("chapter_map.js", defer="defer")


def setup(app):
    app.add_node(chapter_map)
    app.add_directive("chapter-map", ChapterMap)
    # before the cards get their numbers
    app.connect("doctree-resolved", place, priority=400)
    app.connect("html-page-context", own_files, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
