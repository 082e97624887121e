from types import SimpleNamespace

import pytest

from bettersynth.errors import UserError
from bettersynth.recipes.filter_section import read_lines, require_similarity

STATS = {"words_num_filter": {}, "image_text_similarity_filter": {"hf_clip": "nano"}}


def lines(*recipe):
    return read_lines(SimpleNamespace(recipe=list(recipe)), {"stats": STATS})


def test_lines_take_their_measuring_settings_from_stats():
    (line,) = lines({"image_text_similarity_filter": {"min_score": 0.2}})
    assert line.measuring.hf_clip == "nano"
    assert line.deciding.min_score == 0.2


def test_selectors_and_operators_that_read_fields_may_stand_in_it():
    read = lines(
        {"general_field_filter": {"filter_condition": "style == 'flat'"}},
        {"topk_specified_field_selector": {"field_key": "__dj__stats__.num_words", "topk": 3}},
        {"suffix_filter": {"suffixes": ".parquet"}},
    )
    assert [line.stored for line in read] == [False, False, False]


def test_mappers_and_conditions_that_cannot_be_read_are_refused():
    with pytest.raises(UserError, match="clean_links_mapper does not decide on stats"):
        lines("clean_links_mapper")
    with pytest.raises(UserError, match="is not a condition"):
        lines({"general_field_filter": {"filter_condition": "style =="}})


def test_captions_need_the_similarity_unless_there_are_none():
    mix = SimpleNamespace(exchange=True)
    require_similarity(SimpleNamespace(captioner="blip"), mix, {"stats": STATS})
    require_similarity(SimpleNamespace(captioner="none"), mix, {"stats": {}})
    with pytest.raises(UserError, match="stats lacks image_text_similarity_filter, by which capt"):
        require_similarity(SimpleNamespace(captioner="blip"), mix, {"stats": {}})
