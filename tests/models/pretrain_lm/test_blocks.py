from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from support.default_settings import default_settings
from support.small_training import TOKENIZER

from bettersynth.errors import UserError
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.models.pretrain_lm.blocks import UNLEARNED, Blocks, is_held_out, write_tokens


def tokens_of(part: str, tokenizer) -> list[int]:
    ids = tokenizer.encode(part, add_special_tokens=False)
    return [tokenizer.bos_token_id, *ids, tokenizer.eos_token_id]


def test_blocks_hold_every_token_of_the_documents_in_order(tmp_path):
    tokenizer = load_tokenizer(TOKENIZER)
    file = tmp_path / "more.txt"
    file.write_text("red car\n<s>Human: dog\n</s><s>Assistant: grass</s>\n")
    settings = default_settings("pretrain_lm.text", train_files=(str(file),), held_out_share=0.0)
    write_tokens(settings, tokenizer, tmp_path / "tokens")
    blocks = Blocks(tmp_path / "tokens/train.bin", 5)
    expected = []
    for part in ("red car", "Human: dog\n", "Assistant: grass"):
        expected += tokens_of(part, tokenizer)
    assert blocks.tokens == len(expected)
    assert (
        torch.cat([blocks[k]["input_ids"] for k in range(len(blocks))]).tolist()
        == expected[: len(blocks) * 5]
    )
    assert isinstance(blocks.rows, np.memmap)


def test_equal_texts_are_never_on_both_sides_and_the_share_holds():
    texts = [f"text {k}" for k in range(4000)]
    assert 0.08 < np.mean([is_held_out(text, 0.1) for text in texts]) < 0.12
    assert is_held_out("text 7", 0.1) == is_held_out("text 7", 0.1)
    assert not any(is_held_out(text, 0.0) for text in texts)


def test_held_out_files_take_the_place_of_a_share(tmp_path):
    tokenizer = load_tokenizer(TOKENIZER)
    for name, text in (("train.txt", "red car\nblue house\n"), ("test.txt", "dog\n")):
        (tmp_path / name).write_text(text)
    settings = default_settings(
        "pretrain_lm.text",
        train_files=(str(tmp_path / "train.txt"),),
        held_out_files=(str(tmp_path / "test.txt"),),
        held_out_share=1.0,
    )
    write_tokens(settings, tokenizer, tmp_path / "tokens")
    held_out = np.fromfile(tmp_path / "tokens/held_out.bin", np.uint32)
    assert held_out.tolist() == tokens_of("dog", tokenizer)
    written = (tmp_path / "tokens/train.bin").stat().st_mtime_ns
    write_tokens(settings, tokenizer, tmp_path / "tokens")  # nothing is written twice
    assert (tmp_path / "tokens/train.bin").stat().st_mtime_ns == written


def test_of_a_conversation_only_the_answers_are_learned(tmp_path):
    tokenizer = load_tokenizer(TOKENIZER)
    file = tmp_path / "talk.jsonl"
    talk = "<s>Human: red dog</s><s>Assistant: blue car</s>"
    file.write_text(json.dumps({"text": talk}) + "\n" + json.dumps({"text": "grass"}) + "\n")
    settings = default_settings(
        "pretrain_lm.text", train_files=(str(file),), held_out_share=0.0, answers_only=True
    )
    write_tokens(settings, tokenizer, tmp_path / "tokens")
    whole = (tmp_path / "tokens/train.bin").stat().st_size // 4
    (block,) = Blocks(tmp_path / "tokens/train.bin", whole, answers_only=True)
    expected = []
    for part in ("Human: red dog", "Assistant: blue car", "grass"):
        expected += tokens_of(part, tokenizer)
    assert block["input_ids"].tolist() == expected
    answer = tokenizer.encode("Assistant: blue car", add_special_tokens=False)
    role = tokenizer.encode("Assistant:", add_special_tokens=False)
    assert answer[: len(role)] == role
    learned = [*answer[len(role) :], tokenizer.eos_token_id, *tokens_of("grass", tokenizer)]
    assert block["labels"][block["labels"] >= 0].tolist() == learned


def test_blocks_without_an_answer_are_left_out_and_the_first_ones_are_measured(tmp_path):
    tokens = np.arange(12, dtype=np.uint32)
    # of the second block only the first token, which nothing predicts, is to be learned
    tokens[[4, 5]] |= UNLEARNED
    tokens.tofile(tmp_path / "some.bin")
    blocks = Blocks(tmp_path / "some.bin", 3, answers_only=True)
    assert [int(block["block"]) for block in blocks] == [0, 2, 3]
    assert blocks[0]["labels"].tolist() == [0, 1, 2]
    two = Blocks(tmp_path / "some.bin", 3, answers_only=True, most=2)
    assert [int(block["block"]) for block in two] == [0, 2]
    assert len(Blocks(tmp_path / "some.bin", 3, most=3)) == 3


def test_fewer_tokens_than_a_block_are_no_block(tmp_path):
    (tmp_path / "few.bin").write_bytes(np.arange(3, dtype=np.uint32).tobytes())
    blocks = Blocks(tmp_path / "few.bin", 5)
    assert (len(blocks), blocks.tokens) == (0, 3)


def test_a_tokenizer_without_an_end_is_refused(tmp_path):
    tokenizer = load_tokenizer(TOKENIZER)
    tokenizer.eos_token = None
    with pytest.raises(UserError, match="no bos or no eos"):
        write_tokens(default_settings("pretrain_lm.text"), tokenizer, tmp_path)
