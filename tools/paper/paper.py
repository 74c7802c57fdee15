"""Set the built site as one book: _build/pdf/book.pdf.

python tools/paper/paper.py

Chromium prints it. The built pages are HTML already, with the mathematics set, the figures drawn
and the explorers alive: what a reader sees is what is printed, and no second program (LaTeX, half a
gigabyte) has to understand formulas, figures and code anew. take.js takes each page apart,
paper.css sets it, fit.js makes smaller what is too wide, and compose.js fills the pages and knows
their numbers; if the printed pages are others after all, they are read from the PDF.
"""

import html
import io
import re
import sys
import time
from pathlib import Path

import matplotlib as mpl
import pikepdf
import segno
import yaml
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "site")]

import browser  # noqa: E402
import cover  # noqa: E402
import figures  # noqa: E402
import imprint  # noqa: E402
import toc  # noqa: E402

SITE, OUT = Path("_build/html"), Path("_build/pdf")
STYLES = ("katex/katex.min.css", "pygments.css", "colors.css", "figures.css")
FONTS = {
    "source-serif-4": ("400", "400-italic", "600", "600-italic"),
    "source-sans-3": ("400", "400-italic", "600"),
    "source-code-pro": ("400", "400-italic", "600"),
}
# signs that those lack, from Matplotlib's own fonts: no machine's fonts are asked
OTHER_FONTS = {"Any Sign": "DejaVuSans.ttf", "Any Sign in Code": "DejaVuSansMono.ttf"}
TEXT = 567  # pixels: 150 mm, as paper.css has it
# pixels: explorers of several panels, and of one; then paper.css makes them smaller
WIDE, NARROW = 660, 520
LEAST = 6.5  # points: no line of code is made smaller than this
HOLE = 130  # pixels: more white than this at the foot of a page is filled if it can be
SMALLEST = 0.82  # of its size: no figure is made smaller than this to fill a page
PRINTINGS = 4  # at most; one is enough where compose.js is right
APPENDIX = {"solutions": "Solutions to the exercises", "code": "Folded code"}
END = "At the end"
HINT = (
    "On paper. A picture between two lines is an explorer, printed with its sliders at rest; it "
    "moves on the site, at the address below it. Solutions and folded code stand at the end. A "
    "page number in brackets says where a link leads."
)
ALIVE = """() => !document.querySelector("script[src*=explore_host]") ||
  document.documentElement.dataset.explorers === "ready" """
# a font is asked for when a layout needs it
FONTS_LOADED = """async () => {
  document.body.getBoundingClientRect();
  await document.fonts.ready;
}"""
# what is not printed (class no-print) may have a name that a link leads to: then to its chapter
DEAD = """() => {
  const dead = [], place = (a) => decodeURIComponent(a.getAttribute("href").slice(1));
  for (const a of document.querySelectorAll('a[href^="#"]')) {
    if (document.getElementById(place(a))) continue;
    const chapter = `page--${place(a).split("--")[0]}`;
    if (!document.getElementById(chapter)) dead.push(`${a.closest(".page").id}: ${a.outerHTML}`);
    a.setAttribute("href", `#${chapter}`);
    if (a.dataset.to) a.dataset.to = chapter;
  }
  return dead;
}"""


class PaperError(ValueError):
    """What cannot be printed, and where."""


def parts():
    """[(caption or None, [names of pages])] in the order of _toc.yml, the front page first."""
    contents = yaml.safe_load(toc.TOC.read_text(encoding="utf-8"))
    found = [(None, [contents["root"]])]
    for part in contents.get("parts", [contents]):
        names = [chapter["file"] for chapter in part.get("chapters") or ()]
        found.append((part.get("caption"), names))
    return [(caption, [Path(name).name for name in names]) for caption, names in found if names]


# ---- the pages -----------------------------------------------------------------------------------


def take(tab, names, site):
    """{name: what take.js takes from a built page}"""
    script = (HERE / "take.js").read_text(encoding="utf-8")
    root = SITE.resolve().as_uri() + "/"
    wanted = {"root": root, "site": site, "wide": WIDE, "narrow": NARROW}
    found = {}
    for name in names:
        tab.goto(f"{root}book/{name}.html")
        tab.wait_for_function(ALIVE)
        tab.add_script_tag(content=script)
        found[name] = tab.evaluate("(wanted) => take(wanted)", {**wanted, "page": name})
    return found


