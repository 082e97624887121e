"""A project in miniature for training and prediction.

It has a tiny random decoder, made-up features and a few rows.
"""

from __future__ import annotations

import base64
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
import yaml

import bettersynth.models.architecture  # noqa: F401 (before transformers' models: see there)
from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.writing import write_table
from bettersynth.data.pictures.shard_writing import write_images
from support.default_settings import default_params

TOKENIZER = Path(__file__).parents[1] / "fixtures/preprocess/tok_gemma"
WORDS = ("red", "car", "blue", "house", "dog", "grass", "sign", "stop")
PICTURES = 24


def picture(k: int) -> bytes:
    return f"picture {k}, with as many bytes as a real one needs to be taken for it".encode()


def small_project(folder: Path, **params: dict[str, Any]) -> Path:
    """Make `folder` a project: data, features, models/decoder and params.yaml.

    The sections `params` replace settings of the defaults.
    """
    from transformers import GemmaConfig, GemmaForCausalLM

    torch.manual_seed(0)
    decoder = GemmaForCausalLM(
        GemmaConfig(
            vocab_size=600,
            hidden_size=16,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            head_dim=8,
            initializer_range=0.25,
            max_position_embeddings=256,
            pad_token_id=0,
            eos_token_id=1,
            bos_token_id=2,
        )
    )
    decoder.save_pretrained(folder / "models/decoder")
    for path in TOKENIZER.iterdir():
        shutil.copy(path, folder / "models/decoder" / path.name)
    random = np.random.default_rng(0)
    hashes = [sha256_of_bytes(picture(k)) for k in range(PICTURES)]
    (folder / "data/features").mkdir(parents=True)
    write_table(folder / "data/features/index.parquet", pa.table({"sha256": hashes}))
    np.save(
        folder / "data/features/low_res.npy",
        random.normal(size=(PICTURES, 4, 8)).astype(np.float16),
    )
    np.save(
        folder / "data/features/high_res.npy",
        random.normal(size=(PICTURES, 4, 4, 6)).astype(np.float16),
    )
    table = {
        "images": [[f"{k}.png"] for k in range(PICTURES)],
        "image_sha256": [[sha] for sha in hashes],
    }
    write_table(folder / "data/pool/samples.parquet", pa.table(table))
    rows = [
        conversation(f"s{k}", f"{k % PICTURES}.png", " ".join(random.choice(WORDS, 1 + k % 4)))
        for k in range(64)
    ]
    write(folder / "data/mix/train.json", rows)
    text_only = {
        "id": "t",
        "conversations": [
            {"from": "human", "value": "red or blue ?"},
            {"from": "gpt", "value": "red"},
        ],
    }
    write(folder / "data/instruction/train.json", [*rows[:31], text_only])
    write(folder / "data/contamination/dropped.json", {"pool": [], "instruction": []})
    _benchmarks(folder / "data/benchmark")
    settings: dict[str, dict[str, Any]] = {
        "model": {"language_model": "models/decoder"},
        "pretrain": {
            "batch_size": 8,
            "learning_rate": 0.02,
            "visits": 96,
            "save_steps": 4,
            "optimizer": "adamw",
        },
        "finetune": {"batch_size": 8, "learning_rate": 0.001, "visits": None, "save_steps": 100},
        "launch": {},
        "predict": {"batch_size": 4, "mmbench_tokens": 3, "textvqa_tokens": 3},
    }
    for name, changes in params.items():
        settings.setdefault(name, {}).update(changes)
    (folder / "params.yaml").write_text(yaml.safe_dump(default_params(**settings)))
    return folder


def conversation(id: str, image: str, answer: str) -> dict[str, Any]:
    turns = [
        {"from": "human", "value": "<image>\nDescribe this image."},
        {"from": "gpt", "value": answer},
    ]
    return {"id": id, "image": image, "conversations": turns}


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def _benchmarks(folder: Path) -> None:
    folder.mkdir(parents=True)
    lines = ["index\tquestion\tA\tB\tC\tanswer\tcategory\timage"]
    for k in range(4):
        image = base64.b64encode(picture(k)).decode()
        lines.append(f"{k}\tWhat is it?\tred car\tdog\tblue house\tA\tx\t{image}")
        lines.append(f"{k + 1_000_000}\tWhat is it?\tdog\tblue house\tred car\tC\tx\t{k}")
    (folder / "mmbench.tsv").write_text("\n".join(lines) + "\n")
    text = (
        "What word is on the sign?\nReference OCR token: stop, dog\n"
        "Answer the question using a single word or phrase."
    )
    questions = [{"question_id": f"q{k}", "image": f"q{k}.png", "text": text} for k in range(3)]
    (folder / "textvqa.jsonl").write_text("".join(json.dumps(q) + "\n" for q in questions))
    write_images(folder / "textvqa_images", [(f"q{k}.png", picture(10 + k)) for k in range(3)])


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, step: str, *arguments: str) -> None:
    """Run a step's `main` in `folder` as the command line would."""
    import importlib

    module = importlib.import_module(f"bettersynth.steps.{step}")
    with monkeypatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", [step, *arguments])
        module.main()


def curve(path: Path) -> list[dict[str, float]]:
    header, *lines = path.read_text().splitlines()
    return [
        dict(zip(header.split("\t"), map(float, line.split("\t")), strict=True)) for line in lines
    ]
