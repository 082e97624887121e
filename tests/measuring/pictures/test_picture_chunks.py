"""Chunks that pair words with pictures, and one value for each of them."""

from __future__ import annotations

import pytest

from bettersynth.data.samples.batch import BadSample, Batch, Images
from bettersynth.measuring.pictures.picture_chunks import (
    distinct_pairs,
    picture_chunks,
    reduced_values,
)

IMAGE, END = "<__dj__image>", "<|__dj__eoc|>"


def batch(*samples):
    texts = [text for text, _ in samples]
    return Batch(texts, [names for _, names in samples], Images(str.encode))


def test_chunks_without_a_picture_and_samples_without_pictures_have_none():
    samples = batch(
        (f"{IMAGE}{IMAGE} two {END} words {END} {IMAGE} one", ["a", "b", "c"]),
        (f"{IMAGE} a token alone", []),
    )
    assert picture_chunks(samples) == [[("two", ["a", "b"]), ("one", ["c"])], []]


def test_a_chunk_whose_pictures_are_used_up_is_bad():
    good, bad = (f"{IMAGE} a", ["a"]), (f"{IMAGE} a {END} {IMAGE} b", ["a"])
    with pytest.raises(BadSample, match="more image tokens than pictures") as error:
        picture_chunks(batch(good, bad, good, bad))
    assert error.value.positions == [1, 3]


def test_each_pair_counts_once_and_a_chunk_is_reduced():
    chunks = [[("two", ["a", "b"])], [], [("one", ["c"]), ("two", ["a"])]]
    pairs = distinct_pairs(chunks)
    assert pairs == [("a", "two"), ("b", "two"), ("c", "one")]
    values = dict(zip(pairs, (1.0, 2.0, 5.0), strict=True))
    assert reduced_values(chunks, values, "avg") == [[1.5], [], [5.0, 1.0]]
    assert reduced_values(chunks, values, "max") == [[2.0], [], [5.0, 1.0]]
    assert reduced_values(chunks, values, "min") == [[1.0], [], [5.0, 1.0]]
