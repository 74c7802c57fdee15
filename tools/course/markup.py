"""Markdown with $formulas$ to HTML, the formulas in the way that the reader of a file needs.

`html` is for print: KaTeX sets the formulas while the file is made, as in the book. `moodle`
leaves them as \\( ... \\), which Moodle's filter sets, and `mathml` makes MathML of them for QTI.
"""

import re
from functools import cache, partial
from html import escape
from pathlib import Path

import built_math
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from sphinxcontrib import katex

KATEX = Path(__file__).parents[2] / "node_modules/katex/dist"


@cache
def _start_katex():
    """The same server as the book's: Node, kept running (tools/site/built_math.py)."""
    katex.NODEJS_BINARY = str(built_math.NODE)
    katex.KaTeXServer.start_server_process = classmethod(built_math.start_and_connect)
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0


@cache
def _katex(tex, display, output):
    _start_katex()
    options = {"throwOnError": True, "displayMode": display, "strict": "ignore", "output": output}
    return katex.render_latex(tex, options)


def _set(tex, display):
    return _katex(tex, display, "html")


def _mathml(tex, display):
    # KaTeX wraps it in a span of its own; the TeX stays inside as an annotation
    found = re.search(r"<math .*</math>", _katex(tex, display, "mathml"), re.DOTALL)
    return found[0]


def _delimited(tex, display):
    left, right = (r"\[", r"\]") if display else (r"\(", r"\)")
    return f"{left}{escape(tex, quote=False)}{right}"


@cache
def _parser(math):
    parser = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True})
    parser.enable("table").use(dollarmath_plugin, double_inline=False)

    def inline(self, tokens, at, options, env):
        return math(tokens[at].content.strip(), False)

    def block(self, tokens, at, options, env):
        return f"<p>{math(tokens[at].content.strip(), True)}</p>\n"

    parser.add_render_rule("math_inline", inline)
    parser.add_render_rule("math_block", block)
    return parser


def render(text, math):
    """Markdown as HTML that is XML, too."""
    return _parser(math).render(text).strip()


def _inline(text, math):
    return _parser(math).renderInline(text).strip()


html, html_inline = partial(render, math=_set), partial(_inline, math=_set)
moodle = partial(render, math=_delimited)
mathml = partial(render, math=_mathml)


def from_plain(text):
    """The book's questions are plain text with `code`: the same as Markdown."""
    parts = enumerate(text.split("`"))
    return "".join(
        f"`{p}`" if i % 2 else re.sub(r"([\\*_\[\]<>$#&|])", r"\\\1", p) for i, p in parts
    )
