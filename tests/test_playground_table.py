"""Whatever a program or a hand has made of a table is read, or refused in words that say where."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmmlib import data
from gmmlib.playground import read_points
from gmmlib.playground.numerals import number
from gmmlib.playground.refusal import Refusal
from gmmlib.playground.table import MOST_ROWS, MOST_TEXT, read

HEIGHTS = [[1.5, 60], [1.75, 70.25], [1.6, 65], [1.8, 80]]
FORMS = {
    "commas": "height,weight\n1.5,60\n1.75,70.25\n1.6,65\n1.8,80\n",
    "no last line end": "height,weight\n1.5,60\n1.75,70.25\n1.6,65\n1.8,80",
    "carriage returns": "height,weight\r\n1.5,60\r\n1.75,70.25\r\n1.6,65\r\n1.8,80\r\n",
    "old Mac": "height,weight\r1.5,60\r1.75,70.25\r1.6,65\r1.8,80\r",
    "byte order mark": "\ufeffheight,weight\n1.5,60\n1.75,70.25\n1.6,65\n1.8,80\n",
    "semicolons": "height;weight\n1.5;60\n1.75;70.25\n1.6;65\n1.8;80\n",
    "decimal commas": "height;weight\n1,5;60\n1,75;70,25\n1,6;65\n1,8;80\n",
    "tabs": "height\tweight\n1.5\t60\n1.75\t70.25\n1.6\t65\n1.8\t80\n",
    "tabs and decimal commas": "height\tweight\n1,5\t60\n1,75\t70,25\n1,6\t65\n1,8\t80\n",
    "spaces": "height  weight\n 1.5    60\n1.75 70.25\n1.6     65\n1.8     80\n",
    "bars": "height|weight\n1.5|60\n1.75|70.25\n1.6|65\n1.8|80\n",
    "quotes": '"height","weight"\n"1.5","60"\n"1.75","70.25"\n"1.6","65"\n"1.8","80"\n',
    "quoted decimal commas": '"height","weight"\n"1,5","60"\n"1,75","70,25"\n"1,6",65\n"1,8",80\n',
    "blank lines": "\nheight,weight\n\n1.5,60\n1.75,70.25\n   \n1.6,65\n1.8,80\n\n\n",
    "spaces about cells": "height , weight\n 1.5 , 60\n1.75, 70.25\n1.6 ,65\n1.8,80\n",
    "empty last column": "height,weight,\n1.5,60,\n1.75,70.25,\n1.6,65,\n1.8,80,\n",
    "numbered rows": "id,height,weight\n1,1.5,60\n2,1.75,70.25\n3,1.6,65\n4,1.8,80\n",
    "R's names of rows": 'height weight\n"a" 1.5 60\n"b" 1.75 70.25\n"c" 1.6 65\n"d" 1.8 80\n',
    "text beside": "who,height,weight\nAnn,1.5,60\nBob,1.75,70.25\nCy,1.6,65\nDee,1.8,80\n",
    "text with separators": 'who,height,weight\n"A, B",1.5,60\n"C\n""D""",1.75,70.25\n'
    "E,1.6,65\nF,1.8,80\n",
    "a constant beside": "one,height,weight\n1,1.5,60\n1,1.75,70.25\n1,1.6,65\n1,1.8,80\n",
    "inches beside": "height,in,weight\n1.5,3,60\n1.75,3.5,70.25\n1.6,3.2,65\n1.8,3.6,80\n",
    "exponents": "height,weight\n15e-1,6e1\n.175E+1,70.25\n1.6,+65\n1.8,80.\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_one_table_is_read_from_every_form(form):
    table = read(FORMS[form])
    assert table.chosen() == ["height", "weight"]
    x, dropped = table.points(["height", "weight"])
    assert x.tolist() == HEIGHTS and dropped == 0


ONE_COLUMN = {
    "decimal commas and whole numbers": ("kg\n71,5\n68\n80,25\n", [71.5, 68, 80.25]),
    "points between thousands": ("kg\n1.234,5\n2.000\n950\n", [1234.5, 2000, 950]),
    "spaces between thousands": ("kg\n1 234,5\n2 000\n950\n", [1234.5, 2000, 950]),
}


