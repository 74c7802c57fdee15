"""From outcomes to a verdict on a formula: shapes first, then numbers, then which mistake it is."""

from itertools import combinations, permutations

import numpy as np

from . import slips
from .asking import CALL, decode
from .probes import DRAWN, FAR
from .programs import program
from .verdict import Verdict, as_code, called_with, indented, listed, numbers, stops

CLOSE = 5e-6  # relative: also single precision, and other orders of adding up, are right
PARTS = {
    "log_density": ("log densities",),
    "e_step": ("shares",),
    "slopes": ("slopes",),
    "log_likelihood": ("log-likelihood",),
    "bic": ("BIC",),
    "icl": ("ICL",),
    "m_step": ("weights", "means", "variances"),
    "em": ("weights", "means", "variances"),
    "assign": ("labels",),
    "update": ("centers",),
    "kmeans": ("centers",),
    "merge": ("shares", "entropy"),
    "adjusted_rand": ("index",),
    "complete": ("row", "covariance"),
    "poisson_step": ("weights", "means"),
    "repaint": ("colors",),
    "combine": ("count", "mean", "covariance"),
}


class Reading(Exception):
    """An answer that cannot be read: what is wrong with it, and whether it is nearly right."""

    def __init__(self, words, mistake, almost=False):
        super().__init__(words)
        self.mistake, self.almost = mistake, almost


def parts_of(name, d, hold):
    if hold:
        return ("means",)
    return tuple("covariances" if d > 1 and p == "variances" else p for p in PARTS[name])


def judge(task, probes, outcomes):
    """A verdict from what came back; see `Task`."""
    said = at_once(task, probes, outcomes)
    if said is not None:
        return said
    right = program(task.name, task.d, hold=task.hold, kind=task.kind)
    names = parts_of(task.name, task.d, task.hold)
    read, expected = [], []
    for probe, outcome in zip(probes, outcomes):
        given = [decode(v) for v in probe["arguments"].values()]
        wanted = as_parts(right(*given))
        expected.append(wanted)
        try:
            if outcome["kind"] == "value":
                read.append(parts(outcome["value"], names, wanted, given, task.kind))
            else:
                read.append(None)
        except Reading as problem:
            read.append(problem)
    case = Case(task, probes, outcomes, names, read, expected)
    return case.verdict()


def at_once(task, probes, outcomes):
    """What needs no right answer: nothing there, nothing returned, never ends."""
    call = task.call
    kinds = [outcome["kind"] for outcome in outcomes]
    if not outcomes or "absent" in kinds:
        return Verdict("absent", f"There is no function `{task.function}` yet.", "absent")
    raised = [outcome for outcome in outcomes if outcome["kind"] == "raised"]
    if len(raised) == len(outcomes) and raised[0]["type"] == "NotImplementedError":
        words = f"`{task.function}` is still to be written."
        return Verdict("absent", words, "absent")
    if raised and raised[0]["line"] == CALL:
        message = raised[0]["message"]
        taken = call[call.index("(") :]
        words = (
            f"Almost: `{task.function}` cannot be called as `{call}`: {message}. It takes {taken}, "
            "in this order."
        )
        return Verdict("almost", words, "other arguments", probes[0])
    values = [outcome.get("value") for outcome in outcomes if outcome["kind"] == "value"]
    if values and all(value is None for value in values):
        prints = any(outcome.get("printed") for outcome in outcomes)
        words = (
            f"Almost: `{call}` gives None. Did you forget to `return` the result, here or in a "
            "function that it calls?"
        ) + (" Printing it is not enough." if prints else "")
        return Verdict("almost", words, "nothing returned", probes[0])
    if "never" in kinds:
        where = probes[kinds.index("never")]
        words = (
            f"`{call}` did not end in time, and was stopped. Does a loop wait for something that "
            f"never comes? (Or is it very slow?)\n{called_with(where)}"
        )
        return Verdict("wrong", words, "never stops", where)
    return None


def as_parts(answer):
    return [np.asarray(p, float) for p in (answer if isinstance(answer, tuple) else (answer,))]


