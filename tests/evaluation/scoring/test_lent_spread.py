"""An experiment with several seeds lends its spread; one with one seed has none."""

from __future__ import annotations

import pytest

from bettersynth.data.tables.items import item_table
from bettersynth.errors import UserError
from bettersynth.evaluation.scoring.lent_spread import (
    lent,
    require_same_text,
    require_spread,
    training_part,
)


def items(*seeds: int):
    rows = []
    for seed in seeds:
        rows.append({"benchmark": "textvqa", "seed": seed, "item": "a what?", "accuracy": 1.0})
    return item_table(rows)


def test_one_seed_lends_nothing():
    with pytest.raises(UserError, match="--seed-spread default: it has one seed"):
        require_spread(items(0), "default")
    assert require_spread(items(0, 1), "default").num_rows == 2


def test_the_lent_scores_are_those_of_the_benchmark():
    assert lent(items(0, 1), "textvqa", "accuracy").shape == (2, 1)
    assert lent(None, "textvqa", "accuracy") is None


def test_words_say_what_the_intervals_hold():
    assert training_part(1, borrowed=False).startswith("leave the training out")
    assert training_part(1, borrowed=True).startswith("borrow from --seed-spread")
    assert training_part(5, borrowed=False) == "hold how 5 trainings differ, and the pictures"


def test_a_spread_of_other_questions_is_refused():
    rows = [row | {"category": "top"} for row in items(0, 1).to_pylist()]
    things = [row | {"item": "b what?", "category": "thing"} for row in rows]
    both = item_table([*rows, *things])
    require_same_text(None, True)
    require_same_text(both, True)
    require_same_text(items(0, 1), False)
    with pytest.raises(UserError, match="TextVQA is words that are read there, but things that"):
        require_same_text(items(0, 1), True)
    with pytest.raises(UserError, match="TextVQA is things that must be seen there, but words"):
        require_same_text(both, False)
