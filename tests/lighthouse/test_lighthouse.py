"""Lighthouse finds nothing to mend on the pages, with the phone that it imitates.

It looks at chapters that have, together, every element that any chapter has, and at all other
pages. What it asks of a page is asked of every chapter by axe-core and of the files (tests/site),
and `make lighthouse` lets it look at them all.
Three of its four scores: the fourth, how fast a page shows itself, is a timing, and timings are
measured by benchmarks/lighthouse.py. What makes a page fast is counted in tests/site/test_files.py.
"""

from concurrent.futures import Future, ThreadPoolExecutor

import audit
import pytest
import toc
from covering import covering, elements

FULL = dict.fromkeys(audit.CERTAIN, 1)
CHAPTERS = [f"{page.name}.html" for page in toc.pages() if page.number and not page.out]


def elements_of(page):
    return elements((audit.SITE / page).read_text(encoding="utf-8"))


SOME = {page for (page,) in covering([(page,) for page in CHAPTERS], elements_of)}
PAGES = [page for page in audit.PAGES if page in SOME or page not in CHAPTERS]


@pytest.fixture(scope="module")
def found(request):
    """What Lighthouse finds, {page: a result to come}: two browsers share the pages asked for."""
    parameters = [getattr(item, "callspec", None) for item in request.session.items]
    wanted = [each.params["page"] for each in parameters if each]
    coming = {page: Future() for page in wanted}

    def look(pages):
        try:
            for result in audit.audits(pages):
                coming[result["page"]].set_result(result)
        except Exception as error:  # it is the fault of the page that has no result yet
            for page in pages:
                if not coming[page].done():
                    coming[page].set_exception(error)

    with ThreadPoolExecutor(2) as pool:
        for half in (wanted[::2], wanted[1::2]):
            pool.submit(look, half)
        yield coming


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_all_points_of_lighthouse(page, found):
    result = found[page].result()
    assert result["scores"] == FULL, "\n".join(map(audit.words, result["faults"]))


BAD = """<html><head><title></title><meta name="viewport" content="user-scalable=no"></head>
<body><img src="nowhere.png"><a href="x">more</a><p style="color: #ccc">pale</p></body></html>"""


def test_a_bad_page_loses_points_of_each_kind_and_hears_why(tmp_path):
    (tmp_path / "bad.html").write_text(BAD, encoding="utf-8")
    (result,) = audit.audits(["bad.html"], site=tmp_path)
    assert all(result["scores"][kind] < 1 for kind in audit.CERTAIN)
    faults = {fault["id"] for fault in result["faults"]}
    assert {"image-alt", "errors-in-console", "meta-description", "link-text"} <= faults


def test_a_page_that_is_not_there_is_said():
    with pytest.raises(RuntimeError, match=r"^nowhere\.html: .*404"):
        list(audit.audits(["nowhere.html"]))
