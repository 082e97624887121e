from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from support.default_settings import default_settings
from support.small_corpus import write_archives

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.errors import UserError
from bettersynth.models.pretrain_lm.nano_decoder import train_decoder
from bettersynth.settings.nano_decoder import NanoDecoderSettings, Shape

ROOT = Path(__file__).parents[3]


def settings_of(archives: Path, output: Path, **more: Any) -> NanoDecoderSettings:
    return default_settings(
        "nano_decoder",
        archives=archives,
        output=output,
        pieces=300,
        min_count=3,
        shape=Shape(32, 1, 2, 48),
        schedule=default_settings("nano_decoder.schedule", steps=4, batch_rows=8, warmup_steps=1),
        report_every=2,
        **more,
    )


def test_two_trainings_give_the_same_bytes_and_transformers_loads_them(tmp_path):
    archives = write_archives(tmp_path / "archives")
    colors = default_settings(
        "nano_decoder.schedule", steps=4, batch_rows=8, warmup_steps=1, phases=(0.2, 0.5, 0.8)
    )
    settings = [
        settings_of(archives, tmp_path / name, colors=colors, exam_rows=4)
        for name in ("one", "two")
    ]
    logs = [train_decoder(s) for s in settings]
    one, two = (s.output for s in settings)
    assert [e["tokens"] for e in logs[0]] == [e["tokens"] for e in logs[1]]
    assert sorted(p.name for p in one.iterdir()) == sorted(p.name for p in two.iterdir())
    assert all((one / p.name).read_bytes() == p.read_bytes() for p in two.iterdir())
    assert not list(tmp_path.glob(".*"))
    from transformers import AutoTokenizer, GemmaForCausalLM

    assert (
        len(AutoTokenizer.from_pretrained(one))
        == GemmaForCausalLM.from_pretrained(one).config.vocab_size
    )


def test_the_training_log_is_rounded_as_the_committed_one_is(tmp_path):
    archives = write_archives(tmp_path / "archives")
    settings = settings_of(archives, tmp_path / "out", exam_rows=7)
    train_decoder(settings)
    for folder in (tmp_path / "out", ROOT / "models/nano-decoder"):
        header, *lines = (folder / "training.tsv").read_text().splitlines()
        assert header.startswith("step\ttokens\tloss ")
        for line in lines:
            step, tokens, *values = line.split("\t")
            assert int(tokens) % 10_000 == 0
            assert all(re.fullmatch(r"(\d+\.\d\d00)?", value) for value in values), line


def test_the_committed_decoder_is_what_its_manifest_says():
    folder = ROOT / "models/nano-decoder"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["files"] == {
        p.name: sha256_of_file(p) for p in folder.iterdir() if p.name != "manifest.json"
    }
    assert sum(p.stat().st_size for p in folder.iterdir()) < 10_000_000


def test_the_decoder_of_the_things_is_what_its_manifest_says():
    folder = ROOT / "models/nano-decoder-things"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["files"] == {
        p.name: sha256_of_file(p) for p in folder.iterdir() if p.name != "manifest.json"
    }
    start = ROOT / manifest["start"]["folder"]
    assert manifest["start"]["model.safetensors"] == sha256_of_file(start / "model.safetensors")
    # the words have the tokens that they had
    assert (folder / "tokenizer.json").read_bytes() == (start / "tokenizer.json").read_bytes()


def test_a_start_that_is_not_there_is_told_before_anything_is_read(tmp_path):
    things = default_settings("nano_decoder.schedule", steps=4, phases=(0.2, 0.5))
    start = Path("nosuch")
    settings = replace(settings_of(tmp_path, tmp_path), schedule=None, things=things, start=start)
    with pytest.raises(UserError, match="nano_decoder.start is nosuch, which is no folder; name"):
        train_decoder(settings)


def test_a_training_goes_on_from_a_decoder_and_keeps_its_tokenizer(tmp_path):
    archives = write_archives(tmp_path / "archives")
    train_decoder(settings_of(archives, tmp_path / "start", exam_rows=4))
    things = default_settings(
        "nano_decoder.schedule", steps=4, batch_rows=8, warmup_steps=1, phases=(0.2, 0.6)
    )
    start = settings_of(archives, tmp_path / "out", exam_rows=4)
    settings = replace(start, start=tmp_path / "start", schedule=None, things=things)
    lines = train_decoder(settings)
    before, after = (load_file(tmp_path / name / "model.safetensors") for name in ("start", "out"))
    assert before.keys() == after.keys()
    assert not torch.equal(before["model.norm.weight"], after["model.norm.weight"])
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        old, new = ((tmp_path / folder / name).read_bytes() for folder in ("start", "out"))
        assert old == new, name
    assert [line["step"] for line in lines] == [2, 4]
    assert {"things clean", "things medium", "things hard", "loss things"} <= lines[-1].keys()
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["start"]["model.safetensors"] == sha256_of_file(
        tmp_path / "start/model.safetensors"
    )
    assert manifest["settings"].keys() == {"seed", "things", "report_every", "exam_rows"}
