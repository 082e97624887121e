from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from support.default_settings import default_settings
from support.small_training import small_project

from bettersynth.models.architecture.checkpoint import save_stage_one
from bettersynth.models.training.pretrain_stage import ROWS, start_model, try_starts
from bettersynth.models.training.stage import Stage


@pytest.fixture
def stage(tmp_path, monkeypatch):
    small_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    model = default_settings("model", language_model="models/decoder")
    settings = default_settings("pretrain", batch_size=8, visits=32, restarts=3, restart_steps=2)
    return Stage("pretrain", 0, settings, model, ROWS, "square")


def test_a_start_trains_projector_and_mining_alone(stage):
    model, _ = start_model(stage, stage.training, 0)
    trained = {n.split(".")[0] for n, p in model.named_parameters() if p.requires_grad}
    assert trained == {"mm_projector", "mining"}


def test_a_start_may_go_on_from_a_given_projector(stage, tmp_path):
    first, _ = start_model(stage, stage.training, 0)
    given = tmp_path / "projector.safetensors"
    save_stage_one(first, given)
    settings = replace(stage.training, restarts=1, projector=str(given))
    # another start would draw other numbers
    second, _ = start_model(stage, settings, 1)
    for name, value in first.state_dict().items():
        torch.testing.assert_close(second.state_dict()[name], value, rtol=0, atol=0, msg=name)
    assert not torch.equal(
        start_model(stage, stage.training, 1)[0].mm_projector[0].weight,
        first.mm_projector[0].weight,
    )


def test_the_start_with_the_lowest_early_loss_is_chosen(stage, monkeypatch, capsys):
    losses = {"0": (3.0, 2.0), "1": (2.0, 1.0), "2": (1.0, 3.0)}

    def train(self, model, rows, collator, scratch, stop_at=None):
        early = [{"step": k, "loss": loss} for k, loss in enumerate(losses[scratch.name], 1)]
        return [*early, {"step": stop_at + 1, "loss": 0.0}]  # it had gone on further before

    monkeypatch.setattr(Stage, "train", train)
    model, _ = start_model(stage, stage.training, 0)
    chosen, curves = try_starts(stage, stage.training, model, None, None, Path("scratch"))
    assert chosen == 1
    assert [(record["restart"], record["step"]) for record in curves] == [
        (0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2),
    ]  # fmt: skip
    assert "start 1: mean loss 1.5000 over its last steps up to 2" in capsys.readouterr().out
