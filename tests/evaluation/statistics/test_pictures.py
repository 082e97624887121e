"""Questions that share a picture are resampled together."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.evaluation.statistics.intervals import score_interval
from bettersynth.evaluation.statistics.pictures import by_picture


def test_questions_with_pictures_of_their_own_come_back_as_they_are():
    scores = np.array([[1.0, 0.0, 0.5], [0.0, 0.0, 1.0]])
    assert by_picture(scores, ["c", "a", "b"]) is scores


def test_seed_means_stay_and_the_spread_is_that_of_the_ratio_by_hand():
    scores = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    pictures = by_picture(scores, ["x", "x", "y"])
    assert pictures.mean(axis=1) == pytest.approx(scores.mean(axis=1))
    # seed 0, mean 2/3: x brings (1/3 + 1/3) x 2 pictures / 3 questions above it
    assert pictures[0] == pytest.approx([2 / 3 + 4 / 9, 2 / 3 - 4 / 9])


def test_rows_weigh_without_adding_spread_of_their_own():
    scores = np.array([[1.0, 1.0, 0.0]])
    pictures = by_picture(scores, ["a", "b", "c"], np.array([4, 2, 2]))
    assert pictures.mean() == pytest.approx(6 / 8)
    # all right: four rows are no more right than two
    alike = by_picture(np.ones((1, 3)), ["a", "b", "c"], np.array([4, 2, 2]))
    assert alike == pytest.approx(np.ones((1, 3)))


def test_four_copies_of_each_answer_widen_nothing_and_narrow_nothing():
    rng = np.random.default_rng(3)
    scores = (rng.random((1, 80)) < 0.6).astype(float)
    copied = np.repeat(scores, 4, axis=1)
    pictures = np.repeat(np.arange(80), 4).astype(str)
    alone = score_interval(scores)
    together = score_interval(by_picture(copied, pictures.tolist()))
    assert (together.low, together.high) == pytest.approx((alone.low, alone.high), abs=0.01)
    naive = score_interval(copied)
    assert naive.high - naive.low < 0.6 * (alone.high - alone.low)
