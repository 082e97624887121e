"""The language model's section: the decoder of nano, its second part, or text."""

from dataclasses import replace
from pathlib import Path

from support.default_settings import default_settings

from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.pretrain_lm import PretrainLmSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]


def test_the_decoder_has_one_part_unless_colours_are_asked_for():
    assert default_settings("pretrain_lm").colors is None
    values = composed(["+pretrain_lm=colors"], ROOT / "conf")["pretrain_lm"]
    settings = read_settings(PretrainLmSettings, values, "conf")
    assert settings.colors == replace(
        settings.colors, steps=4500, muon_lr=0.01, phases=(0.04, 0.1, 0.45)
    )
    assert settings.schedule.steps == 10_000


def test_text_has_its_own_settings():
    values = composed(["+pretrain_lm=text"], ROOT / "conf")["pretrain_lm"]
    assert read_settings(PretrainLmSettings, values, "conf").text.block_size == 1024
