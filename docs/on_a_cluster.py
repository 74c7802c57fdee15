"""EM on a cluster of processes, one of which is killed."""

import os
import signal
import tempfile

import dask.array
import numpy as np
from dask.distributed import Client, LocalCluster

from gmmlib import Mixture, em, sample


class OnDisk:
    """Rows in a file. What travels is its name, not the rows."""

    def __init__(self, path, shape):
        self.path, self.shape = path, shape
        self.ndim, self.dtype = len(shape), np.dtype(float)

    def __getitem__(self, part):
        rows = np.memmap(self.path, float, "r", shape=self.shape)
        return np.array(rows[part])


def main():
    circles = np.repeat(np.eye(2)[None], 3, axis=0)
    means = np.array([[0, 0], [4, 1], [1, 5]])
    truth = Mixture([0.5, 0.3, 0.2], means, circles)
    start = Mixture(np.ones(3) / 3, means * 0.7 + 0.5, circles)
    x, _ = sample(truth, 40_000, np.random.default_rng(1))
    twelve = {"max_steps": 12, "tolerance": 0}
    plain = em(x, start, **twelve)

    with (
        tempfile.NamedTemporaryFile() as file,
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=":0",
        ) as cluster,
        Client(cluster) as client,
    ):
        x.tofile(file.name)
        rows = OnDisk(file.name, x.shape)
        lazy = dask.array.from_array(rows, chunks=(5_000, 2))
        before = set(client.run(os.getpid).values())

        def kill_one(step, mixture, log_likelihood):
            if step == 4:
                os.kill(min(before), signal.SIGKILL)

        run = em(lazy, start, on_step=kill_one, **twelve)
        after = set(client.run(os.getpid).values())

    assert min(before) not in after
    for name in ("weights", "means", "covariances"):
        pair = [getattr(end.mixture, name) for end in (run, plain)]
        np.testing.assert_allclose(*pair, rtol=1e-10)
    print("The worker that died is not among those at the end.")
    print(f"Log-likelihood, cluster: {run.log_likelihood:.6f}")
    print(f"and in one process:      {plain.log_likelihood:.6f}")


if __name__ == "__main__":
    main()
