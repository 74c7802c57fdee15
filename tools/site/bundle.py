"""Sphinx extension: one style sheet and two scripts for all pages.

Theme, extensions and book bring seventeen style sheets and ten scripts, and a browser shows nothing
before it has them all. Here they become site.css, without the rules whose classes occur on no page
and in no script, and site.js and theme.js, which wait until the page is there. A page's widgets go
into a script of its own (tools/page_widgets.py).
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import page_widgets
import tinycss2
from sphinx.errors import ExtensionError
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
SHEET = re.compile(r'\s*<link\b[^>]*rel="stylesheet"[^>]*>')
SCRIPT = re.compile(r"\s*<script\b(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
VIEWPORT = re.compile(r'\s*<meta name="viewport"[^>]*>')
IMPORT = re.compile(r"""@import\s+(?:url\()?["']?([^"')]+)["']?\)?\s*;""")
URL = re.compile(r"""url\((['"]?)([^'")]+)\1\)""")
STATE = "application/vnd.jupyter.widget-state+json"
WORD = re.compile(r"[A-Za-z_-][\w-]*")
# Bootstrap's script names the classes of all that it has, carousels too; these it sets here
BOOTSTRAP = {"show", "fade", "active", "disabled", "collapse", "collapsing", "dropdown-menu"}
# what scripts put together from pieces, so that it stands nowhere as a word; and the button that
# tools/lite/build.py adds to the pages later
MADE = re.compile(r"(bs-)?tooltip|gx-|pst-|run-here")
# what the theme's script looks for, only to lay out the page for each: book.js does it at once
THEIRS = '"pre, .nboutput > .output_area, .cell_output > .output, .jp-RenderedHTMLCommon"'
# Sphinx's way of forgetting a searched word, which now comes before the host: the history keeps the
# states of the explorers
FORGETS = "window.history.replaceState({}, "
# what the slides copy (tools/course/slides.py), each for itself
KEPT = ("katex/", "colors.css", "figures.css", "pygments.css", "explore_host", "question_host")
# The theme asks only what the switch says; a reader's system would be followed too late, after a
# white flash.
FIRST = """\
<script data-cfasync="false">
    (() => {
      let mode = "auto";
      try { mode = localStorage.getItem("mode") || mode; } catch { /* a host that keeps nothing */ }
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      Object.assign(document.documentElement.dataset,
        { mode, theme: mode === "auto" ? (dark ? "dark" : "light") : mode });
      // a place below the first screen is asked for: book.css lays out the page whole
      if (location.hash) document.documentElement.dataset.whole = "true";
    })();
  </script>"""


# ---- what the pages use ----------------------------------------------------------------------


def words_of(page):
    """Every word of a page that may be a class, an id, or a style's variable."""
    found = set()
    for value in re.findall(r'\s(?:class|id|style|data-[\w-]+)="([^"]*)"', page):
        found.update(WORD.findall(value))
    for script in SCRIPT.finditer(page):
        found.update(WORD.findall(script["body"]))
    for style in re.findall(r"<style\b[^>]*>(.*?)</style>", page, re.DOTALL):
        found.update(WORD.findall(style))
    return found


def used(selector, words):
    """Whether some element may match one selector: every class and id that it asks for is known.

    selector: a list of tokens. What stands in brackets, as after :not, asks for nothing.
    """
    before = None
    for token in selector:
        named = (token.type == "ident" and before == ".") or token.type == "hash"
        if named and token.value not in words and not MADE.match(token.value):
            return False
        before = token.value if token.type == "literal" else None
    return True


def split(tokens, sign):
    """The tokens between commas, say."""
    parts = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == sign:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def css(tokens):
    """Tokens as text, without comments and with one space at most."""
    text = tinycss2.serialize([token for token in tokens if token.type != "comment"])
    return re.sub(r"\s+", " ", text).strip()


def rules_in(tokens, words):
    """The rules that some page uses, as text."""
    for rule in tinycss2.parse_rule_list(tokens, skip_comments=True, skip_whitespace=True):
        if rule.type == "error":
            raise ValueError(f"a style sheet cannot be read: {rule.message}")
        if rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "container"):
            inside = "".join(rules_in(rule.content, words))
            if inside:
                yield f"@{rule.at_keyword} {css(rule.prelude)}{{{inside}}}"
        elif rule.type == "at-rule":
            prelude = f" {css(rule.prelude)}" if rule.prelude else ""
            if rule.lower_at_keyword != "charset":
                body = ";" if rule.content is None else f"{{{css(rule.content)}}}"
                yield f"@{rule.at_keyword}{prelude}{body}"
        else:
            kept = [css(part) for part in split(rule.prelude, ",") if used(part, words)]
            if kept:
                yield f"{','.join(kept)}{{{declarations(rule.content)}}}"


def declarations(tokens):
    return ";".join(part for part in map(css, split(tokens, ";")) if part)


def without_idle_variables(sheet, words):
    """The style sheet without variables that no rule reads, and no script."""
    while True:
        read = set(re.findall(r"var\(\s*--([\w-]+)", sheet)) | words
        idle = {name for name in re.findall(r"[{;]--([\w-]+) ?:", sheet) if name not in read}
        idle = {name for name in idle if f"--{name}" not in words}
        if not idle:
            return sheet
        # a value has no semicolon outside quotes and brackets, and these are left alone
        names = "|".join(map(re.escape, sorted(idle, key=len, reverse=True)))
        smaller = re.sub(rf"(?<=[{{;])--(?:{names}) ?:[^;{{}}\"'()]*(?:;|(?=\}}))", "", sheet)
        if smaller == sheet:
            return sheet
        sheet = re.sub(r"[^{}]*\{\}", "", smaller)


def read_whole(path, folder, files):
    """The text of a style sheet and of those that it imports, its addresses as from `folder`."""
    files.append(path)

    def moved(found):
        if re.match(r"(data:|[a-z]+://|#)", found[2]):
            return found[0]
        place = os.path.relpath(path.parent / found[2], folder).replace(os.sep, "/")
        return f"url({found[1]}{place}{found[1]})"

    text = path.read_text(encoding="utf-8").removeprefix("\ufeff")
    pieces = IMPORT.split(URL.sub(moved, text))
    for at in range(1, len(pieces), 2):
        pieces[at] = read_whole((path.parent / pieces[at]).resolve(), folder, files)
    return "".join(pieces)


def one_sheet(paths, folder, words):
    """The style sheets in one, and the files that went into it."""
    files = []
    text = "\n".join(read_whole(path, folder, files) for path in paths)
    rules = rules_in(tinycss2.parse_component_value_list(text), words)
    return without_idle_variables("".join(rules), words), files


# ---- the pages -------------------------------------------------------------------------------


@dataclass
class Page:
    """A page of the site, taken apart."""

    path: Path
    text: str  # without its style sheets and scripts
    sheets: dict  # {file: address}
    scripts: dict  # {file: address}, in the order in which they run
    spoken: list  # the short scripts of the head
    states: list  # of widgets, JSON


def taken_apart(path, text):
    """A page without what goes into the bundles, or None for a page that Sphinx did not write."""
    if "_static/styles/theme.css" not in text:
        return None
    head = text.index("</head>")
    first, late, spoken, states = {}, {}, [], []

    def file(address):
        return (path.parent / address.partition("?")[0]).resolve()

    def take(found):
        attributes, body = found["attributes"], found["body"]
        if source := re.search(r'src="([^"]+)', attributes):
            (late if "defer" in attributes else first)[file(source[1])] = source[1]
        elif STATE in attributes:
            states.append(body)
        elif "data-cfasync" in attributes:
            return f"\n  {FIRST}"
        elif "thebe" in attributes or "kernelName" in body:
            pass  # for a kernel that is never started
        elif found.start() < head and not attributes.strip():
            if "pagename" not in body:  # which only a choice of versions asks for
                spoken.append(body.strip())
        else:
            return found[0]
        return ""

    addresses = [re.search('href="([^"]+)', link)[1] for link in SHEET.findall(text)]
    sheets = {file(address): address for address in addresses}
    text = SHEET.sub("", SCRIPT.sub(take, text))
    text = VIEWPORT.sub("", text, count=text.count('<meta name="viewport"') - 1)
    return Page(path, text, sheets, {**first, **late}, spoken, states)


def put_together(page, site, sheet, bundles, bundled):
    """The text of a page that loads the bundles, and what it alone needs."""
    root = "../" * (len(page.path.relative_to(site).parts) - 1)
    own, looks = (
        [address for file, address in files.items() if file not in bundled]
        for files in (page.scripts, page.sheets)
    )
    shared = [f"{root}{script}" for script in bundles]
    looks = [f"{root}{sheet}", *looks]
    lines = [f'<link rel="stylesheet" href="{address}" />' for address in looks]
    lines += [f'<script defer src="{source}"></script>' for source in (*shared, *own)]
    if page.states:
        script = page_widgets.script_of(page.path)
        address = stored(script, page_widgets.script(page.states))
        lines.append(f'<meta name="page-widgets" content="{address}" />')
    return page.text.replace("</title>", "\n    ".join(["</title>", *lines]), 1)


def stored(path, text):
    """Write a file; its name with a mark that changes when it does."""
    path.write_text(text, encoding="utf-8")
    return f"{path.name}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}"


def one_script(lines, files):
    """Lines and scripts in one text, without the maps, which the site does not have."""
    # a semicolon first, so that no "use strict" of one script is one for all
    code = [";", *lines, *(file.read_text(encoding="utf-8") for file in files)]
    return re.sub(r"\n//# sourceMappingURL=\S+", "", "\n;".join(code))


def finish(app, exception):
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir).resolve()
    static = site / "_static"
    for old in site.rglob(f"*{page_widgets.SUFFIX}"):  # of a page that has none any more
        old.unlink()
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    pages = [page for path, text in texts.items() if (page := taken_apart(path, text))]
    scripts = [f for f in pages[0].scripts if all(f in page.scripts for page in pages)]
    sheets = [f for f in pages[0].sheets if all(f in page.sheets for page in pages)]
    said = dict.fromkeys(line for page in pages for line in page.spoken)
    # two files, so that a page may answer its reader between them
    theirs = [file for file in scripts if file.parent.name == "scripts"]
    ours = [file for file in scripts if file not in theirs]
    theme = one_script([], theirs)
    own = one_script(said, ours)
    for script, text in ((theme, THEIRS), (own, FORGETS)):
        if script.count(text) != 1:
            raise ExtensionError(f"no script, or more than one, says {text} any more")
    theme = theme.replace(THEIRS, '":not(*)"')
    own = own.replace(FORGETS, "window.history.replaceState(history.state, ")
    words = BOOTSTRAP.union(*map(words_of, texts.values()))
    for file in static.rglob("*.js"):  # those too that a page fetches later
        if file.name != "bootstrap.js":
            words.update(WORD.findall(file.read_text(encoding="utf-8")))
    sheet, sheets = one_sheet(sheets, static, words)
    sheet = f"_static/{stored(static / 'site.css', sheet)}"
    bundles = [
        f"_static/{stored(static / name, text)}"
        for name, text in (("site.js", own), ("theme.js", theme))
    ]
    for page in pages:
        text = put_together(page, site, sheet, bundles, {*scripts, *sheets})
        page.path.write_text(text, encoding="utf-8")
    before = sum(file.stat().st_size for file in sheets)
    LOGGER.info("site.css: %d bytes of %d", (static / "site.css").stat().st_size, before)
    for file in {*sheets, *scripts}:
        if not file.relative_to(static).as_posix().startswith(KEPT):
            file.unlink()


def setup(app):
    # after own_assets.py, which reads the theme's own styles
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
