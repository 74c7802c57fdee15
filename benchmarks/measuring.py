"""What the benchmarks share: the problem, the clock, the machine's line, and tables of numbers."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import scipy
import sklearn
import threadpoolctl

import gmmlib

HERE = Path(__file__).parent
STEERING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # choose an older BLAS kernel


def problem(n, d, K):
    """Data of overlapping clusters, on which EM is far from done after 20 steps; and a start."""
    rng = np.random.default_rng(1)
    means = rng.normal(size=(K, d)) * 2 / np.sqrt(d)
    X = np.empty((n, d))
    for rows in np.array_split(X, max(1, n // 10_000)):
        rows[:] = rng.normal(size=rows.shape) + means[rng.integers(K, size=len(rows))]
    off = means + 0.3 * rng.normal(size=means.shape)
    return X, gmmlib.Mixture(np.full(K, 1 / K), off, np.repeat(np.eye(d)[None], K, axis=0))


def milliseconds(clock, runs, work, *arguments):
    begun = clock()
    for _ in range(runs):
        work(*arguments)
    return (clock() - begun) / runs * 1000


def kilobytes(name):
    """An entry of /proc/self/status."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])


def digits(number):
    return f"{number:,.{3 if number < 10 else 1 if number < 100 else 0}f}"


def times(pair):
    return f"{pair[0] / pair[1]:.1f}×"


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine(*others):
    """One line on the machine, one on the libraries: ours, and others, as "name version"."""
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
        f"{', '.join([f'scikit-learn {sklearn.__version__}', *others])}, gmmlib "
        f"{gmmlib.__version__} ({commit}). BLAS, and the kernel that runs: {', '.join(kernels)}."
    )


def load():
    return f"{os.getloadavg()[0]:.1f}"


def without_steering():
    """Start anew without the variables that make NumPy's BLAS choose an older kernel."""
    if any(name in os.environ for name in STEERING):
        for name in STEERING:
            os.environ.pop(name, None)
        os.execv(sys.executable, [sys.executable, *sys.argv])
