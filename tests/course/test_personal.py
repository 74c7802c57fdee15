"""Each student has data of their own: the same again everywhere, and a problem worth solving."""

import hashlib

import numpy as np
import pytest

from gmmlib import Mixture, em
from gmmlib.tutor import personal_data, personal_truth
from gmmlib.tutor.personal import RECIPES, STATEMENTS, growth, normals, seed

STUDENTS = [f"student {i}" for i in range(20)]


def arrays(given):
    return [np.asarray(part) for part in (given if isinstance(given, tuple) else (given,))]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_student_has_the_same_data_again_and_no_two_have_the_same(recipe):
    first, again = (arrays(personal_data(recipe, "Anne")) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, again))
    drawn = {b"".join(a.tobytes() for a in arrays(personal_data(recipe, s))) for s in STUDENTS}
    assert len(drawn) == len(STUDENTS)


def test_a_name_is_one_name_however_it_is_typed():
    composed, apart = "Zoë Weiß", "Zoe\u0308 WEISS"
    assert seed("two_bells", composed) == seed("two_bells", f"  {apart}\n")
    assert seed("two_bells", "Anne") != seed("two_bells", "Anna")
    assert seed("two_bells", "Anne") != seed("three_ellipses", "Anne")


@pytest.mark.parametrize("name", ["", "  ", None, 7, ...])
def test_no_name_is_refused(name):
    with pytest.raises(ValueError, match="STUDENT needs your name"):
        personal_data("two_bells", name)


def test_an_unknown_recipe_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"no recipe 'two_bell'.*two_bells"):
        personal_data("two_bell", "Anne")


def test_the_points_are_the_same_on_every_machine():
    # four decimals as text: the last bit of a logarithm may differ between machines
    text = " ".join(f"{value:.4f}" for value in personal_data("two_bells", "reference"))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "a1fd5548e1572cc9"


def test_the_normals_are_standard_normals():
    z = np.sort(normals(np.random.default_rng(1), 20_000))
    assert np.allclose([z.mean(), z.var(), (z**4).mean()], [0, 1, 3], atol=0.06)


@pytest.mark.parametrize("recipe", ["labeled_bells", "known_bells", "two_bells", "three_ellipses"])
def test_the_truth_made_the_points(recipe):
    for student in STUDENTS[:5]:
        truth = personal_truth(recipe, student)
        labels = truth["labels"]
        given = personal_data(recipe, student)
        x = next(a for a in arrays(given) if len(a) == len(labels))
        spread = truth.get("variances")
        spread = np.einsum("kii->ki", truth["covariances"]) if spread is None else spread
        for k in range(len(truth["weights"])):
            error = np.sqrt(spread[k] / (labels == k).sum())
            assert np.all(abs(x[labels == k].mean(axis=0) - truth["means"][k]) < 4.5 * error)
        shares = np.bincount(labels) / len(labels)
        assert np.allclose(shares, truth["weights"], atol=0.1)


def test_set_2_has_two_ends_for_everybody():
    for student in STUDENTS:
        x, weights, variances = personal_data("known_bells", student)
        start = np.quantile(x, [0.2, 0.8])
        low, high = (
            em(x, Mixture(weights, means, variances), hold=("weights", "covariances"))
            for means in (start[::-1], start)
        )
        assert high.log_likelihood > low.log_likelihood + 20


def test_two_components_that_begin_nearly_equal_part_in_sets_3_and_5():
    for student in STUDENTS:
        for x in personal_data("two_bells", student), personal_data("far_point", student)[:-1]:
            twins = Mixture([0.5, 0.5], x.mean() + np.array([0, 0.001]), [x.var()] * 2)
            heights = em(x, twins, max_steps=600, keep_mixtures=False).log_likelihoods
            assert heights[1] - heights[0] < 0.01 < 1 < heights[-1] - heights[1]


def test_a_step_multiplies_the_difference_of_twins_by_the_growth():
    x = personal_data("two_bells", "reference")
    twins = Mixture([0.5, 0.5], x.mean() + np.array([0, 1e-5]), [x.var()] * 2)
    apart = [abs(np.diff(m.means)[0]) for m in em(x, twins, max_steps=12).mixtures]
    assert np.isclose(apart[-1] / apart[-2], growth(x), rtol=1e-3)


def test_set_4_has_a_wrong_end_for_most():
    X = [personal_data("three_ellipses", student) for student in STUDENTS]
    crossed = Mixture(
        [0.6, 0.2, 0.2],
        [[0, 2], [0.5, -1], [-0.5, -3]],
        [np.diag([5.0, 1.0]), np.eye(2), np.eye(2)],
    )
    parted = Mixture([1 / 3] * 3, [[2, 2], [-2, 2], [0, -2]], [np.eye(2)] * 3)
    ends = [[em(x, start).log_likelihood for start in (crossed, parted)] for x in X]
    assert sum(low < high - 50 for low, high in ends) >= 0.7 * len(X)


def test_no_two_waits_are_tied_and_the_rows_keep_their_order():
    X, rows = personal_data("eruptions", "Anne"), personal_truth("eruptions", "Anne")["rows"]
    assert X.shape == (200, 2) and len(np.unique(X[:, 1])) == 200
    assert (np.diff(rows) > 0).all()


def test_the_statements_are_all_there():
    assert sorted(personal_data("statements", "Anne")) == sorted(STATEMENTS)
