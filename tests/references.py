"""Readers of `reference/`, and what several tests share. The files: reference/README.md."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from gmmlib import Mixture, e_step, labels_start, m_step

HERE = Path(__file__).parent / "reference"


def read(file):
    """A JSON file of `reference/`."""
    return json.loads((HERE / file).read_text())


def columns(file, names, divide_by=1.0):
    """Columns of a CSV file of `reference/`: (n,) for one name, (n, d) for several."""
    with open(HERE / file) as lines:
        rows = [[float(row[name]) for name in names] for row in csv.DictReader(lines)]
    x = np.array(rows) / divide_by
    return x[:, 0] if len(names) == 1 else x


def rows_without_gaps(file, names):
    """Columns of a CSV file of `reference/`, (n, d), of the rows that R could compute (not NA)."""
    with open(HERE / file) as lines:
        rows = [[row[name] for name in names] for row in csv.DictReader(lines)]
    return np.array([row for row in rows if not {"", "NA"} & set(row)], float)


def mixture_of(entry):
    """The mixture of a reference entry, one-dimensional where the data are."""
    means = np.array(entry["means"], float)
    K, d = means.reshape(len(means), -1).shape
    if "covs" in entry:
        covariances = np.array(entry["covs"], float)
    else:  # mixtools: one standard deviation for all, or one each
        covariances = np.broadcast_to(np.square(entry["sigmas"]), K)
    if d == 1:
        return Mixture(entry["weights"], means.reshape(K), covariances.reshape(K))
    return Mixture(entry["weights"], means, covariances.reshape(K, d, d))


def mclust_fits(file="fits/mclust_fits.json"):
    """mclust's fits (with free covariances, if not told), each with its data and its start."""
    cases = read("fits/mclust_cases.json")
    for fit in read(file)[1:]:
        case = cases[fit["case"]]
        x = columns(case["dataset"], case["columns"], case["divide_by"])
        init = case["init"]
        if init["type"] == "labels":
            labels = init.get("labels") or columns(case["dataset"], ["z"])
            start = labels_start(x, np.asarray(labels, int) - 1)  # this is the first M-step
        else:
            start = mixture_of(init)
        yield SimpleNamespace(
            id=fit["id"],
            model=fit["model"],
            x=x,
            start=start,
            start_steps=int(init["type"] == "labels"),
            start_log_likelihood=init.get("loglik"),
            trace=np.array(fit["trace_loglik"]),
            snapshots={int(steps): mixture_of(at) for steps, at in fit["snapshots"].items()},
            fixed=fit["fixed_point"],
        )


def mixtools_fits():
    """mixtools' fits, each with its data and its start."""
    for fit in read("fits/mixtools_fits.json")[1:]:
        x = columns(fit["dataset"], fit["columns"], fit["divide_by"])
        yield SimpleNamespace(**(fit | {"x": x, "start": mixture_of(fit["init"])}))


def path(x, start, steps, hold=()):
    """Mixtures and log-likelihoods of `steps` plain EM steps, with no rule that stops them."""
    mixtures, log_likelihoods = [start], []
    for _ in range(steps):
        statistics = e_step(x, mixtures[-1])
        log_likelihoods.append(statistics.log_likelihood)
        mixtures.append(m_step(statistics, hold))
    log_likelihoods.append(e_step(x, mixtures[-1]).log_likelihood)
    return mixtures, np.array(log_likelihoods)


def way(mixture, target):
    """From one mixture to another, measured as `Run.distance` is: the furthest of all parameters.

    A mean counts in standard deviations of `target`, a covariance and a weight as a share of it.
    """
    K, d, L = target.K, target.d, target.cholesky
    means = np.linalg.solve(L, (mixture.locations - target.locations)[:, :, None])
    inverse = np.linalg.inv(L)
    spread = inverse @ mixture.covariances.reshape(K, d, d) @ inverse.transpose(0, 2, 1)
    return max(
        np.abs(means).max(),
        np.abs(spread - np.eye(d)).max(),
        np.abs(mixture.weights / target.weights - 1).max(),
    )


def mapped(mixture, A, b):
    """The mixture of y = A x + b when `mixture` is that of x."""
    A, K, d = np.atleast_2d(A), mixture.K, mixture.d
    means = mixture.locations @ A.T + b
    covariances = A @ mixture.covariances.reshape(K, d, d) @ A.T
    covariances = (covariances + covariances.transpose(0, 2, 1)) / 2
    shape = mixture.means.shape
    return Mixture(mixture.weights, means.reshape(shape), covariances.reshape(shape + shape[1:]))


def example(d=2, K=3, n=600, seed=20261124):
    """Overlapping clusters: x (n,) or (n, d), what made them, and a start that is not it."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(K, d, d)) / 2 + np.eye(d)
    covariances = factors @ factors.transpose(0, 2, 1) + np.eye(d) / 4
    weights = rng.dirichlet(np.full(K, 8.0))
    means = rng.normal(scale=2.5, size=(K, d))
    labels = rng.choice(K, size=n, p=weights)
    noise = rng.normal(size=(n, d))
    X = means[labels] + np.einsum("nij,nj->ni", np.linalg.cholesky(covariances)[labels], noise)
    start_means = means + rng.normal(size=(K, d))
    wide = np.repeat(np.cov(X.T, bias=True).reshape(1, d, d), K, axis=0)
    if d == 1:
        truth = Mixture(weights, means[:, 0], covariances[:, 0, 0])
        return X[:, 0], truth, Mixture(np.full(K, 1 / K), start_means[:, 0], wide[:, 0, 0])
    return X, Mixture(weights, means, covariances), Mixture(np.full(K, 1 / K), start_means, wide)
