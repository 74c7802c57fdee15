"""What the tests of the marking share: the tiny set, short limits, and the ways that work here."""

from dataclasses import replace

import pytest
import sandbox
import sets
import tiny

SHORT = replace(sandbox.Limits(), ask=2.0, cell=1.0, step=3.0, wall=30.0, resident=400 * sandbox.MB)
HERE = {way: sandbox.works(way) for way in sandbox.WAYS}
CONTAINER = next((way for way in sandbox.WAYS if way.container and HERE[way] is None), None)
PLAIN = next((way for way in sandbox.WAYS if not way.container and HERE[way] is None), None)


def pytest_report_header():
    if CONTAINER is None:
        return (
            f"marking: no container here ({HERE[sandbox.WAYS[0]]}): tested with plain limits only"
        )
    return f"marking: tested in {CONTAINER}"


@pytest.fixture(scope="session")
def tiny_set(tmp_path_factory):
    return sets.read(tiny.write_sets(tmp_path_factory.mktemp("sets")) / "tiny.ipynb")
