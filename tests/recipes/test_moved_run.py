"""Moved bounds of a recipe file keep what `bettersynth run` keeps with these bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from support.small_run import dataset, run

from bettersynth.errors import UserError
from bettersynth.recipes.moved_run import read_movable_run

ROWS = [
    {"id": "a", "text": "see http://a.org/b now"},
    {"id": "b", "text": "short"},
    {"id": "c", "text": "a dog and a cat and a bird"},
    {"id": "d", "text": "a dog and a cat and a bird"},
    {"id": "e", "text": "five words are in it"},
    {"text": "1 2 3"},
]
PROCESS = [
    {"words_num_filter": {"min_num": 2}},
    "clean_links_mapper",
    {"text_length_filter": {"min_len": 4}},
    {"words_num_filter": {"min_num": 1, "max_num": 9}},
]
RECIPE = Path("recipe.yaml")


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dataset(ROWS)


def movable(process):
    recipe = {"dataset_path": "data.jsonl", "export_path": "out.jsonl", "process": process}
    RECIPE.write_text(yaml.safe_dump(recipe))
    return read_movable_run(RECIPE)


MOVES = [
    {},
    {("words_num_filter", "min_num"): 4},
    {("words_num_filter#2", "max_num"): 5, ("text_length_filter", "min_len"): 6},
    {("words_num_filter", "min_num"): 3, ("words_num_filter", "max_num"): 5},
]


@pytest.mark.parametrize("moves", MOVES, ids=str)
def test_moved_bounds_keep_what_a_run_would_keep(moves):
    recipe, analysis = movable(PROCESS)
    survival = recipe.survival(recipe.moved(moves))
    kept = [name for name, left in zip(analysis.ids, survival.kept, strict=True) if left]
    process = list(PROCESS)
    for place, entry in recipe.moved_entries(moves).items():
        process[place] = entry
    exported = run(process)
    assert kept == [row.get("id", "line 6") for row in exported]
    assert survival.surviving["words_num_filter#2"] == len(exported)


def test_lines_that_decide_over_what_is_left_are_named():
    recipe, _ = movable([*PROCESS, "document_deduplicator"])
    assert recipe.passed_over == ["document_deduplicator"]
    assert [line.label for line in recipe.lines][-1] == "words_num_filter#2"


def test_a_bound_that_is_not_there_is_told():
    recipe, _ = movable(PROCESS)
    with pytest.raises(UserError, match="no line nosuch; its lines: words_num_filter, "):
        recipe.moved({("nosuch", "min_num"): 1})
    with pytest.raises(UserError, match="has no setting nosuch"):
        recipe.moved({("words_num_filter", "nosuch"): 1})


def test_a_data_set_of_which_nothing_is_measured_is_told():
    dataset([{"text": "a dog", "images": ["gone.png"]}])
    with pytest.raises(UserError):
        movable([{"image_shape_filter": {"min_width": 3}}])
