"""The settings of nano's decoder."""

import dataclasses
from pathlib import Path

import yaml

from bettersynth.settings.pretrain_lm import PretrainLmSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]


def test_the_configuration_is_the_steps_defaults():
    values = yaml.safe_load((ROOT / "conf/pretrain_lm/nano.yaml").read_text())
    assert read_settings(PretrainLmSettings, values, "conf") == PretrainLmSettings()
    assert dataclasses.asdict(PretrainLmSettings()).keys() == values.keys()
