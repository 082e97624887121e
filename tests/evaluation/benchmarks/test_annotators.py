"""Simulated annotators agree about as much as people do."""

from __future__ import annotations

import numpy as np

from bettersynth.evaluation.benchmarks.annotators import annotate, mistype
from bettersynth.evaluation.benchmarks.textvqa_answers import normalize_answer, soft_accuracy


def test_annotators_mostly_agree_once_normalised():
    rng = np.random.default_rng(0)
    given = [annotate("bakery", ["hotel"], 0.3, 0.1, rng) for _ in range(200)]
    flat = [answer for answers in given for answer in answers]
    assert {len(answers) for answers in given} == {10}
    assert 0.55 < np.mean([answer == "bakery" for answer in flat]) < 0.65
    assert 0.87 < np.mean([normalize_answer(answer) == "bakery" for answer in flat]) < 0.93
    assert np.mean([soft_accuracy("bakery", answers) for answers in given]) == 1
    assert "hotel" in flat
    assert "unanswerable" in flat


def test_a_typing_error_is_another_word():
    rng = np.random.default_rng(0)
    assert all(mistype(word, rng) != word for word in ("zoo", "inn", "bakery") for _ in range(50))
