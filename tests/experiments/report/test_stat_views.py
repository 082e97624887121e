"""Each stat's distribution before and after."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from support.small_columns import column

from bettersynth.data.tables.stats import write_stats
from bettersynth.experiments.report.stat_views import bounds_of, label_of, stat_views
from bettersynth.recipes.lines import read_recipe

IDS = column("a", "b", "c", "d")
LINES = read_recipe([{"words_num_filter": {"min_num": 3}}], "a recipe")
DECISIONS = pa.table(
    {"caption_source": ["original", "tiny", "", "original"], "candidate": [-1, 1, -1, -1]}
)


@pytest.fixture(autouse=True)
def _stats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_stats("words_num_filter", IDS, {"num_words": [2, 4, 6, 8]})
    write_stats("image_text_similarity_filter", IDS, {"image_text_similarity": [[0.1]] * 4})
    write_stats("language_id_score_filter", IDS, {"lang": ["en"] * 4})


def test_numbers_are_shown_with_similarity_first_and_words_left_out() -> None:
    operators = ["language_id_score_filter", "words_num_filter", "image_text_similarity_filter"]
    similarity, words = stat_views(IDS, operators, LINES, DECISIONS, None)
    assert (similarity.name, similarity.bounds) == ("image_text_similarity", "no rule")
    assert (words.label, words.new_text) == ("words in the text", False)
    assert words.before == ["3.5", "5", "6.5"]
    assert words.after == ["3", "4", "6"]
    assert 'class="bound"' in words.chart


def test_a_new_caption_counts_with_its_own_value() -> None:
    new = {"id": ["b", "b", "c"], "candidate": [0, 1, 1], "num_words": [90, 10, 90]}
    (words,) = stat_views(IDS, ["words_num_filter"], LINES, DECISIONS, pa.table(new))
    assert words.new_text
    assert words.before == ["3.5", "5", "6.5"]
    assert words.after == ["5", "8", "9"]


def test_infinity_and_nan_have_no_place_in_a_distribution() -> None:
    odd = [2.0, float("inf"), float("nan"), 8.0]
    write_stats("words_num_filter", IDS, {"num_words": odd})
    (words,) = stat_views(IDS, ["words_num_filter"], LINES, DECISIONS, None)
    assert words.before == ["3.5", "5", "6.5"]
    write_stats("words_num_filter", IDS, {"num_words": [float("-inf")] * 4})
    assert stat_views(IDS, ["words_num_filter"], LINES, DECISIONS, None) == []


def test_only_finite_bounds_are_drawn() -> None:
    assert bounds_of(LINES[0], "num_words") == [3.0]
    assert bounds_of(LINES[0], "other") == []
    assert label_of("image_width") == "width, pixels"
    assert label_of("some_stat") == "some stat"


def test_two_stats_of_one_operator_are_two_views() -> None:
    write_stats("zh", IDS, {"num_words#zh": [20, 40, 60, 80]})
    stats = {"words_num_filter": {}, "zh": {"operator": "words_num_filter", "lang": "zh"}}
    recipe = [{"words_num_filter": {"min_num": 3}}, {"words_num_filter": {"name": "zh"}}]
    lines = read_recipe(recipe, "a recipe", measured=stats)
    new = pa.table({"id": ["b"], "candidate": [1], "num_words": [10], "num_words#zh": [100]})
    first, second = stat_views(IDS, ["words_num_filter", "zh"], lines, DECISIONS, new)
    assert [first.label, second.label] == ["words in the text", "words in the text#zh"]
    assert (first.after, second.after) == (["5", "8", "9"], ["50", "80", "90"])
    assert bounds_of(lines[0], "num_words") == [3.0]
    assert bounds_of(lines[1], "num_words#zh") == [10.0]
