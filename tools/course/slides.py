"""Make the lectures' notebooks into reveal.js pages that need no network.

python tools/course/slides.py course/slides/*.ipynb

Run after the book is built and the notebooks were executed (make slides does both). The slides are
the standard ones of a notebook: `slideshow.slide_type` is slide, subslide, fragment, notes or skip.
A subslide belongs to the longer lecture only: its page shows it if the address says `?long`. The
first cell of a slide says how long it takes, `"gmm": {"minutes": 3}`. A cell tagged `right` stands
in a column of its own; `hide-input` and `remove-cell` mean what they mean in the chapters.

What the book has is not drawn anew. In a cell of text

    ```{explorer} half-steps?guess=1 and 0&half=12 M
    ```{question} right-order
    ```{figure} Contour map of the log-likelihood

take an explorer (in a state), a question, or the one figure whose description begins so, as they
are on the built page: the same numbers, the same host, alive.
"""

import copy
import html
import json
import os
import re
import shutil
import sys
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import parse_qsl

import nbformat
import yaml
from jupyter_cache import get_cache
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "site")]

import built_math  # noqa: E402
import execute  # noqa: E402
import figures  # noqa: E402
import page_widgets  # noqa: E402
import toc  # noqa: E402
from static_questions import STATE  # noqa: E402

SITE, OUT, NODE = Path("_build/html"), Path("_build/slides"), Path("node_modules/reveal.js")
LENGTHS = {"short": 50, "long": 80}  # minutes: without and with the subslides
REFERENCE = "IPY_MODEL_"
# from the built site: what its pages load for figures, code, mathematics and explorers
SHARED = (
    "katex", "colors.css", "figures.css", "pygments.css", "explore_host.css", "explore_host.js",
    "question_host.css", "question_host.js", "logo.svg",
)  # fmt: skip


class SlideError(ValueError):
    """What is wrong with a lecture, and on which slide."""


# ---- what the built book has -------------------------------------------------------------------


class Page:
    """A built chapter: its widgets and its figures."""

    def __init__(self, path):
        self.path, self.name = path, path.stem
        self.text = path.read_text(encoding="utf-8")

    @cached_property
    def state(self):
        return page_widgets.on(self.path)

    @cached_property
    def figures(self):
        """{description: the figure's SVG}"""
        drawn = re.findall(r'<svg class="printed".*?</svg>', self.text, re.S)
        return {html.unescape(re.search(r'aria-label="(.*?)"', svg)[1]): svg for svg in drawn}

    def front_end(self, kind):
        """The script and the style of the explorers ("spec") or questions ("question") here."""
        states = (entry["state"] for entry in self.state.values() if kind in entry["state"])
        return next((s["_esm"], s["_css"]) for s in states if "_esm" in s)


@cache
def book():
    pages = [Page(path) for path in sorted((SITE / "book").glob("*.html"))]
    if not pages:
        raise SlideError(f"{SITE} has no chapters: run make book first")
    return pages


def named(kind, name):
    """The page and the widget id of an explorer ("spec") or of a question ("question")."""
    known = []
    for page in book():
        for key, entry in page.state.items():
            if kind in entry["state"]:
                known.append(entry["state"][kind]["name"])
                if known[-1] == name:
                    return page, key
    raise SlideError(f"the book has no {name!r}; it has {', '.join(sorted(known))}")


def figure(beginning):
    """The figure of the book whose description begins so."""
    found = {
        alt: svg for p in book() for alt, svg in p.figures.items() if alt.startswith(beginning)
    }
    if len(found) != 1:
        every = "\n  ".join(found or [alt for page in book() for alt in page.figures])
        raise SlideError(f"{len(found)} figures begin with {beginning!r}, not 1:\n  {every}")
    return next(iter(found.values()))


def needed(start, state):
    """The ids of everything that a widget refers to, itself first."""
    found, waiting = [], [start]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.append(key)
            waiting += re.findall(REFERENCE + r"(\w+)", json.dumps(state[key]["state"]))
    return found


