import math

import pytest

from bettersynth.recipes.analysis import (
    Analysis,
    beside_bound,
    correlation,
    examples,
    funnel,
    histograms,
    kept_share,
    overview,
    quantiles,
)
from bettersynth.recipes.lines import read_recipe


@pytest.fixture
def analysis():
    first, second = read_recipe(
        [{"words_num_filter": {"min_num": 3}}, {"words_num_filter": {"min_num": 9}}], "recipe"
    )
    made = Analysis(lambda name: b"", ["a", "b", "c", "d"], ["w"] * 4, [[]] * 4)
    made.stats = {
        "num_words": [1, 3, 5, 7],
        "num_words#2": [1, 3, 5, 7],
        "widths": [[4, None], [], None, [2, 8]],
        "language": ["en", "de", None, "en"],
        "same": [1, 1, 1, 1],
    }
    made.lines = {"num_words": first, "num_words#2": second}
    return made


def test_items_are_numbers_and_text_is_not_numeric(analysis):
    assert analysis.items("widths").tolist() == [4.0, 2.0, 8.0]
    assert analysis.numeric() == ["num_words", "num_words#2", "widths", "same"]


def test_each_line_keeps_by_its_own_values(analysis):
    assert kept_share(analysis, "num_words") == 0.75
    assert kept_share(analysis, "num_words#2") == 0.0
    assert math.isnan(kept_share(analysis, "widths"))


def test_the_overview_counts_values_and_samples_without(analysis):
    table = overview(analysis).set_index("stat")
    assert list(table.loc["widths", ["values", "samples_without", "mean"]]) == [
        3,
        2,
        pytest.approx(14 / 3),
    ]
    assert table.loc["language", ["values", "samples_without"]].tolist() == [3, 1]
    assert table.loc["num_words", "bounds"] == "min_num 3, max_num inf"


def test_quantiles_and_histograms_cover_the_range(analysis):
    assert quantiles(analysis, [0.0, 1.0]).set_index("stat").loc["num_words"].tolist() == [1, 7]
    bins = histograms(analysis).query("stat == 'num_words'")
    assert (bins["low"].min(), bins["high"].max(), bins["values"].sum()) == (1, 7, 4)


def test_constant_stats_have_no_correlation(analysis):
    table = correlation(analysis)
    assert list(table) == ["num_words", "num_words#2", "widths"]
    assert table.loc["num_words", "num_words#2"] == 1.0


def test_an_example_is_the_nearest_sample(analysis):
    table = examples(analysis, [0.0, 1.0]).set_index(["stat", "quantile"])
    assert table.loc[("num_words", 1.0), "id"] == "d"
    assert table.loc[("widths", 0.0), "value"] == 4.0


def test_rows_beside_a_bound_are_the_nearest_on_its_two_sides():
    column = [0.9, 0.1, None, 0.3, 0.28, 0.5, 0.27]
    assert beside_bound(column, 0.28, 2) == [1, 6, 4, 3]
    assert beside_bound(column, 2.0, 2) == [5, 0]
    assert beside_bound([None], 0.5, 2) == []
    # a list counts with its mean
    assert beside_bound([[0.2, 0.4], [0.9]], 0.5, 1) == [0, 1]


def test_the_funnel_counts_what_each_line_leaves_after_those_before_it():
    lines = read_recipe(
        [{"words_num_filter": {"min_num": 3}}, {"image_shape_filter": {"min_width": 50}}],
        "recipe",
    )
    analysis = Analysis(
        read=dict().__getitem__,
        ids=list("abcd"),
        texts=[""] * 4,
        pictures=[[]] * 4,
        stats={
            "num_words": [1, 5, 5, 5],
            "image_width": [[99], [10], [99], [99]],
            "image_height": [[9], [9], [9], [9]],
        },
        lines={"num_words": lines[0], "image_width": lines[1], "image_height": lines[1]},
    )
    assert [(line.label, left) for line, left in funnel(analysis)] == [
        ("words_num_filter", 3),
        ("image_shape_filter", 2),
    ]
