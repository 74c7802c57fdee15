"""Sphinx extension: the picture that a shared link shows, one for each page.

1200 by 630 pixels, as the networks ask for: the title, and under it the picture that the chapter
has on the front page, drawn large from the same numbers. A page without one has the eruptions of
Old Faithful; the front page has a picture of its own (tools/icons.py).
"""

import hashlib
import io
import shutil
import textwrap
from pathlib import Path

import chapter_pictures
import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from gmmlib import plots

WIDTH, HEIGHT, EDGE = 1200, 630, 60  # pixels
INK, QUIET, PAPER = "#14181e", "#48566b", "#ffffff"
COLORS = 64  # enough for a few hues and their soft edges, in a third of the bytes
# the strokes of book.css, so many times as wide as a small picture is enlarged
BOLD = 5


def style(name):
    """How a line of a small picture is drawn large: what book.css says of its class."""
    kind, *more = name.removeprefix("pic-").split()
    if kind == "dots":
        return {"color": INK, "alpha": 0.4, "marker": "o", "markersize": 9, "linestyle": "none",
                "markeredgewidth": 0}  # fmt: skip
    if kind == "whole":
        return {"color": INK, "linewidth": BOLD}
    k = int(kind)
    faint = {"alpha": 0.35, "linewidth": BOLD / 2} if more else {"linewidth": BOLD}
    return {"color": plots.color(k), "linestyle": plots.linestyle(k), **faint}


def write(figure, words, y, size, most=WIDTH - 2 * EDGE, **options):
    """Words at the left edge: in two lines where they are far too long for one, else smaller."""
    text = figure.text(EDGE / WIDTH, y, words, fontsize=size, va="top", **options)

    def fits():
        return most / text.get_window_extent(figure.canvas.get_renderer()).width

    if fits() < 0.85:
        text.set(text="\n".join(textwrap.wrap(words, len(words) // 2 + 4)), fontsize=0.85 * size)
    text.set_fontsize(text.get_fontsize() * min(1, fits()))


def card(title, above, canvas):
    """The bytes of a PNG: a line in gray, the title, and the shapes of a small picture."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    write(figure, above, 0.925, 24, color=QUIET)
    write(figure, title, 0.855, 50, color=INK, weight="bold", linespacing=1.1)
    ax = figure.add_axes([EDGE / WIDTH, 0.06, 1 - 2 * EDGE / WIDTH, 0.58])
    ax.set(xlim=canvas.xlim, ylim=canvas.ylim)
    ax.axis("off")
    for x, y, name, _ in canvas.shapes:
        # a row of points stands on the edge, and is not cut in half
        ax.plot(x, y, clip_on="dots" not in name, **style(name))
    figure.add_artist(
        matplotlib.patches.Rectangle((0, 0), 1, 0.02, color=plots.color(0), linewidth=0)
    )
    stored = io.BytesIO()
    figure.savefig(stored, dpi=100)
    few = Image.open(stored).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    stored = io.BytesIO()
    few.save(stored, format="PNG", optimize=True)
    return stored.getvalue()


def drawn(cache, *what):
    """A card from the cache, or drawn now: what it shows, and how, is in its name."""
    title, above, canvas = what
    about = "\0".join([title, above, canvas.svg(), matplotlib.__version__])
    how = Path(__file__).read_bytes()
    file = cache / f"{hashlib.sha256(about.encode() + how).hexdigest()[:16]}.png"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        file.write_bytes(card(title, above, canvas))
    return file


def picture(app, pagename, templatename, context, doctree):
    """Give the page's template the address of its picture and the words for it."""
    root, title = app.config.root_doc, app.env.titles.get(pagename)
    if not title or pagename == root:
        context["social_words"] = (
            "EM on Old Faithful: two ellipses at the start, after three steps, "
            "and at rest on the two clouds of eruptions"
        )
        return
    number = app.env.toc_secnumbers.get(pagename, {}).get("")
    book = app.config.html_title or app.config.project
    above = f"{book}, chapter {number[0]}" if number else book
    known = pagename if pagename in chapter_pictures.PICTURES else "book/old_faithful"
    canvas = chapter_pictures.picture(known)
    file = drawn(Path(app.doctreedir) / "social-cards", title.astext(), above, canvas)
    name = f"_static/cards/{pagename.rpartition('/')[2]}.png"
    target = Path(app.outdir, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)
    context["social_picture"] = context["social_picture"].replace("_static/social.png", name)
    context["social_words"] = f"{title.astext()}. {canvas.words}."


def setup(app):
    # after own_assets.py, which knows where the site is
    app.connect("html-page-context", picture, priority=910)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
