from __future__ import annotations

from pathlib import Path

import pytest
from support.default_settings import default_settings
from support.small_training import small_project

from bettersynth.errors import UserError
from bettersynth.models.pretrain_lm.blocks import Blocks
from bettersynth.models.pretrain_lm.continued import load, require_blocks, text_files
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
        ({"train_files": ("a.txt",), "held_out_files": ("b.txt",)}, "b.txt does not exist"),
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
