"""The notebooks as readers take them away: one by one, and all of them as a zip.

python tools/downloads.py SITE

SITE/notebooks/NAME.ipynb    to download, and what Colab opens
SITE/notebooks.zip           all of them, with the data, gmmlib's wheel and how to begin

SITE is the built site, and its wheel is what they install. A link leads to the site where its
address is known, and is plain words where it would lead nowhere; what only the site understands is
said in Markdown (tools/plain.py). The same sources make the same bytes.
"""

import re
import sys
import zipfile
from pathlib import Path

import address
import install_cell
import nbformat
import nbrun
import plain
import toc
import yaml

ROOT = Path(__file__).resolve().parents[1]
FOLDER, ARCHIVE = "notebooks", "notebooks.zip"
DATE = (1980, 1, 1, 0, 0, 0)  # a zip's earliest: its bytes shall not depend on today
PAGE = re.compile(
    r"\[(?P<words>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<page>\w+)\.(?:ipynb|md)(?P<place>#[^)]*)?\)"
)
# to a state of an explorer, or to a page with one
STATE = re.compile(
    r'<a href="(?:(?P<page>\w+)\.html)?(?P<place>#[^"]*)?">(?P<words>.*?)</a>', re.DOTALL
)
ALL = re.compile(rf'<a href="\.\./{re.escape(ARCHIVE)}">(?P<words>.*?)</a>', re.DOTALL)
SOURCES = re.compile(r'<a data-repository="(?P<where>[^"]*)">(?P<words>.*?)</a>', re.DOTALL)


# ---- one notebook ------------------------------------------------------------------------------


def linked(text, name, site, repository, together=()):
    """A text of the page `name` with links that lead somewhere wherever the notebook is.

    site, repository: addresses, or None. together: the pages that lie beside it.
    """

    def to_page(found):
        if found["page"] in together:
            return found[0]
        url = f"{site}/book/{found['page']}.html{found['place'] or ''}"
        return f"[{found['words']}]({url})" if site else found["words"]

    def to_state(found):
        url = f"{site}/book/{found['page'] or name}.html{found['place'] or ''}"
        return f'<a href="{url}">{found["words"]}</a>' if site else found["words"]

    def to_all(found):
        return f'<a href="{site}/{ARCHIVE}">{found["words"]}</a>' if site else found["words"]

    def to_sources(found):
        url = "/".join(filter(None, [repository, found["where"]]))
        return f'<a href="{url}">{found["words"]}</a>' if repository else found["words"]

    pieces = plain.FENCE.split(text)  # every second one is a program or a directive
    for number in range(0, len(pieces), 2):
        for link, to in ((PAGE, to_page), (STATE, to_state), (ALL, to_all), (SOURCES, to_sources)):
            pieces[number] = link.sub(to, pieces[number])
    return "".join(pieces)


def readable(path, numbers, together=()):
    """A notebook whose text any Jupyter shows, alone or `together` with others, as yet with the
    install cell of the repository.

    numbers: what the book calls its equations, from `plain.equations`.
    """
    site, repository = address.site(), address.repository()
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = linked(cell.source, path.stem, site, repository, together)
    return plain.say(notebook, numbers, site)


def taken_away(path, numbers, together=()):
    """The text of a notebook that leaves the repository, alone or `together` with others."""
    site = address.site()
    notebook = readable(path, numbers, together)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            continue
        if together or not site:
            cell.source = install_cell.from_beside(cell.source, ARCHIVE)
        else:
            cell.source = install_cell.from_site(cell.source, site)
    return nbrun.written(notebook)


# ---- all of them -------------------------------------------------------------------------------


def packed(path, files):
    """A zip of {name: text or bytes}, the same for the same files, whenever it is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, DATE)
            info.create_system, info.external_attr = 3, 0o644 << 16
            # stored: what deflate makes depends on the library at hand
            archive.writestr(info, data.encode() if isinstance(data, str) else data)


def title_of(path):
    cells = nbformat.read(path, as_version=4).cells
    return cells[0].source.partition("\n")[0].removeprefix("# ").replace("*", "")


def how_to_begin(paths, site):
    """README.txt of the zip."""
    title = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["title"]
    wide = max(len(path.name) for path in paths)
    return "\n".join(
        [
            f"{title}: the notebooks" + (f", of {site}" if site else ""),
            "",
            "You need Python 3.11 or newer and Jupyter. In a terminal, in this folder:",
            "",
            "  python -m venv .venv",
            f'  .venv/bin/pip install jupyterlab "./{install_cell.wheel_name()}[explore]"',
            "  .venv/bin/jupyter lab",
            "",
            "(on Windows: .venv\\Scripts\\pip and .venv\\Scripts\\jupyter). That takes a minute,",
            "once for all notebooks: it installs Jupyter, gmmlib, the module of the book, and",
            "what gmmlib and the sliders stand on. Then open a notebook and run its cells.",
            "",
            "You have a Jupyter already? Where gmmlib is missing, the first cell of a",
            "notebook installs it. Reload the page then and run all cells: only while it",
            "loads a page does a browser hear from Jupyter how to draw sliders.",
            "",
            "In Colab: upload the wheel into the folder of the notebook, then run the first",
            "cell.",
            "",
            "In the order of the book:",
            "",
            *(f"  {path.name:<{wide}}  {title_of(path)}" for path in paths),
            "",
            "data/ has the data for other programs; gmmlib.data says where they come from.",
            "Code: BSD 3-Clause. Text and figures: CC BY 4.0. See LICENSE.",
            "",
        ]
    )


def write(site_folder):
    """Write the notebooks and the zip into the built site, and return the zip's path."""
    wheel, numbers = install_cell.wheel_name(), plain.equations(site_folder)
    paths = [ROOT / f"{name}.ipynb" for name in toc.notebooks()]
    together = [path.stem for path in paths]
    folder = site_folder / FOLDER
    folder.mkdir(exist_ok=True)
    files = {"README.txt": how_to_begin(paths, address.site())}
    for path in paths:
        alone = taken_away(path, numbers)
        (folder / path.name).write_text(alone, encoding="utf-8")
        files[path.name] = taken_away(path, numbers, together)
    files[wheel] = (site_folder / address.WHEEL / wheel).read_bytes()
    for path in sorted((ROOT / "gmmlib/datasets").glob("*.*")):
        files[f"data/{path.name}"] = path.read_bytes()
    files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    packed(site_folder / ARCHIVE, {f"{FOLDER}/{name}": data for name, data in files.items()})
    return site_folder / ARCHIVE


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Which site? python tools/downloads.py _build/html")
    print(write(Path(sys.argv[1])))
