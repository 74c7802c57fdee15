"""Pack the built site into one zip that needs no network and no server.

python tools/paper/offline.py

Writes _build/TITLE-offline.zip: a folder with the site, and beside it a page that says what to
open. The same site gives the same bytes. What a browser does not do from the disk is taken out or
said in words: Python in the page and JupyterLite need a server.
"""

import html
import posixpath
import re
import sys
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import imprint  # noqa: E402

SITE, OUT = Path("_build/html"), Path("_build")
START = "START HERE.html"
# what only a server can give: JupyterLite, and Python for the page (megabytes that file:// refuses)
SERVED = ("lite", "_static/pyodide")
# what only a published site needs
PUBLISHED = {".buildinfo", ".nojekyll", "404.html", "CNAME", "objects.inv", "robots.txt"}
PUBLISHED |= {"sitemap.xml"}
BEGINNING = (1980, 1, 1, 0, 0, 0)  # of time, for a zip


def is_left_out(name):
    return name in PUBLISHED or any(name == f or name.startswith(f"{f}/") for f in SERVED)


def target_of(link, page):
    """The file of the site that a link on a page leads to, or None if it leads elsewhere."""
    parts = urlsplit(html.unescape(link))
    if parts.scheme or parts.netloc or not parts.path:
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path)))


RUN = re.compile(r'<p class="run-here">.*?</p>', re.DOTALL)


def led_anew(text, page, address):
    """A page whose links to what is left out lead to the published site, or to words.

    In the place of its button that runs it: where that can be done.
    """
    up = "../" * (page.count("/") + 1)
    where, words = f"{up}START%20HERE.html#server", "no browser runs Python from a disk"
    if address:
        where, words = f"{address}{page}", "it has a button for that on the site"
    text = RUN.sub(
        f'<p>To run this page: <a href="{html.escape(where)}">{words}</a>. '
        "Its notebook, behind the arrow at the top, runs in any Jupyter.</p>",
        text,
    )

    def lead(found):
        target = target_of(found[2], page)
        if target is None or not is_left_out(target):
            return found[0]
        parts = urlsplit(html.unescape(found[2]))
        rest = f"?{parts.query}" * bool(parts.query) + f"#{parts.fragment}" * bool(parts.fragment)
        to = f"{address}{target}{rest}" if address else f"{up}START%20HERE.html#server"
        return f'{found[1]}"{html.escape(to)}"'

    return re.sub(r'(<a\b[^>]*?\shref=)"([^"]*)"', lead, text)


def without_a_server(name, content, address):
    """The bytes of a file of the site as they go into the zip."""
    if name.endswith(".html"):
        return led_anew(content.decode("utf-8"), name, address).encode("utf-8")
    if name.endswith(".js"):
        # the words under each result are fetched, which no browser does from the disk
        return content.replace(b"SHOW_SEARCH_SUMMARY: true", b"SHOW_SEARCH_SUMMARY: false")
    return content


# where Pyodide comes from its public address, and not from the site
SERVE = (
    " With a network and Python on this machine, the page for your own data works too: run "
    "<code>python -m http.server</code> in the folder <code>site</code>, and open "
    "<code>http://localhost:8000</code>."
)


def start_page(title, first, address, serve):
    link = html.escape(address or "")
    fields = {
        "title": html.escape(title),
        "first": first,
        "online": f' Both are at <a href="{link}">{link}</a>.' if address else "",
        "served": SERVE if serve else "",
        "license": html.escape(imprint.license_line()),
        "version": imprint.version(),
    }
    template = (HERE / "start_here.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{ (\w+) \}\}", lambda field: fields[field[1]], template)


def pack(site, path, title, address):
    """Write the zip; returns how many files it has."""
    folder = re.sub(r'[\\/:*?"<>|]', "", title).strip() or "book"
    first = re.search(r'url=([^"]+)"', (site / "index.html").read_text(encoding="utf-8"))[1]
    start = start_page(title, first, address, serve=not (site / "_static/pyodide").exists())
    files = {f"{folder}/{START}": start.encode("utf-8")}
    for file in sorted(p for p in site.rglob("*") if p.is_file()):
        name = file.relative_to(site).as_posix()
        if not is_left_out(name):
            files[f"{folder}/site/{name}"] = without_a_server(name, file.read_bytes(), address)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, BEGINNING)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # the same on Windows
            archive.writestr(entry, files[name])
    return len(files)


def main():
    if not (SITE / "index.html").exists():
        sys.exit(f"make offline: {SITE} is not there: run make book")
    title = imprint.config()["title"]
    path = OUT / f"{imprint.slug(title)}-offline.zip"
    count = pack(SITE, path, title, imprint.site_address())
    print(f"{path}: {count} files, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
