"""Does `gmmlib.fit` find the best maximum? Beside scikit-learn; writes benchmarks/SEARCH.md.

python benchmarks/search.py                            all that is written (make bench-search)
python benchmarks/search.py rare plane --seeds 0 1 2   these alone: prints, and writes nothing

The best maximum known of a problem is looked for once, from everywhere and at length, and kept in
_build/search/; so is what scikit-learn did, which a run of chosen problems does not do again
(--anew does). What is measured, and how, is said in the text that it writes, at the end.
"""

import argparse
import hashlib
import json
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np
import threadpoolctl
from measuring import HERE, digits, load, machine, table, without_steering
from peers import OneDAL
from problems import PROBLEMS
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

import gmmlib

KEPT = Path(__file__).parents[1] / "_build" / "search"
JUDGED = ["blobs", "stretched", "overlapping", "rare", "plane", "wide", "units", "many"]
FURTHER = ["background", "shares", "digits", "spiral", "counts", "uneven", "tails", "faithful"]
SEEDS = (0, 1, 2)
NEAR = 0.02  # nats: a run that ends no further below the best counts as having found it
STARTS, SECONDS = 60, 120  # the long search: at most so many starts, and so many seconds of CPU


# ---- the two sides ---------------------------------------------------------------------------


def ours(x, K, seed):
    return gmmlib.fit(x, K, np.random.default_rng(seed), accelerate=True, threads=1)


def theirs(x, K, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(K, n_init=10, random_state=seed).fit(x)


def measured(work, *arguments):
    """What it returns (None where it raises that a component collapsed), and CPU seconds."""
    begun = time.process_time()
    try:
        result = work(*arguments)
    except gmmlib.CollapseError:
        result = None
    return result, time.process_time() - begun


# ---- the best maximum known ------------------------------------------------------------------


def climbed(x, start, tolerance=1e-9):
    """EM from here, to the end: the run, or None if a component collapses."""
    try:
        return gmmlib.em(x, start, (), tolerance, 5_000, accelerate=True, threads=1)
    except (gmmlib.CollapseError, ArithmeticError):
        return None


def smallest_group(x, mixture):
    """The rows of the component that has the fewest."""
    return float(mixture.weights.min() * len(x))


def is_needle(x, mixture):
    """Whether a component has so few rows that it is their shape: no maximum worth finding.

    The likelihood has no highest point: it grows without bound as a component closes in on
    points in a plane, of which there are always d.
    """
    return smallest_group(x, mixture) < 2 * (x.shape[1] + 1)


def mixture_of(model):
    return gmmlib.Mixture(model.weights_ / model.weights_.sum(), model.means_, model.covariances_)


def long_search(x, K):
    """Many starts on all the data, in turn of three kinds; the three best go on to the end."""
    rng, begun, ends = np.random.default_rng(2024), time.process_time(), []
    kinds = [gmmlib.kmeans_plus_plus_start, gmmlib.random_start, short_runs_start]
    for turn in range(STARTS):
        if time.process_time() - begun > SECONDS:
            break
        start = kinds[turn % len(kinds)](x, K, rng)
        try:
            ends.append(gmmlib.em(x, start, (), 1e-3, 300, accelerate=True, threads=1))
        except (gmmlib.CollapseError, ArithmeticError):
            continue
    ends = [run for run in ends if not is_needle(x, run.mixture)]
    ends.sort(key=lambda run: -run.log_likelihood)
    return [climbed(x, run.mixture) for run in ends[:3]]


def short_runs_start(x, K, rng):
    """The best of ten runs of five steps each, on 5,000 rows at most."""
    rows = x[rng.choice(len(x), size=min(len(x), 5_000), replace=False)]
    best = None
    for _ in range(10):
        start = gmmlib.kmeans_plus_plus_start(rows, K, rng)
        try:
            run = gmmlib.em(rows, start, (), 0, 5, threads=1)
        except gmmlib.CollapseError:
            continue
        if best is None or run.log_likelihood > best.log_likelihood:
            best = run
    return gmmlib.kmeans_plus_plus_start(x, K, rng) if best is None else best.mixture


class Record:
    """What is known of a problem, kept in a file: the best maximum, and what scikit-learn did."""

    def __init__(self, problem):
        self.problem = problem
        self.x, self.labels = problem.make()
        self.path = KEPT / f"{problem.name}.json"
        mark = hashlib.sha256(self.x.tobytes() + bytes([problem.K])).hexdigest()[:16]
        known = json.loads(self.path.read_text()) if self.path.exists() else {}
        fits = known.get("data") == mark
        self.known = known if fits else {"data": mark, "best": None, "ends": {}, "theirs": {}}

    @property
    def best(self):
        return self.known["best"]

    def save(self):
        KEPT.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.known, indent=1))

    def offer(self, who, run):
        """A contender's run: kept if it is the best so far and no needle."""
        if run is None:
            return
        needle = is_needle(self.x, run.mixture)
        height, smallest = run.log_likelihood, smallest_group(self.x, run.mixture)
        before = self.known["ends"].get(who, {"height": -np.inf})
        if height > before["height"]:
            self.known["ends"][who] = {"height": height, "rows": smallest, "needle": needle}
        if not needle and (self.best is None or height > self.best):
            self.known["best"] = height

    def their_run(self, seed, anew=False):
        """How scikit-learn ended, where EM goes on to from there, and its CPU seconds."""
        if anew or str(seed) not in self.known["theirs"]:
            model, seconds = measured(theirs, self.x, self.problem.K, seed)
            on = climbed(self.x, mixture_of(model))
            self.offer(f"scikit-learn, seed {seed}, continued", on)
            height = gmmlib.log_likelihood(self.x, mixture_of(model))
            after = None if on is None else on.log_likelihood
            self.known["theirs"][str(seed)] = [float(height), after, seconds]
            self.save()
        return self.known["theirs"][str(seed)]

    def look(self, seeds):
        """Look for the best maximum from everywhere, unless that was done before."""
        if self.known.get("searched"):
            return
        x, K = self.x, self.problem.K
        if self.labels is not None:
            self.offer("the true labels", climbed(x, gmmlib.labels_start(x, self.labels)))
        for i, run in enumerate(long_search(x, K)):
            self.offer(f"long search, {i + 1}", run)
        for seed in seeds:
            self.their_run(seed)
        try:
            self.offer("oneDAL", climbed(x, OneDAL().search(x, K)))
        except (ImportError, RuntimeError, ValueError):
            pass  # not installed, or it ended in a mixture that is none
        self.known["searched"] = True
        self.save()


