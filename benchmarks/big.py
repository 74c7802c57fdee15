"""2 GB of data fitted in less than 100 MB of memory: as a mapped file, as blocks, through Dask.

python benchmarks/big.py        (make bench-big: a few minutes, 2 GB of disk for that time)

Each way runs in a fresh process. The memory is RssAnon of /proc/self/status, looked at every
5 ms by a thread: what the process itself has in memory. The whole resident set would also count
the pages of the mapped file, which belong to the system's file cache and are dropped whenever
memory is wanted. Needs Linux and `dask[array]`; writes benchmarks/BIG.md.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from measuring import HERE, kilobytes, load, machine, table, without_steering

import gmmlib

N, D, K, STEPS = 50_000_000, 5, 3, 3
BLOCK = 200_000  # rows: 8 MB
CHUNK = 1_000_000  # rows of a Dask chunk: 40 MB, of which a block at a time is copied
MOST_MB = 100
MEANS = np.random.default_rng(1).normal(size=(K, D))


def write(path):
    rng = np.random.default_rng(2)
    with path.open("wb") as file:
        for _ in range(N // BLOCK):
            block = rng.normal(size=(BLOCK, D)) + MEANS[rng.integers(K, size=BLOCK)]
            block.tofile(file)


class Blocks:
    """Reads the file a block at a time, anew whenever it is asked to."""

    def __init__(self, path):
        self.path = path

    def __iter__(self):
        with self.path.open("rb") as file:
            while (numbers := np.fromfile(file, count=BLOCK * D)).size:
                yield numbers.reshape(-1, D)


def mapped(path):
    return np.memmap(path, dtype=np.float64, mode="r", shape=(N, D))


def dask_array(path):
    import dask.array

    return dask.array.from_array(mapped(path), chunks=(CHUNK, D))


WAYS = {"np.memmap": mapped, "blocks": Blocks, "Dask": dask_array}


class Watch(threading.Thread):
    """The most memory that the process has at any moment: `peak`, in kB."""

    def __init__(self):
        super().__init__(daemon=True)
        self.peak, self.over = 0, threading.Event()

    def run(self):
        while not self.over.wait(0.005):
            self.peak = max(self.peak, kilobytes("RssAnon"))


def fit(way, path):
    """In a fresh process: what it took, and the answer."""
    means = MEANS + 0.2
    start = gmmlib.Mixture(np.full(K, 1 / K), means, np.repeat(np.eye(D)[None], K, axis=0))
    x = WAYS[way](path)
    watch, before, begun = Watch(), kilobytes("RssAnon"), time.perf_counter()
    watch.start()
    run = gmmlib.em(x, start, tolerance=0, max_steps=STEPS)
    seconds = time.perf_counter() - begun
    watch.over.set()
    watch.join()
    return {
        "seconds": seconds,
        "megabytes": (watch.peak - before) * 1024 / 1e6,
        "log_likelihood": run.log_likelihood,
        "means": run.mixture.means.tolist(),
    }


def main():
    load_before, rows, answers = load(), [], []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.bin"
        write(path)
        for way in WAYS:
            command = [sys.executable, __file__, way, str(path)]
            answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            answers.append(answer)
            numbers = answer["seconds"], answer["megabytes"]
            rows.append([way, *(f"{v:.0f}" for v in numbers), f"{answer['log_likelihood']:.6f}"])
            print(*rows[-1], flush=True)
    text = TEXT.format(
        gigabytes=N * D * 8 / 1e9,
        machine=machine(),
        load=load_before,
        table=table(["way", "seconds", "extra memory, MB", "log-likelihood"], rows),
    )
    (HERE / "BIG.md").write_text(text)
    print(text)
    first = answers[0]
    for answer in answers:
        np.testing.assert_allclose(answer["log_likelihood"], first["log_likelihood"], rtol=1e-12)
        np.testing.assert_allclose(answer["means"], first["means"], rtol=0, atol=1e-10)
        if not answer["megabytes"] < MOST_MB:
            raise SystemExit(f"{answer['megabytes']:.0f} MB, more than {MOST_MB}")


TEXT = f"""# Data larger than memory

Written by `make bench-big` (benchmarks/big.py); no number here is written by hand.

{{gigabytes:.1f}} GB on disk, {N:,} rows of {D} numbers, {K} components: {STEPS} steps of EM,
that is {STEPS + 1} E-steps and a first pass for mean and covariance, with default threads (blocks
are read and worked on by one). Extra memory: the peak of RssAnon (the process's own pages, not
those of the mapped file, which are the system's to drop) less what it was before, sampled every
5 ms. The answers agree to 1e-12 of the log-likelihood and 1e-10 in the means.

{{machine}} Load average before: {{load}}.

{{table}}
"""


if __name__ == "__main__":
    without_steering()
    if sys.argv[1:]:
        print(json.dumps(fit(sys.argv[1], Path(sys.argv[2]))))
    else:
        main()
