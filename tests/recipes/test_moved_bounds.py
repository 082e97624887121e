"""Counts with moved bounds are those of the filter stage, for every kind of line."""

import numpy as np
import pytest
from support.small_columns import column
from support.small_pool import write_params, write_pool

from bettersynth.data.files.reading import read_json
from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.decisions import FILTER_CARD, read_decisions
from bettersynth.data.tables.samples import read_samples, write_samples
from bettersynth.data.tables.stats import write_stats
from bettersynth.errors import UserError
from bettersynth.recipes.moved_bounds import MovableRecipe, is_threshold
from bettersynth.recipes.pool_filter import filter_pool
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import read_settings

ROWS = 60
STATS = {
    "words_num_filter": {},
    "image_text_similarity_filter": {"hf_clip": "nano"},
    "image_shape_filter": {},
    "image_size_filter": {},
    "language_id_score_filter": {},
    "image_deduplicator": {"method": "phash"},
}
RECIPE = [
    {"words_num_filter": {"min_num": 2, "max_num": 9}},
    "language_id_score_filter",
    {"image_shape_filter": {"min_width": 20, "any_or_all": "all"}},
    {"image_size_filter": {"min_size": "1KB"}},
    {"image_text_similarity_filter": {"min_score": 0.2}},
    {"image_deduplicator": {}},
    {"words_num_filter": {"min_num": 3}},
]


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Random values of a pool of 60 rows, with lists, nulls and equal hashes among them."""
    monkeypatch.chdir(tmp_path)
    planted = [row % 3 == 0 for row in range(ROWS)]
    ids = write_pool([f"caption {row}" for row in range(ROWS)], planted=planted)
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 3, ROWS)
    write_stats("words_num_filter", ids, {"num_words": rng.integers(1, 12, ROWS).tolist()})
    scores = [rng.uniform(0, 0.5, count).tolist() for count in counts]
    write_stats("image_text_similarity_filter", ids, {"image_text_similarity": scores})
    shapes = {
        "image_width": [rng.integers(10, 90, count).tolist() for count in counts],
        "image_height": [rng.integers(10, 90, count).tolist() for count in counts],
    }
    write_stats("image_shape_filter", ids, shapes)
    sizes = [rng.integers(500, 9000, count).tolist() for count in counts]
    write_stats("image_size_filter", ids, {"image_sizes": sizes})
    languages = {"lang": ["en"] * ROWS, "lang_score": rng.uniform(0.6, 1, ROWS).tolist()}
    write_stats("language_id_score_filter", ids, languages)
    hashes = {"__dj__imagehash": [f"{number:016x}" for number in rng.integers(0, 40, ROWS)]}
    write_stats("image_deduplicator", ids, hashes)
    return ids


def leave_unjudged(every: int) -> None:
    """Give the pool the columns of several sources; one sample of `every` is not judged."""
    rows = read_samples().to_pylist()
    for number, row in enumerate(rows):
        judged = number % every != 0
        row |= {"type": "caption", "conversations": "", "judged": judged}
    write_samples(rows)


def recipe_of(**filter_settings):
    params = write_params(stats=STATS, filter={"recipe": RECIPE, **filter_settings})
    settings = read_settings(FilterSettings, params["filter"], "filter")
    return MovableRecipe(settings, params, read_pool()), settings, params


def assert_as_the_filter_stage(recipe, survival, settings, params, ids):
    filter_pool(settings, params)
    assert survival.surviving == {
        label: count
        for label, count in read_json(FILTER_CARD)["surviving"].items()
        if label != "oracle"
    }
    decisions = read_decisions(column(*ids)).to_pydict()
    assert survival.kept.tolist() == decisions["kept"]
    dropping = [""] * len(ids)
    for position, line in enumerate(recipe.lines):
        for row in np.flatnonzero(survival.dropped_by(position)):
            dropping[row] = line.label
    expected = ["" if rule == "oracle" else rule for rule in decisions["rule"]]
    assert dropping == expected


@pytest.mark.parametrize("oracle", [False, True])
def test_the_recipe_as_it_is_keeps_what_the_filter_stage_keeps(draw, oracle):
    recipe, settings, params = recipe_of(oracle=oracle)
    assert_as_the_filter_stage(recipe, recipe.survival(recipe.lines), settings, params, draw)


MOVES = [
    {("words_num_filter", "min_num"): 5},
    {("words_num_filter#2", "max_num"): 6, ("image_size_filter", "max_size"): "4KB"},
    {("image_text_similarity_filter", "min_score"): 0.31},
    {("language_id_score_filter", "min_score"): 0.7, ("image_shape_filter", "max_height"): 60},
]


@pytest.mark.parametrize("moves", MOVES, ids=str)
def test_moved_bounds_keep_what_the_filter_stage_would_keep(draw, moves):
    recipe, _, params = recipe_of()
    recipe.survival(recipe.lines)
    survival = recipe.survival(recipe.moved(moves))
    settings = recipe.moved_settings(moves)
    assert_as_the_filter_stage(recipe, survival, settings, params, draw)


def test_a_line_that_reads_fields_is_decided_too(draw):
    field = {"specified_numeric_field_filter": {"field_key": "width", "max_value": 100}}
    top = {"topk_specified_field_selector": {"field_key": "__dj__stats__.num_words", "topk": 9}}
    recipe, _, params = recipe_of(recipe=[RECIPE[0], field, top])
    moves = {("words_num_filter", "min_num"): 4}
    survival = recipe.survival(recipe.moved(moves))
    assert_as_the_filter_stage(recipe, survival, recipe.moved_settings(moves), params, draw)


def test_bounds_that_follow_the_data_are_moved_from_where_they_are(draw):
    refine = {"rule": "percentiles", "low": 0.2, "high": 0.8}
    recipe, settings, params = recipe_of(refine=refine)
    assert_as_the_filter_stage(recipe, recipe.survival(recipe.lines), settings, params, draw)
    moves = {("words_num_filter", "min_num"): 4}
    moved = recipe.moved_settings(moves)
    assert moved.refine.rule == ""
    assert_as_the_filter_stage(recipe, recipe.survival(recipe.moved(moves)), moved, params, draw)


def test_a_line_under_an_older_name_is_moved_too(draw):
    write_stats("image_face_ratio_filter", draw, {"face_ratios": [[row / 99] for row in range(60)]})
    params = write_params(
        stats={"image_face_ratio_filter": {}},
        filter={"recipe": [{"face_area_filter": {"max_ratio": 0.4}}]},
    )
    settings = read_settings(FilterSettings, params["filter"], "filter")
    recipe = MovableRecipe(settings, params, read_pool())
    moves = {("image_face_ratio_filter", "max_ratio"): 0.2}
    survival = recipe.survival(recipe.moved(moves))
    assert_as_the_filter_stage(recipe, survival, recipe.moved_settings(moves), params, draw)


def test_the_threshold_goes_with_the_similarity(draw):
    recipe, _, _ = recipe_of(threshold=0.2)
    moves = {("image_text_similarity_filter", "min_score"): 0.3}
    assert recipe.moved_settings(moves).threshold == 0.3
    assert recipe.moved(moves)[4].deciding.min_score == 0.3
    assert recipe.settings.threshold == 0.2


def test_the_bound_of_a_second_model_is_not_the_threshold():
    assert not is_threshold("image_text_similarity_filter#large", "min_score")
    assert is_threshold("image_text_similarity_filter#2", "min_score")


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        ({("no_filter", "min"): 1}, "the recipe has no line no_filter; its lines: words_num"),
        ({("words_num_filter", "min_nun"): 1}, "has no setting min_nun .did you mean min_num"),
        ({("words_num_filter", "min_num"): [1]}, "must be of type"),
    ],
)
def test_a_bound_that_is_not_there_is_refused(draw, moves, message):
    recipe, _, _ = recipe_of()
    with pytest.raises(UserError, match=message):
        recipe.moved(moves)


def test_what_reaches_a_line_is_what_the_lines_before_it_left(draw):
    recipe, _, _ = recipe_of()
    survival = recipe.survival(recipe.lines)
    left = list(survival.surviving.values())
    assert survival.reaches(0).all()
    for position in range(1, len(recipe.lines)):
        assert survival.reaches(position).sum() == left[position - 1]


def test_a_second_models_bound_moves_without_the_threshold(draw):
    name = "image_text_similarity_filter"
    write_stats("large", draw, {"image_text_similarity#large": [[0.1]] * 20 + [[0.4]] * 40})
    params = write_params(
        stats={name: {"hf_clip": "nano"}, "large": {"operator": name, "hf_clip": "a/clip"}},
        filter={
            "recipe": [{name: {"min_score": 0.0}}, {name: {"name": "large", "min_score": 0.0}}],
            "threshold": 0.0,
        },
    )
    recipe = MovableRecipe(read_settings(FilterSettings, params["filter"], ""), params, read_pool())
    moves = {(f"{name}#large", "min_score"): 0.3}
    moved = recipe.moved_settings(moves)
    assert (moved.threshold, moved.recipe[1]) == (0.0, {name: {"name": "large", "min_score": 0.3}})
    survival = recipe.survival(recipe.moved(moves))
    counts = list(survival.surviving.values())
    assert counts[0] - counts[1] == survival.dropped_by(1)[:20].sum()
    assert_as_the_filter_stage(recipe, survival, moved, params, draw)


def test_what_is_not_judged_stays_as_the_filter_stage_has_it(draw):
    leave_unjudged(every=4)
    recipe, settings, params = recipe_of()
    survival = recipe.survival(recipe.lines)
    assert_as_the_filter_stage(recipe, survival, settings, params, draw)
    assert survival.kept[::4].all()
