"""Chapter 2: only the means unknown. Shares, averages by shares, starts, and what is held."""

# canary: GMM-KEY-bank-known_variance
import numpy as np
from bank_items import Bank, choice, numeric
from scipy.optimize import brentq

from gmmlib import Mixture, em, log_likelihood, responsibilities, sample

bank = Bank("known_variance")
KNOWN = ("weights", "covariances")


def the_points(n=2000):
    truth = Mixture([0.7, 0.3], [-2, 2], [1, 2])
    return sample(truth, n, np.random.default_rng(7))[0]


def with_means(means):
    return Mixture([0.7, 0.3], means, [1, 2])


def table(x, shares):
    rows = [f"| ${a:g}$ | {b:g} |" for a, b in zip(x, shares)]
    return "\n".join([r"| $x_i$ | $\gamma_{i1}$ |", "|--:|--:|", *rows])


@bank.item("the M-step averages all points, each by its share")
def mean_by_shares(draw):
    x = np.sort(draw.choice(np.arange(-4, 7), 3, replace=False)).astype(float)
    shares = draw.choice([0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9], 3, replace=False)
    total = sum(share * point for share, point in zip(shares, x))
    own = x[shares > 0.5]
    hard = own.mean() if len(own) else x.mean()
    return numeric(
        "Three points, and the shares of component 1 after an E-step:\n\n"
        f"{table(x, shares)}\n\nWhere does the M-step put the mean of component 1?",
        np.average(x, weights=shares),
        within=0.02,
        again=total / sum(shares),
        mistakes={
            "Divided by the number of points. The component holds $N_1$ of them.": total / 3,
            "Hard labels: each point wholly to the likelier component.": hard,
            "The shares were left out: this is the mean of all points.": x.mean(),
            "This is the mean of component 0.": np.average(x, weights=1 - shares),
        },
        because=rf"$\sum_i \gamma_{{i1}} x_i / N_1 = {total:.2f} / {sum(shares):.1f}$.",
    )


@bank.item("shares are normalized over the components, not over the points", concepts=True)
def what_sums_to_one(draw):
    x = the_points(50)
    shares = responsibilities(x, with_means([-1, 1]))
    joint = np.array([0.7, 0.3]) * np.exp(
        -((x[:, None] - [-1, 1]) ** 2) / (2 * np.array([1, 2]))
    ) / np.sqrt(2 * np.pi * np.array([1, 2]))  # fmt: skip
    by_hand = joint / joint.sum(axis=1, keepdims=True)

    def judged(gamma):
        rows, columns = gamma.sum(axis=1), gamma.sum(axis=0)
        return {
            "point": np.allclose(rows, 1),
            "component": np.allclose(columns, 1),
            "all": np.isclose(gamma.sum(), 1),
            "none": not (np.allclose(rows, 1) or np.allclose(columns, 1)),
        }

    return choice(
        r"An E-step computes the responsibility (the share) $\gamma_{ik}$ of component $k$ for "
        "point $i$, for $n$ points and $K$ components. Which sum is always 1?",
        {
            "point": (
                r"$\sum_k \gamma_{ik}$, for each point.",
                "They are the probabilities of the labels of one point.",
            ),
            "component": (
                r"$\sum_i \gamma_{ik}$, for each component.",
                r"That sum is $N_k$, how many points the component was given. Normalizing so is "
                "the slip of dividing along the wrong axis.",
            ),
            "all": (
                r"$\sum_i \sum_k \gamma_{ik}$.",
                "That sum is $n$: each point is shared out whole.",
            ),
            "none": (
                "None of them need be 1.",
                "Bayes' rule divides by the density of the point, so one of them is.",
            ),
        },
        judged(shares),
        again=judged(by_hand),
        because="Bayes' rule is about the label of one point. What a component gets from all "
        "points is $N_k$.",
    )


