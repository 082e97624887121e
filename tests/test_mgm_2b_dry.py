"""`experiment=mgm_2b_dry`: every stage of dvc.yaml on the challenge's formats and architectures in
miniature, in one process, offline.
"""

from __future__ import annotations

import importlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from bettersynth.data.files.reading import read_json, read_table
from bettersynth.errors import UserError
from bettersynth.experiments.workflow.compose import compose
from bettersynth.experiments.workflow.dvc_stages import load_stages
from bettersynth.experiments.workflow.needed_files import needed_files
from bettersynth.experiments.workflow.watched_files import require_watched
from bettersynth.models.training.global_batch import fit_global_batch, training_steps
from bettersynth.settings.finetune import FinetuneSettings
from bettersynth.settings.model import ModelSettings
from bettersynth.settings.pretrain import PretrainSettings
from bettersynth.settings.reading import load_params, read_settings

ROOT = Path(__file__).parents[1]


connect = socket.socket.connect


def no_network(*_: object) -> None:
    raise AssertionError("a step of mgm_2b_dry opened a connection")


def connect_on_this_machine(self: socket.socket, address: str | tuple[str, int]) -> None:
    # worker processes are asked for over such a socket
    if self.family != socket.AF_UNIX:
        no_network()
    connect(self, address)


