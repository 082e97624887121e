"""Continued pretraining on text files: blocks, held-out measurements, resume, ZeRO, bad input."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from support.default_settings import default_params
from support.small_training import WORDS, run, small_project

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.errors import UserError
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.models.training.callbacks import ProgressBar

ROOT = Path(__file__).parents[2]

TEXT = {
    "language_model": "models/decoder",
    "seed": 5,
    "train_files": ["corpus.jsonl"],
    "held_out_share": 0.2,
    "block_size": 16,
    "batch_size": 4,
    "learning_rate": 0.01,
    "eval_steps": 6,
    "save_steps": 4,
    "threads": 1,
}


def text_project(folder: Path, **changes: object) -> Path:
    """A project whose text says `red car`, `blue house` ...: there is something to learn."""
    small_project(folder)
    random = np.random.default_rng(3)
    pairs = [" ".join(WORDS[2 * k : 2 * k + 2]) for k in range(4)]
    lines = [
        f"<s>Human: {' '.join(random.choice(pairs, 6))}</s><s>Assistant: {random.choice(pairs)}</s>"
        for _ in range(60)
    ]
    (folder / "corpus.jsonl").write_text(
        "".join(json.dumps({"text": line}) + "\n" for line in lines)
    )
    conf = yaml.safe_load((ROOT / "conf/pretrain_lm/text.yaml").read_text())
    defaults = conf["text"]
    processes = 2 if "deepspeed" in changes else 1
    params = {
        "pretrain_lm": {"text": {**defaults, **TEXT, **changes}},
        "launch": {"processes": processes},
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(default_params(**params)))
    return folder


def log_of(folder: Path) -> list[dict[str, str]]:
    header, *lines = (folder / "models/language-model/training.tsv").read_text().splitlines()
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


def test_text_lowers_held_out_perplexity_and_the_result_is_a_language_model(
    tmp_path, monkeypatch, capsys
):
    project = text_project(tmp_path, epochs=2.0)
    run(monkeypatch, project, "pretrain_lm")
    measured = [row for row in log_of(project) if row["perplexity"]]
    assert measured[0]["step"] == "0"
    assert [int(row["step"]) % 6 for row in measured[:-1]] == [0] * (len(measured) - 1)
    assert float(measured[-1]["perplexity"]) < 0.5 * float(measured[0]["perplexity"])
    assert float(measured[-1]["token_accuracy"]) > float(measured[0]["token_accuracy"]) + 0.2
    assert float(measured[-1]["perplexity"]) == pytest.approx(
        math.exp(float(measured[-1]["held_out_loss"])), rel=1e-3
    )
    assert "held-out perplexity" in capsys.readouterr().out
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(project / "models/language-model")
    assert len(load_tokenizer(project / "models/language-model")) <= model.config.vocab_size
    manifest = json.loads((project / "models/language-model/manifest.json").read_text())
    assert manifest["files"]["model.safetensors"] == sha256_of_file(
        project / "models/language-model/model.safetensors"
    )
    assert not any((project / ".cache/pretrain_lm").iterdir())


@pytest.mark.parametrize("lora", [None, {"rank": 4}])
def test_an_interrupted_run_goes_on_to_the_same_bytes(tmp_path, monkeypatch, lora):
    whole = text_project(tmp_path / "whole", lora=lora)
    stopped = text_project(tmp_path / "stopped", lora=lora)
    run(monkeypatch, whole, "pretrain_lm")

    def stop(self, args, state, control, **kwargs):
        if state.global_step == 7:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ProgressBar, "on_step_end", stop)
        run(patch, stopped, "pretrain_lm")
    assert not (stopped / "models/language-model").exists()
    run(monkeypatch, stopped, "pretrain_lm")
    for name in ("model.safetensors", "training.tsv", "manifest.json"):
        assert sha256_of_file(whole / "models/language-model" / name) == sha256_of_file(
            stopped / "models/language-model" / name
        ), name


def test_adapters_learn_and_end_up_in_the_weights(tmp_path, monkeypatch):
    project = text_project(tmp_path, lora={"rank": 4}, epochs=2.0, learning_rate=0.05)
    run(monkeypatch, project, "pretrain_lm")
    measured = [row for row in log_of(project) if row["perplexity"]]
    assert float(measured[-1]["perplexity"]) < 0.9 * float(measured[0]["perplexity"])
    before = load_file(project / "models/decoder/model.safetensors")
    after = load_file(project / "models/language-model/model.safetensors")
    assert after.keys() == before.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {name for name in before if "_proj.weight" in name}


def test_held_out_files_are_measured_and_never_trained_on(tmp_path, monkeypatch):
    project = text_project(tmp_path, held_out_files=["other.txt"])
    (project / "other.txt").write_text("stop sign\n" * 40)
    run(monkeypatch, project, "pretrain_lm")
    manifest = json.loads((project / "models/language-model/manifest.json").read_text())
    tokenizer = load_tokenizer(project / "models/decoder")
    assert manifest["tokens"]["held_out"] == 40 * (
        len(tokenizer.encode("stop sign", add_special_tokens=False)) + 2
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_files": []}, "train_files is empty"),
        ({"train_files": ["nowhere.csv"]}, r"nowhere.csv \(pretrain_lm.text\) does not exist"),
        ({"language_model": "models/none"}, "models/none is no folder of a language model"),
        ({"block_size": 5000}, "block_size is 5000; models/decoder takes 2 to 256 tokens"),
        (
            {"held_out_share": 0.0},
            "the held_out part has 0 tokens, less than one block of 16; "
            "raise held_out_share or name held_out_files",
        ),
        ({"precision": "float16"}, "precision float16 needs a GPU"),
        ({"lora": {"bits": 4}}, "lora.bits is for stage 2 alone"),
    ],
)
def test_bad_settings_are_one_clear_error(tmp_path, monkeypatch, changes, message):
    project = text_project(tmp_path, **changes)
    with pytest.raises(UserError, match=message):
        run(monkeypatch, project, "pretrain_lm")
    assert not (project / "models/language-model").exists()


def test_a_loss_that_is_not_finite_is_one_clear_error(tmp_path, monkeypatch):
    project = text_project(tmp_path)
    weights = load_file(project / "models/decoder/model.safetensors")
    first = next(iter(weights))
    weights[first] = weights[first] * math.nan
    save_file(weights, project / "models/decoder/model.safetensors", metadata={"format": "pt"})
    message = r"the loss is nan at step 1; the batch held the blocks \d+, \d+"
    with pytest.raises(UserError, match=message):
        run(monkeypatch, project, "pretrain_lm")
    assert not (project / "models/language-model").exists()


def test_truncated_weights_and_wrong_roles_are_one_clear_error(tmp_path, monkeypatch):
    project = text_project(tmp_path)
    (project / "corpus.jsonl").write_text('{"text": "<s>Assistant: red</s><s>Human: car</s>"}\n')
    with pytest.raises(
        UserError, match=r"corpus.jsonl line 1: part 1 starts with 'Assistant: red'"
    ):
        run(monkeypatch, project, "pretrain_lm")
    weights = project / "models/decoder/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(UserError, match="models/decoder holds no language model that can be read"):
        run(monkeypatch, project, "pretrain_lm")


def test_the_command_ends_with_one_line_for_a_users_mistake(tmp_path):
    (tmp_path / "params.yaml").write_text(
        yaml.safe_dump(default_params(pretrain_lm={"text": {"train_file": "a.csv"}}))
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "bettersynth.steps.pretrain_lm"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith(
        "error: params.yaml: pretrain_lm.text has no setting train_file (did you mean train_files?)"
    )
    assert len(ended.stderr.splitlines()) == 1


def start(folder: Path) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    environment.setdefault("TORCH_EXTENSIONS_DIR", str(ROOT / ".cache/torch_extensions"))
    with (folder / "errors.txt").open("w") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "bettersynth.steps.pretrain_lm"],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["zero2", "zero3"])
def test_two_processes_with_zero_give_the_losses_of_one_process_even_after_a_kill(
    stage, tmp_path, monkeypatch
):
    plain = text_project(tmp_path / "plain", batch_size=8, epochs=4.0)
    run(monkeypatch, plain, "pretrain_lm")
    project = text_project(
        tmp_path / stage,
        deepspeed=str(ROOT / f"conf/deepspeed/{stage}.json"),
        save_steps=2,
        epochs=4.0,
    )
    process = start(project)
    while process.poll() is None and not list(
        project.glob(".cache/pretrain_lm/*/checkpoint-*/trainer_state.json")
    ):
        time.sleep(0.02)
    assert process.poll() is None, (project / "errors.txt").read_text()[-3000:]
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert list(project.glob(".cache/pretrain_lm/*/checkpoint-*")), (
        project / "errors.txt"
    ).read_text()[-3000:]
    process = start(project)
    assert process.wait(timeout=600) == 0, (project / "errors.txt").read_text()[-3000:]
    for one, two in zip(log_of(plain), log_of(project), strict=True):
        assert one["step"] == two["step"]
        for name in ("loss", "perplexity", "token_accuracy"):
            assert one[name] == two[name] == "" or float(two[name]) == pytest.approx(
                float(one[name]), rel=1e-3
            ), (one["step"], name)
    weights = load_file(project / "models/language-model/model.safetensors")
    for name, value in load_file(plain / "models/language-model/model.safetensors").items():
        assert (weights[name] - value).abs().max() < 1e-3, name
