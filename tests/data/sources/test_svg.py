from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from bettersynth.data.pictures.decoding import BadImage
from bettersynth.data.sources.svg import render_svg, without_outside_links

NAME_SPACE = 'xmlns="http://www.w3.org/2000/svg"'


def svg(attributes: str, content: str) -> bytes:
    return (
        f"<?xml version='1.0'?><!DOCTYPE svg PUBLIC 'x' 'y'><svg {NAME_SPACE} "
        f"{attributes}>{content}</svg>"
    ).encode()


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


RED = 'fill="red"'
SQUARE = f'<rect width="20" height="20" {RED}/>'


@pytest.mark.parametrize("target", ["{}", "file://{}", "&#47;{}", "&outside;"])
@pytest.mark.parametrize("attribute", ["href", "xlink:href", "x:href"])
def test_no_file_of_this_machine_is_drawn(tmp_path, target, attribute):
    Image.new("RGB", (20, 20), "blue").save(tmp_path / "own.png")
    link = target.format(tmp_path / "own.png")
    head = f'<!DOCTYPE svg [<!ENTITY outside "{tmp_path}/own.png">]>'
    spaces = " ".join(f'xmlns:{name}="http://www.w3.org/1999/xlink"' for name in ("x", "xlink"))
    image = f"<image {attribute}='{link}' width='20' height='20'/>"
    drawing = f'{head}<svg {NAME_SPACE} {spaces} viewBox="0 0 20 20">{SQUARE}{image}</svg>'
    assert render_svg(drawing.encode(), 32).getpixel((16, 16)) == (255, 0, 0)


def test_links_within_the_drawing_stay():
    kept = "<use xlink:href='#a'/><image href=\"data:image/png;base64,AAAA\"/>"
    assert without_outside_links(kept) == kept
    untyped = "<image xlink:href='data:;base64,iVBORw0KGgo='/>"
    assert without_outside_links(untyped) == untyped
    drawing = "<image href='data:;base64,PHN2Zz4='/>"  # a drawing, which may have links of its own
    assert without_outside_links(drawing) == "<image/>"
    assert without_outside_links("<a\n href = 'http://x'>") == "<a\n>"


@pytest.mark.parametrize("size", ["1.2.3", "1e999", "nan", "-5", "0", "100%", ""])
def test_a_size_that_is_no_number_is_no_size(size):
    with pytest.raises(BadImage, match="without a size"):
        render_svg(svg(f'width="{size}" height="{size}"', SQUARE), 32)


@pytest.mark.parametrize("box", ["0 0 nan 5", "0 0 inf inf", "nan 0 5 5", "0 0 -1 5", "a b c d"])
def test_a_view_box_that_is_no_box_is_passed_over(box):
    drawn = render_svg(svg(f'width="20" height="20" viewBox="{box}"', SQUARE), 32)
    assert drawn.getpixel((16, 16)) == (255, 0, 0)


def test_a_drawing_that_would_bring_the_renderer_down_is_refused():
    deep = "<g>" * 5_000 + SQUARE + "</g>" * 5_000
    with pytest.raises(BadImage, match="5001 elements in one another, limit 300"):
        render_svg(svg('viewBox="0 0 20 20"', deep), 32)
    with pytest.raises(BadImage, match="drawing too large: 200002 elements"):
        render_svg(svg('viewBox="0 0 20 20"', "<g/>" * 200_001), 32)


def test_a_mark_in_an_attribute_opens_no_element():
    marked = f'<g id="a > b / c">{SQUARE}</g>' * 400
    assert render_svg(svg('viewBox="0 0 20 20"', marked), 32).size == (32, 32)
