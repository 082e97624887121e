"""Captions to words and back."""

import pytest

from bettersynth.models.backbones.caption_words import text_of, vocabulary_of, words_of

CAPTIONS = ["a red apple", "A dog (with a hat).", "rescue worker’s helmet", "two dogs, one cat"]


@pytest.mark.parametrize("caption", CAPTIONS)
def test_a_caption_survives_being_taken_to_words_and_back(caption: str) -> None:
    assert text_of(words_of(caption)) == caption.lower()


def test_the_vocabulary_is_ordered_by_use_and_leaves_rare_words_out() -> None:
    assert vocabulary_of(["b a", "b"], 1) == ["<pad>", "<begin>", "<end>", "<unknown>", "b", "a"]
    assert vocabulary_of(["b a", "b"], 2)[4:] == ["b"]
