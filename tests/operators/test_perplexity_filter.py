"""perplexity_filter: an n-gram model over SentencePiece pieces, both made here."""

from __future__ import annotations

import pytest
from support.one_operator import kept, measured, text_batch
from support.tiny_arpa import ARPA

from bettersynth.errors import UserError


def test_it_needs_its_two_models(tmp_path):
    with pytest.raises(UserError, match="perplexity_filter needs tokenizer"):
        kept("perplexity_filter", "a dog")
    with pytest.raises(UserError, match="the SentencePiece model /nowhere does not exist"):
        kept("perplexity_filter", "a dog", tokenizer="/nowhere", kenlm_model="/nowhere")


def test_the_perplexity_of_pieces_and_of_nothing(tmp_path):
    import sentencepiece

    (tmp_path / "text.txt").write_text("a dog runs\nthe dog sleeps\na cat\n" * 20)
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "text.txt"),
        model_prefix=str(tmp_path / "tiny"),
        vocab_size=25,
        minloglevel=2,
        hard_vocab_limit=False,
    )
    (tmp_path / "tiny.arpa").write_text(ARPA)
    model = str(tmp_path / "tiny.model")
    values, _ = measured(
        "perplexity_filter",
        text_batch("dog", ""),
        tokenizer=model,
        kenlm_model=str(tmp_path / "tiny.arpa"),
    )
    processor = sentencepiece.SentencePieceProcessor(model_file=model)
    pieces = len(processor.encode("dog", out_type=str))
    # each piece is an unknown word after a back-off; -0.5 stands for the beginning
    total = -0.5 - 1.0 * pieces - 0.7
    assert values["perplexity"] == [round(10 ** (-total / (pieces + 1)), 1), 0.0]


def test_no_texts_need_no_model():
    assert measured("perplexity_filter", text_batch()) == ({"perplexity": []}, [])
