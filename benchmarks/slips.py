"""Eight slips that students make, put into gmmlib; and the small faults that are none."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slip:
    name: str
    chapter: str  # the one that teaches the line
    changes: tuple  # (file, what it says, what the slip says), each once in its file


SLIPS = [
    Slip(
        "σ for σ²",
        "mixtures",
        (("mixture", "factors[k] = np.linalg.cholesky(matrix)", "factors[k] = matrix"),),
    ),
    Slip(
        "shares over the points",
        "known_variance",
        (
            (
                "em",
                "shares /= total if total.ndim == 1 else total[..., None, :]",
                "shares /= shares.sum(axis=-1, keepdims=True)",
            ),
        ),
    ),
    Slip(
        "divided by n, not by N_k",
        "known_variance",
        (
            (
                "em",
                "M, counts = statistics.moments / N[..., None, None], N",
                "M, counts = statistics.moments / statistics.n, N",
            ),
        ),
    ),
    Slip(
        "old means in the variance",
        "one_dimension",
        (
            (
                "covariance",
                "return np.linalg.cholesky(M)",
                "M[..., 1:, 1:] += M[..., 1:, :1] * M[..., :1, 1:]; return np.linalg.cholesky(M)",
            ),
        ),
    ),
    Slip(
        "no logarithms",
        "mixtures",
        (
            (
                "scores",
                "return largest + np.log(np.exp(log_joint - largest).sum(axis=0))",
                "return np.log(np.exp(log_joint).sum(axis=0))",
            ),
        ),
    ),
    Slip(
        "weights forgotten",
        "known_variance",
        (
            ("features", "heights *= mixture.weights", "heights *= 1"),
            ("mixture", "constants + np.log(mixture.weights)", "constants + 0 * mixture.weights"),
        ),
    ),
    Slip(
        "the other axis",
        "many_dimensions",
        (("scores", "(shares / shares.sum(axis=0)).T", "(shares.T / shares.sum(axis=1)).copy()"),),
    ),
    Slip(
        "sign of the exponent",
        "mixtures",
        (("scores", "[:, None] - squared_length / 2", "[:, None] + squared_length / 2"),),
    ),
]

# (file, the whole line, what it says, what the fault says): why it changes nothing.
SPARED = {
    (
        "diagnostics",
        "grid = np.rint(means / (octave / 25)) + np.arange(-100, 101)  # at least two deviations",
        "101",
        "(101 / 2)",
    ): "50 steps are one deviation at least, and no hump is farther from its mean",
    (
        "diagnostics",
        "rising = np.flatnonzero((sign[:-1] > 0) & (sign[1:] < 0))",
        "<",
        "<=",
    ): "the zeros are left out in the line before",
    (
        "features",
        "if 3 * min(K, 8) < d or (d + 1) * (d + 2) // 2 > MANY or summary.cholesky is None:",
        ">",
        ">=",
    ): "which of two ways to the same sums is the quicker one",
    (
        "diagnostics",
        "up = _slope_sign(middle, mixture) > 0",
        ">",
        ">=",
    ): "where the slope is 0 the middle is the hump, to rounding, and either half holds it",
    (
        "diagnostics",
        "return np.where(np.abs(slope) > 1e-15 * largest, np.sign(slope), 0)",
        "0",
        "1",
    ): "as many humps in 3,662 mixtures; of two within a grid step it finds the other one",
    (
        "em",
        "FAINT = 1e-280  # below it a density has lost digits",
        "1e-280",
        "(1e-280 / 2)",
    ): "a bound with 27 powers of ten to spare",
    (
        "mixture",
        "if (left <= self.d * np.finfo(float).eps).any():",
        "<=",
        "<",
    ): "a bound on rounding, met exactly only by chance",
    (
        "summary",
        "return np.minimum(rounding, 3e-8 * self.deviations)",
        "3e-8",
        "(3e-08 / 2)",
    ): "a bound chosen by hand, and its half would do",
    (
        "textbook",
        "scatters = [(share[:, None] * (X - m)).T @ (X - m) for share, m in zip(shares.T, means)]",
        "-",
        "+",
    ): "the shares of X − m sum to 0, so 2m in the other factor adds nothing",
}
