"""Sphinx extension: the site carries what its pages use, and nothing else.

Jupyter Book 1 always loads sphinx-thebe, twice, whose scripts only raise errors without a kernel.
The theme brings FontAwesome whole (1.5 MB of script, 300 kB of fonts): here its fonts are cut down
to the icons that occur in the built pages, and icons.css names them. What screen readers stumble
over in the pages of docutils, MyST-NB and the theme is mended in their HTML, where templates do
not reach.
"""

import html
import re
import shutil
import textwrap
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

from docutils import nodes
from fontTools import subset
from sphinx.util import logging

FORMULA = "\0"  # where a title would need a formula
HIGHER = "msup msub msubsup mfrac msqrt mover munder munderover mtable".split()
LOGGER = logging.getLogger(__name__)
FACES = {  # file: (family, weight, name of the CSS variable that the theme uses)
    "fa-solid-900.woff2": ("Font Awesome 6 Free", 900, "solid"),
    "fa-regular-400.woff2": ("Font Awesome 6 Free", 400, "regular"),
    "fa-brands-400.woff2": ("Font Awesome 6 Brands", 400, "brands"),
}
BASE = """\
.fa, .fas, .fa-solid, .far, .fa-regular, .fab, .fa-brands {
  -moz-osx-font-smoothing: grayscale; -webkit-font-smoothing: antialiased;
  display: var(--fa-display, inline-block); font-style: normal; font-variant: normal;
  line-height: 1; text-rendering: auto; }
.fa, .fas, .fa-solid { font-family: "Font Awesome 6 Free"; font-weight: 900; }
.far, .fa-regular { font-family: "Font Awesome 6 Free"; font-weight: 400; }
.fab, .fa-brands { font-family: "Font Awesome 6 Brands"; font-weight: 400; }
.fa-lg { font-size: 1.25em; line-height: .05em; vertical-align: -.075em; }
.fa-fw { text-align: center; width: 1.25em; }
"""


def mend(app, pagename, templatename, context, doctree):
    no_tabs = "sd-tab-set" not in context.get("body", "")
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "thebe" not in str(getattr(script, "filename", "")).lower()
        and not ("design-tabs" in str(getattr(script, "filename", "")) and no_tabs)
        and "THEBE_JS_URL" not in str(getattr(script, "attributes", {}).get("body", ""))
    ]
    context["css_files"] = [
        sheet
        for sheet in context["css_files"]
        if "thebe" not in str(getattr(sheet, "filename", "")).lower()
    ]
    # for sharing, which needs whole addresses: these exist only where the site's own is known
    base = app.config.html_baseurl
    static = base.rstrip("/") + "/" if base else "../" * pagename.count("/")
    context["social_picture"] = f"{static}_static/social.png"
    context["description"] = first_words(doctree) if doctree else ""
    # docutils calls the references a list of deprecated "doc-biblioentry" and plain links
    if context.get("body"):
        body = context["body"].replace(' role="doc-biblioentry"', "")
        body = body.replace('role="list" class="citation-list"', 'class="citation-list"')
        # its words are "Show code cell source": a label that says others hides them
        context["body"] = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")


