"""The stored tables: simulations that take longer than a page may.

python tools/tabulate.py [NAME ...]    computes these tables, or all, on all cores

A table is a script tools/tables/NAME.py. It says what is computed in its docstring, and has

    CELLS      a list of tuples of plain values: what is computed apart from all else
    rows(*cell)    a list of dicts {column: number or words}: the rows of this cell; its randomness
               comes from the cell alone, so any cell can be computed again by itself
    CHECKED    some of CELLS that take seconds: tests/test_tables.py computes them again
    WITHIN     {column: how far a number may be off}, for other machines' last digits; else 0
    MEASURED   (not needed) the columns that are of one machine and one day, such as seconds: no
               other run need give the same. A table that has such is computed cell after cell

The result is gmmlib/datasets/tables/NAME.csv, and `gmmlib.data.table("NAME")` reads it.
"""

import csv
import importlib.util
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "tools/tables"
STORED = ROOT / "gmmlib/datasets/tables"


def names():
    return sorted(path.stem for path in SCRIPTS.glob("[a-z]*.py"))


def script(name):
    """The module tools/tables/NAME.py."""
    spec = importlib.util.spec_from_file_location(f"table_{name}", SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows_of(name, cell):
    return script(name).rows(*cell)


def stored(name):
    """The rows of the stored table, as text: a list of dicts."""
    with open(STORED / f"{name}.csv", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def differences(name, cell):
    """What is computed for a cell now and does not stand in the stored table: a list of words."""
    table, made = stored(name), script(name)
    fresh, found = made.rows(*cell), []
    there = [row for row in table if int(row["cell"]) == made.CELLS.index(cell)]
    if len(there) != len(fresh):
        return [f"{name} {cell}: {len(fresh)} rows, and {len(there)} are stored"]
    columns = {"cell", *(column for row in fresh for column in row)}
    if there and set(there[0]) != columns:
        return [f"{name}: the columns are {sorted(columns)}, and others are stored"]
    for old, new in zip(there, fresh):
        for column, value in new.items():
            if column in getattr(made, "MEASURED", ()):
                continue
            off = old[column] != str(value)
            if off and not isinstance(value, str):
                off = not abs(float(old[column]) - value) <= made.WITHIN.get(column, 0)
            if off:
                found.append(f"{name} {cell}: {column} is {value}, and {old[column]} is stored")
    return found


def compute(name, workers=None):
    """Compute a table and store it; says how far it is."""
    cells, begun, done = script(name).CELLS, time.monotonic(), {}
    if getattr(script(name), "MEASURED", ()):
        workers = 1  # nobody else is to keep the machine busy
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        waiting = {pool.submit(rows_of, name, cell): i for i, cell in enumerate(cells)}
        for future in as_completed(waiting):
            done[waiting[future]] = future.result()
            took = time.monotonic() - begun
            print(f"{name}: {len(done)} of {len(cells)} cells, {took:.0f} s", flush=True)
    path = STORED / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, ["cell", *done[0][0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows({"cell": i} | row for i in sorted(done) for row in done[i])


if __name__ == "__main__":
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # the cells are the threads
    wrong = set(sys.argv[1:]) - set(names())
    if wrong:
        sys.exit(f"There is no table {', '.join(sorted(wrong))}; there are {', '.join(names())}")
    for name in sys.argv[1:] or names():
        compute(name)
