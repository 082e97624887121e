"""New captions: the slice, the prompt, the number."""

import pytest
from support.default_settings import read_changed

from bettersynth.errors import UserError
from bettersynth.settings.caption import keeps_originals


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"caption_num": 0}, "caption.caption_num is 0; it must be from 1 to 1,000"),
        ({"prompt_key": "mood"}, "caption.prompt_key is 'mood'; allowed: text, source, style"),
        ({"min_score": 0.5}, "caption.min_score 0.5 is above caption.max_score 0.25"),
    ],
)
def test_what_cannot_be_meant_is_one_line(changes, message):
    with pytest.raises(UserError, match=message):
        read_changed("caption", **changes)


@pytest.mark.parametrize("value", [True, False])
def test_the_mix_reads_one_setting_of_this_section_alone(value):
    assert keeps_originals({"caption": {"keep_original_sample": value}}) is value


def test_without_it_or_with_no_truth_the_mix_stops():
    for params in ({}, {"caption": None}, {"caption": {"keep_original_sample": "yes"}}):
        with pytest.raises(UserError, match="keep_original_sample is .*; allowed: true, false"):
            keeps_originals(params)
