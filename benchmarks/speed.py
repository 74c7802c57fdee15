"""gmmlib beside scikit-learn and others, from the same starts; writes benchmarks/RESULTS.md.

python benchmarks/speed.py        (make bench: about twenty minutes)

What is measured, and how, is said in the text that it writes, at the end of this file. The other
sides are in peers.py.
"""

import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median

import by_hand as hand
import numpy as np
import peers
import threadpoolctl
from measuring import (
    HERE,
    digits,
    kilobytes,
    load,
    machine,
    milliseconds,
    problem,
    table,
    times,
    without_steering,
)

import gmmlib
from gmmlib import textbook

SMALL = {"scikit-learn": 6}  # how many times faster than whom we want to be on the small data,
LARGE = {"scikit-learn": 1, "oneDAL": 1}  # and from 1,000 rows of five columns on

# n, d, K; what is wanted; steps of a short and of a long run; the median of so many; runs in one
# measurement
CASES = [
    (272, 2, 2, SMALL, (5, 20), 7, 30),
    (2_000, 1, 2, SMALL, (5, 20), 7, 30),
    (1_000, 5, 5, LARGE, (5, 20), 7, 10),
    (4_000, 5, 5, LARGE, (5, 20), 7, 5),
    (5_000, 5, 5, LARGE, (5, 20), 7, 5),
    (10_000, 50, 2, LARGE, (2, 8), 3, 1),
    (5_000, 100, 5, LARGE, (2, 8), 3, 1),
    (20_000, 100, 5, LARGE, (2, 8), 3, 1),
    (5_000, 200, 3, LARGE, (2, 8), 3, 1),
    (100_000, 2, 3, LARGE, (5, 20), 7, 1),
    (1_000_000, 2, 3, LARGE, (2, 8), 3, 1),
    (1_000_000, 1, 3, LARGE, (2, 8), 3, 1),
    (100_000, 20, 10, LARGE, (2, 8), 3, 1),
    (200_000, 50, 20, LARGE, (2, 5), 3, 1),
]
PATIENCE = 6_000  # milliseconds: what takes longer than this, long and short run, is done once
MEMORY = [(1_000_000, 2, 3), (1_000_000, 1, 3), (100_000, 20, 10), (200_000, 50, 20)]
MANY = [1_000, 2_000, 4_000, 5_000, 8_000, 16_000, 32_000, 100_000]
COSTS = [  # what grows, and the sizes
    ("n", [(n, 2, 3) for n in MANY]),
    ("n", [(n, 5, 5) for n in MANY]),
    ("K", [(20_000, 5, K) for K in (2, 3, 5, 10, 20, 40)]),
    ("d", [(10_000, d, 3) for d in (1, 2, 3, 5, 10, 20, 40, 80, 160)]),
]
CLIFF = 1.25  # what no cost may rise by from one number of rows to the next


# ---- the two sides ---------------------------------------------------------------------------


def theirs(X, start, steps):
    return peers.ScikitLearn().fit((X, start), steps)


def ours(X, start, steps, threads=None):
    return gmmlib.em(X, start, tolerance=0, max_steps=steps, threads=threads)


def refuse_difference(X, start, steps):
    """Whether both did the same steps and came to the same answer; stops everything if not."""
    model, run = theirs(X, start, steps), ours(X, start, steps)
    if not model.n_iter_ == run.steps == steps:
        raise SystemExit(f"{model.n_iter_} and {run.steps} steps, not {steps}: {X.shape}")
    apart = abs(model.score(X) * len(X) / run.log_likelihood - 1)
    if not apart < 1e-10:
        raise SystemExit(f"the log-likelihoods are {apart:.1e} apart: {X.shape}")
    return apart


def agreement(peer, prepared, steps):
    """How far a peer's mixture is from ours in its log-likelihood, and in what it reports of it."""
    X, start = prepared[:2]
    answer = peer.answer(prepared, peer.fit(prepared, steps))
    run = ours(X, start, steps)
    apart = abs(ours(X, answer.mixture, 0).log_likelihood / run.log_likelihood - 1)
    if answer.log_likelihood is None:
        return apart, np.nan
    then = run.log_likelihoods[steps if answer.steps is None else answer.steps]
    return apart, abs(answer.log_likelihood / then - 1)


# ---- what is measured ------------------------------------------------------------------------


