"""Sphinx extension: a chapter that _toc.yml leaves out leaves no hole.

Its file stays in the folder, so that its title and its labels can be read. What leads to it (a
link, a state of its explorers, an equation's number) leads to the full book, whose address
_config.yml gives as `full_book`; where that is empty, the words stay and the link goes. Its card
goes too.

Where a link says "chapter 4" or "the next chapter", the page says what that chapter is called in
this table of contents: its number here, or its title.
"""

import json
import posixpath
import re
import unicodedata
from functools import cache
from html import escape
from pathlib import Path
from types import SimpleNamespace

from docutils import nodes
from sphinx import addnodes
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from static_questions import pages_in_order

NEEDED = "bibliography"  # no citation can be set without it
# a state's link is HTML, since the part after the # is the explorer's, not Sphinx's
LINK = re.compile(r'<a\s[^>]*?href="(?P<page>[^":?#]*)\.html(?P<state>#[^"]*)?"[^>]*>')
EQUATION = re.compile(
    r"\$\$(?:(?!\$\$).)*?\$\$[ \t]*\((?P<dollars>[^)\s]+)\)"
    r"|^ *`{3,}\{math\}(?:(?!```).)*?^ *:label: *(?P<fence>\S+)",
    re.DOTALL | re.MULTILINE,
)
TARGET = re.compile(r"^\((?P<label>[^)\s]+)\)=", re.MULTILINE)
# in a table, a link's words may be the number alone
CALLED = re.compile(
    r"\b(?P<c>[Cc])hapter \d+\b|\b(?P<near>next|last|previous) chapter\b|^(?P<bare>\d+)$"
)


# ---- what is left out --------------------------------------------------------------------------


@cache
def read(path):
    """The title of a page's source, its equations {label: number on the page}, its targets."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        words = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        text = "\n\n".join(words)
    title = re.search(r"^# +(.+)$", text, re.MULTILINE)
    labels = [found["dollars"] or found["fence"] for found in EQUATION.finditer(text)]
    return SimpleNamespace(
        title=re.sub(r"[*`$]", "", title[1]).strip() if title else path.stem,
        equations={label: number for number, label in enumerate(labels, 1)},
        targets={found["label"] for found in TARGET.finditer(text)},
    )


def left_out(env):
    """{docname: what its source says} for the pages beside the front page that no toc names."""
    folder = posixpath.dirname(env.config.root_doc)
    files = sorted((Path(env.srcdir) / folder).iterdir())
    pages = {posixpath.join(folder, f.stem): f for f in files if f.suffix in (".ipynb", ".md")}
    return {name: read(file) for name, file in pages.items() if name not in env.found_docs}


def address(env, docname, fragment=""):
    """Where the full book has a page, or None where its address is not known."""
    base = env.config.full_book.rstrip("/")
    return f"{base}/{docname}.html{fragment}" if base else None


def refuse(app, env, docnames):
    for docname in left_out(env):
        if posixpath.basename(docname) == NEEDED:
            raise ExtensionError(
                f"{docname} is not in _toc.yml: the chapters cite what it lists, so leave it in"
            )


# ---- links to it -------------------------------------------------------------------------------


def by_title(text, title):
    """What a link says, with the chapter's title where it said its number or its place."""

    def called(found):
        if found["near"]:
            return f"chapter “{title}”"
        if found["bare"]:
            return f"“{title}”"
        return f"{'The' if found['c'] == 'C' else 'the'} chapter “{title}”"

    return CALLED.sub(called, text)


def elsewhere(env, docname, page, content, fragment=""):
    """A link to a page of the full book, or its words alone."""
    if uri := address(env, docname, fragment):
        title = f"In the full book: {page.title}"
        return nodes.reference("", "", *content, refuri=uri, internal=False, reftitle=title)
    return nodes.inline("", "", *content)


def is_closed(raw):
    """Whether a link in HTML ends in the node that it begins in."""
    return raw.astext().count("</a>") == len(re.findall(r"<a\b", raw.astext()))


def words_after(raw):
    """What stands between `<a href="...">` and `</a>`, nodes of their own."""
    after = raw.parent.children[raw.parent.index(raw) + 1 :]
    ends = [i for i, n in enumerate(after) if isinstance(n, nodes.raw) and n.astext() == "</a>"]
    return after[: ends[0]] if ends else []


def rewrite(node, change):
    """Change the words of a node; whether there was something to change."""
    changed = False
    for text in [node] if isinstance(node, nodes.Text) else list(node.findall(nodes.Text)):
        if (said := change(text.astext())) != text.astext():
            text.parent.replace(text, nodes.Text(said))
            changed = True
    return changed


