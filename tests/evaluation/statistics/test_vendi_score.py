"""The Vendi score counts what is different."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.evaluation.statistics.vendi_score import vendi_score


def test_alike_rows_count_as_one_and_rows_at_right_angles_each_as_one():
    assert vendi_score(np.tile([0.6, 0.8], (7, 1))) == pytest.approx(1.0)
    assert vendi_score(np.eye(5)) == pytest.approx(5.0)
    assert vendi_score(np.repeat(np.eye(5), 3, axis=0)) == pytest.approx(5.0)


def test_two_rows_at_an_angle_by_hand():
    # eigenvalues of K / 2 are (1 + c) / 2 and (1 - c) / 2
    shares = np.array([(1 + 0.6) / 2, (1 - 0.6) / 2])
    expected = np.exp(-(shares * np.log(shares)).sum())
    assert vendi_score(np.array([[1.0, 0.0], [0.6, 0.8]])) == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(30, 8), (8, 30)])
def test_it_is_the_entropy_of_the_cosines_whichever_side_is_longer(shape):
    rows = np.random.default_rng(0).normal(size=shape)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    eigenvalues = np.linalg.eigvalsh(rows @ rows.T / len(rows))
    eigenvalues = eigenvalues[eigenvalues > 1e-12]
    expected = np.exp(-(eigenvalues * np.log(eigenvalues)).sum())
    assert vendi_score(rows) == pytest.approx(expected)
    # the order of rows does not matter
    assert vendi_score(rows[::-1]) == pytest.approx(expected)


def test_rows_of_another_length_are_refused():
    with pytest.raises(ValueError, match="each of length 1"):
        vendi_score(np.ones((3, 4)))
    with pytest.raises(ValueError, match="at least one row"):
        vendi_score(np.empty((0, 4)))
