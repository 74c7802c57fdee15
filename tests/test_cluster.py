"""EM on a real cluster of processes of this machine: what may die, and what is the same after."""

import subprocess
import sys
from pathlib import Path

import pytest
import tabulate

from gmmlib import data

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "docs/on_a_cluster.py"


def test_the_program_of_the_chapter_loses_a_worker_and_ends_where_one_process_ends():
    command = [sys.executable, "-P", str(PROGRAM)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    lines = said.splitlines()
    assert lines[0] == "The worker that died is not among those at the end."
    assert lines[1].split()[-1] == lines[2].split()[-1]  # to six digits after the point


@pytest.mark.parametrize(("kept", "killed"), [("file", "within"), ("memory", "between")])
def test_a_worker_that_is_killed_does_not_change_the_sums(kept, killed):
    (row,) = tabulate.script("cluster").rows(kept, killed)
    assert 0 <= row["apart"] < 1e-10
    # what was being read, or was in the memory of the dead, was read again
    once = 8 if kept == "memory" else 8 * (12 + 2)
    assert row["reads"] > once


def test_what_was_scattered_to_a_worker_dies_with_it():
    (row,) = tabulate.script("cluster").rows("scattered", "between")
    assert row["reads"] == -1


def test_the_stored_table_tells_the_same():
    table = data.table("cluster")
    whole = (table["kept"] != "scattered") & (table["kept"] != "overhead")
    assert (table["apart"][whole] < 1e-10).all() and (table["reads"][whole] >= 8).all()
