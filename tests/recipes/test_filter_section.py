from pathlib import Path
from types import SimpleNamespace

import pytest

from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import composed
from bettersynth.recipes.filter_section import read_lines, require_similarity

ROOT = Path(__file__).parents[2]
STATS = {"words_num_filter": {}, "image_text_similarity_filter": {"hf_clip": "nano"}}


def lines(*recipe):
    return read_lines(SimpleNamespace(recipe=list(recipe), threshold=None), {"stats": STATS})


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
    with pytest.raises(UserError, match="document_line_deduplicator decides nothing; .* rewrite"):
        lines("document_line_deduplicator")
    with pytest.raises(UserError, match="clean_links_mapper decides nothing; .* rewrite.recipe"):
        lines("clean_links_mapper")
    with pytest.raises(UserError, match="is not a condition"):
        lines({"general_field_filter": {"filter_condition": "style =="}})


def test_captions_need_the_similarity_unless_there_are_none():
    mix = SimpleNamespace(exchange=True)
    require_similarity(SimpleNamespace(captioner="blip"), mix, {"stats": STATS})
    require_similarity(SimpleNamespace(captioner="none"), mix, {"stats": {}})
    with pytest.raises(UserError, match="stats lacks image_text_similarity_filter, by which capt"):
        require_similarity(SimpleNamespace(captioner="blip"), mix, {"stats": {}})


def test_a_threshold_that_was_edited_without_the_line_that_decides_by_it_is_refused():
    def read(threshold):
        recipe = [{"image_text_similarity_filter": {"min_score": 0.25}}]
        return read_lines(SimpleNamespace(recipe=recipe, threshold=threshold), {"stats": STATS})

    assert len(read(0.25)) == 1
    with pytest.raises(UserError, match=r"filter.threshold is 0.35, but min_score of .* is 0.25"):
        read(0.35)
    # without a bound of its own the line decides nothing by it
    recipe = [{"image_text_similarity_filter": {"max_score": 0.5}}]
    (line,) = read_lines(SimpleNamespace(recipe=recipe, threshold=0.35), {"stats": STATS})
    assert line.given == ("max_score",)


def test_so_is_one_without_the_condition_on_the_similarity_of_the_file():
    params = composed(["source=jsonl", "filter=own_similarity"], ROOT / "conf")
    recipe = params["filter"]["recipe"]
    assert len(read_lines(SimpleNamespace(recipe=recipe, threshold=0.25), params)) == len(recipe)
    with pytest.raises(UserError, match="but filter_condition of general_field_filter .* is 0.25"):
        read_lines(SimpleNamespace(recipe=recipe, threshold=0.35), params)


def test_a_second_model_has_a_bound_of_its_own_beside_the_threshold():
    second = {"operator": "image_text_similarity_filter", "hf_clip": "a/large-clip"}
    recipe = [
        {"image_text_similarity_filter": {"min_score": 0.25}},
        {"image_text_similarity_filter": {"name": "similarity_large", "min_score": 0.3}},
        {
            "topk_specified_field_selector": {
                "field_key": "__dj__stats__.image_text_similarity#similarity_large",
                "topk": 3,
            }
        },
    ]
    params = {"stats": {**STATS, "similarity_large": second}}
    read = read_lines(SimpleNamespace(recipe=recipe, threshold=0.25), params)
    assert [line.measuring.hf_clip for line in read[:2]] == ["nano", "a/large-clip"]
    path = "__dj__stats__.image_text_similarity#similarity_large"
    assert read[2].measured_by == ((path, "similarity_large"),)
    with pytest.raises(UserError, match=r"image_text_similarity#similarity_small, which nothing"):
        recipe[2]["topk_specified_field_selector"]["field_key"] = path.replace("large", "small")
        read_lines(SimpleNamespace(recipe=recipe, threshold=0.25), params)
