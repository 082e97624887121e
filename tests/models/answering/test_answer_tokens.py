"""Where a prompt ends and its answer begins."""

from __future__ import annotations

import pytest
from support.small_training import TOKENIZER

from bettersynth.models.answering.answer_tokens import Answer, split_answer
from bettersynth.models.architecture.encoding import PieceTokens
from bettersynth.models.architecture.tokenizers import load_tokenizer


@pytest.fixture(scope="module")
def pieces():
    return PieceTokens(load_tokenizer(TOKENIZER))


def test_prompt_and_answer_are_cut_out_of_the_tokens_of_the_whole(pieces):
    prompt, ids = split_answer(Answer("What is it?", None, "red"), "gemma", pieces)
    whole = pieces.with_images(
        "<start_of_turn>user\nWhat is it?<end_of_turn>\n<start_of_turn>model\nred<end_of_turn>"
    )
    assert [*prompt.ids, *ids] == whole


def test_a_plain_caption_stands_behind_its_picture_or_alone(pieces):
    shown, ids = split_answer(Answer("", 3, "red"), "plain", pieces)
    assert shown.ids == [pieces.bos, -200]
    assert shown.picture == 3
    alone, same_ids = split_answer(Answer("", None, "red"), "plain", pieces)
    assert alone.ids == [pieces.bos]
    assert alone.picture is None
    assert ids == same_ids
