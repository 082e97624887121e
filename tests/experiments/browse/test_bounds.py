import math
from pathlib import Path

import pytest
import yaml
from support.small_looks import small_looks
from support.small_pool import picture
from support.small_run import dataset

from bettersynth.data.tables.marks import Mark
from bettersynth.errors import UserError
from bettersynth.experiments.browse.bounds import Bounds
from bettersynth.experiments.browse.marks import Marks
from bettersynth.experiments.browse.run_pairs import read_run_pairs

LABEL = "image_text_similarity_filter"


@pytest.fixture
def bounds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    looks = small_looks()
    return Bounds(looks.pairs, looks.marks)


def test_a_line_has_its_ends_and_what_the_values_span(bounds):
    words, similarity, shape = bounds.described()["lines"]
    assert [end["setting"] for end in words["ends"]] == ["min_num", "max_num"]
    assert words["ends"][0]["whole"]
    low = similarity["ends"][0]
    assert (low["now"], low["low"], low["high"], low["whole"]) == (0.35, 0.1, 0.6, False)
    assert len(shape["ends"]) == 4
    # no bound is null, which JSON can hold
    assert shape["ends"][1]["now"] is None


def test_precision_and_recall_by_the_planted_mismatches(bounds):
    answer = bounds.answer({}, "", "")
    # dropped: s00 s01 s02 s06, planted: s00 s01 s04
    [[now, _]] = answer["quality"]
    assert now == {
        "by": "planted mismatches",
        "faulty": 3,
        "found": 2,
        "dropped": 4,
        "precision": 0.5,
        "recall": 2 / 3,
    }
    assert answer["lines"][1]["faulty_dropped"] == 2


def test_the_pairs_nearest_to_the_bound_are_shown_on_their_side(bounds):
    around = bounds.answer({(LABEL, "min_score"): 0.42}, LABEL, "min_score")["bound"]
    assert around["value"] == 0.42
    assert around["kept"] == [7, 4, 5]
    assert around["dropped"][:2] == [3, 2]
    assert sum(around["good"]) + sum(around["faulty"]) == 8


def test_only_what_reaches_the_line_is_around_its_bound(bounds):
    moves = {("words_num_filter", "min_num"): 5}
    around = bounds.answer(moves, LABEL, "min_score")["bound"]
    # "a dog" has 4 words with the special tokens, the others 5 or more
    assert sum(around["good"]) + sum(around["faulty"]) == 7
    assert 0 not in around["dropped"]


@pytest.mark.parametrize(
    ("moves", "label", "setting", "message"),
    [
        ({(LABEL, "min_score"): "x"}, LABEL, "min_score", "a bound must be a number"),
        ({(LABEL, "min_score"): True}, LABEL, "min_score", "a bound must be a number"),
        ({(LABEL, "min_score"): math.inf}, LABEL, "min_score", "is inf; a bound must be finite"),
        ({}, LABEL, "any_or_all", "has no bound any_or_all; its bounds: min_score, max_score"),
        ({}, "nothing", "min", "the recipe has no line nothing"),
    ],
)
def test_what_is_no_bound_is_told(bounds, moves, label, setting, message):
    with pytest.raises(UserError, match=message):
        bounds.answer(moves, label, setting)


@pytest.fixture
def size_bounds(tmp_path, monkeypatch):
    """The bounds of a recipe whose sizes in bytes are text."""
    monkeypatch.chdir(tmp_path)
    Path("0.png").write_bytes(picture(0))
    dataset([{"id": "a", "text": "<__dj__image> a dog", "images": ["0.png"]}])
    recipe = {"dataset_path": "data.jsonl", "export_path": "out/out.jsonl"}
    recipe["process"] = [{"image_size_filter": {"min_size": "1"}}]
    Path("recipe.yaml").write_text(yaml.safe_dump(recipe))
    return Bounds(read_run_pairs(Path("recipe.yaml")), Marks("ann"))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_size_that_is_not_finite_is_told(size_bounds, value):
    moves = {("image_size_filter", "min_size"): value}
    with pytest.raises(UserError, match=f"min_size is {value}; a bound must be finite"):
        size_bounds.answer(moves, "image_size_filter", "min_size")


def test_a_size_beyond_all_measure_keeps_every_picture(size_bounds):
    moves = {("image_size_filter", "max_size"): 10**400}
    assert size_bounds.answer(moves, "image_size_filter", "max_size")["kept"] == [1, 1]


def test_marks_are_the_truth_where_nothing_is_planted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    looks = small_looks(planted=None)
    bounds = Bounds(looks.pairs, looks.marks)
    assert bounds.answer({}, "", "")["quality"] == []
    for sample, mark in (("s00", "bad"), ("s05", "good"), ("s04", "bad"), ("s02", "good")):
        looks.marks.set(Mark(sample, mark))
    [[now, _]] = bounds.answer({}, "", "")["quality"]
    # of the four marked ones s00 and s02 are dropped
    assert (now["by"], now["precision"], now["recall"]) == ("pairs marked bad", 0.5, 0.5)


def test_marks_are_a_second_truth_beside_planted_mismatches(bounds, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    looks = small_looks()
    for sample, mark in (("s00", "good"), ("s05", "good"), ("s06", "bad")):
        looks.marks.set(Mark(sample, mark))
    moves = {(LABEL, "min_score"): 0.0}
    planted, [now, moved] = Bounds(looks.pairs, looks.marks).answer(moves, "", "")["quality"]
    assert planted[0]["by"] == "planted mismatches"
    assert (now["faulty"], now["found"], now["dropped"]) == (1, 1, 2)
    # both fell by their similarity
    assert (moved["found"], moved["dropped"], moved["precision"]) == (0, 0, None)
