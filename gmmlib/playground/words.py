"""What is said to the reader: one sentence on a half step, an end, a fit, a collapse."""

import numpy as np

MINUS = "\N{MINUS SIGN}"


def number(value):
    """A number with three digits after the point and a true minus sign."""
    return f"{value:.3f}".replace("-", MINUS)


def small(value):
    return f"{value:.2g}".replace("-", MINUS)


def many(count, what):
    return f"{count} {what}{'' if count == 1 else 's'}"


def placed(K):
    """Of a start."""
    return f"{many(K, 'component')} placed. No point is shared out yet: that is the E-step."


def e_step(log_likelihoods, n):
    """Of an E-step: what the mixture before it was worth."""
    now = log_likelihoods[-1]
    said = f"E-step: each of the {n} points is shared out among the components as they are now."
    if len(log_likelihoods) < 2:
        return f"{said} The log-likelihood is {number(now)}."
    gain = now - log_likelihoods[-2]
    if gain < 1e-9 * abs(now):
        return f"{said} The log-likelihood is {number(now)}, as before but for rounding."
    return f"{said} The log-likelihood rose by {small(gain)} to {number(now)}."


def m_step(before, after):
    """Of an M-step: who went furthest."""
    said = "M-step: each component fits itself to its share of the points."
    off = np.linalg.solve(before.cholesky, (after.locations - before.locations)[..., None])
    far = np.sqrt((off**2).sum(axis=(1, 2)))
    k = int(np.argmax(far))
    if before.K == 1 or not np.isfinite(far[k]):
        return said
    return f"{said} Component {k} went furthest: {small(far[k])} of its standard deviations."


def steps(count, log_likelihoods):
    """Of several steps."""
    return f"{many(count, 'step')} of EM. The log-likelihood is {number(log_likelihoods[-1])}."


def fitted(run):
    """Of a run of `fit`."""
    starts, reached = len(run.finals), run.reached_best
    said = f"Best of {many(starts, 'start')}; {reached} of them came to this maximum."
    if collapsed := int(np.isnan(run.finals).sum()):
        said += f" {collapsed} collapsed."
    if run.search.rows < run.search.of:
        some = f"{run.search.rows} of the {run.search.of} points"
        said += (
            f" The starts climbed on {some}, drawn at random; the best went on over all of them."
        )
    return said


def basin(place, tops, collapsed, starts):
    """At which of the maxima of random starts a run ends; place: None for none of them."""
    if not tops:
        return f"Each of {starts} random starts collapsed."
    maxima = "one maximum" if len(tops) == 1 else f"{len(tops)} different maxima"
    said = f"{starts} random starts ended at {maxima}"
    said += f"; {collapsed} of them collapsed." if collapsed else "."
    if place is None:
        return f"{said} This run ends at none of them."
    share = f"so do {tops[place]['starts']} of the {starts}"
    if place == 0:
        return f"{said} This run ends at the highest of them; {share}."
    below = small(tops[0]["log_likelihood"] - tops[place]["log_likelihood"])
    return f"{said} This run ends at number {place + 1} from the top, {below} nats lower; {share}."


def advice(kind):
    """What to try after a collapse."""
    tried = ["another start", "fewer components"]
    if kind != "tied":  # one covariance for all has the width of all the points
        tried.append("tied covariances")
    return "try " + ", ".join(tried[:-1]) + f"{',' * (len(tried) > 2)} or {tried[-1]}"


def collapse(error):
    """What collapsed, how, and at which step."""
    when = "" if error.step is None else f" at step {error.step}"
    return f"component {error.component} {error.what}{when}"
