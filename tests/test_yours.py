"""`make yours` writes a name, an address, a logo where they stand, and refuses what cannot be.

Done to a small copy of the project, whose book is made up here: the real one is read elsewhere
(tests/test_packaging.py asks that all its places agree).
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import address
import icons
import nbrun
import pytest
import yaml
import yours
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

ROOT = Path(__file__).parents[1]
NAME = 'Mischungen: "EM" & Größe'
LONG = "https://github.com/an-institute-of-statistics-with-a-long-name/expectation-maximization-em"
# as the files say it before anybody made the book theirs
CONFIG = """title: EM You Can Touch
author: The EM You Can Touch authors
repository:
  url: https://github.com/OWNER/REPOSITORY
  branch: main

html:
  baseurl: https://OWNER.github.io/REPOSITORY
  use_issues_button: true
  extra_footer: |
    Code: BSD.

sphinx:
  config:
    full_book: ""
"""
CITATION = """title: "EM You Can Touch: Gaussian mixtures"
authors:
  - name: "The EM You Can Touch authors"
version: 0.1.0
"""
README = "# EM You Can Touch\n\nClone it.\n"
FIRST = """try:
    import gmmlib
except ImportError:  # a kernel without the book's module
    %pip install -q "..[explore]\""""
BOOK = {"REPOSITORY": "https://github.com/bo/book", "ADDRESS": "https://bo.example.org/em"}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle r="4"/></svg>'


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "tree"
    cells = [new_markdown_cell("# EM You Can Touch\n\nWords."), new_code_cell(FIRST)]
    chapter = new_notebook(cells=cells)
    other = new_notebook(cells=[new_markdown_cell("# EM You Can Touch it"), new_code_cell("x = 1")])
    texts = {
        "_config.yml": CONFIG,
        "CITATION.cff": CITATION,
        "README.md": README,
        "book/intro.ipynb": nbrun.written(nbrun.normal(chapter)),
        "course/sets/one.ipynb": json.dumps(other),
        "course/guide.md": "# Guide\n\nWords.\n",
        "LICENSE": "Copyright The EM You Can Touch authors",
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "tools/site").mkdir(parents=True)
    shutil.copytree(icons.FOLDER, root / "tools/site/pictures")
    return root


@pytest.fixture
def published(tree):
    """The same, with its addresses known."""
    change(tree, **BOOK)
    return tree


def change(root, **wishes):
    return list(yours.change(root, wishes))


def every(root):
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def text_of(root, name):
    return (root / name).read_text(encoding="utf-8")


def sources(root, name="book/intro.ipynb"):
    return ["".join(cell["source"]) for cell in json.loads(text_of(root, name))["cells"]]


WISHES = {
    "NAME": NAME,
    "AUTHOR": "Ada O'Hara",
    "REPOSITORY": LONG + "/",
    "ADDRESS": "https://stat.example.edu/em",
}


def test_every_place_says_the_new_name(tree):
    change(tree, **WISHES)
    config = yaml.safe_load(text_of(tree, "_config.yml"))
    assert (config["title"], config["author"]) == (NAME, "Ada O'Hara")
    citation = yaml.safe_load(text_of(tree, "CITATION.cff"))
    assert citation["title"] == f"{NAME}: Gaussian mixtures" and citation["version"] == "0.1.0"
    assert text_of(tree, "README.md").startswith(f"# {NAME}\n\nClone it.\n")
    assert sources(tree) == [f"# {NAME}\n\nWords.", FIRST]


def test_an_address_is_written_into_one_file_and_stands_nowhere_else(tree):
    assert change(tree, REPOSITORY=LONG + "/", ADDRESS="https://stat.example.edu/em") == [
        "_config.yml"
    ]
    config = yaml.safe_load(text_of(tree, "_config.yml"))
    assert config["repository"]["url"] == LONG
    assert config["html"]["baseurl"] == "https://stat.example.edu/em"
    assert (address.repository(tree), address.site(tree)) == (LONG, "https://stat.example.edu/em")


def test_whose_book_it_was_stays_said(tree):
    change(tree, **WISHES)
    names = [author["name"] for author in yaml.safe_load(text_of(tree, "CITATION.cff"))["authors"]]
    assert names == ["Ada O'Hara", yours.ORIGIN[1]]
    footer = yaml.safe_load(text_of(tree, "_config.yml"))["html"]["extra_footer"]
    for text in (footer, text_of(tree, "README.md")):
        assert f"{yours.ADAPTED} {yours.ORIGIN[0]}, by {yours.ORIGIN[1]}" in text
    assert text_of(tree, "LICENSE") == "Copyright The EM You Can Touch authors"


def test_a_fork_of_a_published_book_links_to_it(published):
    change(published, **WISHES)
    config = yaml.safe_load(text_of(published, "_config.yml"))
    assert f'<a href="{BOOK["REPOSITORY"]}">' in config["html"]["extra_footer"]
    assert f"]({BOOK['REPOSITORY']})" in text_of(published, "README.md")
    assert config["sphinx"]["config"]["full_book"] == BOOK["ADDRESS"]


def test_the_same_a_second_time_changes_nothing(tree):
    change(tree, **WISHES)
    once = every(tree)
    assert change(tree, **WISHES) == []
    assert every(tree) == once