def with_codes(body, explorers, site):
    """QR codes beside the explorers, if the site's address is known: else they lead nowhere."""
    for explorer in explorers if site else ():
        code = segno.make(site + explorer["live"], error="m", micro=False)
        drawing = code.svg_inline(scale=1, border=4, omitsize=True)
        box = f'<div class="qr" role="img" aria-label="QR code of the address">{drawing}</div>'
        at = body.index("</figcaption>", body.index(f'data-explorer="{explorer["name"]}"'))
        body = body[:at] + box + body[at:]
    return body


def deeper(body):
    """Headings one level lower: the first is the part's."""
    return re.sub(r"<(/?)h([1-5])\b", lambda m: f"<{m[1]}h{int(m[2]) + 1}", body)


def titled(piece):
    return f"{piece['number']}. {piece['title']}" if piece["number"] else piece["title"]


def head_of(name, words):
    """A running head: CSS for the pages of one chapter."""
    said = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'@page {name} {{ @top-left {{ content: "{said}"; }} }} .in-{name} {{ page: {name}; }}\n'


def entry(kind, to, words):
    """A line of the table of contents; its number is set when it is known."""
    number = f'<a class="pg" href="#{to}" data-to="{to}"></a>'
    return f'<p class="{kind}"><a href="#{to}">{words}</a><span class="dots"></span>{number}</p>'


# ---- the book ------------------------------------------------------------------------------------


def cover_drawing():
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "book"}):
        file = io.StringIO()
        cover.drawn(rows=2, size=(7, 5.4)).savefig(file, format="svg", transparent=True)
    return figures.inline(file.getvalue(), "cover", "EM on Old Faithful, in four pictures")


def cover_page(site):
    known, day = imprint.config(), imprint.made_at()
    address = f'<p><a href="{site}" class="address">{site}</a></p>' if site else ""
    return (
        f'<section class="cover"><p class="title">{html.escape(known["title"])}</p>'
        '<p class="subtitle">Gaussian mixtures from one dimension to many</p>'
        f'<div class="picture">{cover_drawing()}</div><div class="about">'
        f"<p>{html.escape(known['author'])}</p>"
        f"<p>Version {imprint.version()}, {day.day} {day:%B %Y}</p>{address}"
        f"<p>{html.escape(imprint.license_line())}</p></div></section>"
    )


def chapters(pieces, site):
    """(the lines of the contents, the chapters, their running heads)"""
    lines, bodies, heads = [], [], [head_of("toc", "Contents")]

    def add(name, title, body, caption):
        key = f"p-{name.replace('_', '-')}"
        heads.append(head_of(key, title))
        if caption:
            lines.append(f'<p class="in-part">{html.escape(caption)}</p>')
            body = f'<h1 class="part">{html.escape(caption)}</h1>{body}'
        lines.append(entry("chapter", f"page--{name}", html.escape(title)))
        bodies.append(f'<div class="page {name} in-{key}" id="page--{name}">{body}</div>')

    for caption, names in parts():
        for place, name in enumerate(names):
            piece = pieces[name]
            body = deeper(with_codes(piece["body"], piece["explorers"], site))
            add(name, titled(piece), body, None if place else caption)
            if piece["number"]:
                lines.extend(entry("section", s["id"], s["title"]) for s in piece["sections"])
    for place, (kind, title) in enumerate(APPENDIX.items()):
        made = "".join(
            f"<section><h3>{html.escape(titled(piece))}</h3>{piece[kind]}</section>"
            for piece in pieces.values()
            if piece[kind]
        )
        add(kind, title, f"<h2>{title}</h2>{made}", None if place else END)
    return lines, bodies, heads


