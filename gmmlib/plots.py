"""The book's pictures: each takes the axes `ax`, draws, and returns `ax`.

Component k has the k-th colour and line style on every page. No picture fits anything.
"""

import numpy as np

from . import validation
from .scores import log_density, log_joint, responsibilities

# Okabe and Ito's colours (2008), which readers with any colour vision can tell apart,
# the darker ones first; each also has a line style of its own.
COLORS = ("#0072B2", "#D55E00", "#007A5A", "#A6447E", "#8A6D00", "#2A8FBD", "#555555")
LINESTYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
WHOLE = "#222222"  # the mixture itself, and what belongs to no component
DATA = "#B8BEC6"  # bars
POINTS = "#5F6B7A"  # points that nobody has colored yet
GUIDE = "#888888"  # contours and the like, behind what is drawn
# The same on a dark page: the hues of the components lightened until they stand out from it.
ON_DARK = dict(
    zip(COLORS, ("#5AB4E8", "#F28E4B", "#3CC79B", "#E08BBF", "#D9B93C", "#86CDEB", "#B5B5B5"))
) | {DATA: "#56606B", POINTS: "#A3AEBB", GUIDE: "#8A939D"}


def color(k):
    """The colour of component k."""
    return COLORS[k % len(COLORS)]


def linestyle(k):
    """The line style of component k."""
    return LINESTYLES[k % len(LINESTYLES)]


def histogram(x, ax, bins=50):
    """The data as a histogram of density (area 1). x: (n,)."""
    x = _one_dimension(x)
    ax.hist(x, bins=bins, density=True, color=DATA, edgecolor="white", linewidth=0.5, label="data")
    ax.set(xlabel="x", ylabel="density")
    return ax


def kernel_density(x, ax, bandwidth=None):
    """Gaussian kernel density estimate of x (n,); the bandwidth by Scott's rule unless given.

    `bandwidth` is the kernel's standard deviation, in the units of x.
    """
    from scipy.stats import gaussian_kde  # half a second to import: only if asked for

    x = _one_dimension(x)
    factor = None if bandwidth is None else bandwidth / x.std(ddof=1)
    kde = gaussian_kde(x, bw_method=factor)
    grid = _grid(ax, x.min(), x.max(), np.sqrt(kde.covariance[0, 0]))
    ax.plot(grid, kde(grid), color="#8A6D00", linestyle=":", linewidth=2, label="kernel density")
    ax.set(xlabel="x", ylabel="density")
    return ax


def density(mixture, ax, components=True):
    """The density of a one-dimensional mixture, and the share of each component in it."""
    if mixture.d != 1:
        raise ValueError(f"a density curve needs one dimension, not {mixture.d}")
    means, deviations = mixture.locations[:, 0], mixture.cholesky[:, 0, 0]
    grid = _grid(ax, (means - 4 * deviations).min(), (means + 4 * deviations).max(), 0)
    if components:
        for k, share in enumerate(np.exp(log_joint(grid, mixture)).T):
            ax.plot(grid, share, color=color(k), linestyle=linestyle(k), label=f"component {k}")
    ax.plot(grid, np.exp(log_density(grid, mixture)), color=WHOLE, linewidth=2, label="mixture")
    ax.set(xlabel="x", ylabel="density")
    ax.set_ylim(bottom=0)
    return ax


def shares(x, mixture, ax, size=12):
    """The points, each in the blend of the components' colours that its responsibilities give.

    One dimension: a strip below the axis' zero line, for use under a density.
    Two dimensions: the scatter.
    """
    X = validation.points(x, mixture.d)
    blend = blended(responsibilities(x, mixture))
    if mixture.d == 1:
        top = ax.get_ylim()[1]
        ax.scatter(X[:, 0], np.full(len(X), -0.04 * top), c=blend, marker="|", s=6 * size)
        ax.set_ylim(-0.08 * top, top)
        ax.axhline(0, color=WHOLE, linewidth=0.5)
    elif mixture.d == 2:
        ax.scatter(*X.T, c=blend, s=size, linewidths=0)
        ax.set(xlabel="first coordinate", ylabel="second coordinate")
    else:
        raise ValueError(f"points are drawn in one or two dimensions, not {mixture.d}")
    return ax


def blended(responsibilities):
    """Responsibilities (n, K) as colours (n, 3): each component's colour by its share."""
    from matplotlib.colors import to_rgb

    palette = np.array([to_rgb(color(k)) for k in range(responsibilities.shape[1])])
    return np.clip(responsibilities @ palette, 0, 1)


def ellipses(mixture, ax, radii=(1, 2)):
    """Each component of a two-dimensional mixture: its mean, and ellipses `radii` sd away.

    The ellipse at r is the image μ + L v of the circle |v| = r. In two dimensions it holds
    1 − exp(−r²/2) of the component: 39 % at r = 1, 86 % at r = 2.
    """
    if mixture.d != 2:
        raise ValueError(f"ellipses are drawn in two dimensions, not {mixture.d}")
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=4, foreground="white")]  # seen on points of the same color too
    angle = np.linspace(0, 2 * np.pi, 181)
    circle = np.array([np.cos(angle), np.sin(angle)])
    for k in range(mixture.K):
        style = {"color": color(k), "path_effects": halo}
        ax.plot(*mixture.means[k], "+", markersize=10, markeredgewidth=2, **style)
        for r in radii:
            outline = mixture.means[k][:, None] + r * mixture.cholesky[k] @ circle
            label = f"component {k}" if r == radii[0] else None
            ax.plot(*outline, linestyle=linestyle(k), linewidth=1.8, label=label, **style)
    ax.set(xlabel="first coordinate", ylabel="second coordinate")
    return ax


def log_likelihood(run, ax):
    """The log-likelihood after each step of a run."""
    ax.plot(np.arange(run.steps + 1), run.log_likelihoods, "o-", color=WHOLE, markersize=3)
    ax.set(xlabel="step", ylabel="log-likelihood")
    return ax


def _one_dimension(x):
    X = validation.points(x)
    if X.shape[1] != 1:
        raise ValueError(f"this picture needs x of shape (n,), not {np.shape(x)}")
    return X[:, 0]


def _grid(ax, low, high, margin):
    """400 points over what the axes already show, or over low..high if they are empty."""
    if ax.has_data():
        low, high = ax.get_xlim()
        ax.set_xlim(low, high)
        margin = 0
    return np.linspace(low - 3 * margin, high + 3 * margin, 400)
