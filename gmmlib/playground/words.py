"""What is said to the reader: one sentence on a half step, an end, a collapse."""

import numpy as np

from ..em import move


def number(value, digits=3):
    """A number with a true minus sign."""
    return f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}").replace(",", "\N{THIN SPACE}")


def small(value):
    return f"{value:.2g}".replace("-", "\N{MINUS SIGN}")


def many(count, what):
    return f"{count} {what}{'' if count == 1 else 's'}"


def of_start(K):
    if K == 1:
        return "One component is placed. Nothing is shared out yet."
    return f"{K} components are placed. No point is shared out yet: the E-step comes next."


def of_e_step(log_likelihoods, n):
    now = log_likelihoods[-1]
    said = f"E-step: each of the {n} points is shared out among the components as they are now."
    if len(log_likelihoods) < 2:
        return f"{said} The log-likelihood is {number(now)}."
    gain = now - log_likelihoods[-2]
    if gain < 1e-9 * abs(now):
        return f"{said} The log-likelihood is {number(now)}, as before but for rounding."
    return f"{said} The log-likelihood rose by {small(gain)} to {number(now)}."


def of_m_step(before, after):
    apart = np.linalg.solve(before.cholesky, (after.locations - before.locations)[..., None])
    far = np.sqrt((apart[..., 0] ** 2).sum(axis=-1))
    k = int(far.argmax())
    said = "M-step: each component fits itself to its share of the points."
    if before.K == 1 or not np.isfinite(far[k]):
        return said
    return f"{said} Component {k} went furthest: {small(far[k])} of its standard deviations."


def of_steps(count, log_likelihoods):
    return f"{many(count, 'step')} of E and M. The log-likelihood is {number(log_likelihoods[-1])}."


def of_basin(basin, tops, collapsed, starts):
    """Where the present run ends, among the maxima of the random starts."""
    lost = f"; {collapsed} collapsed" if collapsed else ""
    if not tops:
        return f"Each of {starts} random starts collapsed."
    found = f"{starts} random starts ended at {many(len(tops), 'different maximum')}"
    found = found.replace("maximums", "maxima") + lost
    if basin is None:
        return f"{found}. This run ends at none of them."
    share = tops[basin]["starts"]
    which = "the highest" if basin == 0 else f"number {basin + 1} from the top"
    below = tops[0]["log_likelihood"] - tops[basin]["log_likelihood"]
    lower = "" if basin == 0 else f", {small(below)} nats below the highest"
    return f"{found}. This run ends at {which}{lower}; so do {share} of the {starts} starts."


def of_fit(reached, starts, collapsed, moves):
    said = f"Best of {starts} starts: {reached} of them came to this maximum or were that near."
    if collapsed:
        said += f" {collapsed} collapsed."
    if moves:
        said = f"Of {starts} starts the best was taken, and then {many(moves, 'component')} " + (
            f"moved elsewhere, to a higher maximum than any start came to.{said[said.find('.') :]}"
        )
    return said


def of_collapse(error, kind, n):
    """Words and advice for a `CollapseError`."""
    when = "" if error.step is None else f" at step {error.step}"
    advice = ["another start", "fewer components"]
    if kind in ("full", "diagonal"):
        advice.append(f"{'tied' if kind == 'full' else 'spherical'} covariances")
    tried = ", or ".join([", ".join(advice[:-1]), advice[-1]])
    words = f"component {error.component} {error.what}{when}"
    return f"{words}; try {tried}", f"Try {tried}."


def furthest(C, before, after):
    return float(move(C, before.weights, after.weights))
