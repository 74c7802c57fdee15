"""Firefox and WebKit for the tests: each opens an address, runs a function in it, and has input.

Both speak a W3C protocol by themselves: Firefox WebDriver BiDi over a socket, WebKit WebDriver over
HTTP to its WebKitWebDriver, whose MiniBrowser needs a screen and gets one from Xvfb.
"""

import json
import os
import socket
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import browser
import websocket

START, ANSWER = 60, 60  # seconds at most: for a browser to start, and for an answer
OPEN = 30  # and for a page to open; Firefox on a busy machine has once answered nothing
PAUSE = 0.02
SIZE = {"width": 1280, "height": 900}
# the names of keys as both protocols write them
KEYS = {
    "End": "\ue010", "Home": "\ue011", "ArrowLeft": "\ue012", "ArrowUp": "\ue013",
    "ArrowRight": "\ue014", "ArrowDown": "\ue015",
}  # fmt: skip


class EngineError(Exception):
    """A browser refused a command, or a function raised in the page."""


class Engine:
    """What both have: a folder of their own, processes that end with them, a log to quote."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="engine-")
        self.log = Path(self.folder.name, "log")
        self.processes = []
        self.opened = count()
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def launch(self, command, **options):
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options
            )
        self.processes.append(process)
        return process

    def wait(self, ready):
        """What `ready()` returns once it is true."""
        until = time.monotonic() + START
        while not (found := ready()):
            if time.monotonic() > until or any(p.poll() is not None for p in self.processes):
                said = self.log.read_text(errors="replace")[-2000:]
                raise EngineError(f"{type(self).__name__} did not start:\n{said}")
            time.sleep(PAUSE)
        return found

    def address_of_next(self, address):
        """An address that no page had before: another fragment of an open page loads nothing."""
        page, mark, fragment = address.partition("#")
        return f"{page}?opened={next(self.opened)}{mark}{fragment}"

    def press(self, *keys):
        """Press and release keys, each a name of `KEYS` or one character."""
        strokes = [KEYS.get(key, key) for key in keys]
        actions = [{"type": t, "value": k} for k in strokes for t in ("keyDown", "keyUp")]
        self.act([{"type": "key", "id": "keyboard", "actions": actions}])

    def click(self, x, y):
        """Move the pointer to a place in the window, and click there."""
        actions = [{"type": "pointerMove", "x": x, "y": y, "duration": 0}]
        actions += [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        self.act([{"type": "pointer", "id": "mouse", "actions": actions}])

    def close(self):
        for process in self.processes[::-1]:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.folder.cleanup()


class Firefox(Engine):
    def start(self):
        self.socket, self.number = None, 0
        profile = Path(self.folder.name, "profile")
        profile.mkdir()
        self.launch(
            [browser.find("firefox"), "--headless", "--no-remote", "--profile", profile,
             "--remote-debugging-port", "0"],
        )  # fmt: skip
        where = profile / "WebDriverBiDiServer.json"
        self.wait(lambda: where.exists() and where.read_text().strip().endswith("}"))
        at = json.loads(where.read_text())
        self.socket = websocket.create_connection(
            f"ws://{at['ws_host']}:{at['ws_port']}/session", timeout=ANSWER, suppress_origin=True
        )
        self.send("session.new", capabilities={})
        self.page = self.send("browsingContext.getTree")["contexts"][0]["context"]
        self.send("browsingContext.setViewport", context=self.page, viewport=SIZE)

    def send(self, method, **params):
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.number:
            pass
        if answer["type"] == "error":
            raise EngineError(f"{method}: {answer['message']}")
        return answer["result"]

    def open(self, address):
        self.socket.settimeout(OPEN)
        try:
            self.navigate(address)
        except websocket.WebSocketTimeoutException:
            self.navigate(address)
        finally:
            self.socket.settimeout(ANSWER)

    def navigate(self, address):
        url = self.address_of_next(address)
        self.send("browsingContext.navigate", context=self.page, url=url, wait="complete")

    def run(self, function, *arguments):
        """What a JavaScript function returns in the page, waited for if it is a promise."""
        result = self.send(
            "script.callFunction",
            functionDeclaration=f"async (text) => JSON.stringify("
            f"(await ({function})(...JSON.parse(text))) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self.page}, awaitPromise=True, userActivation=True,
        )  # fmt: skip
        if result["type"] == "exception":
            raise EngineError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    def act(self, actions):
        self.send("input.performActions", context=self.page, actions=actions)

    def close(self):
        if self.socket:
            self.socket.close()
        super().close()


class WebKit(Engine):
    def start(self):
        self.session = None
        reading, writing = os.pipe()
        width, height = SIZE.values()
        self.launch(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height + 100}x24",
             "-nolisten", "tcp"], pass_fds=[writing],
        )  # fmt: skip
        os.close(writing)
        with open(reading) as told:  # ends when Xvfb does
            display = told.readline().strip()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        quiet = {"DISPLAY": f":{display}", "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}
        self.launch(
            [browser.find("webkit"), f"--port={port}"],
            env={**os.environ, **quiet, "XDG_CACHE_HOME": self.folder.name},
        )
        self.wait(lambda: self.answers())
        made = self.send("POST", "/session", capabilities={"alwaysMatch": {}})
        self.session = f"/session/{made['sessionId']}"
        self.send("POST", f"{self.session}/window/rect", x=0, y=0, width=width, height=height + 100)

    def answers(self):
        try:
            return self.send("GET", "/status")
        except OSError:
            return None

    def send(self, method, path, **body):
        data = json.dumps(body).encode() if method == "POST" else None
        try:
            with urlopen(Request(self.address + path, data, method=method), timeout=ANSWER) as said:
                return json.load(said)["value"]
        except HTTPError as error:
            wrong = json.load(error)["value"]
            raise EngineError(f"{path}: {wrong['error']}: {wrong['message']}") from None

    def open(self, address):
        self.send("POST", f"{self.session}/url", url=self.address_of_next(address))

    def run(self, function, *arguments):
        """What a JavaScript function returns in the page, waited for if it is a promise."""
        script = (
            "const [text, done] = arguments;"
            f"Promise.resolve().then(() => ({function})(...JSON.parse(text)))"
            ".then((value) => done({ value: JSON.stringify(value ?? null) }),"
            "      (error) => done({ error: String(error) }));"
        )
        path = f"{self.session}/execute/async"
        result = self.send("POST", path, script=script, args=[json.dumps(arguments)])
        if "error" in result:
            raise EngineError(result["error"])
        return json.loads(result["value"])

    def act(self, actions):
        self.send("POST", f"{self.session}/actions", actions=actions)

    def close(self):
        if self.session:
            self.send("DELETE", self.session)
        super().close()


ENGINES = {"firefox": Firefox, "webkit": WebKit}
INSTALLED = [name for name in ENGINES if browser.find(name)]
