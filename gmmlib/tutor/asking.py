"""A student's function is called, and what comes back is written down as plain JSON.

What is written down is all that a judge sees: `ask` may run in another process than `judge`, with
nothing in it that would give the answer away.
"""

import inspect
import sys
import threading
import time
import traceback
import warnings
from copy import deepcopy

import numpy as np

LARGEST = 20_000  # numbers in an answer; the probes have a few hundred points
CALL = "(the call itself)"  # in place of the student's line, where none was reached
# seconds for all calls together: a verdict comes within 2, and in a browser, which is several times
# slower (a phone more), within 7
PATIENCE = 6.4 if sys.platform == "emscripten" else 1.6


def encode(value):
    """A value as JSON: plain where it is plain, {"array": …}, {"tuple": …}, {"dict": …}.

    Whatever cannot be written down, or is too large, is {"other": what it is}; nothing raises.
    """
    try:
        return _encode(value, [LARGEST], depth=5)
    except BaseException:  # also what a class of the student's own raises when it is looked at
        return {"other": f"{type(value).__name__[:50]}, which cannot be read"}


def _encode(value, left, depth):
    left[0] -= 1  # one budget for the whole value, however it is nested
    if left[0] < 0:
        raise ValueError("too large")
    if value is None or isinstance(value, bool | int | float):
        return _number(value)
    if isinstance(value, str):
        return str.__str__(value)[:200]
    if isinstance(value, np.bool_ | np.number) and not isinstance(value, np.complexfloating):
        return _number(value.item())
    if isinstance(value, np.ma.MaskedArray):
        value = value.astype(float).filled(np.nan)
    if isinstance(value, list | tuple) and depth:
        every = list.__iter__ if isinstance(value, list) else tuple.__iter__
        items = [_encode(item, left, depth - 1) for item in every(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, dict) and depth:
        return {"dict": {str(k)[:50]: _encode(v, left, depth - 1) for k, v in value.items()}}
    parts = mixture_of(value)
    if parts is not None:
        return {"tuple": [_encode(part, left, depth - 1) for part in parts]}
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.dtype == object and array.size <= 100:
            array = array.astype(float)
        left[0] -= array.size
        if left[0] >= 0 and array.dtype.kind in "biuf":
            return {"array": array.tolist()}
        return {"other": f"an array of shape {array.shape} of {array.dtype}"}
    return {"other": type(value).__name__[:50]}


def _number(value):
    """None, bool, int and float as such: no subclasses, and no integers beyond 64 bits."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return float.__float__(value)
    value = int.__int__(value)
    return value if abs(value) < 2**63 else {"other": "an int of more than 64 bits"}


def mixture_of(value):
    """weights, means and spreads of an object that has them (a Mixture, a dataclass), or None."""
    if isinstance(value, type):
        return None
    spread = "covariances" if hasattr(value, "covariances") else "variances"
    names = ("weights", "means", spread)
    return [getattr(value, n) for n in names] if all(hasattr(value, n) for n in names) else None


def decode(value):
    """What `encode` wrote, and arguments of probes: {"rng": seed} is a generator."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, inside),) = value.items()
    if kind == "array":
        return np.array(inside, dtype=float)
    if kind == "labels":
        return np.array(inside, dtype=int)
    if kind == "tuple":
        return tuple(decode(item) for item in inside)
    if kind == "dict":
        return {key: decode(item) for key, item in inside.items()}
    if kind == "rng":
        return np.random.default_rng(inside)
    if kind == "program":
        from .programs import program

        return program(*inside)
    return inside  # the name of a type that no answer has


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
    known, outcomes = len(sys.modules), []
    end = time.monotonic() + limit
    for probe in probes:
        if outcomes and outcomes[-1]["kind"] == "never":
            outcomes.append({"kind": "never"})
            continue
        outcome = _one(function, probe, end)
        if outcome["kind"] == "never" and not outcomes and len(sys.modules) > known:
            end = time.monotonic() + limit  # it was importing: that is not its own time
            outcome = _one(function, probe, end)
        outcomes.append(outcome)
    return outcomes


def _one(function, probe, end):
    given = {name: decode(value) for name, value in probe["arguments"].items()}
    kept = {k: deepcopy(v) for k, v in given.items() if isinstance(v, np.ndarray | list)}
    refused = _refused(function, list(given))
    if refused:
        words = {"type": "TypeError", "message": refused, "line": CALL}
        return {"kind": "raised", **words, "printed": 0, "seconds": 0.0}
    outcome, begun, ended = {}, time.monotonic(), True

    def call():
        try:
            with np.errstate(all="ignore"):
                value = function(*given.values())
                changed = [k for k, v in kept.items() if not _equal(v, given[k])]
                outcome.update(kind="value", value=encode(value), changed=changed)
        except Stopped:
            pass
        except BaseException as error:  # also SystemExit: it is the student's, and is told
            outcome.update(kind="raised", **_error(error, function))

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
    if "kind" not in outcome:
        return {"kind": "never"}
    return {**outcome, "printed": printed, "seconds": round(time.monotonic() - begun, 3)}


def _equal(before, after):
    try:
        return np.array_equal(before, after, equal_nan=True)
    except Exception:  # a list that holds something else now
        return False


def _refused(function, names):
    """Why a function cannot be called with so many arguments, or takes them in another order."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions tell nobody
        return ""
    try:
        signature.bind(*names)
    except TypeError as error:
        return str(error)
    own = list(signature.parameters)
    if own != names and sorted(own) == sorted(names):
        return f"its arguments are in another order, ({', '.join(own)})"
    return ""


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
    """Without a thread the program itself looks at the clock, at each turn of a loop and each call.

    A loop that catches everything meets the next `Stopped` where it jumps back, which is outside
    of its `try`. What one call into NumPy takes, nobody stops: in a browser Python has no signals.
    """
    end = time.monotonic() + seconds
    if not hasattr(sys, "monitoring"):  # Python 3.11
        return _traced_by_lines(call, end)

    def look(*where):
        if time.monotonic() > end:
            raise Stopped

    watch = sys.monitoring
    events = watch.events.JUMP | watch.events.PY_START
    tool = next(number for number in range(6) if watch.get_tool(number) is None)
    watch.use_tool_id(tool, __name__)
    for event in (watch.events.JUMP, watch.events.PY_START):
        watch.register_callback(tool, event, look)
    watch.set_events(tool, events)
    try:
        call()
    finally:
        end = float("inf")  # the lines that take it away are seen too
        watch.set_events(tool, 0)
        watch.free_tool_id(tool)


def _traced_by_lines(call, end):
    """The same for Python 3.11: each line looks. A bare `except:` in a loop defeats it."""

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
    try:
        own = getattr(inspect.unwrap(function), "__code__", None)
    except ValueError:  # wrapped in itself
        own = None
    try:
        message = str(error)[:300]
    except BaseException:  # a __str__ of the student's own
        message = ""
    frames = traceback.extract_tb(error.__traceback__)
    in_own = [f for f in frames if own is not None and f.filename == own.co_filename]
    line = (in_own[-1].line or "") if in_own else ""
    return {"type": type(error).__name__[:50], "message": message, "line": line[:200]}