def position(slider, value):
    """Where a slider stands at a value, read as explore_host.js reads an address."""
    if slider["numeric"]:
        close = [i for i, v in enumerate(slider["values"]) if abs(v - float(value)) < 1e-9]
        if close:
            return close[0]
    elif value in slider["labels"]:
        return slider["labels"].index(value)
    raise SlideError(
        f"the slider {slider['name']} never stands at {value!r}; "
        f"it has {', '.join(slider['labels'])}"
    )


class Widgets:
    """The widgets of one lecture: taken from the book's pages, set to the states asked for."""

    def __init__(self):
        self.state, self.count = {}, {}

    def explorer(self, name, query):
        """Add an explorer; returns (its name here, the id of its box, its panels).

        A second one of a name is a copy with a name of its own.
        """
        page, view = named("spec", name)
        box = next(
            key for key, entry in page.state.items()
            if REFERENCE + view in entry["state"].get("children", ())
        )  # fmt: skip
        inside = needed(box, page.state)
        links = [
            key for key, entry in page.state.items()
            if entry["model_name"].endswith("LinkModel")
            and entry["state"]["target"][0].removeprefix(REFERENCE) in inside
            and entry["state"]["source"][0].removeprefix(REFERENCE) in inside
        ]  # fmt: skip
        taken = copy.deepcopy({key: page.state[key] for key in [*inside, *links]})
        self.set_to(query, taken, box, view)
        number = self.count[name] = self.count.get(name, 0) + 1
        suffix = f"-{number}" if number > 1 else ""
        spec = taken[view]["state"]["spec"]
        spec["name"] += suffix
        mark = suffix.replace("-", "x")  # an id has no hyphen
        self._add(taken, "spec", page, mark)
        return spec["name"], box + mark, spec["panels"]

    @staticmethod
    def set_to(query, taken, box, view):
        """Put the sliders, and what is linked to them, into a state, which is then their rest."""
        spec = taken[view]["state"]["spec"]
        children = [c.removeprefix(REFERENCE) for c in taken[box]["state"]["children"]]
        for key, value in parse_qsl(query, keep_blank_values=True):
            at = next((i for i, s in enumerate(spec["sliders"]) if s["name"] == key), None)
            if at is None:
                raise SlideError(f"the explorer {spec['name']} has no slider {key}")
            slider = spec["sliders"][at]
            slider["rest"] = index = position(slider, value)
            slot = "value" if slider["numeric"] else "index"
            moved = slider["values"][index] if slider["numeric"] else index
            ends = {(children[at], slot)}
            for entry in taken.values():
                if entry["model_name"].endswith("LinkModel"):
                    both = {
                        (entry["state"][side][0].removeprefix(REFERENCE), entry["state"][side][1])
                        for side in ("source", "target")
                    }
                    ends |= both if both & {(children[at], slot)} else set()
            for widget, trait in ends:
                taken[widget]["state"][trait] = moved

    def question(self, name):
        """Add a question; returns the id of its widget."""
        if name in self.count:
            raise SlideError(f"the question {name} is asked twice")
        self.count[name] = 1
        page, key = named("question", name)
        self._add({key: copy.deepcopy(page.state[key])}, "question", page)
        return key

    def _add(self, taken, kind, page, suffix=""):
        """Keep widgets, renamed; the first of a kind brings the front end, as in the book."""
        first = not any(kind in entry["state"] for entry in self.state.values())
        for entry in taken.values():
            if kind in entry["state"]:
                entry["state"].pop("_esm", None), entry["state"].pop("_css", None)
                if first:
                    entry["state"]["_esm"], entry["state"]["_css"] = page.front_end(kind)
        text = json.dumps(taken)
        for key in taken:
            text = text.replace(key, key + suffix)
        self.state |= json.loads(text)


# ---- text --------------------------------------------------------------------------------------


def left_out():
    return [page.name for page in toc.pages() if page.out]


def full_book():
    config = yaml.safe_load((HERE.parents[1] / "_config.yml").read_text(encoding="utf-8"))
    return config["sphinx"]["config"]["full_book"].rstrip("/")


