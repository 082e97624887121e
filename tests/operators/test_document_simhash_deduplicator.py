"""document_simhash_deduplicator: texts whose SimHashes differ in few bits."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from support.one_operator import kept
from support.parity import cases, differences, kept_of_corpus, rows_of

from bettersynth.errors import UserError
from bettersynth.operators.document_simhash_deduplicator import close_pairs


@pytest.mark.parametrize("group", cases("hashes", "document_simhash_deduplicator"))
def test_hashes_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize(
    "row",
    rows_of("dedup", "document_simhash_deduplicator"),
    ids=lambda row: json.dumps(row["params"]),
)
def test_it_keeps_what_data_juicer_keeps(row):
    assert kept_of_corpus(row) == row["kept"]


def test_short_captions_are_no_duplicates_unless_data_juicer_is_asked_for():
    captions = ["a dog", "a cat", "a red car", "a dog"]
    name = "document_simhash_deduplicator"
    assert kept(name, *captions) == [True, True, True, False]
    assert kept(name, *captions, compat="data_juicer") == [True, False, False, False]


def test_close_hashes_are_found_as_by_comparing_all():
    rng = np.random.default_rng(0)
    drawn = np.unique(rng.integers(0, 2**63, 60, dtype=np.uint64))
    close = [drawn ^ np.uint64(0b1011), drawn ^ np.uint64(1 << 40)]
    hashes = np.unique(np.concatenate([drawn, *close]))
    pairs = {tuple(sorted(pair)) for pair in close_pairs(hashes, 6, 4).T.tolist()}
    expected = {
        (first, second)
        for first, second in itertools.combinations(range(len(hashes)), 2)
        if (int(hashes[first]) ^ int(hashes[second])).bit_count() <= 4
    }
    assert pairs == expected


def test_the_distance_must_be_below_the_number_of_blocks():
    with pytest.raises(UserError, match="hamming_distance 6 must be below num_blocks 6"):
        kept("document_simhash_deduplicator", "a", "b", hamming_distance=6)
