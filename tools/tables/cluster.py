"""EM on a real cluster of processes on this machine, and what happens when one of them is killed.

Twelve steps for 40 000 rows in eight blocks, on two workers of Dask's distributed scheduler. Where
the blocks are (`kept`): in a "file" that the workers read; in the workers' "memory", put there by
`persist`; or "scattered" to them from here. Who is killed, and when (`killed`): "nobody"; a worker
"between" two steps; or one "within" a step, in the middle of reading a block. `reads` counts how
often a block was read, `apart` is the largest relative difference to `em` on the array in one
process (weights, means, covariances and log-likelihood), `same` is 1 if the blocks one after the
other in one process give all these to the last bit. Where the answer is lost, `reads` is −1.

The cells ("overhead", blocks) measure what a step costs beside the work: blocks of 10 rows, in the
workers' memory, and `milliseconds` of CPU of a step in the process that schedules, which is this.
"""

import datetime
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from gmmlib import Mixture, em, sample

CELLS = [
    *(("file", killed) for killed in ("nobody", "between", "within")),
    *(("memory", killed) for killed in ("nobody", "between")),
    ("scattered", "between"),
    *(("overhead", blocks) for blocks in (16, 64, 256)),
]
CHECKED = [("file", "nobody")]
WITHIN = {"apart": 1e-10, "reads": 6}
MEASURED = ("milliseconds", "day", "same")
STEPS, N, BLOCKS = 12, 40_000, 8


def problem(n=N):
    circles = np.repeat(np.eye(2)[None], 3, axis=0)
    means = np.array([[0, 0], [4, 1], [1, 5]])
    truth = Mixture([0.5, 0.3, 0.2], means, circles)
    x, _ = sample(truth, n, np.random.default_rng(1))
    return x, Mixture(np.ones(3) / 3, means * 0.7 + 0.5, circles)


def block(folder, first, stop):
    """Rows of the file, noted in a list of reads; the worker that finds the order to die obeys."""
    order, reads = Path(folder) / "die", Path(folder) / "reads"
    with reads.open("ab") as notes:
        notes.write(b".")
    try:
        order.unlink()
    except FileNotFoundError:  # no order, or the other worker obeys it
        pass
    else:
        os.kill(os.getpid(), signal.SIGKILL)
    file = Path(folder) / "rows"
    return np.fromfile(file, count=2 * (stop - first), offset=16 * first).reshape(-1, 2)


def cluster():
    from distributed import LocalCluster

    here = {"host": "127.0.0.1", "dashboard_address": ":0"}
    return LocalCluster(n_workers=2, threads_per_worker=1, silence_logs=50, **here)


def numbers(run):
    theta = run.mixture.weights, run.mixture.means, run.mixture.covariances
    return np.concatenate([*(np.ravel(part) for part in theta), run.log_likelihoods])


def row(kept, killed, reads=0, apart=0.0, same=0, milliseconds=0.0):
    day = datetime.date.today().isoformat()
    return [
        {
            "kept": kept,
            "killed": str(killed),
            "reads": reads,
            "apart": apart,
            "same": same,
            "milliseconds": round(milliseconds, 1),
            "day": day,
        }
    ]


def overhead(blocks):
    import dask.array
    from distributed import Client

    x, start = problem(10 * blocks)
    with cluster() as workers, Client(workers):
        lazy = dask.array.from_array(x, chunks=(10, 2)).persist()
        em(lazy, start, tolerance=0, max_steps=1)
        begun = time.process_time()
        em(lazy, start, tolerance=0, max_steps=8)
        took = time.process_time() - begun
    return row("overhead", blocks, milliseconds=took / 10 * 1000)  # 9 E-steps, and a first pass


def rows(kept, killed):
    """The row of a cell, from a process of its own: the cluster leaves nothing behind in this."""
    command = [sys.executable, "-P", __file__, kept, str(killed)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=300)
    return json.loads(said.stdout)


def found(kept, killed):
    if kept == "overhead":
        return overhead(int(killed))
    import dask
    import dask.array
    from distributed import Client, wait
    from distributed.client import FutureCancelledError

    (x, start), options = problem(), {"tolerance": 0, "max_steps": STEPS}
    edges = np.linspace(0, N, BLOCKS + 1).astype(int).tolist()
    pairs = list(itertools.pairwise(edges))
    with (
        tempfile.TemporaryDirectory() as folder,
        cluster() as workers,
        Client(workers) as client,
    ):
        x.tofile(Path(folder) / "rows")
        read = dask.delayed(block)
        parts = [read(folder, *pair) for pair in pairs]
        if kept == "scattered":
            parts = [dask.delayed(f) for f in client.scatter([x[a:b] for a, b in pairs])]
        shaped = [dask.array.from_delayed(p, (b - a, 2), float) for p, (a, b) in zip(parts, pairs)]
        lazy = dask.array.concatenate(shaped)
        if kept == "memory":
            lazy = lazy.persist()
            wait(lazy)

        def at_step(step, mixture, log_likelihood):
            if step == 4 and killed == "between":
                os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)
            if step == 4 and killed == "within":
                (Path(folder) / "die").touch()

        try:
            run = em(lazy, start, on_step=at_step, **options)
        except FutureCancelledError:
            return row(kept, killed, reads=-1)
        reads = (Path(folder) / "reads").stat().st_size
    whole, plain = numbers(run), numbers(em(x, start, **options))
    apart = float(f"{np.abs(whole / plain - 1).max():.0e}")
    blocks = em([x[a:b] for a, b in pairs], start, **options)
    return row(kept, killed, reads, apart, int(np.array_equal(whole, numbers(blocks))))


if __name__ == "__main__":
    print(json.dumps(found(*sys.argv[1:])))
