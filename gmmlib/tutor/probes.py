"""The inputs on which a function is tried: some that can be worked out by hand, then drawn ones.

Each tells slips apart: unequal weights and variances, the larger mean first, one point alone, three
components, and points so far out that every density is 0 in double precision ("far").
"""

import numpy as np

from .programs import arguments, program

FLAT = [4, 0, -2.5, 3, 1, -1, 2]  # a second column that goes its own way
FAR = "points far away"
DRAWN = "drawn at random"


def of_task(name, d, kind, rng):
    """Probes of a task that is a formula: dicts {"name", "arguments"}, plain JSON."""
    if name == "merge":
        return [_probe(title, name, d, values) for title, values in _of_merges(rng)]
    if name == "adjusted_rand":
        return [_probe(title, name, d, values) for title, values in _of_groupings(rng)]
    if name == "complete":
        return [_probe(title, name, d, values) for title, values in _of_gaps(rng)]
    if name == "poisson_step":
        return [_probe(title, name, d, values) for title, values in _of_counts(rng)]
    if name == "repaint":
        return [_probe(title, name, d, values) for title, values in _of_pixels(rng)]
    if name == "combine":
        return [_probe(title, name, d, values) for title, values in _of_blocks(rng)]
    if name in ("assign", "update", "kmeans"):
        made = [*_of_clusters(name, d, rng)]
    else:
        made = [*(_of_shares(d, rng) if name == "m_step" else _of_mixtures(name, d, rng))]
    if name == "m_step" and kind == "diagonal" and d > 2:
        # each component has more than d points: its own covariance has an inverse, as a slip takes
        made = [(title, (x, _by_halves(s))) for title, (x, s) in made[1:]]
        x, s = made[0][1]
        made = [("two components", (x, np.column_stack([s[:, 0], 1 - s[:, 0]]))), *made]
    if name == "em" and kind != "full":  # the start is of the kind
        made = [(title, (*v[:3], _of_kind(kind, v[3]), v[4])) for title, v in made]
    return [_probe(title, name, d, values) for title, values in made]


def _by_halves(shares):
    """The same shares, halfway to one that is nowhere 0."""
    return (np.asarray(shares, float) + [0.4, 0.3, 0.3]) / 2


def _of_kind(kind, covariances):
    covariances = np.asarray(covariances, float)
    if kind == "tied":
        return np.repeat(covariances.mean(axis=0)[None], len(covariances), axis=0)
    eye = np.eye(covariances.shape[-1])
    if kind == "diagonal":
        stretched = np.linspace(1, 1.5, len(eye))  # no two columns alike
        return covariances * eye * stretched
    return np.trace(covariances, axis1=1, axis2=2)[:, None, None] / len(eye) * eye


def _probe(title, name, d, values):
    def plain(named, value):
        if named in ("labels", "others"):
            return {"labels": np.asarray(value).tolist()}
        if isinstance(value, int):
            return value
        value = np.asarray(value, float)
        return {"array": np.where(np.isnan(value), None, value).tolist()}  # JSON has no NaN

    names = arguments(name, d)
    given = {named: plain(named, value) for named, value in zip(names, values)}
    return {"name": title, "arguments": given}


