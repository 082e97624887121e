"""A board shows its thing large, and three names in capitals in the strip beside it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from bettersynth.data.questions.ocr import read_tokens
from bettersynth.data.questions.thing_drawing import MAX_WIDTH, MIN_WIDTH, draw_thing_board

WORDS = ("tiger", "broom", "garlic")
COLORS = ("white", "blue", "yellow")


def thing(size=(60, 60)):
    stream = io.BytesIO()
    Image.new("RGB", size, (255, 0, 255)).save(stream, "PNG")
    return stream.getvalue()


def drawn(seed, size=(60, 60)):
    return draw_thing_board(thing(size), WORDS, COLORS, np.random.default_rng(seed))


def test_the_same_generator_draws_the_same_bytes_and_another_others():
    assert drawn(1) == drawn(1)
    assert drawn(1).jpeg != drawn(2).jpeg


def test_the_thing_reaches_to_the_top_or_the_bottom_and_fills_most_of_the_board():
    edges = set()
    for seed in range(8):
        board = drawn(seed)
        picture = Image.open(io.BytesIO(board.jpeg))
        assert picture.size == (board.width, board.height)
        assert MIN_WIDTH <= board.width <= MAX_WIDTH
        pixels = np.asarray(picture, float)
        # magenta: much more red than green, and as much blue
        is_thing = (pixels[..., 0] - pixels[..., 1] > 120) & (pixels[..., 2] > 120)
        rows = np.flatnonzero(is_thing.mean(axis=1) > 0.5)
        share = len(rows) / min(board.width, board.height)
        assert 0.74 < share < 0.84
        edges.add("top" if rows[0] < 3 else "bottom")
        assert rows[0] < 3 or rows[-1] > board.height - 4
    assert edges == {"top", "bottom"}


def test_an_engine_reads_the_three_names_of_most_boards():
    boards = [drawn(seed, (60, 40)) for seed in range(4)]
    assert all(board.texts == ("TIGER", "BROOM", "GARLIC") for board in boards)
    read = [sorted(token.lower() for token in read_tokens(board.jpeg)) for board in boards]
    assert sum(tokens == sorted(WORDS) for tokens in read) >= 3


def test_other_numbers_of_words_are_refused():
    with pytest.raises(ValueError, match="2 words and 3 colours"):
        draw_thing_board(thing(), WORDS[:2], COLORS, np.random.default_rng(0))
