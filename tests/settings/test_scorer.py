"""Nano trains its scorer; mgm_2b has a ready one."""

from pathlib import Path

from support.default_settings import default_settings

from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.reading import read_settings
from bettersynth.settings.scorer import ScorerSettings

ROOT = Path(__file__).parents[2]


def test_a_ready_scorer_is_a_folder_and_nano_has_none():
    assert default_settings("scorer").folder is None
    values = composed(["scorer=mgm_2b"], ROOT / "conf")["scorer"]
    folder = read_settings(ScorerSettings, values, "scorer").folder
    assert folder == "challenge/models/clip-vit-base-patch32"
