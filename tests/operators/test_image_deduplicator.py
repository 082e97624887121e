"""image_deduplicator: samples with the same perceptual hashes."""

from __future__ import annotations

import json

import pytest
from support.one_operator import measured
from support.parity import batch_of, cases, differences, kept_of_corpus, rows_of

from bettersynth.operators import load_operator


@pytest.mark.parametrize("group", cases("hashes", "image_deduplicator"))
def test_hashes_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize(
    "row", rows_of("dedup", "image_deduplicator"), ids=lambda row: json.dumps(row["params"])
)
def test_it_keeps_what_data_juicer_keeps(row):
    assert kept_of_corpus(row) == row["kept"]


def test_flat_pictures_share_one_phash():
    names = ("black.png", "white.png", "shapes0.png")
    batch = batch_of(*({"images": [f"images/{name}"]} for name in names))
    values, flags = measured("image_deduplicator", batch)
    assert values["__dj__imagehash"][0] == values["__dj__imagehash"][1] == "f" * 16
    assert flags == [True, False, True]


def test_samples_with_other_words_stay_where_text_is_considered():
    samples = [{"text": text, "images": ["images/gray.png"]} for text in ("a", "b", "a")]
    assert measured("image_deduplicator", batch_of(*samples))[1] == [True, False, False]
    values, flags = measured("image_deduplicator", batch_of(*samples), consider_text=True)
    assert set(values) == {"__dj__imagehash", "__dj__hash"}
    assert flags == [True, True, False]


def test_samples_without_pictures_stay():
    batch = batch_of({"text": "a"}, {"text": "a"})
    assert measured("image_deduplicator", batch)[1] == [True, True]


def test_it_reads_texts_only_where_they_count():
    operator = load_operator("image_deduplicator")
    assert operator.reads(operator.Measuring()) == ("images",)
    assert operator.reads(operator.Measuring(consider_text=True)) == ("text", "images")
