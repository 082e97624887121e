"""Nano trains its captioner; conf/captioner/none.yaml does not."""

from pathlib import Path

import pytest
from support.default_settings import default_settings, read_changed

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import composed
from bettersynth.settings.captioner import CaptionerSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[2]


def test_a_captioner_is_trained_unless_the_choice_says_no():
    assert default_settings("captioner").train
    values = composed(["captioner=none"], ROOT / "conf")["captioner"]
    assert not read_settings(CaptionerSettings, values, "conf").train


@pytest.mark.parametrize("name", ["dropout", "label_smoothing", "held_out"])
def test_a_share_that_leaves_nothing_to_learn_from_is_refused(name):
    with pytest.raises(UserError, match=f"captioner.{name} is 1; it must be below 1"):
        read_changed("captioner", **{name: 1})
    assert getattr(read_changed("captioner", **{name: 0}), name) == 0
