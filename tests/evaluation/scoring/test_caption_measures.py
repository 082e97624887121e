"""One number each of the likelihoods of captions beside pictures."""

from __future__ import annotations

import numpy as np
import pytest

from bettersynth.evaluation.scoring.caption_measures import (
    caption_loss,
    caption_retrieval,
    own_picture_gain,
    picks_own_picture,
    picture_retrieval,
)

# one group of three pairs: [captions, pictures]
GROUP = np.array([[[-2.0, -3.0, -4.0], [-5.0, -6.0, -5.5], [-9.0, -7.0, -8.0]]])


def test_the_loss_is_a_token_of_captions_beside_their_own_pictures():
    assert caption_loss(GROUP, np.array([[1, 3, 4]])) == pytest.approx((2 + 6 + 8) / 8)


def test_a_caption_picks_its_own_picture_of_two():
    # beside the next picture: -2 over -3, -6 under -5.5, -8 over -9
    assert picks_own_picture(GROUP) == pytest.approx(2 / 3)


def test_the_gain_is_over_the_mean_of_the_other_pictures():
    assert own_picture_gain(GROUP) == pytest.approx(np.mean([1.5, -0.75, 0.0]))


def test_a_caption_finds_its_picture_where_none_makes_it_likelier():
    assert picture_retrieval(GROUP) == pytest.approx(1 / 3)


def test_a_picture_finds_the_caption_that_it_lifts_most():
    short = np.array([[[-1.0, -1.1], [-9.5, -8.0]]])
    # the short caption is likelier beside both pictures; lifts are +.05, -.05 and -.75, +.75
    assert caption_retrieval(short) == 1.0
    assert caption_retrieval(short[:, ::-1]) == 0.0


def test_a_model_that_does_not_look_is_told_by_none():
    blind = np.repeat(np.array([[[-1.0], [-2.0], [-3.0]]]), 3, axis=2)
    assert own_picture_gain(blind) == 0.0
    assert picks_own_picture(blind) == 0.0
