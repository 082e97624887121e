"""image_pair_similarity_filter against Data-Juicer 1.6.1's values of the same tiny CLIP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bettersynth.data.samples.batch import BadSample, Batch, Images
from bettersynth.operators.image_pair_similarity_filter import Deciding, Measuring, keep, measure

FIXTURES = Path(__file__).parents[1] / "fixtures/operators"
ROWS = [json.loads(line) for line in (FIXTURES / "pair_similarity.jsonl").read_text().splitlines()]
PAIRS = [row for row in ROWS if "images" in row]
SETTINGS = Measuring(hf_clip=str(FIXTURES / "clip_tiny"))


def batch(*names: list[str]) -> Batch:
    pictures = Images(lambda name: (FIXTURES / "images" / name).read_bytes())
    return Batch([""] * len(names), list(names), pictures)


def test_the_values_are_data_juicers() -> None:
    measured = measure(batch(*(row["images"] for row in PAIRS)), SETTINGS)
    expected = [row["image_pair_similarity"] for row in PAIRS]
    for value, known in zip(measured["image_pair_similarity"], expected, strict=True):
        assert value == pytest.approx(known, abs=1e-6)
    flags = keep(measured, Deciding(min_score=0.9))
    assert flags.tolist() == [known[0] >= 0.9 for known in expected]


@pytest.mark.parametrize("names", [[], ["gray.png"], ["gray.png"] * 2, ["gray.png"] * 2 + ["a"]])
def test_a_sample_without_two_different_pictures_is_set_aside(names: list[str]) -> None:
    with pytest.raises(BadSample, match="it has not two different pictures") as told:
        measure(batch(PAIRS[0]["images"], names), SETTINGS)
    assert told.value.positions == [1]
