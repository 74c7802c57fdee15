"""A fitted mixture as JSON, and back, to the last digit."""

from .refusal import Refusal, short

FORMAT = "gmmlib mixture"


def as_json(mixture, kind, names, n, log_likelihood, reason):
    """What is saved; `Mixture(weights, means, covariances)` in Python makes the same again."""
    return {
        "format": FORMAT,
        "K": mixture.K,
        "d": mixture.d,
        "covariance": kind,
        "names": names,
        "weights": mixture.weights.tolist(),
        "means": mixture.means.tolist(),
        "covariances": mixture.covariances.tolist(),
        "n": n,
        "log_likelihood": log_likelihood,
        "reason": reason,
    }


def parts_of(saved):
    """Weights, means, covariances of what was saved."""
    if not isinstance(saved, dict):
        raise Refusal(f"a saved mixture is needed, not {short(saved)}", "file")
    lacking = [name for name in ("weights", "means", "covariances") if name not in saved]
    if lacking:
        raise Refusal(f"this file is no saved mixture: it has no {', '.join(lacking)}", "file")
    return saved["weights"], saved["means"], saved["covariances"]


def parts_in_shape(state):
    """The same of a state, which has rows and matrices in one dimension too."""
    weights, means, covariances = parts_of(state)
    if state["d"] == 1:
        return weights, [mean[0] for mean in means], [matrix[0][0] for matrix in covariances]
    return weights, means, covariances
