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


def test_the_things_go_on_from_the_committed_decoder():
    values = composed(["+nano_decoder=things"], ROOT / "conf")["nano_decoder"]
    settings = read_settings(NanoDecoderSettings, values, "conf")
    assert settings.start == Path("models/nano-decoder")
    assert settings.schedule is None
    assert settings.things.phases == (0.15, 0.4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schedule": None}, "schedule is null; give it, or name a decoder to go on from as start"),
        ({"start": "models/a"}, "start is models/a, which has had its first part; set schedule"),
        ({"start": "models/a", "schedule": None}, "but colors and things are both null"),
        (
            {"start": "models/a", "output": "models/b/../a", "schedule": None, "things": True},
            "start and output are both models/b/../a; name another output",
        ),
    ],
)
def test_a_training_with_no_beginning_or_two_is_refused(changes, message):
    if changes.get("things"):
        schedule = dataclasses.asdict(default_settings("nano_decoder").schedule)
        changes = changes | {"things": schedule | {"phases": [0.1, 0.2]}}
    with pytest.raises(UserError, match=f"params.yaml: nano_decoder.*{message}"):
        read_changed("nano_decoder", **changes)
