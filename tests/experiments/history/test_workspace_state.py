from pathlib import Path

import pytest
from support.small_runs import known_run, whole_score

from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.experiments.history.workspace_state import (
    experiment_lines,
    held_lines,
    next_command,
    stale_lines,
)
from bettersynth.experiments.workflow.dvc_stages import Stage
from bettersynth.experiments.workflow.needs import Needs
from bettersynth.experiments.workflow.stale_reasons import StaleStage


def stage(name):
    return Stage(name, "", (), (), frozenset(), True, Needs(1, 1, 0))


STAGES = [stage(name) for name in ("pool", "mix", "train@0", "train@1", "score")]


@pytest.fixture(autouse=True)
def _in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_what_lies_here_is_counted():
    assert held_lines() == ["  nothing yet"]
    write_json("data/pool/card.json", {"samples": {"pool": {"noto": 30, "fluent": 10}}})
    assert held_lines() == ["  pool          40 pairs"]
    write_json("data/filter/card.json", {"pool": 2881, "surviving": {"a": 2000, "b": 1046}})
    counts = {"samples": 1120, "exchanged": 74, "visits": 9000}
    write_json("data/mix/card.json", {"counts": counts})
    Path("models/finetune/0").mkdir(parents=True)
    write_json("results/score.json", whole_score(mmbench=58.23, mmbench_low=55.07))
    shown = "\n".join(held_lines())
    assert "2,881 pairs" in shown
    assert "recipe keeps  1,046" in shown
    assert "1,120 pairs, 74 of them with a new caption; 9,000 visits" in shown
    assert "1 trained" in shown
    assert "58.23 (55.1-60.0)" in shown


def test_a_step_is_named_once_with_its_reason_and_those_behind_it_follow():
    stale = [
        StaleStage("train@0", "train.rate changed from 1 to 2"),
        StaleStage("train@1", "train.rate changed from 1 to 2"),
        StaleStage("score", ""),
    ]
    assert stale_lines(STAGES, stale) == [
        "stages: 2 of 5 are up to date",
        "  train: train.rate changed from 1 to 2",
        "  then: score",
    ]


def test_steps_with_the_same_reason_share_a_line_and_of_many_reasons_the_first_are_named():
    same = [StaleStage(name, "has not run yet") for name in ("pool", "mix")]
    assert stale_lines(STAGES, same)[1:] == ["  pool, mix: has not run yet"]
    many = [StaleStage(f"step{number}", f"reason {number}") for number in range(10)]
    assert stale_lines(many, many)[-1] == "  and 2 more reasons (`dvc status` names them)"


def test_experiments_are_listed_with_their_scores():
    shown = "\n".join(experiment_lines([known_run("good", 0.5, also=("workspace",))]))
    assert "experiments with scores: 1" in shown
    assert "good (also workspace): MMBench 50.00, TextVQA 50.00; - CPU minutes" in shown


def test_the_next_command_follows_from_what_is_there():
    every = [StaleStage(stage.name, "has not run yet") for stage in STAGES]
    assert next_command(STAGES, every, []).startswith("make score")
    Path("data/mix").mkdir(parents=True)
    Path("data/mix/train.json").write_text("[]")
    shown = next_command(STAGES, every[2:], [])
    assert "snakemake --cores all results/score.json" in shown
    assert "bettersynth export FOLDER" in shown
    assert "export" not in next_command(STAGES, every[1:], [])
    assert "--name default" in next_command(STAGES, [], [known_run("workspace", 0.5)])
    named = [known_run("default", 0.5, also=("workspace",))]
    assert next_command(STAGES, [], named).startswith("bettersynth browse")


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({}, "has no counts, only: nothing"),
        ({"counts": 3}, "counts must be names with values, not 3"),
        ([], r"must hold names with values, not \[\]"),
        (3, "must hold names with values, not 3"),
        (None, "must hold names with values, not null"),
    ],
)
def test_a_damaged_card_is_one_line(card, said):
    write_json("data/mix/card.json", card)
    with pytest.raises(UserError, match=f"data/mix/card.json:? {said}; delete it and run"):
        held_lines()


@pytest.mark.parametrize(
    "file",
    [
        "data/filter/card.json",
        "data/pool/card.json",
        "data/mix/card.json",
        "results/score.json",
    ],
)
def test_a_folder_in_the_place_of_a_card_is_told(file):
    Path(file).mkdir(parents=True)
    with pytest.raises(UserError, match=f"{file} is a folder; it must be a file"):
        held_lines()
