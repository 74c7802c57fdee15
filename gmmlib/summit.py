r"""Is the end of a climb a summit? EM stands still at saddles too.

Near a fixed point EM is a linear map: a small departure e becomes J e after a step. J is the
share of the information that is missing (Dempster, Laird and Rubin 1977, theorem 4); the second
derivative of the log-likelihood is a maximum's in every direction if all eigenvalues of J are
below 1. A saddle has one above 1, in the direction in which it goes up. A start with two equal
components finds such a saddle and stays there: they never part.

So, once the moves have died away: depart a little in some direction, see what EM makes of it, and
again, and again (Arnoldi's iteration, which for the symmetric J is Lanczos's). The largest
eigenvalue that these few products of J show is at most the largest there is. Where it is well
below 1 this is a maximum as far as second order can tell. Where it is not, the direction is
tried out by a step that can be seen: if a few steps of EM from there lead higher, it was none.
"""

import numpy as np

from .mixture import Mixture

PRODUCTS = 4
SMALL = 1e-4  # standard deviations: small enough for a linear map, large enough for its digits
SURE = 0.999  # eigenvalues below this are below 1
VISIBLE = 0.3  # standard deviations
LEAVING = 1.01  # moves that grow faster than this leave a saddle by themselves
SADDLE = (
    "not converged: EM stands still, but at a saddle and not at a maximum: the log-likelihood "
    "rises if its components are moved apart a little; start from another place"
)


def growth(climb, following):
    """By which factor a departure from the mixture `following` grows, step by step, at the most.

    0 if it is a maximum, as far as this can tell: no departure was found that leads higher.
    """
    base = following
    K, d = base.K, base.d
    center = climb.rows.summary.mean
    A = base.affine(center)
    inverse = base.inverse(center)
    alive = base.weights > 0
    # Departures in units in which the complete data tell as much in every direction.
    units = np.sqrt(np.where(alive, base.weights, 1))[:, None, None]

    def away(e):
        """The mixture that lies e (K, d + 1, d + 1) from the base: A (1 + e), π exp(e₀₀)."""
        e = e / units
        weights = base.weights * np.exp(e[:, 0, 0])
        turned = np.tril(e)
        turned[:, 0, 0] = 0
        return Mixture.from_affine(
            weights / weights.sum(), A @ (np.eye(d + 1) + turned), center, base.flat
        )

    def place(mixture):
        """Where a mixture lies from the base."""
        e = np.tril(inverse @ mixture.affine(center)) - np.eye(d + 1)
        ratio = np.divide(mixture.weights, base.weights, where=alive, out=np.ones(K))
        e[:, 0, 0] = np.log(ratio)
        return e * units

    def product(e):
        size = SMALL / np.abs(e / units).max()
        return (place(climb.step(away(size * e))) - origin) / size

    try:
        origin = place(climb.step(base))
        # Any direction will do that has none of the symmetries of the data: this one is the same
        # each time. What J makes of it is left to the components that share points.
        e = np.cos(1.0 + 2.0 * np.arange(K * (d + 1) ** 2) ** 1.1).reshape(A.shape) * units
        if "weights" in climb.options[0]:
            e[:, 0, 0] = 0
        if "means" in climb.options[0]:
            e[:, 1:, 0] = 0
        if "covariances" in climb.options[0]:
            e[:, 1:, 1:] = 0
        e = product(e)
        basis, images = [], []
        for _ in range(PRODUCTS):
            for other in 2 * basis:
                e = e - (e * other).sum() * other
            length = np.sqrt((e**2).sum())
            if length < 1e-7:
                break
            basis.append(e / length)
            images.append(product(basis[-1]))
            e = images[-1]
        H = np.array([[(a * b).sum() for b in images] for a in basis])
        if not len(H):
            return 0.0
        values, vectors = np.linalg.eig(H)
        largest = int(np.argmax(values.real))
        if values[largest].real < SURE:
            return 0.0
        up = np.einsum("m,mkij->kij", vectors[:, largest].real, basis)
        up *= VISIBLE / np.abs(up / units).max()
        here = climb.heights[-1]
        noise = 1e-9 * (climb.statistics.n + abs(here))
        for sign in (1, -1):
            mixture = climb.step(climb.step(away(sign * up)))
            if climb.height_of(mixture) > here + noise:
                return float(values[largest].real)
    except (
        ValueError,
        ArithmeticError,
        np.linalg.LinAlgError,
    ):  # a departure that collapses says nothing
        pass
    return 0.0
