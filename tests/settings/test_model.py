"""The model's parts."""

from pathlib import Path

from support.default_settings import default_settings

from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]


def test_nano_reads_cached_features_and_mgm_2b_has_towers():
    assert default_settings("model").vision_tower is None
    values = composed(["scale=mgm_2b"], ROOT / "conf")["model"]
    settings = read_settings(ModelSettings, values, "model")
    assert settings.vision_tower == "challenge/models/clip-vit-large-patch14-336"
    assert settings.image_size_aux == 768
