"""k-means: both steps lower the sum of squares, and it ends where they leave it."""

import numpy as np
import pytest
from references import example

from gmmlib import Clusters, Mixture, em, kmeans, responsibilities

pytestmark = pytest.mark.filterwarnings("error")


def by_hand(X, centers, steps):
    """Labels and centers after so many steps, and the sum of squares after each half step."""
    sums = []
    for _ in range(steps):
        squares = ((X[:, None] - centers) ** 2).sum(axis=2)
        labels = squares.argmin(axis=1)
        sums.append(squares.min(axis=1).sum())
        centers = np.array([X[labels == k].mean(axis=0) for k in range(len(centers))])
        sums.append(((X - centers[labels]) ** 2).sum())
    return labels, centers, np.array(sums)


@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize("steps", [1, 3, 100])
def test_it_goes_the_road_of_two_lines_by_hand(d, steps):
    x, _, start = example(d, K=3, n=200)
    found = kmeans(x, start.means, max_steps=steps)
    labels, centers, sums = by_hand(x.reshape(200, d), start.locations, steps)
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_allclose(found.centers.reshape(3, d), centers, rtol=1e-12)
    assert found.within == pytest.approx(sums[-1], rel=1e-12)
    assert (np.diff(sums) <= 1e-12 * sums[0]).all()


def test_at_the_end_each_point_is_nearest_to_its_center_and_each_center_is_a_mean():
    x, _, start = example(2, K=4, n=300)
    end = kmeans(x, start.means)
    assert isinstance(end, Clusters) and end.converged
    squares = ((x[:, None] - end.centers) ** 2).sum(axis=2)
    np.testing.assert_array_equal(squares.argmin(axis=1), end.labels)
    for k, center in enumerate(end.centers):
        np.testing.assert_allclose(x[end.labels == k].mean(axis=0), center)


def test_it_says_when_it_was_stopped_before_its_end():
    x, _, start = example(1, K=3, n=200)
    assert not kmeans(x, start.means, max_steps=1).converged


def test_a_center_without_points_stays():
    end = kmeans([0.0, 1, 9, 10], [0, 10, 50])
    np.testing.assert_array_equal(end.centers, [0.5, 9.5, 50])
    np.testing.assert_array_equal(end.labels, [0, 0, 1, 1])
    assert end.within == 1


def test_it_is_the_limit_of_em_with_a_small_known_variance():
    x, _, start = example(2, K=3, n=200)
    end = kmeans(x, start.means)
    small = Mixture([0.2, 0.3, 0.5], start.means, [1e-6 * np.eye(2)] * 3)
    run = em(x, small, hold=("weights", "covariances"))
    np.testing.assert_allclose(run.mixture.means, end.centers, rtol=1e-9)
    shares = responsibilities(x, run.mixture)
    np.testing.assert_array_equal(shares.argmax(axis=1), end.labels)


def test_moved_far_from_zero_it_ends_at_the_moved_place():
    x, _, start = example(2, K=3, n=200)
    near, far = kmeans(x, start.means), kmeans(x + 1e6, start.means + 1e6)
    np.testing.assert_array_equal(near.labels, far.labels)
    assert far.within == pytest.approx(near.within, rel=1e-8)


@pytest.mark.parametrize("away", [1e10, 1e12])
def test_one_point_far_away_does_not_blur_the_others(away):
    end = kmeans([0, 1, 9, 10, away], [0, 10, away])
    assert end.labels.tolist() == [0, 0, 1, 1, 2]
    np.testing.assert_allclose(end.centers, [0.5, 9.5, away], atol=1e-3)


def test_it_changes_with_the_units_of_a_column():
    x, _, start = example(2, K=3, n=200)
    unit = np.array([1, 100.0])
    assert (kmeans(x, start.means).labels != kmeans(x * unit, start.means * unit).labels).any()


@pytest.mark.parametrize("d", [1, 3])
def test_scikit_learn_ends_at_the_same_place(d):
    from sklearn.cluster import KMeans

    x, _, start = example(d, K=3, n=300)
    X = x.reshape(300, d)
    theirs = KMeans(3, init=start.locations, n_init=1, tol=0, algorithm="lloyd").fit(X)
    ours = kmeans(x, start.means)
    np.testing.assert_array_equal(ours.labels, theirs.labels_)
    np.testing.assert_allclose(ours.centers.reshape(3, d), theirs.cluster_centers_)
    assert ours.within == pytest.approx(theirs.inertia_)


@pytest.mark.parametrize(
    "centers, words",
    [
        ([0, 1], r"x of 2 columns needs centers of shape \(K, 2\), not \(2,\)"),
        ([[0, 1, 2]], r"needs centers of shape \(K, 2\), not \(1, 3\)"),
        ([[0, np.nan]], r"centers"),
        (3, r"needs centers of shape"),
    ],
)
def test_centers_of_another_shape_are_refused(centers, words):
    with pytest.raises(ValueError, match=words):
        kmeans(example(2, n=80)[0], centers)


@pytest.mark.parametrize(("unit", "word"), [(1e-200, "small"), (1e160, "large")])
def test_numbers_whose_squares_are_no_doubles_are_refused(unit, word):
    # the squares would all be 0, or infinite: every point alike near to every center
    x = np.array([[0.0, 0], [1, unit], [10, 11 * unit], [11, 12 * unit]])
    with pytest.raises(
        ValueError, match=f"column 1 of x goes from 0 to .* too {word} for a double"
    ):
        kmeans(x, x[[1, 2]])
