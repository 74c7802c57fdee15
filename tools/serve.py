"""Serve the built book on this machine only: python tools/serve.py [PORT]

As hosts of static pages do: text is compressed, and an address without a file gets the page
404.html of the site, with the status 404.
"""

import functools
import gzip
import http.server
import io
import sys
from http import HTTPStatus
from pathlib import Path

import brotli

SITE = Path("_build/html")
TEXT = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".xml", ".ipynb"}
CODINGS = {"br": functools.partial(brotli.compress, quality=5), "gzip": gzip.compress}


@functools.lru_cache(maxsize=256)
def compressed(path, changed, coding):
    """The bytes of a file as they are sent; `changed`, a time, tells a new version from an old."""
    data = path.read_bytes()
    return CODINGS[coding](data) if coding else data


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # a page that was just rebuilt should be the page that is shown
    cache = "no-store"

    def end_headers(self):
        self.send_header("Cache-Control", self.cache)
        super().end_headers()

    def send_head(self):
        path = Path(name := self.translate_path(self.path))
        if path.is_dir() and name.endswith("/"):
            path /= "index.html"
        if path.suffix in TEXT and path.is_file() and not name.endswith(f"{path.suffix}/"):
            return self.text(path, HTTPStatus.OK)
        return super().send_head()

    def text(self, path, status):
        """Send the headers of a file; returns its body, as the base class asks for it."""
        read = {
            word.split(";")[0].strip()
            for word in self.headers.get("Accept-Encoding", "").split(",")
        }
        coding = next((coding for coding in CODINGS if coding in read), None)
        body = compressed(path, path.stat().st_mtime_ns, coding)
        self.send_response(status)
        kind = self.guess_type(str(path))
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Vary", "Accept-Encoding")
        if coding:
            self.send_header("Content-Encoding", coding)
        self.end_headers()
        return io.BytesIO(body)

    def send_error(self, code, *about):
        page = Path(self.directory, "404.html")
        if code != HTTPStatus.NOT_FOUND or not page.exists():
            return super().send_error(code, *about)
        body = self.text(page, code)
        if self.command != "HEAD":
            self.copyfile(body, self.wfile)

    def list_directory(self, path):
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, *args):
        pass


def main(port):
    handler = functools.partial(Handler, directory=SITE)
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        sys.exit(f"Port {port} cannot be used ({error.strerror}): try make serve PORT={port + 1}")
    print(f"The book is served at http://127.0.0.1:{port}/ (stop with Ctrl-C)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
