"""What a step of EM costs: CPU time of one thread against n, d and K, as multiples of one size.

Each cell is a size. One step is the difference between a run of `LONG` steps and one of `SHORT`,
divided by the steps between; the median of several such. In turn with it the size REFERENCE is
measured in the same way, and `relative` is the quotient of the two: it hangs on the day less than
the microseconds do. The data are overlapping clusters, the start is off, the tolerance is 0.
"""

import datetime
import os
import platform
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from gmmlib import Mixture, em

REFERENCE = (100_000, 2, 3)
CELLS = [
    *((n, 2, 3) for n in (100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000)),
    *((10_000, d, 3) for d in (1, 2, 4, 8, 16, 32, 64, 128, 256)),
    *((20_000, 5, K) for K in (2, 4, 8, 16, 32, 64, 128)),
    *((100_000, d, K) for d, K in ((10, 10), (50, 10), (10, 100), (50, 100))),
]
CHECKED = [(300, 2, 3)]
MEASURED = ("microseconds", "relative", "machine", "day")
SHORT, LONG, REPEATS = 2, 8, 5


def problem(n, d, K):
    rng = np.random.default_rng([5, n, d, K])
    means = rng.normal(size=(K, d)) * 2 / np.sqrt(d)
    x = rng.normal(size=(n, d)) + means[rng.integers(K, size=n)]
    off = means + 0.3 * rng.normal(size=means.shape)
    return x, Mixture(np.ones(K) / K, off, np.repeat(np.eye(d)[None], K, axis=0))


def seconds(x, start, steps, times):
    begun = time.process_time()
    for _ in range(times):
        em(x, start, tolerance=0, max_steps=steps, threads=1, keep_mixtures=False)
    return (time.process_time() - begun) / times


def one_step(x, start):
    times = max(1, round(2e6 / (x.size * start.K + 2e4)))
    more = seconds(x, start, LONG, times) - seconds(x, start, SHORT, times)
    return more / (LONG - SHORT)


def machine():
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores"


def rows(n, d, K):
    mine, reference = problem(n, d, K), problem(*REFERENCE)
    with threadpool_limits(1):
        one_step(*mine)  # what is warm stays warm
        pairs = [(one_step(*mine), one_step(*reference)) for _ in range(REPEATS)]
    took, beside = np.array(pairs).T
    return [
        {
            "n": n,
            "d": d,
            "K": K,
            "microseconds": round(float(np.median(took)) * 1e6, 1),
            "relative": float(f"{np.median(took / beside):.3g}"),
            "machine": machine(),
            "day": datetime.date.today().isoformat(),
        }
    ]
