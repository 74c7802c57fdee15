"""Sphinx extension: what search engines, machines and lost readers see of the site.

Always: a description of each page, structured data (schema.org), robots.txt, and 404.html, which
hosts of static pages show where an address has no file. Only where the site's address is known:
sitemap.xml, and the canonical address of each page, which Sphinx writes.
"""

import json
import re
import subprocess
from html import escape
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape as escape_xml

import chapter_cards

LICENSE = "https://creativecommons.org/licenses/by/4.0/"
# pages that no file of the book makes: their title and what is said of them elsewhere
MADE = {
    "search": ("Search", "Search all pages of {book}: chapters, exercises, solutions, glossary."),
    "genindex": ("Index", "The index of {book}: each term, and where the glossary explains it."),
    "404": ("This page is not here", "An address of {book} without a page: where to go on."),
}
ADDRESS = re.compile(r'((?:href|src|action|data-content_root)=")(?![#/]|[a-z]+:)(?:\./)?([^"]*")')
# A missing page is shown at its own address, at any depth. Where does the site begin? In the folder
# above that has the site's style sheet, and where 404.html itself stands.
FIND_ROOT = """
  <script>
    (() => {
      const folders = location.pathname.split("/").slice(0, -1);
      const has = (root) => {
        const ask = new XMLHttpRequest();
        ask.open("HEAD", `${root}_static/site.css`, false);
        try { ask.send(); } catch { return false; }
        return ask.status === 200;
      };
      for (; folders.length; folders.pop()) {
        const root = `${folders.join("/")}/`;
        if (!location.pathname.endsWith("/404.html") && !has(root)) continue;
        document.write(`<base href="${root}">`);
        document.documentElement.dataset.content_root = root;
        break;
      }
      addEventListener("DOMContentLoaded", () => {
        for (const link of document.querySelectorAll('a[href^="#"]'))
          link.href = location.pathname + location.search + link.getAttribute("href");
      });
    })();
  </script>"""


# ---- each page -------------------------------------------------------------------------------


def describe(app, pagename, templatename, context, doctree):
    book = app.config.html_title
    if pagename in MADE:
        title, words = MADE[pagename]
        context.setdefault("title", title)
        context["description"] = words.format(book=book)
    if pagename == "404":
        context["pageurl"] = None  # it has none: it is shown at others
    if pagename in app.env.found_docs:
        data = structured(app, pagename, context, book)
        text = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
        context["metatags"] = (
            context.get("metatags", "") + f'\n<script type="application/ld+json">{text}</script>'
        )


def structured(app, pagename, context, book):
    """What schema.org calls the page: the front page is the book, a chapter is a part of it."""
    whole = {
        "@type": "Book",
        "name": book,
        "author": app.config.author,
        "inLanguage": app.config.language or "en",
        "license": LICENSE,
        "isAccessibleForFree": True,
    }
    if app.config.html_baseurl:
        root = app.builder.get_target_uri(app.config.root_doc)
        whole["url"] = f"{app.config.html_baseurl.rstrip('/')}/{root}"
    if pagename == app.config.root_doc:
        return {"@context": "https://schema.org", **whole, "description": context["description"]}
    number = app.env.toc_secnumbers.get(pagename, {}).get("")
    page = {
        "@context": "https://schema.org",
        "@type": ["LearningResource", "Chapter"] if number else "WebPage",
        "name": app.env.titles[pagename].astext(),
        "description": context["description"],
        "isPartOf": whole,
    }
    if number:
        time = chapter_cards.minutes(app.env.get_doctree(pagename))
        page |= {"position": number[0], "timeRequired": f"PT{time}M"}
    if context.get("pageurl"):
        page["url"] = context["pageurl"]
    return {key: value for key, value in page.items() if value}


# ---- where there is no page ------------------------------------------------------------------


def pages(app):
    """The names of all pages, as a reader comes to them."""
    root, order = app.config.root_doc, []
    waiting = [root]
    while waiting:
        name = waiting.pop(0)
        if name not in order:
            order.append(name)
            waiting = [*app.env.toctree_includes.get(name, []), *waiting]
    return order


def lost(app):
    """The page for an address that has none: templates/lost.html, with links from the root."""
    links = []
    for name in pages(app):
        number = app.env.toc_secnumbers.get(name, {}).get("")
        title = app.env.titles[name].astext()
        links.append(
            (app.builder.get_target_uri(name), f"{number[0]}. {title}" if number else title)
        )
    yield "404", {"title": MADE["404"][0], "all_pages": links}, "lost.html"


def at_any_depth(page, site):
    """The page 404.html with addresses that hold wherever it is shown.

    site: where the site will be, or "" if nobody knows yet: then a script looks for it.
    """
    if site:
        root = urlsplit(site).path.rstrip("/") + "/"
        return ADDRESS.sub(lambda found: f"{found[1]}{root}{found[2]}", page)
    return page.replace("<head>", f"<head>{FIND_ROOT}", 1)


# ---- the site --------------------------------------------------------------------------------


def changed(root):
    """{path: day of its last change} of the book's sources, as far as Git knows it."""

    def git(*words):
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else ""

    # of a shallow clone Git knows the last commit only, and would give its day to all
    if git("rev-parse", "--is-shallow-repository").strip() != "false":
        return {}
    days, day = {}, ""
    for line in git("log", "--format=%x00%cs", "--name-only", "--", "book").splitlines():
        if line.startswith("\0"):
            day = line[1:]
        elif line:
            days.setdefault(line, day)
    return days


def sitemap(addresses):
    """addresses: {address of a page: day of its last change, or None}"""
    entries = "".join(
        f"<url><loc>{escape_xml(address)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>\n"
        for address, day in addresses.items()
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    )


def finish(app, exception):
    if exception or app.builder.format != "html":
        return
    site, out = app.config.html_baseurl.rstrip("/"), Path(app.outdir)
    page = out / "404.html"
    page.write_text(at_any_depth(page.read_text(encoding="utf-8"), site), encoding="utf-8")
    robots = "User-agent: *\nAllow: /\n"
    front = app.builder.get_target_uri(app.config.root_doc)
    canonical = ""
    if site:
        days, root = changed(app.srcdir), Path(app.srcdir)
        found = {}
        for name in pages(app):
            source = Path(app.env.doc2path(name)).relative_to(root).as_posix()
            found[f"{site}/{app.builder.get_target_uri(name)}"] = days.get(source)
        (out / "sitemap.xml").write_text(sitemap(found), encoding="utf-8")
        robots += f"Sitemap: {site}/sitemap.xml\n"
        canonical = f'<link rel="canonical" href="{site}/{front}">'
    (out / "robots.txt").write_text(robots, encoding="utf-8")
    if front != "index.html":
        # Sphinx's own leads to the front page too, and has no title and no words
        title, language = escape(app.config.html_title), app.config.language or "en"
        (out / "index.html").write_text(
            f'<!DOCTYPE html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
            f'<meta http-equiv="refresh" content="0; url={front}"><title>{title}</title>'
            f'{canonical}</head>\n<body><a href="{front}">{title}</a></body>\n</html>\n',
            encoding="utf-8",
        )


def setup(app):
    # after own_assets.py, and after bundle.py has put the pages together
    app.connect("html-page-context", describe, priority=920)
    app.connect("html-collect-pages", lost)
    app.connect("build-finished", finish, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
