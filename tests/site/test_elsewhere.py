"""The built site leads elsewhere where its address is known, and has no dead button where not.

Every page has its notebook to download, and the zip of all of them.
"""

import html
import json
import re
import zipfile

import address
import downloads
import install_cell
import nbformat
import pytest
import toc
from site_pages import PAGES, ROOT, SITE

NOTEBOOKS = toc.notebooks()
HOSTS = ("colab.research.google.com", "mybinder.org")


def hrefs(page):
    return re.findall(r'href="([^"]*)"', (SITE / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_leads_to_the_hubs_and_the_repository_if_these_are_known_and_else_not(name):
    links, repository = hrefs(name), address.repository()
    there = {host for host in HOSTS for link in links if f"//{host}/" in link}
    is_notebook = name.removesuffix(".html") in NOTEBOOKS
    github = bool(repository and address.on_github(repository))
    wanted = set(HOSTS[0 if github else 1 :]) if repository and is_notebook else set()
    assert there == wanted
    assert not [link for link in links if address.PLACEHOLDER.search(link)]
    assert bool(repository) == any(repository and link == repository for link in links)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_page_has_its_notebook_and_all_of_them_to_download(name):
    stem = name.rpartition("/")[2]
    text = (SITE / f"{name}.html").read_text(encoding="utf-8")
    for file in (f"../notebooks/{stem}.ipynb", "../notebooks.zip"):
        assert re.search(rf'<a href="{re.escape(file)}" download', text)
    assert (SITE / "notebooks" / f"{stem}.ipynb").exists()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_is_downloaded_runs_the_same_cells_after_an_install_cell_of_its_own(name):
    source = nbformat.read(ROOT / f"{name}.ipynb", as_version=4)
    made = nbformat.read(SITE / "notebooks" / f"{name.rpartition('/')[2]}.ipynb", as_version=4)
    nbformat.validate(made)
    code = [cell for cell in source.cells if cell.cell_type == "code"]
    first, *rest = [cell for cell in made.cells if cell.cell_type == "code"]
    assert [cell.source for cell in rest] == [cell.source for cell in code[1:]]
    assert [cell.outputs for cell in rest] == [cell.outputs for cell in code[1:]]
    assert install_cell.extras(code[0].source) and install_cell.extras(first.source) is None
    wheel = install_cell.wheel_name()
    assert (SITE / address.WHEEL / wheel).exists()
    there = f"{address.site()}/{address.WHEEL}/{wheel}" if address.site() else f'Path("{wheel}")'
    assert there in first.source


def test_the_zip_has_every_notebook_the_wheel_the_data_and_how_to_begin():
    with zipfile.ZipFile(SITE / "notebooks.zip") as archive:
        names = {name.removeprefix("notebooks/") for name in archive.namelist()}
        wheel = archive.read(f"notebooks/{install_cell.wheel_name()}")
        begin = archive.read("notebooks/README.txt").decode()
    assert wheel == (SITE / address.WHEEL / install_cell.wheel_name()).read_bytes()
    assert {f"{name.rpartition('/')[2]}.ipynb" for name in NOTEBOOKS} <= names
    data = {f"data/{path.name}" for path in (ROOT / "gmmlib/datasets").glob("*.*")}
    assert data <= names and "LICENSE" in names
    assert all(f"  {name.rpartition('/')[2]}.ipynb" in begin for name in NOTEBOOKS)
    assert max(map(len, begin.splitlines())) <= 80
    assert f'pip install jupyterlab "./{install_cell.wheel_name()}[explore]"' in begin


def test_the_zip_is_the_same_whenever_it_is_made(tmp_path):
    (tmp_path / address.WHEEL).mkdir(parents=True)
    (tmp_path / "book").symlink_to(SITE / "book")  # the numbers of its equations
    wheel = f"{address.WHEEL}/{install_cell.wheel_name()}"
    (tmp_path / wheel).write_bytes((SITE / wheel).read_bytes())
    made = downloads.write(tmp_path)
    assert made.read_bytes() == (SITE / "notebooks.zip").read_bytes()


def test_github_pages_serves_the_folders_that_begin_with_a_line():
    assert (SITE / ".nojekyll").exists()


# ---- the links of a notebook that is taken away ------------------------------------------------

TEXT = """[a](a.ipynb#x), [*two* words](b.md), [out](https://c.example/d.ipynb),
<a href="#gx?p=1">here</a>, <a href="b.html#gx?p=2">there</a>, <a href="../notebooks.zip">all</a>,
<a data-repository="tree/main">it</a>

```{math}
[x](a.ipynb)
```"""


def test_links_lead_to_the_site_where_it_is_known():
    text = downloads.linked(TEXT, "n", "https://s.example", "https://r.example/o/n")
    assert (
        "[a](https://s.example/book/a.html#x), [*two* words](https://s.example/book/b.html)" in text
    )
    assert '<a href="https://s.example/book/n.html#gx?p=1">here</a>' in text
    assert '<a href="https://s.example/book/b.html#gx?p=2">there</a>' in text
    assert '<a href="https://s.example/notebooks.zip">all</a>' in text
    assert '<a href="https://r.example/o/n/tree/main">it</a>' in text
    assert "[out](https://c.example/d.ipynb)" in text and "[x](a.ipynb)" in text


def test_links_are_plain_words_where_they_would_lead_nowhere():
    text = downloads.linked(TEXT, "n", None, None)
    assert text.startswith(
        "a, *two* words, [out](https://c.example/d.ipynb),\nhere, there, all,\nit"
    )
    beside = downloads.linked(TEXT, "n", None, None, together=["a", "n"])
    assert beside.startswith("[a](a.ipynb#x), *two* words, [out]")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_link_of_a_downloaded_notebook_is_relative(name):
    path = SITE / "notebooks" / f"{name.rpartition('/')[2]}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join(c["source"] for c in cells if c["cell_type"] == "markdown")
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'href="([^"]*)"', text)
    assert [link for link in links if not link.startswith("https://")] == []


# ---- what a notebook that is taken away says ---------------------------------------------------


CITED = r'<span class="bibtex-citation"[^>]*>(.*?)</span>'


def words(name):
    """The text of a downloaded notebook, without its programs."""
    path = SITE / "notebooks" / f"{name.rpartition('/')[2]}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def shown(name, pattern):
    """What a pattern finds in the page's HTML, its own marks taken away."""
    text = (SITE / f"{name}.html").read_text(encoding="utf-8")
    found = re.findall(pattern, text, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]*>", "", one)) for one in found]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_downloaded_notebook_has_nothing_that_only_the_site_understands(name):
    assert (
        re.findall(r"\{[\w:]+\}`|:::|\$\$ *\([^)]*\)|^\([\w-]+\)=", words(name), re.MULTILINE) == []
    )


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_downloaded_notebook_cites_and_numbers_as_its_page_does(name):
    text = words(name).partition("\n## References\n")[0]
    plain_text = text.replace("*et al.*", "et al.")
    there = [re.sub(r"^\[(.*)\]$", r"\1", one) for one in shown(name, CITED)]
    assert all(one in plain_text for one in there)
    assert len(re.findall(r"[\[ ]\d{4}\](?!\()", plain_text)) == len(there)
    numbers = shown(name, r'<span class="eqno">\(([\d.]+)\)<a')
    assert re.findall(r"\\tag\{(.*?)\}\n *\$\$", text) == numbers
    for number in shown(
        name, r'<a class="reference internal" href="[^"]*#equation-[^"]*">(\(.*?\))</a>'
    ):
        assert number in text


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_downloaded_notebook_opens_its_solutions_and_lists_what_it_cites(name):
    text = words(name)
    # the theme's dropdowns are details too; the code that a reader may open is another one
    assert (
        text.count("<details>")
        == text.count("</details>")
        == len(shown(name, r'<details class="sd-sphinx-override sd-dropdown[^"]*"(.)'))
    )
    entries = text.partition("\n## References\n")[2].strip().splitlines()
    assert len(entries) == len({re.sub(r"[\[\],]", "", one) for one in shown(name, CITED)})
