"""Drawn pictures: a coloured shape at a random place, or a word."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

COLORS = {
    "red": "#d02020",
    "green": "#20a020",
    "blue": "#2040d0",
    "yellow": "#e0d020",
    "black": "#101010",
    "pink": "#f080b0",
}
SHAPES = ("circle", "square", "triangle", "cross")
# pixels; the challenge's seed pictures have 336
SHORT_SIDE = 64
SHAPE_SIDE = 36
# a shape begins at least so far from the right and lower edge
MARGIN = SHAPE_SIDE + 4
BACKGROUND = "#f4f4f4"


def draw(
    shape: str, color: str, rng: np.random.Generator, width: int = SHORT_SIDE, text: str = ""
) -> bytes:
    """Return a JPEG of a coloured shape at a random place, or of a word."""
    image = Image.new("RGB", (width, SHORT_SIDE), BACKGROUND)
    pen = ImageDraw.Draw(image)
    x = int(rng.integers(0, width - MARGIN))
    y = int(rng.integers(0, SHORT_SIDE - MARGIN))
    if text:
        pen.text((8, 24), text, fill=COLORS[color])
    else:
        _draw_shape(pen, shape, x, y, COLORS[color])
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def _draw_shape(pen: ImageDraw.ImageDraw, shape: str, x: int, y: int, fill: str) -> None:
    right = x + SHAPE_SIDE
    bottom = y + SHAPE_SIDE
    if shape == "circle":
        pen.ellipse((x, y, right, bottom), fill=fill)
    elif shape == "square":
        pen.rectangle((x, y, right, bottom), fill=fill)
    elif shape == "triangle":
        pen.polygon([(x, bottom), (right, bottom), (x + SHAPE_SIDE // 2, y)], fill=fill)
    else:
        pen.line([(x, y), (right, bottom)], fill=fill, width=8)
        pen.line([(x, bottom), (right, y)], fill=fill, width=8)
