"""What runs in the throw-away process: a notebook's cells, then the questions.

Started by sandbox.py with a job on its standard input; says what it did as lines of JSON on its
standard output. From the first cell on, this process belongs to the student: whatever it says may
be the student's invention, and no more than values is ever read from it.

job = {"cells": [source, ...], "skip": [number, ...], "student": name or None,
       "asks": [{"part": "2b", "function": name, "probes": [...]} or {"part": "1c", "value": name}],
       "how": how sandbox.py wants this process kept}
lines: {"begin": "cell 3"}, {"cell": 3, "error": null or words, "printed": characters},
       {"begin": "ask 2b"}, {"answer": "2b", "outcomes": [...]}, {"end": true}
"""

import ctypes
import io
import json
import os
import resource
import signal
import sys
import threading


def watch():
    """Fork; the child goes on, this process waits for it and takes everything down at the end.

    Whoever loses its parent becomes a child of this process (PR_SET_CHILD_SUBREAPER): neither a
    fork nor a new session escapes.
    """
    _prctl(36, 1)
    _prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: nor does it outlive the marker
    child = os.fork()
    if child == 0:
        return

    def over(*_):
        _take_down()
        os._exit(0)

    signal.signal(signal.SIGTERM, over)
    os.close(1)
    try:
        os.waitpid(child, 0)
    finally:
        over()


def _prctl(option, value):
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _take_down():
    """Kill every descendant, until there is none."""
    for _ in range(100):
        parents = {}
        for name in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else []):
            try:
                with open(f"/proc/{name}/stat") as stat:
                    parents[int(name)] = int(stat.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
        family = {os.getpid()}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        # stopped first: what forks on while the others are killed would never come to an end
        for signal_ in (signal.SIGSTOP, signal.SIGKILL):
            for pid in family - {os.getpid()}:
                try:
                    os.kill(pid, signal_)
                except OSError:
                    continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return


def confine(how):
    """Limits, no network, nobody's rights, a work folder: as far as this machine lets us."""
    limits = how["limits"]
    most = {"CPU": limits["cpu"], "AS": limits["memory"], "FSIZE": limits["file"], "CORE": 0}
    most["NOFILE"], most["NPROC"] = limits["files"], how["processes"]
    if how["uid"] is not None:
        if how.get("lock"):
            ctypes.CDLL(None).unshare(0x40000000)  # CLONE_NEWNET
        os.setgroups([])
        os.setresgid(how["uid"], how["uid"], how["uid"])
        os.setresuid(how["uid"], how["uid"], how["uid"])
    for name, amount in most.items():
        try:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (amount, amount))
        except (ValueError, OSError):  # macOS knows no limit of the address space
            continue
    base = how["base"]
    for name in ("home", "tmp", "work", "matplotlib", "ipython"):
        os.makedirs(f"{base}/{name}", exist_ok=True)
    os.chdir(f"{base}/work")
    if how["fonts"]:
        for name in os.listdir(how["fonts"]):
            if name.endswith(".json"):
                with open(f"{how['fonts']}/{name}", "rb") as source:
                    with open(f"{base}/matplotlib/{name}", "wb") as copy:
                        copy.write(source.read())
    if how.get("lock"):
        lock(how["lock"], base)


