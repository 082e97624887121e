"""Stats and hashes that rows bring along from an earlier run."""

import pytest

from bettersynth.errors import UserError
from bettersynth.recipes.engine.carried_values import known_values, take_hashes, take_stats
from bettersynth.recipes.lines import read_recipe


def known(operator, *carriers):
    line = read_recipe([operator], "recipe")[0]
    places = [f"d.jsonl line {number}" for number in range(1, len(carriers) + 1)]
    return known_values(line, carriers, places)


def test_stats_are_taken_out_of_a_row_and_null_is_none():
    row = {"text": "a", "__dj__stats__": {"num_words": 1}, "__dj__hash": "x"}
    assert take_stats(row, "d.jsonl line 1") == {"num_words": 1}
    assert take_hashes(row) == {"__dj__hash": "x"}
    assert row == {"text": "a"}
    assert take_stats({"__dj__stats__": None}, "d.jsonl line 1") is None


@pytest.mark.parametrize("stats", [5, 0, [], ["num_words"], "", "num_words"])
def test_stats_that_are_no_mapping_are_refused(stats):
    with pytest.raises(UserError, match="line 1: __dj__stats__ must be names with values, not "):
        take_stats({"text": "a", "__dj__stats__": stats}, "d.jsonl line 1")


def test_values_are_known_only_where_every_row_carries_them():
    assert known("words_num_filter", {"num_words": 1}, {}) is None
    measured = known("words_num_filter", {"num_words": 1}, {"num_words": None})
    assert measured.values == {"num_words": [1, None]}


def test_a_stat_that_its_filter_cannot_judge_is_named_with_its_line():
    message = "line 2: words_num_filter cannot use the row's own __dj__stats__.num_words 'x'"
    with pytest.raises(UserError, match=message):
        known("words_num_filter", {"num_words": 1}, {"num_words": "x"})


@pytest.mark.parametrize(
    ("operator", "hash_field", "good", "bad"),
    [
        ("document_deduplicator", "__dj__hash", "a1", ["a1"]),
        ("document_minhash_deduplicator", "__dj__minhash", ["a1", "b2"], 5),
        ("document_minhash_deduplicator", "__dj__minhash", ["a1", "b2"], [1, 2]),
        ("document_simhash_deduplicator", "__dj__simhash", "17", "x"),
        ("document_simhash_deduplicator", "__dj__simhash", "17", str(2**64)),
        ("image_deduplicator", "__dj__imagehash", "a1", {}),
        ("semantic_deduplicator", "__dj__embedding", "AAAA/w==", "no base 64"),
    ],
)
def test_a_hash_of_another_kind_is_named_with_its_line(operator, hash_field, good, bad):
    assert known(operator, {hash_field: good}).values == {hash_field: [good]}
    with pytest.raises(UserError, match=f"line 2: {hash_field} must be "):
        known(operator, {hash_field: good}, {hash_field: bad})