def paces(clocks, few, many, repeats):
    """In turn: each side's milliseconds for one step, and for the long run; medians, by name."""
    seen = {name: [] for name in clocks}
    for _ in range(repeats):
        for name, clock in clocks.items():
            if not seen[name] or sum(seen[name][0]) < PATIENCE:
                seen[name].append((clock(few), clock(many)))
    pairs = {name: np.array(pair).T for name, pair in seen.items()}
    each = {name: np.median(long - short) / (many - few) for name, (short, long) in pairs.items()}
    return each, {name: np.median(long) for name, (_, long) in pairs.items()}


def our_clock(X, start, runs):
    def clock(steps):
        with threadpoolctl.threadpool_limits(1):
            return milliseconds(time.process_time, runs, ours, X, start, steps, 1)

    return clock


def speed(others):
    """Rows of the tables of one step, of whole calls and of agreement; and our clocks by size."""
    per_step, whole, ours_per_step = [], [], {}
    found = {name: peer for name, peer in others.items() if not isinstance(peer, str)}
    apart = {name: [] for name in found}
    for n, d, K, wanted, (few, many), repeats, runs in CASES:
        X, start = problem(n, d, K)
        difference = refuse_difference(X, start, many)
        clocks = {"gmmlib": our_clock(X, start, runs)}
        for name, peer in found.items():
            try:
                prepared = peer.prepare(X, start)
                apart[name].append(agreement(peer, prepared, many))
            except subprocess.CalledProcessError:
                continue  # a peer that stops before the end stops nobody else
            clocks[name] = partial(peer.clock, prepared, runs=runs)
        each, total = paces(clocks, few, many, repeats)
        we = ours_per_step[n, d, K] = each["gmmlib"]
        size = f"{n:,}, {d}, {K}"
        cells = [
            beside(each[name], we) if name in each else missing(peer)
            for name, peer in others.items()
        ]
        per_step.append([size, digits(we), *cells, verdict(wanted, each)])
        wall = [
            median(milliseconds(time.perf_counter, runs, side, X, start, many) for _ in range(3))
            for side in (theirs, ours)
        ]
        cpu = total["scikit-learn"], total["gmmlib"]
        whole.append([size, many, *map(digits, cpu), times(cpu)])
        whole[-1] += [*map(digits, wall), times(wall), f"{difference:.0e}"]
        print(" | ".join(map(str, per_step[-1])), flush=True)
    return per_step, whole, agreements(others, apart), ours_per_step


def missing(peer):
    return "not installed" if isinstance(peer, str) else "stops"


def beside(they, we):
    return f"{digits(they)} ({they / we:.{1 if they > we else 2}f}×)"


def verdict(wanted, each):
    """Whether we are as many times faster as we want to be, in words."""
    we = each["gmmlib"]
    bars = " and ".join(f"{name} {bar}×" for name, bar in wanted.items())
    absent = [name for name in wanted if name not in each]
    short = [
        f"{name} {each[name] / we:.2f}×"
        for name, bar in wanted.items()
        if name in each and not each[name] > bar * we
    ]
    if short:
        return f"{bars} **missed**: {', '.join(short)}"
    return f"{bars} met" + (f"; {', '.join(absent)} not measured" if absent else "")


def agreements(others, apart):
    rows = []
    for name, peer in others.items():
        if isinstance(peer, str):
            rows.append([name, f"not installed ({peer})", "", "", ""])
            continue
        mixture, reported = np.max(apart[name] or [(np.nan, np.nan)], axis=0)
        said = "reports none" if np.isnan(reported) else f"{reported:.0e}"
        same = "yes" if mixture < 1e-10 else "**no**"
        rows.append([name, peer.version, peer.begins, f"{same}, {mixture:.0e}", said])
    return rows


def costs():
    """Nanoseconds for one row, component and feature: a table for each thing that grows."""
    tables = []
    for grows, sizes in COSTS:
        rows, before = [], None
        for n, d, K in sizes:
            step = float(alone("cost", n, d, K))
            cost = step * 1e6 / features(n, d, K)
            rise = "" if before is None else f"{cost / before:.2f}×"
            if grows == "n" and before is not None and cost > CLIFF * before:
                rise = f"**{rise}**"
            rows.append([f"{n:,}, {d}, {K}", digits(step), f"{cost:.2f}", rise])
            before = cost
            print(" | ".join(rows[-1]), flush=True)
        tables.append(table(["n, d, K", "one step", "cost", "of the one above"], rows))
    return "\n\n".join(tables)


