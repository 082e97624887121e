"""text_pair_similarity_filter against Data-Juicer 1.6.1's values of the same tiny CLIP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bettersynth.data.samples.batch import BadSample, Images
from bettersynth.data.samples.sample_rows import RowForm, batch_of_rows
from bettersynth.errors import UserError
from bettersynth.operators.text_pair_similarity_filter import Deciding, Measuring, keep, measure

FIXTURES = Path(__file__).parents[1] / "fixtures/operators"
ROWS = [json.loads(line) for line in (FIXTURES / "pair_similarity.jsonl").read_text().splitlines()]
PAIRS = [row for row in ROWS if "text" in row]
SETTINGS = Measuring(hf_clip=str(FIXTURES / "clip_tiny"), text_key_second="other")


def measured(rows: list[dict[str, Any]], settings: Measuring = SETTINGS) -> dict[str, list[Any]]:
    batch = batch_of_rows(rows, Images(lambda name: b""), RowForm(), [{} for _ in rows])
    return measure(batch, settings)


def test_the_values_are_data_juicers_and_a_sample_without_one_is_kept() -> None:
    values = measured(PAIRS)
    expected = [row["text_pair_similarity"] for row in PAIRS]
    for value, known in zip(values["text_pair_similarity"], expected, strict=True):
        assert value == pytest.approx(known, abs=1e-6)
    flags = keep(values, Deciding(min_score=0.75))
    assert flags.tolist() == [not known or known[0] >= 0.75 for known in expected]


def test_an_absent_text_counts_as_an_empty_one_and_another_value_is_set_aside() -> None:
    assert measured([{"text": "a dog"}, {"text": None, "other": "a"}]) == {
        "text_pair_similarity": [[], []]
    }
    with pytest.raises(BadSample, match="other holds no text"):
        measured([{"text": "a dog", "other": 3}])


def test_a_recipe_must_name_the_other_text() -> None:
    with pytest.raises(UserError, match="text_key_second names no field"):
        measured(PAIRS, Measuring())
