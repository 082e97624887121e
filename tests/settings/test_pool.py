"""The pool's section has a part for each package."""

import pytest
from support.default_settings import default_params, default_settings

from bettersynth.errors import UserError
from bettersynth.settings.pool import PoolSettings
from bettersynth.settings.reading import read_settings


def test_lists_become_tuples_that_nobody_can_change():
    assert default_settings("pool.clipart").no_tuxpaint_folders == ("symbols/alphabets",)
    assert "flags" in default_settings("pool.emoji").never_groups


def test_a_setting_of_a_part_is_told_with_its_place():
    section = default_params(pool={"emoji": {"instruction_share": "much"}})["pool"]
    with pytest.raises(UserError, match="pool.emoji.instruction_share must be of type float"):
        read_settings(PoolSettings, section, "pool")
