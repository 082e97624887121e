from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from support.small_training import curve, run, small_project

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.errors import UserError
from bettersynth.models.answering.caption_loss import load_trained
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.training.callbacks import ProgressBar

ROOT = Path(__file__).parents[2]
ZERO3 = ROOT / "conf/deepspeed/zero3.json"
THINGS = ROOT / "models/nano-decoder-things"


def test_stage_two_starts_from_stage_one_and_trains_the_language_model_too(tmp_path, monkeypatch):
    project = small_project(tmp_path)
    run(monkeypatch, project, "pretrain", "0")
    run(monkeypatch, project, "finetune", "0")
    folder = project / "models/finetune/0"
    after, before = (
        load_file(folder / "model.safetensors"),
        load_file(project / "models/decoder/model.safetensors"),
    )
    changed = {
        name for name in before if name in after and not torch.equal(before[name], after[name])
    }
    assert {
        "model.embed_tokens.weight",
        "model.layers.1.mlp.up_proj.weight",
        "model.norm.weight",
    } <= changed
    stage_one = load_file(project / "models/pretrain/0/projector.safetensors")
    difference = (
        (after["model.mm_projector.0.weight"] - stage_one["model.mm_projector.0.weight"])
        .abs()
        .max()
    )
    assert 0 < difference < 0.01
    assert len(curve(project / "results/finetune/0.tsv")) == 4
    model = MiniGemini.from_upstream(folder)
    assert model.architecture.mm_hidden_size_aux == 6
    assert (folder / "tokenizer.json").exists()


def test_a_projector_of_another_width_goes_through_both_stages_and_answers(tmp_path, monkeypatch):
    parts = {"language_model": str(THINGS), "mm_projector_width": 40}
    project = small_project(tmp_path, model=parts, pretrain={"visits": 16})
    run(monkeypatch, project, "pretrain", "0")
    run(monkeypatch, project, "finetune", "0")
    run(monkeypatch, project, "predict", "0", "mmbench")
    folders = [project / "models" / name for name in ("pretrain/0", "finetune/0")]
    files = [next(folder.glob("*.safetensors")) for folder in folders]
    for file in files:
        weights = load_file(file)
        assert weights["model.mm_projector.0.weight"].shape == (40, 8)
        assert weights["model.mm_projector.2.weight"].shape == (128, 40)
    # what stage 1 left can be asked by itself
    alone, _ = load_trained(folders[0], str(THINGS), "float32")
    left = load_file(files[0])["model.mm_projector.0.weight"]
    assert torch.equal(alone.mm_projector[0].weight, left)


def test_two_runs_give_the_same_bytes(tmp_path, monkeypatch):
    hashes = []
    for name in ("a", "b"):
        project = small_project(tmp_path / name)
        run(monkeypatch, project, "pretrain", "0")
        run(monkeypatch, project, "finetune", "0")
        hashes.append(
            {path.name: sha256_of_file(path) for path in (project / "models/finetune/0").iterdir()}
        )
    assert hashes[0] == hashes[1]


def test_a_stage_one_file_of_another_width_is_one_clear_error(tmp_path, monkeypatch):
    project = small_project(tmp_path)
    run(monkeypatch, project, "pretrain", "0")
    path = project / "models/pretrain/0/projector.safetensors"
    weights = load_file(path)
    weights["model.mm_projector.0.weight"] = torch.zeros(16, 9)
    save_file(weights, path)
    with pytest.raises(
        UserError, match=r"mm_projector.0.weight has shape \[16, 9\], this model needs \[16, 8\]"
    ):
        run(monkeypatch, project, "finetune", "0")


LORA = {"rank": 4, "dropout": 0.1, "targets": ["q_proj", "v_proj"]}


