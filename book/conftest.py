"""pytest compares the outputs stored in the chapters (make check-notebooks); this says which.

tools/nbrun.py stores text only, so pictures and HTML have nothing to be compared with.
"""

from nbval.plugin import IPyNbFile

NOT_STORED = ("image/svg+xml", "image/gif", "text/html", "application/javascript")


def pytest_collectstart(collector):
    if isinstance(collector, IPyNbFile):
        collector.skip_compare = (*collector.skip_compare, *NOT_STORED)
