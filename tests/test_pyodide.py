"""The Python that the browser loads is the one that the page announces."""

import json

import pyodide
import pytest


def test_the_packages_are_the_sums_of_the_lock_and_the_sizes_that_the_page_says(tmp_path):
    said = pyodide.files(pyodide.PACKAGES)
    folder = pyodide.write(tmp_path, pyodide.PACKAGES)
    found = {
        path.name: {"sha256": pyodide.digest(path.read_bytes()), "bytes": path.stat().st_size}
        for path in folder.iterdir()
    }
    assert found == said
    lock = json.loads((folder / pyodide.LOCK).read_text())["packages"]
    sums = {about["file_name"]: about["sha256"] for about in lock.values()}
    assert all(sums.get(name, about["sha256"]) == about["sha256"] for name, about in found.items())


def test_numpy_alone_needs_one_wheel():
    assert [about["name"] for about in pyodide.locked(["numpy"])] == ["numpy"]


def test_a_package_that_pyodide_lacks_is_named():
    with pytest.raises(KeyError, match="Pyodide .* has no package no-such-package"):
        pyodide.locked(["No_such.package"])


def test_a_wheel_that_was_changed_is_refused(tmp_path, monkeypatch):
    about = {**pyodide.locked(["numpy"])[0], "sha256": "0" * 64}
    monkeypatch.setattr(pyodide, "locked", lambda packages: [about])
    with pytest.raises(RuntimeError, match="numpy.*does not have the sum"):
        pyodide.write(tmp_path)