@pytest.mark.parametrize("form", ONE_COLUMN)
def test_a_name_over_decimal_commas_is_one_column_though_commas_might_part_two(form):
    text, numbers = ONE_COLUMN[form]
    table = read(text)
    assert table.chosen() == ["kg"] and table.points(["kg"])[0][:, 0].tolist() == numbers
    assert table.notes == ["commas inside numbers were read as decimal commas"]


def test_names_of_rows_as_r_writes_them_are_no_part_of_a_number():
    assert read("kg\n1,71\n2,68\n3,80\n").points(["kg"])[0][:, 0].tolist() == [71, 68, 80]


def test_where_decimal_commas_are_written_a_point_stands_between_thousands():
    x = read("a;b\n1.234,5;1.5\n2.000;2.125\n").points(["a", "b"])[0]
    assert x.tolist() == [[1234.5, 1.5], [2000, 2.125]]


def test_only_decimal_commas_are_called_so_and_a_late_one_too():
    assert read('a,b\n"1,234",1\n"2,345",2\n').notes == []
    assert len(read("a;b\n" + "1;2\n" * 200 + "1,5;2\n").notes) == 1


def test_excels_line_on_the_separator_is_no_line_of_names():
    table = read("sep=;\nheight;weight\n1,5;60\n1,75;70,25\n1,6;65\n1,8;80\n")
    assert table.points(["height", "weight"])[0].tolist() == HEIGHTS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16-le", "utf-16-be"])
def test_the_bytes_of_a_file_are_read_whatever_program_wrote_them(encoding, tmp_path):
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    (tmp_path / "x.csv").write_bytes((mark + "größe\n1.5\n2.5\n").encode(encoding))
    assert read_points(tmp_path / "x.csv", ["größe"]).tolist() == [1.5, 2.5]


def test_without_a_line_of_names_the_first_line_is_data():
    table = read("1.5,60\n1.75,70.25\n1.6,65\n1.8,80\n")
    assert table.chosen() == ["column 1", "column 2"]
    assert table.points(table.chosen())[0].tolist() == HEIGHTS
    assert any("no line of names" in note for note in table.notes)


def test_one_number_a_line_is_one_column():
    assert read("9.1\n9.3\n10.2\n").points(["column 1"])[0].tolist() == [[9.1], [9.3], [10.2]]
    assert read("km/s\n9.1\n9.3\n10.2\n").chosen() == ["km/s"]


@pytest.mark.parametrize("gap", ["", "NA", "nan", "NaN", "?", "N/A", "null", "-", ".", " "])
def test_a_row_in_which_something_is_missing_is_left_out_and_counted(gap):
    x, dropped = read(f"a,b\n1,2\n3,{gap}\n5,7\n{gap},8\n").points(["a", "b"])
    assert x.tolist() == [[1, 2], [5, 7]] and dropped == 2
    assert read(f"a,b\n1,2\n3,{gap}\n5,7\n").column("b").missing == 1


@pytest.mark.parametrize(
    ("cell", "between", "value"),
    [
        ("1,5", ";", 1.5),
        ("1,234", ";", 1.234),
        ("1,234", ",", 1234),
        ("1,234,567", ";", 1234567),
        ("1,234.5", ";", 1234.5),
        ("1.234,5", ";", 1234.5),
        ("1 234,5", ";", 1234.5),
        ("1\u202f234 567", "\t", 1234567),
        ("1'234.5", ",", 1234.5),
        ("1 23", ";", None),
        ("\N{MINUS SIGN}3", ",", -3),
        ("1_000", ",", None),
        ("12 km", ",", None),
        ("1,2,3", ";", None),
        ("1e400", ",", np.inf),
        ("tall", ",", None),
    ],
)
def test_a_cell_says_a_number_or_is_text(cell, between, value):
    assert number(cell, between) == value


