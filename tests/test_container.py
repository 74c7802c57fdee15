"""What others start from our files: a container to develop in, and Binder. Neither was to be had.

So what can be said without them is tested: the files are in order, and what they name is there.
"""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
CONTAINER = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
COMMANDS = {key: value for key, value in CONTAINER.items() if key.endswith("Command")}


def python_of(image):
    """The Python of an image whose version is pinned to the last digit, or None."""
    found = re.fullmatch(r"python:(\d+\.\d+\.\d+)-\w+", image)
    return found[1] if found else None


def test_the_image_of_the_container_is_pinned_and_has_a_python_that_gmmlib_takes():
    assert python_of(CONTAINER["image"]) in SpecifierSet(PROJECT["requires-python"])
    assert python_of("python:3.11-bookworm") is None and python_of("python:latest") is None


@pytest.mark.parametrize("key", sorted(COMMANDS))
def test_a_command_of_the_container_is_a_target_of_make(key):
    program, target = COMMANDS[key].split()
    assert program == "make"
    asked = ["make", "--dry-run", "--question", "--always-make", target]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    assert "No rule" not in done.stderr and done.returncode in (0, 1), done.stderr


def test_the_container_is_set_up_by_the_projects_own_target():
    assert COMMANDS["postCreateCommand"] == "make setup"
    port = re.search(r"^PORT \?= (\d+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    assert int(port) in CONTAINER["forwardPorts"]


def test_binder_takes_a_python_that_gmmlib_takes():
    # without this file repo2docker 2026.4 takes 3.14, on which nothing here was run
    version = (ROOT / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert f"{version}.0" in SpecifierSet(PROJECT["requires-python"])
