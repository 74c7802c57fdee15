"""The playground: what a reader asks, one request after the other, and what gmmlib answers.

A request is a dict {"do": what, ...}, an answer is a dict, and both are plain JSON. What a reader
did that cannot be done is answered with {"refused": plain words, "about": what of the page}; what
stood before goes on standing.
"""

import json
import re

import numpy as np

from ..diagnostics import bic
from ..em import em
from ..fit import fit
from ..run import CollapseError
from ..scores import responsibilities
from ..summit import SADDLE
from . import maxima, words
from .begin import KINDS, Wish, begun, given, mixture_lines
from .half_steps import HalfSteps
from .points import Points
from .refusal import MOST_K, Refusal, one_of, rows_of_numbers, short, whole
from .saved import as_json, parts_in_shape, parts_of
from .sets import SETS, listed
from .table import read

MOST_STEPS = 1000  # as in `em`
MOST_BY_HAND = 100_000


def no_progress(told):
    pass


class Playground:
    """What the reader has on the table: a file, points, a climb."""

    def __init__(self):
        self.table = self.points = self.climb = None

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
            return self.collapsed(error)
        except MemoryError:
            return {"refused": "the memory of the browser is full: take fewer rows or columns"}
        except ValueError as error:  # gmmlib's own words
            named = str(error) if self.points is None else self.points.named(str(error))
            return {"refused": named, "about": "run"}
        except Exception as error:
            return {
                "refused": f"this is a mistake in gmmlib, please report it: {error!r}",
                "mistake": True,
            }

    def ask_text(self, request, progress=no_progress):
        """`ask` with JSON text in and out, as a worker of the browser passes it on."""
        answer = self.ask(json.loads(request), lambda told: progress(json.dumps(told)))
        return json.dumps(answer, allow_nan=False)

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
        self.points, self.climb = points, None
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
        return Points(np.array(rows).reshape(-1, d), names, [f"x = np.array({numbers})"])

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
            rows = words.many(dropped, "row")
            notes.append(f"{rows} of {len(x) + dropped} left out: something in them is missing")
        file = request.get("file", "your_data.csv")
        file = file if is_text(file) and file.isprintable() else "your_data.csv"
        lines = [f"x = read_points({file!r}, {names!r})"]
        return Points(x, names, lines, notes, dropped)

    def sets(self, request, progress):
        return {"sets": listed()}

    # ---- the climb ---------------------------------------------------------------------------

    def start(self, request, progress):
        points = self.needed_points()
        start, wish, lines = begun(request, points)
        self.begin(start, wish.kind, lines)
        return self.state(words.of_start(wish.K))

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
            said = words.of_e_step(climb.log_likelihoods, self.points.n)
        elif climb.stage == "M":
            said = words.of_m_step(before, climb.mixture)
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
        left = MOST_STEPS - climb.steps
        return self.climbed(left if left > 0 else MOST_STEPS, progress)

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
        said = words.of_steps(climb.steps - before, climb.log_likelihoods)
        return self.state(climb.ended.reason if climb.ended else said)

    def fit(self, request, progress):
        points = self.needed_points()
        wish = Wish(request, points)
        starts = whole(request, "starts", 1, 100, 10)
        progress({"starts": starts})
        run = fit(
            points.x,
            wish.K,
            wish.rng,
            starts,
            covariance=wish.covariance,
            on_step=lambda step, mixture, log_likelihood: progress(
                {"step": step, "log_likelihood": log_likelihood}
            ),
        )
        line = f"run = fit(x, {wish.K}, np.random.default_rng({wish.seed}), starts={starts}"
        self.begin(run.mixtures[0], wish.kind, [f"{line}{wish.options})"])
        self.climb.end_with(run)
        self.fitted = True
        self.share_out()
        tops, basin = maxima.grouped(run.finals.tolist(), run.log_likelihood)
        collapsed = int(np.isnan(run.finals).sum())
        said = words.of_fit(run.reached_best, starts, collapsed, run.search.moves)
        return {
            **self.state(said),
            "starts": [
                {"log_likelihood": None if b is None else f, "basin": b, "stopped": stopped(f, run)}
                for f, b in zip(run.finals.tolist(), basin)
            ],
            "maxima": tops,
            "collapsed": collapsed,
        }

    def bic(self, request, progress):
        points = self.needed_points()
        upto = whole(request, "upto", 1, MOST_K, 8)
        found, notes = [], []
        for K in range(1, upto + 1):
            progress({"K": K, "of": upto})
            try:
                wish = Wish(request, points, K=K)
                run = fit(points.x, K, wish.rng, covariance=wish.covariance)
                found.append(bic(points.x, run))
            except CollapseError as error:
                found.append(None)
                notes.append(f"K = {K}: {words.of_collapse(error, wish.kind, points.n)[0]}")
            except Refusal as refusal:
                if refusal.answer.get("about") != "K":
                    raise
                found.append(None)
                notes.append(f"K = {K}: {refusal}")
        known = [K for K in range(1, upto + 1) if found[K - 1] is not None]
        best = min(known, key=lambda K: found[K - 1], default=None)
        return {"bic": found, "best": best, "notes": notes}

    def basin(self, request, progress):
        points, climb = self.needed_points(), self.needed_climb()
        covariance = KINDS[self.kind]
        seed = whole(request, "seed", 0, 2**53 - 1, 1)
        x = points.x
        if points.n > maxima.ROWS:
            x, _ = points.rows.some(maxima.ROWS, np.random.default_rng(seed))
        ends = maxima.of_random_starts(x, climb.mixture.K, covariance, seed, progress)
        try:
            here = em(x, climb.mixture, covariance=covariance, keep_mixtures=False).log_likelihood
        except CollapseError:
            here = None
        tops, _ = maxima.grouped(ends, here)
        basin = next((i for i, top in enumerate(tops) if top["here"]), None)
        collapsed = int(np.isnan(ends).sum())
        said = words.of_basin(basin, tops, collapsed, len(ends))
        if here is None:
            said += " This run collapses on its way."
        if len(x) < points.n:
            said += f" All this on {len(x)} of the {points.n} points, drawn at random."
        return {
            "basin": basin,
            "of": len(tops),
            "maxima": tops,
            "collapsed": collapsed,
            "log_likelihood": here,
            "best": tops[0]["log_likelihood"] if tops else None,
            "words": said,
        }

    # ---- what is taken away ------------------------------------------------------------------

    def python(self, request, progress):
        points, lines = self.needed_points(), []
        lines += points.lines
        if self.climb is not None:
            lines += self.start_lines
            lines += self.climb_lines()
        names = [n for n in PUBLIC if any(re.search(rf"\b{n}\b(?!')", line) for line in lines)]
        head = ["import numpy as np", ""] if any("np." in line for line in lines) else []
        if names:
            head.append(f"from gmmlib import {', '.join(names)}")
        if any("read_points(" in line for line in lines):
            head.append("from gmmlib.playground import read_points")
        return {"lines": "\n".join([*head, "", *lines]) + "\n"}

    def climb_lines(self):
        climb, options = self.climb, "" if self.kind == "full" else f", covariance={self.kind}"
        if self.fitted:
            return ["print(run)", "print(run.mixture)"]
        if climb.stage == "start":
            return ["print(start)"]
        steps = f", max_steps={climb.climb.steps}"
        if climb.stage == "stopped" and climb.steps < MOST_STEPS:
            steps = ""
        lines = [f"run = em(x, start{options}{steps})"]
        if climb.stage == "M":
            lines.append(f"mixture = m_step(e_step(x, run.mixture){options})")
            return [*lines, "print(mixture)"]
        return [*lines, "print(run)", "print(run.mixture)"]

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
        return self.state(words.of_start(mixture.K))

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

    def collapsed(self, error):
        said, advice = words.of_collapse(error, self.kind if self.climb else "full", 0)
        answer = {
            "refused": said,
            "about": "run",
            "component": error.component,
            "collapsed": error.component,
            "step": error.step,
            "advice": advice,
        }
        return {**answer, "state": self.state(said)} if self.climb else answer


def stopped(final, run):
    """How a start of `fit` ended, in words."""
    if final != final:
        return "collapsed"
    return "came to an end" if final >= run.finals[0] else "was left behind"


def is_text(value):
    return isinstance(value, str)


PUBLIC = (
    "Mixture",
    "data",
    "diagonal",
    "e_step",
    "em",
    "fit",
    "kmeans_plus_plus_start",
    "m_step",
    "means_start",
    "random_start",
    "sample",
    "spherical",
    "tied",
)
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
