"""The checker: it is given a function that a student wrote, and names the mistake in it.

    from gmmlib.tutor import check_e_step
    check_e_step(my_e_step)

In a notebook the answer is shown as words: right, almost, or which mistake it is, with an input
small enough to work out by hand. It is a `Verdict`; `.plot()` draws what can be drawn. What each
function takes and gives back is `check_e_step.__doc__`, and so on.

A checker calls the function on a few inputs (`ask`), writes down what came back, and judges that
(`Task.judge`). The two may be apart: `task(...)` is the part that a marker uses.
"""

from .answers import check_answer
from .asking import ask
from .killing import WRONG
from .personal import personal_data, personal_truth
from .programs import program
from .tasks import TASKS, Task, task
from .verdict import Verdict

__all__ = [
    "TASKS",
    "Task",
    "Verdict",
    "ask",
    "check_adjusted_rand",
    "check_answer",
    "check_assign",
    "check_bic",
    "check_combine",
    "check_complete",
    "check_e_step",
    "check_em",
    "check_icl",
    "check_kmeans",
    "check_log_density",
    "check_log_likelihood",
    "check_m_step",
    "check_merge",
    "check_poisson_step",
    "check_repaint",
    "check_slopes",
    "check_start",
    "check_stop",
    "check_test",
    "check_update",
    "personal_data",
    "personal_truth",
    "task",
    "wrong_program",
]


def check_log_density(function, d=1):
    """log_density(x, weights, means, variances): log p(x_i) of the mixture, (n,).

    d: with more than 1 dimension the arguments are X (n, d), weights (K,), means (K, d) and
    covariances (K, d, d).
    """
    return task("log_density", d=d).check(function)


def check_e_step(function, d=1):
    """e_step(x, weights, means, variances): the shares γ, (n, K); d as in `check_log_density`.

    The components may come in another order, as long as it is the same in all your functions.
    """
    return task("e_step", d=d).check(function)


def check_m_step(function, d=1, hold=(), covariance="full"):
    """m_step(x, shares): weights (K,), means (K,), variances (K,), as a tuple or a dict.

    d: with more than 1, means (K, d) and covariances (K, d, d).
    hold: ("weights", "variances") where these are known; then the means alone are given back.
    covariance: what the covariances may be, gmmlib's full, tied, diagonal or spherical. They may
    come as (K, d, d), or short: tied (d, d), diagonal (K, d), spherical (K,).
    """
    return task("m_step", d=d, hold=hold, covariance=covariance).check(function)


def check_log_likelihood(function, d=1):
    """log_likelihood(x, weights, means, variances): Σ_i log p(x_i), one number."""
    return task("log_likelihood", d=d).check(function)


def check_slopes(function):
    """slopes(x, weights, means, variances): ∂ log p(x_i) / ∂θ, (n, 3K − 1).

    The columns: the weights but the first (which is what is left of 1), the means, the variances.
    """
    return task("slopes").check(function)


def check_bic(function, d=1):
    """bic(x, weights, means, variances): −2 Σ_i log p(x_i) + m log n, one number.

    All weights, means and variances (with d above 1: full covariances) are free; smaller is better.
    """
    return task("bic", d=d).check(function)


def check_icl(function, d=1):
    """icl(x, weights, means, variances): BIC − 2 Σ_i log max_k γ_ik; as in `check_bic`."""
    return task("icl", d=d).check(function)


def check_em(function, d=1, hold=(), until=False, covariance="full"):
    """em(x, weights, means, variances, steps): weights, means and variances after so many steps.

    d, hold, covariance: as in `check_m_step`. until: the last argument is a tolerance in nats, and
    `em` goes on until no more than this is left to be gained.
    """
    return task("em", d=d, hold=hold, until=until, covariance=covariance).check(function)


def check_assign(function, d=1):
    """assign(x, centers): k-means' labels, (n,), whole numbers from 0; d as in `check_log_density`.

    Label k is that of centers[k]; centers are (K,), or (K, d) with more than 1 dimension.
    """
    return task("assign", d=d).check(function)


def check_update(function, d=1):
    """update(x, labels, centers): the new centers, each the mean of its points.

    labels: whole numbers from 0, (n,). A center without points stays where it is.
    """
    return task("update", d=d).check(function)


def check_kmeans(function, d=1):
    """kmeans(x, centers, steps): the centers after so many steps of k-means."""
    return task("kmeans", d=d).check(function)


def check_merge(function):
    """merge(shares, a, b): components a and b as one. Shares (n, K − 1) and their entropy, a pair.

    The entropy is −Σ_i Σ_k q_ik log q_ik in nats. The columns may come in another order.
    """
    return task("merge").check(function)


def check_adjusted_rand(function):
    """adjusted_rand(labels, others): the adjusted Rand index of two groupings, a number.

    labels, others: whole numbers from 0, (n,), as arrays; the two may have other names for the same
    group, and other numbers of groups.
    """
    return task("adjusted_rand").check(function)


def check_complete(function):
    """complete(row, mean, covariance): a row (d,) with NaN where it is not known, made whole.

    Gives the row with conditional means in the gaps, and their conditional covariance (d, d), 0
    where the row is known: a pair.
    """
    return task("complete").check(function)


def check_poisson_step(function):
    """poisson_step(x, weights, means): one step of EM for a mixture of Poisson distributions.

    x: counts, (n,), 0 and more. The new weights (K,) and means (K,), as a tuple or a dict.
    """
    return task("poisson_step").check(function)


def check_repaint(function):
    """repaint(X, shares): the soft picture, (n, d): each pixel the average of the means by shares.

    X: colors, (n, d). shares: (n, K), rows that sum to 1. The means are those of the M-step for
    these shares.
    """
    return task("repaint").check(function)


def check_combine(function):
    """combine(counts, means, covariances): blocks of points as one.

    counts (B,), means (B, d) and covariances (B, d, d) of B blocks, each covariance with the count
    as its divisor. The count, the mean (d,) and the covariance (d, d) of all the points: a tuple.
    """
    return task("combine").check(function)


def check_start(function, d=1):
    """start(x, K, rng): weights, means and variances that EM can climb from."""
    return task("start", d=d).check(function)


def check_stop(function):
    """should_stop(log_likelihoods, tolerance): whether no more than tolerance is left to gain.

    log_likelihoods: a list, the oldest first, the start's alone at first. tolerance: in nats.
    False while there are fewer than three. True where a step gains nothing, or falls by rounding
    alone. A fall by more is a sign of a mistake: False, or an error.
    """
    return task("stop").check(function)


def check_test(test, of="e_step", d=1):
    """test(program): it must find five wrong programs, and spare the right one.

    It says no by a failing `assert`, or by returning False. of: what the programs are, one of
    "log_density", "e_step", "m_step", "log_likelihood" and "em"; they take what `check_e_step`
    and its sisters say.
    """
    return task("test", d=d, of=of).check(test)


def wrong_program(of, number, d=1):
    """One of the five wrong programs that `check_test` tries, numbered from 1."""
    if of not in WRONG:
        raise ValueError(f"there are programs of {', '.join(WRONG)}, not of {of!r}")
    if number not in range(1, len(WRONG[of]) + 1):
        raise ValueError(f"the programs are numbered 1 to {len(WRONG[of])}, not {number!r}")
    return program(of, d, (WRONG[of][number - 1],))
