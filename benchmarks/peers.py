"""Other people's EM for Gaussian mixtures, each from a given start and for so many steps.

python benchmarks/peers.py             which are here, and in what version
python benchmarks/peers.py --install   install those of the extra `bench` that can be installed

A peer whose package is missing says so when it is made: `ImportError`, with the reason.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import warnings
from collections import namedtuple
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import sklearn
import threadpoolctl
from measuring import milliseconds
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

import gmmlib

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "_build" / "peers"

# What a peer came to. log_likelihood is what it reports itself, None if it reports none; and
# `steps` is how many M-steps the mixture had seen of which it is.
Answer = namedtuple("Answer", "mixture log_likelihood steps")


class Peer:
    """One thread, full covariances, no regularization, no tolerance.

    prepare(X, start): what `fit` and `clock` take, with the start that the peer really begins at.
    fit(prepared, steps): whatever the peer returns; `answer` reads it.
    clock(prepared, steps, runs): milliseconds of CPU for one fit, the mean of so many.
    """

    def prepare(self, X, start):
        return X, start

    def clock(self, prepared, steps, runs):
        with threadpoolctl.threadpool_limits(1):
            return milliseconds(time.process_time, runs, self.fit, prepared, steps)


class ScikitLearn(Peer):
    name, begins = "scikit-learn", "the start"

    def __init__(self):
        self.version = sklearn.__version__

    def fit(self, prepared, steps):
        X, start = prepared
        model = GaussianMixture(
            start.K,
            weights_init=start.weights,
            means_init=start.means,
            precisions_init=np.linalg.inv(start.covariances),
            reg_covar=0,
            tol=0,
            max_iter=steps,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(X)

    def answer(self, prepared, model):
        mixture = mixture_of(model.weights_, model.means_, model.covariances_)
        return Answer(mixture, model.score(prepared[0]) * len(prepared[0]), model.n_iter_)


class OneDAL(Peer):
    """Reports the log-likelihood of its last E-step, which comes before the last M-step."""

    name, begins = "oneDAL", "the start"

    def __init__(self):
        import daal4py

        daal4py.daalinit(1)  # its threads are not among those that threadpoolctl knows
        self.library, self.version = daal4py, version("daal")

    def fit(self, prepared, steps):
        X, start = prepared
        em = self.library.em_gmm(start.K, maxIterations=steps, accuracyThreshold=0.0)
        return em.compute(X, start.weights[None], start.means, list(start.covariances))

    def search(self, X, K):
        """The best of its own twenty short runs, and fifty steps from there: a mixture."""
        begin = self.library.em_gmm_init(K, nTrials=20, nIterations=10).compute(X)
        em = self.library.em_gmm(K, maxIterations=50, accuracyThreshold=1e-6)
        result = em.compute(X, begin.weights, begin.means, begin.covariances)
        return self.answer(None, result).mixture

    def answer(self, prepared, result):
        covariances = np.array([np.array(covariance) for covariance in result.covariances])
        mixture = mixture_of(result.weights.ravel(), result.means, covariances)
        return Answer(mixture, float(result.goalFunction[0, 0]), int(result.nIterations[0, 0]) - 1)


class Outside(Peer):
    """In a process of its own, which reads the problem from a file and looks at its own clock."""

    def prepare(self, X, start):
        folder = tempfile.TemporaryDirectory()
        with open(Path(folder.name, "problem"), "wb") as file:
            np.array([*X.shape, start.K], np.int64).tofile(file)
            for numbers in (X, start.weights, start.means, start.covariances):
                np.ascontiguousarray(numbers, float).tofile(file)
        return X, start, folder

    def fit(self, prepared, steps, runs=1):
        """Milliseconds of CPU for one run, and the numbers after it: log-likelihood, mixture."""
        command = [*self.command, Path(prepared[2].name, "problem"), steps, runs]
        one = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        done = subprocess.run([str(word) for word in command], env=one, stdout=subprocess.PIPE)
        done.check_returncode()
        clock, numbers = done.stdout.decode().splitlines()[-2:]
        return float(clock), np.array(numbers.split(), float)

    def clock(self, prepared, steps, runs):
        return self.fit(prepared, steps, runs)[0]

    def answer(self, prepared, result):
        (_, d), K, (height, *numbers) = prepared[0].shape, prepared[1].K, result[1]
        weights, means, covariances = np.split(np.array(numbers), [K, K + K * d])
        mixture = mixture_of(weights, means.reshape(K, d), covariances.reshape(K, d, d))
        return Answer(mixture, None if np.isnan(height) else height, None)


class Mlpack(Outside):
    """Begins at its own k-means: gmm_train takes a model, and does not begin there.

    The first k-means of a process is the same for the same seed, so that a run of no steps tells
    where it begins, and the difference between a long and a short run is that of the steps.
    """

    name, begins = "mlpack", "its k-means"
    command = (sys.executable, Path(__file__).with_name("mlpack_em.py"))

    def __init__(self):
        if find_spec("mlpack") is None:
            raise ImportError("no module mlpack")
        self.version = version("mlpack")

    def prepare(self, X, start):
        prepared = super().prepare(X, start)
        own = self.answer(prepared, self.fit(prepared, 0)).mixture
        return X, own, prepared[2]


class Armadillo(Outside):
    """A C++ program of its own (gmm_full.cpp), compiled when it is first wanted."""

    name, begins = "Armadillo", "the start"
    program, source = BUILT / "gmm_full", Path(__file__).with_name("gmm_full.cpp")
    command = (program,)

    def __init__(self):
        compiler = shutil.which(os.environ.get("CXX", "c++"))
        if compiler is None:
            raise ImportError("no C++ compiler")
        probe = [compiler, "-E", "-dM", "-include", "armadillo", "-x", "c++", os.devnull]
        found = subprocess.run(probe, capture_output=True, text=True)
        if found.returncode:
            raise ImportError("Armadillo's headers are not here")
        parts = ("MAJOR", "MINOR", "PATCH")
        marks = [re.search(rf"ARMA_VERSION_{p} (\d+)", found.stdout)[1] for p in parts]
        self.version = ".".join(marks)
        if not self.program.exists() or self.program.stat().st_mtime < self.source.stat().st_mtime:
            BUILT.mkdir(parents=True, exist_ok=True)
            flags = ["-std=c++17", "-O3", "-march=native", "-DNDEBUG", "-DARMA_DONT_USE_OPENMP"]
            build = [compiler, *flags, str(self.source), "-o", str(self.program), "-larmadillo"]
            if subprocess.run(build, capture_output=True).returncode:
                raise ImportError("gmm_full.cpp does not compile here")


def mixture_of(weights, means, covariances):
    covariances = (covariances + covariances.transpose(0, 2, 1)) / 2
    return gmmlib.Mixture(weights / weights.sum(), means, covariances)


PEERS = [ScikitLearn, OneDAL, Mlpack, Armadillo]


def here():
    """Each peer, or the reason why it is missing, by name."""
    peers = {}
    for kind in PEERS:
        try:
            peers[kind.name] = kind()
        except ImportError as error:
            peers[kind.name] = str(error)
    return peers


def install():
    """Those of the extra `bench`, one by one, so that one that is not to be had stops no other."""
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line]
    BUILT.mkdir(parents=True, exist_ok=True)
    limits = BUILT / "constraints.txt"  # the locked versions: no peer may change any of them
    limits.write_text("\n".join(locked))
    uv = [Path(sys.executable).with_name("uv"), "pip", "install", "--python", sys.executable]
    for package in wanted["project"]["optional-dependencies"]["bench"]:
        command = [*uv, "-q", "--only-binary", ":all:", "-c", limits, package]
        if subprocess.run(command, capture_output=True).returncode:
            print(f"{package} cannot be installed here: the benchmark does without it")


if __name__ == "__main__":
    if "--install" in sys.argv:
        install()
    for name, peer in here().items():
        print(f"{name}: {peer.version if isinstance(peer, Peer) else 'not installed, ' + peer}")
