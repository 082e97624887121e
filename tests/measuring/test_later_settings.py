"""A setting that came later leaves what was measured before it valid."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bettersynth.measuring.later_settings import identity_settings, later_setting
from bettersynth.operators import load_operator


@dataclass(frozen=True)
class Measuring:
    side: int = 2
    precision: str = later_setting("float32")


def test_a_later_setting_is_told_where_it_is_not_its_default():
    assert identity_settings(Measuring()) == {"side": 2}
    assert identity_settings(Measuring(3, "bfloat16")) == {"side": 3, "precision": "bfloat16"}


HF_CLIP = {"hf_clip": "openai/clip-vit-base-patch32", "trust_remote_code": False}
FLIPS = {"horizontal_flip": False, "vertical_flip": False}
# as scores of these operators were kept before they had a precision
BEFORE = {
    "image_text_similarity_filter": {**HF_CLIP, **FLIPS, "reduce_mode": "avg", "compat": ""},
    "image_pair_similarity_filter": HF_CLIP,
    "text_pair_similarity_filter": {**HF_CLIP, "text_key_second": None},
    "semantic_deduplicator": {**HF_CLIP, "of": "image"},
    "cluster_balanced_selector": {**HF_CLIP, "of": "image"},
}


@pytest.mark.parametrize("name", BEFORE)
def test_scores_in_float32_are_known_by_what_they_were_known_by(name):
    operator = load_operator(name)
    assert identity_settings(operator.Measuring()) == BEFORE[name]
    told = identity_settings(operator.Measuring(precision="bfloat16"))
    assert told == {**BEFORE[name], "precision": "bfloat16"}