def _of_clusters(name, d, rng):
    """Points, centers of which the larger may come first, and one that is nearest to no point."""
    few, more = [1, 2, 4, 9], [-3, -1, 0, 2, 5, 6, 9.5]
    two, three, empty = [7, 2], [4, -2, 12], [1, 40, 8]
    if d > 1:
        few, more = _wide([[1, 1], [2, 4], [4, 0.5], [9, 7]], d), _wide(list(zip(more, FLAT)), d)
        two, three = _wide([[6, 4], [2, 1]], d), _wide([[4, 1], [-2, 2], [8, -3.5]], d)
        empty = _wide([[1, 0], [40, 30], [8, 1]], d)
    drawn = np.round(rng.normal(3, 4, (40,) if d == 1 else (40, d)), 3)
    # from one end of the data the centers are on their way for several steps
    places = drawn[np.argsort(drawn if d == 1 else drawn[:, 0])[:3]]
    if name == "assign":
        places = np.round(rng.normal(3, 4, (4,) if d == 1 else (4, d)), 3)
    for title, x, centers, steps in (
        ("four points", few, two, 1),
        ("the larger center first", more, three, 2),
        ("a center without points", more, empty, 1),
        ("two steps of four points", few, two, 2),
        (DRAWN, drawn, places, 3),
    ):
        x, centers = np.asarray(x, float), np.asarray(centers, float)
        if name == "assign":
            yield title, (x, centers)
        elif name == "kmeans":
            yield title, (x, centers, steps)
        else:
            off = (x[:, None] - centers).reshape(len(x), len(centers), -1)
            yield title, (x, (off**2).sum(axis=2).argmin(axis=1), centers)


def _of_shares(d, rng):
    shares = [[1, 0], [0.5, 0.5], [0.2, 0.8]]
    three = [[0.7, 0.2, 0.1], [0.5, 0.25, 0.25], [0.3, 0.5, 0.2], [0, 0.4, 0.6], [0, 0.1, 0.9]]
    drawn = rng.dirichlet([0.7, 0.7, 0.7], 40)
    if d == 1:
        points = [0, 1, 4], [-3, -1, 0, 2, 5], rng.normal(3, 2, 40)
    else:
        points = (
            _wide([[0, 0], [2, 1], [1, 4]], d),
            _wide([[-3, 0], [-1, 2], [0, -2], [2, 1], [5, 4]], d),
            rng.normal(3, 2, (40, d)) @ rng.normal(size=(d, d)),
        )
    yield "three points", (points[0], shares)
    yield "three components", (points[1], three)
    yield DRAWN, (points[2], drawn)


def _of_merges(rng):
    three = [[0.7, 0.2, 0.1], [0.5, 0.25, 0.25], [0.1, 0.3, 0.6]]
    sure = [[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0.2, 0.2, 0.6], [0, 0, 0, 1]]
    yield "three points", (three, 0, 1)
    yield "not the first two", (three, 1, 2)
    yield "shares of 0", (sure, 0, 2)
    yield "the last ones", ([[*row[::-1], 0] for row in sure], 2, 4)
    yield DRAWN, (rng.dirichlet([0.5] * 5, 30), *map(int, np.sort(rng.permutation(5)[:2])))


def _of_groupings(rng):
    """Two groupings of the same points: other names, other numbers of groups, none in common."""
    yield "six points", ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2])
    yield "the same, by other names", ([0, 0, 1, 1, 1, 2], [2, 2, 0, 0, 0, 1])
    yield "fewer groups", ([0, 1, 2, 3, 0, 1, 2, 3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1])
    yield "against each other", ([0, 0, 1, 1], [0, 1, 0, 1])
    yield DRAWN, (rng.integers(0, 4, 40), rng.integers(0, 3, 40))


def _of_gaps(rng):
    """Rows with gaps, the last entry known and the first, two known, all and none; no mean is 0."""
    gap, two, three = np.nan, [[1, 1], [1, 4]], [[2, 1, 0.5], [1, 3, -1], [0.5, -1, 4]]
    yield "two columns", ([3, gap], [1, 2], two)
    yield "the first one missing", ([gap, 4], [1, 2], two)
    yield "three columns, two known", ([3, gap, -1], [1, 2, 0.5], three)
    yield "three columns, one known", ([gap, 5, gap], [1, 2, 0.5], three)
    yield "nothing missing", ([3, 4], [1, 2], two)
    yield "nothing known", ([gap, gap], [1, 2], two)
    axes = rng.normal(size=(5, 12))
    row = np.round(rng.normal(1, 2, 5), 3)
    row[rng.permutation(5)[:2]] = gap
    yield DRAWN, (row, rng.normal(1, 1, 5), axes @ axes.T / 6)


