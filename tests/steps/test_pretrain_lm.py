"""The settings of nano's decoder."""

import dataclasses
from pathlib import Path

import yaml

from bettersynth.settings.pretrain_lm import PretrainLmSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]


def test_the_configuration_names_every_setting():
    values = yaml.safe_load((ROOT / "conf/pretrain_lm/nano.yaml").read_text())
    settings = read_settings(PretrainLmSettings, values, "conf")
    assert list(dataclasses.asdict(settings)) == list(values)
