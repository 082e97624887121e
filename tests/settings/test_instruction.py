"""Stage 2's data: the kinds of questions."""

import pytest
from support.default_settings import default_params, default_settings

from bettersynth.errors import UserError
from bettersynth.settings.instruction import InstructionSettings, PictureKinds
from bettersynth.settings.reading import read_settings


def test_the_shares_of_the_kinds_make_a_whole():
    kinds = default_settings("instruction").picture_kinds
    assert kinds.choice + kinds.concept + kinds.describe == pytest.approx(1)


def test_a_kind_that_is_not_there_is_one_line():
    section = default_params(instruction={"picture_kinds": {"guess": 0.1}})["instruction"]
    with pytest.raises(UserError, match="picture_kinds has no setting guess; its settings are: c"):
        read_settings(InstructionSettings, section, "instruction")


@pytest.mark.parametrize("share", [0.0, -0.5])
def test_shares_of_kinds_that_deal_out_nothing_are_refused_unless_a_file_is_taken(share):
    kinds = PictureKinds(choice=share, concept=0.0, describe=0.0)
    with pytest.raises(UserError, match="instruction.picture_kinds must hold shares of 0 or more"):
        default_settings("instruction", picture_kinds=kinds)
    assert default_settings("instruction", picture_kinds=kinds, file="a.json", images="pictures")
