from __future__ import annotations

import json
import shutil

import pytest
from support.mgm_reference import PREPROCESS

from bettersynth.errors import UserError
from bettersynth.models.architecture.tokenizers import load_llama_tokenizer, load_tokenizer


def test_a_damaged_tokenizer_is_one_clear_error(tmp_path):
    for content in (b"{", b"{}", b'{"version": "1.0", "x": "caf\xe9"}'):
        (tmp_path / "tokenizer.json").write_bytes(content)
        with pytest.raises(
            UserError, match=r"tokenizer\.json cannot be read .*; fetch or make it again"
        ):
            load_tokenizer(tmp_path)


def test_a_folder_without_a_tokenizer_says_what_was_looked_for(tmp_path):
    with pytest.raises(UserError, match="looked for tokenizer.json, tokenizer.model"):
        load_tokenizer(tmp_path)


def test_a_lone_sentencepiece_file_is_read_as_vicunas_tokenizer():
    tokenizer = load_tokenizer(PREPROCESS / "tok_llama", model_max_length=77)
    assert tokenizer.model_max_length == 77
    assert tokenizer.pad_token == tokenizer.unk_token


@pytest.mark.parametrize("legacy", [True, False])
@pytest.mark.parametrize("add_bos_token", [True, False])
def test_a_sentencepiece_file_is_read_as_its_folder_says(tmp_path, legacy, add_bos_token):
    shutil.copy(PREPROCESS / "tok_llama/tokenizer.model", tmp_path)
    switches = {"legacy": legacy, "add_bos_token": add_bos_token}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(switches))
    tokenizer = load_tokenizer(tmp_path)
    expected = load_llama_tokenizer(PREPROCESS / "tok_llama/tokenizer.model", **switches)
    assert tokenizer.legacy is legacy
    assert tokenizer("a</s>b").input_ids == expected("a</s>b").input_ids
    assert (tokenizer("a").input_ids[0] == tokenizer.bos_token_id) is add_bos_token


def test_a_configuration_that_is_no_object_is_one_clear_error(tmp_path):
    shutil.copy(PREPROCESS / "tok_llama/tokenizer.model", tmp_path)
    (tmp_path / "tokenizer_config.json").write_text("[1]")
    with pytest.raises(UserError, match="tokenizer_config.json must hold names with values, not"):
        load_tokenizer(tmp_path)


def test_the_newer_reading_puts_no_blank_behind_a_special_token():
    path = PREPROCESS / "tok_llama/tokenizer.model"
    older = load_llama_tokenizer(path, legacy=True)("</s>a").input_ids
    newer = load_llama_tokenizer(path, legacy=False)("</s>a").input_ids
    assert older != newer


@pytest.mark.parametrize(
    ("unknown", "reserved", "chosen"),
    [
        ("<unk>", "<|reserved_special_token_0|>", "<unk>"),
        (None, "<|reserved_special_token_0|>", "<|reserved_special_token_0|>"),
        (None, "<|other|>", None),
    ],
)
def test_a_tokenizer_without_a_pad_token_gets_the_references(tmp_path, unknown, reserved, chosen):
    for path in (PREPROCESS / "tok_gemma").iterdir():
        shutil.copy(path, tmp_path)
    (tmp_path / "special_tokens_map.json").unlink()
    tokens = json.loads((tmp_path / "tokenizer_config.json").read_text())
    del tokens["pad_token"]
    tokens["unk_token"] = unknown
    tokens["additional_special_tokens"] = [reserved]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(tokens))
    assert load_tokenizer(tmp_path).pad_token == chosen