def chapter_address(target):
    """Where a link to a chapter's notebook leads from a slide: the site beside, or published.

    To a chapter that _toc.yml leaves out: the full book, as on the pages.
    """
    base = os.environ.get("SITE_URL", "").rstrip("/") or "../html"
    page, mark, rest = target.partition("#")
    if not page.endswith(".ipynb") and not page.endswith(".md"):
        return target
    if not (SITE / "book" / f"{Path(page).stem}.html").exists():
        base = full_book() if f"book/{Path(page).stem}" in left_out() else ""
        if not base:
            raise SlideError(f"the link {target} leads to no page of the book")
    return f"{base}/book/{Path(page).stem}.html{mark}{rest}"


def code(source):
    return highlight(source, PythonLexer(), HtmlFormatter())


class Writer:
    """Turns cells into HTML; collects the widgets that they ask for."""

    def __init__(self, name):
        self.name, self.widgets, self.drawn = name, Widgets(), 0
        self.markdown = MarkdownIt("commonmark", {"html": True, "typographer": True})
        self.markdown.enable(["table", "smartquotes"])
        self.markdown.use(dollarmath_plugin, double_inline=True, renderer=self.mathematics)
        self.markdown.add_render_rule("fence", self.fence)
        self.markdown.add_render_rule("link_open", self.link)

    @staticmethod
    def mathematics(tex, options):
        display = options["display_mode"]
        return built_math.rendered(built_math.prepare(tex, bare=not display), display)

    @staticmethod
    def link(renderer, tokens, index, options, env):
        token = tokens[index]
        target = token.attrs["href"]
        token.attrs["href"] = chapter_address(target)
        if target.startswith("#"):  # a state of the explorer on this slide
            token.attrs["class"] = "state"
        else:
            token.attrs |= {"target": "_blank", "rel": "noopener"}
        return renderer.renderToken(tokens, index, options, env)

    @staticmethod
    def fence(renderer, tokens, index, options, env):
        info = tokens[index].info.strip()
        asked = re.fullmatch(r"\{(\w+)\}\s*(.*)", info)
        if not asked:
            return code(tokens[index].content)
        kind, words = asked.groups()
        if kind not in ("explorer", "question", "figure"):
            raise SlideError(
                f"{{{kind}}} is not known: a slide takes an explorer, question, figure"
            )
        return getattr(env["writer"], f"take_{kind}")(words)

    def take_explorer(self, words):
        name, _, query = words.partition("?")
        here, box, panels = self.widgets.explorer(name, query)
        square = " square" if any(panel.get("equal") for panel in panels) else ""
        return (
            f'<div class="explorer panels-{len(panels)}{square}" data-explorer="{here}"'
            f' data-prevent-swipe>{view(box)}<figure class="gx-still">'
            '<span class="gx-why"></span></figure></div>'
        )

    def take_question(self, words):
        key = self.widgets.question(words)
        return f'<div class="question" data-question="{words}" data-prevent-swipe>{view(key)}</div>'

    def take_figure(self, words):
        return f'<div class="picture">{figure(words)}</div>'

    def text(self, source):
        return self.markdown.render(source, {"writer": self})

    def output(self, output, cell):
        """One output of a code cell: Markdown, a figure, or plain text."""
        if output["output_type"] == "stream":
            return f"<pre class='printed-text'>{html.escape(output['text'].rstrip())}</pre>"
        data = output.get("data", {})
        if "text/markdown" in data:
            return self.text(data["text/markdown"])
        if "image/svg+xml" in data:
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
            if not alt:
                raise SlideError('a figure needs words: "mystnb": {"image": {"alt": "..."}}')
            self.drawn += 1
            svg = figures.inline(data["image/svg+xml"], f"{self.name}-{self.drawn}", alt)
            return f'<div class="picture">{svg}</div>'
        return f"<pre class='printed-text'>{html.escape(data['text/plain'])}</pre>"

    def cell(self, cell):
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            return self.text(cell.source)
        if "remove-cell" in tags:
            return ""
        source = "" if "hide-input" in tags else code(cell.source)
        return source + "".join(self.output(output, cell) for output in cell.outputs)


