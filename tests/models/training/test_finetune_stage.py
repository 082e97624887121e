from __future__ import annotations

from pathlib import Path

from support.default_settings import default_settings

from bettersynth.models.training import finetune_stage
from bettersynth.models.training.finetune_stage import FOLDER, merged
from bettersynth.models.training.stage import Stage
from bettersynth.settings.finetune import FinetuneSettings
from bettersynth.settings.lora import Lora


def stage_of(settings: FinetuneSettings) -> Stage:
    return Stage("finetune", 0, settings, default_settings("model"), Path("rows.json"), "pad")


def test_adapters_of_an_earlier_run_do_not_stay_beside_a_model_without(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (FOLDER / "0/adapter").mkdir(parents=True)
    settings = default_settings("finetune", lora=None)
    assert merged(stage_of(settings), settings, "model", None) == "model"
    assert not (FOLDER / "0/adapter").exists()


def test_adapters_are_written_before_they_are_merged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = []
    monkeypatch.setattr(
        finetune_stage, "save_adapters", lambda model, *_: done.append(f"saved of {model}")
    )
    monkeypatch.setattr(finetune_stage, "merge", lambda *_: done.append("merged") or "whole")
    settings = default_settings("finetune", lora=Lora())
    assert merged(stage_of(settings), settings, "model", "adapters") == "whole"
    assert done == ["saved of model", "merged"]


def test_adapters_over_rounded_weights_are_added_to_a_model_with_what_stage_one_left(monkeypatch):
    done = []
    monkeypatch.setattr(Stage, "build", lambda *_: ("fresh", "tokenizer"))
    monkeypatch.setattr(
        finetune_stage, "load_stage_one", lambda model, path: done.append((model, str(path)))
    )
    monkeypatch.setattr(finetune_stage, "save_adapters", lambda *_: None)
    monkeypatch.setattr(finetune_stage, "merge", lambda model, a, s, rebuild: rebuild())
    settings = default_settings("finetune", lora=Lora())
    assert merged(stage_of(settings), settings, "model", "adapters") == "fresh"
    assert done == [("fresh", "models/pretrain/0/projector.safetensors")]
