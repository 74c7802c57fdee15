"""Print an exam from the bank, or export the bank.

python tools/course/bank.py exam --seed 1 --items 20 --title "EM for Gaussian mixtures"
python tools/course/bank.py export --variants 5

The items: a count, `all`, `concepts`, or names of chapters and items. tools and tools/site must be
on PYTHONPATH, as the Makefile has it: the browser and KaTeX are those of the book.
"""

import argparse
import sys
from pathlib import Path

import bank_items
import book_questions
import exam
import moodle_xml
import qti
import toc
import yaml

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "_build"


def order_of_chapters():
    """The chapters in the order of the book, without those that _toc.yml leaves out."""
    return [name.rpartition("/")[2] for name in toc.listed()]


def banks_of_the_book():
    """{chapter: its bank}: what a chapter that is left out would have taught is not asked."""
    order = order_of_chapters()
    return {chapter: bank for chapter, bank in bank_items.load().items() if chapter in order}


def name_of_the_book():
    """As Moodle writes it in the name of a category, where / stands between two."""
    said = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    return said["title"].replace("/", "//")


def print_exam(folder, seed, wanted, title):
    """Write exam.html and .pdf, key.html and .pdf; the items."""
    chosen = exam.pick(banks_of_the_book(), wanted, seed, order_of_chapters())
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"exam": exam.exam_page, "key": exam.key_page}
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page(chosen, title, seed), encoding="utf-8")
    exam.write_pdf([(folder / f"{n}.html", folder / f"{n}.pdf") for n in pages], title)
    return chosen


def groups(banks, variants, of_the_book):
    """[(category, items)] in the order of the book: what the exam bank has, then the book's."""
    order, found, book = order_of_chapters(), [], name_of_the_book()
    for chapter in sorted(banks, key=order.index):
        path = f"{book}/{book_questions.title(chapter).replace('/', '//')}"
        for name in banks[chapter].makers:
            made = bank_items.distinct_variants(banks[chapter], name, range(1, variants + 1))
            # a quiz draws one variant at random from a category of their own
            found.append((f"{path}/{name}" if len(made) > 1 else path, made))
    for chapter in order:
        if asked := of_the_book(chapter):
            title = book_questions.title(chapter).replace("/", "//")
            found.append((f"{book}/The book's own questions/{title}", asked))
    return found


def questions_of_the_book(chapter):
    path = ROOT / f"book/{chapter}.ipynb"
    return book_questions.items_of(chapter) if path.exists() else []


def export(folder, variants, of_the_book=questions_of_the_book):
    """Write moodle.xml and qti21.zip; the groups of items."""
    found = groups(banks_of_the_book(), variants, of_the_book)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "moodle.xml").write_text(moodle_xml.export(found), encoding="utf-8")
    qti.write([item for _, group in found for item in group], folder / "qti21.zip")
    return found


def main(args):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["exam", "export"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--items", default="20")
    parser.add_argument("--title", default="EM for Gaussian mixtures")
    parser.add_argument("--variants", type=int, default=5)
    given = parser.parse_args(args)
    try:
        if given.what == "exam":
            folder = BUILD / "exam"
            chosen = print_exam(folder, given.seed, given.items, given.title)
            print(f"{len(chosen)} items: {folder}/exam.pdf and key.pdf, and as .html")
        else:
            folder = BUILD / "bank"
            found = [item for _, group in export(folder, given.variants) for item in group]
            left = [item.name for item in found if not moodle_xml.is_possible(item)]
            print(f"{len(found)} items and variants: {folder}/qti21.zip")
            print(f"{len(found) - len(left)} of them: {folder}/moodle.xml")
            if left:
                print(f"(Moodle's ordering knows one right order. Left out: {', '.join(left)})")
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main(sys.argv[1:])
