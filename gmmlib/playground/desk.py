"""The playground: what a reader asks, one request after the other, and what gmmlib answers.

A request is a dict {"do": what, ...}, an answer is a dict, and both are plain JSON. What a reader
did that cannot be done is answered with {"refused": plain words, "about": what of the page}; what
stood before goes on standing.
"""

import json

import numpy as np

from ..run import CollapseError
from ..scores import responsibilities
from ..summit import SADDLE
from . import fitting, maxima, program, words
from .begin import KINDS, MOST_SEED, Wish, begun, given, mixture_lines
from .criterion import bic_for_each, bic_lines
from .fitting import Watch, best_of
from .half_steps import HalfSteps
from .points import Points
from .refusal import MOST_K, Refusal, one_of, rows_of_numbers, short, whole
from .saved import as_json, parts_in_shape, parts_of
from .sets import SETS, listed
from .table import read

MOST_BY_HAND = 100_000


def no_progress(told):
    pass


class Playground:
    """What the reader has on the table: a file, points, a climb."""

    def __init__(self):
        self.table = self.points = self.climb = None
        self.kind, self.bic_lines = "full", []

    def ask(self, request, progress=no_progress):
        """The answer to one request; progress(dict) is called on the way of a long one."""
        try:
            if not isinstance(request, dict):
                raise Refusal(f"a request is an object with a word `do`, not {short(request)}")
            name = request.get("do")
            if not isinstance(name, str) or name not in REQUESTS:
                raise Refusal(f"do must be one of {', '.join(REQUESTS)}; not {short(name)}")
            return REQUESTS[name](self, request, progress)
        except Refusal as refusal:
            return refusal.answer
        except CollapseError as error:
            return self.collapsed(error, request.get("covariance", self.kind))
        except MemoryError:
            return {"refused": "the memory of the browser is full: take fewer rows or columns"}
        except ValueError as error:  # gmmlib's own words
            named = str(error) if self.points is None else self.points.named(str(error))
            return {"refused": named, "about": "run"}
        except Exception as error:
            return mistake(error)

    def ask_text(self, request, progress=no_progress):
        """`ask` with JSON text in and out, as a worker of the browser passes it on."""
        answer = self.ask(json.loads(request), lambda told: progress(json.dumps(told)))
        try:
            return json.dumps(answer, allow_nan=False)
        except ValueError as error:  # a number that JSON does not have
            return json.dumps(mistake(error))

    # ---- the data ----------------------------------------------------------------------------

    def read(self, request, progress):
        table = read(request.get("text"))
        chosen = table.chosen()
        self.table = table
        return {
            "rows": table.rows,
            "columns": [column.described() for column in table.columns],
            "chosen": chosen,
            "notes": table.notes,
        }

    def data(self, request, progress):
        if "set" in request:
            key = one_of(request, "set", list(SETS))
            points = SETS[key].points()
        elif "points" in request:
            points = self.by_hand(request)
        else:
            points = self.of_file(request)
        self.points, self.climb, self.bic_lines = points, None, []
        return points.answer()

    def by_hand(self, request):
        rows = rows_of_numbers(request["points"], "points", "data")
        if len(rows) > MOST_BY_HAND:
            few = f"{len(rows)} points are more than can be drawn ({MOST_BY_HAND})"
            raise Refusal(f"{few}: open them as a file", "data")
        d = len(rows[0]) if rows else 2
        names = request.get("names", ["x", "y"][:d])
        if not (isinstance(names, list) and len(names) == d and all(map(is_text, names))):
            raise Refusal(f"{d} columns need as many names, not {short(names)}", "data")
        numbers = [row[0] for row in rows] if d == 1 else rows
        return Points(
            np.array(rows, dtype=float).reshape(len(rows), d), names, [f"x = np.array({numbers})"]
        )

    def of_file(self, request):
        if self.table is None:
            raise Refusal("there is no file yet: open or paste one first", "file")
        names = request.get("columns")
        if not isinstance(names, list) or len(names) not in (1, 2) or not all(map(is_text, names)):
            raise Refusal(f"one or two columns are needed, not {short(names)}", "columns")
        if len(set(names)) < len(names):
            raise Refusal("two different columns are needed, not one twice", "columns")
        one_of(request, "missing", ["drop"], "drop")
        x, dropped = self.table.points(names)
        notes = []
        if dropped:
            rows, them = words.many(dropped, "row"), "it" if dropped == 1 else "them"
            notes.append(f"{rows} of {len(x) + dropped} left out: something in {them} is missing")
        file = request.get("file")
        lines = []
        if not is_text(file) or not file.isprintable():
            file = "your_data.csv"
            lines.append(f"# the table that you pasted, saved as {file}")
        lines.append(f"x = read_points({file!r}, {names!r})")
        return Points(x, names, lines, notes, dropped)

    def sets(self, request, progress):
        return {"sets": listed()}

    # ---- the climb ---------------------------------------------------------------------------

    def start(self, request, progress):
        points = self.needed_points()
        start, wish, lines = begun(request, points)
        self.begin(start, wish.kind, lines)
        return self.state(words.placed(wish.K))

    def begin(self, start, kind, lines):
        self.climb = HalfSteps(self.points.rows, start, KINDS[kind])
        self.kind, self.start_lines, self.fitted = kind, lines, False
        self.shares = None

    def step(self, request, progress):
        climb = self.needed_climb()
        before, stage = climb.mixture, climb.stage
        climb.half_step()
        if climb.stage == "E":
            self.share_out()
            said = words.e_step(climb.log_likelihoods, self.points.n)
        elif climb.stage == "M":
            said = words.m_step(before, climb.mixture)
        else:
            said = climb.ended.reason
        if stage == "stopped":
            said = f"There is nothing left to do. {said}"
        return self.state(said)

    def steps(self, request, progress):
        count = whole(request, "count", 1, 100_000, 1)
        return self.climbed(count, progress)

    def end(self, request, progress):
        climb = self.needed_climb()
        left = program.MOST_STEPS - climb.steps
        return self.climbed(left if left > 0 else program.MOST_STEPS, progress)

    def climbed(self, count, progress):
        climb = self.needed_climb()
        before = climb.steps
        if climb.stage != "stopped":
            climb.climb.on_step = lambda step, mixture, log_likelihood: progress(
                {"step": step, "log_likelihood": log_likelihood}
            )
            try:
                climb.whole_steps(count)
            finally:
                self.share_out()
        said = words.steps(climb.steps - before, climb.log_likelihoods)
        return self.state(climb.ended.reason if climb.ended else said)

    def fit(self, request, progress):
        points = self.needed_points()
        wish = Wish(request, points)
        starts = whole(request, "starts", 1, 100, 10)
        watch = Watch(starts, progress)
        run = best_of(points.x, wish, starts, watch)
        count = "" if starts == 10 else f", starts={starts}"
        line = f"run = fit(x, {wish.K}, np.random.default_rng({wish.seed}){count}"
        self.begin(run.mixtures[0], wish.kind, [f"{line}, race=False{wish.options})"])
        self.climb.end_with(run)
        self.fitted = True
        self.share_out()
        return {**self.state(words.fitted(run)), **fitting.of_starts(run, watch)}

    def bic(self, request, progress):
        points = self.needed_points()
        upto = whole(request, "upto", 1, MOST_K, 8)
        answer = bic_for_each(request, points, upto, progress)
        self.bic_lines = bic_lines(Wish(request, points, K=1), answer["bic"])
        return answer

    def basin(self, request, progress):
        climb = self.needed_climb()
        seed = whole(request, "seed", 0, MOST_SEED, 1)
        return maxima.basin_of(self.points, climb.mixture, KINDS[self.kind], seed, progress)

    # ---- what is taken away ------------------------------------------------------------------

    def python(self, request, progress):
        lines = list(self.needed_points().lines)
        if self.climb is not None:
            lines += self.start_lines
            shown = ["print(run)", "print(run.mixture)"]
            lines += shown if self.fitted else program.of_climb(self.climb, self.kind)
        return {"lines": program.whole(lines + self.bic_lines)}

    def json(self, request, progress):
        climb, points = self.needed_climb(), self.points
        height = climb.log_likelihoods[-1] if climb.stage in ("E", "stopped") else None
        reason = climb.ended.reason if climb.ended else None
        saved = as_json(climb.mixture, self.kind, points.names, points.n, height, reason)
        return {"json": saved}

    def load(self, request, progress):
        points = self.needed_points()
        saved = request.get("json")
        mixture = given(*parts_of(saved), points)
        kind = one_of(saved, "covariance", list(KINDS), "full")
        wish = Wish({"covariance": kind}, points, K=mixture.K)
        self.begin(mixture, wish.kind, mixture_lines(mixture))
        return self.state(words.placed(mixture.K))

    def restore(self, request, progress):
        """Back to where an answer said that the climb was, on the same points."""
        points, state = self.needed_points(), request.get("state")
        try:
            mixture = given(*parts_in_shape(state), points)
            kind = one_of(state, "covariance", list(KINDS))
            climb = HalfSteps.resumed(points.rows, mixture, KINDS[kind], state)
            shares, memo = state["shares"], state["memo"]
            lines, fitted = list(map(str, memo["lines"])), bool(memo["fitted"])
            words_then = str(state["words"])
        except (TypeError, KeyError, AttributeError) as error:
            raise Refusal(f"this is no state of the playground: {error!r}", "run") from None
        self.climb, self.kind, self.start_lines = climb, kind, lines
        self.fitted, self.shares = fitted, shares
        return self.state(words_then)

    # ---- helpers -----------------------------------------------------------------------------

    def needed_points(self):
        if self.points is None:
            raise Refusal("there are no points yet: draw some, open a file, or take a set", "data")
        return self.points

    def needed_climb(self):
        self.needed_points()
        if self.climb is None:
            raise Refusal("nothing has been started yet: choose a start first", "start")
        return self.climb

    def share_out(self):
        if self.climb.shared is not None:
            shares = responsibilities(self.points.drawn_as_x, self.climb.shared)
            self.shares = np.round(shares.T, 3).ravel().tolist()

    def state(self, said):
        climb, mixture = self.climb, self.climb.mixture
        run = climb.ended
        heights = [float(height) for height in climb.log_likelihoods]
        return {
            "stage": climb.stage,
            "next": {"start": "E", "E": "M", "M": "E", "stopped": None}[climb.stage],
            "step": climb.steps,
            "K": mixture.K,
            "d": mixture.d,
            "covariance": self.kind,
            "weights": mixture.weights.tolist(),
            "means": mixture.locations.tolist(),
            "covariances": mixture.covariances.reshape(-1, mixture.d, mixture.d).tolist(),
            "shares": self.shares,
            "log_likelihood": heights[-1] if heights else None,
            "log_likelihoods": heights,
            "stopped": run.reason if run else None,
            "converged": bool(run and run.converged),
            "saddle": bool(run and run.reason == SADDLE),
            "words": said,
            "memo": {"lines": self.start_lines, "fitted": self.fitted, "moves": climb.last_moves},
        }

    def collapsed(self, error, kind):
        said, advice = words.collapse(error), words.advice(kind)
        answer = {
            "refused": f"{said}; {advice}",
            "about": "run",
            "component": error.component,
            "collapsed": error.component,
            "step": error.step,
            "advice": advice,
        }
        return {**answer, "state": self.state(said)} if self.climb else answer


def mistake(error):
    words = f"this is a mistake in gmmlib, please report it: {error!r}"
    return {"refused": words, "mistake": True}


def is_text(value):
    return isinstance(value, str)


REQUESTS = {
    "read": Playground.read,
    "data": Playground.data,
    "sets": Playground.sets,
    "start": Playground.start,
    "step": Playground.step,
    "steps": Playground.steps,
    "end": Playground.end,
    "fit": Playground.fit,
    "bic": Playground.bic,
    "basin": Playground.basin,
    "python": Playground.python,
    "json": Playground.json,
    "load": Playground.load,
    "restore": Playground.restore,
}
