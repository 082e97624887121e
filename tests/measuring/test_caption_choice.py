from typing import Any

import pytest
from support.parity import rows as fixture_rows

from bettersynth.data.samples.batch import Tokens
from bettersynth.measuring.caption_choice import (
    Described,
    by_picture,
    choose_candidates,
    kept_captions,
    requests_of,
)


def unasked(pairs):
    raise AssertionError("no similarity is needed")


def test_each_picture_is_asked_for_its_candidates_together():
    requests = requests_of(["a", "b"], ["p", "q"], 2)
    assert [(r.image, r.prompt, r.candidate) for r in requests] == [
        ("a", "p", 0),
        ("a", "p", 1),
        ("b", "q", 0),
        ("b", "q", 1),
    ]
    assert by_picture(["x", "", "", ""], 2) == [["x"], []]


def test_all_of_them_or_one_by_chance_or_by_the_words():
    pictures = [Described(["a dog", "a red car"], "a red bus", ["sha", "0"]), Described([])]
    assert kept_captions("all", pictures, unasked) == [[0, 1], []]
    assert kept_captions("similar_one_simhash", pictures, unasked) == [[1], []]
    drawn = kept_captions("random_any", pictures, unasked)
    assert drawn == kept_captions("random_any", pictures, unasked)
    assert drawn[0] in ([0], [1])


def test_the_similarity_is_asked_once_for_all_pictures_with_a_choice():
    asked = []

    def similarity(pairs):
        asked.append(list(pairs))
        return [0.1, 0.9, 0.8, 0.2]

    pictures = [Described(["a", "b"]), Described(["c"]), Described(["d", "e"])]
    assert kept_captions("best_similarity", pictures, similarity) == [[1], [0], [0]]
    assert asked == [[(0, "a"), (0, "b"), (2, "d"), (2, "e")]]
    assert kept_captions("best_similarity", [Described(["c"])], unasked) == [[0]]


@pytest.mark.parametrize(
    "row",
    [row for row in fixture_rows("simhash_pick") if "picked" in row],
    ids=lambda row: row["original"],
)
def test_the_candidate_closest_in_words_is_data_juicers(row: dict[str, Any]) -> None:
    [kept] = choose_candidates(
        "similar_one_simhash",
        row["candidates"],
        Tokens().strip(row["original"]),
        compat="data_juicer",
    )
    assert row["candidates"][kept] == row["picked"]
