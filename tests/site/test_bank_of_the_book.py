"""The book's own questions in the bank's files, read from the chapters that the build executed.

Reads book, _toc.yml, course/bank and _build/.jupyter_cache; the conversion itself is tested
without any chapter in tests/course/test_bank.py.
"""

import zipfile

import bank
import beliefs
import moodle_xml
import pytest
import toc
from site_questions import ON_PAGE


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bank")
    return folder, bank.export(folder, variants=2)


def test_every_question_of_every_page_is_in_the_bank_and_in_its_files(exported):
    folder, groups = exported
    items = [item for _, group in groups for item in group if item.source == "book"]
    asked = {name for names in ON_PAGE.values() for name in names}
    programs = {f"{item.name}-lines" for item in items if item.kind == "order"}
    assert asked and {item.name for item in items} == asked | programs
    assert all(item.where for item in items)
    looked_for = {name: entry["belief"] for name, entry in beliefs.listed().items()}
    assert {item.name: item.goal for item in items if item.name in looked_for} == looked_for
    text = (folder / "moodle.xml").read_text(encoding="utf-8")
    with zipfile.ZipFile(folder / "qti21.zip") as package:
        names = package.namelist()
    for item in items:
        assert f"items/book-{item.name}-0.xml" in names
        in_moodle = f"<idnumber>book-{item.name}-0</idnumber>" in text
        assert in_moodle == moodle_xml.is_possible(item)


def test_a_program_of_the_book_has_as_many_right_orders_as_were_run(exported):
    counted = 0
    for chapter in bank.order_of_chapters():
        if not (bank.ROOT / f"book/{chapter}.ipynb").exists():
            continue
        for spec, _ in bank.book_questions.questions(chapter):
            if spec["kind"] == "order":
                counted += 1
                assert len(bank.book_questions.orders_of(spec)) == spec["works"]
    # a book without some of its chapters may have none
    assert counted or any(page.out for page in toc.pages())


def test_a_chapter_that_was_not_executed_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"mixtures.ipynb was not executed yet: run make"):
        bank.book_questions.items_of("mixtures", cache=tmp_path / "none")
