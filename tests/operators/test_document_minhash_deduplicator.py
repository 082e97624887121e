"""document_minhash_deduplicator: texts that share most of their shingles."""

from __future__ import annotations

import json

import numpy as np
import pytest
from support.one_operator import kept, text_batch
from support.parity import cases, differences, kept_of_corpus, line_of, rows, rows_of

from bettersynth.operators import load_operator
from bettersynth.operators.document_minhash_deduplicator import bands_of, best_bands


@pytest.mark.parametrize("group", cases("hashes", "document_minhash_deduplicator"))
def test_hashes_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize(
    "row",
    rows_of("dedup", "document_minhash_deduplicator"),
    ids=lambda row: json.dumps(row["params"]),
)
def test_it_keeps_what_data_juicer_keeps(row):
    assert kept_of_corpus(row) == row["kept"]


def test_short_captions_are_no_duplicates_unless_data_juicer_is_asked_for():
    captions = ["a dog", "a cat", "a red car", "a dog"]
    name = "document_minhash_deduplicator"
    assert kept(name, *captions) == [True, True, True, False]
    assert kept(name, *captions, compat="data_juicer") == [True, False, False, False]


BANDS = [row for row in rows("hashes") if "optimal_param" in row]


@pytest.mark.parametrize("row", BANDS, ids=lambda row: str(row["optimal_param"]))
def test_bands_and_rows_are_data_juicers(row):
    assert best_bands(*row["optimal_param"]) == (row["num_bands"], row["num_rows_per_band"])


@pytest.mark.parametrize(
    "row",
    [row for row in rows("hashes") if "num_bands" in row and "op" in row and "params" in row],
    ids=lambda row: json.dumps(row["params"]),
)
def test_given_bands_and_rows_are_taken(row):
    assert bands_of(line_of(row).measuring) == (row["num_bands"], row["num_rows_per_band"])


def test_no_text_and_one_text():
    assert kept("document_minhash_deduplicator") == []
    assert kept("document_minhash_deduplicator", "a dog") == [True]


def test_the_words_of_a_key_decide_as_the_key_does():
    operator = load_operator("document_minhash_deduplicator")
    texts = ["a dog", "a cat", "a dog", "the red car of a man", "the red car of a man"]
    values = operator.measure(text_batch(*texts), operator.Measuring(window_size=2))
    words = [operator.compact(value) for value in values["__dj__minhash"]]
    bands = np.frombuffer(b"".join(words), dtype=np.uint64).reshape(len(texts), -1).T
    flags = operator.keep(values, operator.Deciding())
    assert flags.tolist() == [True, True, False, True, False]
    assert operator.keep_words(len(texts), bands).tolist() == flags.tolist()


def test_many_shingles_are_signed_as_few_at_a_time(monkeypatch):
    operator = load_operator("document_minhash_deduplicator")
    texts = [" ".join(str(k * j) for j in range(40)) for k in range(6)] + [""]
    together = operator.signatures(texts, operator.Measuring())
    monkeypatch.setattr(operator, "BLOCK", 10)
    assert np.array_equal(operator.signatures(texts, operator.Measuring()), together)
    assert (together[-1] == 2**32 - 1).all()
