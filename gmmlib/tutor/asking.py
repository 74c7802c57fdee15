"""A student's function is called, and what comes back is written down as plain JSON.

What is written down is all that a judge sees: `ask` may run in another process than `judge`, with
nothing in it that would give the answer away.
"""

import inspect
import math
import sys
import threading
import time
import traceback
import warnings

import numpy as np

LARGEST = 20_000  # numbers in an answer; the probes have a few hundred points
PATIENCE = 1.6  # seconds for all calls together: a verdict comes within 2


def encode(value, depth=4):
    """A value as JSON: plain where it is plain, {"array": …}, {"tuple": …}, {"dict": …}."""
    if value is None or isinstance(value, bool | int | float):
        small = not isinstance(value, int) or abs(value) < 2**63
        return value if small else {"other": "an int of more than 64 bits"}
    if isinstance(value, str):
        return str(value[:200])
    if isinstance(value, np.bool_ | np.number) and not isinstance(value, np.complexfloating):
        return value.item()
    if depth and isinstance(value, list | tuple) and len(value) <= LARGEST:
        items = [encode(item, depth - 1) for item in value]
        return items if isinstance(value, list) else {"tuple": items}
    if depth and isinstance(value, dict) and len(value) <= 100:
        return {"dict": {str(key)[:50]: encode(v, depth - 1) for key, v in value.items()}}
    parts = [getattr(value, name, None) for name in ("weights", "means", "covariances")]
    if all(part is not None for part in parts):  # a Mixture
        return {"tuple": [encode(np.asarray(part)) for part in parts]}
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.size <= LARGEST and array.dtype.kind in "biuf":
            return {"array": array.tolist()}
        return {"other": f"an array of shape {array.shape} of {array.dtype}"}
    return {"other": type(value).__name__[:50]}


def decode(value):
    """What `encode` wrote, and arguments of probes: {"rng": seed} is a generator."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, inside),) = value.items()
    if kind == "array":
        return np.array(inside, dtype=float)
    if kind == "tuple":
        return tuple(decode(item) for item in inside)
    if kind == "dict":
        return {key: decode(item) for key, item in inside.items()}
    if kind == "rng":
        return np.random.default_rng(inside)
    if kind == "program":
        from .programs import program

        return program(*inside)
    return Other(inside)


class Other(str):
    """The name of a type that no answer has."""


class Stopped(BaseException):
    """Time is up: no `except Exception` catches it."""


class Aside:
    """Stands in for sys.stdout: what the asked function prints is counted, and not shown."""

    def __init__(self, stream):
        self.stream, self.printed = stream, {}  # characters, by thread

    def write(self, text):
        me = threading.get_ident()
        if me in self.printed:
            self.printed[me] += len(text)
            return len(text)
        return self.stream.write(text)

    def __getattr__(self, name):
        return getattr(self.stream, name)


def ask(function, probes, limit=PATIENCE):
    """The outcome of each probe, in order: a list of dicts, fit for JSON.

    function: what the student wrote. limit: seconds for all calls together; what is not answered
    by then is {"kind": "never"}.
    """
    if not callable(function):
        return [{"kind": "absent"} for _ in probes]
    end, outcomes = time.monotonic() + limit, []
    for probe in probes:
        if outcomes and outcomes[-1]["kind"] == "never":
            outcomes.append({"kind": "never"})
            continue
        outcomes.append(_one(function, probe, end))
    return outcomes


def _one(function, probe, end):
    given = {name: decode(value) for name, value in probe["arguments"].items()}
    kept = {name: np.copy(v) for name, v in given.items() if isinstance(v, np.ndarray)}
    outcome, begun, ended = {}, time.monotonic(), True

    def call():
        try:
            with np.errstate(all="ignore"):
                outcome["value"] = function(*given.values())
        except Stopped:
            pass
        except BaseException as error:  # also SystemExit: it is the student's, and is told
            outcome["error"] = error

    streams = sys.stdout, sys.stderr
    # one that is there already, for a function that runs on, must stay: print holds it unowned
    sys.stdout, sys.stderr = (s if isinstance(s, Aside) else Aside(s) for s in streams)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ended, printed = _limited(call, end - begun, (sys.stdout, sys.stderr))
    finally:
        if ended:  # what cannot be stopped would print into the notebook
            sys.stdout, sys.stderr = streams
    if not outcome:
        return {"kind": "never"}
    told = {"printed": printed, "seconds": round(time.monotonic() - begun, 3)}
    if "error" in outcome:
        return {"kind": "raised", **_error(outcome["error"], function), **told}
    changed = [k for k, v in kept.items() if not np.array_equal(v, given[k], equal_nan=True)]
    return {"kind": "value", "value": encode(outcome["value"]), "changed": changed, **told}


def _limited(call, seconds, streams):
    """Run `call` for so long at most: whether it ended, and how much it printed."""
    if sys.platform == "emscripten":  # Python in the browser has no threads
        return _heard(lambda: _traced(call, seconds), streams)
    import ctypes  # the browser's Python may have none

    printed = []
    thread = threading.Thread(target=lambda: printed.append(_heard(call, streams)[1]), daemon=True)
    thread.start()
    thread.join(max(seconds, 0))
    for _ in range(5):  # a loop that catches everything may need more than one
        if not thread.is_alive():
            break
        stop = ctypes.pythonapi.PyThreadState_SetAsyncExc
        stop(ctypes.c_ulong(thread.ident), ctypes.py_object(Stopped))
        thread.join(0.05)
    return not thread.is_alive(), sum(printed)


def _heard(call, streams):
    """Run `call` with what it prints put aside: True, and how many characters it printed."""
    me = threading.get_ident()
    for stream in streams:
        stream.printed[me] = 0
    try:
        call()
    except Stopped:
        pass
    return True, sum(stream.printed.pop(me) for stream in streams)


def _traced(call, seconds):
    """Without a thread each line looks at the clock. (A bare `except:` in a loop defeats it.)"""
    end = time.monotonic() + seconds

    def look(frame, event, argument):
        if time.monotonic() > end:
            raise Stopped
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        call()
    finally:
        sys.settrace(before)


def _error(error, function):
    """Type, message, and the student's line that raised."""
    own = getattr(inspect.unwrap(function), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    in_own = [f for f in frames if own is not None and f.filename == own.co_filename]
    try:
        message = str(error)
    except Exception:  # a __str__ of the student's own
        message = ""
    line = (in_own[-1].line or "") if in_own else ""
    return {"type": type(error).__name__[:50], "message": message[:300], "line": line[:200]}


def finite(value):
    """Whether a number is one."""
    return isinstance(value, int | float) and math.isfinite(value)
