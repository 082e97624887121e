"""Each row's next token is drawn with numbers of its own."""

import numpy as np
import pytest
import torch

from bettersynth.errors import UserError
from bettersynth.models.generation.seeded_generation import (
    GenerationSettings,
    SeededChoice,
    draws_of,
    to_device,
)


def test_drawn_tokens_follow_the_odds_and_the_nucleus() -> None:
    scores = torch.tensor([[2.0, 1.0, 0.0, -1.0]]).repeat(4000, 1)
    draws = np.random.default_rng(0).random((4000, 2))
    draws[0] = np.nan
    choice = SeededChoice(draws, temperature=2.0, top_p=0.8)
    picked = choice(torch.zeros(4000, 1), scores).argmax(1)
    assert picked[0] == 0
    odds = (scores[0].double() / 2).softmax(0)
    kept = odds * torch.tensor([1.0, 1.0, 1.0, 0.0])  # the third reaches .8
    shares = np.bincount(picked[1:].numpy(), minlength=4) / 3999
    assert shares == pytest.approx((kept / kept.sum()).numpy(), abs=0.03)
    assert choice.step == 1


def test_where_nothing_is_drawn_the_scores_stay() -> None:
    scores = torch.rand(2, 5)
    choice = SeededChoice(np.full((2, 3), np.nan), temperature=1.0, top_p=1.0)
    assert choice(torch.zeros(2, 1), scores) is scores


def test_draws_are_fixed_by_key_candidate_and_seed_and_the_first_is_greedy() -> None:
    draws = draws_of(["a", "a", "b", "a"], [0, 1, 1, 2], seed=5, steps=3)
    assert np.isnan(draws[0]).all()
    assert len({tuple(row) for row in draws[1:]}) == 3
    assert np.array_equal(draws_of(["a"], [2], 5, 3)[0], draws[3])
    assert not np.array_equal(draws_of(["a"], [2], 6, 3)[0], draws[3])


def test_pixels_get_the_models_precision_and_ids_keep_theirs() -> None:
    model = torch.nn.Linear(1, 1).to(torch.bfloat16)
    model.device, model.dtype = torch.device("cpu"), torch.bfloat16
    inputs = {"pixels": torch.rand(1, 2), "ids": torch.tensor([[1]]), "text": ["not a tensor"]}
    moved = to_device(inputs, model)
    assert {name: value.dtype for name, value in moved.items()} == {
        "pixels": torch.bfloat16,
        "ids": torch.int64,
    }


def test_a_bad_setting_is_named() -> None:
    with pytest.raises(UserError, match="captioner x: batch_size is 0; it must be above 0"):
        GenerationSettings("x", batch_size=0)
