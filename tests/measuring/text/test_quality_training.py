"""Training the quality classifier: it tells the two kinds apart, in the same bytes each time."""

from __future__ import annotations

import json

import numpy as np
import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.text.hashed_words import spark_words
from bettersynth.measuring.text.quality_training import (
    read_texts,
    train_quality,
)

NOUNS = ("dog", "church", "river", "boat", "hill", "garden")


def texts(before: str, behind: str, number: int) -> list[str]:
    random = np.random.default_rng(len(before))
    made = []
    for _ in range(number):
        first, second = random.choice(NOUNS, 2)
        made.append(f"{before} {first} {behind} {second} {random.integers(100)}")
    return list(dict.fromkeys(made))


GOOD = texts("a quiet", "beside the old", 150)
BAD = texts("buy this", "now free click", 150)


@pytest.fixture(scope="module")
def trained():
    return train_quality(GOOD, BAD)


def test_good_and_bad_texts_are_told_apart_on_words_they_share(trained):
    model, taught, held_out = trained
    assert (taught.good + held_out.good, taught.bad + held_out.bad) == (len(GOOD), len(BAD))
    assert taught.in_both == 0
    assert held_out.good > 10 and held_out.bad > 10
    assert held_out.roc_auc == held_out.precision == held_out.recall == held_out.f1 == 1.0
    assert model.score(spark_words("a quiet hill beside the old boat")) > 0.9
    assert model.score(spark_words("buy this hill now free click boat")) < 0.1
    # of words that it never saw it says what it says of none
    assert model.score(["zzz"]) == pytest.approx(model.score([]), abs=1e-12)


def test_the_order_of_the_texts_does_not_matter(trained):
    model, *counts = train_quality(GOOD[::-1], BAD[::-1])
    assert np.array_equal(model.weights, trained[0].weights)
    assert (model.intercept, *counts) == (trained[0].intercept, *trained[1:])


def test_texts_that_are_both_count_as_neither_and_too_few_are_one_line():
    with pytest.raises(UserError, match="0 different bad texts; at least 40 are needed"):
        train_quality(GOOD, GOOD[:50])
    _, taught, held_out = train_quality(GOOD, [*BAD, *GOOD[:30]])
    assert (taught.in_both, taught.good + held_out.good) == (30, len(GOOD) - 30)
    assert taught.bad + held_out.bad == len(BAD)


def test_texts_are_read_from_files_of_rows_without_special_tokens(tmp_path):
    rows = [{"text": "<__dj__image>\na dog <|__dj__eoc|>"}, {"text": "a cat"}, {"text": "a dog"}]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_texts([str(file)], "text") == ["a dog", "a cat"]
    with pytest.raises(UserError, match="rows.jsonl row 1 has no text under 'caption'"):
        read_texts([str(file)], "caption")
