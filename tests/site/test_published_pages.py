"""The page for an address that has none, and a page on paper."""

import io
import re

import published
import pytest
import serve
from playwright.sync_api import expect
from pypdf import PdfReader
from site_pages import PAGES, SITE
from site_server import SUBPATH, serving


class Host(serve.Handler):
    """Serves under a sub-path, and says 404.html of everything else."""

    def translate_path(self, path):
        inside = path.startswith(f"{SUBPATH}/")
        return super().translate_path(path[len(SUBPATH) :] if inside else "/outside")


@pytest.fixture(scope="module", params=["somewhere", "a known address"])
def host(request, tmp_path_factory):
    """The address of the site, where it does not know its own, and where it does."""
    if request.param == "somewhere":
        with serving(SITE, Host) as url:
            yield url
        return
    folder = tmp_path_factory.mktemp("site")
    for path in SITE.iterdir():
        (folder / path.name).symlink_to(path.resolve())
    page = (SITE / "404.html").read_text(encoding="utf-8").replace(published.FIND_ROOT, "")
    (folder / "404.html").unlink()
    page = published.at_any_depth(page, f"https://ada.example{SUBPATH}")
    (folder / "404.html").write_text(page, encoding="utf-8")
    with serving(folder, Host) as url:
        yield url


@pytest.mark.parametrize("path", ["x", "book/x.html", "book/x/y/z.html", "book/x/?q=1", "book/"])
def test_an_address_without_a_page_says_so_at_any_depth_in_the_sites_clothes(path, host, page):
    assert page.goto(host + path).status == 404
    assert page.locator("h1:visible").inner_text().startswith("This page is not here")
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 500
    assert page.evaluate("document.fonts.ready.then(() => document.images[0].naturalWidth)") > 0
    links = page.evaluate("[...document.querySelectorAll('article a, nav a')].map(a => a.href)")
    assert len(links) > 2 * len(PAGES) and all(link.startswith(host) for link in links)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{host}{path}#text")
    page.locator("#all-pages a").nth(1).click()
    page.wait_for_url(host + PAGES[1])


def test_the_search_from_a_lost_address_finds(host, page):
    page.goto(host + "book/x/y.html")
    page.locator(".lost-search input").fill("mixture")
    page.locator(".lost-search button").click()
    page.locator("#search-results li").first.wait_for()
    assert page.url.startswith(f"{host}search.html?q=mixture")


@pytest.mark.parametrize("path", ["mixtures", "old/Known-Variance.htm", "chapters/mixtures/"])
def test_an_address_that_ends_like_a_page_is_told_of_that_page(path, host, page):
    page.goto(host + path)
    line = page.locator("#guess")
    assert line.inner_text().startswith("Perhaps you mean ")
    name = re.sub(r"\W+", "_", path.strip("/").rpartition("/")[2].lower()).removesuffix("_htm")
    assert line.locator("a").evaluate("a => a.href") == f"{host}book/{name}.html"
    page.goto(host + "nothing-like-it")
    assert not page.locator("#guess").is_visible()


# ---- on paper ----------------------------------------------------------------------------------


def test_a_question_on_paper_does_not_tell_its_answer_and_a_link_its_address(open_page):
    pdf = PdfReader(io.BytesIO(open_page("book/known_variance.html").pdf(format="A4")))
    text = " ".join(page.extract_text() for page in pdf.pages)
    assert "It only swapped the labels" in text and "predict(" not in text
    assert "Copy link" not in text and "Hide code cell source" not in text
    pdf = PdfReader(io.BytesIO(open_page("book/when_it_breaks.html").pdf(format="A4")))
    text = "".join(page.extract_text() for page in pdf.pages).replace("\n", "")
    assert "<https://stats.stackexchange.com/questions/" in text


def test_who_asks_for_a_place_below_gets_the_page_whole_and_stays_at_the_place(open_page):
    page = open_page("book/starts.html")
    early = """() => addEventListener("DOMContentLoaded", () => {
      const section = document.querySelector(".bd-article > section > section:last-of-type");
      window.early = section && getComputedStyle(section).contentVisibility; })"""
    page.add_init_script(f"({early})()")
    page.reload()
    assert page.evaluate("window.early") == "auto"  # where nobody asks, it waits
    address = page.url
    page.goto("about:blank")  # a reload would go back to where the reader was
    page.goto(f"{address}#exercises")
    assert page.evaluate("window.early") == "visible"
    page.wait_for_function("document.documentElement.dataset.laidOut")
    expect(page.locator("#exercises")).to_be_in_viewport()
