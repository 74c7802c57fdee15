"""The book on paper, as `make pdf` printed it.

Reads _build/pdf (book.pdf, and the page that Chromium printed, book.html) and _build/html.
"""

import html
import re
from functools import cache

import imprint
import numpy as np
import page_widgets
import paper
import pikepdf
import pypdfium2
import pytest
import toc
import zxingcpp

SITE, PRINTED = imprint.ROOT / "_build/html", imprint.ROOT / "_build/pdf"
NAMES = [name for _, names in paper.parts() for name in names]
EACH = pytest.mark.parametrize("name", NAMES)
MM = 72 / 25.4  # points
SIDE, TOP, BOTTOM = 30 * MM, 25 * MM, 22 * MM  # the margins of paper.css


@cache
def built(name):
    """The article of a built page, without its scripts."""
    text = (SITE / f"book/{name}.html").read_text(encoding="utf-8")
    article = text[text.index("<article") : text.index("</article>")]
    return re.sub(r"<script.*?</script>", "", article, flags=re.DOTALL)


@cache
def states(name):
    return [entry["state"] for entry in page_widgets.on(SITE / f"book/{name}.html").values()]


def solid(text):
    """A text without what breaks lines: spaces, and hyphens, which a line may get at its end."""
    return re.sub(r"[\s\u00ad\u200b\u2060\ufffe\x02-]+", "", text)


def plain(markup):
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


