"""The settings of nano's decoder."""

import dataclasses
from pathlib import Path

import yaml

from bettersynth.settings.nano_decoder import NanoDecoderSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]


def test_the_configuration_names_every_setting():
    values = yaml.safe_load((ROOT / "conf/nano_decoder/nano.yaml").read_text())
    settings = read_settings(NanoDecoderSettings, values, "conf")
    assert list(dataclasses.asdict(settings)) == list(values)
