"""What a program may not do in the throw-away process, tried once in a container and once without.

Where there is no container, the tests that need one say so and are left out.
"""

import ctypes
import json
import os
import socket
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import sandbox
from conftest import CONTAINER, PLAIN, SHORT

ROOT = Path(__file__).parents[2]
WAYS = [
    pytest.param(way, id=name, marks=[] if way else pytest.mark.skip(f"no {name} on this machine"))
    for name, way in (("container", CONTAINER), ("plain", PLAIN))
]
ROOMY = replace(SHORT, cell=20.0, step=25.0)
each_way = pytest.mark.parametrize("way", WAYS)
in_container = pytest.mark.parametrize("way", WAYS[:1])


def ask(source, way, limits=ROOMY):
    """What `answer` is after a cell, how the process ended, and what was said of the cell.

    limits: SHORT for what has no end, and else room for a busy machine.
    """
    job = {"cells": [source], "asks": [{"part": "1", "value": "answer"}]}
    ran = sandbox.run(job, limits, way)
    said = [line["outcomes"] for line in ran.lines if "answer" in line]
    cells = [line for line in ran.lines if "cell" in line]
    return (said or [None])[0], ran.end, (cells or [{}])[0]


def apart(way, landlock):
    """Skip where nothing keeps a plain process apart: Landlock of this version, or another user."""
    version = 0
    if sys.platform.startswith("linux"):
        version = ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)
    if not way.container and not way.nobody and version < landlock:
        pytest.skip(f"neither a container nor Landlock {landlock} on this machine")


@each_way
def test_a_plain_program_is_answered(way):
    assert ask("answer = [1, 2.5, 'three', None]", way)[:2] == ([1, 2.5, "three", None], "finished")


@each_way
def test_magics_pictures_and_printing_do_no_harm(way):
    source = "%matplotlib inline\n%pip install nothing\nimport matplotlib.pyplot as plt\n"
    source += "plt.plot([1, 2])\nplt.show()\nprint('x' * 2000)\ndisplay(3)\nanswer = 1"
    answer, end, cell = ask(source, way)
    assert (answer, end, cell["error"]) == (1, "finished", None) and cell["printed"] > 2000


@each_way
def test_a_loop_without_end_is_interrupted(way):
    answer, end, cell = ask("answer = 1\nwhile True: pass", way, SHORT)
    assert (answer, end) == (1, "finished") and cell["error"].startswith("TooLong")


@each_way
def test_a_loop_that_catches_everything_is_killed(way):
    begun = time.monotonic()
    source = "while True:\n    try:\n        while True:\n            sum(range(100))\n"
    _, end, _ = ask(source + "    except BaseException:\n        pass", way, SHORT)
    assert end == "took too long" and time.monotonic() - begun < 20


@each_way
def test_an_ignored_alarm_does_not_help(way):
    source = "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass"
    assert ask(source, way, SHORT)[1] == "took too long"


@each_way
def test_memory_without_end_ends(way):
    for line in ("hog.append(b'x' * 10**8)", "hog.append(bytes(10**9))"):
        _, end, cell = ask(f"hog = []\nwhile True: {line}", way)
        assert end == "took too much memory" or cell["error"].startswith("MemoryError")


@each_way
def test_a_fork_bomb_ends(way):
    source = (
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    )
    _, end, cell = ask(source, way, SHORT)
    assert end != "finished" or cell["error"].startswith("TooLong")


@in_container
def test_only_so_many_processes_are_started(way):
    source = """
import os, time
answer = 0
try:
    while answer < 1000:
        if os.fork() == 0:
            time.sleep(1000)
        answer += 1
except OSError:
    pass
"""
    roomy = replace(ROOMY, resident=32 << 30)  # what they share is counted for each
    answer, end, _ = ask(source, way, roomy)
    # root's own cannot be limited: they are counted from outside
    assert end == "started too many processes" or 0 < answer <= roomy.processes


@each_way
@pytest.mark.parametrize("ending", ["os._exit(0)", "raise SystemExit", "os.kill(os.getpid(), 9)"])
def test_a_program_that_ends_itself_ends_nothing_else(way, ending):
    answer, end, _ = ask(f"import os\nanswer = 1\n{ending}", way)
    assert (answer, end) == ((1, "finished") if "System" in ending else (None, "ended by itself"))


@each_way
def test_forks_sessions_and_threads_do_not_survive(way):
    seconds = f"{40_000 + os.getpid()}.25"  # a sleep that can be told from every other
    source = f"""
import os, threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
for new_session in (False, True, True):
    if os.fork() == 0:
        if new_session:
            os.setsid()
            if os.fork():
                os._exit(0)
        os.execv("/bin/sleep", ["sleep", "{seconds}"])
time.sleep(0.3)
answer = 1
"""
    assert ask(source, way)[:2] == (1, "finished")
    until = time.monotonic() + 3
    while left := [p.pid for p in psutil.process_iter() if seconds in _line_of(p)]:
        assert time.monotonic() < until, f"still alive: {left}"
        time.sleep(0.1)


