import random

import pytest

from bettersynth.models.pretrain_lm.rows import BLEND, SLOTS, Mixture
from bettersynth.models.pretrain_lm.simulated_pictures import bag_of_words, sign_board

CLEAN = Mixture(clutter=0.0)
WORDS = (100, 101, 102)


def test_without_clutter_each_word_has_slots_of_its_own():
    picture = bag_of_words(random.Random(0), (7, 8, 9), WORDS, CLEAN)
    mains = [ids[0] for ids in picture.ids]
    assert {main: mains.count(main) for main in mains} == {7: 6, 8: 5, 9: 5}
    assert all(weights == [1.0, 0.0, 0.0, 0.0] for weights in picture.weights)


@pytest.mark.parametrize("seed", range(20))
def test_with_clutter_every_word_still_stands_somewhere(seed):
    picture = bag_of_words(random.Random(seed), (7, 8, 9), WORDS, Mixture())
    assert len(picture.ids) == len(picture.weights) == SLOTS
    assert all(len(slot) == BLEND for slot in (*picture.ids, *picture.weights))
    assert all(sum(weights) == pytest.approx(1) or sum(weights) == 0 for weights in picture.weights)
    seen = {token for slot in picture.ids for token in slot}
    assert {7, 8, 9} <= seen
    assert seen <= {0, 7, 8, 9, *WORDS}


def test_more_words_than_slots_are_sampled():
    picture = bag_of_words(random.Random(0), tuple(range(1, 40)), WORDS, CLEAN)
    mains = {ids[0] for ids in picture.ids}
    assert len(mains) == SLOTS


def test_a_board_shows_its_colours_from_the_top_down_in_equal_bands():
    picture = sign_board(random.Random(0), [5, 6], 99, WORDS, CLEAN)
    for slot, (ids, weights) in enumerate(zip(picture.ids, picture.weights, strict=True)):
        assert ids[:2] == [5, 6]
        assert ids[2] in (99, *WORDS)
        assert weights == ([1.0, 0.0, 0.0, 0.0] if slot < SLOTS // 2 else [0.0, 1.0, 0.0, 0.0])


def test_the_same_seed_draws_the_same_picture():
    first, second = (bag_of_words(random.Random(3), (7, 8), WORDS, Mixture()) for _ in range(2))
    assert first == second
