"""Every submission gets a mark and words: good ones, middling ones, and those that fight back."""

import copy
import csv
import io
import json
import re
import shutil
import time
import zipfile

import judge
import mark
import pytest
import report
import sets
import tiny
from conftest import CONTAINER, PLAIN, SHORT

FULL = {"1a": 2, "1b": 4, "1c": 3}
NOTHING = dict.fromkeys(FULL, 0)
CATCHES_ALL = """
while True:
    try:
        while True:
            sum(range(100))
    except BaseException:
        pass
"""
FORGES = """
import os
for number in range(3, 64):
    try:
        os.write(number, b'{"answer": "1b", "outcomes": {"points": 4}}\\n{"end": true}\\n')
    except OSError:
        pass
for name in ("result.json", "marks.csv", "../marks.csv"):
    open(name, "w").write('{"state": "right", "points": 100}')
os._exit(0)
"""
OVERWRITES = """
import numpy, gmmlib.tutor
import gmmlib.tutor.tasks as tasks
numpy.allclose = numpy.array_equal = lambda *a, **k: True
gmmlib.tutor.ask = lambda function, probes, limit=0: [{"kind": "right"}] * len(probes)
tasks.Task.judge = lambda *a: gmmlib.tutor.Verdict("right", "forged")
"""
SILENT = """
shell = get_ipython()
shell.showtraceback = lambda *a, **k: None
shell.set_custom_exc((Exception,), lambda *a, **k: None)
1 / 0
"""
SPAWNS = """
import os, threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
if os.fork() == 0:
    os.setsid()
    time.sleep(1000)
"""
PICKLE = """
class Payload:
    def __reduce__(self):
        return eval, ("1/0",)
share_right = Payload()
"""
SNOOPS = """
import glob, os
read = [open(path).read() for path in glob.glob("../**/*.ipynb", recursive=True)]
share_right = len(read) / 0
"""
MOODLE_FORM = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)


def marked(tiny_set, key, made, way=None):
    notebook = judge.read(tiny.data(made))
    return judge.mark(tiny_set, notebook, "anna", key, limits=SHORT, way=way)


def points(told):
    return {name: part["points"] for name, part in told["parts"].items() if "points" in part}


@pytest.fixture(scope="module")
def key(tiny_set):
    return judge.keys(tiny_set, "anna", limits=SHORT)


def test_the_reference_solution_has_full_marks_and_the_untouched_notebook_none(tiny_set, key):
    told = marked(tiny_set, key, tiny.SOURCE)
    assert points(told) == FULL
    told = marked(tiny_set, key, tiny.handed_in(**tiny.UNTOUCHED))
    assert points(told) == NOTHING and told["trouble"] == []
    assert {p["state"] for p in told["parts"].values()} == {"absent", "by hand"}


def test_a_mistake_is_named_and_what_is_almost_right_has_its_share(tiny_set, key):
    left = "share_right = float((x <= 1.3).mean())"
    told = marked(tiny_set, key, tiny.handed_in(share=left, e=tiny.OVER_POINTS))
    assert points(told) == {**FULL, "1a": 1, "1b": 0}
    assert told["parts"]["1a"]["words"] == "That is the share on the left."
    assert "over the points" in told["parts"]["1b"]["words"]
    told = marked(tiny_set, key, tiny.handed_in(share="share_right = int((x > 1.3).sum())"))
    assert told["parts"]["1a"] == {"state": "wrong", "words": "A count, not a share.", "points": 0}


