"""Pyodide's public CDN, stood in for by the files of tools/pyodide.py: no test asks outside."""

import functools
import tempfile
from pathlib import Path

import pyodide

TYPES = {
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".zip": "application/zip",
}
# a folder of each process: where two wrote into one, one would read what is half written
KEPT = tempfile.TemporaryDirectory(prefix="pyodide-")


@functools.cache
def files():
    """{name: path} of the core and of the wheels of all packages of the book, checked."""
    folder = pyodide.write(KEPT.name, pyodide.PACKAGES)
    return {path.name: path for path in folder.iterdir()}


class Cdn:
    """What a context asks of the CDN, and what it is given. cut: nothing; spoiled: one byte off."""

    def __init__(self):
        self.asked, self.cut, self.spoiled, self.missing = [], False, set(), set()

    def stand_in(self, context):
        """Answer for a whole context: workers ask too."""
        context.route(f"{pyodide.CDN}**", self.answer)
        return self

    def answer(self, route):
        name = route.request.url.removeprefix(pyodide.CDN).partition("?")[0]
        self.asked.append(name)
        if self.cut:
            return route.abort("internetdisconnected")
        if name not in files() or name in self.missing:
            return route.fulfill(status=404, headers={"access-control-allow-origin": "*"})
        data = files()[name].read_bytes()
        if name in self.spoiled:
            data = data[:-1] + bytes([data[-1] ^ 1])
        kind = TYPES.get(Path(name).suffix, "application/octet-stream")
        headers = {"access-control-allow-origin": "*", "content-type": kind}
        return route.fulfill(body=data, headers=headers)
