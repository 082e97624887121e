"""The section of nano's decoder, and its second part."""

from dataclasses import replace
from pathlib import Path

from support.default_settings import default_settings

from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.nano_decoder import NanoDecoderSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]


def test_the_decoder_has_one_part_unless_colours_are_asked_for():
    assert default_settings("nano_decoder").colors is None
    values = composed(["+nano_decoder=colors"], ROOT / "conf")["nano_decoder"]
    settings = read_settings(NanoDecoderSettings, values, "conf")
    assert settings.colors == replace(
        settings.colors, steps=4500, muon_lr=0.01, phases=(0.04, 0.1, 0.45)
    )
    assert settings.schedule.steps == 10_000
