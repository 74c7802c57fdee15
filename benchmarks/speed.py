"""gmmlib beside scikit-learn, in one process and in turn; writes benchmarks/RESULTS.md.

python benchmarks/speed.py        (make bench: about ten minutes)

What is measured, and how, is said in the text that it writes, at the end of this file.
"""

import json
import os
import platform
import subprocess
import sys
import time
import warnings
from pathlib import Path
from statistics import median

import numpy as np
import scipy
import sklearn
import textbook
import threadpoolctl
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

import gmmlib

HERE = Path(__file__).parent
STEERING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # choose an older BLAS kernel

# n, d, K; how many times faster we want to be; steps of a short and of a long run; the median of
# so many; runs in one measurement
CASES = [
    (272, 2, 2, 3.5, (5, 20), 7, 30),
    (2_000, 1, 2, 3.5, (5, 20), 7, 30),
    (100_000, 2, 3, None, (5, 20), 7, 1),
    (1_000_000, 2, 3, 8, (5, 20), 3, 1),
    (1_000_000, 1, 3, 7, (5, 20), 3, 1),
    (100_000, 20, 10, 2.5, (5, 20), 3, 1),
    (200_000, 50, 20, 2, (2, 5), 3, 1),
]
MEMORY = [(1_000_000, 2, 3), (1_000_000, 1, 3), (100_000, 20, 10), (200_000, 50, 20)]


# ---- the two sides ---------------------------------------------------------------------------