def number_array(value):
    """An encoded value as floats, or None."""
    try:
        decoded = decode(value)
        return None if _has_words(decoded) else np.array(decoded, dtype=float)
    except (TypeError, ValueError):
        return None


def _has_words(value):
    """Whether None or text is in it: NumPy would read these as numbers."""
    if isinstance(value, list | tuple):
        return any(_has_words(item) for item in value)
    return value is None or isinstance(value, str)


def parts(value, names, expected, given, kind="full"):
    """A student's answer as arrays in the expected shapes; raises `Reading`.

    kind: covariances of another kind than full may come in its own short form, too.
    """
    if isinstance(value, dict) and "other" in value:
        nearly = value["other"] in NEARLY_A_LIST
        raise Reading(f"the answer is {told(value['other'])}", "not numbers", nearly)
    if len(names) == 1:
        return [_single(value, names[0], expected[0], given)]
    items = _items(value, names, expected)
    arrays = [number_array(item) for item in items]
    for name, array, item in zip(names, arrays, items):
        if array is None:
            raise Reading(f"the {name} are {described(item)}, not numbers", "not numbers")
    arrays[-1] = written_out(arrays[-1], kind, expected[-1].shape)
    shapes = [wanted.shape for wanted in expected]
    for order in permutations(range(len(names))):
        in_order = [arrays[i] for i in order]
        moved = order != tuple(range(len(names)))
        if moved and all(
            same_shape(a, s) and same([a.reshape(s)], [e])
            for a, s, e in zip(in_order, shapes, expected)
        ):
            yours = ", ".join(names[order.index(i)] for i in range(len(names)))
            words = (
                f"the numbers are right and come in another order: ({yours}), not "
                f"({', '.join(names)})"
            )
            raise Reading(words, "returned in another order", True)
    return [_shaped(a, name, e, given) for a, name, e in zip(arrays, names, expected)]


def written_out(array, kind, shape):
    """Covariances of a kind, of the shape that full ones have: (K,) or (K, d, d).

    Short forms: tied one for all, diagonal (K, d), spherical (K,).
    """
    eye = np.eye(shape[-1]) if len(shape) == 3 else 1.0
    if kind == "tied" and array.shape == shape[1:]:
        return np.repeat(array[None], shape[0], axis=0)
    if kind == "diagonal" and array.shape == shape[:2]:
        return array[:, :, None] * eye
    if kind == "spherical" and array.shape in (shape[:1], (*shape[:1], 1)):
        return array.reshape(-1, 1, 1) * eye
    return array


def _items(value, names, expected):
    """The parts of an answer: of a tuple, a list, a dict, or the rows of an array."""
    what = f"({', '.join(names)})"
    if isinstance(value, dict) and "dict" in value:
        found = value["dict"]
        twin = {"variances": "covariances", "covariances": "variances"}
        items = [found.get(name, found.get(twin.get(name))) for name in names]
        if any(item is None for item in items):
            keys = ", ".join(map(repr, found)) or "no keys"
            words = f"a dict needs the keys {listed(map(repr, names))}; yours has {keys}"
            raise Reading(words, "parts missing", True)
        return items
    items = next(iter(value.values())) if isinstance(value, dict) else value
    if isinstance(items, list) and len(items) == 2 and isinstance(items[0], dict | list):
        first = items[0].get("tuple") if isinstance(items[0], dict) else items[0]
        whole = isinstance(first, list) and len(first) == len(names)
        if whole and not any(isinstance(part, int | float) for part in first):
            items = first  # ((weights, means, variances), something more)
    if isinstance(items, list) and len(items) > len(names):  # something more, such as the heights
        fits = [
            array is not None and same_shape(array, wanted.shape)
            for array, wanted in zip(map(number_array, items), expected)
        ]
        items = items[: len(names)] if all(fits) else items
    if not isinstance(items, list) or len(items) != len(names):
        words = f"what is needed is {what}, and what came is {described(value)}"
        raise Reading(words, "parts missing", True)
    return items


