"""What is said of pictures that the captioner never saw."""

import numpy as np
import pytest

from bettersynth.models.backbones.captioner_making import evaluate, word_f1
from bettersynth.models.backbones.prefix_captioner import Sampling

CAPTIONS = ["dog", "cat", "boat", "lamp"]


class KnowsAll:
    """A captioner that finds the picture's own caption likeliest: `pooled` holds its number."""

    def log_likelihood(self, pooled: np.ndarray, captions: list[str]) -> np.ndarray:
        own = [CAPTIONS[int(row[0])] for row in pooled]
        return np.array([float(a == b) for a, b in zip(own, captions, strict=True)])

    def candidates(self, pooled, keys, sampling: Sampling, seed: int) -> list[list[str]]:
        assert sampling.candidates == 1
        return [[CAPTIONS[int(row[0])]] for row in pooled]


def test_word_f1_counts_repeats() -> None:
    assert word_f1("a red dog", "a red dog") == 1.0
    assert word_f1("dog dog", "dog") == pytest.approx(2 / 3)
    assert word_f1("cat", "dog") == 0.0


def test_a_captioner_that_knows_all_gets_full_marks() -> None:
    pooled = np.arange(4, dtype=np.float32)[:, None]
    assert evaluate(KnowsAll(), pooled, CAPTIONS, seed=0) == {
        "held_out": 4,
        "four_way": 1.0,
        "word_f1": 1.0,
    }
    shifted = CAPTIONS[1:] + CAPTIONS[:1]
    assert evaluate(KnowsAll(), pooled, shifted, seed=0)["four_way"] == 0.0


def test_too_few_captions_are_not_judged() -> None:
    found = evaluate(KnowsAll(), np.zeros((3, 1)), ["dog", "cat", "boat"], seed=0)
    assert found == {"held_out": 3, "four_way": None, "word_f1": None}
