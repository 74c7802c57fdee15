"""The contents: what each chapter needs, and the map that is drawn of it."""

import html
import re

import chapter_map
import pytest
import toc
from site_pages import ROOT, SITE
from sphinx.errors import ExtensionError

PAGE = "book/contents.html"
SOURCE = (ROOT / "book/contents.md").read_text(encoding="utf-8")
CARD = re.compile(r"^- \[.*?\]\((\w+)\.ipynb\).*? Needs (no other|.*)\.$", re.MULTILINE)
HERE = [page.name.removeprefix("book/") for page in toc.pages() if page.number and not page.out]
NEEDS = {
    name: [one for one in re.findall(r"\((\w+)\.ipynb\)", needs) if one in HERE]
    for name, needs in CARD.findall(SOURCE)
    if name in HERE
}
SHOWN = """() => [...document.querySelectorAll(".chapter-map svg")]
  .filter(svg => svg.checkVisibility())
  .map(svg => ({
    kind: svg.classList[0],
    on: [...svg.querySelectorAll("a.on")].map(link => link.dataset.chapter.replace("book/", "")),
    arrows: [...svg.querySelectorAll(".arrow.on")].length,
    outside: [...svg.querySelectorAll("a")].filter(link => {
      const [box, text] = ["rect", "text"].map(name => link.querySelector(name).getBBox());
      return text.x < box.x || text.y < box.y || text.x + text.width > box.x + box.width
        || text.y + text.height > box.y + box.height;
    }).map(link => link.textContent),
    letter: Math.min(...[...svg.querySelectorAll("tspan")].map(
      line => line.getBoundingClientRect().height)),
  }))"""


def before(name):
    """All that has to be read before a chapter: a second way to count it."""
    return {name}.union(*(before(one) for one in NEEDS[name]))


def test_each_card_says_what_its_chapter_needs():
    assert list(NEEDS) == HERE
    assert [name for name, needs in NEEDS.items() if not needs][:1] == HERE[:1]


def test_the_map_has_a_box_for_each_chapter_and_an_arrow_for_each_need_and_no_other():
    text = (SITE / PAGE).read_text(encoding="utf-8")
    drawings = re.findall(r'<svg class="with-.*?</svg>', text, re.DOTALL)
    assert len(drawings) == 2
    for svg in drawings:
        arrows = re.findall(r'data-from="book/(\w+)" data-to="book/(\w+)"', svg)
        assert sorted(arrows) == sorted((one, name) for name in NEEDS for one in NEEDS[name])
        assert re.findall(r'<a href="(\w+)\.html" data-chapter="book/(\w+)"', svg) == [
            (name, name) for name in HERE
        ]


@pytest.mark.parametrize("width, kind", [(1280, "with-names"), (390, "with-numbers")])
def test_there_is_one_drawing_and_the_way_to_a_chosen_chapter_is_on_it(
    width, kind, open_page, page
):
    page.set_viewport_size({"width": width, "height": 800})
    open_page(PAGE)
    assert page.evaluate(SHOWN)[0]["on"] == []
    for name in HERE:
        page.get_by_label("I want to read").select_option(f"book/{name}")
        (shown,) = page.evaluate(SHOWN)
        way = [one for one in HERE if one in before(name)]
        assert (shown["kind"], shown["on"], shown["outside"]) == (kind, way, [])
        assert shown["arrows"] == sum(len(NEEDS[one]) for one in way)
        said = page.get_by_role("status").inner_text()
        numbers = [str(HERE.index(one) + 1) for one in way[:-1]]
        wanted = f": {', '.join(numbers)}. With it," if numbers else "needs no other:"
        assert wanted in said, said
    assert shown["letter"] >= 11


def test_a_box_that_has_the_focus_shows_its_way_and_then_what_was_chosen_is_back(open_page, page):
    open_page(PAGE)
    page.get_by_label("I want to read").select_option(f"book/{HERE[1]}")
    page.locator(f'.with-names a[data-chapter="book/{HERE[-1]}"]').focus()
    assert set(page.evaluate(SHOWN)[0]["on"]) == before(HERE[-1])
    page.get_by_label("I want to read").focus()
    assert set(page.evaluate(SHOWN)[0]["on"]) == before(HERE[1])


def test_the_time_of_a_way_is_that_of_its_cards():
    text = (SITE / PAGE).read_text(encoding="utf-8")
    card = r'<li><svg.*?href="(\w+)\.html".*?reading-time">(\d+) min'
    cards = dict(re.findall(card, text, re.DOTALL))
    for name in HERE:
        said = re.search(rf'<option value="book/{name}"[^>]* data-says="([^"]*)"', text)[1]
        minutes = int(re.search(r"(\d+) minutes", html.unescape(said))[1])
        assert minutes == sum(int(cards[one]) for one in before(name))


@pytest.mark.parametrize(
    "needs, fault",
    [
        ({"a": ["b"], "b": []}, "a needs b, which comes after it"),
        ({"a": ["a"]}, "a needs a, which comes after it"),
        ({"a": [], "b": ["a"], "c": ["b"], "d": ["a", "c"]}, "d need not name a, since c needs it"),
    ],
)
def test_a_need_that_comes_later_or_with_another_is_refused(needs, fault):
    with pytest.raises(ExtensionError, match=fault):
        chapter_map.refuse_faults(needs, "contents")
