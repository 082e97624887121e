"""Which precision goes with what."""

from __future__ import annotations

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.models.scorer_choice import ScorerChoice


def test_a_precision_is_for_what_computes_in_it():
    assert ScorerChoice("nano").precision == "float32"
    with pytest.raises(UserError, match="nano computes in float32 alone; leave precision: bfloat1"):
        ScorerChoice("nano", precision="bfloat16")


def test_data_juicers_numbers_are_of_float32():
    ScorerChoice("some/clip").require_float32()
    with pytest.raises(UserError, match="precision: float16 gives other numbers than Data-Juicer"):
        ScorerChoice("some/clip", precision="float16").require_float32()