# the cell, the points that are left, and what is said
HOSTILE = {
    "endless loop": ({"first": "while True: pass"}, FULL, "Cell 3 came to no end"),
    "endless loop that catches": ({"first": CATCHES_ALL}, FULL, "took too long and was left"),
    "endless function": ({"e": "def e_step(*a):\n    while True: pass"}, {**FULL, "1b": 0}, ""),
    "function that catches": (
        {"e": "def e_step(*a):\n" + CATCHES_ALL.replace("\n", "\n    ")}, {**FULL, "1b": 0}, "",
    ),
    "exit": ({"first": "import os\nos._exit(0)"}, FULL, "Cell 3 ended by itself and was left out"),
    "exit in a function": ({"e": "import os\ndef e_step(*a): os._exit(0)"}, {**FULL, "1b": 0}, ""),
    "memory": ({"first": "hog = []\nwhile True: hog.append(b'x' * 10**8)"}, FULL, "Cell 3 "),
    "forks and threads": ({"first": SPAWNS}, FULL, ""),
    "flood": ({"first": "for _ in range(2000): print('x' * 1000)"}, FULL, "printed 2,002,000"),
    "overwritten checker": ({"e": tiny.OVER_POINTS, "last": OVERWRITES}, {**FULL, "1b": 0}, ""),
    "overwritten numpy": ({"last": "np.exp = lambda *a, **k: 1.0"}, {**FULL, "1b": 0}, ""),
    "silenced tracebacks": ({"first": SILENT}, FULL, ""),
    "forged results": ({"first": FORGES, "e": tiny.STUB_E}, {**FULL, "1b": 0}, "ended by itself"),
    "pickle": ({"last": PICKLE}, {**FULL, "1a": 0}, ""),
    "snooping": ({"last": SNOOPS}, FULL, ""),
    # almost, says the checker
    "no return": ({"e": "def e_step(*a): pass"}, {**FULL, "1b": 2}, ""),
    "syntax": ({"e": "def e_step(:"}, {**FULL, "1b": 0}, ""),
}  # fmt: skip


@pytest.mark.skipif(CONTAINER is None, reason="no container on this machine")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_program_that_fights_back_is_marked_with_words(tiny_set, key, name):
    _fights_back(tiny_set, key, name, CONTAINER)


@pytest.mark.skipif(PLAIN is None, reason="plain limits do not work on this machine")
@pytest.mark.parametrize("name", ["endless loop", "exit", "forks and threads", "forged results"])
def test_plain_limits_suffice_for_the_commonest(tiny_set, key, name):
    _fights_back(tiny_set, key, name, PLAIN)


def _fights_back(tiny_set, key, name, way):
    answers, left, words = HOSTILE[name]
    told = marked(tiny_set, key, tiny.handed_in(**answers), way)
    assert points(told) == left
    assert words in " ".join(told["trouble"]) and bool(told["trouble"]) == bool(words)
    assert all(part["words"] or part["state"] == "by hand" for part in told["parts"].values())


def test_cells_that_were_lost_doubled_or_stripped_of_their_metadata_do_not_matter(tiny_set, key):
    made = tiny.handed_in()
    lost = {**made, "cells": [c for c in made["cells"] if "check_" not in c["source"]]}
    told = marked(tiny_set, key, lost)
    assert points(told) == FULL and "part 1b, 1c is missing" in told["trouble"][0]
    doubled = {**made, "cells": [c for c in made["cells"] for _ in range(2)]}
    told = marked(tiny_set, key, doubled)
    assert points(told) == FULL and "is there twice" in told["trouble"][0]
    bare = copy.deepcopy(made)
    for cell in bare["cells"]:
        cell["metadata"] = {}
    told = marked(tiny_set, key, bare)
    assert points(told) == FULL and "None of its cells" in told["trouble"][0]


def test_the_checks_that_were_handed_out_are_not_run_and_changed_ones_are(tiny_set, key):
    made = tiny.handed_in()
    asked = next(c for c in made["cells"] if "check_e_step" in c["source"])
    asked["source"] += "\ne_step = None"
    assert points(marked(tiny_set, key, made))["1b"] == 0


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from gmmlib import e_step", ["gmmlib.e_step"]),
        ("import gmmlib as g\ndef e_step(*a): return g.em.e_step(*a)", ["gmmlib.e_step"]),
        ("from gmmlib.textbook import e_step as mine\ne_step = mine", ["gmmlib.e_step"]),
        ("from gmmlib import textbook\ntextbook.m_step(1, 2)", ["gmmlib.m_step"]),
        ("from gmmlib.tutor.programs import program", ["gmmlib.tutor.programs.program"]),
        ("from gmmlib import data, plots, sample\nfrom gmmlib.tutor import check_e_step", []),
        ("def e_step(x): return x\ne_step(1)", []),
        ("%magic\nthis is no python", []),
    ],
)
def test_who_leans_on_gmmlib_is_flagged(source, names):
    assert judge.uses_gmmlib([source], set()) == names