class LeadElsewhere(SphinxTransform):
    """The links of one page to pages that are left out; before Sphinx looks for these."""

    default_priority = 500

    def apply(self, **kwargs):
        self.out = left_out(self.env)
        self.drop_cards()
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link["refdomain"] == "doc" and (page := self.out.get(link["reftarget"])):
                named = rewrite(link, lambda text, page=page: by_title(text, page.title))
                if not link["refexplicit"]:
                    link[0].children = [nodes.Text(page.title)]
                if named and not self.config.full_book:
                    link[0] += nodes.Text(" of the full book")
                anchor = f"#{link['reftargetid']}" if link.get("reftargetid") else ""
                new = elsewhere(self.env, link["reftarget"], page, link[0].children, anchor)
                link.replace_self(new)
        for raw in list(self.document.findall(nodes.raw)):
            if "<a" in raw.astext() and "application/vnd" not in raw.astext():
                self.lead(raw)

    def drop_cards(self):
        """No card for it; no heading over a part without cards."""
        for box in list(self.document.findall(nodes.container)):
            if "chapter-cards" not in box["classes"]:
                continue
            for item in list(box.findall(nodes.list_item)):
                link = next(item.findall(addnodes.pending_xref), None)
                if link is not None and link["reftarget"] in self.out:
                    item.parent.remove(item)
            if next(box.findall(nodes.list_item), None) is None:
                section = box.parent
                section.remove(box)
                if isinstance(section, nodes.section):
                    above, place = section.parent, section.parent.index(section)
                    above[place : place + 1] = section.children[1:]

    def lead(self, raw):
        """The links in HTML, whose end may be another node than their beginning."""
        closed = is_closed(raw)
        here = posixpath.dirname(self.env.docname)
        dropped = []

        def to_the_full_book(found):
            docname = posixpath.normpath(posixpath.join(here, found["page"]))
            if docname not in self.out:
                return found[0]
            uri, title = address(self.env, docname, found["state"] or ""), self.out[docname].title
            for text in [] if closed else words_after(raw):
                rewrite(text, lambda words: by_title(words, title))
            if uri is None:
                dropped.append(found[0])
                return ""
            title = escape(f"In the full book: {title}")
            return f'<a class="reference external" title="{title}" href="{uri}">'

        text = LINK.sub(to_the_full_book, raw.astext())
        if dropped and closed:
            openings = "|".join(map(re.escape, dropped))
            text = re.sub(rf"(?:{openings})(.*?)</a>", r"\1", raw.astext(), flags=re.DOTALL)
        elif dropped:
            del raw.parent[raw.parent.index(raw) + len(words_after(raw)) + 1]
        if text != raw.astext():
            raw.replace_self(nodes.raw("", text, format="html") if text else [])


def place_of_term(term):
    """The anchor of a term on the page of the glossary; that of k-means++ is its neighbor's."""
    known = unicodedata.normalize("NFKD", term).encode("ascii", "ignore").decode("ascii")
    return "term-" + re.sub(r"[^A-Za-z0-9._]+", "-", known).strip("-")


def missing(app, env, node, contnode):
    """An equation, a target, a term of a page that is left out."""
    kind, label = node["reftype"], node["reftarget"]
    for docname, page in left_out(env).items():
        if kind == "eq" and label in page.equations:
            number = nodes.Text(f"({page.equations[label]})")
            link = elsewhere(env, docname, page, [number], f"#equation-{nodes.make_id(label)}")
            return nodes.inline("", "", link, nodes.Text(f" of “{page.title}”"))
        if kind in ("ref", "numref") and label in page.targets:
            words = contnode.astext() if node["refexplicit"] else f"“{page.title}”"
            return elsewhere(env, docname, page, [nodes.Text(words)], f"#{nodes.make_id(label)}")
        target = posixpath.join(posixpath.dirname(node.get("refdoc", "")), label)
        if kind == "doc" and posixpath.normpath(target) == docname:
            words = contnode.astext() if node["refexplicit"] else page.title
            return elsewhere(env, docname, page, [nodes.Text(words)])
        if kind == "term" and posixpath.basename(docname) == "glossary":
            words = [nodes.Text(contnode.astext())]
            return elsewhere(env, docname, page, words, f"#{place_of_term(label)}")
    return None


# ---- links to what is here, by number or by place ------------------------------------------------


class SayAsHere(SphinxPostTransform):
    """The number of a chapter in a link's words is the one that it has in this book."""

    default_priority = 5  # before MyST resolves the link

    def run(self, **kwargs):
        pages = pages_in_order(self.env)[1:]
        here = pages.index(self.env.docname) if self.env.docname in pages else -1
        self.beside = {"next": [*pages, ""][here + 1], "last": ["", *pages][here]}
        self.beside["previous"] = self.beside["last"]
        for link in self.document.findall(addnodes.pending_xref):
            if link["refdomain"] == "doc":
                self.say(link, link["reftarget"])
        folder = posixpath.dirname(self.env.docname)
        for raw in list(self.document.findall(nodes.raw)):
            if (found := LINK.fullmatch(raw.astext())) and not is_closed(raw):
                for words in words_after(raw):
                    self.say(words, posixpath.normpath(posixpath.join(folder, found["page"])))

    def say(self, node, target):
        """The words of a link to a page that is here."""
        if target not in self.env.titles:
            return
        title = self.env.titles[target].astext()
        number = ".".join(map(str, self.env.toc_secnumbers.get(target, {}).get("") or ()))

        def called(found):
            if target == self.beside.get(found["near"]):
                return found[0]
            if found["near"] or not number:
                return found[0] if found["bare"] else by_title(found[0], title)
            return number if found["bare"] else f"{found['c']}hapter {number}"

        rewrite(node, lambda text: CALLED.sub(called, text))


def setup(app):
    app.add_config_value("full_book", "", "env", [str])
    app.add_transform(LeadElsewhere)
    app.add_post_transform(SayAsHere)
    app.connect("env-before-read-docs", refuse)
    app.connect("missing-reference", missing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