def view(key):
    known = json.dumps({"model_id": key, "version_major": 2, "version_minor": 0})
    return f'<script type="application/vnd.jupyter.widget-view+json">{known}</script>'


# ---- slides ------------------------------------------------------------------------------------


def slides_of(notebook):
    """The slides of a notebook: dicts of what they are made of, in order."""
    slides = []
    for number, cell in enumerate(notebook.cells):
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "-")
        if kind == "skip" or "remove-cell" in cell.metadata.get("tags", []):
            continue
        if kind in ("slide", "subslide"):
            about = cell.metadata.get("gmm", {})
            if not isinstance(about.get("minutes"), int):
                raise SlideError(f'cell {number} begins a slide: say "gmm": {{"minutes": 3}} there')
            title = re.search(r"^#+ (.*)", cell.source, re.M)
            if not title:
                raise SlideError(f"cell {number} begins a slide and has no heading")
            slides.append({
                "long": kind == "subslide", "minutes": about["minutes"], "title": title[1],
                "chapter": about.get("chapter"), "cells": [], "notes": [], "number": number,
            })  # fmt: skip
        if not slides:
            raise SlideError(f"cell {number} stands before the first slide")
        slides[-1]["notes" if kind == "notes" else "cells"].append((kind, cell))
    return slides


def with_clock(slides):
    """Give each slide the minutes at which it begins and ends, in both lectures."""
    clock = dict.fromkeys(LENGTHS, 0)
    for slide in slides:
        slide["when"] = {}
        for length in LENGTHS:
            if length == "long" or not slide["long"]:
                begins = clock[length]
                clock[length] += slide["minutes"]
                slide["when"][length] = (begins, clock[length])
    for length, minutes in LENGTHS.items():
        if clock[length] != minutes:
            raise SlideError(f"the {length} lecture takes {clock[length]} minutes, not {minutes}")
    return slides


def times(slide):
    said = (f"{a}–{b} of {LENGTHS[length]}" for length, (a, b) in slide["when"].items())
    return f"Minutes {', '.join(said)}"


def section(slide, writer):
    """One slide in HTML."""
    columns = {"left": "", "right": ""}
    for kind, cell in slide["cells"]:
        made = writer.cell(cell)
        if kind == "fragment":
            made = f'<div class="fragment">{made}</div>'
        columns["right" if "right" in cell.metadata.get("tags", []) else "left"] += made
    heading = re.match(r"\s*<h(\d).*?</h\1>", columns["left"], re.S)
    head, rest = (
        (heading[0], columns["left"][heading.end() :]) if heading else ("", columns["left"])
    )
    body = f'<div class="column">{rest}</div>'
    if columns["right"]:
        body += f'<div class="column">{columns["right"]}</div>'
    notes = "".join(writer.cell(cell) for _, cell in slide["notes"])
    if not notes:
        raise SlideError(f"the slide {slide['title']!r} has no notes")
    foot = ""
    if slide["chapter"]:
        number, address = chapter(slide["chapter"])
        foot = f'<a href="{address}" target="_blank" rel="noopener">Chapter {number}</a>'
    if slide["long"]:
        foot = f'<span class="longer">{LENGTHS["long"]} minutes</span>{foot}'
    kinds = " ".join([f"level-{heading[1]}" if heading else "", "two" if columns["right"] else ""])
    return (
        f'<section{" class=long" if slide["long"] else ""} data-minutes="{slide["minutes"]}"'
        f' data-timing="{60 * slide["minutes"]}">'
        f'<div class="slide {kinds}">{head}<div class="body">{body}</div>'
        f'<div class="foot">{foot}</div></div>'
        f'<aside class="notes"><p class="clock">{times(slide)}</p>{notes}</aside></section>'
    )