# ---- what comes back is checked --------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        None, 7, "right", [], {}, {"kind": 3}, {"kind": "value"}, {"kind": "raised", "type": 3},
        {"kind": "value", "value": {"a": 1}},
        {"kind": "value", "value": {"array": "x"}}, {"kind": "value", "value": {"array": [[1], 2]}},
        {"kind": "value", "value": {"program": ["e_step", 1]}},
        {"kind": "value", "value": [[[[[[[[[1]]]]]]]]]}, {"kind": "value", "value": 10**400},
        {"kind": "value", "value": [0] * 300_000}, {"kind": "value", "value": {"rng": 1}},
        {"kind": "value", "value": 1, "changed": [{}], "printed": "x", "seconds": 1e400},
    ],
)  # fmt: skip
def test_whatever_comes_back_gives_no_points_and_stops_nothing(tiny_set, raw):
    part = next(part for part in tiny_set.parts if part.part == "1b")
    task = judge.task_of(part)
    probes = task.probes(judge.rng_of(tiny_set, "anna", "1b"))
    for many in (raw, [raw], [raw] * len(probes)):
        state, words = judge.judge_function(task, probes, many)
        assert state in ("wrong", "absent") and words
    share = next(part for part in tiny_set.parts if part.part == "1a")
    assert judge.judge_value(share, raw, 0.5, {})[0] in ("wrong", "absent")


def test_only_so_much_of_a_value_is_looked_at():
    assert judge.encoded([[0] * 1000] * 100) and not judge.encoded([[0] * 1000] * 300)
    assert not judge.encoded([[[[[[[[1]]]]]]]])


@pytest.mark.parametrize(
    ("value", "key", "within", "right"),
    [
        (0.5, 0.505, 0.01, True), (0.5, 0.52, 0.01, False), (1, 1.0, 0, True), (True, 1, 1, False),
        (101, 100, {"relative": 0.02}, True), ([1, 2], [1, 2.001], 0.01, True),
        ([1], [1, 2], 9, False),
        ("Left ", "left", 0, True), (float("nan"), 1, 9, False), ([[1]], [1], 9, False),
        (True, True, 0, True), ({"a": 1}, {"a": 1}, 0, True), ({}, {"a": 1}, 9, False),
    ],
)  # fmt: skip
def test_a_value_is_right_within_what_the_set_says(value, key, within, right):
    assert judge.close(value, key, within) is right


def test_a_key_that_cannot_be_computed_is_told_and_nobody_is_marked_down(tiny_set):
    broken = judge.replace(tiny_set, cells=())
    key = judge.keys(broken, "anna", limits=SHORT)
    assert "tiny with STUDENT = 'anna' gave no key for share_right" in key["trouble"]
    told = marked(tiny_set, key, tiny.handed_in())
    assert told["parts"]["1a"]["state"] == "not marked" and points(told)["1b"] == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda meta: meta.pop("gmm"), 'needs "gmm"'),
        (lambda meta: meta["gmm"].pop("asks"), '"asks" needs'),
        (lambda meta: meta["gmm"].update(almost=2), "almost 2"),
        (lambda meta: meta["gmm"].update(part="1b"), "twice 1b"),
    ],
)
def test_a_set_that_does_not_say_what_it_asks_is_refused(tmp_path, change, words):
    made = copy.deepcopy(tiny.SOURCE)
    change(next(c for c in made["cells"] if c["metadata"].get("gmm"))["metadata"])
    path = tmp_path / "tiny.ipynb"
    path.write_bytes(tiny.data(made))
    with pytest.raises(ValueError, match=re.escape(words)):
        sets.read(path)


# ---- a class ---------------------------------------------------------------------------------

WRONG = ["", "{", "[]", "\x89PNG", json.dumps(tiny.handed_in())[:900]]
ODD = [
    "Jörg Müller",
    'o\'neil "x"',
    "new\nline",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "<script>alert(1)</script>",
]


