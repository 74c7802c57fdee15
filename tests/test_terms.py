"""A link to a term says what it means to whoever points at it: the first sentence of its entry."""

import own_assets

MATH = (
    '<span class="math notranslate"><span class="katex"><span class="katex-mathml"><math>'
    "<semantics><mrow>{0}</mrow><annotation>{1}</annotation></semantics></math></span>"
    '<span class="katex-html" aria-hidden="true"><span class="base"><span>?</span></span></span>'
    "</span></span>"
)
MEAN = MATH.format("<mi>μ</mi>", r"\mu")
ROOT = MATH.format("<msqrt><mi>x</mi></msqrt>", r"\sqrt x")


def page(**entries):
    """The built page of a glossary with these entries."""
    return "".join(
        f'<dt id="term-{term}">{term}<a class="headerlink" href="#term-{term}">#</a></dt>\n'
        f"<dd><p>{entry}</p>\n</dd>"
        for term, entry in entries.items()
    )


def test_a_term_is_said_in_the_first_sentence_of_its_entry():
    said = own_assets.definitions(
        page(
            hump='A <em>top</em> near 0.75, also a <a href="x">mode</a>. Two may be one.',
            named="A rule <span>[<a>Day, 1969</a>]</span>: two\nwords. More.",
            mean=f"The center {MEAN} of a bell.",
        )
    )
    assert said == {
        "term-hump": "A top near 0.75, also a mode.",
        "term-named": "A rule: two words.",
        "term-mean": "The center μ of a bell.",
    }


def test_a_formula_that_a_title_cannot_show_is_left_away():
    said = own_assets.definitions(
        page(width=f"The width of a bell: {ROOT}. More.", only=f"It is {ROOT}. More.")
    )
    assert said == {"term-width": "The width of a bell."}


def test_a_link_gets_its_title_once_and_whatever_it_quotes():
    link = '<a class="reference internal" href="glossary.html#term-hump"><span>humps</span></a>'
    other = link.replace("hump", "bump")
    for said in ('A "top" & more.', "A top."):
        titled = own_assets.say_terms(link + other, {"term-hump": said})
        assert titled.endswith(other) and titled.count("title=") == 1
        assert own_assets.say_terms(titled, {"term-hump": said}) == titled
    assert 'term-hump" title="A top."><span>humps' in titled
