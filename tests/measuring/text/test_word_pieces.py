"""Pieces of a SentencePiece model, and what is said without one."""

from __future__ import annotations

import pytest

from bettersynth.errors import UserError
from bettersynth.measuring.text.word_pieces import split_pieces


def test_a_text_is_split_into_the_pieces_of_a_model(tmp_path):
    import sentencepiece

    (tmp_path / "text.txt").write_text("a dog runs\nthe dog sleeps\na cat\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text.txt"),
        model_prefix=str(tmp_path / "tiny"),
        vocab_size=25,
        minloglevel=2,
        hard_vocab_limit=False,
    )
    pieces = split_pieces(str(tmp_path / "tiny.model"))("a dog")
    assert "".join(pieces) == "▁a▁dog"


def test_a_model_must_be_named_and_exist():
    with pytest.raises(UserError, match="needs the file of a SentencePiece model"):
        split_pieces("")
    with pytest.raises(UserError, match="the SentencePiece model /nowhere does not exist"):
        split_pieces("/nowhere")
    with pytest.raises(UserError, match="test_word_pieces.py is no SentencePiece model"):
        split_pieces(__file__)