def a_class(folder):
    """60 submissions: 22 good, 14 middling, 24 that fight back or are broken."""

    def put(path, made):
        path = folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(made if isinstance(made, bytes) else tiny.data(made))

    for n in range(10):
        put(f"good{n}/tiny/tiny.ipynb", tiny.handed_in(f"good{n}"))
    for n, name in enumerate(ODD):
        put(f"{name.replace('/', '⁄')}/tiny/tiny.ipynb", tiny.handed_in(name))
        put(f"student{n}_{n}_{n + 100}_tiny.ipynb", tiny.handed_in(f"student{n}"))
    for n in range(5):
        put(f"late{n}_tiny.ipynb", tiny.handed_in(**tiny.UNTOUCHED))
        put(
            f"Mo Odle{n}_{n + 7000}_assignsubmission_file_/t.ipynb",
            tiny.handed_in(e=tiny.OVER_POINTS),
        )
    for n in range(4):
        put(f"part{n}/answers.ipynb", tiny.handed_in(f"part{n}", m=tiny.STUB_M))
    for n, text in enumerate(WRONG):
        put(f"broken{n}/tiny/tiny.ipynb", text.encode("latin-1"))
    for n, name in enumerate(HOSTILE):
        put(f"hostile{n:02}/tiny/tiny.ipynb", tiny.handed_in(f"hostile{n:02}", **HOSTILE[name][0]))
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("../../out.ipynb", tiny.data(tiny.handed_in()))
    put("zipped_tiny.zip", whole.getvalue())
    (folder / "linked").mkdir()
    (folder / "linked" / "tiny.ipynb").symlink_to("/etc/passwd")


def contents(folder):
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file() and not p.is_symlink()}


@pytest.fixture(scope="module")
def marked_class(tmp_path_factory):
    """A class, marked once, and what the folders were before."""
    base = tmp_path_factory.mktemp("class")
    folder, out = base / "submissions", base / "marks"
    a_class(folder)
    tiny.write_sets(base / "sets")
    before, begun = contents(base), time.monotonic()
    results, fresh, trouble = mark.mark_all(folder, base / "sets", out, 2, SHORT, quiet=True)
    seconds = time.monotonic() - begun
    return {
        "base": base, "out": out, "results": results, "fresh": fresh, "trouble": trouble,
        "before": before, "seconds": seconds, "tables": contents(out),
    }  # fmt: skip


def run(folder, sets, out, jobs=2):
    """Mark a folder: (how many were really marked, troubles)."""
    return mark.mark_all(folder, sets, out, jobs, SHORT, quiet=True)[1:]


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def test_a_class_of_60_is_marked_completely(marked_class):
    rows = rows_of(marked_class["out"] / "marks.csv")
    assert len(rows) == 60 and marked_class["trouble"] == []
    states = [row["state"] for row in rows]
    assert states.count("could not be read") == 7
    assert all(row["message"] for row in rows if row["state"] != "marked")
    by_student = {row["student"]: row for row in rows}
    for n in range(10):
        assert by_student[f"good{n}"]["state"] == "marked"
        assert by_student[f"good{n}"]["total"] == "9" and by_student[f"good{n}"]["out of"] == "12"
    for n in range(5):
        assert by_student[f"late{n}"]["total"] == "0"
        assert by_student[f"Mo Odle{n}"]["1b"] == "0"
        assert by_student[f"broken{n}"]["state"] == "could not be read"
    for n, (_, left, _) in enumerate(HOSTILE.values()):
        assert float(by_student[f"hostile{n:02}"]["total"]) == sum(left.values())
    print(f"60 submissions in {marked_class['seconds']:.0f} s")


def test_nothing_is_written_outside_the_folder_of_the_marks(marked_class):
    after = contents(marked_class["base"])
    inside = str(marked_class["out"])
    assert {p: d for p, d in after.items() if not p.startswith(inside)} == marked_class["before"]
    names = {path.name for path in marked_class["out"].iterdir()}
    tables = {"marks.csv", "canvas.csv", "moodle.csv", "by_hand.csv"}
    assert names == {*tables, "feedback", "cache", "fonts"}