def features(n, d, K):
    return n * K * (d + 1) * (d + 2) / 2


def cost_of(n, d, K):
    """In a fresh process, whose memory nothing before has shaped: milliseconds for one step."""
    runs = max(1, round(1.5e6 / features(n, d, K)))
    few, many = (5, 20) if features(n, d, K) < 1e7 else (2, 5)
    return paces({"gmmlib": our_clock(*problem(n, d, K), runs)}, few, many, 5)[0]["gmmlib"]


def alone(what, n, d, K):
    """What this file prints when it is asked, in a fresh process."""
    command = [sys.executable, __file__, what, *map(str, (n, d, K))]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def textbook_step(X, *theta):
    shares, _ = textbook.e_step(X, *theta)
    return textbook.m_step(X, shares)


def by_hand(ours_per_step):
    """The textbook's ways, one thread: milliseconds of CPU for one step."""
    rows = []
    for n, d, K in [(2_000, 1, 2), (1_000_000, 2, 3), (100_000, 20, 10)]:
        X, start = problem(n, d, K)
        theta = start.weights, start.means, start.covariances
        one_step = ours(X, start, 1).mixture.means
        np.testing.assert_allclose(textbook.em(X, *theta, 1)[1], one_step, rtol=1e-8)
        with threadpoolctl.threadpool_limits(1):
            clock = time.process_time
            plain = median(milliseconds(clock, 1, textbook_step, X, *theta) for _ in range(7))
            loop = ""
            if d == 1:
                lists = [X[:, 0].tolist(), *(values.ravel().tolist() for values in theta)]
                np.testing.assert_allclose(hand.loop(*lists)[1], one_step[:, 0], rtol=1e-8)
                loop = median(milliseconds(clock, 1, hand.loop, *lists) for _ in range(7))
                loop = f"{digits(loop)} ({loop / ours_per_step[n, d, K]:.0f}×)"
        we = ours_per_step[n, d, K]
        rows.append([f"{n:,}, {d}, {K}", loop, f"{digits(plain)} ({plain / we:.1f}×)", digits(we)])
    return rows


def exponentials(n, K):
    """n K exponentials and n logarithms, in blocks that stay in the cache."""
    block = np.linspace(-20, 0, K * 8192).reshape(K, -1)
    out = np.empty_like(block)
    for _ in range(round(n / 8192)):
        np.exp(block, out=out)
        np.log(out[0], out=out[0])


def limits(ours_per_step):
    """What no EM in double precision can leave out: milliseconds of CPU, one thread."""
    rows = []
    for (n, d, K), we in ours_per_step.items():
        if n < 100_000:
            continue
        numbers = problem(n, d, K)[0].ravel()
        with threadpoolctl.threadpool_limits(1):
            clock = time.process_time
            exps = median(milliseconds(clock, 1, exponentials, n, K) for _ in range(7))
            read = median(milliseconds(clock, 1, np.dot, numbers, numbers) for _ in range(7))
        share = f"{(exps + read) / we:.0%}"
        rows.append([f"{n:,}, {d}, {K}", digits(exps), digits(read), digits(we), share])
    return rows


def memory():
    """Peak memory of one fit of two steps beyond what was there before: MB, each side."""
    if not Path("/proc/self/clear_refs").exists():
        return []
    rows = []
    for size in MEMORY:
        n, d, K = size
        used = [float(alone(side, n, d, K)) for side in ("theirs", "ours")]
        data = n * d * 8 / 1e6
        rows.append([f"{n:,}, {d}, {K}", f"{data:.0f}", *(f"{u:.1f}" for u in used)])
    return rows


def memory_of(side, n, d, K):
    """In a fresh process: how far the resident set rises above where it was, in MB."""
    fit = {"theirs": theirs, "ours": ours}[side]
    fit(*problem(max(1_000, 4 * K * d), d, K), 2)  # what the libraries take once
    X, start = problem(n, d, K)
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is forgotten
    before = kilobytes("VmRSS")
    fit(X, start, 2)
    return (kilobytes("VmHWM") - before) * 1024 / 1e6