def first_words(doctree, most=200):
    """The first paragraph of a page, whole or up to a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        words = re.sub(r"\\([a-z]+)", greek, paragraph.astext())
        return textwrap.shorten(words, most, placeholder=" …")
    return ""


def greek(command):
    """The letter that a command of TeX stands for; where a page is described, nothing sets it."""
    try:
        return unicodedata.lookup(f"greek small letter {command[1]}")
    except KeyError:
        return command[0]


def mend_whole(page):
    """What the theme writes beyond the reach of templates: see the comments."""
    # without JavaScript it stays as it is written, and for "auto" the theme has no colors
    page = re.sub(r'(<html [^>]*data-theme=)"auto"', r'\1"light"', page, count=1)
    # a page with a body of its own, such as the search, has no mark before its text
    if 'id="text"' not in page:
        page = page.replace('href="#text"', 'href="#main-content"', 1)
    # a notebook is to be saved, not shown as the text that it is
    page = re.sub(
        r'(href="[^"]*notebooks(?:/\w+\.ipynb|\.zip)") target="_blank"', r"\1 download", page
    )
    # "start" is a term here, and elsewhere the word of a link that does not say where it leads
    page = re.sub(
        r'(<a\b[^>]*#term-start"[^>]*>(?:<(?:span|strong)[^>]*>)?start)((?:</\w+>)?</a>)',
        r'\1<span class="visually-hidden"> (a term of the glossary)</span>\2',
        page,
    )
    # without headings there is nothing to follow: Bootstrap would take all links for a table of
    # contents, and one to a state for a selector
    if '<nav class="bd-toc-nav' not in page:
        page = page.replace(' data-bs-spy="scroll"', "", 1)
    # the search page has its field twice, and one id for both
    head, field, rest = page.partition('id="search-input"')
    return head + field + rest.replace('id="search-input"', 'id="search-input-page"')


class Entry(HTMLParser):
    """The words of an entry of the glossary, with a mark for a formula that words cannot say."""

    def __init__(self, html):
        super().__init__()
        self.words, self.formula, self.skipped = "", None, 0
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        kind = dict(attributes).get("class") or ""
        if self.skipped or tag == "annotation" or kind == "katex-html":
            self.skipped += 1
        elif tag == "math":
            self.formula = ""
        elif self.formula is not None and tag in HIGHER:
            self.formula += FORMULA

    def handle_endtag(self, tag):
        if self.skipped:
            self.skipped -= 1
        elif tag == "math":
            shown = self.formula.replace("\u2061", " ")  # a function's name, and its argument
            self.words += FORMULA if re.search(f"[{FORMULA}∫∑]", shown) else shown
            self.formula = None

    def handle_data(self, words):
        if self.skipped:
            return
        if self.formula is None:
            self.words += words
        else:
            self.formula += words


def definitions(glossary):
    """{"term-hump": the first sentence of its entry, ...} from the built page of the glossary."""
    found = {}
    for term, entry in re.findall(r'<dt id="(term-[^"]+)".*?<dd>\s*<p>(.*?)</p>', glossary, re.S):
        words = re.sub(r"\s*\[[^]]*\d{4}[^]]*\]", "", " ".join(Entry(entry).words.split()))
        first = re.match(r".*?\.(?= |$)|.*", words)[0]
        before = first.partition(FORMULA)[0].rpartition(": ")[0] + "."  # what a formula repeats
        said = before if FORMULA in first else first
        if len(said) > 1:
            found[term] = said
    return found


def say_terms(page, said):
    """Who points at a link to a term reads what it means."""

    def titled(found):
        start, term, rest = found.groups()
        return (
            f'{start}{term}" title="{html.escape(said[term])}"{rest}' if term in said else found[0]
        )

    link = r'(<a class="reference internal" href="[^"]*#)(term-[^"]+)"(?: title="[^"]*")?(>)'
    return re.sub(link, titled, page)


def glyphs_by_name(css):
    """{"fa-bars": 0xf0c9, ...} from FontAwesome's own style sheet."""
    names = {}
    for selectors, code in re.findall(r'([^{}]+)\{content:"\\([0-9a-f]+)"\}', css):
        for name in re.findall(r"\.(fa-[a-z0-9-]+)::?before", selectors):
            names[name] = int(code, 16)
    return names


def write_icons(static, pages):
    """Write icons.css and the fonts that it names; returns how many icons there are."""
    vendor = next(static.glob("vendor/fontawesome/*"))
    known = glyphs_by_name((vendor / "css/all.min.css").read_text(encoding="utf-8"))
    scripts = [p.read_text(encoding="utf-8") for p in static.glob("scripts/*.js")]
    used = set(re.findall(r"\bfa-[a-z0-9-]+", "\n".join(pages + scripts))) & set(known)
    styles = "\n".join(p.read_text(encoding="utf-8") for p in static.glob("s*/*.css"))
    styles += "\n".join(p.read_text(encoding="utf-8") for p in static.glob("*.css"))
    codes = {known[name] for name in used}
    codes |= {int(code, 16) for code in re.findall(r"\\(f[0-9a-f]{3})\b", styles)}
    codes |= {ord(char) for char in re.findall("[\ue000-\uf8ff]", styles)}

    rules = [BASE]
    folder = static / "icons"
    folder.mkdir(exist_ok=True)
    for file, (family, weight, name) in FACES.items():
        options = subset.Options(flavor="woff2", layout_features=[])
        font = subset.load_font(str(vendor / "webfonts" / file), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=codes & set(font.getBestCmap()))
        cutter.subset(font)
        subset.save_font(font, str(folder / file), options)
        rules.append(
            f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: normal;'
            f' font-display: block; src: url("icons/{file}") format("woff2"); }}'
        )
        rules.append(f':root {{ --fa-font-{name}: normal {weight} 1em/1 "{family}"; }}')
    rules += [f'.{name}::before {{ content: "\\{known[name]:x}"; }}' for name in sorted(used)]
    (static / "icons.css").write_text("\n".join(rules) + "\n", encoding="utf-8")
    return len(codes)


def finish(app, exception):
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    pages = []
    glossary = Path(app.outdir) / "book/glossary.html"
    said = definitions(glossary.read_text(encoding="utf-8")) if glossary.exists() else {}
    for path in Path(app.outdir).rglob("*.html"):
        pages.append(say_terms(mend_whole(path.read_text(encoding="utf-8")), said))
        path.write_text(pages[-1], encoding="utf-8")
    count = write_icons(static, pages)
    LOGGER.info("icons: %d glyphs in icons.css", count)
    shutil.rmtree(static / "vendor")
    for leftover in [*static.rglob("*.map"), *static.glob("*thebe*"), *static.glob("*.html")]:
        leftover.unlink()


def setup(app):
    app.connect("html-page-context", mend, priority=900)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
