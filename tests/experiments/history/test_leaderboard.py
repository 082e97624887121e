"""All experiments side by side: order, settings, differences, what cannot be compared."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.small_runs import known_run, similar_from

from bettersynth.data.tables.items import ITEMS
from bettersynth.data.tables.score import SCORE
from bettersynth.errors import UserError
from bettersynth.experiments.history import leaderboard as module
from bettersynth.experiments.history.costs import Cost
from bettersynth.experiments.history.leaderboard import (
    board_table,
    cost_words,
    leaderboard,
    settings_beside,
)
from bettersynth.experiments.history.param_differences import flattened


@pytest.fixture
def board_of(monkeypatch):
    def make(*runs, chosen=None):
        monkeypatch.setattr(module, "known_runs", lambda: list(runs))
        monkeypatch.setattr(module, "composed", lambda: {"filter": {"threshold": 0.25}})
        return leaderboard(chosen)

    return make


def test_the_best_is_first_and_the_chosen_one_is_what_others_are_compared_with(board_of):
    good = known_run("good", 0.9, threshold=0.3)
    poor = known_run("poor", 0.3, also=("workspace",))
    board = board_of(poor, good)
    assert board.chosen == "poor"
    assert [row.run.name for row in board.rows] == ["good", "poor"]
    first, second = board.rows
    assert first.settings == [("filter.threshold", "0.3", "0.25")]
    assert first.differences["mmbench"].difference > 0
    # Holm over all that the table tests
    assert first.differences["mmbench"].adjusted_p > first.differences["mmbench"].p
    assert second.differences == {}
    table = board_table(board)
    assert "filter.threshold=0.3 (0.25)" in table
    assert "the default's settings" in table
    assert "differences from poor" in table
    assert "also workspace" in table


def test_another_one_may_be_chosen_and_an_unknown_one_is_told_with_the_nearest(board_of):
    runs = [known_run("good", 0.9), known_run("poor", 0.3)]
    assert board_of(*runs, chosen="good").chosen == "good"
    with pytest.raises(UserError, match=r"called god \(did you mean good\?\); there are: good, po"):
        board_of(*runs, chosen="god")
    with pytest.raises(UserError, match="no experiment has scores yet"):
        board_of()


def test_without_the_workspace_the_newest_is_chosen(board_of):
    new = dataclasses.replace(known_run("new", 0.4), date="2026-11-02T00:00:00+00:00")
    assert board_of(known_run("old", 0.9), new).chosen == "new"


def test_what_cannot_be_compared_says_why_and_keeps_its_row(board_of):
    chosen = known_run("chosen", 0.9, also=("workspace",))
    other = known_run("other", 0.5, seeds=(7, 8))
    lost = known_run("lost", 0.4, with_items=False)
    board = board_of(chosen, other, lost)
    reasons = {row.run.name: row.incomparable for row in board.rows}
    assert "have no training seed in common" in reasons["other"]
    assert "lost has no results/items.parquet" in reasons["lost"]
    assert "not compared: " in board_table(board)
    # the chosen one's own answers are not at hand: scores alone are shown
    alone = known_run("alone", 0.4, with_items=False, also=("workspace",))
    rows = board_of(alone, other).rows
    assert all(not row.differences for row in rows)


def test_one_whose_seeds_answered_other_questions_is_told_and_ends_nothing(board_of):
    chosen = known_run("chosen", 0.9, also=("workspace",))
    damaged = known_run("damaged", 0.5)
    items = pq.read_table(pa.BufferReader(damaged.experiment.read(ITEMS)))
    sink = pa.BufferOutputStream()
    pq.write_table(items.slice(1), sink)
    files = {str(ITEMS): sink.getvalue().to_pybytes(), str(SCORE): damaged.experiment.read(SCORE)}
    read = dataclasses.replace(damaged.experiment, read=lambda path: files.get(str(path)))
    board = board_of(chosen, known_run("other", 0.4), dataclasses.replace(damaged, experiment=read))
    rows = {row.run.name: row for row in board.rows}
    said = "results/items.parquet of damaged: the seeds of mmbench do not answer the same items"
    assert rows["damaged"].incomparable.startswith(said)
    assert rows["other"].differences


def test_a_random_control_is_known_by_its_settings(board_of):
    params = {"filter": similar_from(0.25) | {"control": "random"}}
    board = board_of(known_run("a", 0.5, params=params), known_run("b", 0.6))
    assert [row.is_random for row in board.rows] == [False, True]
    assert [row.threshold for row in board.rows] == [None, 0.25]


def test_a_threshold_that_no_rule_goes_by_is_none(board_of):
    params = {"filter": {"threshold": 0.25, "recipe": []}}
    board = board_of(known_run("a", 0.5), known_run("unfiltered", 0.6, params=params))
    assert {row.run.name: row.threshold for row in board.rows}["unfiltered"] is None


def test_whole_settings_come_first_and_those_of_another_version_last():
    default = {"a.b.c": 1, "z": 2, "gone": 3, "watched.x": 4}
    params = {"a": {"b": {"c": 5}}, "z": 3, "new": 1, "watched": {"x": 5}}
    names = [row[0] for row in settings_beside(params, default)]
    assert names == ["z", "a.b.c", "gone", "new"]
    assert settings_beside(None, default) == []


def with_similarity(threshold, min_score):
    lines = [{"image_text_similarity_filter": {"min_score": min_score}}]
    return {"filter": {"threshold": threshold, "recipe": lines}}


def test_a_moved_threshold_is_told_once():
    default = flattened(with_similarity(0.25, 0.25))
    moved = settings_beside(with_similarity(0.3, 0.3), default)
    assert moved == [("filter.threshold", "0.3", "0.25")]


@pytest.mark.parametrize("threshold", [None, 0.25])
def test_a_similarity_bound_that_does_not_follow_the_threshold_is_told(threshold):
    bound = "filter.recipe[0].image_text_similarity_filter.min_score"
    default = flattened(with_similarity(0.25, 0.25))
    names = [row[0] for row in settings_beside(with_similarity(threshold, 0.3), default)]
    assert names == ([bound] if threshold else ["filter.threshold", bound])
    # a line that the default has not got
    empty = {"filter.threshold": 0.25}
    assert settings_beside(with_similarity(0.25, 0.25), empty) == [(bound, "0.25", "-")]


def test_a_cost_that_is_known_in_part_says_so():
    assert cost_words(Cost(cpu_seconds=90, known=2, stages=2)) == "1.5"
    assert cost_words(Cost(cpu_seconds=90, known=1, stages=2)) == "1.5+"
    assert cost_words(Cost()) == "-"


def test_a_score_of_another_protocol_is_marked(board_of):
    other = known_run("other", 0.4)
    other.score["mmbench_protocol"] = "circular"
    board = board_of(known_run("chosen", 0.9, also=("workspace",)), other)
    assert {row.run.name: row.other_protocol for row in board.rows}["other"] == "circular"
    assert "its MMBench is by the protocol circular" in board_table(board)
    assert board_table(board).count("by the protocol") == 1
