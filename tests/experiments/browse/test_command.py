"""The command that is copied from the page composes to the recipe that the page counted."""

import shlex
from pathlib import Path

import pytest
from support.small_pool import write_params, write_pool

from bettersynth.data.samples.pool_samples import read_pool
from bettersynth.data.tables.stats import write_stats
from bettersynth.experiments.browse.command import experiment_command, overrides
from bettersynth.experiments.workflow.compose import composed
from bettersynth.recipes.filter_section import read_lines
from bettersynth.recipes.moved_bounds import MovableRecipe
from bettersynth.settings.filter import FilterSettings
from bettersynth.settings.reading import read_settings

ROOT = Path(__file__).parents[3]
STATS = {"words_num_filter": {}, "image_text_similarity_filter": {"hf_clip": "nano"}}
ODD = {"specified_field_filter": {"field_key": "style", "target_value": ['a "b" \\', "noise"]}}
THRESHOLD = {("image_text_similarity_filter", "min_score"): 0.31}
WORDS = {("words_num_filter", "max_num"): 20}


@pytest.fixture
def make(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ids = write_pool(["one", "two", "three"])
    write_stats("words_num_filter", ids, {"num_words": [3, 4, 5]})
    scores = {"image_text_similarity": [[0.2], [0.3], [0.4]]}
    write_stats("image_text_similarity_filter", ids, scores)

    def recipe(**filter_settings):
        lines = [
            {"words_num_filter": {"min_num": 3}},
            {"image_text_similarity_filter": {"min_score": 0.25}},
            ODD,
        ]
        params = write_params(stats=STATS, filter={"recipe": lines, **filter_settings})
        settings = read_settings(FilterSettings, params["filter"], "filter")
        return MovableRecipe(settings, params, read_pool())

    return recipe


def test_the_threshold_alone_has_a_short_command(make):
    recipe = make(threshold=0.25)
    command = "dvc exp run -n min_score-0.31 -S filter.threshold=0.31"
    assert experiment_command(recipe, THRESHOLD) == command
    assert experiment_command(recipe, {}) == ""


def test_a_name_is_one_that_git_takes(make):
    command = experiment_command(make(), {("words_num_filter", "max_num"): float("inf")})
    assert shlex.split(command)[4] == "max_num-inf"


@pytest.mark.parametrize("moves", [THRESHOLD, WORDS, {**THRESHOLD, **WORDS}], ids=str)
@pytest.mark.parametrize("threshold", [0.25, None])
def test_the_overrides_compose_to_the_moved_recipe(make, moves, threshold):
    recipe = make(threshold=threshold)
    written = shlex.split(experiment_command(recipe, moves))[6::2]
    assert written == overrides(recipe, moves)
    # conf/ has a recipe of its own, which the page's must replace as a whole
    if not any(word.startswith("filter.recipe") for word in written):
        return
    params = composed(written, ROOT / "conf")
    settings = read_settings(FilterSettings, params["filter"], "filter")
    assert settings.recipe == recipe.moved_settings(moves).recipe
    if threshold is not None:
        lines = read_lines(settings, {**params, "stats": STATS})
        assert lines == recipe.moved(moves)


def test_bounds_that_follow_the_data_are_written_out(make):
    recipe = make(refine={"rule": "percentiles", "low": 0.0, "high": 1.0}, threshold=0.25)
    written = overrides(recipe, WORDS)
    assert written[:2] == ["refine=none", "filter.threshold=0.2"]
    params = composed(written, ROOT / "conf")
    assert params["filter"]["refine"]["rule"] == ""
    assert params["filter"]["recipe"][0] == {"words_num_filter": {"min_num": 3, "max_num": 20}}
