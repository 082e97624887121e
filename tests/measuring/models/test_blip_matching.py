"""A BLIP that is not there; image_text_matching_filter tries one that is."""

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.models.blip_matching import blip_match_probabilities


def test_a_model_that_is_not_there_is_named(tmp_path):
    missing = str(tmp_path / "nothing")
    with pytest.raises(UserError, match="cannot load the model .*nothing"):
        blip_match_probabilities(missing, False, [], [])