def test_an_underscore_makes_text_in_a_column_of_plain_numbers_too():
    assert read("a\n1\n1_000\n3\n").column("a").text == (2, "1_000")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file is empty"),
        (" \n\n", "the file is empty"),
        ("name\nAnn\nBob\n", "no column of the file has numbers"),
        ("a,b\n,\nNA,?\n", "no column of the file has numbers"),
        ("height\n1.5\ntall\n1.7\n", "text in row 2 of column \"height\": 'tall'"),
        ("a\n1\n2\ninf\n", "an infinite number in row 3 of column \"a\": 'inf'"),
        ("a\n1\n2\n1e999\n", "an infinite number in row 3 of column \"a\": '1e999'"),
        ("a\n5\n5\n5\n", 'column "a" has one distinct value (5)'),
        ("a,b\n1,2\n3,4,5\n6,7\n", "row 2 has 3 cells, where 2 were expected (commas"),
        ("PK\3\4\0\0", "the file is no text"),
        ("<!DOCTYPE html>\n<html><p>1,2</p></html>", "the file is a web page, not a table"),
    ],
)
def test_a_file_without_points_is_refused_in_words_that_say_where(text, words):
    with pytest.raises(Refusal) as refusal:
        read(text).chosen()
    assert words in str(refusal.value)


def test_the_row_with_the_text_is_named_where_the_file_is_long():
    rows = [f"{i / 7},{i % 11 + i / 3}" for i in range(30_000)]
    rows[16] = "tall,3"
    with pytest.raises(Refusal) as refusal:
        read("height,weight\n" + "\n".join(rows)).points(["height", "weight"])
    assert str(refusal.value) == "text in row 17 of column \"height\": 'tall'"


def test_names_are_told_apart_and_nobody_is_nameless():
    names = [column.name for column in read("a,a,,a\n1,2,3,4\n5,6,7,9\n").columns]
    assert names == ["a", "a (2)", "column 3", "a (3)"]


def test_codes_and_counters_are_not_what_is_meant():
    rows = "\n".join(f"{i},{i % 3},{(i * 37) % 101 / 10},{(i * 53) % 97}" for i in range(1, 61))
    assert read(f"row,species,length,width\n{rows}\n").chosen() == ["length", "width"]


def test_a_table_of_thousands_of_columns_is_read():
    rows = np.random.default_rng(1).normal(size=(20, 3000)).round(3)
    text = ",".join(f"gene{j}" for j in range(3000)) + "\n"
    text += "\n".join(",".join(map(str, row)) for row in rows.tolist())
    table = read(text)
    assert len(table.columns) == 3000 and table.chosen() == ["gene0", "gene1"]
    assert np.array_equal(table.points(["gene7", "gene2999"])[0], rows[:, [7, 2999]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\n" * (MOST_ROWS + 2), f"the file has {MOST_ROWS + 2} lines, and this page takes up to"),
        ("1" * (MOST_TEXT + 1), "million characters, and this page reads up to 64"),
    ],
)
def test_what_is_too_much_is_refused_with_the_limit(text, words):
    with pytest.raises(Refusal) as refusal:
        read(text)
    assert words in str(refusal.value)


def test_the_books_own_file_is_read_as_the_book_reads_it(tmp_path):
    path = tmp_path / "faithful.csv"
    x = data.old_faithful()
    path.write_text("eruptions,waiting\n" + "\n".join(f"{a},{b}" for a, b in x.tolist()))
    assert np.array_equal(read_points(path, ["eruptions", "waiting"]), x)
    assert np.array_equal(read_points(path, ["waiting"]), x[:, 1])


numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 6))


@settings(max_examples=60)
@given(
    st.lists(st.tuples(numbers, numbers), min_size=3, max_size=30),
    st.sampled_from([",", ";", "\t", "|", " "]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_what_is_written_is_read_back(rows, between, end, named, quoted, decimal_commas):
    def written(value):
        text = repr(value)
        text = text.replace(".", ",") if decimal_commas and between != "," else text
        return f'"{text}"' if quoted else text

    lines = [between.join(map(written, row)) for row in rows]
    table = read(end.join([f"x{between}y"] * named + lines))
    names = [column.name for column in table.columns]
    assert [table.column(name).values.tolist() for name in names] == [
        list(values) for values in zip(*rows)
    ]
