"""Words that can be read and copied, parted between benchmark and instruction data."""

from bettersynth.data.questions.prompts import SIGN_COLORS
from bettersynth.data.questions.sign_words import (
    benchmark_words,
    instruction_words,
    sign_words,
)


def test_words_are_parted_between_benchmark_and_instruction():
    assert set(benchmark_words()) | set(instruction_words()) == set(sign_words())
    assert not set(benchmark_words()) & set(instruction_words())
    assert len(benchmark_words()) > 100
    assert len(instruction_words()) > 200


def test_words_are_plain_and_none_is_a_colour_or_a_place():
    assert list(sign_words()) == sorted(set(sign_words()))
    assert all(
        word.isascii() and word.isalpha() and word.islower() and 3 <= len(word) <= 9
        for word in sign_words()
    )
    assert not set(sign_words()) & {*SIGN_COLORS, "top", "bottom", "sign", "the"}
