"""The front ends in a kernel that is in the browser: there Python's None arrives as undefined."""

import pytest
from site_pages import ROOT
from specimen import specimen
from specimen_questions import specimens

# render a front end twice, with nulls and with what is left of them; for a question, check it
RENDER = """async ([source, state]) => {
  const address = `data:text/javascript,${encodeURIComponent(source)}`;
  const { default: { render } } = await import(address);
  const bare = (v) => {
    if (v === null) return undefined;
    if (Array.isArray(v)) return v.map(bare);
    if (typeof v !== "object") return v;
    return Object.fromEntries(Object.entries(v).map(([key, one]) => [key, bare(one)]));
  };
  const drawn = [];
  for (const values of [state, bare(state)]) {
    const el = document.createElement("div"), now = { ...values };
    document.body.replaceChildren(el);
    localStorage?.clear();
    const model = { get: (k) => now[k], set: (k, v) => { now[k] = v; }, on() {}, off() {} };
    await render({ el, model: { ...model, save_changes() {} } });
    el.querySelector(".gx-check")?.click();
    drawn.push(el.innerHTML.replace(/gx-[a-z]*-?\\d+/g, "id"));
  }
  return drawn;
}"""


def kept(view, *names):
    return {name: getattr(view, name) for name in names}


def rendered(page, name, state):
    page.goto((ROOT / "_build/html/404.html").as_uri())  # a page of an origin that keeps things
    source = (ROOT / f"gmmlib/explore/{name}.js").read_text(encoding="utf-8")
    return page.evaluate(RENDER, [source, state])


def test_an_explorer_draws_and_says_the_same(page):
    view = specimen().children[-1]
    state = kept(view, "spec", "data", *(f"s{i}" for i in range(6)))
    with_nulls, without = rendered(page, "explorer", state)
    assert "currentColor" in with_nulls
    assert without == with_nulls


@pytest.mark.parametrize("name", ["twins", "how-far", "em-loop"])
def test_a_right_answer_is_right(name, page):
    question = specimens()[1][name]
    state = kept(question, "question", "checked", "tries", *(f"s{i}" for i in range(6)))
    state["answer"] = question.right_answer()
    with_nulls, without = rendered(page, "question", state)
    assert "Right." in with_nulls
    assert without == with_nulls