def book(pieces, site):
    """The whole book in HTML, which lies in _build/pdf."""
    lines, bodies, heads = chapters(pieces, site)
    sheets = [f"{SITE}/_static/{name}" for name in STYLES]
    sheets += [f"node_modules/@fontsource/{f}/{w}.css" for f, ws in FONTS.items() for w in ws]
    folder = Path(mpl.get_data_path()) / "fonts/ttf"
    faces = "".join(
        f'@font-face {{ font-family: "{name}"; src: url("{(folder / file).as_uri()}"); }}\n'
        for name, file in OTHER_FONTS.items()
    )
    explorer = (ROOT / "gmmlib/explore/explorer.css").read_text(encoding="utf-8")
    links = "".join(f'<link rel="stylesheet" href="../../{sheet}">\n' for sheet in sheets)
    return (
        '<!doctype html>\n<html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{html.escape(imprint.config()['title'])}</title>\n{links}"
        f"<style>{explorer}\n{faces}{''.join(heads)}</style>\n"
        '<link rel="stylesheet" href="../../tools/paper/paper.css"></head>'
        f"<body>{cover_page(site)}"
        f'<div class="page toc in-toc"><h2>Contents</h2>{"".join(lines)}'
        f'<div class="hint">{HINT}</div></div>'
        f"{''.join(bodies)}</body></html>\n"
    )


# ---- printing ------------------------------------------------------------------------------------


def places(pdf):
    """{name: number of the page} of every place that a link leads to."""
    number = {page.obj.objgen: n for n, page in enumerate(pdf.pages, start=1)}
    names = pdf.Root.get("/Dests", {})
    return {name[1:]: number[target[0].objgen] for name, target in names.items()}


def print_book(tab, path, known):
    """Print until the numbers in the text (at first: known) are the pages'; returns how often."""
    for printing in range(1, PRINTINGS + 1):
        tab.pdf(
            path=str(path), prefer_css_page_size=True, print_background=True, tagged=True,
            outline=True,
        )  # fmt: skip
        with pikepdf.open(path) as pdf:
            found = places(pdf)
        if all(known.get(name) == page for name, page in found.items()):
            return printing
        tab.evaluate("(found) => fillIn(found)", found)
        known = found
    raise PaperError(f"after {PRINTINGS} printings the page numbers still change")


def finish(path):
    """The PDF says who made it and when, in a third of the bytes that Chromium takes."""
    known, stamp = imprint.config(), imprint.made_at().strftime("D:%Y%m%d%H%M%S+00'00'")
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        said = {"Title": known["title"], "Author": known["author"]}
        pdf.docinfo = pdf.make_indirect(
            pikepdf.Dictionary(**said, CreationDate=stamp, ModDate=stamp)
        )
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        packed = pikepdf.ObjectStreamMode.generate
        pdf.save(path, object_stream_mode=packed, deterministic_id=True)
        return len(pdf.pages)


def main():
    started = time.monotonic()
    if not (path := browser.find()):
        raise PaperError("no Chromium was found to print with: run make browser")
    if not (SITE / "index.html").exists():
        raise PaperError(f"{SITE} is not there: run make book")
    site, source, target = imprint.site_address(), OUT / "book.html", OUT / "book.pdf"
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=browser.ARGS)
        tab = chromium.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
        pieces = take(tab, [name for _, names in parts() for name in names], site)
        source.write_text(book(pieces, site), encoding="utf-8")
        tab = chromium.new_page(viewport={"width": TEXT, "height": 900}, color_scheme="light")
        tab.emulate_media(media="print")
        tab.goto(source.resolve().as_uri())
        tab.evaluate(FONTS_LOADED)
        if dead := tab.evaluate(DEAD):
            raise PaperError(f"links lead nowhere:\n{chr(10).join(dead)}")
        for name in ("fit.js", "compose.js"):
            tab.add_script_tag(path=HERE / name)
        if wide := tab.evaluate("(least) => fit({ least })", LEAST):
            raise PaperError(f"wider than the text:\n{chr(10).join(wide)}")
        composed = tab.evaluate("(how) => compose(how)", {"hole": HOLE, "smallest": SMALLEST})
        printings = print_book(tab, target, composed["places"])
        source.write_text(tab.content(), encoding="utf-8")
        chromium.close()
    pages = finish(target)
    for hole in composed["holes"]:
        print(f"white at the foot of a page: {hole}")
    size, seconds = target.stat().st_size / 1e6, time.monotonic() - started
    print(
        f"{target}: {pages} pages, {size:.1f} MB; figures made smaller: {composed['smaller']}, "
        f"set later: {composed['later']}, programs parted: {composed['parted']}, chapters set "
        f"closer: {composed['closer']}; "
        f"printed {printings} times, {seconds:.0f} s"
    )


if __name__ == "__main__":
    try:
        main()
    except PaperError as error:
        sys.exit(f"make pdf: {error}")