def _single(value, name, expected, given):
    """The one part that is asked for, also where more comes with it."""
    items = value.get("tuple") if isinstance(value, dict) else None
    if isinstance(value, dict) and value.get("dict"):
        found = value["dict"]
        inside = found.get(name.replace(" ", "_"), found.get(name))
        value = next(iter(found.values())) if inside is None and len(found) == 1 else inside
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        items = value
    if items and len(items) > 1:
        # the textbook's pair (shares, log-likelihood); (weights, means, variances) where the
        # means alone are asked
        place = 1 if name == "means" and len(items) == 3 else 0
        array = number_array(items[place])
        if array is not None and array.ndim and same_shape(array, expected.shape):
            return array.reshape(expected.shape)
    array = number_array(value)
    if array is None:
        raise Reading(f"the answer is {described(value)}, not numbers", "not numbers")
    return _shaped(array, name, expected, given)


def same_shape(array, shape):
    """The same but for axes of length 1 at the end or the start: (3, 1) is (3,), not (1, 3)."""
    if array.shape == shape:
        return True
    if array.size != np.prod(shape, dtype=int):
        return False
    return [k for k in array.shape if k != 1] == [k for k in shape if k != 1]


def _shaped(array, name, expected, given):
    shape = expected.shape
    if same_shape(array, shape) and not (array.ndim == 2 == len(shape) and array.shape != shape):
        return array.reshape(shape)
    if array.shape == shape[::-1] and array.ndim == 2:
        close = same([array.T], [expected])
        words = (
            f"the axes are swapped: your {name} have shape {array.shape}, and {shape} is needed, "
            + (
                "a row for each point, a column for each component"
                if name == "shares"
                else "a row for each component"
            )
            + (". Turned over (.T) they are right" if close else "")
        )
        raise Reading(words, "axis swapped", close)
    n = len(given[0])
    if name == "labels":
        raise _no_labels(array, shape, len(given[1]))
    if name == "centers" and array.ndim and len(array) < shape[0] and array.shape[1:] == shape[1:]:
        words = (
            f"there are {len(array)} centers, and {shape[0]} came in. One that has no points is "
            "left where it is, and not left out"
        )
        raise Reading(words, "empty cluster left out", True)
    if name in ("log-likelihood", "entropy") and array.shape == (n,):
        close = same([np.array(array.sum())], [expected])
        words = "there is one number for each point; add them up"
        raise Reading(words, "not summed", close)
    if array.ndim and n in array.shape and n not in shape:
        words = (
            f"an axis is swapped: your {name} have shape {array.shape}, one for each of the {n} "
            f"points; {shape} is needed. Add up over the points (axis=0), not over the components"
        )
        raise Reading(words, "axis swapped")
    if name == "slopes" and array.shape == shape[1:]:
        words = "the slopes are summed up over the points; a row for each point is needed"
        raise Reading(words, "summed already", same([array], [expected.sum(axis=0)]))
    if name == "log densities" and array.size == 1:
        raise Reading(
            f"there is one number in all; one for each of the {n} points is needed",
            "summed already",
        )
    if name == "covariance" and np.ndim(given[1]) == 1 and array.size < expected.size:
        words = (
            f"your covariance has shape {array.shape}, and {shape} is needed: put the block of the "
            "missing entries into zeros, since a known entry does not vary"
        )
        raise Reading(words, "the block of the gaps alone", True)
    if len(shape) == 2 and name == "shares" and array.shape == (n,):
        if (array == np.round(array)).all():
            words = (
                "there is one label for each point: these are hard labels. What is asked for is "
                f"the share of every component in each point, shape {shape}"
            )
            raise Reading(words, "hard labels for shares")
        words = (
            f"there is one number for each point, shape {array.shape}: the share of one component. "
            f"All of them are needed, shape {shape}"
        )
        raise Reading(words, "one component's share only", True)
    if name == "covariances" and array.shape == shape[:2]:
        words = (
            f"there are only the variances, shape {array.shape}: the off-diagonal entries are "
            f"dropped. A covariance is a matrix, and all of them together have shape {shape}"
        )
        raise Reading(words, "off-diagonals dropped")
    raise Reading(f"your {name} have shape {array.shape}, and {shape} is needed", "wrong shape")