@pytest.fixture(scope="module")
def source():
    return (PRINTED / "book.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pdf():
    with pikepdf.open(PRINTED / "book.pdf") as opened:
        yield opened


@pytest.fixture(scope="module")
def pages():
    """What PDFium, the reader in Chromium, sees."""
    return pypdfium2.PdfDocument(PRINTED / "book.pdf")


@pytest.fixture(scope="module")
def texts(pages):
    return [page.get_textpage().get_text_range() for page in pages]


@pytest.fixture(scope="module")
def places(pdf):
    return paper.places(pdf)


@pytest.fixture
def sheet(page):
    """The page that was printed, as wide as its text."""
    page.set_viewport_size({"width": paper.TEXT, "height": 900})
    page.emulate_media(media="print")
    page.goto((PRINTED / "book.html").as_uri())
    page.evaluate(paper.FONTS_LOADED)
    return page


# ---- it is the whole book ------------------------------------------------------------------------


def test_it_has_the_pages_of_a_book_and_less_than_15_megabytes(pages):
    assert 10 * len(NAMES) < len(pages) < 30 * len(NAMES)
    assert (PRINTED / "book.pdf").stat().st_size < 15e6


def test_every_page_of_the_site_begins_a_page_with_its_title_in_the_order_of_the_contents(
    texts, places
):
    begins = [places[f"page--{name}"] for name in NAMES]
    assert begins == sorted(set(begins))
    for name, number in zip(NAMES, begins, strict=True):
        title = plain(re.search(r"<h1>(.*?)<a class=\"headerlink", built(name), re.DOTALL)[1])
        assert solid(title) in solid(texts[number - 1][:300])


@EACH
def test_every_line_of_code_and_of_output_is_printed(name, texts):
    words = solid("".join(texts))
    blocks = re.findall(r"<pre[^>]*>(.*?)</pre>", built(name), re.DOTALL)
    lines = [line for block in blocks for line in plain(block).splitlines() if line.strip()]
    assert [line for line in lines if solid(line) not in words] == []


@EACH
def test_every_formula_is_printed_with_its_roots_and_braces(name, source):
    # a root is a small drawing inside its formula
    chapter = source[source.index(f'id="page--{name}"') :]
    chapter = chapter[: chapter.find('<div class="page ', 1)]
    at_the_end = "".join(
        re.findall(rf'<section class="piece" id="{name}--.*?</section>', source, re.DOTALL)
    )
    for mark in ('class="katex"', 'class="hide-tail"', "YMin slice"):
        assert built(name).count(mark) == (chapter + at_the_end).count(mark)


def test_a_screen_reader_is_told_every_formula(source, pdf):
    told = [
        str(thing.Alt)
        for thing in pdf.objects
        if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/StructElem"
        if "/Alt" in thing
    ]
    assert len(told) > source.count('class="katex"') > 500
    assert pdf.Root.MarkInfo.Marked and str(pdf.Root.Lang) == "en"


@EACH
def test_every_explorer_has_its_picture_and_the_sentence_that_gmmlib_computed(name, source, texts):
    words = solid("".join(texts))
    for state in states(name):
        if "spec" in state:
            spec = state["spec"]
            begin = source.index(f'data-explorer="{spec["name"]}"')
            figure = source[begin : source.index("</figure>", begin)]
            assert figure.count('<svg role="img"') >= sum(
                p["kind"] != "Table" for p in spec["panels"]
            )
            assert solid(spec["said"]) in solid(plain(figure))
            assert solid(spec["said"]) in words


@EACH
def test_every_question_is_asked_and_its_answer_found(name, source, places):
    for state in states(name):
        if "question" in state:
            question = state["question"]
            assert f'id="{name}--{question["name"]}"' in source
            if "answers" in NAMES:
                assert places[f"answers--{question['name']}"] >= places["page--answers"]


@EACH
def test_every_solution_stands_at_the_end(name, source):
    asked = len(re.findall(r'sd-summary-text">Solution<', built(name)))
    assert source.count(f'<section class="piece" id="{name}--solution-') == asked


def taken(page, body, site=None):
    """What take.js takes from a page with that under its title."""
    page.set_content(
        f'<article class="bd-article"><section id="a"><h1>A</h1>{body}</section></article>'
    )
    page.add_script_tag(path=imprint.ROOT / "tools/paper/take.js")
    wanted = {"page": "a", "root": "file:///", "site": site, "wide": 660, "narrow": 520}
    return page.evaluate("(wanted) => take(wanted)", wanted)


def test_the_button_that_runs_a_chapter_is_not_printed_nor_the_words_in_its_place(page):
    words = '<p class="run-here">Run this here</p><p>It begins.</p>'
    assert "Run this" not in (body := taken(page, words)["body"]) and "It begins." in body


def test_where_the_readers_own_points_would_be_the_paper_says_where_they_are(page):
    card = '<div class="no-print" id="playground">MB <button>Start</button></div>'
    assert "book/a.html#playground" in (body := taken(page, card)["body"]) and "MB" not in body
    made = taken(page, card, "https://ada.example/")
    coded = paper.with_codes(made["body"], made["explorers"], "https://ada.example/")
    assert 'href="https://ada.example/book/a.html#playground"' in coded and "<svg" in coded
    if "your_data" in NAMES:
        assert 'data-explorer="playground"' in (PRINTED / "book.html").read_text(encoding="utf-8")


def test_a_number_and_its_percent_stay_on_one_line_and_code_stays_as_it_is(page):
    body = taken(page, "<p>99 % of 30 000, 41 ± 5, 2 of 3</p><pre>9 % 2</pre>")["body"]
    spaced = body.replace("\xa0", "~").replace("&nbsp;", "~")
    assert "99~% of 30~000, 41~±~5, 2 of 3" in spaced and "9 % 2" in spaced


def test_figures_are_lines_and_letters(source):
    # what is a picture by nature, a map of colors, is inside a drawing
    assert re.findall(r"<img[^>]*>", source) == []


# ---- it leads where it says ----------------------------------------------------------------------


def test_every_number_of_a_page_in_the_text_is_the_page_of_what_it_names(source, places):
    said = re.findall(r'<a class="pg" href="#[^"]*" data-to="([^"]*)">(\d+)</a>', source)
    assert len(said) > 300
    assert [(to, number) for to, number in said if places[to] != int(number)] == []


def test_no_two_places_have_one_name(source):
    # but in drawings, whose marks are their own affair
    text = re.sub(r"<svg.*?</svg>", "", source, flags=re.DOTALL)
    names = re.findall(r'<[^>]* id="([^"]*)"', text)
    assert len(names) > 1000 and sorted(names) == sorted(set(names))


def test_a_solution_says_the_page_where_its_exercise_is_printed(source, texts):
    said = re.findall(r'class="piece-of"><b>([^<]*)</b>, page <a[^>]*>(\d+)</a>', source)
    assert len(said) > 100
    there = [solid(plain(name)) in solid(texts[int(number) - 1]) for name, number in said]
    assert [pair for pair, is_there in zip(said, there, strict=True) if not is_there] == []


def links(pdf):
    for page in pdf.pages:
        for note in page.get("/Annots", ()):
            if note.get("/Subtype") == "/Link":
                yield note


def test_links_lead_to_a_page_of_the_book_or_to_a_secure_address(pdf, places):
    inside = [str(note.Dest).removeprefix("/") for note in links(pdf) if "/Dest" in note]
    outside = [str(note.A.URI) for note in links(pdf) if "/A" in note]
    assert len(inside) > 1000 and set(inside) <= set(places)
    assert [address for address in outside if not address.startswith("https://")] == []
    assert len(inside) + len(outside) == len(list(links(pdf)))


def test_bookmarks_have_the_chapters_and_their_sections(pdf):
    with pdf.open_outline() as outline:
        found = [entry.title for part in outline.root for entry in [part, *part.children]]
    wanted = [page.name for page in toc.pages() if page.number and not page.out]
    assert sum(bool(re.match(r"\d+\. ", title)) for title in found) == len(wanted)


def test_an_address_that_is_a_placeholder_is_nowhere(source):
    if not imprint.site_address():
        assert 'class="qr"' not in source and "github.io" not in source


def test_with_an_address_each_explorer_has_a_code_that_leads_to_its_live_state(page, tmp_path):
    address = "https://ada.example/em/"
    name = next(n for n in NAMES if sum("spec" in state for state in states(n)) > 1)
    piece = paper.take(page, [name], address)[name]
    body = paper.with_codes(piece["body"], piece["explorers"], address)
    style = (imprint.ROOT / "tools/paper/paper.css").read_text(encoding="utf-8")
    figures = re.findall(r'<figure class="explorer".*?</figure>', body, re.DOTALL)
    page.set_content(f"<style>{style}</style>{''.join(figures)}")
    page.pdf(path=tmp_path / "codes.pdf", prefer_css_page_size=True)
    read = []
    for printed in pypdfium2.PdfDocument(tmp_path / "codes.pdf"):
        read += [code.text for code in zxingcpp.read_barcodes(printed.render(scale=3).to_pil())]
    names = [state["spec"]["name"] for state in states(name) if "spec" in state]
    assert sorted(read) == sorted(f"{address}book/{name}.html#{one}" for one in names)
    assert f'href="{address}book/{name}.html#{names[0]}' in body


# ---- it is well set ------------------------------------------------------------------------------


def fonts(pdf):
    """{name: whether its letters are in the file as outlines}"""
    found = {}
    for page in pdf.pages:
        for font in page.Resources.get("/Font", {}).values():
            inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
            about = inner.get("/FontDescriptor", {})
            outlines = any(key in about for key in ("/FontFile", "/FontFile2", "/FontFile3"))
            found[str(font.get("/BaseFont", font.Subtype))] = outlines
    return found


def test_every_font_is_in_the_file_and_none_is_one_that_the_machine_happened_to_have(pdf):
    found = fonts(pdf)
    assert [name for name, outlines in found.items() if not outlines] == []
    ours = re.compile(r"/[A-Z]{6}\+(Source(Serif|Sans|Code)|KaTeX_|DejaVuSans)")
    assert [name for name in found if not ours.match(name)] == []


def test_nothing_is_wider_than_the_text(sheet):
    sheet.add_script_tag(path=imprint.ROOT / "tools/paper/fit.js")
    assert sheet.evaluate("(least) => fit({ least })", paper.LEAST) == []
    sheet.add_style_tag(content="pre { width: 700px }")
    assert sheet.evaluate("(least) => fit({ least })", paper.LEAST) != []


def test_no_figure_is_split_and_none_is_higher_than_a_page(sheet):
    faults = """() => {
      document.documentElement.classList.add("aside");
      const whole = "figure, .gx-question:not(.parted), tbody tr, div.math";
      return [...document.querySelectorAll(whole)].filter((e) => e.getClientRects().length > 1)
        .map((e) => e.textContent.slice(0, 60));
    }"""
    assert sheet.evaluate(faults) == []


def test_parts_of_a_program_are_on_two_pages_and_none_ends_with_an_empty_line(sheet):
    faults = """() => {
      document.documentElement.classList.add("aside");
      return [...document.querySelectorAll("pre.rest")].filter((rest) => {
        const first = rest.previousElementSibling;
        return [...first.getClientRects()].at(-1).left === rest.getClientRects()[0].left
          || /\\s$/.test(first.textContent);
      }).map((rest) => rest.textContent);
    }"""
    assert sheet.evaluate(faults) == []


def compose(page, *chapter):
    """Compose a book of one chapter, of these elements; returns what compose.js says of it."""
    page.set_viewport_size({"width": paper.TEXT, "height": 900})
    page.set_content(
        f'<body style="margin: 0"><div class="page" id="page--a">{"".join(chapter)}</div></body>'
    )
    page.add_style_tag(path=imprint.ROOT / "tools/paper/paper.css")
    page.add_script_tag(path=imprint.ROOT / "tools/paper/compose.js")
    return page.evaluate(COMPOSE)


COMPOSE = f"compose({{ hole: {paper.HOLE}, smallest: {paper.SMALLEST} }})"
HIGH = 944  # pixels of text on a page


def high(pixels, words=""):
    return f'<p style="height: {pixels}px; margin: 0">{words}</p>'


@pytest.mark.parametrize(("white", "parts"), [(165, [5, 8]), (290, [13])])
def test_a_program_is_parted_where_no_bracket_is_open_if_at_all(white, parts, page):
    lines = [f"a{n} = {n}" for n in range(5)] + ["f(", *4 * ["    a,"], ")", "b", "c"]
    compose(page, high(HIGH - white, "a"), f"<pre>{chr(10).join(lines)}</pre>")
    assert [t.count("\n") + 1 for t in page.locator("pre").all_text_contents()] == parts


def test_a_program_that_lacks_a_line_of_room_is_set_closer_and_stays_whole(page):
    program = "\n".join([*8 * ["a = 1"], "", "", *8 * ["b = 2"]])
    found = compose(page, high(HIGH - 275, "a"), f"<pre>{program}</pre>", high(200, "b"))
    assert page.locator("pre").all_text_contents() == [program]
    assert found["holes"] == [] and found["parted"] == 0
    compose(page, high(HIGH - 300, "a"), f"<pre>{program}</pre>", high(200, "b"))
    assert page.locator("pre").evaluate("e => e.style.getPropertyValue('--closer')") == ""


DRAWN = '<figure><div class="drawn" style="height: {}px">a</div></figure>'


def test_a_figure_that_lacks_room_again_is_made_smaller_again(page):
    margins = 28  # pixels, as in compose.js
    compose(page, high(HIGH - 300, "a"), DRAWN.format(290), high(200, "b"))
    for white in (300, 275):
        page.locator("p").first.evaluate("(e, to) => { e.style.height = to; }", f"{HIGH - white}px")
        page.evaluate(COMPOSE)
        zoom = page.locator(".drawn").evaluate("e => Number(getComputedStyle(e).zoom)")
        assert zoom * 290 == pytest.approx(white - margins, abs=2)


def test_words_that_come_before_a_figure_too_high_keep_their_order(page):
    words = [high(40, word) for word in ("b", "c")]
    found = compose(page, high(HIGH - 400, "a"), DRAWN.format(600), *words, "<h3>d</h3>")
    assert "".join(page.locator("p, .drawn, h3").all_text_contents()) == "abcad"
    assert (found["later"], found["smaller"]) == (1, 0)


def ink(page):
    """Where something is printed on a page: (left, top, right, bottom) in points, or None."""
    drawn = np.asarray(page.render(scale=1, grayscale=True).to_pil().convert("L")) < 250
    if not drawn.any():
        return None
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def test_nothing_is_printed_in_the_margins_and_no_page_is_empty(pages):
    faults = []
    for number, page in enumerate(pages, start=1):
        width, height = page.get_size()
        left, top, right, bottom = ink(page) or (0, 0, width, height)
        allowed = 2  # points: the rim of a box, the round of a letter
        if left < SIDE - allowed or right > width - SIDE + allowed or top < 10 * MM:
            faults.append(number)
        if bottom > height - BOTTOM + allowed:
            faults.append(number)
    assert [number for number in faults if number > 1] == []  # the cover has margins of its own


def test_pages_are_full(pages, places):
    """Less than a third of any page is white at its foot, but at the end of a chapter."""
    ends = {places[name] - 1 for name in places if name.startswith("page--")} | {len(pages)}
    white = {}
    for number, page in enumerate(pages, start=1):
        height = page.get_size()[1]
        text = height - TOP - BOTTOM
        white[number] = 1 - ((ink(page) or (0, 0, 0, 0))[3] - TOP) / text
    assert {n: round(w, 2) for n, w in white.items() if w > 1 / 3 and n not in ends | {1}} == {}


def test_no_heading_is_stranded_at_the_foot_of_a_page(pdf):
    def entries(items):
        for item in items:
            yield item
            yield from entries(item.children)

    with pdf.open_outline() as outline:
        found = list(entries(outline.root))
    assert len(found) > 100
    # a heading, and at least two lines below it
    low = [e.title for e in found if float(e.destination[3]) < BOTTOM + 14 * MM]
    assert low == []


def test_it_says_who_made_it_and_when(pdf):
    known = imprint.config()
    assert str(pdf.docinfo.Title) == known["title"] and str(pdf.docinfo.Author) == known["author"]
    assert str(pdf.docinfo.CreationDate).startswith("D:20")
    assert str(pdf.docinfo.CreationDate) == str(pdf.docinfo.ModDate)


def test_the_date_is_the_one_that_is_asked_for(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert f"{imprint.made_at():%Y-%m-%d}" == "1970-01-01"
    assert ", 1 January 1970" in paper.cover_page(None)
