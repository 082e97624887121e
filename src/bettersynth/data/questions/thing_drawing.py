"""Drawing boards that show one thing, and beside it three signs with names.

About twice as large as the sign boards: a thing has to be told from others, and three names read.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from bettersynth.data.pictures.decoding import decode_image
from bettersynth.data.questions.board_drawing import (
    JPEG_QUALITY,
    SCALE,
    Board,
    paste_sign,
    photograph,
    wall,
)

MIN_WIDTH, MAX_WIDTH = 288, 352  # pixels
# the height, as a share of the width
HEIGHTS = (0.95, 1.05)
# the longer side of the thing, as a share of the board's shorter side
THING_SIDES = (0.76, 0.82)
NAMES = 3


def draw_thing_board(
    picture: bytes, words: Sequence[str], colors: Sequence[str], rng: np.random.Generator
) -> Board:
    """Draw the encoded `picture` of a thing and three signs with `words` of `colors` on one wall.

    The thing reaches to the top or to the bottom. In the strip that is left the signs hang in two
    lines, in the order of `words`. The board is 288 to 352 pixels wide and nearly as high. Sizes,
    places and what `draw_board` draws of signs and wall are drawn from `rng`; all words are in
    capitals.

    Raises:
        ValueError: not three words and three colours.
        BadImage: the bytes are no picture.
    """
    if len(words) != NAMES or len(colors) != NAMES:
        raise ValueError(
            f"{len(words)} words and {len(colors)} colours; a board with a thing has {NAMES} of "
            "both"
        )
    width = int(rng.integers(MIN_WIDTH, MAX_WIDTH + 1))
    height = int(width * rng.uniform(*HEIGHTS))
    board = wall(width, height, rng)
    thing = _resized(decode_image(picture), int(min(width, height) * rng.uniform(*THING_SIDES)))
    is_at_top = bool(rng.random() < 0.5)
    left = int(rng.integers(0, width - thing.width + 1))
    board.paste(thing, (left, 0 if is_at_top else height - thing.height))
    board = board.resize((width * SCALE, height * SCALE))
    # half a percent of the height is left beside the thing and at the edge
    strip = (0.005, 1 - thing.height / height - 0.005)
    if is_at_top:
        strip = (thing.height / height + 0.005, 0.995)
    texts = tuple(word.upper() for word in words)
    _hang_signs(board, texts, colors, strip, rng)
    board = photograph(board.resize((width, height), Image.Resampling.LANCZOS), rng)
    stream = io.BytesIO()
    board.save(stream, "JPEG", quality=JPEG_QUALITY)
    return Board(stream.getvalue(), width, height, tuple(words), tuple(colors), texts)


def _resized(picture: Image.Image, side: int) -> Image.Image:
    """Return the picture with its longer side of `side` pixels."""
    scale = side / max(picture.size)
    size = (max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _hang_signs(
    board: Image.Image,
    texts: Sequence[str],
    colors: Sequence[str],
    strip: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Hang two signs beside each other, and one above or below them, between the heights `strip`.

    `board` is enlarged; the heights are shares of its own.
    """
    above = 2 if rng.random() < 0.5 else 1
    lines = (range(above), range(above, NAMES))
    edges = np.linspace(*strip, len(lines) + 1) * board.height
    for places, top, bottom in zip(lines, edges[:-1], edges[1:], strict=True):
        sides = np.linspace(0, board.width, len(places) + 1)
        for place, left, right in zip(places, sides[:-1], sides[1:], strict=True):
            # each sign has a field of its own, so that two names are never one to a reader
            field = board.crop((int(left), int(top), int(right), int(bottom)))
            paste_sign(field, texts[place], colors[place], 0, bottom - top, rng)
            board.paste(field, (int(left), int(top)))
