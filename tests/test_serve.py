"""The server on this machine answers as hosts of static pages do."""

import functools
import gzip
import http.client
import threading
from http.server import ThreadingHTTPServer

import brotli
import pytest
import serve

FILES = {"index.html": "<p>front</p>", "a/b.html": "<p>b</p>" * 50, "404.html": "<p>lost</p>"}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "c.bin").write_bytes(b"\0" * 100)
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(serve.Handler, directory=folder)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def ask(path, method="GET", **headers):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection(*server.server_address)
        headers = {key.replace("_", "-"): value for key, value in headers.items()}
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    yield ask
    server.shutdown()


def test_a_text_is_sent_as_short_as_the_browser_reads_it(ask):
    whole = FILES["a/b.html"].encode()
    _, plain, body = ask("/a/b.html")
    assert body == whole and "Content-Encoding" not in plain
    _, headers, body = ask("/a/b.html", Accept_Encoding="gzip, deflate")
    assert gzip.decompress(body) == whole and headers["Content-Encoding"] == "gzip"
    _, headers, body = ask("/a/b.html", Accept_Encoding="gzip, deflate, br;q=1.0")
    assert brotli.decompress(body) == whole and headers["Content-Encoding"] == "br"
    assert len(body) == int(headers["Content-Length"]) < len(whole) / 5
    assert "Content-Encoding" not in ask("/c.bin", Accept_Encoding="br")[1]


@pytest.mark.parametrize("path", ["/x", "/a/x.html", "/a/x/y/", "/a/", "/a/b.html/", "/%FF"])
def test_what_is_not_there_gets_the_page_about_that_with_status_404(ask, path):
    status, headers, body = ask(path, Accept_Encoding="gzip")
    assert status == 404 and gzip.decompress(body) == b"<p>lost</p>"
    assert headers.get_content_type() == "text/html"


def test_a_folder_shows_its_index_and_a_head_has_no_body(ask):
    assert ask("/")[2] == b"<p>front</p>"
    assert ask("/a")[0] == 301
    status, headers, body = ask("/a/b.html", "HEAD")
    assert status == 200 and body == b"" and int(headers["Content-Length"]) > 0
    assert ask("/x", "HEAD")[::2] == (404, b"")
    assert headers["Cache-Control"] == "no-store"
