"""The pool's section has a part for each package."""

import pytest
from support.default_settings import default_params, default_settings, read_changed

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


@pytest.mark.parametrize("setting", ["variants", "no_concept_labels"])
def test_a_pattern_that_is_none_is_refused_with_its_fault(setting):
    message = rf"pool\.emoji\.{setting} must be a regular expression.*unterminated subpattern"
    with pytest.raises(UserError, match=message):
        read_changed("pool.emoji", **{setting: "(("})
    assert getattr(read_changed("pool.emoji", **{setting: ""}), setting) == ""


@pytest.mark.parametrize(
    ("templates", "message"),
    [
        ([], r'caption_templates is empty; give one at least, such as "{label}"'),
        (["{label}", "x"], r"caption_templates\[1\] is 'x'; it must hold {label}"),
        (["{nope}"], r"caption_templates\[0\] is '{nope}'; it must hold {label}"),
        (["{0}"], r"caption_templates\[0\] is '\{0\}'; it must hold {label}"),
    ],
)
def test_templates_that_name_no_emoji_are_refused(templates, message):
    with pytest.raises(UserError, match=message):
        read_changed("pool.emoji", caption_templates=templates)


def test_a_shard_has_room_for_something():
    with pytest.raises(UserError, match=r"pool.*shard_mb is 0; it must be from 1 to"):
        read_changed("pool", shard_mb=0)
