"""The section of nano's decoder, and its second part."""

import dataclasses
from dataclasses import replace
from pathlib import Path

import pytest
from support.default_settings import default_settings, read_changed

from bettersynth.errors import UserError
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


@pytest.mark.parametrize("phases", [[], [0.1, 0.2, 0.3], [0.1, 0.3, 0.3, 0.4], [0.1, 0.2, 0.3, 2]])
def test_phases_that_its_curriculum_cannot_follow_are_refused(phases):
    schedule = dataclasses.asdict(default_settings("nano_decoder").schedule) | {"phases": phases}
    message = r"nano_decoder\.schedule\.phases is .* it must be 4 rising shares between 0 and 1"
    with pytest.raises(UserError, match=message):
        read_changed("nano_decoder", schedule=schedule)
