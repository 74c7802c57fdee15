"""Serve files under a sub-path."""

import contextlib
import functools
import http.server
import sys
import threading

SUBPATH = "/some/where"  # as on Pages, where a project does not live at the root


class Handler(http.server.SimpleHTTPRequestHandler):
    def translate_path(self, path):
        inside = path.startswith(SUBPATH + "/")
        return super().translate_path(path[len(SUBPATH) :] if inside else "/outside-the-sub-path")

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # a page asks for more at once than the five that would wait

    def handle_error(self, *about):
        # a page that is left stops listening; everything else is said
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*about)


@contextlib.contextmanager
def serving(folder, handler=Handler):
    """The address of a folder that is served meanwhile."""
    server = Server(("127.0.0.1", 0), functools.partial(handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}{SUBPATH}/"
    server.shutdown()
