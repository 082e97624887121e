"""Captions are swapped among each other, so that none comes to its own picture or concept."""

import numpy as np
import pytest

from bettersynth.data.pool.planting import plant, planted_rows
from bettersynth.data.sources.pair import Pair, Picture
from bettersynth.errors import UserError


def pair(number: int, text: str = "", concept: str = "", pictures: int = 1) -> Pair:
    shown = tuple(Picture(f"{number}-{place}", "photo") for place in range(pictures))
    return Pair(str(number), text or f"caption {number}", shown, "pool", "x", "x", concept)


def test_too_few_captions_to_swap_is_one_clear_error():
    pairs = [
        Pair(
            str(k),
            "<__dj__image>\nA Dog" if k else "<__dj__image>\na dog",
            (Picture(str(k), "photo"),),
            "pool",
            "x",
            "x",
        )
        for k in range(4)
    ]
    with pytest.raises(UserError, match="too few different captions to swap"):
        plant(pairs, 1.0, 0)
    with pytest.raises(UserError, match="must lie between 0 and 1"):
        plant(pairs, 1.5, 0)


def test_the_share_is_swapped_and_every_text_is_carried_once():
    pairs = [pair(number) for number in range(40)]
    carried = plant(pairs, 0.25, seed=1)
    swapped = [row for row, donor in enumerate(carried) if row != donor]
    assert len(swapped) == 10
    assert sorted(carried) == list(range(40))
    assert carried == plant(pairs, 0.25, seed=1) != plant(pairs, 0.25, seed=2)


def test_none_carries_a_text_of_its_own_concept():
    pairs = [pair(number, concept=f"concept {number % 3}") for number in range(30)]
    carried = plant(pairs, 1.0, seed=0)
    assert all(pairs[row].concept != pairs[donor].concept for row, donor in enumerate(carried))


def test_pairs_of_several_pictures_keep_their_text():
    pairs = [pair(number, pictures=1 + number % 2) for number in range(20)]
    carried = plant(pairs, 0.5, seed=0)
    assert all(carried[row] == row for row in range(1, 20, 2))
    assert np.count_nonzero(np.array(carried) != np.arange(20)) == 10


def test_a_swapped_pair_names_its_donor_and_keeps_its_own_text_on_record():
    rows = planted_rows([pair(0), pair(1), pair(2)], [1, 0, 2])
    assert rows[0] == {
        "id": "0",
        "planted": True,
        "original_text": "caption 0",
        "donor_id": "1",
    }
    assert rows[2]["planted"] is False and rows[2]["donor_id"] == ""
