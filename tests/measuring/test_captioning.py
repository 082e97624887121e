"""Which of the candidates of a caption is kept; the captioning mappers' tests hold the cache."""

from __future__ import annotations

from typing import Any

import pytest
from support.parity import rows as fixture_rows

from bettersynth.data.samples.batch import Tokens
from bettersynth.measuring.captioning import choose_candidates


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
