"""Drawing sign boards: one to three coloured signs with a word each, on a wall.

The only font is the one inside Pillow (Aileron), so that nothing of the system decides how a board
looks. Every number is drawn from one generator, so the order of the draws is part of the result.
"""

from __future__ import annotations

import colorsys
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

MIN_SIDE, MAX_SIDE = 128, 160  # pixels
# drawn this much larger, then reduced: smooth edges at any size
SCALE = 3
MAX_SIGNS = 3
JPEG_QUALITY = 92
# radius of the strongest blur
BLUR_PIXELS = 1.2
# standard deviation of the strongest grain, of 255
GRAIN = 16.0
# Hue, saturation and value in [0, 1], and how far each may stray; the ranges of two colours never
# meet, so that a question may name a colour.
COLOR_HSV = {
    "red": ((0.990, 0.88, 0.80), (0.012, 0.10, 0.10)),
    "orange": ((0.078, 0.92, 0.96), (0.010, 0.07, 0.04)),
    "yellow": ((0.148, 0.85, 0.97), (0.012, 0.10, 0.03)),
    "green": ((0.370, 0.75, 0.55), (0.035, 0.15, 0.10)),
    "blue": ((0.600, 0.82, 0.75), (0.025, 0.12, 0.12)),
    "purple": ((0.780, 0.65, 0.62), (0.025, 0.12, 0.10)),
    "white": ((0.120, 0.02, 0.98), (0.100, 0.02, 0.02)),
    "black": ((0.600, 0.10, 0.09), (0.300, 0.10, 0.05)),
}
LIGHT_INK = (255, 255, 250)
# these carry dark letters, the others light ones
DARK_TEXT = ("white", "yellow", "orange")


@dataclass(frozen=True)
class Board:
    """One drawn board.

    `words`, `colors` and `texts` (the words as drawn: upper, title or lower case) run from top to
    bottom, and from the left where signs hang beside each other.
    """

    jpeg: bytes
    width: int
    height: int
    words: tuple[str, ...]
    colors: tuple[str, ...]
    texts: tuple[str, ...]


def draw_board(words: Sequence[str], colors: Sequence[str], rng: np.random.Generator) -> Board:
    """Draw `words` from top to bottom on signs of `colors`, on a wall of its own.

    Both sides have 128 to 160 pixels. Place, size, tilt, case, weight, border, shadow and wall are
    drawn from `rng`.

    Raises:
        ValueError: not one to three words, or not as many colours.
    """
    if not 1 <= len(words) <= MAX_SIGNS or len(words) != len(colors):
        raise ValueError(
            f"{len(words)} words and {len(colors)} colours; a board has 1 to {MAX_SIGNS} of both"
        )
    width, height = (int(side) for side in rng.integers(MIN_SIDE, MAX_SIDE + 1, 2))
    picture = wall(width, height, rng)
    picture = picture.resize((width * SCALE, height * SCALE), Image.Resampling.BILINEAR)
    # half of the words in capitals, as on most signs
    case = ("upper", "title", "lower")[int(rng.choice(3, p=[0.5, 0.25, 0.25]))]
    texts = tuple(getattr(word, case)() for word in words)
    # Each sign has a slot of the height, with a margin of 4 % above the first and below the last.
    # signs of one board are not equally high
    weights = rng.uniform(1.0, 1.6, len(words))
    edges = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()]) * 0.92 + 0.04
    for text, color, top, bottom in zip(texts, colors, edges[:-1], edges[1:], strict=True):
        paste_sign(picture, text, color, top * height * SCALE, bottom * height * SCALE, rng)
    picture = photograph(picture.resize((width, height), Image.Resampling.LANCZOS), rng)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=JPEG_QUALITY)
    return Board(stream.getvalue(), width, height, tuple(words), tuple(colors), texts)


def color_of(name: str, rng: np.random.Generator) -> tuple[int, int, int]:
    """Return a shade (RGB, 0-255) of one of `SIGN_COLORS`."""
    centres, reaches = COLOR_HSV[name]
    drawn = []
    for centre, reach in zip(centres, reaches, strict=True):
        drawn.append(centre + reach * rng.uniform(-1, 1))
    hue, saturation, value = drawn
    saturation = min(max(saturation, 0.0), 1.0)
    value = min(max(value, 0.0), 1.0)
    # hue is a circle: red lies at both ends
    return _rgb(hue % 1.0, saturation, value)


