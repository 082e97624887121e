from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.default_settings import default_settings
from support.small_training import small_project

from bettersynth.errors import UserError
from bettersynth.models.pretrain_lm.blocks import UNLEARNED, Blocks
from bettersynth.models.pretrain_lm.continued import (
    load,
    require_blocks,
    text_files,
    write_curves,
)
from bettersynth.settings.pretrain_lm import TextSettings


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return small_project(tmp_path)


def settings(**changes: object) -> TextSettings:
    return default_settings("pretrain_lm.text", **{"language_model": "models/decoder", **changes})


def test_files_of_both_parts_must_be_there(project):
    (project / "a.txt").touch()
    assert text_files(settings(train_files=("a.txt",))) == [Path("a.txt")]
    for changes, message in (
        ({}, "train_files is empty"),
        (
            {"train_files": ("a.txt",), "held_out_files": ("b.txt",)},
            r"b.txt \(pretrain_lm.text\) does not exist",
        ),
        ({"train_files": ("a.txt",), "language_model": "no"}, "no is no folder of a language"),
    ):
        with pytest.raises(UserError, match=message):
            text_files(settings(**changes))


def test_blocks_may_be_as_long_as_the_models_positions(project):
    model, tokenizer = load(settings(block_size=256))
    assert len(tokenizer) <= model.config.vocab_size
    for size in (1, 257):
        with pytest.raises(UserError, match=f"block_size is {size}; models/decoder takes 2 to 256"):
            load(settings(block_size=size))


def test_a_folder_that_holds_no_model_is_one_clear_error(project):
    (project / "models/decoder/config.json").write_text("{}")
    with pytest.raises(UserError, match="holds no language model that can be read"):
        load(settings())


def test_a_part_without_a_block_says_how_to_get_one(tmp_path):
    (tmp_path / "few.bin").write_bytes(bytes(12))
    part = Blocks(tmp_path / "few.bin", 5)
    with pytest.raises(UserError, match="the held_out part has 3 tokens.* raise held_out_share"):
        require_blocks({"held_out": part}, 5)
    with pytest.raises(UserError, match="the train part has 3 tokens.* name more files"):
        require_blocks({"train": part}, 5)


def test_blocks_without_an_answer_say_so(tmp_path):
    (np.arange(10, dtype=np.uint32) | UNLEARNED).tofile(tmp_path / "asked.bin")
    part = Blocks(tmp_path / "asked.bin", 5, answers_only=True)
    with pytest.raises(UserError, match="no block of the train part holds an answer"):
        require_blocks({"train": part}, 5)


def test_the_curves_hold_what_was_logged_of_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    measured = {"held_out_loss": 2.0, "perplexity": 7.39, "token_accuracy": 0.25}
    write_curves([{"step": 0, **measured}, {"step": 1, "loss": 3.0, "lr": 0.1}])
    assert Path("results/pretrain_lm/loss.tsv").read_text() == "step\tloss\tlr\n1\t3\t0.1\n"
    header, line = Path("results/pretrain_lm/held_out.tsv").read_text().splitlines()
    assert header.split("\t") == ["step", *measured]
    assert line == "0\t2\t7.39\t0.25"