# ---- what is measured ------------------------------------------------------------------------


def runs_of(name, seeds, anew=False):
    """Each seed's run: nats short of the best, and seconds, of both sides."""
    record = Record(PROBLEMS[name])
    record.look(seeds)
    ends = []
    for seed in seeds:
        run, seconds = measured(ours, record.x, record.problem.K, seed)
        record.offer(f"gmmlib.fit, seed {seed}", run)
        needle = run is not None and is_needle(record.x, run.mixture)
        height = -np.inf if run is None or needle else run.log_likelihood
        ends.append([seed, height, needle, seconds, *record.their_run(seed, anew)])
        record.save()
        print(" | ".join(line(row_of(record, *ends[-1]))), flush=True)
    # what counts is the best of all, which a later run may have been the first to reach
    return [row_of(record, *end) for end in ends]


def row_of(record, seed, height, needle, seconds, stopped, continued, their_seconds):
    short = record.best - height
    return {
        "name": record.problem.name,
        "seed": seed,
        "found": bool(short <= NEAR),
        "short": "a needle" if needle else nats(short),
        "seconds": seconds,
        "stopped": nats(record.best - stopped),
        "continued": "collapsed" if continued is None else nats(record.best - continued),
        "led": continued is not None and record.best - continued <= NEAR,
        "their seconds": their_seconds,
    }


def nats(short):
    if short == np.inf:
        return "collapsed"
    return f"{max(short, 0):,.{4 if short < 1 else 1}f}"


def line(row):
    marked = row["short"] if row["found"] else f"**{row['short']}**"
    return [
        f"{row['name']}, {row['seed']}",
        marked,
        row["stopped"],
        row["continued"],
        digits(row["seconds"]),
        digits(row["their seconds"]),
        f"{row['their seconds'] / row['seconds']:.1f}×",
    ]


def ten_starts():
    """Old Faithful, two components, ten starts each: milliseconds of CPU, the median of five."""
    x = gmmlib.data.old_faithful()
    clocks = [
        median(measured(side, x, 2, seed)[1] * 1000 for seed in range(5)) for side in (theirs, ours)
    ]
    return [*map(digits, clocks), f"{clocks[0] / clocks[1]:.1f}×"]