@cache
def chapter(name):
    """The number of a chapter, and its address from a slide."""
    page = next((page for page in book() if page.name == name), None)
    found = page and re.search(r'<h1><span class="section-number">(\d+)\.', page.text)
    if not found:
        raise SlideError(f"the book has no chapter {name!r}")
    return int(found[1]), chapter_address(f"{name}.ipynb")


def page_of(path, notebook):
    """(the lecture's page, its title, its slides)"""
    writer, sections = Writer(path.stem.replace("_", "-")), []
    slides = with_clock(slides_of(notebook))
    for slide in slides:
        try:
            made = section(slide, writer)
        except SlideError as error:
            raise SlideError(f"{path}, slide {slide['title']!r}: {error}") from error
        if slide["long"]:
            sections[-1] += made
        else:
            sections.append(made)
    body = "\n".join(f"<section>{made}</section>" for made in sections)
    state = json.dumps({"state": writer.widgets.state, "version_major": 2, "version_minor": 0})
    state = state.replace("</", "<\\/")  # would end the script
    title = slides[0]["title"]
    template = (HERE / "slides.html").read_text(encoding="utf-8")
    fields = {"title": html.escape(title), "slides": body, "state": state, "kind": STATE}
    return re.sub(r"\{\{ (\w+) \}\}", lambda field: fields[field[1]], template), title, slides


def index_of(lectures):
    """The page that lists the lectures, with a plan of each minute by minute."""
    parts, markdown = [], Writer("index").markdown
    for path, title, slides in lectures:
        file = f"{path.stem}.html"
        rows = "".join(
            f"<tr{' class=long' if slide['long'] else ''}>"
            + "".join(f"<td>{slide['when'].get(length, ['–'])[0]}</td>" for length in LENGTHS)
            + f"<td>{markdown.renderInline(slide['title'])}</td></tr>"
            for slide in slides
        )
        both = " · ".join(
            f'<a href="{file}{"?long" if length == "long" else ""}">{minutes} minutes</a>'
            for length, minutes in LENGTHS.items()
        )
        heads = "".join(f"<th>of {minutes}</th>" for minutes in LENGTHS.values())
        parts.append(
            f"<h2>{html.escape(title)}</h2><p>{both}</p>"
            "<details><summary>Minute by minute</summary>"
            f"<table><tr>{heads}<th>slide</th></tr>{rows}</table></details>"
        )
    template = (HERE / "slides_index.html").read_text(encoding="utf-8")
    return template.replace("{{ lectures }}", "\n".join(parts))


def executed(path):
    cache = get_cache(execute.CACHE)
    notebook = nbformat.read(path, as_version=4)
    try:
        return cache.merge_match_into_notebook(notebook)[1]
    except KeyError:
        raise SlideError(f"{path} was not executed: python tools/execute.py {path}") from None


def collect():
    """Everything that a page loads, in one folder beside it."""
    assets = OUT / "assets"
    for name in SHARED:
        source = SITE / "_static" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, assets / name)
    for name in ("dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE"):
        target = "reveal-LICENSE" if name == "LICENSE" else Path(name).name
        text = (NODE / name).read_text(encoding="utf-8")
        # the maps are not copied
        text = re.sub(r"\n//# sourceMappingURL=.*", "", text)
        (assets / target).write_text(text, encoding="utf-8")
    for name in ("slides.css", "slides.js"):
        shutil.copy(HERE / name, assets / name)


def main(paths):
    built_math.use_our_node()
    lectures, pages = [], {}
    for path in map(Path, paths):
        pages[path.stem], title, slides = page_of(path, executed(path))
        lectures.append((path, title, slides))
    shutil.rmtree(OUT, ignore_errors=True)
    (OUT / "assets").mkdir(parents=True)
    collect()
    for name, text in pages.items():
        (OUT / f"{name}.html").write_text(text, encoding="utf-8")
    (OUT / "index.html").write_text(index_of(lectures), encoding="utf-8")
    for path, _, slides in lectures:
        short = sum(not slide["long"] for slide in slides)
        print(f"{OUT / path.stem}.html: {short} slides, {len(slides)} in the longer lecture")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SlideError as error:
        sys.exit(f"make slides: {error}")
