from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file, save_file
from small_training import curve, run, small_project

from bettersynth.errors import UserError
from bettersynth.files import sha256_of_file
from bettersynth.model.mini_gemini import MiniGemini


def test_stage_two_starts_from_stage_one_and_trains_the_language_model_too(tmp_path, monkeypatch):
    project = small_project(tmp_path)
    run(monkeypatch, project, "pretrain", "0")
    run(monkeypatch, project, "finetune", "0")
    folder = project / "models/finetune/0"
    after, before = load_file(folder / "model.safetensors"), load_file(project / "models/decoder/model.safetensors")
    changed = {name for name in before if name in after and not torch.equal(before[name], after[name])}
    assert {"model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight", "model.norm.weight"} <= changed
    stage_one = load_file(project / "models/pretrain/0/projector.safetensors")
    difference = (after["model.mm_projector.0.weight"] - stage_one["model.mm_projector.0.weight"]).abs().max()
    assert 0 < difference < 0.01
    assert len(curve(project / "results/finetune/0.tsv")) == 4
    model = MiniGemini.from_upstream(folder)
    assert model.architecture.mm_hidden_size_aux == 6
    assert (folder / "tokenizer.json").exists()


def test_two_runs_give_the_same_bytes(tmp_path, monkeypatch):
    hashes = []
    for name in ("a", "b"):
        project = small_project(tmp_path / name)
        run(monkeypatch, project, "pretrain", "0")
        run(monkeypatch, project, "finetune", "0")
        hashes.append({path.name: sha256_of_file(path) for path in (project / "models/finetune/0").iterdir()})
    assert hashes[0] == hashes[1]


def test_a_stage_one_file_of_another_width_is_one_clear_error(tmp_path, monkeypatch):
    project = small_project(tmp_path)
    run(monkeypatch, project, "pretrain", "0")
    path = project / "models/pretrain/0/projector.safetensors"
    weights = load_file(path)
    weights["model.mm_projector.0.weight"] = torch.zeros(16, 9)
    save_file(weights, path)
    with pytest.raises(UserError, match=r"mm_projector.0.weight has shape \[16, 9\], this model needs \[16, 8\]"):
        run(monkeypatch, project, "finetune", "0")
