"""The contrastive loss, and members that learn, each without its own fold."""

import numpy as np
import pytest
import torch
from support.default_settings import default_settings
from torch.nn.functional import normalize

from bettersynth.models.backbones.lit_training import (
    TrainingPairs,
    bank_rows,
    contrastive_loss,
    learning_rate,
    train_member,
)

SMALL = default_settings(
    "scorer", members=2, hidden=16, width=8, updates=20, batch=16, bank=8, held_out=0.5
)


def test_pairs_that_mean_the_same_are_no_negatives_of_each_other() -> None:
    vectors = torch.nn.functional.normalize(
        torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), dim=-1
    )
    same = vectors @ vectors.T > 0.9
    scale = torch.tensor(50.0)
    assert (
        contrastive_loss(vectors, vectors, scale, same)
        < contrastive_loss(vectors, vectors, scale, torch.eye(3).bool()) + 0.01
    )


def test_the_rate_rises_for_a_tenth_and_falls_to_nothing() -> None:
    settings = default_settings("scorer", updates=100, learning_rate=1.0)
    rates = [learning_rate(settings, update) for update in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert int(np.argmax(rates)) == 9
    assert rates[-1] < 0.001


def test_the_bank_is_drawn_once_for_a_seed_and_sorted() -> None:
    rows = np.arange(100)
    bank = bank_rows(rows, SMALL)
    assert len(set(bank)) == 8
    assert np.array_equal(bank, np.sort(bank))
    assert np.array_equal(bank, bank_rows(rows, SMALL))


def test_a_member_is_the_same_twice_and_scores_its_own_fold() -> None:
    rng = np.random.default_rng(0)
    pairs = TrainingPairs(
        torch.from_numpy(rng.random((40, 1280), dtype=np.float32)),
        normalize(torch.from_numpy(rng.random((40, 384), dtype=np.float32)), dim=-1),
        np.linspace(0, 0.99, 40),
    )
    first, again, other = (train_member(SMALL, pairs, number) for number in (0, 0, 1))
    assert len(first.matched) == len(first.shuffled) == 20
    assert [update for update, _ in first.losses] == [1, 20]
    assert all(torch.equal(again.state[name], tensor) for name, tensor in first.state.items())
    assert not torch.equal(other.state["text.weight"], first.state["text.weight"])
