"""A throw-away process: what a student wrote runs in here, and nowhere else.

`run(job)` starts Python on `inside.py`, in a container where bubblewrap (`bwrap`) works and under
plain limits where it does not, reads what it says as lines of JSON, and stops it with all that it
started. Nothing that comes back is trusted: `judge.py` checks each field.

    python tools/course/sandbox.py              say which way works here
    python tools/course/sandbox.py --install    install bubblewrap first, where we may
"""

import functools
import importlib.util
import itertools
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).with_name("inside.py")
SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
# of /etc only what the loader, the clock and the fonts need: no names of users, no keys
ETC = ["ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "fonts"]
MB = 1 << 20
UIDS = (62_000 + n % 1000 for n in itertools.count(os.getpid()))  # nobody's, one a process


@dataclass(frozen=True)
class Limits:
    """What a process may take; seconds and bytes."""

    ask: float = 4.0  # for all inputs of one function
    cell: float = 20.0  # then a cell is interrupted
    step: float = 26.0  # then, without a word from inside, everything is stopped
    start: float = 60.0  # until the first word: a busy machine starts slowly
    wall: float = 120.0  # for one submission, all its tries together
    cpu: int = 120
    memory: int = 3072 * MB  # address space of one process
    resident: int = 2048 * MB  # what all its processes hold together
    processes: int = 32
    disk: int = 64 * MB  # the work folder, where there is a container
    file: int = 32 * MB
    files: int = 256  # open at a time
    said: int = 8 * MB  # what comes back, in so many lines at most
    lines: int = 5000


@dataclass(frozen=True)
class Way:
    """How a process is kept apart: in a container or not; as nobody, where we are root."""

    container: bool
    nobody: bool

    def __str__(self):
        where = "a container (bubblewrap)" if self.container else "plain limits, no container"
        return where + (", as a user of its own" if self.nobody else "")


@dataclass(frozen=True)
class Ran:
    """lines: what it said. end: "finished", or why not, in words."""

    lines: list
    end: str
    seconds: float


def environment(base):
    """All that is left of the environment. One thread: the processors belong to the class."""
    single = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}
    home = {"HOME": f"{base}/home", "TMPDIR": f"{base}/tmp", "IPYTHONDIR": f"{base}/ipython"}
    plots = {"MPLBACKEND": "Agg", "MPLCONFIGDIR": f"{base}/matplotlib"}
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **single, **home, **plots}


def readable():
    """The folders that Python, the packages and gmmlib are read from."""
    gmmlib = importlib.util.find_spec("gmmlib").submodule_search_locations[0]
    own = [sys.base_prefix, sys.prefix, gmmlib]
    return list(dict.fromkeys(str(Path(path)) for path in own if path != "/usr"))


def _container(limits, nobody, fonts):
    """The command before Python's: a file system of its own, no network, no other processes."""
    helped = subprocess.run(["bwrap", "--help"], capture_output=True, text=True).stdout
    command = ["bwrap", "--die-with-parent", "--new-session", "--hostname", "sandbox"]
    if nobody:  # root may do without a user namespace, and becomes nobody inside
        command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
        command += ["--unshare-cgroup-try", "--cap-drop", "ALL"]
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-all", "--cap-drop", "ALL"]
    for path in SYSTEM:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            command += ["--ro-bind", path, path]
    for name in ETC:
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    command += ["--proc", "/proc", "--dev", "/dev"]

    def memory(path, size):
        limit = ["--size", str(size)] if "--size" in helped else []
        return ["--perms", "1777", *limit, "--tmpfs", path]

    command += memory("/dev/shm", 4 * MB) + ["--remount-ro", "/dev"] + memory("/tmp", limits.disk)
    if str(ROOT).startswith("/usr/"):  # bound above with everything that is in it
        command += ["--tmpfs", str(ROOT)]
    for path in readable():
        for folder in reversed(Path(path).parents):  # left to itself, bwrap makes them root's alone
            if str(folder) not in {"/", "/usr", "/tmp"}:
                command += ["--perms", "0755", "--dir", str(folder)]
        command += ["--ro-bind", path, path]
    command += ["--perms", "0755", "--dir", "/run", "--ro-bind", str(INSIDE), "/run/inside.py"]
    if fonts:
        command += ["--ro-bind", str(fonts), "/run/fonts"]
    return [*command, "--remount-ro", "/", "--chdir", "/tmp", "--"]


def run(job, limits=None, way=None, fonts=None):
    """Do the job (see inside.py) in a process of its own.

    fonts: a folder with Matplotlib's list of fonts, which takes seconds to make anew.
    """
    limits, way = limits or Limits(), way or best()
    begun = time.monotonic()
    folder = tempfile.mkdtemp(prefix="mark-")
    base = "/tmp" if way.container else folder
    try:
        how = {"limits": asdict(limits), "base": base, "uid": next(UIDS) if way.nobody else None}
        # where they are not counted apart from the teacher's, these are allowed for
        apart = way.nobody or way.container
        how["processes"] = limits.processes if apart else 4 * limits.processes + _own()
        if way.container:
            command, inside = _container(limits, way.nobody, fonts), "/run/inside.py"
            how["fonts"] = "/run/fonts" if fonts else None
        else:
            command, inside, how["fonts"] = [], str(INSIDE), str(fonts) if fonts else None
            how["lock"] = [*SYSTEM, *(f"/etc/{name}" for name in ETC), *readable(), str(INSIDE)]
            how["lock"] += [str(fonts)] if fonts else []
            os.chmod(folder, 0o777 if way.nobody else 0o700)
        with tempfile.TemporaryFile() as told:
            told.write(json.dumps({**job, "how": how}).encode())
            told.seek(0)
            process = subprocess.Popen(
                [*command, sys.executable, "-I", "-B", inside], stdin=told, cwd=folder,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(base),
                start_new_session=True,
            )  # fmt: skip
        lines, end = _listen(process, limits)
        return Ran(lines, end, time.monotonic() - begun)
    finally:
        _remove(folder)


