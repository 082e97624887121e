"""document_deduplicator: texts that are equal."""

from __future__ import annotations

import json

import pytest
from support.one_operator import kept
from support.parity import cases, differences, kept_of_corpus, rows_of


@pytest.mark.parametrize("group", cases("hashes", "document_deduplicator"))
def test_hashes_are_data_juicers(group):
    assert differences(group) == []


@pytest.mark.parametrize(
    "row", rows_of("dedup", "document_deduplicator"), ids=lambda row: json.dumps(row["params"])
)
def test_it_keeps_what_data_juicer_keeps(row):
    assert kept_of_corpus(row) == row["kept"]


def test_the_first_of_equal_texts_stays():
    texts = ("a dog", " a dog\n", "A dog", "a dog 1!")
    assert kept("document_deduplicator", *texts) == [True, False, True, True]
    assert kept("document_deduplicator", *texts, lowercase=True) == [True, False, False, True]
    letters = {"ignore_non_character": True}
    spaced = ("a dog", "adog 1!", "ad og")
    assert kept("document_deduplicator", *spaced, **letters) == [True, False, False]


def test_no_texts():
    assert kept("document_deduplicator") == []
