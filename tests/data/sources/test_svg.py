from __future__ import annotations

import numpy as np
import pytest

from bettersynth.data.pictures.decoding import BadImage
from bettersynth.data.sources.svg import render_svg

NAME_SPACE = 'xmlns="http://www.w3.org/2000/svg"'


def svg(attributes: str, content: str) -> bytes:
    return f"<?xml version='1.0'?><!DOCTYPE svg PUBLIC 'x' 'y'><svg {NAME_SPACE} {attributes}>{content}</svg>".encode()


def test_a_drawing_stands_on_white_with_its_longest_side_as_asked():
    image = render_svg(
        svg('viewBox="0 0 20 10"', '<rect x="1" y="1" width="18" height="8" fill="red"/>'), 80
    )
    assert image.size == (80, 40)
    assert image.mode == "RGB"
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert image.getpixel((40, 20)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("unit", "pixels"), [("pt", 1.25), ("mm", 90 / 25.4), ("in", 90.0), ("px", 1.0)]
)
def test_a_size_in_old_units_is_read_at_ninety_dots_an_inch(unit, pixels):
    side = 40 * pixels
    drawn = render_svg(
        svg(
            f'width="40{unit}" height="40{unit}"',
            f'<rect width="{side}" height="{side / 2}" fill="blue"/>',
        ),
        100,
    )
    assert np.array_equal(np.asarray(drawn)[:45], np.broadcast_to([0, 0, 255], (45, 100, 3)))
    assert drawn.getpixel((50, 90)) == (255, 255, 255)


def test_a_small_drawing_on_a_large_sheet_is_cropped():
    image = render_svg(
        svg('width="210mm" height="297mm"', '<circle cx="200" cy="300" r="40" fill="green"/>'), 100
    )
    assert abs(image.width - image.height) <= 12
    assert (np.asarray(image)[50, 50] == [0, 128, 0]).all()


def test_text_is_left_out_since_fonts_differ_between_machines():
    with pytest.raises(BadImage, match="empty drawing"):
        render_svg(svg('viewBox="0 0 90 90"', '<text x="5" y="50" font-size="40">word</text>'), 64)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"plain text", "no svg element"),
        (svg('width="100%"', "<rect/>"), "without a size"),
        (svg('viewBox="0 0 9 9"', ""), "empty drawing"),
        (svg('viewBox="0 0 9 9"', "<rect"), "not readable"),
    ],
)
def test_what_is_no_drawing_is_refused_with_a_reason(data, reason):
    with pytest.raises(BadImage, match=reason):
        render_svg(data, 64)
