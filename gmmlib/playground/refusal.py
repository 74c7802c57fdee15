"""Refusals: what a reader did that cannot be done, in plain words; what a request must hold."""

import math

MOST_K = 20  # components: more cannot be told apart in a picture


class Refusal(ValueError):
    """about: what of the page it concerns ("data", "K", "file", ...). more: further facts."""

    def __init__(self, words, about=None, **more):
        super().__init__(words)
        self.answer = {"refused": words, **({"about": about} if about else {}), **more}


def whole(request, name, least, most, default=None):
    """A whole number of the request."""
    value = request.get(name, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JavaScript has one kind of number
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refusal(f"{name} must be a whole number, not {short(value)}", name)
    if not least <= value <= most:
        raise Refusal(f"{name} must be from {least} to {most}, not {short(value)}", name)
    return value


def one_of(request, name, choices, default=None):
    """One of some words."""
    value = request.get(name, default)
    if not isinstance(value, str) or value not in choices:
        raise Refusal(f"{name} must be one of {', '.join(choices)}; not {short(value)}", name)
    return value


def rows_of_numbers(value, what, about, widths=(1, 2)):
    """A list of rows of finite numbers, all of one width, as lists of floats."""
    if not isinstance(value, list):
        raise Refusal(f"{what} must be a list of rows of numbers, not {short(value)}", about)
    rows = []
    for i, row in enumerate(value):
        row = [row] if isinstance(row, int | float) else row
        if not isinstance(row, list) or len(row) not in widths:
            need = " or ".join(map(str, widths))
            raise Refusal(f"row {i + 1} of {what} must be {need} numbers, not {short(row)}", about)
        if rows and len(row) != len(rows[0]):
            need, came = len(rows[0]), len(row)
            raise Refusal(f"row {i + 1} of {what} has {came} numbers, row 1 has {need}", about)
        rows.append([finite(number, f"row {i + 1} of {what}", about) for number in row])
    return rows


def finite(value, what, about=None):
    """A finite number as a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refusal(f"{what} must be a number, not {short(value)}", about)
    try:
        value = float(value)
    except OverflowError:  # a whole number beyond the doubles
        value = math.inf
    if not math.isfinite(value):
        raise Refusal(f"{what} must be finite, not {short(value)}", about)
    return value


def short(value, most=40):
    """Anything as it came, cut where it is long."""
    if isinstance(value, int) and abs(value) > 10**most:
        return f"a whole number of more than {most} digits"
    if isinstance(value, list | dict) and len(value) > most:
        return f"a {type(value).__name__} of {len(value)} entries"
    text = repr(value if not isinstance(value, str) else value[: 2 * most])
    return text if len(text) <= most else text[: most - 1] + "…"


def quoted(name):
    """The name of a column, as words say it."""
    return f'"{name if len(name) <= 40 else name[:39] + "…"}"'
