"""Explorers on the static page, as the build writes them: refusals, pictures, small states."""

import json
import re
from html import unescape
from types import SimpleNamespace

import ipywidgets
import pytest
import static_widgets
from ipywidgets.embed import dependency_state
from PIL import Image
from specimen import STATE, VIEW, page_parts, specimen
from sphinx.errors import ExtensionError


def pass_through(body, script, folder, page="book/page"):
    """The page after the extension: its body and its widget state."""
    context = {"body": body, "script_files": [SimpleNamespace(attributes={}), script]}
    static_widgets.static_page(SimpleNamespace(outdir=folder), page, "page.html", context, None)
    return context["body"], json.loads(script.attributes["body"])["state"]


def lone(widget):
    """A page's parts with one widget that is no explorer."""
    body, script = page_parts(specimen())
    state = json.loads(script.attributes["body"])
    state["state"] |= dependency_state([widget])
    script.attributes["body"] = json.dumps(state)
    return f'{body}<script type="{VIEW}">{{"model_id": "{widget.model_id}"}}</script>', script


def test_an_explorer_gets_its_picture_for_readers_without_javascript(tmp_path):
    explorer = specimen("two-words")
    body, _ = pass_through(*page_parts(explorer), tmp_path)
    pattern = r'id="two-words" style="(.*?)"><img src="(.*?)" alt="(.*?)"'
    [(room, source, alt)] = re.findall(pattern, body)
    # how high it will be once its sliders live
    assert room == f"--sliders:{len(explorer.sliders)};--panels:{len(explorer.panels)}"
    assert source == "../_images/explorer-two-words.png"
    assert alt == "The explorer two-words with its sliders at rest"
    picture = tmp_path / "_images/explorer-two-words.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "<noscript>" not in body  # a browser in which the scripts fail shows it too
    assert body.index(VIEW) < body.index('<figure class="gx-still"')


def test_under_the_picture_stands_what_it_shows_and_why_nothing_moves(tmp_path):
    explorer = specimen()
    body, _ = pass_through(*page_parts(explorer), tmp_path)
    caption = re.search("<figcaption>(.*?)</figcaption>", body)[1]
    assert unescape(caption).startswith(explorer.sentence())
    assert "The sliders cannot run here: they need JavaScript" in caption


def test_the_picture_keeps_its_place_while_it_loads(tmp_path):
    body, _ = pass_through(*page_parts(specimen()), tmp_path)
    size = Image.open(tmp_path / "_images/explorer-specimen.png").size
    assert tuple(map(int, re.search(r'width="(\d+)" height="(\d+)"', body).groups())) == size


@pytest.mark.parametrize("taken", ["specimen", "specimen-p"])
def test_an_explorer_whose_id_the_page_has_already_fails_the_build(taken, tmp_path):
    body, script = page_parts(specimen())
    words = f"the explorer specimen needs the id '{taken}', which another explorer or a heading has"
    with pytest.raises(ExtensionError, match=words):
        pass_through(f'<section id="{taken}"></section>{body}', script, tmp_path)


def test_two_explorers_of_one_name_fail_the_build(tmp_path):
    body, script = page_parts(specimen())
    with pytest.raises(ExtensionError, match="which another explorer or a heading has"):
        pass_through(body + body, script, tmp_path)


def test_the_picture_is_taken_out_of_the_page_and_nothing_else_is(tmp_path):
    parts = page_parts(specimen())
    before = json.loads(parts[1].attributes["body"])["state"]
    _, after = pass_through(*parts, tmp_path)
    for entry in before.values():
        entry["state"].pop("picture", None)
    assert after == before


def test_what_the_state_says_cannot_end_its_script(tmp_path):
    body, script = page_parts(specimen(), data="</script><b>")
    _, state = pass_through(body, script, tmp_path)
    assert "</" not in script.attributes["body"]
    assert any(entry["state"].get("data") == "</script><b>" for entry in state.values())


@pytest.mark.parametrize(
    ("widget", "name"),
    [(ipywidgets.Button(), "ButtonModel"), (ipywidgets.FloatLogSlider(), "FloatLogSliderModel")],
)
def test_a_widget_that_the_page_cannot_show_fails_the_build_by_name(widget, name, tmp_path):
    body, script = lone(widget)
    body = "<h2>What happens if<a class='headerlink'>#</a></h2>" + body
    place = r"book/page, widget cell 2 \(section “What happens if”\)"
    words = f"{place}: the static page cannot show {name}"
    with pytest.raises(ExtensionError, match=words):
        pass_through(body, script, tmp_path)


@pytest.mark.parametrize("widget", [ipywidgets.IntSlider(), ipywidgets.FloatSlider()])
def test_a_slider_that_stands_alone_fails_the_build(widget, tmp_path):
    with pytest.raises(ExtensionError, match="book/page: a widget stands alone"):
        pass_through(*lone(widget), tmp_path)


def test_a_page_without_widgets_is_left_alone(tmp_path):
    context = {"body": "<p>text</p>", "script_files": [SimpleNamespace(attributes={})]}
    app = SimpleNamespace(outdir=tmp_path)
    static_widgets.static_page(app, "book/page", "page.html", context, None)
    assert context["body"] == "<p>text</p>"
    assert list(tmp_path.iterdir()) == []


def test_every_widget_of_an_explorer_is_known():
    state = json.loads(page_parts(specimen())[1].attributes["body"])["state"]
    assert static_widgets.unknown_widgets(state) == []
    assert len(state) > 10 and page_parts(specimen())[1].attributes["type"] == STATE
