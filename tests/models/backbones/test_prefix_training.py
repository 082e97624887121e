"""Training is the same twice, and its losses are written down."""

import dataclasses

import numpy as np
import pytest
import torch
from support.default_settings import default_settings

from bettersynth.errors import UserError
from bettersynth.models.backbones.prefix_training import train_captioner, write_losses

SMALL = default_settings(
    "captioner", width=8, hidden=16, updates=60, batch=4, learning_rate=0.02, max_words=2
)


def test_the_same_seed_gives_the_same_captioner_and_learning_lowers_the_loss() -> None:
    pooled = np.random.default_rng(0).random((8, 1280), dtype=np.float32)
    captions = [f"a word{number % 2} beyond" for number in range(8)]
    one, losses = train_captioner(SMALL, pooled, captions)
    two, _ = train_captioner(SMALL, pooled, captions)
    assert all(torch.equal(two.tensors()[name], value) for name, value in one.tensors().items())
    assert [update for update, _ in losses] == [1, 51, 60]
    assert losses[-1][1] < losses[0][1]
    assert "beyond" in one.vocabulary  # words are cut, the vocabulary is not


@pytest.mark.parametrize("updates", [1, 2, 9, 10, 11])
def test_any_number_of_updates_has_a_warmup(updates: int) -> None:
    pooled = np.random.default_rng(0).random((8, 1280), dtype=np.float32)
    settings = dataclasses.replace(SMALL, updates=updates)
    _, losses = train_captioner(settings, pooled, ["a word"] * 8)
    assert losses[-1][0] == updates


def test_losses_are_a_table(tmp_path) -> None:
    write_losses(tmp_path / "log.tsv", [(1, 2.5), (51, 0.25)])
    assert (tmp_path / "log.tsv").read_text() == "update\tloss\n1\t2.50000\n51\t0.25000\n"


def test_words_that_are_all_too_rare_are_told() -> None:
    settings = dataclasses.replace(SMALL, min_count=9)
    pooled = np.zeros((8, 1280), dtype=np.float32)
    with pytest.raises(UserError, match="min_count is 9, but no word of the 8 captions to learn"):
        train_captioner(settings, pooled, ["a word"] * 8)
