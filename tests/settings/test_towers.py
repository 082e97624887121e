"""Nano's towers ride in a package, mgm_2b's lie in folders."""

from pathlib import Path

from support.default_settings import default_settings

from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.reading import read_settings
from bettersynth.settings.towers import TowersSettings

ROOT = Path(__file__).parents[2]


def test_both_towers_have_a_folder_or_none_has():
    nano = default_settings("towers")
    assert (nano.vision_tower, nano.vision_tower_aux) == (None, None)
    assert len(nano.weights_sha256) == 64
    values = composed(["towers=mgm_2b"], ROOT / "conf")["towers"]
    full = read_settings(TowersSettings, values, "towers")
    assert full.weights_sha256 is None
    assert "clip-vit-large" in full.vision_tower and "convnext" in full.vision_tower_aux