def _no_labels(array, shape, K):
    """What came in place of one label for each point."""
    n = shape[0]
    if array.shape == (K,):
        words = (
            f"there are {K} numbers, one for each center; one for each of the {n} points is "
            "needed. Take the smallest over the centers (axis=1 where points are rows)"
        )
        return Reading(words, "axis swapped")
    if array.shape in ((n, K), (K, n)):
        words = (
            "there is a number for each point and each center. A label says which center is the "
            "nearest: argmin over the centers"
        )
        return Reading(words, "distances for labels")
    return Reading(f"your labels have shape {array.shape}, and {shape} is needed", "wrong shape")


NEARLY_A_LIST = {
    "generator": "a generator: make a list of it",
    "map": "a map: make a list of it",
    "zip": "a zip: make a list of it",
}


def told(other):
    """What is no value, in words."""
    if other == "coroutine":
        return "a coroutine: leave `async` out"
    return NEARLY_A_LIST.get(other, f"of the kind {other}")


def described(value):
    """What came, in words."""
    if value is None:
        return "None"
    if isinstance(value, dict):
        ((kind, inside),) = value.items()
        if kind == "array":
            return f"an array of shape {np.shape(inside)}"
        if kind == "tuple":
            return f"a tuple of {len(inside)}"
        if kind == "dict":
            return f"a dict with the keys {', '.join(map(repr, inside)) or '(none)'}"
        return told(inside)
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return f"{type(value).__name__} {value!r}"


def same(got, expected):
    """Equal to rounding, part by part; NaN is like NaN."""
    return all(_close(g, e) for g, e in zip(got, expected))


def _close(got, expected):
    if got.shape != expected.shape:
        return False
    usual = expected[np.isfinite(expected)]
    scale = np.abs(usual).max() if usual.size else 1.0
    return np.allclose(got, expected, rtol=CLOSE, atol=CLOSE * 1e-2 * scale, equal_nan=True)


