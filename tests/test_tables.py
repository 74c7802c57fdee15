"""The stored tables are what their scripts compute, and `data.table` reads them."""

import numpy as np
import pytest
import tabulate

from gmmlib import data

pytestmark = pytest.mark.filterwarnings("error")
TABLES = tabulate.names()


def test_each_script_has_its_table_and_each_table_its_script():
    assert TABLES == sorted(path.stem for path in tabulate.STORED.glob("*.csv"))


@pytest.mark.parametrize(
    ("name", "cell"), [(name, cell) for name in TABLES for cell in tabulate.script(name).CHECKED]
)
def test_a_cell_that_is_computed_again_is_what_is_stored(name, cell):
    assert not tabulate.differences(name, cell)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_all_cells_of_its_script_in_order(name):
    made, table = tabulate.script(name), data.table(name)
    assert made.__doc__ and made.CHECKED and set(made.CHECKED) <= set(made.CELLS)
    assert np.unique(table["cell"]).tolist() == list(range(len(made.CELLS)))
    assert (np.diff(table["cell"]) >= 0).all()


@pytest.mark.parametrize("change", ["a number", "a word", "a row", "a column"])
def test_a_table_that_was_changed_is_seen(change, monkeypatch):
    cell = tabulate.script("criteria").CHECKED[0]
    at = tabulate.script("criteria").CELLS.index(cell)
    rows = [row for row in tabulate.stored("criteria") if int(row["cell"]) == at]
    changed = [dict(row) for row in rows]
    if change == "a number":
        changed[1]["two"] = str(int(changed[1]["two"]) + 1)
    if change == "a word":
        changed[1]["criterion"] = "AICC"
    if change == "a row":
        del changed[1]
    if change == "a column":
        changed = [row | {"four": "0"} for row in changed]
    # what the script computes is taken from the table: that it does so is tested above
    words = [{k: v if k == "criterion" else float(v) for k, v in row.items()} for row in rows]
    fresh = [{k: v for k, v in row.items() if k != "cell"} for row in words]
    made = tabulate.script("criteria")
    monkeypatch.setattr(made, "rows", lambda *cell: fresh)
    monkeypatch.setattr(tabulate, "script", lambda name: made)
    monkeypatch.setattr(tabulate, "stored", lambda name: rows)
    assert not tabulate.differences("criteria", cell)
    monkeypatch.setattr(tabulate, "stored", lambda name: changed)
    assert tabulate.differences("criteria", cell)


def test_a_table_is_read_as_numbers_and_words():
    table = data.table("criteria")
    assert table["n"].dtype.kind == "i" and table["s"].dtype.kind == "f"
    assert table["criterion"].dtype.kind == "U" and set(table["criterion"]) >= {"AIC", "BIC"}
    assert (table["one"] + table["two"] + table["three"] == 100).all()


def test_a_table_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(ValueError, match=r"there is no table 'bics'; there are .*criteria"):
        data.table("bics")