def _rgb(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def paste_sign(
    picture: Image.Image, text: str, color: str, top: float, bottom: float, rng: np.random.Generator
) -> None:
    """Put one sign between the rows `top` and `bottom` of `picture` (all in enlarged pixels)."""
    slot = bottom - top
    sign = _sign(text, color, picture.width, slot, rng)
    if rng.random() < 0.5:
        # a tilt must not reach into the next sign
        room = max(0.0, slot - sign.height) / max(1, sign.width)
        limit = min(5.0, float(np.degrees(np.arctan(room))))
        sign = sign.rotate(rng.uniform(-limit, limit), Image.Resampling.BICUBIC, expand=True)
    left = int(rng.integers(0, max(1, picture.width - sign.width)))
    upper = int(top + rng.uniform(0, max(1.0, slot - sign.height)))
    if rng.random() < 0.5:
        shadow = Image.new("RGBA", sign.size, (0, 0, 0, 0))
        shadow.putalpha(sign.getchannel("A").point(lambda alpha: alpha * 2 // 5))
        offset = int(rng.integers(1, 3)) * SCALE
        picture.paste(shadow, (left + offset, upper + offset), shadow)
    picture.paste(sign, (left, upper), sign)


def _sign(
    text: str, color: str, board_width: int, slot: float, rng: np.random.Generator
) -> Image.Image:
    """Return one sign with its word as RGBA, at most `board_width` x `slot` enlarged pixels."""
    height = int(min(slot * rng.uniform(0.62, 0.88), 56 * SCALE))
    size = max(12 * SCALE, height * rng.uniform(0.55, 0.72))
    bold = int(rng.integers(0, 2)) * SCALE // 2
    limit = board_width * rng.uniform(0.84, 0.94)
    # smaller and smaller letters, until the word is not too wide
    while True:
        font = ImageFont.load_default(size)
        left, upper, right, lower = font.getbbox(text, stroke_width=bold)
        if right - left <= limit * 0.92 or size <= 8 * SCALE:
            break
        size *= 0.94
    width = int(min(limit, (right - left) * rng.uniform(1.12, 1.5) + 4 * SCALE))
    height = max(height, int((lower - upper) * 1.25))
    fill = color_of(color, rng)
    ink: tuple[int, ...] = LIGHT_INK
    if color in DARK_TEXT:
        ink = tuple(int(level) for level in rng.integers(5, 40, 3))
    sign = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(sign)
    radius = int(rng.choice([0, 0, height // 10, height // 5]))
    border = int(rng.choice([0, 1, 2])) * SCALE
    draw.rounded_rectangle(
        (0, 0, width - 1, height - 1),
        radius,
        fill=(*fill, 255),
        outline=(*ink, 255) if border else None,
        width=max(1, border),
    )
    # the box of a text begins at its bearings, not at 0
    at = ((width - right + left) / 2 - left, (height - lower + upper) / 2 - upper)
    draw.text(at, text, font=font, fill=(*ink, 255), stroke_width=bold, stroke_fill=(*ink, 255))
    return sign


def wall(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """Return a background of muted colour.

    It is neither as light as a white sign nor as dark as a black one.
    """
    hue = rng.uniform(0, 1)
    saturation = rng.uniform(0.0, 0.28)
    value = rng.uniform(0.38, 0.78)
    base = np.array(_rgb(hue, saturation, value), np.float32)
    light = _light_on_wall(width, height, rng)[..., None]  # [height, width, 1]
    texture = rng.normal(0, rng.uniform(1.0, 7.0), (height, width, 1))
    pixels = np.clip(base * light + texture, 0, 255)  # [height, width, 3]
    return Image.fromarray(pixels.astype(np.uint8), "RGB")


def _light_on_wall(width: int, height: int, rng: np.random.Generator) -> np.ndarray:
    """Return how bright each pixel of a wall is, about 1: float32 `[height, width]`."""
    rows, columns = np.mgrid[0:height, 0:width]
    light = np.ones((height, width), np.float32)
    kind = int(rng.integers(0, 5))
    # light falling from one side
    if kind == 1:
        angle = rng.uniform(0, 2 * np.pi)
        across = np.cos(angle) * (columns / width - 0.5)
        down = np.sin(angle) * (rows / height - 0.5)
        light += 0.22 * (across + down)
    elif kind == 2:
        # bricks, each a little lighter or darker
        tall = int(rng.integers(7, 14))
        row = rows // tall
        shifted = columns + (row % 2) * tall
        light -= 0.16 * ((rows % tall == 0) | (shifted % (2 * tall) == 0))
        shades = rng.uniform(-0.05, 0.05, (height // tall + 1, width // (2 * tall) + 2))
        light += shades[row, shifted // (2 * tall)]
    elif kind == 3:
        # planks
        wide = int(rng.integers(14, 30))
        light -= 0.16 * (columns % wide == 0)
        light += rng.uniform(-0.07, 0.07, width // wide + 1)[columns // wide]
    elif kind == 4:
        # horizon: two tones
        light[int(height * rng.uniform(0.55, 0.85)) :] *= rng.uniform(0.70, 0.85)
    return light


def photograph(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return the picture as a camera might: each in its own light.

    Four in ten are a little out of focus, four in ten have grain.
    """
    if rng.random() < 0.4:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, BLUR_PIXELS)))
    pixels = np.asarray(picture, np.float64) * rng.uniform(0.82, 1.04)
    if rng.random() < 0.4:
        pixels += rng.normal(0, rng.uniform(3.0, GRAIN), pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")