def problem(n, d, K):
    """Data of overlapping clusters, on which EM is far from done after 20 steps; and a start."""
    rng = np.random.default_rng(1)
    means = rng.normal(size=(K, d)) * 2 / np.sqrt(d)
    X = np.empty((n, d))
    for rows in np.array_split(X, max(1, n // 10_000)):
        rows[:] = rng.normal(size=rows.shape) + means[rng.integers(K, size=len(rows))]
    off = means + 0.3 * rng.normal(size=means.shape)
    return X, gmmlib.Mixture(np.full(K, 1 / K), off, np.repeat(np.eye(d)[None], K, axis=0))


def theirs(X, start, steps):
    model = GaussianMixture(
        start.K,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=start.covariances,  # all of ours are 1
        reg_covar=0,
        tol=0,
        max_iter=steps,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X)


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


# ---- what is measured ------------------------------------------------------------------------


def milliseconds(clock, runs, work, *arguments):
    begun = clock()
    for _ in range(runs):
        work(*arguments)
    return (clock() - begun) / runs * 1000


def speed():
    per_step, whole, ours_per_step = [], [], {}
    for n, d, K, bar, (few, many), repeats, runs in CASES:
        X, start = problem(n, d, K)
        apart = refuse_difference(X, start, many)
        sides = [(theirs, X, start), (ours, X, start, 1)]
        cpu, wall = [], []
        with threadpoolctl.threadpool_limits(1):
            for _ in range(repeats):
                cpu.append(
                    [
                        milliseconds(time.process_time, runs, f, X, start, steps, *threads)
                        for steps in (few, many)
                        for f, X, start, *threads in sides
                    ]
                )
        for _ in range(repeats):
            wall.append(
                [milliseconds(time.perf_counter, runs, f, X, start, many) for f, *_ in sides]
            )
        cpu, wall = np.array(cpu), np.median(wall, axis=0)
        each = np.median(cpu[:, 2:] - cpu[:, :2], axis=0) / (many - few)
        total = np.median(cpu[:, 2:], axis=0)
        ours_per_step[n, d, K] = each[1]
        size, ratio = f"{n:,}, {d}, {K}", each[0] / each[1]
        verdict = "" if bar is None else f"{bar:g}× {'met' if ratio >= bar else '**missed**'}"
        per_step.append([size, *map(digits, each), times(each), verdict])
        whole.append(
            [size, many, repeats, *map(digits, total), times(total)]
            + [*map(digits, wall), times(wall), f"{apart:.0e}"]
        )
        print(" | ".join(per_step[-1]), *whole[-1], flush=True)
    return per_step, whole, ours_per_step


def by_hand(ours_per_step):
    """The textbook's ways, one thread: milliseconds of CPU for one step."""
    rows = []
    for n, d, K in [(2_000, 1, 2), (1_000_000, 2, 3), (100_000, 20, 10)]:
        X, start = problem(n, d, K)
        theta = start.weights, start.means, start.covariances
        one_step = ours(X, start, 1).mixture.means
        np.testing.assert_allclose(textbook.step(X, *theta)[1], one_step, rtol=1e-8)
        with threadpoolctl.threadpool_limits(1):
            clock = time.process_time
            plain = median(milliseconds(clock, 1, textbook.step, X, *theta) for _ in range(7))
            loop = ""
            if d == 1:
                lists = [X[:, 0].tolist(), *(values.ravel().tolist() for values in theta)]
                np.testing.assert_allclose(textbook.loop(*lists)[1], one_step[:, 0], rtol=1e-8)
                loop = median(milliseconds(clock, 1, textbook.loop, *lists) for _ in range(7))
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
        used = []
        for side in ("theirs", "ours"):
            command = [sys.executable, __file__, side, *map(str, size)]
            used.append(float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
        n, d, K = size
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


def kilobytes(name):
    """An entry of /proc/self/status."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])


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
        truth = textbook.exact(X, start.weights, start.means, start.covariances, 20)
        try:
            their_error = f"{abs(theirs(X, start, 20).score(X) * n - truth):.0e}"
        except ValueError as error:
            their_error = f"stops: {str(error).split('.')[0]}"
        run = ours(X, start, 20)
        rows.append([name, f"{truth:.1f}", their_error, f"{abs(run.log_likelihood - truth):.0e}"])
    return rows


# ---- what is written -------------------------------------------------------------------------


def digits(number):
    return f"{number:,.{3 if number < 10 else 1 if number < 100 else 0}f}"


def times(pair):
    return f"{pair[0] / pair[1]:.1f}×"


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine():
    """One line on the machine, one on the libraries."""
    model = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        names = [s for s in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in s]
        model = names[0].split(":")[1].strip() if names else model
    blas = [lib for lib in threadpoolctl.threadpool_info() if lib["user_api"] == "blas"]
    kernels = sorted({f"{b['internal_api']} {b['version']} ({b['architecture']})" for b in blas})
    git = ["git", "-C", str(HERE), "describe", "--always", "--dirty"]
    commit = subprocess.run(git, stdout=subprocess.PIPE, text=True).stdout.strip() or "no commit"
    return (
        f"{os.cpu_count()} cores, {model}, {platform.system()}; Python "
        f"{platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, "
        f"scikit-learn {sklearn.__version__}, gmmlib {gmmlib.__version__} ({commit}). BLAS, "
        f"and the kernel that runs: {', '.join(kernels)}."
    )


def load():
    return f"{os.getloadavg()[0]:.1f}"


def without_steering():
    """Start anew without the variables that make NumPy's BLAS choose an older kernel."""
    if any(name in os.environ for name in STEERING):
        for name in STEERING:
            os.environ.pop(name, None)
        os.execv(sys.executable, [sys.executable, *sys.argv])


TEXT = """# gmmlib beside scikit-learn

Written by `make bench` (benchmarks/speed.py); no number here is written by hand.

{machine} Load average {load_before} before and {load_after} after, on {cores} cores, of which
this benchmark itself makes one to {cores}.

**How measured.** Both in one process and in turn, on the same data and from the same start (equal
weights, given means, unit precisions), with scikit-learn's `reg_covar=0, tol=0` and gmmlib's
`tolerance=0`, for a fixed number of M-steps,
and one E-step more. scikit-learn skips its
own initialisation when given a full start. Both count all they do: scikit-learn its checks,
gmmlib its checks and a first pass for the mean and covariance. CPU times are
`time.process_time` with one thread on both sides (threadpoolctl), so the neighbours on a shared
machine disturb little; wall times, with default threads, they do disturb. Numbers are medians (the
second table says of how many); each measurement of the two small sizes is the mean of 30 runs. The
log-likelihoods of both are compared at each size, and the benchmark stops if they are more than
1e-10 of themselves apart. pomegranate is not measured.

**How to read.** The first table is the pace of the climb; the second is what a caller waits for,
with everything before the first step and after the last one. They differ most where n is small.

## One step

Milliseconds of CPU for one step, one thread: the difference between a long run (20 steps; 5 at
the largest size) and a short one (5; 2), divided by the steps between them.

{per_step}

## Whole calls

`GaussianMixture.fit` and `em`, milliseconds for one call of so many steps: CPU with one thread,
then wall with default threads; and how far the log-likelihoods are apart.

{whole}

## Against EM by hand

One step, milliseconds of CPU with one thread: a Python loop from point to point, and plain
vectorised NumPy with densities instead of their logarithms (benchmarks/textbook.py). In
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
    per_step, whole, ours_per_step = speed()
    plain, accelerated = leaps()
    size, side = "n, d, K", ["scikit-learn", "gmmlib"]
    text = TEXT.format(
        machine=machine(),
        cores=os.cpu_count(),
        load_before=load_before,
        per_step=table([size, *side, "faster", "wanted"], per_step),
        whole=table(
            [size, "steps", "median of"]
            + [f"{s}, {c}" for c in ("CPU", "wall") for s in [*side, "faster"]]
            + ["apart"],
            whole,
        ),
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
        print(memory_of(sys.argv[1], *map(int, sys.argv[2:])))
    else:
        main()
