"""From functions of sliders to small tables that a page can carry.

A function is evaluated for every combination of the sliders that its arguments name. How
its answers are packed: (states, numbers) of unsigned integers, the last slider running
fastest; each row less the row before (neighbours are alike, so most of this is small);
split into byte planes, number by number; all tables in one zlib stream.
"""

import inspect
import itertools
import string
import zlib
from dataclasses import dataclass

import ipywidgets
import numpy as np

BUDGET = 300_000  # bytes: what one explorer may add to a page
MOST_STATES = 200_000
ABSENT = 65_535  # the 16-bit code for "nothing is drawn here"
LEVELS = ABSENT - 1
MINUS = "\u2212"


@dataclass
class Grid:
    """The positions of a slider: what a function gets, what a reader sees, where it rests."""

    values: list
    labels: list
    rest: int
    numbers: list  # what the widget's `value` is there, for sliders over numbers


def grid_of(key, slider):
    if isinstance(slider, ipywidgets.SelectionSlider | ipywidgets.Dropdown):
        labels, values = zip(*slider._options_full, strict=True)
        return Grid(list(values), [str(label) for label in labels], slider.index, [])
    if isinstance(slider, ipywidgets.FloatSlider | ipywidgets.IntSlider):
        if not slider.step or slider.step <= 0:
            raise ValueError(f"slider {key!r} has no finite grid: its step is {slider.step}")
        count = int(np.floor((slider.max - slider.min) / slider.step + 1e-9)) + 1
        if isinstance(slider, ipywidgets.IntSlider):
            values = [slider.min + i * slider.step for i in range(count)]
            labels = [str(value) for value in values]
        else:
            # plus zero: no label says minus zero
            values = [round(slider.min + i * slider.step, 10) + 0.0 for i in range(count)]
            # as many digits as tell each of them: 0.05, 0.15, …
            exact = (d for d in range(6) if np.abs(np.round(values, d) - values).max() < 1e-9)
            digits = next(exact, 6)
            labels = [f"{value:.{digits}f}".replace("-", MINUS) for value in values]
        rest = int(np.argmin(np.abs(np.array(values) - slider.value)))
        if abs(values[rest] - slider.value) > 1e-9:
            raise ValueError(
                f"slider {key!r} rests at {slider.value}, which is no whole number of steps "
                f"of {slider.step} from {slider.min}"
            )
        return Grid(values, labels, rest, values)
    raise ValueError(
        f"slider {key!r} has no finite grid: it must be a FloatSlider, IntSlider, "
        f"SelectionSlider or Dropdown, not {type(slider).__name__}"
    )


def _named_sliders(function, grids, owner):
    names = list(inspect.signature(function).parameters)
    for name in names:
        if name not in grids:
            raise ValueError(
                f"{owner}: argument {name!r} names no slider; there are {', '.join(grids)}"
            )
    return [name for name in grids if name in names]


def answer_of(channel, state):
    names = inspect.signature(channel.function).parameters
    value = channel.function(**{name: state[name] for name in names})
    return None if value is None else channel.encode(value)


class Packer:
    """Collects tables: each a function's answers over the grid of its own sliders."""

    def __init__(self, grids):
        self.grids, self.tables, self.planes = grids, [], []

    def states(self, names):
        count = int(np.prod([len(self.grids[name].values) for name in names]))
        if count > MOST_STATES:
            raise ValueError(
                f"{' × '.join(names)} have {count} combinations, more than {MOST_STATES}; "
                f"give {self._finest(names)} fewer positions"
            )
        for values in itertools.product(*(self.grids[name].values for name in names)):
            yield dict(zip(names, values, strict=True))

    def add(self, channel, owner):
        """Evaluate and pack a channel; returns the number of its table."""
        names = _named_sliders(channel.function, self.grids, owner)
        answers = []
        for state in self.states(names):
            try:
                answers.append(answer_of(channel, state))
            except Exception as error:
                where = ", ".join(f"{k} = {v!r}" for k, v in state.items()) or "any state"
                raise ValueError(f"{owner} at {where}: {error}") from error
        array = self._stacked(answers, channel, owner, names)
        return self._add(*_quantized(array, channel), names, owner)

    def add_integers(self, integers, names, owner, **extra):
        """A table of whole numbers (states, fields), as it is."""
        integers = np.asarray(integers, dtype=np.int64)
        if np.abs(integers).max(initial=0) >= 2**31:
            raise ValueError(f"{owner}: a number is too large for its format")
        codes = (integers % 2**32).astype(np.uint32)
        return self._add(codes, {"shape": [integers.shape[1]], **extra}, names, owner)

    def _add(self, codes, entry, names, owner):
        width = codes.dtype.itemsize
        self.tables.append(
            {"sliders": names, "states": len(codes), "width": width, "owner": owner, **entry}
        )
        self.planes.append(packed(codes))
        return len(self.tables) - 1

    def _stacked(self, answers, channel, owner, names):
        shapes = {answer.shape for answer in answers if answer is not None}
        if not shapes:
            shapes = {(0,)}
        if len(shapes) > 1 and not channel.ragged:
            first, *rest = [(i, a.shape) for i, a in enumerate(answers) if a is not None]
            odd = next((i, shape) for i, shape in rest if shape != first[1])
            states = list(self.states(names))
            raise ValueError(
                f"{owner}: shape {odd[1]} at {states[odd[0]]}, but {first[1]} at {states[first[0]]}"
            )
        longest = max(shape[0] for shape in shapes)
        shape = (longest, *next(iter(shapes))[1:])
        array = np.full((len(answers), *shape), np.nan)
        for row, answer in zip(array, answers, strict=True):
            if answer is not None:
                row[: len(answer)] = answer
        return array

    def compress(self, name):
        stream = zlib.compress(b"".join(self.planes), 9)
        if len(stream) > BUDGET:
            sizes = [len(zlib.compress(plane, 9)) for plane in self.planes]
            largest = self.tables[int(np.argmax(sizes))]
            raise ValueError(
                f"explorer {name!r} packs to {len(stream) / 1000:.0f} kB, over its budget of "
                f"{BUDGET / 1000:.0f} kB; most of it, {max(sizes) / 1000:.0f} kB, is "
                f"{largest['owner']}: give {self._finest(largest['sliders'])} fewer positions"
            )
        return stream

    def _finest(self, names):
        finest = max(names, key=lambda name: len(self.grids[name].values), default="its function")
        if finest not in self.grids:
            return finest
        return f"slider {finest!r} ({len(self.grids[finest].values)} positions)"