class Case:
    """One function on all probes: what was read, what was expected."""

    def __init__(self, task, probes, outcomes, names, read, expected):
        self.task, self.probes, self.outcomes, self.names = task, probes, outcomes, names
        self.read, self.expected = read, expected
        # with weights and variances held, a mean belongs to its component; a column has its place
        self.ordered = task.name == "complete" or (len(names) == 1 and names != ("shares",))

    def agree(self, i, answer=None):
        """Whether the answer to probe i is as expected, or as another program's."""
        got, wanted = self.read[i], self.expected[i] if answer is None else answer
        if not isinstance(got, list) or len(got) != len(wanted):
            return False
        if self.ordered:
            return same(got, wanted)
        if self.names[0] == "shares":
            shares, wanted_shares = got[0].T, wanted[0].T
            alike = shares.shape == wanted_shares.shape and same(got[1:], wanted[1:])
            return alike and same_in_some_order([shares], [wanted_shares])
        return same_in_some_order(got, wanted)

    def verdict(self):
        n = len(self.probes)
        right = [self.agree(i) for i in range(n)]
        far = [i for i in range(n) if self.probes[i]["name"] == FAR]
        usual = [i for i in range(n) if i not in far]
        if all(right):
            return self.right()
        wrong = [i for i in range(n) if not right[i]]
        if all(right[i] for i in usual):
            return self.underflows(wrong[0])
        parts = [lambda: self.of_two(right, usual), lambda: self.slipped(usual)]
        if self.task.name == "icl":
            # It counts the likeliest component alone, so a slip may not show while there are two.
            parts.reverse()
        looks = (
            self.outside,
            *parts,
            self.raised,
            self.unreadable,
            lambda: self.other(wrong),
        )
        # a verdict is False unless it is right: `or` would pass over it
        return next(verdict for look in looks if (verdict := look()) is not None)

    # ---- right, or right but for one thing

    def right(self):
        changed = sorted({c for o in self.outcomes for c in o.get("changed", ())})
        if changed:
            words = (
                f"Almost: the numbers are right, and `{self.task.function}` modifies its input: "
                f"{listed(changed)} {'is' if len(changed) == 1 else 'are'} not the same "
                "afterwards. Work on a copy (`.copy()`), or make new arrays."
            )
            return Verdict("almost", words, "modifies its input", self.probes[0])
        turned = not self.ordered and not all(
            same(got, e) for got, e in zip(self.read, self.expected)
        )
        words = f"Right: `{self.task.call}` agrees with gmmlib on {len(self.probes)} inputs." + (
            " (Your components come in another order, and that is fine.)" if turned else ""
        )
        return Verdict("right", words)

    def underflows(self, i):
        probe = self.probes[i]
        x, _, means, *_ = [decode(value) for value in probe["arguments"].values()]
        far = int(np.abs(x - means[0]).reshape(len(x), -1).max(axis=1).argmax())
        outcome, (what, hint) = self.outcomes[i], slips.WORDS["no log space"]
        if outcome["kind"] == "value" and isinstance(self.read[i], list):
            flat = np.concatenate([np.ravel(part) for part in self.read[i]])
            given = [decode(value) for value in probe["arguments"].values()]
            naive = program(
                self.task.name, self.task.d, ("no log space",), self.task.hold, self.task.kind
            )
            zero = self.names == ("shares",) and (self.read[i][0].sum(axis=1) == 0).any()
            if np.isfinite(flat).all() and not zero and not self.agree(i, _run(naive, given)):
                words = f"Wrong only at this input, where a point lies far out.\n{self.example(i)}"
                return self.make("wrong", words, "wrong far out", i)
        came = (
            f"stops with {outcome['type']}"
            if outcome["kind"] == "raised"
            else f"gives {self.come(i)}"
        )
        words = (
            f"Almost: everything is right while the points are near. But {what}. The point "
            f"x[{far}] = {numbers(x[far])} lies so far out that its density under every component "
            f"is 0 in double precision, and your program {came}.\n{hint}\n{self.example(i)}"
        )
        return self.make("almost", words, "no log space", i)

    def come(self, i):
        """What is strange in an answer: the first entry that is not as expected."""
        if not isinstance(self.read[i], list):
            return described(self.outcomes[i].get("value"))
        entries = zip(self.read[i], self.expected[i])
        wrong = [g[~np.isclose(g, e, rtol=CLOSE)] for g, e in entries]
        return numbers(next(part for part in wrong if part.size).flat[0])

    # ---- what is seen without knowing the formula

    def outside(self):
        """The same answer whatever comes in: names from outside are used, not the arguments."""
        values = [o["value"] for o in self.outcomes if o["kind"] == "value"]
        arrays = [number_array(value) for value in values]
        if len(values) < 3 or any(a is None or not a.size for a in arrays):
            return None
        if any(value != values[0] for value in values) or not np.isfinite(arrays[0]).all():
            return None
        words = (
            f"`{self.task.function}` gives the same answer whatever it is called with. Does it use "
            "names from outside, such as your notebook's own x, in place of its arguments?"
        )
        return self.make("wrong", words, "arguments not used", 0)

    def of_two(self, right, usual):
        """Right for two components, and not for three."""
        three = [i for i in usual if self.K(i) == 3]
        if not all(right[i] for i in usual if i not in three) or any(right[i] for i in three):
            return None
        words = (
            f"Almost: `{self.task.function}` is right for two components, and not for three. "
            f"Loop over all of them, however many there are.\n{self.example(three[0])}"
        )
        return self.make("almost", words, "two components only", three[0])

    def K(self, i):
        named = self.probes[i]["arguments"]
        if "centers" in named:
            return len(named["centers"]["array"])
        if "weights" in named:
            return len(named["weights"]["array"])
        # groupings and rows have no components
        return len(named["shares"]["array"][0]) if "shares" in named else 0

    def raised(self):
        kinds = [outcome["kind"] for outcome in self.outcomes]
        if "raised" not in kinds:
            return None
        i = kinds.index("raised")
        words = stops(f"`{self.task.call}`", self.outcomes[i])
        words = f"{words}\n{called_with(self.probes[i])}"
        return self.make("wrong", words, "raises", i)

    def unreadable(self):
        found = [i for i, got in enumerate(self.read) if isinstance(got, Reading)]
        if not found:
            return None
        i, got = found[0], self.read[found[0]]
        start = "Almost: " if got.almost else "Not right yet: "
        words = f"{start}{got}.\n{self.example(i, answers=False)}"
        return self.make("almost" if got.almost else "wrong", words, got.mistake, i)

    # ---- which slip

    def slipped(self, usual):
        readable = [i for i in usual if isinstance(self.read[i], list)]
        if all(self.agree(i) for i in readable):
            return None
        found, part = self.search(readable, 1), None
        if found is None and self.names == ("shares",) and self.whole_numbers():
            found = ("hard labels for shares",)
        found = found or self.search(readable, 2)
        if found is None and len(self.names) > 1:
            found, part = self.search_first_wrong_part(readable)
        if found is None:
            return self.symmetric(readable)
        wrong = [i for i in readable if not self.agree(i)]
        i = next((i for i in wrong if self.probes[i]["name"] != DRAWN), wrong[0])
        almost = part is None and all(slip in slips.ALMOST for slip in found)
        said = [slips.words_of(slip, self.task.d) for slip in found]
        words = (
            f"{'Almost' if almost else 'Not right yet'}: "
            f"{'; and '.join(what for what, _ in said)}.\n"
            f"{' '.join(hint for _, hint in said)}\n"
            + (f"(This explains your {part}; look at what follows them too.)\n" if part else "")
            + self.example(i)
        )
        mistake = " + ".join(dict.fromkeys(slips.name_of(slip) for slip in found))
        return self.make("almost" if almost else "wrong", words, mistake, i)

    def tried(self, readable, size):
        """Programs with so many slips, and their answers to the probes."""
        task = self.task
        known = slips.possible(task.name, task.d, task.hold, task.kind)
        given = {i: [decode(v) for v in self.probes[i]["arguments"].values()] for i in readable}
        for made in combinations(known, size):
            run = program(task.name, task.d, made, task.hold, task.kind)
            yield made, lambda i, run=run: _run(run, given[i])

    def search(self, readable, size):
        """So many slips that give the student's numbers on all these probes."""
        order = sorted(readable, key=self.agree)  # what differs tells most
        for made, answer in self.tried(order, size):
            if all(self.agree(i, answer(i)) for i in order):
                return made
        return None

    def search_first_wrong_part(self, readable):
        """One slip that gives the first part that is wrong, and that part's name."""
        for j, name in enumerate(self.names):
            got = [self.read[i][j] for i in readable]
            if all(_close(g, self.expected[i][j]) for g, i in zip(got, readable)):
                continue
            for made, answer in self.tried(readable, 1):
                answers = [answer(i) for i in readable]
                if all(a and _close(g, a[j]) for g, a in zip(got, answers)):
                    return made, name
            break
        return None, None

    def symmetric(self, usual):
        """A covariance that is not symmetric, whichever entry is missing."""
        if "covariances" not in self.names:
            return None
        for i in usual:
            got = self.read[i]
            if not isinstance(got, list):
                continue
            C = got[self.names.index("covariances")]
            if not np.allclose(C, C.swapaxes(-1, -2), equal_nan=True):
                k, a, b = np.argwhere(~np.isclose(C, C.swapaxes(-1, -2), equal_nan=True))[0]
                words = (
                    f"Not right yet: a covariance is not symmetric. Of component {k}, entry "
                    f"({a}, {b}) is {numbers(C[k, a, b])} and entry ({b}, {a}) is "
                    f"{numbers(C[k, b, a])}.\n{self.example(i)}"
                )
                return self.make("wrong", words, "covariance not symmetric", i)
        return None

    def other(self, wrong):
        """Wrong, and nobody knows how: said honestly."""
        i = min(wrong, key=lambda i: (self.probes[i]["name"] in (DRAWN, FAR), i))
        for digits in range(1, 5):
            if all(
                isinstance(got, list)
                and same([g.round(digits) for g in got], got)
                and all(np.allclose(g, e, atol=0.51 * 10.0**-digits) for g, e in zip(got, expected))
                for got, expected in zip(self.read, self.expected)
            ):
                words = (
                    f"Almost: the numbers are rounded to {digits} digits after the point. Return "
                    f"all digits; round when you print.\n{self.example(i)}"
                )
                return self.make("almost", words, "rounded", i)
        if (added := self.added()) is not None:
            words = (
                f"Almost: {numbers(added)} is added to the {self.names[-1]}. It keeps a program "
                "from stopping, and it is not the M-step, whose likelihood is largest elsewhere.\n"
                f"{self.example(i)}"
            )
            return self.make("almost", words, "something added to the variances", i)
        got = self.read[i]
        nothing = isinstance(got, list) and any(np.isnan(g).any() for g in got)
        fine = [
            name
            for j, name in enumerate(self.names)
            if isinstance(got, list) and _close(got[j], self.expected[i][j])
        ]
        words = (
            f"Wrong at this input{', where there is nan in your answer' if nothing else ''}; "
            "which mistake it is, the checker cannot tell."
            + (f" Right already: {listed(fine)}." if fine else "")
            + f"\n{self.example(i)}"
        )
        return self.make("wrong", words, "nan" if nothing else None, i)

    def added(self):
        """The number that is added to every variance, or None."""
        if len(self.names) < 3:
            return None
        eye, found = np.eye(self.task.d) if self.task.d > 1 else 1.0, []
        for got, wanted in zip(self.read, self.expected):
            if not isinstance(got, list) or not same(got[:2], wanted[:2]):
                return None
            more = got[2] - wanted[2]
            amount = float((more * eye).sum() / (np.ones_like(more) * eye).sum())
            if not np.allclose(more, amount * eye, rtol=1e-3, atol=1e-9):
                return None
            found.append(amount)
        return found[0] if found[0] > 0 and np.allclose(found, found[0], rtol=1e-3) else None

    def whole_numbers(self):
        """Whether every share is 0 or 1, though not the likelier component's."""
        read = [got[0] for got in self.read if isinstance(got, list)]
        return bool(read) and all(np.isin(got, (0, 1)).all() for got in read)

    # ---- words

    def example(self, i, answers=True):
        """The input as code, then yours and expected of the first part that differs."""
        lines = ["With", indented(as_code(self.probes[i]["arguments"]))]
        got = self.read[i]
        if not answers or not isinstance(got, list):
            return "\n".join(lines)
        for name, mine, wanted in zip(self.names, got, self.expected[i]):
            if not _close(mine, wanted):
                yours, expected = numbers(mine), numbers(wanted)
                if yours == expected:
                    yours += f", off by up to {numbers(np.abs(mine - wanted).max())}"
                lines += [f"{name}, yours:", indented(yours)]
                lines += [f"{name}, expected:", indented(expected)]
                break
        return "\n".join(lines)

    def make(self, state, words, mistake, i):
        got = self.read[i]
        return Verdict(
            state,
            words,
            mistake,
            self.probes[i],
            got if isinstance(got, list) else None,
            self.expected[i],
            self.names,
        )


def same_in_some_order(got, wanted):
    """Parts whose first axis is the component, equal in one order for all parts."""
    if not all(g.shape == w.shape for g, w in zip(got, wanted)):
        return False
    if not got[0].ndim:
        return same(got, wanted)
    K = len(got[0])
    orders = permutations(range(K)) if K <= 4 else [tuple(range(K))]
    return any(same([g[list(o)] for g in got], wanted) for o in orders)


def _run(tried, given):
    with np.errstate(all="ignore"):
        try:
            return as_parts(tried(*given))
        except np.linalg.LinAlgError:
            return []
