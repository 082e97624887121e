"""What is drawn: small pictures whose signs have the colours they are named by."""

from __future__ import annotations

import colorsys
import io

import numpy as np
import pytest
from PIL import Image

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.questions.board_drawing import MAX_SIDE, MIN_SIDE, color_of, draw_board
from bettersynth.data.questions.prompts import SIGN_COLORS

WORDS, COLORS = ["bakery", "exit", "tea"], ["red", "white", "blue"]


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


def test_a_board_holds_at_most_three_signs():
    with pytest.raises(ValueError, match="1 to 3"):
        draw_board(["a"] * 4, ["red"] * 4, np.random.default_rng(0))


def test_a_board_is_a_small_rgb_picture_of_the_size_it_says():
    for seed in range(8):
        signs = 1 + seed % 3
        board = draw_board(WORDS[:signs], COLORS[:signs], np.random.default_rng(seed))
        picture = Image.open(io.BytesIO(board.jpeg))
        assert picture.mode == "RGB"
        assert picture.size == (board.width, board.height)
        assert all(MIN_SIDE <= side <= MAX_SIDE for side in picture.size)


def test_a_board_says_what_it_carries_and_how_it_is_written():
    board = draw_board(WORDS, COLORS, np.random.default_rng(0))
    assert (board.words, board.colors) == (tuple(WORDS), tuple(COLORS))
    assert tuple(text.lower() for text in board.texts) == board.words


def test_boards_of_every_wall_stay_what_they_were():
    boards = [
        draw_board(WORDS[: 1 + seed % 3], COLORS[: 1 + seed % 3], np.random.default_rng(seed))
        for seed in range(24)
    ]
    digest = sha256_of_bytes(b"".join(board.jpeg for board in boards))
    assert digest == "34cdcab641c81291543e9a376c393b546d43eadbec3ce4c8e343764c616d480f"