def leaps():
    """E-steps until the log-likelihood is within 1e-6 nats of its maximum."""
    truth = gmmlib.Mixture([0.5, 0.5], [-1, 1], [1, 1])
    x, _ = gmmlib.sample(truth, 5_000, np.random.default_rng(3))
    start = gmmlib.Mixture([0.5, 0.5], [-0.5, 0.5], [1, 1])
    runs = [
        gmmlib.em(x, start, tolerance=1e-11, max_steps=20_000, accelerate=accelerate)
        for accelerate in (False, True)
    ]
    top = max(run.log_likelihood for run in runs)
    steps = [int(np.argmax(run.log_likelihoods >= top - 1e-6)) for run in runs]
    # the leaps that were refused are E-steps too
    return [
        gmmlib.em(x, start, tolerance=0, max_steps=s, accelerate=a).e_steps
        for s, a in zip(steps, (False, True))
    ]


def accuracy():
    """The error of the log-likelihood after 20 steps, in nats: theirs and ours."""
    rng = np.random.default_rng(5)
    n = 300
    labels = np.arange(n) % 2
    z = rng.normal(size=(n, 2))
    near = z + np.array([[-1.5, 0], [1.5, 1]])[labels]
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    tight = np.where(labels[:, None], [3, 0] + 1e-6 * z, z)
    means = np.array([[-1.0, 0], [1, 1]])
    cases = {
        "none": (near, means),
        "data 10⁶ from the origin": (near + 1e6, means + 1e6),
        "data 10⁸ from the origin": (near + 1e8, means + 1e8),
        "condition 10⁴": (near * [1, 1e-2] @ turn.T, means * [1, 1e-2] @ turn.T),
        "condition 10⁶": (near * [1, 1e-3] @ turn.T, means * [1, 1e-3] @ turn.T),
        "a cluster of width 10⁻⁶": (tight, np.array([[0.0, 0], [3, 0]])),
    }
    rows = []
    for name, (X, means) in cases.items():
        start = gmmlib.Mixture([0.5, 0.5], means, np.repeat(np.eye(2)[None], 2, axis=0))
        truth = hand.exact(X, start.weights, start.means, start.covariances, 20)
        try:
            their_error = f"{abs(theirs(X, start, 20).score(X) * n - truth):.0e}"
        except ValueError as error:
            their_error = f"stops: {str(error).split('.')[0]}"
        run = ours(X, start, 20)
        rows.append([name, f"{truth:.1f}", their_error, f"{abs(run.log_likelihood - truth):.0e}"])
    return rows


# ---- what is written -------------------------------------------------------------------------


