"""Printed figures follow the page: its font, its colors in both themes, and few bytes."""

import gzip
import re

import nbformat
import pytest
from site_pages import PAGES, ROOT, SITE

from gmmlib import plots

FIGURES_KILOBYTES = 60
SVG = re.compile(r'<svg class="printed".*?</svg>', re.DOTALL)
DRAWN = """() => [...document.querySelectorAll("svg.printed")].map(svg => {
  const css = (element) => element && getComputedStyle(element);
  const text = svg.querySelector("text"), axis = svg.querySelector("path.s-ink");
  return {
    name: svg.getAttribute("aria-label"), background: css(svg).backgroundColor,
    text: css(text).fill, axis: css(axis).stroke, font: css(text).fontFamily,
    page: css(document.body).fontFamily, words: svg.querySelectorAll("text").length,
    painted: [...svg.querySelectorAll("path")].map(css)
      .every(path => path.fill != "none" || path.stroke != "none"),
  };
})"""


def alts(path):
    """The descriptions of the figures that a page's notebook shows, in order."""
    source = ROOT / path.replace(".html", ".ipynb")
    if not source.exists():
        return []
    hidden = {"remove-output", "remove-cell"}
    return [
        cell.metadata.mystnb.image.alt
        for cell in nbformat.read(source, as_version=4).cells
        if "image" in cell.metadata.get("mystnb", {})
        and not hidden & set(cell.metadata.get("tags", []))
    ]


WITH_FIGURES = [path for path in PAGES if alts(path)]


def brightness(color):
    red, green, blue = (int(v) for v in re.findall(r"\d+", color)[:3])
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


@pytest.mark.parametrize("path", WITH_FIGURES)
def test_each_figure_is_in_the_page_and_wears_its_theme(path, open_page, page):
    open_page(path)
    for mode in ("light", "dark"):
        page.evaluate("mode => { document.documentElement.dataset.theme = mode; }", mode)
        figures = page.evaluate(DRAWN)
        assert [figure["name"] for figure in figures] == alts(path)
        assert_dressed(figures, mode)


def assert_dressed(figures, mode):
    for figure in figures:
        assert figure["background"] == "rgba(0, 0, 0, 0)"
        assert figure["font"] == figure["page"] and figure["words"] > 3
        assert figure["painted"]
        for part in ("text", "axis"):
            light = brightness(figure[part])
            assert light > 0.6 if mode == "dark" else light < 0.25, (part, figure[part])


@pytest.mark.parametrize("path", WITH_FIGURES)
def test_figures_name_their_colors_and_are_light(path):
    html = (SITE / path).read_text(encoding="utf-8")
    text = "".join(SVG.findall(html))
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", re.sub(r"url\(#[^)]*\)", "", text))
    ids = re.findall(r'\sid="([^"]*)"', html)
    assert all(ids.count(name) == 1 for name in re.findall(r"url\(#([^)]*)\)", text))
    assert len(gzip.compress(text.encode())) <= FIGURES_KILOBYTES * 1000
    assert not re.search(r'<img[^>]*src="[^"]*_images/[0-9a-f]{64}\.', html)  # a figure as a file


def test_the_style_sheet_has_the_colors_of_plots_and_of_no_other_place():
    css = (SITE / "_static/colors.css").read_text(encoding="utf-8")
    known = {color.lower() for pair in plots.ON_DARK.items() for color in pair}
    assert {color.lower() for color in re.findall(r"#[0-9a-fA-F]{6}", css)} == known


def test_every_line_of_a_chapters_picture_has_a_color(open_page):
    strokes = "all => all.map(e => getComputedStyle(e).stroke)"
    colors = open_page("book/contents.html").locator(".pic path").evaluate_all(strokes)
    assert len(set(colors)) >= 4 and "none" not in colors
