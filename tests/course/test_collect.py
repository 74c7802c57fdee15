"""Submissions of every layout are found, and no name, link or zip leads anywhere else."""

import io
import json
import os
import zipfile

import collect
import judge
import pytest
import tiny

SETS = ("1_bells", "2_means_only")
GOOD = tiny.data(tiny.handed_in())


def put(folder, path, data=GOOD):
    path = folder / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def packed(files):
    """A zip in memory: {name: bytes}; the name as it stands, whatever it says."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return whole.getvalue()


def only(folder, sets=SETS):
    (submission,) = collect.collect(folder, sets)
    return submission


@pytest.mark.parametrize(
    ("path", "student", "hint", "ids"),
    [
        ("anna/2_means_only/2_means_only.ipynb", "anna", "2_means_only", ("", "")),
        ("submitted/anna/1_bells/answers.ipynb", "anna", "1_bells", ("", "")),
        ("anna/2_means_only/2_means_only/deep/in/here.ipynb", "anna", "2_means_only", ("", "")),
        ("anna_2_means_only.ipynb", "anna", "2_means_only", ("", "")),
        ("Anna Müller 1_bells (1).ipynb", "Anna Müller", "1_bells", ("", "")),
        ("Anna Müller_4711_assignsubmission_file_/x.ipynb", "Anna Müller", None, ("", "4711")),
        ("Jo Ü_4711_assignsubmission_file/1_bells.ipynb", "Jo Ü", "1_bells", ("", "4711")),
        ("S/Jo Ü_4711_assignsubmission_file_1_bells.ipynb", "Jo Ü", "1_bells", ("", "4711")),
        ("mulleranna_12345_67890_1_bells-1.ipynb", "mulleranna", "1_bells", ("12345", "")),
        ("mulleranna_LATE_12345_67890_1_bells.ipynb", "mulleranna", "1_bells", ("12345", "")),
        ("anna/notebook.ipynb", "anna", None, ("", "")),
        ("1_bells.ipynb", "", "1_bells", ("", "")),
    ],
)  # fmt: skip
def test_a_path_tells_whose_it_is(tmp_path, path, student, hint, ids):
    put(tmp_path / "plain", path)
    # the same in the zip of a class
    put(tmp_path / "zip", "all.zip", packed({path: GOOD, "z/1.ipynb": GOOD, "y/1.ipynb": GOOD}))
    for folder in ("plain", "zip"):
        found = collect.collect(tmp_path / folder, SETS)[0]
        assert (found.student, found.hint, (found.canvas, found.moodle)) == (student, hint, ids)
        assert found.data == GOOD and found.trouble == []


def test_a_students_zip_has_the_students_name(tmp_path):
    put(
        tmp_path,
        "anna_2_means_only.zip",
        packed({"work/2_means_only.ipynb": GOOD, "notes.txt": b""}),
    )
    put(tmp_path, "mulleranna_12_67_work.zip", packed({"x.ipynb": GOOD}))
    put(
        tmp_path,
        "Jo Ü_7_assignsubmission_file_/w.zip",
        packed({"a.zip": packed({"x.ipynb": GOOD})}),
    )
    found = {s.student: (s.hint, s.canvas, s.moodle) for s in collect.collect(tmp_path, SETS)}
    assert found == {
        "anna": ("2_means_only", "", ""), "mulleranna": (None, "12", ""), "Jo Ü": (None, "", "7")
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["n.ipynb.txt", "n.json", "notebook", "N.IPYNB", " n .ipynb", "n.ipynb (2).ipynb"]
)
def test_a_renamed_notebook_is_found(tmp_path, name):
    put(tmp_path, f"anna/{name}")
    assert only(tmp_path).data == GOOD


def test_what_is_no_notebook_is_left_out_beside_one_and_told_of_without_one(tmp_path):
    for student in ("anna", "ben"):
        put(tmp_path, f"{student}/notes.py", b"print(1)")
        put(tmp_path, f"{student}/data.json", b'{"cells": 3')
        put(tmp_path, f"{student}/.ipynb_checkpoints/n.ipynb")
    put(tmp_path, "anna/n.ipynb")
    anna, ben = collect.collect(tmp_path, SETS)
    assert (anna.path, anna.data) == ("anna/n.ipynb", GOOD)
    assert ben.data is None and "There is no notebook (.ipynb) in it" in ben.trouble[0]


NAMES = [
    "Jörg Müller",
    "ana 'ö' \"x\"",
    "new\nline",
    "=1+1",
    "@sum",
    "a;b,c",
    "..hidden",
    "日本",
    "ｅ́",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_letters_is_read(tmp_path, name):
    put(tmp_path, f"{name}/tiny/n.ipynb")
    assert only(tmp_path, ["tiny"]).data == GOOD


def test_a_name_that_is_no_text_is_read_and_can_be_written(tmp_path):
    folder = os.fsencode(tmp_path) + b"/m\xfcller"
    os.mkdir(folder)
    with open(folder + b"/n.ipynb", "wb") as file:
        file.write(GOOD)
    assert only(tmp_path).student.encode() == "m\ufffdller".encode()


def test_two_spellings_of_an_umlaut_are_one_student(tmp_path):
    put(tmp_path, "mu\u0308ller/tiny/n.ipynb")
    assert only(tmp_path, ["tiny"]).student == "müller"


def test_no_link_is_followed(tmp_path):
    secret = tmp_path / "secret"
    put(secret, "n.ipynb")
    folder = tmp_path / "subs"
    for name in ("anna", "ben"):
        (folder / name).mkdir(parents=True)
    (folder / "anna" / "n.ipynb").symlink_to(secret / "n.ipynb")
    (folder / "ben" / "tiny").symlink_to(secret)
    os.mkfifo(folder / "pipe.ipynb")
    found = collect.collect(folder, ["tiny"])
    assert [s.student for s in found] == ["anna", "ben", "pipe"]
    assert all(s.data is None for s in found)
    assert all("links are not followed" in s.trouble[0] for s in found[:2])


@pytest.mark.parametrize(
    "name",
    ["../evil.ipynb", "a/../../evil.ipynb", "/etc/evil.ipynb", "..\\evil.ipynb", "C:/evil.ipynb"],
)
def test_a_name_that_leads_out_of_a_zip_is_refused(tmp_path, name):
    put(tmp_path, "anna.zip", packed({name: GOOD}))
    found = only(tmp_path)
    assert found.student == "anna" and found.data is None
    assert "leads out of the zip" in found.trouble[0]
    assert [path.name for path in tmp_path.iterdir()] == ["anna.zip"]


def test_a_link_in_a_zip_is_refused(tmp_path):
    link = zipfile.ZipInfo("n.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "anna.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "links are not followed" in only(tmp_path).trouble[0]


def test_a_zip_that_swells_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "LARGEST", 1 << 20)
    put(tmp_path, "anna.zip", packed({"n.ipynb": bytes(8 << 20)}))
    assert "larger than 1 MB when unpacked" in only(tmp_path).trouble[0]


def test_a_zip_of_many_or_in_many_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "MEMBERS", 3)
    put(tmp_path / "a", "anna.zip", packed({f"{n}.ipynb": b"" for n in range(4)}))
    assert "has 4 files, more than 3" in only(tmp_path / "a").trouble[0]
    deep = GOOD
    for _ in range(6):
        deep = packed({"n.zip" if deep != GOOD else "n.ipynb": deep})
    put(tmp_path / "b", "ben.zip", deep)
    assert "zip in a zip" in only(tmp_path / "b").trouble[0]


def test_a_name_without_end_is_refused(tmp_path):
    put(tmp_path, "anna.zip", packed({"-1" * 30_000 + ".ipynb": GOOD}))
    assert "longer than 1000 characters" in only(tmp_path).trouble[0]


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_a_broken_zip_is_told_of(tmp_path, cut):
    put(tmp_path, "anna/work.zip", packed({"n.ipynb": GOOD})[:cut])
    assert only(tmp_path).trouble == ["The zip is broken: hand it in again."]


def test_umlauts_in_a_zip_without_their_flag_are_read(tmp_path):
    whole = packed({"Mueller_1_assignsubmission_file_/n.ipynb": GOOD})
    put(tmp_path, "all.zip", whole.replace(b"Mueller", "Müller".encode()))
    assert only(tmp_path).student == "Müller"


def test_the_list_of_students_knows_them_by_name_and_number(tmp_path):
    rows = "student;name;canvas id;moodle id;email\nmua;Anna Müller;12;;a@x\njo;Jo Berg;;77;\n"
    put(tmp_path, "students.csv", b"\xef\xbb\xbf" + rows.encode())
    put(tmp_path, "whoever_12_99_work.ipynb")
    put(tmp_path, "bergjo_3_4_work.ipynb")
    put(tmp_path, "X_77_assignsubmission_file_/n.ipynb")
    found = {
        s.path: (s.student, s.names[0], s.canvas, s.email) for s in collect.collect(tmp_path, SETS)
    }
    assert found == {
        "whoever_12_99_work.ipynb": ("mua", "Anna Müller", "12", "a@x"),
        "bergjo_3_4_work.ipynb": ("jo", "Jo Berg", "3", ""),
        "X_77_assignsubmission_file_/n.ipynb": ("jo", "Jo Berg", "", ""),
    }


# ---- what is in a file -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b" \n", "The file is empty"),
        (GOOD[: len(GOOD) // 2], "breaks off"),
        (b"{'cells': []}", "line 1 is not JSON"),
        (b"\x89PNG\r\n", "not text"),
        (b"[1, 2]", "JSON, but not a notebook"),
        (b'{"a": 1}', "no cells"),
        (b'{"cells": 7}', "no cells"),
        (b"[" * 10**6, "not a notebook"),
        (b'{"cells": ' + b"9" * 10**5 + b"}", "not a notebook"),
    ],
)
def test_a_file_that_is_no_notebook_is_refused_in_words(data, words):
    with pytest.raises(judge.Unreadable, match=words):
        judge.read(data)


def test_odd_notebooks_are_read_all_the_same():
    made = tiny.handed_in()
    for cell in made["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    made["cells"] += [
        7,
        {"cell_type": "code"},
        {"cell_type": "code", "source": "\ud800", "metadata": 3},
    ]
    made["cells"].append({"cell_type": "code", "source": "x = 1\n" * 100_000})
    made["metadata"] = {"kernelspec": {"name": "ir", "language": "R"}, "gmm": "lost"}
    found = judge.read(json.dumps(made).encode())
    assert found.student == "anna" and found.set_name is None
    for words in ("written in R", "is broken", "is too long"):
        assert words in " ".join(found.trouble)
    assert judge.read("\ufeff".encode() + tiny.data(tiny.handed_in())).student == "anna"


def test_the_set_is_known_by_its_metadata_its_cells_or_its_name(tiny_set):
    sets = {"tiny": tiny_set, "other": judge.replace(tiny_set, name="other", parts=())}
    made = tiny.handed_in()
    assert judge.of_set(judge.read(tiny.data(made)), "other", sets) is tiny_set
    made["metadata"] = {}
    assert judge.of_set(judge.read(tiny.data(made)), "other", sets) is tiny_set
    for cell in made["cells"]:
        cell["metadata"] = {}
    assert judge.of_set(judge.read(tiny.data(made)), "other", sets).name == "other"
    assert judge.of_set(judge.read(tiny.data(made)), None, sets) is None


@pytest.mark.parametrize(
    "source", ["(" * 50_000, "-" * 50_000 + "1", "x" * 50_000, "f'{" * 9000, "\0"]
)
def test_no_cell_stops_the_reader(source):
    judge.uses_gmmlib([source], set())
    assert judge.with_student("STUDENT" + source, "anna")


@pytest.mark.parametrize(
    ("typed", "names", "seed"),
    [
        ("Anna Müller", ["mullerAnna"], "Anna Müller"),
        ("anna", ["anna"], "anna"),
        ("ben", ["anna"], "anna"),
        (None, ["anna"], "anna"),
        ("anna", [], "anna"),
    ],
)
def test_the_data_are_of_whoever_handed_it_in(typed, names, seed):
    found, words = judge.seed_of(typed, names)
    assert found == seed and (words is None) == (typed == seed)


@pytest.mark.parametrize(
    "source",
    ['STUDENT = "ben"', "STUDENT = 'ben'  # me", 'a = 1; STUDENT = "ben"', 'STUDENT = """ben\n"""',
     '%matplotlib inline\nSTUDENT = "ü"; b = 2'],
)  # fmt: skip
def test_the_name_in_the_notebook_is_replaced(source):
    found = {}
    exec(judge.with_student(source, "anna").replace("%matplotlib inline", ""), found)
    assert found["STUDENT"] == "anna"
