"""Tokens counted by a tokenizer of transformers."""

from __future__ import annotations

import pytest
from support.parity import FOLDER

from bettersynth.errors import UserError
from bettersynth.measuring.text.tokenizers import load_tokenizer, token_counts


def test_special_tokens_do_not_count():
    tokenizer = load_tokenizer(str(FOLDER / "clip_tiny"))
    with_marks = len(tokenizer("a dog")["input_ids"])
    assert token_counts(tokenizer, ["a dog", ""]) == [with_marks - 2, 0]


def test_no_texts_need_no_tokenizer():
    assert token_counts(None, []) == []


def test_a_missing_tokenizer_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot load the tokenizer .*nothing"):
        load_tokenizer(str(tmp_path / "nothing"))