def _of_counts(rng):
    """Counts, and last one so large that its probability underflows under every component."""
    yield "three counts", ([0, 1, 4], [0.25, 0.75], [1, 3])
    yield "the larger mean first", ([0, 2, 3, 7], [0.2, 0.8], [4, 0.5])
    yield "three components", ([0, 1, 1, 2, 5, 9], [0.2, 0.3, 0.5], [0.5, 6, 2])
    yield DRAWN, (rng.poisson(3, 40), rng.dirichlet([3, 3, 3]), rng.uniform(0.5, 8, 3))
    yield FAR, ([0, 2, 400], [0.25, 0.75], [1, 3])


def _of_pixels(rng):
    """Colors and shares: two pixels, unequal components, three of them, and no two shares equal."""
    yield "two pixels", ([[200, 100, 0], [40, 60, 80]], [[0.75, 0.25], [0.4, 0.6]])
    three = [[10, 20, 30], [90, 80, 60], [200, 210, 250]]
    yield "three pixels", (three, [[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
    more = [*three, [120, 40, 10], [30, 130, 70]]
    shares = [[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8], [0.5, 0.1, 0.4], [0.3, 0.6, 0.1]]
    yield "three components", (more, shares)
    yield DRAWN, (rng.integers(0, 256, (30, 3)), rng.dirichlet([1, 1, 1], 30))


def _of_blocks(rng):
    """Counts, means and covariances of blocks of unequal size; counts need not be whole."""
    two, flat = [[2, 0.5], [0.5, 1]], [[1, -0.25], [-0.25, 3]]
    yield "two blocks", ([3, 1], [[0, 1], [4, 3]], [two, flat])
    yield "the second one larger", ([2, 6], [[5, -1], [1, 1]], [flat, two])
    yield "three blocks", ([1, 2, 5], [[0, 0], [3, -1], [2, 4]], [two, flat, two])
    yield "counts that are sums of shares", ([1.5, 0.25], [[1, 2], [3, 3]], [flat, two])
    yield "one column", ([4, 1, 2], [[1], [6], [2]], [[[2]], [[1]], [[0.5]]])
    axes = rng.normal(size=(4, 3, 8))
    drawn = rng.uniform(1, 20, 4), rng.normal(0, 2, (4, 3)), axes @ axes.transpose(0, 2, 1) / 8
    yield DRAWN, drawn


def _wide(points, d):
    """Points in two columns, with more columns that are not multiples of these."""
    points = np.asarray(points, float)
    more = [(points**2) @ [1, j] / 5 - points[:, 0] for j in range(1, d - 1)]
    return np.column_stack([points, *more])


def _of_mixtures(name, d, rng):
    steps = {"em": (1, 2, 1, 2, 3, 2)}.get(name, (None,) * 6)
    few, two, turned, three, many, far = _mixtures(d, rng)
    made = [
        ("five points" if name == "em" else "one point", few if name != "em" else two),
        ("five points" if name == "em" else "three points", two),
        ("the larger mean first", turned),
        ("three components", three),
        (DRAWN, many),
        (FAR, far),
    ]
    for (title, values), count in zip(made, steps):
        if name == "em":
            values = (_enough(values[0], d), *values[1:], count)
        yield title, values


def _enough(x, d):
    """So many points that no component collapses, not even under hard labels."""
    if len(x) > 20:
        return x
    if d == 1:
        return np.concatenate([x, [-1, 2, 4, 5, 1.5, 0.5]])
    more = np.random.default_rng(4).normal(1, 2.5, (8 * d, d))
    return np.concatenate([x, more.round(1)])


def _mixtures(d, rng):
    if d == 1:
        yield [1], [0.25, 0.75], [0, 3], [1, 4]
        yield [0, 1, 3], [0.25, 0.75], [0, 3], [1, 4]
        yield [0, 2, 2.5], [0.2, 0.8], [3, -1], [1, 4]
        yield [-2, 0, 1, 5], [0.2, 0.3, 0.5], [-1, 4, 1], [0.5, 4, 2]
        x = np.round(rng.normal(0, 3, 40), 3)
        yield x, rng.dirichlet([3, 3, 3]), rng.normal(0, 3, 3), rng.uniform(0.5, 4, 3)
        yield [0, 1, 90], [0.25, 0.75], [0, 2], [1, 2]
        return
    narrow, wide, slanted = np.eye(d), np.eye(d) * 4, np.eye(d) * 2
    narrow[0, 1] = narrow[1, 0] = 0.5
    slanted[0, 1] = slanted[1, 0] = -1
    zero, there, across = np.zeros(d), np.full(d, 2.0), np.arange(d) * 1.5 - 1
    points = _wide([[0, 0], [1, 2], [3, 1], [-2, 1], [1, -1]], d)
    yield points[1:2], [0.25, 0.75], [zero, there], [narrow, wide]
    yield points[:3], [0.25, 0.75], [zero, there], [narrow, wide]
    yield points[:3], [0.2, 0.8], [there, zero], [narrow, slanted]
    yield points, [0.2, 0.3, 0.5], [zero, there, across], [narrow, wide, slanted]
    axes = rng.normal(size=(3, d, 2 * d + 2))
    covariances = axes @ axes.transpose(0, 2, 1) / (d + 1)
    x = np.round(rng.normal(0, 2, (40, d)), 3)
    yield x, rng.dirichlet([3, 3, 3]), rng.normal(0, 2, (3, d)), covariances
    distant = np.concatenate([points[:2], np.full((1, d), 80.0)])
    yield distant, [0.25, 0.75], [zero, there], [narrow, wide]


def of_climb(d, rng):
    """Probes of a whole EM that stops by itself: quick, slow, and the larger mean first.

    The points are drawn again until a rule that asks how much is left (Aitken) stops in time, and
    in the slow climb a rule that asks for small gains stops too early.
    """
    for title, gap, n, tolerance in (
        ("two bells far apart", 5.0, 40, 1e-3),
        ("two bells close together", 2.4, 60, 1e-4),
        ("the larger mean first", 3.0, 60, 1e-3),
    ):
        turned, slow = title == "the larger mean first", "close" in title
        for _ in range(1000):
            given = _climb(d, gap / np.sqrt(d), n * d, turned, rng)
            gained, left = _way_up(*given, d)
            _, small_left = _first(gained <= tolerance, left)
            near, near_left = _first(left_by_aitken(gained) <= tolerance, left)
            if near and near_left <= tolerance and (not slow or small_left > 5 * tolerance):
                break
        values = [{"array": value.tolist()} for value in given]
        names = (*arguments("em", d)[:-1], "tolerance")
        yield {"name": title, "arguments": dict(zip(names, [*values, tolerance]))}


def _climb(d, gap, n, turned, rng):
    """Points of two bells, and a start between them."""
    x = np.concatenate([rng.normal(0, 1, (n // 2, d)), rng.normal(gap, 1.4, (n // 2, d))])
    means = np.array([np.full(d, 0.3 * gap), np.full(d, 0.9 * gap)])
    spreads = np.array([np.eye(d), 2 * np.eye(d)])
    if turned:
        means, spreads = means[::-1], spreads[::-1]
    if d == 1:
        x, means, spreads = x[:, 0], means[:, 0], spreads[:, 0, 0]
    return [np.round(value, 3) for value in (x, [0.5, 0.5], means, spreads)]


def _way_up(x, weights, means, spreads, d, most=400):
    """What each step gains, and what is left after it; the last step is taken for the top."""
    theta, height = (weights, means, spreads), program("log_likelihood", d)
    one_step, heights = program("em", d), [height(x, weights, means, spreads)]
    while len(heights) < most:
        theta = one_step(x, *theta, 1)
        heights.append(height(x, *theta))
        if heights[-1] - heights[-2] < 1e-9:
            heights = np.array(heights)
            return np.diff(heights), heights[-1] - heights[1:]
    return np.full(1, np.inf), np.full(1, np.inf)  # too slow: other points


def left_by_aitken(gained):
    """After each step, what is left by the last two gains: infinite while they do not shrink."""
    before, last = gained[:-1], gained[1:]
    with np.errstate(all="ignore"):
        left = np.where((0 < last) & (last < before), last**2 / (before - last), np.inf)
    return np.concatenate([[np.inf], np.where(last == 0, 0, left)])


def _first(stops, left):
    """Whether it stops anywhere, and what is left where it first does."""
    at = np.flatnonzero(stops)
    return (True, left[at[0]]) if at.size else (False, np.inf)


def of_start(d, rng):
    """Probes of a start: small, of two units, and the same once more, to see whether it repeats."""
    if d == 1:
        small = np.array([0, 1, 2, 7, 8, 9.5])
    else:
        points = [[0, 0], [1, 2], [2, 1], [7, 8], [8, 7], [9, 9.5], [8.5, 7], [0.5, 1]]
        more = np.random.default_rng(4).normal(5, 3, (4 * d, 2)).round(1)
        small = _wide([*points, *more], d)
    large = 1000 + 50 * rng.normal(size=(200,) if d == 1 else (200, d))
    title = "far from 0, in large units"
    made = [(title, large, 3, 1), (title, large, 3, 2), ("the same once more", large, 3, 1)]
    made += [("one component", small, 1, 0)]
    # with these seeds `rng.choice(x, 3)` draws a point twice
    for name, x, K, seed in [("a few points", small, 3, s) for s in (6, 11)] + made:
        values = {"x" if d == 1 else "X": {"array": np.round(x, 3).tolist()}, "K": K}
        yield {"name": name, "arguments": {**values, "rng": {"rng": seed}}}


def of_stop(rng):
    """Heights of a climb whose gains shrink by a rate, and what is still to be gained."""
    last = -500 - float(np.round(rng.uniform(0, 100), 2))
    for title, rate, left, tolerance, stop in (
        ("far from the end", 0.9, 30.0, 1e-3, False),
        ("small gains, and far from the end", 0.999, 0.9, 1e-2, False),
        ("small gains, a large log-likelihood", 0.9999, 2.0, 1e-3, False),
        ("at the end of a quick climb", 0.1, 1e-5, 1e-3, True),
        ("at the end of a slow climb", 0.99, 1e-4, 1e-3, True),
        ("the same, and a smaller tolerance", 0.99, 1e-4, 1e-5, False),
        ("large gains first, small ones now", 0.5, 1e-5, 1e-3, True),
    ):
        heights = [round(last - left * rate**-k, 9) for k in range(9, -1, -1)]
        yield _stop(title, heights, tolerance, stop)
    yield _stop("the start alone", [-520.0], 1e-3, False)
    yield _stop("one step", [-520.0, -510.0], 1e-3, False)
    yield _stop("nothing is gained any more", [-520.0, -510.0, -510.0, -510.0], 1e-3, True)
    yield _stop("nothing was ever gained", [-510.0] * 4, 1e-3, True)
    yield _stop("a fall of rounding", [-520.0, -510.0, -510.0, -510.0 - 1e-12], 1e-3, True)
    yield _stop("it falls", [-520.0, -510.0, -509.0, -509.5], 1e-3, False)
    yield _stop("it falls by a little", [-520.0, -510.0, -509.0, -509.0 - 5e-4], 1e-3, False)


def _stop(title, heights, tolerance, stop):
    arguments = {"log_likelihoods": heights, "tolerance": tolerance}
    return {"name": title, "arguments": arguments, "expected": stop}