def test_what_has_another_name_already_can_get_another_one(tree):
    change(tree, **WISHES)
    change(tree, NAME="EM", AUTHOR="Bo", REPOSITORY="https://gitlab.example.edu/stat/em.git")
    assert not [n for n, data in every(tree).items() if b"Gr\xc3\xb6\xc3\x9fe" in data]
    assert not [n for n, data in every(tree).items() if b"institute-of" in data]
    assert address.repository(tree) == "https://gitlab.example.edu/stat/em"
    assert "Ada" not in text_of(tree, "CITATION.cff")
    assert text_of(tree, "README.md").count(yours.ADAPTED) == 1
    assert text_of(tree, "_config.yml").count(yours.ADAPTED) == 1


def test_who_goes_back_and_on_leaves_the_address_of_the_first_book_where_it_is_said(published):
    for url in (LONG, BOOK["REPOSITORY"], LONG):
        change(published, REPOSITORY=url)
    assert text_of(published, "README.md").count(BOOK["REPOSITORY"]) == 1
    assert text_of(published, "_config.yml").count(BOOK["REPOSITORY"]) == 1


def test_a_wish_that_is_not_made_leaves_its_places_as_they_are(tree):
    before = every(tree)
    changed = set(change(tree, AUTHOR="Ada"))
    assert changed == {"_config.yml", "CITATION.cff", "README.md"}
    after = every(tree)
    assert {name for name in after if after[name] != before[name]} == changed


def test_another_heading_that_begins_alike_is_another_one(tree):
    change(tree, **WISHES)
    assert sources(tree, "course/sets/one.ipynb") == ["# EM You Can Touch it", "x = 1"]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"NAME": "two\nlines"}, "NAME needs to be one line"),
        ({"NAME": " "}, "NAME needs to be one line"),
        ({"NAME": "a <b>"}, "NAME may not hold"),
        ({"NAME": "a" * 61}, "61 characters"),
        ({"REPOSITORY": "github.com/ada/em"}, "such as https://github.com/ada/em, not 'github.com"),
        ({"REPOSITORY": "https://github.com/ada"}, "REPOSITORY needs to be an address"),
        ({"REPOSITORY": 'https://github.com/a/b"); x'}, "REPOSITORY needs to be an address"),
        ({"ADDRESS": "http://ada.github.io"}, "ADDRESS needs to be an address"),
        ({"LOGO": "nowhere.svg"}, "LOGO needs to be a file"),
        ({"NAME": "Good", "LOGO": "bad.svg"}, "bad.svg is no SVG"),
        ({"LOGO": "html.svg"}, "begins with <html>"),
        ({"LOGO": "far.svg"}, "loads a file"),
        ({"LOGO": "script.svg"}, "holds a script"),
        ({"LOGO": "large.svg"}, "30,000"),
        ({"LOGO": "words.txt"}, "an SVG or a picture"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_written(
    wish, said, tree, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    files = {
        "bad.svg": "<svg",
        "html.svg": "<html/>",
        "far.svg": SVG.replace("<circle", '<image href="https://a.example/b.png"/><circle'),
        "script.svg": SVG.replace("<circle", "<script>1</script><circle"),
        "large.svg": SVG.replace("<circle", f"<desc>{'x' * 30_000}</desc><circle"),
        "words.txt": "words",
    }
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8")
    before = every(tree)
    assert yours.main(dict(wish), tree) == 2
    assert said in capsys.readouterr().err
    assert every(tree) == before


def test_a_logo_of_pixels_becomes_the_logo_and_the_icon(tree, tmp_path):
    Image.new("RGB", (300, 150), "#7a1f3d").save(tmp_path / "logo.png")
    change(tree, LOGO=str(tmp_path / "logo.png"))
    folder = tree / "tools/site/pictures"
    svg = (folder / "logo.svg").read_text(encoding="utf-8")
    assert 'viewBox="0 0 128 64"' in svg and "data:image/png" in svg and icons.MARK not in svg
    with Image.open(folder / "favicon.ico") as icon:
        assert icon.size == (48, 48)
        pixels = icon.convert("RGBA")
    assert pixels.getpixel((24, 24)) == (0x7A, 0x1F, 0x3D, 255)
    assert pixels.getpixel((24, 2))[3] == 0


def test_a_drawn_logo_is_kept_as_it_is_and_an_icon_is_made_of_it(tree, tmp_path, monkeypatch):
    monkeypatch.setattr(yours, "drawn", lambda svg: Image.new("RGBA", (96, 96), "#7a1f3d"))
    (tmp_path / "logo.svg").write_text(SVG, encoding="utf-8")
    assert [name.rpartition("/")[2] for name in change(tree, LOGO=str(tmp_path / "logo.svg"))] == [
        "logo.svg", "favicon.ico"
    ]  # fmt: skip
    assert text_of(tree, "tools/site/pictures/logo.svg") == SVG
    assert change(tree, LOGO=str(tmp_path / "logo.svg")) == []


def test_a_long_name_stays_on_the_picture_that_a_shared_link_shows(tree):
    change(tree, NAME="M" * 60)
    with Image.open(tree / "tools/site/pictures/social.png") as image:
        assert image.size == (1200, 630)
        edge = image.convert("L").crop((1180, 0, 1200, 110))
    assert edge.getextrema() == (255, 255)


def test_make_takes_a_wish_from_the_command_line_and_not_from_the_environment():
    author = 'Ada "O\'Hara" & co'
    asked = subprocess.run(
        ["make", "-o", ".venv/.installed", "yours", f"AUTHOR={author}", "PY=sh -c env"],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "NAME": "a computer's"},
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert f"YOURS_AUTHOR={author}" in asked and "YOURS_NAME=" in asked