def test_adapters_end_up_merged_in_the_model_and_beside_it(tmp_path, monkeypatch):
    project = small_project(tmp_path, finetune={"lora": LORA, "learning_rate": 0.01})
    run(monkeypatch, project, "pretrain", "0")
    run(monkeypatch, project, "finetune", "0")
    folder = project / "models/finetune/0"
    after, before = (
        load_file(folder / "model.safetensors"),
        load_file(project / "models/decoder/model.safetensors"),
    )
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {
        f"model.layers.{k}.self_attn.{name}_proj.weight" for k in range(2) for name in "qv"
    }
    MiniGemini.from_upstream(folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["files"]["adapter/adapter_model.safetensors"] == sha256_of_file(
        folder / "adapter/adapter_model.safetensors"
    )


def test_an_interrupted_run_with_adapters_goes_on_to_the_same_bytes(tmp_path, monkeypatch):
    settings = {
        "lora": LORA,
        "visits": 72,
        "save_steps": 4,
    }  # dropout draws from the random state that a checkpoint keeps
    whole, stopped = (
        small_project(tmp_path / name, finetune=settings) for name in ("whole", "stopped")
    )
    run(monkeypatch, whole, "pretrain", "0")
    shutil.copytree(whole / "models/pretrain", stopped / "models/pretrain")
    run(monkeypatch, whole, "finetune", "0")

    def stop(self, args, state, control, **kwargs):
        if state.global_step == 6:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ProgressBar, "on_step_end", stop)
        run(patch, stopped, "finetune", "0")
    assert not (stopped / "models/finetune/0").exists()
    run(monkeypatch, stopped, "finetune", "0")
    for path in (
        "models/finetune/0/model.safetensors",
        "models/finetune/0/adapter/adapter_model.safetensors",
        "results/finetune/0.tsv",
    ):
        assert sha256_of_file(whole / path) == sha256_of_file(stopped / path), path


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lora": LORA, "freeze_backbone": True}, "both lora and freeze_backbone"),
        ({"lora": {**LORA, "bits": 5}}, r"finetune.lora.bits .*allowed: 4, 8"),
        ({"lora": {**LORA, "bits": 4}, "deepspeed": str(ZERO3)}, "does not go with ZeRO-3"),
    ],
)
def test_adapters_beside_what_they_cannot_go_with_are_one_clear_error(
    tmp_path, monkeypatch, settings, message
):
    project = small_project(tmp_path, finetune=settings)
    with pytest.raises(UserError, match=message):
        run(monkeypatch, project, "finetune", "0")


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["zero2", "zero3"])
def test_adapters_learn_the_same_in_two_processes_with_zero(tmp_path, monkeypatch, stage):
    settings = {
        "lora": {"rank": 4},
        "learning_rate": 0.01,
        "visits": 64,
        "grouping": "random",
        "batch_size": 4,
    }
    one = small_project(
        tmp_path / "one", finetune={**settings, "accumulation": 2}
    )  # the mean of the same two micro-batches
    two = small_project(
        tmp_path / "two", finetune={**settings, "deepspeed": str(ZERO3.with_name(f"{stage}.json"))}
    )
    params = yaml.safe_load((two / "params.yaml").read_text())
    (two / "params.yaml").write_text(
        yaml.safe_dump({**params, "launch": {**params["launch"], "processes": 2}})
    )
    monkeypatch.setenv("PYTHONPATH", str(ZERO3.parents[2] / "src"))
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(ZERO3.parents[2] / ".cache/torch_extensions"))
    run(monkeypatch, one, "pretrain", "0")
    shutil.copytree(one / "models/pretrain", two / "models/pretrain")
    run(monkeypatch, one, "finetune", "0")
    with pytest.raises(SystemExit, match="^0$"):  # two other processes did the work
        run(monkeypatch, two, "finetune", "0")
    losses = [
        [record["loss"] for record in curve(project / "results/finetune/0.tsv")]
        for project in (one, two)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    for name in ("model.safetensors", "adapter/adapter_model.safetensors"):
        single, split = (load_file(project / "models/finetune/0" / name) for project in (one, two))
        assert single.keys() == split.keys()
        assert all((split[key] - value).abs().max() < 1e-3 for key, value in single.items())