def test_marking_anew_gives_the_same_and_marking_again_marks_nothing(marked_class):
    base, out = marked_class["base"], marked_class["out"]
    begun = time.monotonic()
    fresh, _ = run(base / "submissions", base / "sets", out)
    assert (fresh, marked_class["fresh"]) == (0, 53) and time.monotonic() - begun < 5
    assert contents(out) == marked_class["tables"]
    # a part of the class from the beginning, in another place
    again, few = base.parent / "again", base.parent / "few"
    few.mkdir()
    for path in sorted((base / "submissions").iterdir())[::4]:
        (shutil.copytree if path.is_dir() else shutil.copy)(path, few / path.name)
    run(few, base / "sets", again)
    first = {row["file"]: row for row in rows_of(out / "marks.csv")}
    second = rows_of(again / "marks.csv")
    assert len(second) == 15 and all(first[row["file"]] == row for row in second)


def test_a_changed_submission_alone_is_marked_again(marked_class, tmp_path):
    base = marked_class["base"]
    few = tmp_path / "few"
    for name in ("good0", "good1"):
        shutil.copytree(base / "submissions" / name, few / name)
    places = few, base / "sets", tmp_path / "out"
    assert [run(*places)[0] for _ in range(2)] == [2, 0]
    made = tiny.handed_in("good1", e=tiny.STUB_E)
    (few / "good1" / "tiny" / "tiny.ipynb").write_bytes(tiny.data(made))
    assert run(*places)[0] == 1
    assert [row["total"] for row in rows_of(tmp_path / "out" / "marks.csv")] == ["9", "5"]


def test_the_tables_for_canvas_and_moodle_have_their_columns(marked_class):
    lines = (marked_class["out"] / "canvas.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "Student,ID,SIS User ID,SIS Login ID,Section,A tiny set"
    assert lines[1] == "    Points Possible,,,,,12"
    assert "student3,3,,,," in lines
    moodle = (marked_class["out"] / "moodle.csv").read_text(encoding="utf-8")
    assert moodle.splitlines()[0] == MOODLE_FORM
    row = next(r for r in csv.DictReader(io.StringIO(moodle)) if r["Full name"] == "Mo Odle3")
    assert row["Identifier"] == "Participant 7003" and row["Maximum Grade"] == "12"
    assert row["Grade"] == "" and "over the points" in row["Feedback comments"]


def test_no_cell_of_a_table_begins_a_formula(marked_class):
    for name in ("marks.csv", "canvas.csv", "moodle.csv", "by_hand.csv"):
        text = (marked_class["out"] / name).read_text(encoding="utf-8-sig")
        for row in csv.reader(io.StringIO(text, newline="")):
            assert not [cell for cell in row if cell[:1] in tuple("=+-@\t\r") and cell != "-"]
            assert not [cell for cell in row if "\n" in cell or "\r" in cell]


def test_there_is_a_page_for_everybody_and_none_has_a_secret_or_a_script(marked_class):
    pages = {
        p.name: p.read_text(encoding="utf-8") for p in (marked_class["out"] / "feedback").iterdir()
    }
    assert len(pages) == 60
    whole = "".join(pages.values()) + "".join(
        (marked_class["out"] / n).read_text(encoding="utf-8") for n in ("marks.csv", "moodle.csv")
    )
    for secret in ("canary", "GMM-KEY", "HIDDEN", "mistakes", "assert ", "### BEGIN"):
        assert secret not in whole
    for page in pages.values():
        assert "<script" not in page and "http://" not in page and "https://" not in page
        assert 'name="viewport"' in page and "prefers-color-scheme: dark" in page


def test_points_given_by_hand_are_merged_and_kept(marked_class, tmp_path):
    base, out, few = marked_class["base"], tmp_path / "out", tmp_path / "few"
    for name in ("good0", "=cmd|' ⁄C calc'!A0"):
        shutil.copytree(base / "submissions" / name, few / name)
    places = few, base / "sets", out
    run(*places)
    rows = rows_of(out / "by_hand.csv")
    assert [(row["criterion"], row["points"], row["answer"]) for row in rows[:2]] == [
        ("says what", "1", "Because."), ("says why", "2", "Because.")
    ]  # fmt: skip
    assert [r["Grade"] for r in rows_of(out / "moodle.csv")] == ["", ""]
    for row, given in zip(rows, ("1", "0,5", "0", "2")):
        row.update(given=given, comment="well said")
    with open(out / "by_hand.csv", "w", encoding="utf-8", newline="") as file:  # as Excel might
        table = csv.DictWriter(file, rows[0], delimiter=";")
        table.writeheader()
        table.writerows(rows)
    for _ in range(2):
        assert run(*places) == (0, [])
        assert [row["total"] for row in rows_of(out / "marks.csv")] == ["10.5", "11"]
        assert [r["Grade"] for r in rows_of(out / "moodle.csv")] == ["10.5", "11"]
    page = next((out / "feedback").glob("good0*")).read_text(encoding="utf-8")
    assert "says why (2 of 2): well said" in page and "11 of 12 points" in page
    # a table in the folder of the submissions wins; what is no mark is told of, and not counted
    header = "student,set,part,criterion,points,given\n"
    lines = "good0,tiny,1d,says why,2,7\ngood0,tiny,1d,says what,1,1\n"
    (few / "by_hand.csv").write_text(header + lines)
    assert "'7' for good0, tiny, 1d: a number from 0 to 2 is needed" in run(*places)[1][0]
    assert [row["total"] for row in rows_of(out / "marks.csv")] == ["10.5", "12"]


def test_of_two_hand_ins_the_better_counts(tmp_path):
    tiny.write_sets(tmp_path / "sets")
    for name, made in (("a", tiny.handed_in()), ("b", tiny.handed_in(**tiny.UNTOUCHED))):
        path = tmp_path / "subs" / "anna" / "tiny" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tiny.data(made))
    run(tmp_path / "subs", tmp_path / "sets", tmp_path / "out", jobs=1)
    rows = rows_of(tmp_path / "out" / "marks.csv")
    assert [(row["total"], row["counts"]) for row in rows] == [("9", ""), ("0", "no")]
    assert "'anna/tiny/a.ipynb' counts" in rows[1]["message"]
    assert len(rows_of(tmp_path / "out" / "moodle.csv")) == 1


