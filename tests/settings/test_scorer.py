"""Nano trains its scorer; mgm_2b has a ready one."""

from pathlib import Path

import pytest
from support.default_settings import default_settings, read_changed

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.reading import read_settings
from bettersynth.settings.scorer import ScorerSettings

ROOT = Path(__file__).parents[2]


def test_a_ready_scorer_is_a_folder_and_nano_has_none():
    assert default_settings("scorer").folder is None
    values = composed(["scorer=mgm_2b"], ROOT / "conf")["scorer"]
    folder = read_settings(ScorerSettings, values, "scorer").folder
    assert folder == "challenge/models/clip-vit-base-patch32"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"held_out": 1}, "scorer.held_out is 1; it must lie between 0 and 1"),
        ({"held_out": 0}, "scorer.held_out is 0; it must lie between 0 and 1"),
        ({"dropout": 1.0}, "scorer.dropout is 1; it must be below 1"),
        ({"initial_scale": 0}, "scorer.initial_scale is 0; it must be above 0"),
        (
            {"matched": 0.1},
            "scorer.matched is 0.1, shuffled 0.2; matched pairs must get",
        ),
        ({"matched": 0.2}, "scorer.matched is 0.2, shuffled 0.2"),
    ],
)
def test_what_cannot_be_trained_or_calibrated_is_refused(changes, message):
    with pytest.raises(UserError, match=message):
        read_changed("scorer", **changes)