TEXT = """# gmmlib beside scikit-learn and others

Written by `make bench` (benchmarks/speed.py); no number here is written by hand.

{machine} Load average {load_before} before and {load_after} after, on {cores} cores, of which
this benchmark itself makes one to {cores}.

**How measured.** In turn, on the same data and from the same start (equal weights, given means,
unit covariances), without regularization and with a tolerance of 0 (scikit-learn: `reg_covar=0,
tol=0`), for a fixed number of M-steps, and one E-step more, which oneDAL leaves out. scikit-learn
skips its own initialization when given a full start; mlpack takes no start from Python, and begins
at its own k-means (of one round, the same in each process), where gmmlib begins too when the two
are compared. All count all they do: scikit-learn and gmmlib their checks, gmmlib a first pass for
the mean and covariance, mlpack its k-means. CPU times are `time.process_time` with one thread on
each side (threadpoolctl, and oneDAL's own setting), so the neighbours on a shared machine disturb
little; mlpack and Armadillo run in processes of their own, and look at the same clock there.
Wall times, with default threads, the neighbours do disturb. Numbers are medians: of seven up to
100,000 rows of a few columns and of three elsewhere, of one where a long and a short run together
take a peer more than six seconds; wall times of three. Each measurement of the smallest sizes is
the mean of up to 30 runs. The benchmark stops if the log-likelihoods of scikit-learn and gmmlib
are more than 1e-10 of themselves apart. Armadillo is its `gmm_full`, in a C++ program compiled
here with -O3 -march=native (benchmarks/gmm_full.cpp). pomegranate is not measured: it needs
PyTorch.

**How to read.** The first table is the pace of the climb; the third is what a caller waits for,
with everything before the first step and after the last one. They differ most where n is small.

## One step

Milliseconds of CPU for one step, one thread: the difference between a long run (of the steps that
the third table gives) and a short one (5 steps; 2 where n or d is large), divided by the steps
between them. In brackets: how many times gmmlib's.

{per_step}

## Do they agree?

How far the log-likelihoods are apart after the long run, as a share of themselves and at the size
where they are furthest: first that of the peer's mixture, computed by gmmlib for it and
for gmmlib's own; then the one that the peer reports (oneDAL's: of the mixture before its last
M-step).

{agree}

## Whole calls

`GaussianMixture.fit` and `em`, milliseconds for one call of so many steps: CPU with one thread,
then wall with default threads; and how far the log-likelihoods are apart.

{whole}

## The cost of a row

One step, one thread: milliseconds of CPU, and nanoseconds for each row, component and feature,
of which d columns have (d + 1)(d + 2)/2; each size in a fresh process, since what memory a process
has given back before decides whether the next step must ask for it anew. The first two tables
should fall or stay level as n grows: where the cost rises by more than {cliff:g} times from one n
to the next, the rise is in bold type.

{costs}

## Against EM by hand

One step, milliseconds of CPU with one thread: a Python loop from point to point, and plain
vectorised NumPy (gmmlib/textbook.py). In
brackets: how many times gmmlib's.

{by_hand}

## Against the machine

What no EM in double precision can leave out: n·K exponentials and n logarithms (`np.exp` and
`np.log` in blocks that stay in the cache), and one read of the data (`np.dot` with itself).
Milliseconds of CPU, one thread. The rest of a step is its two matrix products, which grow as
n·K·d², the squares of the data, n·d²/2, and the sums that make shares of exponentials.

{limits}

## Memory

The peak of one fit of two steps beyond what was in use before (the data among it): MB, default
threads. Each in a fresh process after a fit of a few thousand rows at most; the rise of the
resident set's high-water mark (VmHWM in /proc/self/status, set back through /proc/self/clear_refs
just before). Not `ru_maxrss`, which a process may inherit from the one that started it, nor
tracemalloc, which does not see the BLAS's buffers.

{memory}

## Acceleration

Two components of weight ½ two standard deviations apart, 5,000 points: E-steps until the
log-likelihood is within 1e-6 nats of its maximum. Plain EM {plain:,}, `accelerate=True`
{accelerated:,} (refused leaps counted): {gain:.0f} times fewer.

## Accuracy

The error of the log-likelihood after 20 steps, in nats, against EM in extended precision
(np.longdouble, {bits} bits): 300 points in two dimensions, two components.

{accuracy}
"""


def main():
    begun, load_before = time.time(), load()
    used = memory()
    others = peers.here()
    per_step, whole, agree, ours_per_step = speed(others)
    plain, accelerated = leaps()
    size, side = "n, d, K", ["scikit-learn", "gmmlib"]
    installed = [f"{p.name} {p.version}" for p in others.values() if not isinstance(p, str)]
    text = TEXT.format(
        machine=machine(*installed[1:]),
        cores=os.cpu_count(),
        load_before=load_before,
        per_step=table([size, "gmmlib", *others, "wanted"], per_step),
        agree=table(["", "version", "begins at", "the same mixture", "its report"], agree),
        whole=table(
            [size, "steps"]
            + [f"{s}, {c}" for c in ("CPU", "wall") for s in [*side, "faster"]]
            + ["apart"],
            whole,
        ),
        cliff=CLIFF,
        costs=costs(),
        by_hand=table([size, "loop", "NumPy", "gmmlib"], by_hand(ours_per_step)),
        limits=table([size, "exp and log", "one read", "gmmlib", "of it"], limits(ours_per_step)),
        memory=table([size, "the data", *side], used),
        plain=plain,
        accelerated=accelerated,
        gain=plain / accelerated,
        bits=np.finfo(np.longdouble).nmant + 1,
        accuracy=table(["difficulty", "log-likelihood", *side], accuracy()),
        load_after=load(),
    )
    (HERE / "RESULTS.md").write_text(text)
    print(text)
    print(json.dumps({"seconds": round(time.time() - begun)}))


if __name__ == "__main__":
    without_steering()
    if sys.argv[1:]:
        what, *size = sys.argv[1], *map(int, sys.argv[2:])
        print(cost_of(*size) if what == "cost" else memory_of(what, *size))
    else:
        main()
