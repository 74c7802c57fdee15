"""One style sheet: what some page uses stays, as it was and where it was."""

import bundle
import page_widgets
import pytest
import tinycss2


def kept(css, *words):
    return "".join(bundle.rules_in(tinycss2.parse_component_value_list(css), set(words)))


@pytest.mark.parametrize(
    ("css", "words", "rest"),
    [
        (".a{x:1}", "a", ".a{x:1}"),
        (".a{x:1}", "b", ""),
        (".a, .b{x:1}", "b", ".b{x:1}"),
        (".a .b{x:1}", "b", ""),
        ("#a > p{x:1}", "b", ""),
        ("p:not(.a){x:1}", "", "p:not(.a){x:1}"),  # who has no class a is meant
        ("[data-theme=a] p{x:1}", "", "[data-theme=a] p{x:1}"),
        (".gx-a{x:1}", "", ".gx-a{x:1}"),  # put together by a script
        (".run-here-button{x:1}", "", ".run-here-button{x:1}"),  # comes with make lite, later
        ("@media print{.a{x:1} p{y:2}}", "", "@media print{p{y:2}}"),
        ("@media print{.a{x:1}}", "", ""),
        ("@container c (width < 1px){.a{x:1}}", "a", "@container c (width < 1px){.a{x:1}}"),
        ("@font-face{src:url(a)}", "", "@font-face{src:url(a)}"),
        ("/* .a */ p{ x : 1 ; ; /* y */ }", "", "p{x : 1}"),
    ],
)
def test_a_rule_stays_if_each_of_its_classes_is_known(css, words, rest):
    assert kept(css, *words) == rest


def test_a_sheet_that_cannot_be_read_is_refused():
    with pytest.raises(ValueError, match="cannot be read"):
        kept("p{x:1} .a")


def test_a_plain_variable_that_no_rule_and_no_script_reads_goes():
    css = ":root{--a:1;--b:var(--c);--d:2}p{x:var(--a)}"
    assert bundle.without_idle_variables(css, set()) == ":root{--a:1;--b:var(--c);}p{x:var(--a)}"
    assert "--d" in bundle.without_idle_variables(css, {"d"})


def test_imported_sheets_stand_in_their_place_and_addresses_lead_where_they_led(tmp_path):
    (tmp_path / "deep/fonts").mkdir(parents=True)
    (tmp_path / "deep/first.css").write_text('@import "../second.css";p{x:1}i{b:url("fonts/f")}')
    (tmp_path / "second.css").write_text('@charset "utf-8";p{y:2}b{c:url(data:x)}')
    text, files = bundle.one_sheet([tmp_path / "deep/first.css"], tmp_path, set())
    assert text == 'p{y:2}b{c:url(data:x)}p{x:1}i{b:url("deep/fonts/f")}'
    assert [file.name for file in files] == ["first.css", "second.css"]


PAGE = """<head>
<meta name="viewport" content="1"><meta name="viewport" content="2"><title>t</title>
<link href="_static/styles/theme.css?d=1" rel="stylesheet" />
<link rel="stylesheet" href="_static/own.css?v=3" />
<script src="_static/late.js" defer></script><script src="_static/first.js?v=2"></script>
<script>let said = 1;</script><script>DOCUMENTATION_OPTIONS.pagename = 'x';</script>
<script type="application/vnd.jupyter.widget-state+json">
{"state": {"a": 1}}
</script>
</head><body><script>here()</script><script>kernelName = 'python3'</script></body>"""


def test_a_page_is_taken_apart_and_put_together_with_the_bundles(tmp_path):
    path = tmp_path / "pages/a.html"
    path.parent.mkdir()
    page = bundle.taken_apart(path, PAGE)
    names = [file.name for file in page.scripts]
    assert names == ["first.js", "late.js"]  # in the order in which a browser runs them
    assert page.spoken == ["let said = 1;"] and len(page.states) == 1
    assert bundle.taken_apart(path, "<p>not of the theme") is None
    bundled = {next(iter(page.scripts)), next(iter(page.sheets))}
    text = bundle.put_together(page, tmp_path, "_static/s.css?v=1", ["_static/s.js"], bundled)
    assert text.index("s.css") < text.index("_static/own.css?v=3") < text.index("s.js")
    assert text.index("s.css") < text.index('defer src="../_static/s.js"') < text.index("late.js")
    assert (
        "first.js" not in text
        and "theme.css" not in text
        and "pagename" not in text
        and "kernelName" not in text
    )
    assert text.count("viewport") == 1 and "here()" in text
    # the widgets are in a script of their own, which the host asks for
    assert "widget-state" not in text and page_widgets.on(path) == {"a": 1}
    assert '<meta name="page-widgets" content="a.widgets.js?v=' in text


def test_words_of_a_page_are_its_classes_and_all_that_its_scripts_say():
    words = bundle.words_of('<p class="a b" id="c">d<script>"e"</script><style>.f{}</style>')
    assert {"a", "b", "c", "e", "f"} <= words and "d" not in words
