"""Nano trains its captioner; conf/captioner/none.yaml does not."""

from pathlib import Path

from support.default_settings import default_settings

from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.captioner import CaptionerSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]


def test_a_captioner_is_trained_unless_the_choice_says_no():
    assert default_settings("captioner").train
    values = composed(["captioner=none"], ROOT / "conf")["captioner"]
    assert not read_settings(CaptionerSettings, values, "conf").train
