"""The wheel that the site ships is gmmlib, whole, and the same bytes each time."""

import json
import zipfile
from pathlib import Path

import pyodide
import wheel

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_every_file_of_gmmlib_and_is_the_same_again(tmp_path):
    first = wheel.build(tmp_path / "a")
    again = wheel.build(tmp_path / "b")
    assert first.read_bytes() == again.read_bytes()
    kept = {".py", ".js", ".css", ".csv", ".json", ".md"}
    files = (path for path in (ROOT / "gmmlib").rglob("*") if path.suffix in kept)
    with zipfile.ZipFile(first) as archive:
        assert {path.relative_to(ROOT).as_posix() for path in files} <= set(archive.namelist())
        assert archive.testzip() is None


def test_what_is_said_of_the_wheel_is_true(tmp_path):
    path = wheel.build(tmp_path)
    about = json.loads((tmp_path / "wheel.json").read_text())
    data = path.read_bytes()
    assert about == {"file": path.name, "sha256": pyodide.digest(data), "bytes": len(data)}


def test_an_older_wheel_does_not_stay(tmp_path):
    (tmp_path / "gmmlib-0.0.1-py3-none-any.whl").write_bytes(b"")
    assert [wheel.build(tmp_path)] == list(tmp_path.glob("*.whl"))