def run_all(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Run the command of each stage of dvc.yaml, in order, as its step's `main`."""
    compose("params.yaml", ["experiment=mgm_2b_dry"], ROOT / "conf")
    shutil.copy(ROOT / "dvc.yaml", folder)
    shutil.copytree(ROOT / ".dvc", folder / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
    subprocess.run(["git", "init", "--quiet"], check=True)
    subprocess.run(
        [
            "git",
            "-c",
            "user.name=test",
            "-c",
            "user.email=t@example.org",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "start",
        ],
        check=True,
    )
    stages = load_stages(folder)
    asking = set()
    for name, definition in load_params("dvc.yaml")["stages"].items():
        if definition.get("do", definition).get("meta", {}).get("gpu"):
            asking.add(name)
    assert asking == {
        "stats",
        "caption",
        "draw",
        "restats",
        "pretrain_lm",
        "pretrain",
        "finetune",
        "predict",
    }
    patch.setattr(socket.socket, "connect", connect_on_this_machine)
    patch.setattr(socket, "getaddrinfo", no_network)
    for stage in stages:
        module, *arguments = stage.command.split(" -m ")[1].split()
        patch.setattr(sys, "argv", [module, *arguments])
        # as DVC sets it
        patch.setenv("DVC_STAGE", stage.name)
        # as every step does first: fetch has made files that were not there to be composed
        require_watched(load_params())
        importlib.import_module(module).main()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("dry")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("BETTERSYNTH_CACHE", str(folder / ".cache"))
        patch.setenv("BETTERSYNTH_THREADS", "1")
        patch.setenv("HF_HUB_OFFLINE", "1")
        run_all(folder, patch)
    return folder


def test_every_stage_ran_and_there_is_a_score(project):
    score = read_json(project / "results/score.json")
    assert 0 <= score["mmbench"] <= 100 and 0 <= score["textvqa"] <= 100
    assert (project / "results/report.html").stat().st_size > 10_000


def test_the_seed_set_loses_what_the_recipe_says_and_keeps_its_questions_within_the_budget(project):
    rejects = read_table(project / "data/pool/rejects.parquet").to_pylist()
    assert [row["reason"].split(":")[0] for row in rejects] == ["truncated image"]
    rules = [
        rule
        for rule in read_table(project / "data/mix/decisions.parquet")["rule"].to_pylist()
        if rule
    ]
    # of 37 samples that are left the budget of 32 leaves out five
    assert sorted(rules) == ["budget"] * 5 + ["image_aspect_ratio_filter", "image_deduplicator"]
    rows = read_json(project / "data/mix/train.json")
    assert len(rows) == len({row["id"] for row in rows}) == 32
    assert {
        row["caption_source"] for row in read_table(project / "data/mix/mix.parquet").to_pylist()
    } == {"original", "blip"}
    asked = {
        row["id"]: row["conversations"][0]
        for row in read_json(project / "data/archives/challenge/data/stage_1.json")
    }
    assert all(row["conversations"][0] == asked[row["id"]] for row in rows)


def test_both_stages_take_the_global_batch_and_the_learning_rates_of_the_challenge(project):
    for stage, steps, rate in (("pretrain", 32 // 8, 1e-3), ("finetune", 20 // 4, 2e-5)):
        header, *lines = (project / f"results/{stage}/0.tsv").read_text().splitlines()
        rates = [float(line.split("\t")[header.split("\t").index("lr")]) for line in lines]
        assert len(rates) == steps
        assert max(rates) == pytest.approx(rate)


def test_stage_one_leaves_sixteen_tensors_and_stage_two_the_language_model_without_towers(project):
    assert len(load_file(project / "models/pretrain/0/projector.safetensors")) == 16
    weights = load_file(project / "models/finetune/0/model.safetensors")
    given = load_file(project / "data/archives/challenge/models/gemma-2b-it/model.safetensors")[
        "model.embed_tokens.weight"
    ]
    assert given.dtype == torch.bfloat16, "as gemma-2b-it comes"
    assert {value.dtype for value in weights.values()} == {torch.float32}, (
        "bfloat16 would lose steps of 2e-5"
    )
    assert not torch.equal(weights["model.embed_tokens.weight"], given.float())
    names = set(weights)
    assert {
        "model.embed_tokens.weight",
        "model.mm_projector.0.weight",
        "model.vlm_uni_aux_projector.1.weight",
    } <= names
    assert not any("vision_tower" in name for name in names)
    towers = read_json(project / "data/features/towers.json")
    assert set(towers["vision_tower_aux"]["files"]) == {"open_clip_pytorch_model.bin"}
    assert read_table(project / "data/features/index.parquet").num_rows == 0


def test_after_the_fetch_stage_every_needed_file_is_there(project, monkeypatch):
    monkeypatch.chdir(project)
    rows = needed_files(load_params())
    assert {row.state for row in rows if row.name != "source"} == {"present"}
    assert {row.state for row in rows if row.name == "source"} == {"generated"}


def test_the_full_setting_is_the_challenges_on_eight_four_and_one_gpu(tmp_path):
    compose(tmp_path / "params.yaml", ["experiment=mgm_2b"], ROOT / "conf")
    params = load_params(tmp_path / "params.yaml")
    stages = {"pretrain": PretrainSettings, "finetune": FinetuneSettings}
    one, two = (read_settings(kind, params[name], name) for name, kind in stages.items())
    assert (one.learning_rate, two.learning_rate) == (1e-3, 2e-5)
    assert (one.grouping, two.grouping) == ("random", "modality_length")
    for settings, batch in ((one, 256), (two, 128)):
        for gpus in (8, 4, 1):
            fitted = fit_global_batch(settings, gpus)
            assert fitted.batch_size * fitted.accumulation * gpus == batch
        assert (
            settings.optimizer,
            settings.weight_decay,
            settings.warmup_share,
            settings.max_grad_norm,
        ) == ("adamw", 0.0, 0.03, 0.0)
        assert (
            settings.template,
            settings.precision,
            settings.gradient_checkpointing,
            settings.visits,
        ) == ("gemma", "auto", True, None)
    assert training_steps(200_000, fit_global_batch(one, 8), 8) == 782
    model = read_settings(ModelSettings, params["model"], "model")
    assert (model.image_size_aux, model.image_grid, model.tokenizer_model_max_length) == (
        768,
        1,
        2048,
    )
    assert (params["mix"]["budget"], params["mix"]["visits"]) == (200_000, None)
    assert (params["predict"]["mmbench_tokens"], params["predict"]["textvqa_tokens"]) == (1024, 128)
    assert (params["score"]["mmbench_protocol"], params["score"]["textvqa_protocol"]) == (
        "strict",
        "llava",
    )


def losses(monkeypatch, *changes):
    """The losses of stage 1, run once more in the finished project with other settings."""
    compose("params.yaml", ["experiment=mgm_2b_dry", *changes], ROOT / "conf")
    monkeypatch.setattr(sys, "argv", ["pretrain", "0"])
    importlib.import_module("bettersynth.steps.pretrain").main()
    return curve()


def curve():
    header, *lines = Path("results/pretrain/0.tsv").read_text().splitlines()
    return [float(line.split("\t")[header.split("\t").index("loss")]) for line in lines]


def test_loader_processes_change_no_loss_and_bfloat16_little(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(project / ".cache"))
    plain = curve()
    assert losses(monkeypatch, "pretrain.workers=2") == plain
    assert losses(monkeypatch, "pretrain.precision=bfloat16") == pytest.approx(plain, rel=1e-3)


def test_a_tokenizer_without_turns_and_a_tower_of_another_width_are_one_clear_error_each(
    project, monkeypatch, tmp_path
):
    monkeypatch.chdir(project)
    monkeypatch.setenv("BETTERSYNTH_CACHE", str(project / ".cache"))
    models = Path("data/archives/challenge/models")
    gemma = tmp_path / "gemma"
    shutil.copytree(models / "gemma-2b-it", gemma)
    for path in gemma.glob("tokenizer*"):
        path.write_text(path.read_text().replace("<end_of_turn>", "<end>"))
    with pytest.raises(UserError, match="lacks <end_of_turn>, which the template gemma needs"):
        losses(monkeypatch, f"model.language_model={gemma}")
    other = Path(__file__).parents[0] / "fixtures/mgm/towers/openclip-convnext-large-d-320-tiny"
    compose(
        "params.yaml", ["experiment=mgm_2b_dry", f"model.vision_tower_aux={other}"], ROOT / "conf"
    )
    monkeypatch.setattr(sys, "argv", ["finetune", "0"])
    with pytest.raises(
        UserError,
        match=r"vlm_uni_aux_projector\.\d\.\w+ has shape \[.*60\], this model needs \[.*80\]",
    ):
        importlib.import_module("bettersynth.steps.finetune").main()


def test_the_dry_run_differs_from_the_full_setting_in_sizes_and_places_alone(tmp_path):
    def flat(values: dict, prefix: str = "") -> dict:
        found = {}
        for name, value in values.items():
            found |= (
                flat(value, f"{prefix}{name}.")
                if isinstance(value, dict)
                else {prefix + name: value}
            )
        return found

    params = []
    for name in ("mgm_2b_recaption", "mgm_2b_dry"):
        compose(tmp_path / name, [f"experiment={name}"], ROOT / "conf")
        params.append(flat(load_params(tmp_path / name)))
    full, dry = params
    changed = {
        name for name in full if full[name] != dry[name] and "challenge" not in str(full[name])
    }
    training = {
        f"{stage}.{name}"
        for stage in ("pretrain", "finetune")
        for name in ("batch_size", "global_batch", "workers", "threads")
    }
    assert full.keys() == dry.keys()
    sizes_and_places = {
        "source.miniature",
        "filter.threshold",
        "filter.recipe",
        "model.image_size_aux",
        "model.tokenizer_model_max_length",
        "mix.budget",
        "mix.exchange_threshold",
        "launch.processes",
        "finetune.deepspeed",
        "watched.finetune.deepspeed",
        "watched.caption.settings.model",
        "watched.stats.image_text_similarity_filter.path_1",
        "predict.batch_size",
        "predict.mmbench_tokens",
        "predict.textvqa_tokens",
        "predict.threads",
        "score.bootstrap_draws",
        "caption.min_score",
        "caption.max_score",
        "caption.settings.max_new_tokens",
    }
    assert changed <= training | sizes_and_places
