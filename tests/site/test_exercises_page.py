"""The page of exercises: those of all chapters, with their names, grades, times and links."""

import html
import re

import exercises_page
import nbformat
import pytest
import toc
from rules.exercises import parts
from site_pages import ROOT, SITE

PAGE = (SITE / "book/exercises.html").read_text(encoding="utf-8")


def plain(text):
    return html.unescape(re.sub(r"<[^>]*>", "", text)).replace("’", "'")


@pytest.mark.parametrize("name", toc.notebooks())
def test_each_exercise_of_a_chapter_is_listed_by_its_name_and_grade_and_can_be_linked(name):
    notebook = nbformat.read(ROOT / f"{name}.ipynb", as_version=4)
    page = (SITE / f"{name}.html").read_text(encoding="utf-8")
    for _, number, text in parts(notebook):
        title, grade = re.match(r"\*\*(.*?)\*\* \((\w+)\)\.", text).groups()
        address = f"{name.removeprefix('book/')}.html#exercise-{number}"
        (found,) = re.findall(rf'<p><a [^>]*href="{re.escape(address)}">(.*?)</p>', PAGE)
        assert re.match(rf"{re.escape(title)} \({grade}, \d+ minutes\): \w", plain(found)), found
        assert page.count(f'id="exercise-{number}"') == 1


def test_the_page_says_how_many_there_are():
    every = [one for name in toc.notebooks()
             for one in parts(nbformat.read(ROOT / f"{name}.ipynb", as_version=4))]  # fmt: skip
    assert f"<p>{len(every)} exercises, " in PAGE and len(every) > 80


@pytest.mark.parametrize("text", ["mixtures:", "mixtures: 5", "mixtures: [5]", "mixtures: [x: y]"])
def test_a_list_without_minutes_or_words_is_refused(text):
    with pytest.raises(ValueError, match="mixtures needs a list of minutes"):
        exercises_page.entries(text)