@bank.item("the border between two bells is not always the middle")
def border_of_two_bells(draw):
    p = draw.choice([0.1, 0.2, 0.3])
    m0, m1 = int(draw.integers(-4, -1)), int(draw.integers(2, 5))
    v = int(draw.choice([2, 3, 4]))
    mixture = Mixture([1 - p, p], [m0, m1], [v, v])
    shift = v / (m1 - m0) * np.log((1 - p) / p)
    middle = (m0 + m1) / 2

    def lead(x):
        return responsibilities(np.array([x]), mixture)[0, 1] - 0.5

    return numeric(
        rf"Two bells have the means {m0} and {m1}, both the variance {v}, and the weights "
        rf"{1 - p:g} and {p:g}. At which $x$ are both shares ½?",
        middle + shift,
        within=0.02,
        again=brentq(lead, -30, 30),
        mistakes={
            "The middle of the means is the border for equal weights only.": middle,
            "The wrong way: the smaller component has the smaller ground.": middle - shift,
            "The variance was left out.": middle + shift / v,
        },
        because=r"$\log(\pi_1/\pi_0) + (\mu_1 - \mu_0)(x - \tfrac{\mu_0 + \mu_1}2)/\sigma^2 = 0$: "
        rf"the border lies {abs(shift):.2f} from the middle, toward component 1.",
    )


@bank.item('"it only swapped the labels", with weights and variances held', concepts=True)
def swapped_and_held(draw):
    x = the_points()
    top = em(x, with_means([0, 1]), hold=KNOWN)
    other = em(x, with_means([1, 0]), hold=KNOWN)
    gap = top.log_likelihood - other.log_likelihood
    renamed = log_likelihood(x, top.mixture.reordered([1, 0]))
    exact = abs(renamed - top.log_likelihood) < 1e-6
    crossed = np.allclose([top.mixture.means, -other.mixture.means], [-2, 2], atol=0.1)
    by_hand = sum(
        sign * np.logaddexp(
            np.log(0.7) - np.log(2 * np.pi) / 2 - (x - run.mixture.means[0]) ** 2 / 2,
            np.log(0.3) - np.log(4 * np.pi) / 2 - (x - run.mixture.means[1]) ** 2 / 4,
        ).sum()
        for sign, run in ((1, top), (-1, other))
    )  # fmt: skip
    return choice(
        "2000 points are drawn from a mixture with the weights 0.7 and 0.3, the means −2 and 2 and "
        "the variances 1 and 2. EM is told the weights and the variances and keeps them; it looks "
        "for the means. From one start it ends near −2 and 2, from another near 2 and −2, and "
        "says *converged* both times. How do the two log-likelihoods compare?",
        {
            "equal": (
                "They are equal: only the names of the components are exchanged.",
                "An exchange of names would take weights and variances along. These are held.",
            ),
            "second": (
                "The second is lower: it is another density.",
                f"Weight 0.7 is now on the wrong side. On points of the book by {gap:.0f} nats.",
            ),
            "equal-soon": (
                "The second is lower, but a few more steps would make them equal.",
                "Each run stands at a local maximum. More steps move nothing.",
            ),
            "unknown": (
                "That cannot be compared: the order of the components is an accident.",
                "It is an accident only where nothing tells the components apart.",
            ),
        },
        {
            "equal": abs(gap) < 1,
            "second": gap > 1 and other.converged and exact and crossed,
            "equal-soon": not other.converged,
            "unknown": False,
        },
        again="second" if by_hand > 1 else "equal",
        because="What is held names the components. With everything free both orders would be "
        "one density.",
    )