def _own():
    """How many processes and threads this user has."""
    import psutil

    mine, count = os.getuid(), 0
    for process in psutil.process_iter():
        try:
            count += process.num_threads() if process.uids().real == mine else 0
        except psutil.Error:
            continue
    return count


def _listen(process, limits):
    """What the process says until it ends, or takes too much."""
    end, heard, errors, size = None, bytearray(), bytearray(), 0
    lines, begun = [], time.monotonic()
    last, looked = begun, begun
    with selectors.DefaultSelector() as selector, process:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        try:
            while end is None:
                for key, _ in selector.select(0.1):
                    data = os.read(key.fd, 1 << 16)
                    if key.fileobj is process.stderr:
                        errors = (errors + data)[-2000:]
                    else:
                        size += len(data)
                        heard += data
                        last = time.monotonic() if b"\n" in data else last
                        *whole, heard = heard.split(b"\n")
                        lines += [line for line in map(_line, whole) if line]
                    if not data:
                        selector.unregister(key.fileobj)
                now = time.monotonic()
                if size > limits.said or len(lines) > limits.lines:
                    end = "said too much"
                elif {"end": True} in lines[-1:]:
                    end = "finished"
                elif process.poll() is not None and not selector.select(0):
                    # the pipe is empty; a fork that holds it open is not waited for
                    end = _died(process, errors, lines)
                elif now - begun > limits.wall or now - last > (
                    limits.step if lines else limits.start
                ):
                    end = "took too long"
                elif now - looked > 0.2:
                    looked = now
                    end = _greedy(process.pid, limits)
        finally:
            _stop(process)
    return lines, end


def _line(raw):
    """A line as an object of JSON, or None: the pipe is open to the student's program too."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _died(process, errors, lines):
    if not lines:
        words = errors.decode(errors="replace").strip().splitlines()
        return "did not start" + (f": {words[-1]}" if words else "")
    code = process.returncode
    if code in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        return "took too long"
    return "ended by itself"


def _greedy(pid, limits):
    """Whether the processes together take too much memory, or are too many."""
    import psutil

    try:
        family = psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return None
    if len(family) > limits.processes + 8:
        return "started too many processes"
    held = 0
    for member in family:
        try:
            held += member.memory_info().rss
        except psutil.Error:
            continue
    return "took too much memory" if held > limits.resident else None


def _stop(process):
    """End the process and all that it started.

    In a container all of them die with its first. Outside, the first process is asked: it watches
    over the others (inside.py), and they cannot leave it.
    """
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(1.0)
        except subprocess.TimeoutExpired:
            process.kill()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()


def _remove(folder):
    """Without following a link, to any depth, also where rights were taken away."""
    subprocess.run(["chmod", "-R", "u+rwX", "--", folder], stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL)


# ---- which way works here --------------------------------------------------------------------


@functools.cache
def works(way):
    """Whether a first process answers: None, or what it said instead."""
    if way.container and not shutil.which("bwrap"):
        return "bubblewrap is not installed"
    if way.nobody and os.geteuid() != 0:
        return "only root can be somebody else"
    probe = {"cells": ["answer = 6 * 7"], "asks": [{"part": "1", "value": "answer"}]}
    ran = run(probe, replace(Limits(), step=20.0, wall=20.0), way)
    right = any(line.get("answer") == "1" and line.get("outcomes") == 42 for line in ran.lines)
    return None if right else ran.end


WAYS = [Way(True, True), Way(True, False), Way(False, True), Way(False, False)]  # strongest first


@functools.cache
def best():
    """The strongest way that works on this machine."""
    why = {}
    for way in WAYS:
        why[way] = works(way)
        if why[way] is None:
            return way
    raise OSError(
        f"no way to run a notebook here: {'; '.join(f'{w}: {s}' for w, s in why.items())}"
    )


def fonts(folder):
    """Let Matplotlib list the fonts once, into this folder; the folder, or None without it."""
    folder = Path(folder)
    if not list(folder.glob("fontlist*.json")):
        folder.mkdir(parents=True, exist_ok=True)
        code = "import matplotlib.font_manager"
        told = {**os.environ, "MPLCONFIGDIR": str(folder)}
        subprocess.run([sys.executable, "-c", code], env=told, stderr=subprocess.DEVNULL)
        for path in [folder, *folder.iterdir()]:  # whoever runs inside must be able to read it
            path.chmod(0o755 if path.is_dir() else 0o644)
    return folder if list(folder.glob("fontlist*.json")) else None


def main(args):
    if "--install" in args and not shutil.which("bwrap"):
        sys.path.insert(0, str(ROOT / "tools"))
        import browser

        print("Installing bubblewrap, the container for marking", flush=True)
        print("\n".join(browser.install_packages(["bubblewrap"])), end="")
    print(f"Students' programs run in {best()}")
    if not best().container:
        print(f"  (no container: {works(WAYS[0])}; course/MARKING.md says what that means)")


if __name__ == "__main__":
    main(sys.argv[1:])