def _line_of(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@each_way
def test_a_flood_of_output_is_counted_and_thrown_away(way):
    answer, end, cell = ask("for _ in range(3000): print('x' * 1000)\nanswer = 1", way)
    assert (answer, end) == (1, "finished") and cell["printed"] > 3_000_000


@each_way
def test_a_flood_into_the_answers_is_cut_off(way):
    source = """
import os
while True:
    for number in range(3, 20):
        try:
            os.write(number, b'{"begin": "cell 0"}\\n' * 1000)
        except OSError:
            pass
"""
    assert ask(source, way)[1] == "said too much"


@each_way
def test_a_pickle_is_never_made(way):
    source = """
class Payload:
    def __reduce__(self):
        return eval, ("open('/tmp/pwned', 'w')",)
    def __str__(self):
        raise SystemExit
answer = [Payload(), {"a": Payload()}]
"""
    plain = [{"other": "Payload"}, {"dict": {"a": {"other": "Payload"}}}]
    assert ask(source, way)[:2] == (plain, "finished")


@each_way
def test_a_value_that_contains_itself_is_cut(way):
    answer, end, _ = ask("answer = []\nanswer.append(answer)", way)
    assert end == "finished" and len(json.dumps(answer)) < 100


@each_way
def test_a_file_has_a_largest_size(way):
    source = "try:\n    open('big', 'wb').write(bytes(10**8))\n    answer = 'written'\n"
    source += "except OSError:\n    answer = 'refused'"
    # a process that outgrows the limit may be killed instead: that is Linux's signal for it
    assert ask(source, way)[0] in ("refused", None)


@each_way
def test_nothing_outside_is_written_and_the_course_is_not_read(way, tmp_path):
    """Without a container: by Landlock, or by another user's rights."""
    apart(way, 1)
    other = tmp_path / "other" / "answers.ipynb"
    other.parent.mkdir()
    other.write_text("my neighbor's answers")
    targets = [str(other), str(ROOT / "tests" / "course" / "tiny.py"), str(ROOT / "Makefile")]
    source = f"""
import os
answer = []
for path in {targets!r}:
    for mode in ("r", "a"):
        try:
            open(path, mode).close()
            answer.append((path, mode))
        except OSError:
            pass
for folder in ({str(ROOT)!r}, {str(other.parent)!r}, "..", "../..", "/home", "/root"):
    try:
        names = set(os.listdir(folder))
        answer += sorted(names & {{"course", "tests", "answers.ipynb", "Makefile"}})
    except OSError:
        pass
"""
    answer, end, cell = ask(source, way)
    assert (answer, end, cell["error"]) == ([], "finished", None)
    assert other.read_text() == "my neighbor's answers"
    assert os.listdir(other.parent) == ["answers.ipynb"]


@each_way
def test_what_is_left_behind_is_removed(way, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox.tempfile, "tempdir", str(tmp_path))
    source = "import os\nos.makedirs('a/' * 200)\nos.symlink('/', 'root')\nopen('b', 'w').close()\n"
    assert ask(source + "os.chmod('a', 0)\nanswer = 1", way)[:2] == (1, "finished")
    assert list(tmp_path.iterdir()) == []


@each_way
def test_there_is_no_network(way):
    apart(way, 4)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        port = server.getsockname()[1]
        source = f"""
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), 1).close()
    answer = "connected"
except OSError:
    answer = "refused"
"""
        reached = []
        listener = threading.Thread(target=lambda: reached.append(_accepted(server)))
        listener.start()
        assert ask(source, way)[0] == "refused"
        listener.join()
    assert reached == [False]


def _accepted(server):
    try:
        server.accept()[0].close()
        return True
    except TimeoutError:
        return False


@in_container
def test_a_container_has_no_interface_but_its_own_and_no_datagram_leaves(way):
    source = """
import socket
answer = [name for _, name in socket.if_nameindex()]
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 9))
    answer.append("sent")
except OSError:
    pass
"""
    assert ask(source, way)[0] in (["lo"], [])


@each_way
def test_the_environment_tells_nothing(way, monkeypatch):
    monkeypatch.setenv("TEACHERS_SECRET", "42")
    source = "import os\nanswer = [name for name in os.environ if 'SECRET' in name]\n"
    source += "answer.append(len(os.listdir(os.environ['HOME'])))"
    assert ask(source, way)[0] == [0]


@in_container
def test_a_container_holds_little_and_shows_no_process(way):
    source = """
import os
try:
    for number in range(9):
        open(f"{number}", "wb").write(bytes(2 * 10**7))
    full = False
except OSError:
    full = True
answer = [full, len([n for n in os.listdir("/proc") if n.isdigit()])]
"""
    full, processes = ask(source, way)[0]
    assert full and processes <= 3


@each_way
def test_nobody_else_can_be_killed(way):
    apart(way, 6)
    source = f"import os\ntry:\n    os.kill({os.getpid()}, 0)\n    answer = 'reached'\n"
    assert ask(source + "except OSError:\n    answer = 'refused'", way)[0] == "refused"


def test_without_any_way_it_says_why(monkeypatch):
    sandbox.best.cache_clear()
    monkeypatch.setattr(sandbox, "works", lambda way: "no such thing")
    with pytest.raises(OSError, match="no way to run a notebook here: .*bubblewrap.*no such thing"):
        sandbox.best()
    monkeypatch.undo()
    sandbox.best.cache_clear()
