"""An exam on paper, and its key: HTML files that stand alone, and PDF of them by Chromium."""

import base64
import re
from functools import cache
from html import escape
from pathlib import Path

import browser
import numpy as np
from bank_items import with_minus
from markup import KATEX, html, html_inline

STYLE = Path(__file__).with_name("exam.css")
FOOT = (
    '<div style="width: 100%; font: 8pt sans-serif; padding: 0 18mm; display: flex; '
    'justify-content: space-between"><span>{title}</span><span>page '
    '<span class="pageNumber"></span> of <span class="totalPages"></span></span></div>'
)
ASKED = {
    "choice": "One answer is right.",
    "several": "Mark every answer that is right.",
    "order": "Number the lines in a right order.",
    "numeric": "",
}


def pick(banks, wanted, seed, order):
    """The items of an exam: a count, `all`, `concepts`, or names of chapters and items.

    A count is spread over the chapters, and leaves out the test of concepts: who has seen it
    in an exam cannot be asked it again after the course. order: the chapters, as in the book.
    """
    chapters = sorted(banks, key=order.index)
    pool = {name: chapter for chapter in chapters for name in banks[chapter].makers}
    concepts = {name for name, c in pool.items() if banks[c].makers[name][1]["concepts"]}
    if wanted.isdigit():
        names = _spread(pool, concepts, int(wanted), np.random.default_rng(seed))
    elif wanted == "all":
        names = list(pool)
    elif wanted == "concepts":
        names = [name for name in pool if name in concepts]
    else:
        asked = re.split(r"[\s,]+", wanted.strip())
        if unknown := [word for word in asked if word not in pool and word not in banks]:
            raise ValueError(f"ITEMS: {unknown[0]!r} is no chapter and no item of the bank")
        names = [name for name, chapter in pool.items() if {name, chapter} & set(asked)]
    return [banks[pool[name]].variant(name, seed) for name in names]


def _spread(pool, concepts, count, draw):
    left = {}
    for name, chapter in pool.items():
        if name not in concepts:
            left.setdefault(chapter, []).append(name)
    if not 0 < count <= sum(map(len, left.values())):
        most = sum(map(len, left.values()))
        raise ValueError(f"ITEMS must be from 1 to {most} without the test of concepts: {count}")
    taken = set()
    while len(taken) < count:
        for chapter in draw.permutation(sorted(left)):
            if left[chapter] and len(taken) < count:
                taken.add(left[chapter].pop(draw.integers(len(left[chapter]))))
    return [name for name in pool if name in taken]


def exam_page(items, title, seed):
    return page(items, title, seed, solved=False)


def key_page(items, title, seed):
    return page(items, title, seed, solved=True)


def page(items, title, seed, solved):
    total = sum(item.points for item in items)
    parts = "\n".join(_item(number, item, solved) for number, item in enumerate(items, 1))
    head = f"<h1>{escape(title)}</h1>"
    if solved:
        head += f'<p class="about">Key of variant {seed}, {len(items)} items, {total} points.</p>'
    else:
        numbers = any(item.kind == "numeric" for item in items)
        digits = " Give three digits after the point where a number is not whole." * numbers
        head += (
            '<div class="who"><span>Name</span><i></i><span>Number</span><i class="short"></i>'
            '<span>Date</span><i class="short"></i></div>'
            f'<p class="about">{len(items)} items, {total} points, variant {seed}. Log is the '
            f"natural logarithm.{digits}</p>"
        )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}{': key' if solved else ''}</title>"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_katex_style()}\n{STYLE.read_text(encoding='utf-8')}</style></head>\n"
        f"<body><main>{head}\n{parts}\n</main></body></html>\n"
    )


def _item(number, item, solved):
    points = f"{item.points} point{'s' if item.points > 1 else ''}"
    asked = f'<p class="asked">{ASKED[item.kind]}</p>' if ASKED[item.kind] else ""
    body = {"numeric": _field, "order": _lines}.get(item.kind, _options)(item, solved)
    after = ""
    if solved:
        after = (
            f'<div class="because">{html(item.because)}</div>'
            f'<p class="canary">{escape(item.name)} ({escape(item.chapter)}): '
            f"{escape(item.goal)}. <b>{escape(item.canary)}</b></p>"
        )
    return (
        f'<section class="item"><h2>{number} <span>{points}</span></h2>'
        f"{html(item.text)}{asked}{body}{after}</section>"
    )


def _options(item, solved):
    lines = []
    for letter, option in zip("abcdefgh", item.options):
        text = html(option.text) if "\n" in option.text else html_inline(option.text)
        mark, said = '<b class="box"></b>', ""
        if solved:
            mark = f'<b class="box">{"✓" if option.right else ""}</b>'
            said = f'<div class="said">{html_inline(option.said)}</div>' if option.said else ""
        right = ' class="right"' if solved and option.right else ""
        lines.append(f"<li{right}>{mark}<em>{letter}</em><div>{text}{said}</div></li>")
    return f'<ul class="options">{"".join(lines)}</ul>'


def _field(item, solved):
    unit = f" <span>{escape(item.unit)}</span>" if item.unit else ""
    if not solved:
        return f'<p class="field work">Answer: <i></i>{unit}</p>'
    wrong = "".join(
        f"<li><code>{with_minus(f'{mistake.value:.6g}')}</code> {html_inline(mistake.said)}</li>"
        for mistake in item.mistakes
    )
    return (
        f'<p class="field">Answer: <b>{item.shown}</b>{unit} '
        f"(right within {item.within:.3g})</p><ul class=mistakes>{wrong}</ul>"
    )


def _lines(item, solved):
    first = {key: place for place, key in enumerate(item.orders[0], 1)}
    lines = "".join(
        f'<li><b class="box">{first[option.key] if solved else ""}</b>'
        f"<div>{html(option.text)}</div></li>"
        for option in item.options
    )
    more = f"<p>{len(item.orders)} orders are right.</p>" if solved else ""
    return f'<ul class="options lines">{lines}</ul>{more}'


@cache
def _katex_style():
    """KaTeX's styles with its fonts inside, so that the file stands alone."""

    def inlined(found):
        font = (KATEX / found[1]).read_bytes()
        return f"url(data:font/woff2;base64,{base64.b64encode(font).decode()})"

    css = (KATEX / "katex.min.css").read_text(encoding="utf-8")
    css = re.sub(r',url\([^)]*\.(?:woff|ttf)\) format\("[^"]*"\)', "", css)
    return re.sub(r"url\((fonts/[^)]*\.woff2)\)", inlined, css)


def write_pdf(pairs, title):
    """Print pages on A4 with page numbers. pairs: (HTML file, PDF file)."""
    from playwright.sync_api import sync_playwright

    if not (path := browser.find()):
        raise FileNotFoundError("No Chromium was found to print with: run make browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=browser.ARGS)
        sheet = chromium.new_page()
        for source, target in pairs:
            sheet.goto(Path(source).resolve().as_uri())
            sheet.evaluate("document.fonts.ready.then(() => true)")
            sheet.pdf(
                path=str(target), format="A4", print_background=True, display_header_footer=True,
                header_template="<span></span>", footer_template=FOOT.format(title=escape(title)),
                margin={"top": "16mm", "bottom": "18mm", "left": "18mm", "right": "18mm"},
            )  # fmt: skip
        chromium.close()
