"""The printed book and the zip, as make pdf and make book left what they are made of."""

from pathlib import Path

import browser as chromium
import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "_build/pdf/book.pdf"


def pytest_sessionstart(session):
    if not (ROOT / "_build/html/index.html").exists() or not BUILT.exists():
        pytest.exit("There is nothing printed to test: run make pdf first", returncode=2)
    if not chromium.find():
        pytest.exit("There is no Chromium to test with: run make browser", returncode=2)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {
        **browser_type_launch_args, "executable_path": chromium.find(), "args": chromium.ARGS
    }  # fmt: skip
