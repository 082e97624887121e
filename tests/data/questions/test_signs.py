"""Sign boards: what is drawn, what is asked, and that a real OCR engine reads it."""

from __future__ import annotations

import colorsys
import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from bettersynth.data.questions.ocr import Line, read_all_tokens, reading_order
from bettersynth.data.questions.prompts import SIGN_COLORS
from bettersynth.data.questions.signs import (
    MAX_SIDE,
    MIN_SIDE,
    benchmark_words,
    board_questions,
    color_of,
    draw_board,
    instruction_words,
    share_out,
    sign_words,
)
from bettersynth.errors import UserError

SHARES = {"only": 1.0, "top": 1.0, "bottom": 1.0, "color": 1.0}


def boards(count, seed=0, shares=SHARES):
    return list(
        board_questions(count, benchmark_words(), shares, np.random.default_rng(seed), "here")
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


def test_the_same_seed_draws_the_same_bytes_and_another_seed_others():
    first, again, other = (boards(4, seed) for seed in (3, 3, 4))
    assert first == again
    assert [item.board.jpeg for item in first] != [item.board.jpeg for item in other]


def test_a_board_is_a_small_rgb_picture_of_the_size_it_says():
    for item in boards(8):
        picture = Image.open(io.BytesIO(item.board.jpeg))
        assert picture.mode == "RGB"
        assert picture.size == (item.board.width, item.board.height)
        assert all(MIN_SIDE <= side <= MAX_SIDE for side in picture.size)


def test_the_answer_is_the_word_that_the_question_asks_for():
    for item in boards(24):
        words, colors = item.board.words, item.board.colors
        assert len(set(words)) == len(words)
        assert len(set(colors)) == len(colors)
        if item.kind == "only":
            assert words == (item.answer,)
        else:
            assert len(words) in (2, 3)
        if item.kind in ("top", "bottom"):
            assert item.answer == words[0 if item.kind == "top" else -1]
            assert f"the {item.kind} sign" in item.question
        if item.kind == "color":
            asked = words.index(item.answer)
            assert f"the {colors[asked]} sign" in item.question


def test_kinds_come_in_their_shares_and_words_equally_often():
    items = boards(20, shares={"only": 0.5, "top": 0.25, "color": 0.25})
    assert Counter(item.kind for item in items) == {"only": 10, "top": 5, "color": 5}


def test_words_are_drawn_equally_often():
    words = benchmark_words()[:12]
    items = board_questions(30, words, SHARES, np.random.default_rng(0), "here")
    drawn = Counter(word for item in items for word in item.board.words)
    assert max(drawn.values()) - min(drawn[word] for word in words) <= 1


def test_a_sign_has_the_colour_it_is_named_by():
    hues = {"red": 0, "orange": 28, "yellow": 53, "green": 133, "blue": 216, "purple": 281}
    rng = np.random.default_rng(0)
    for name in SIGN_COLORS:
        for _ in range(50):
            red, green, blue = color_of(name, rng)
            if name == "white":
                assert min(red, green, blue) > 230
            elif name == "black":
                assert max(red, green, blue) < 50
            else:
                hue = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)[0] * 360
                nearest = min(hues, key=lambda other: abs((hue - hues[other] + 180) % 360 - 180))
                assert nearest == name


def test_the_sign_fills_its_place_with_its_colour():
    board = draw_board(["bakery"], ["red"], np.random.default_rng(2))
    pixels = np.asarray(Image.open(io.BytesIO(board.jpeg)), int)
    red = (pixels[..., 0] > 120) & (pixels[..., 1] < 90) & (pixels[..., 2] < 90)
    assert 0.04 < red.mean() < 0.7


def test_the_ocr_engine_reads_most_boards_from_top_to_bottom_whatever_the_processes():
    items = boards(12, seed=8)
    pictures = [item.board.jpeg for item in items]
    read = read_all_tokens(pictures, 2, "test")
    right = [
        [token.lower() for token in tokens] == list(item.board.words)
        for item, tokens in zip(items, read, strict=True)
    ]
    assert sum(right) >= 11
    assert read_all_tokens(pictures[:3], 1, "test") == read[:3]


def test_lines_are_read_row_by_row():
    a, b = Line("second", 60, 2, 90, 12, 1), Line("first", 0, 4, 40, 14, 1)
    c = Line("last", 0, 30, 40, 40, 1)
    assert [line.text for line in reading_order([c, a, b])] == ["first", "second", "last"]


def test_shares_add_up_to_the_count():
    assert Counter(share_out({"a": 1, "b": 1, "c": 1}, 10, "here")) == {"a": 4, "b": 3, "c": 3}
    with pytest.raises(UserError, match="here must hold shares"):
        share_out({"a": -1, "b": 2}, 3, "here")


def test_an_unknown_kind_is_named_with_the_known_ones():
    with pytest.raises(
        UserError, match="here has no kind left; kinds are: only, top, bottom, color"
    ):
        boards(3, shares={"left": 1.0})


def test_a_board_holds_at_most_three_signs():
    with pytest.raises(ValueError, match="1 to 3"):
        draw_board(["a"] * 4, ["red"] * 4, np.random.default_rng(0))
