"""Points from a mixture: first the label, then the point."""

import numpy as np

from . import validation


def sample(mixture, n, rng):
    """Draw n points: x of shape (n,) or (n, d) as the mixture has it, and labels (n,).

    The label is drawn from the weights, then the point as μ + L u with u standard normal
    (Bishop 2006, section 9.2). The same state of `rng` uses the same random numbers
    whatever the mixture, so that a sample moves smoothly when a parameter does.
    """
    validation.mixture_of(mixture)
    n = validation.whole(n, "n", least=0)
    rng = validation.generator(rng)
    edges = np.cumsum(mixture.weights)
    labels = np.searchsorted(edges / edges[-1], rng.random(n), side="right")
    X = rng.standard_normal((n, mixture.d))
    # One product for each component: L of every single point would be n d² numbers.
    for k, (mean, L) in enumerate(zip(mixture.locations, mixture.cholesky)):
        of_k = labels == k
        X[of_k] = mean + X[of_k] @ L.T
    return (X[:, 0] if mixture.flat else X), labels
