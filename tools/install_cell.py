"""The first cell of a notebook, which installs gmmlib where it is missing.

In the repository it installs from the clone that the notebook stands in: `"..[explore]"`. A copy
that leaves the repository gets other lines: the wheel on the site, where the site's address is
known; else the wheel that came with the notebook.
"""

import re
import tomllib

import address

CELL = re.compile(
    r"^except ImportError:.*\n"
    r'    %pip install -q "(?P<folder>\.\.(?:/\.\.)*)\[(?P<extras>[\w,]+)\]"$',
    re.MULTILINE,
)
ADDRESS = """\
except ImportError:  # on Colab, say
    %pip install -q "gmmlib[{extras}] @ {url}\""""
BESIDE = """\
except ImportError:
    from pathlib import Path

    wheel = Path("{wheel}")
    if not wheel.exists():
        words = f"gmmlib: put {{wheel}} beside this notebook; {archive} has it"
        raise FileNotFoundError(words) from None
    %pip install -q "./{{wheel}}[{extras}]\""""
# a browser asks the server for what draws widgets when it loads the page, and not later
RELOAD = """
    print("Installed. In Jupyter: reload the page and run all cells,")
    print("so that your browser knows the sliders.")"""


def extras(source):
    """What a source asks for beside gmmlib: `explore`, `plots`; None if it installs nothing."""
    found = CELL.search(source)
    return found["extras"] if found else None


def wheel_name():
    """What gmmlib's wheel is called, as pyproject.toml has its version."""
    project = tomllib.loads((address.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return f"gmmlib-{project['project']['version']}-py3-none-any.whl"


def with_lines(source, lines, **fields):
    """The source with other lines in place of those that install from the repository."""

    def new(found):
        reload = RELOAD if "explore" in found["extras"].split(",") else ""
        return lines.format(extras=found["extras"], **fields) + reload

    return CELL.sub(new, source)


def from_site(source, site):
    """The source with gmmlib from the site."""
    return with_lines(source, ADDRESS, url=f"{site}/{address.WHEEL}/{wheel_name()}")


def from_beside(source, archive):
    """The source with gmmlib from the wheel in its own folder, which came in the zip `archive`."""
    return with_lines(source, BESIDE, wheel=wheel_name(), archive=archive)
