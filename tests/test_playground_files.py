"""What the page says that it will fetch is what there is to fetch, byte for byte."""

import json
import os
import shutil
from types import SimpleNamespace
from unittest import mock

import brotli
import playground_files
import pyodide
import pytest
from sphinx.errors import ExtensionError


def built(folder, pyodide_folder=""):
    """The manifest after a build into the folder."""
    html = SimpleNamespace(format="html")
    app = SimpleNamespace(builder=html, outdir=folder, config=SimpleNamespace())
    with mock.patch.dict(os.environ, {"PYODIDE": str(pyodide_folder)}):
        playground_files.prepared(app)
    return playground_files.manifest(app)


@pytest.fixture(scope="module")
def distribution(tmp_path_factory):
    return pyodide.write(tmp_path_factory.mktemp("pyodide"))


def test_every_file_has_the_size_and_the_sum_that_the_page_says(distribution, tmp_path):
    manifest = built(tmp_path)
    folder = tmp_path / "_static/wheel"
    for file in manifest["files"]:
        own = (folder / file["name"]).exists()
        assert file["url"] == ("_static/wheel/" if own else pyodide.CDN) + file["name"]
        data = ((folder if own else distribution) / file["name"]).read_bytes()
        assert (len(data), pyodide.digest(data)) == (file["size"], file["sha256"])
        packed = file["name"].endswith((".whl", ".zip"))
        assert file["bytes"] == (len(data) if packed else len(brotli.compress(data, quality=5)))
    for total in ("bytes", "size"):
        assert manifest[total] == sum(file[total] for file in manifest["files"])
    assert json.loads((folder / "wheel.json").read_text())["sha256"] in str(manifest["files"])
    assert manifest["from"] == "cdn.jsdelivr.net" and pyodide.VERSION in pyodide.CDN


def test_what_is_compressed_already_does_not_get_much_smaller(distribution):
    # which is why the page says their whole size
    for path in distribution.iterdir():
        if path.suffix in (".whl", ".zip"):
            data = path.read_bytes()
            assert len(brotli.compress(data, quality=5)) > 0.95 * len(data)


def test_from_a_folder_the_site_serves_all_of_it_and_names_no_other_host(distribution, tmp_path):
    manifest = built(tmp_path, distribution)
    assert manifest["from"] == "this site"
    assert not any(":" in file["url"] for file in manifest["files"])
    for file in manifest["files"]:
        data = (tmp_path / file["url"]).read_bytes()
        assert pyodide.digest(data) == file["sha256"]


@pytest.mark.parametrize("name", ["pyodide.asm.wasm", pyodide.LOCK])
def test_a_folder_with_another_file_or_without_one_is_refused_by_name(name, distribution, tmp_path):
    folder = shutil.copytree(distribution, tmp_path / "copy")
    (folder / name).write_bytes(b"another")
    with pytest.raises(ExtensionError, match=f"{name} is not the one of Pyodide"):
        built(tmp_path / "site", folder)
    (folder / name).unlink()
    with pytest.raises(ExtensionError, match=f"has no {name}: python tools/pyodide.py"):
        built(tmp_path / "site", folder)


def test_another_worker_script_has_another_address(tmp_path, monkeypatch):
    first = built(tmp_path)["worker"]
    monkeypatch.setattr(playground_files, "worker_version", lambda: "00000000")
    assert built(tmp_path)["worker"] != first