def test_the_markers_own_failure_stops_nobody(tmp_path, monkeypatch):
    tiny.write_sets(tmp_path / "sets")
    for name in ("anna", "ben"):
        path = tmp_path / "subs" / f"{name}_tiny.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(tiny.data(tiny.handed_in(name)))
    real = judge.mark

    def fails(problem_set, notebook, student, *rest, **options):
        if student == "anna":
            raise ZeroDivisionError("a bug")
        return real(problem_set, notebook, student, *rest, **options)

    monkeypatch.setattr(judge, "mark", fails)
    places = tmp_path / "subs", tmp_path / "sets", tmp_path / "out"
    run(*places)
    rows = rows_of(tmp_path / "out" / "marks.csv")
    assert [row["state"] for row in rows] == ["could not be read", "marked"]
    assert "ZeroDivisionError: a bug" in rows[0]["message"]
    monkeypatch.undo()
    assert run(*places)[0] == 1  # what failed is tried again


def test_the_command_says_what_is_lacking(tmp_path):
    there = ["--out", f"{tmp_path}/out", "--sets"]
    with pytest.raises(SystemExit, match="a folder of submissions is needed"):
        mark.main(
            [
                str(tmp_path / "none"),
                "--sets",
                str(tiny.write_sets(tmp_path / "sets")),
                "--out",
                str(tmp_path / "out"),
            ]
        )
    with pytest.raises(SystemExit, match="a folder with problem sets"):
        mark.main([f"{tmp_path}", *there, f"{tmp_path}/none"])


@pytest.mark.parametrize("words", ["=1", "+1", "-1", "@a", "\t=1", "＝1", " =1", "\n=1"])
def test_a_formula_is_escaped(words):
    assert report.cell(words).startswith("'")
