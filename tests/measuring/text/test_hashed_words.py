"""Words and their numbers are Spark's: what PySpark 3.5.5 gave for the same texts."""

from __future__ import annotations

import pytest
from support.spark_quality import SPARK

from bettersynth.measuring.text.hashed_words import feature_of, spark_words


@pytest.mark.parametrize("number", range(len(SPARK["default"]["texts"])))
def test_texts_are_split_as_spark_s_tokenizer_splits_them(number):
    text = SPARK["default"]["texts"][number]
    assert spark_words(text) == SPARK["default"]["words"][number]


@pytest.mark.parametrize(("name", "features"), [("default", 2**18), ("small", 64)])
def test_words_are_counted_under_spark_s_numbers(name, features):
    numbers = {word: feature_of(word, features) for word in SPARK[name]["index"]}
    assert numbers == SPARK[name]["index"]
