"""These tests read the built site, and say which Python stands in for Colab's."""

import pytest
from places import SITE, python


def pytest_addoption(parser):
    parser.addoption("--every", action="store_true", help="every notebook of the zip, not a few")


def pytest_report_header():
    return f"Colab's versions are tried on {python((3, 13))}"


@pytest.fixture(scope="session", autouse=True)
def built():
    if not (SITE / "notebooks.zip").exists():
        pytest.exit("There is no built site to test: run make book first", returncode=2)