def lock(paths, base):
    """Landlock (Linux 5.13): only these paths can be read, only `base` written; from 6.7 on no
    TCP, from 6.12 on no signal to other processes. Source: the kernel's userspace-api/landlock."""
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    abi = libc.syscall(444, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        return
    every = (1 << (13 if abi < 2 else 14 if abi < 3 else 15 if abi < 5 else 16)) - 1
    rules = (ctypes.c_uint64 * 3)(every, 3, 3)  # files, TCP, abstract sockets and signals
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = libc.syscall(444, rules, ctypes.c_size_t(size), 0)
    file, read = every & 0b1100000000000111, 0b1101  # of a file; execute, read, list
    devices = {"/dev/null": 0b110, "/dev/zero": 0b100, "/dev/urandom": 0b100}
    allowed = {**dict.fromkeys([*paths, "/proc/self"], read), **devices, base: every}
    for path, rights in allowed.items():
        try:
            place = os.open(path, os.O_PATH)
        except OSError:
            continue
        rights &= every if os.path.isdir(path) else file
        beneath = rights.to_bytes(8, sys.byteorder) + place.to_bytes(4, sys.byteorder)
        libc.syscall(445, ruleset, 1, beneath, 0)
        os.close(place)
    _prctl(38, 1)  # PR_SET_NO_NEW_PRIVS, without which nobody may lock himself in
    libc.syscall(446, ruleset, 0)
    os.close(ruleset)


class TooLong(BaseException):
    """A cell's time is over. Not an Exception: `except Exception` lets it pass."""


class Counter(io.TextIOBase):
    """Counts what is printed, and keeps nothing."""

    printed = 0

    def write(self, text):
        self.printed += len(text)
        return len(text)


def plain(value, depth=6):
    """A value as JSON, in the form of gmmlib.tutor's outcomes; nothing is pickled."""
    import numpy as np

    kind = type(value)
    if value is None or kind in (bool, float) or (kind is int and abs(value) < 2**63):
        return value
    if kind is str:
        return value[:2000]
    if isinstance(value, np.generic | np.ndarray):
        array = np.asarray(value)
        if array.size > 20_000 or array.dtype.kind not in "biufU":
            return {"other": f"an array of shape {array.shape} of {array.dtype}"}
        return {"array": array.tolist()} if array.ndim else plain(array.item())
    if kind in (list, tuple) and depth and len(value) <= 20_000:
        items = [plain(item, depth - 1) for item in value]
        return items if kind is list else {"tuple": items}
    if kind is dict and depth and len(value) <= 1000:
        return {"dict": {str(key)[:200]: plain(v, depth - 1) for key, v in value.items()}}
    return {"other": kind.__name__[:50]}


def shell():
    """IPython without a kernel, without a history, and deaf to %matplotlib and %pip."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Quiet(InteractiveShell):
        def enable_gui(self, gui=None):
            pass

        def enable_matplotlib(self, gui=None):
            return "agg", "agg"

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    made = Quiet.instance(config=config)
    for name in ("pip", "conda", "mamba", "uv"):
        made.register_magic_function(lambda line: None, "line", name)
    return made


def main():
    job = json.loads(sys.stdin.buffer.read())
    how = job["how"]
    if how.get("lock"):
        watch()
    confine(how)
    channel = os.dup(1)
    dumps, write, me = json.dumps, os.write, os.getpid()

    def say(line):
        if os.getpid() != me:  # a fork that fell out of its cell
            os._exit(0)
        data = dumps(line).encode() + b"\n"
        while data:
            data = data[write(channel, data) :]

    interpreter = shell()
    from gmmlib.tutor import ask

    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):  # only now: what fails before the first cell is told
        os.dup2(nowhere, number)
    run_cell, namespace = interpreter.run_cell, interpreter.user_ns
    if job.get("student") is not None:
        namespace["STUDENT"] = job["student"]
    say({"begin": "cells"})

    def over(*_):
        raise TooLong

    for number, source in enumerate(job["cells"]):
        if number in job.get("skip", ()):
            continue
        say({"begin": f"cell {number}"})
        sys.stdout = sys.stderr = counter = Counter()
        error = None
        try:
            signal.signal(signal.SIGALRM, over)
            signal.setitimer(signal.ITIMER_REAL, how["limits"]["cell"])
            result = run_cell(source)
            raised = result.error_before_exec or result.error_in_exec
        except BaseException as escaped:
            raised = escaped
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if raised is not None:
            try:
                error = f"{type(raised).__name__}: {raised}"[:300]
            except BaseException:  # a __str__ of the student's own
                error = type(raised).__name__[:50]
        say({"cell": number, "error": error, "printed": counter.printed})

    for asked in job["asks"]:
        say({"begin": f"ask {asked['part']}"})
        sys.stdout = sys.stderr = Counter()
        try:
            if "value" in asked:
                name = asked["value"]
                found = name in namespace
                outcomes = plain(namespace[name]) if found else {"other": "nothing"}
            else:
                function, before = namespace.get(asked["function"]), threading.active_count()
                outcomes = ask(function, asked["probes"], how["limits"]["ask"])
        except BaseException as failed:
            outcomes = {"other": f"{type(failed).__name__}"}
        say({"answer": asked["part"], "outcomes": outcomes})
        if "function" in asked and threading.active_count() > before:
            os._exit(0)  # what cannot be stopped runs on: the marker asks the rest anew
    say({"end": True})
    os._exit(0)


if __name__ == "__main__":
    main()
