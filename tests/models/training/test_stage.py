from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from support.default_settings import default_settings
from support.small_training import small_project

from bettersynth.errors import UserError
from bettersynth.models.training.stage import Stage

ROWS = Path("data/instruction/train.json")


@pytest.fixture
def stage(tmp_path, monkeypatch):
    small_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    model = default_settings("model", language_model="models/decoder")
    return Stage("finetune", 3, default_settings("pretrain"), model, ROWS, "pad")


def test_a_choice_draws_the_same_projector_again_and_another_one_another(stage):
    weights = []
    for choice in ("projector 0", "projector 0", "projector 1"):
        model, _ = stage.build(choice)
        weights.append(model.mm_projector[0].weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_batches_hold_the_rows_with_their_features(stage, capsys):
    model, tokenizer = stage.build("projector")
    rows, collator = stage.batches(model, tokenizer)
    batch = collator([rows[0], rows[31]])
    assert len(rows) == 32
    assert batch["low_res"].shape == (2, 4, 8)
    assert batch["low_res"][1].abs().sum() == 0  # the last row has no picture
    stage.say_what_is_trained(model, rows)
    assert capsys.readouterr().out.startswith("seed 3: 32 rows, ")


def test_checkpoints_lie_apart_for_other_rows_and_other_code(stage):
    first = stage.scratch([], "bettersynth.models.training.finetune_stage")
    other_code = stage.scratch([], "bettersynth.models.training.pretrain_stage")
    ROWS.write_text("[]")
    other_rows = stage.scratch([], "bettersynth.models.training.finetune_stage")
    assert first.parent.name == "finetune"
    assert len({first, other_code, other_rows}) == 3


def test_rows_that_are_left_out_are_not_trained_on(stage):
    model, tokenizer = stage.build("projector")
    some = dataclasses.replace(stage, left_out=frozenset([0, 31]))
    rows, _ = some.batches(model, tokenizer)
    assert len(rows) == 30
    none = dataclasses.replace(stage, left_out=frozenset(range(32)))
    with pytest.raises(UserError, match=r"all rows of data/instruction/train\.json are left out"):
        none.batches(model, tokenizer)
