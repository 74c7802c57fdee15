"""Serve the built book on this machine only: python tools/serve.py [PORT]"""

import functools
import http.server
import sys
from pathlib import Path

SITE = Path("_build/html")


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        # a page that was just rebuilt should be the page that is shown
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

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
