"""check_answer says whether an answer has the form that was asked for, and nothing else."""

import numpy as np
import pytest

from gmmlib.tutor import check_answer


@pytest.mark.parametrize("value", [0.5, np.float64(0.5), np.array(0.5), 1])
def test_a_number_is_a_number(value):
    assert check_answer(value, low=0, high=1)


@pytest.mark.parametrize("value", [None, ...])
def test_no_answer_is_absent(value):
    answer = check_answer(value)
    assert answer.state == "absent" and not answer


@pytest.mark.parametrize(
    "value",
    ["0.5", True, [0.5], np.array([0.5]), np.nan, 1.5, -0.1, 1j, lambda: 0.5, [[1], [2, 3]]],
)
def test_what_is_no_number_from_0_to_1_is_said_so(value):
    answer = check_answer(value, low=0, high=1)
    assert answer.state == "wrong" and "a number from 0 to 1 needed" in repr(answer)


def test_shapes_and_whole_numbers_are_asked_for():
    assert check_answer([1, 2.5], shape=(2,))
    assert check_answer(3, whole=True) and check_answer(3.0, whole=True)
    assert "2 numbers needed, not 1.0" in check_answer(np.float64(1), shape=(2,)).message
    assert "a whole number needed, not 2.5" in check_answer(2.5, whole=True).message
    assert "an array of shape (9, 9)" in check_answer(np.ones((9, 9))).message