# ---- what is written -------------------------------------------------------------------------


HEAD = ["problem, seed", "fit", "scikit-learn", "and then EM", "fit", "scikit-learn", "faster"]
TEXT = """# Which maximum is found

Written by `make bench-search` (benchmarks/search.py); no number here is written by hand.

{machine} Load average {load_before} before and {load_after} after.

{judged}

**How measured.** `gmmlib.fit(x, K, rng, accelerate=True)` beside
`GaussianMixture(K, n_init=10, random_state=seed).fit(x)`, each as it is by default otherwise:
scikit-learn stops at its own tolerance, and widens each covariance by its `reg_covar` of 1e-6. CPU
seconds are `time.process_time`, with one thread on both sides (threadpoolctl).

The best maximum known of a problem is the highest of all that anybody reached: scikit-learn's
runs and gmmlib's, oneDAL's (the best of twenty short runs) where it is installed, EM from the
labels that the data were drawn with, and a long search (up to {starts} starts of three kinds on
all the data, {budget} seconds of CPU at most), each continued with `gmmlib.em` to a tolerance of
1e-9. The likelihood of a mixture has no highest point, since a component may close in on a few
rows: a maximum in which one has fewer than 2 (d + 1) rows does not count, for anybody.

The problems are in benchmarks/problems.py:

{problems}

## Each run

Nats below the best maximum known: where `fit` ends, where scikit-learn stops, and where EM goes
on to from there, without `reg_covar`. Then seconds of CPU. A run of `fit` that did not find the
best is in bold type.

{each}

## Further problems

Not counted above. {further}

{more}

## Ten starts on small data

Old Faithful, {n} rows, two components, ten starts on each side: milliseconds of CPU, the median of
five.

{small}
"""


def text(rows, load_before):
    judged = [row for row in rows if row["name"] not in FURTHER]
    further = [row for row in rows if row["name"] in FURTHER]
    problems = []
    for name in dict.fromkeys(row["name"] for row in rows):
        n, d = PROBLEMS[name].make()[0].shape
        problems.append([name, f"{n:,}, {d}, {PROBLEMS[name].K}", PROBLEMS[name].what])
    return TEXT.format(
        machine=machine(),
        load_before=load_before,
        load_after=load(),
        near=NEAR,
        judged=in_words(judged),
        further=in_words(further),
        starts=STARTS,
        budget=SECONDS,
        problems=table(["name", "n, d, K", "what it is"], problems),
        each=table(HEAD, map(line, judged)),
        more=table(HEAD, map(line, further)),
        n=len(gmmlib.data.old_faithful()),
        small=table(["", "scikit-learn", "gmmlib", "faster"], [["CPU", *ten_starts()]]),
    )


def in_words(rows):
    if not rows:
        return "Not measured."
    n, (ours_found, they_found) = len(rows), (sum(r[s] for r in rows) for s in ("found", "led"))
    seconds, their_seconds = (sum(r[s] for r in rows) for s in ("seconds", "their seconds"))
    return (
        f"**{ours_found} of {n}** runs of `gmmlib.fit` end within {NEAR} nats of the best maximum\n"
        f"known, in {digits(seconds)} seconds of CPU all together. scikit-learn takes "
        f"{digits(their_seconds)} seconds,\n{their_seconds / seconds:.1f} times as much; "
        f"{they_found} of its {n} runs lead there, if EM goes on from where they stop."
    )


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("names", nargs="*", choices=[*PROBLEMS, []], help="problems, or all")
    asked.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    asked.add_argument("--anew", action="store_true", help="time scikit-learn again, too")
    asked.add_argument("--to", type=Path, help="write the text here")
    given = asked.parse_args()
    begun, load_before = time.time(), load()
    with threadpoolctl.threadpool_limits(1):
        rows = []
        for name in given.names or JUDGED + FURTHER:
            rows += runs_of(name, given.seeds, given.anew or not given.names)
        to = given.to or (None if given.names else HERE / "SEARCH.md")
        if to:
            to.write_text(text(rows, load_before))
    for part in ([r for r in rows if r["name"] not in FURTHER], rows):
        found, seconds = sum(r["found"] for r in part), sum(r["seconds"] for r in part)
        print(f"within {NEAR} nats of the best: {found} of {len(part)}, {seconds:.1f} s of CPU")
    print(json.dumps({"seconds": round(time.time() - begun)}))


if __name__ == "__main__":
    without_steering()
    main()