@bank.item("hard labels give other means than shares")
def hard_labels(draw):
    x = the_points()
    soft = em(x, with_means([0, 1]), hold=KNOWN).mixture.means
    hard = np.array([0.0, 1.0])
    for _ in range(50):
        owner = responsibilities(x, with_means(hard)).argmax(axis=1)
        hard = np.array([x[owner == k].mean() for k in (0, 1)])
    apart, wider = soft[1] - soft[0], hard[1] - hard[0]
    # the truth itself: the tails beyond the border, by an integral
    grid = np.linspace(-12, 14, 52_001)
    parts = np.array([0.7, 0.3]) * np.exp(-((grid[:, None] - [-2, 2]) ** 2) / [2, 4])
    parts /= np.sqrt(2 * np.pi * np.array([1, 2]))
    mine = parts[:, 1] > parts[:, 0]
    density = parts.sum(axis=1)
    cut = (grid[mine] * density[mine]).sum() / density[mine].sum()
    return choice(
        "Two bells with the weights 0.7 and 0.3, the means −2 and 2 and the variances 1 and 2 "
        "overlap. Only the means are unknown. In place of the shares, somebody gives each point "
        "wholly to its likelier component and averages, again and again. Compared with EM's, the "
        "two means come out …",
        {
            "apart": (
                "further apart: each tail beyond the border is counted on the other side.",
                f"On the points of the book {wider:.2f} apart in place of {apart:.2f}.",
            ),
            "same": (
                "the same: in the end both methods average the same points.",
                "Shares do not cut the tails off; hard labels do.",
            ),
            "closer": (
                "closer together.",
                f"They come out {wider:.2f} apart, EM's {apart:.2f}.",
            ),
        },
        {
            "apart": wider > apart + 0.01,
            "same": abs(wider - apart) <= 0.01,
            "closer": wider < apart - 0.01,
        },
        again="apart" if cut > 2.01 else "same",
        because="What lies beyond the border is given away, so each mean is one of a bell without "
        "its tail.",
    )


@bank.item("when a small gap between two equal components grows")
def how_a_gap_grows(draw):
    v, sigma2 = draw.choice([1.5, 2.0, 3.0, 4.5, 6.0]), draw.choice([0.5, 1.0, 2.0, 4.0])
    x = draw.normal(size=400)
    x = np.sqrt(v) * (x - x.mean()) / x.std()
    start = Mixture([0.5, 0.5], [-5e-7, 5e-7], [sigma2, sigma2])
    after = em(x, start, hold=KNOWN, max_steps=1).mixture.means
    return numeric(
        rf"Two components have equal weights and the same known variance {sigma2:g}. The variance "
        rf"of all points is {v:g}. Both means stand in the mean of all points, but for a tiny gap. "
        "By which factor does one step of EM multiply the gap?",
        v / sigma2,
        within=0.02,
        again=(after[1] - after[0]) / 1e-6,
        mistakes={
            "Upside down: the gap grows where the points vary more than one component can.": sigma2
            / v,
            "The root of it: the factor is a ratio of variances.": np.sqrt(v / sigma2),
            "By this part of itself the gap changes. It is multiplied by 1 more.": (v - sigma2)
            / sigma2,
        },
        because=r"To first order $\delta^{\text{new}} = \delta\, v/\sigma^2$: "
        + ("it grows." if v > sigma2 else "it does not grow."),
    )


@bank.item("EM is a gradient with a step of its own for each mean")
def slope_from_a_step(draw):
    count, sigma2 = int(draw.choice([20, 40, 50])), float(draw.choice([2, 4, 0.5, 3]))
    old = float(draw.integers(-3, 3))
    step = draw.choice([0.1, 0.2, 0.3, -0.2])
    # as many points, all of one component, with the mean to which the step goes
    x = draw.normal(size=count)
    x = old + step + x - x.mean()
    up, down = (log_likelihood(x, Mixture([1], [old + h], [sigma2])) for h in (1e-4, -1e-4))
    return numeric(
        rf"In a step EM moves the mean of a component from {old:g} to {old + step:g}. The "
        rf"component has $N_k = {count}$ and the known variance {sigma2:g}. What was the slope of "
        r"the log-likelihood, $\partial L / \partial \mu_k$, at the old place?",
        count * step / sigma2,
        within=0.01 * count * abs(step) / sigma2,
        again=(up - down) / 2e-4,
        mistakes={
            "The variance was left out.": count * step,
            "Multiplied by the variance in place of divided.": count * step * sigma2,
            "The standard deviation was taken for the variance.": count * step / np.sqrt(sigma2),
            "The number of points of the component was left out.": step / sigma2,
        },
        because=r"$\mu_k^{\text{new}} - \mu_k = (\sigma_k^2 / N_k)\, \partial L / \partial \mu_k$, "
        r"so the slope is $N_k (\mu_k^{\text{new}} - \mu_k)/\sigma_k^2$.",
    )