def packed(codes):
    """Unsigned integers (states, numbers) as bytes: differences, in byte planes."""
    codes = codes.reshape(len(codes), -1)
    steps = codes.copy()
    steps[1:] -= codes[:-1]  # wraps around, and so does the sum that undoes it
    planes = np.ascontiguousarray(steps.T).view(np.uint8).reshape(-1, codes.dtype.itemsize)
    return planes.T.tobytes()


def _quantized(array, channel):
    """Floats (states, …) as 16-bit codes between the lowest and the highest; NaN is ABSENT."""
    flat = array.reshape(-1, array.shape[-1] if channel.columns and array.size else 1)
    here = np.isfinite(flat)
    low = np.min(flat, axis=0, where=here, initial=np.inf)
    high = np.max(flat, axis=0, where=here, initial=-np.inf)
    low, high = np.where(low > high, 0, low), np.where(low > high, 0, high)
    levels = channel.levels or max(int(high.max() - low.min()), 1)
    if channel.levels == 0:
        low, high = low * 0 + low.min(), low * 0 + low.min() + levels
    size = np.where(high > low, (high - low) / levels, 1)
    codes = np.where(here, np.round((np.where(here, flat, low) - low) / size), ABSENT)
    entry = {"shape": list(array.shape[1:]), "low": low.tolist(), "size": size.tolist()}
    return codes.astype(np.uint16).reshape(len(array), -1), entry


class Template:
    """Text with numbers: the numbers are packed as whole numbers of their last shown digit."""

    def __init__(self, packer, owner, template, numbers):
        self.grids, self.owner, self.function = packer.grids, owner, numbers
        self.parts = [part[:3] for part in string.Formatter().parse(template)]
        names = _named_sliders(numbers, packer.grids, owner) if numbers else []
        self.fields = {}  # name: digits, or None for words
        for _, field, spec in self.parts:
            if field is None or field in packer.grids:
                continue
            self.fields[field] = self._digits(field, spec)
        table, words = None, []
        if self.fields:
            if numbers is None:
                raise ValueError(f"{owner}: {{{next(iter(self.fields))}}} needs `numbers`")
            rows = [self._row(state, words) for state in packer.states(names)]
            table = packer.add_integers(rows, names, owner)
        order = list(self.fields)
        self.spec = {
            "table": table,
            "words": words,
            "parts": [
                [text]
                if field is None
                else [text, "slider", field]
                if field in packer.grids
                else [text, order.index(field), self.fields[field]]
                for text, field, _ in self.parts
            ],
        }

    def _digits(self, field, spec):
        if spec == "":
            return None
        if spec == "d":
            return 0
        if spec.startswith(".") and spec.endswith("f") and spec[1:-1].isdigit():
            return int(spec[1:-1])
        raise ValueError(
            f"{self.owner}: write {{{field}:.2f}}, {{{field}:d}}, or {{{field}}} for words, "
            f"not {{{field}:{spec}}}"
        )

    def answers(self, state):
        names = inspect.signature(self.function).parameters if self.function else ()
        return self.function(**{name: state[name] for name in names}) if self.function else {}

    def _row(self, state, words):
        where = ", ".join(f"{k} = {v!r}" for k, v in state.items()) or "any state"
        answers, row = self.answers(state), []
        for field, digits in self.fields.items():
            if field not in answers:
                raise ValueError(f"{self.owner}: {{{field}}} is neither a slider nor in `numbers`")
            value = answers[field]
            if digits is None:
                if not isinstance(value, str):
                    raise ValueError(f"{self.owner}: {field!r} at {where} is not words: {value!r}")
                if value not in words:
                    words.append(value)
                row.append(words.index(value))
            else:
                if not np.isfinite(value):
                    raise ValueError(f"{self.owner}: {field!r} at {where} is not finite ({value})")
                row.append(_last_digits(value, digits))
        return row

    def filled(self, state):
        answers, text = self.answers(state), []
        for before, field, _ in self.parts:
            text.append(before)
            if field in self.grids:
                grid = self.grids[field]
                text.append(grid.labels[grid.values.index(state[field])])
            elif field is not None:
                digits = self.fields[field]
                value = answers[field]
                words = digits is None
                text.append(value if words else _shown(_last_digits(value, digits), digits))
        return "".join(text)


def _last_digits(value, digits):
    """How many units of the last shown digit: −1.954 with two digits is −195."""
    return int(f"{value:.{digits}f}".replace(".", ""))


def _shown(integer, digits):
    text = str(abs(integer)).rjust(digits + 1, "0")
    whole, part = text[: len(text) - digits], text[len(text) - digits :]
    return MINUS * (integer < 0) + whole + ("." + part if digits else "")
