"""Which pairs are learned from, by what number they are left out, and in which order they come."""

import numpy as np
import pytest
from support.small_features import write_world

from bettersynth.errors import UserError
from bettersynth.models.backbones.reference_split import batches, folds, reference_pairs


def test_equal_concepts_fall_into_one_fold() -> None:
    numbers = folds(["a", "b", "a"], seed=0)
    assert numbers[0] == numbers[2] != numbers[1]


def test_batches_show_every_row_before_any_comes_again() -> None:
    stream = batches(np.arange(10), 5, np.random.default_rng(0))
    assert sorted([*next(stream), *next(stream)]) == list(range(10))


def test_the_reference_split_alone_is_read(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_world(reference=70, pool=12)
    pairs = reference_pairs()
    assert pairs.pooled.shape == (70, 1280)
    assert pairs.captions[:2] == ["apple", "a picture of a boat"]
    assert pairs.concepts[1] == "boat 0"


def test_too_few_pairs_are_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_world(reference=10)
    with pytest.raises(UserError, match="has 10 reference pairs; .* need 64"):
        reference_pairs()


def test_no_row_at_all_is_told() -> None:
    with pytest.raises(UserError, match="all reference pairs are held out; lower held_out"):
        next(batches(np.arange(0), 5, np.random.default_rng(0)))
