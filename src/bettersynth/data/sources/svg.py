"""Rendering drawings: any SVG becomes an RGB picture on white that its drawing fills."""

from __future__ import annotations

import io
import math
import re
from typing import NamedTuple

import resvg_py
from PIL import Image

from bettersynth.data.pictures.decoding import BadImage

# Pixels of a unit. Sodipodi and early Inkscape drew at 90 dots an inch; with today's 96, drawings
# sized in pt or mm leave their canvas.
PIXELS = {"": 1.0, "px": 1.0, "pt": 1.25, "pc": 15.0, "mm": 90 / 25.4, "cm": 90 / 2.54, "in": 90.0}
ROOT = re.compile(r"<(?:\w+:)?svg\b[^>]*>", re.DOTALL)
LENGTH = re.compile(r"\s*([0-9.]+(?:e[+-]?\d+)?)\s*(px|pt|pc|mm|cm|in)?\s*$")
# Attributes of the root that are written anew
SIZES = re.compile(r"\s(?:width|height|viewBox|preserveAspectRatio)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
# a drawing that fills less of its canvas is rendered again, larger
FILLED = 0.8
# The renderer goes down into the drawing by recursion: its stack ends at some thousand levels
MAX_DEPTH = 300
MAX_ELEMENTS = 200_000
# Possessive, and no attribute goes past a "<": linear time whatever the text
TAG = re.compile(r"""<(/?)[A-Za-z_](?:[^<>"'/]|/(?!>)|"[^"<]*"|'[^'<]*')*+(/?)>""")
# Any prefix: a drawing chooses that of its links itself
LINK = re.compile(r"\s(?:[\w.-]+:)?href\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
# Old drawings name no type for a picture within them: it is told by how its bytes begin
OWN_LINK = re.compile(
    r"\s*(?:#|data:image/(?:png|jpe?g|gif|webp)[;,]|data:;base64,\s*(?:iVBOR|/9j/|R0lGOD|UklGR))"
)


class Box(NamedTuple):
    """A part of a drawing, in its own units."""

    left: float
    top: float
    width: float
    height: float


def render_svg(data: bytes, longest_side: int) -> Image.Image:
    """Return the drawing as an RGB picture on white, cropped to what is drawn.

    Its longest side has `longest_side` pixels. Text in the drawing is left out: which fonts there
    are would differ from machine to machine.

    Raises:
        BadImage: not an SVG, without a size, or empty.
    """
    text = without_outside_links(data.decode("utf-8", "replace"))
    _check_structure(text)
    root = ROOT.search(text)
    if not root:
        raise BadImage("drawing not readable: no svg element")
    box = _view_box(root.group())
    image = _render(text, root, box, longest_side)
    # pixels: left, top, right, bottom
    drawn = image.getchannel("A").getbbox()
    if drawn is None:
        raise BadImage("empty drawing")
    if max(drawn[2] - drawn[0], drawn[3] - drawn[1]) < FILLED * longest_side:
        part = _part(box, drawn, image.size, longest_side)
        image = _render(text, root, part, longest_side)
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")


def without_outside_links(text: str) -> str:
    """Return a drawing without links to anything but its own parts and pictures within it.

    An `<image href="/etc/...">` would draw files of this machine into a picture of the pool.
    """

    def kept(link: re.Match[str]) -> str:
        target = link.group(1) if link.group(1) is not None else link.group(2)
        return link.group() if OWN_LINK.match(target) else ""

    return LINK.sub(kept, text)


def _check_structure(text: str) -> None:
    """Refuse what would bring the renderer's process down.

    Raises:
        BadImage: too many elements, or too many within one another.
    """
    depth = deepest = elements = 0
    for tag in TAG.finditer(text):
        closes, empty = tag.groups()
        if closes:
            depth -= 1
            continue
        elements += 1
        if not empty:
            depth += 1
            deepest = max(deepest, depth)
    if deepest > MAX_DEPTH:
        raise BadImage(f"drawing too deep: {deepest} elements in one another, limit {MAX_DEPTH}")
    if elements > MAX_ELEMENTS:
        raise BadImage(f"drawing too large: {elements} elements, limit {MAX_ELEMENTS}")


def _view_box(root: str) -> Box:
    """Return what the root element shows: its view box, else its size."""
    numbers = re.split(r"[\s,]+", (_attribute(root, "viewBox") or "").strip())
    if len(numbers) == 4:
        try:
            box = Box(*(float(number.removesuffix("px")) for number in numbers))
        except ValueError:
            # no numbers: the size may serve
            pass
        else:
            if box.width > 0 and box.height > 0 and all(map(math.isfinite, box)):
                return box
    width = _length(_attribute(root, "width"))
    height = _length(_attribute(root, "height"))
    if not width or not height:
        raise BadImage("drawing without a size")
    return Box(0.0, 0.0, width, height)


def _attribute(root: str, name: str) -> str | None:
    match = re.search(rf"\s{name}\s*=\s*(\"[^\"]*\"|'[^']*')", root)
    return match.group(1)[1:-1] if match else None


def _length(value: str | None) -> float | None:
    """Return a length in pixels, None for percentages and anything else without a size."""
    match = LENGTH.match(value or "")
    if not match:
        return None
    try:
        pixels = float(match.group(1)) * PIXELS[match.group(2) or ""]
    except ValueError:
        # such as 1.2.3
        return None
    return pixels if 0 < pixels < math.inf else None


def _part(
    box: Box, drawn: tuple[int, int, int, int], size: tuple[int, int], longest_side: int
) -> Box:
    """Return what is drawn of `box`, with a pixel around it that smooth edges may need."""
    unit = max(box.width, box.height) / longest_side
    left = max(0, drawn[0] - 1)
    top = max(0, drawn[1] - 1)
    right = min(size[0], drawn[2] + 1)
    bottom = min(size[1], drawn[3] + 1)
    return Box(
        box.left + left * unit,
        box.top + top * unit,
        (right - left) * unit,
        (bottom - top) * unit,
    )


def _render(text: str, root: re.Match[str], box: Box, longest_side: int) -> Image.Image:
    """Return the part `box` of the drawing as RGBA, its longest side `longest_side` pixels."""
    scale = longest_side / max(box.width, box.height)
    width = max(1, round(box.width * scale))
    height = max(1, round(box.height * scale))
    tag = SIZES.sub("", root.group())
    end = -2 if tag.endswith("/>") else -1
    # six digits: more than a pixel of any picture needs
    shown = f"{box.left:.6g} {box.top:.6g} {box.width:.6g} {box.height:.6g}"
    tag = f'{tag[:end]} width="{width}" height="{height}" viewBox="{shown}"{tag[end:]}'
    drawing = text[: root.start()] + tag + text[root.end() :]
    try:
        data = resvg_py.svg_to_bytes(svg_string=drawing, skip_system_fonts=True)
    except BaseException as error:
        # The renderer's own panics are no Exception, and their class cannot be imported
        if not (isinstance(error, ValueError) or type(error).__name__ == "PanicException"):
            raise
        raise BadImage(f"drawing not readable: {' '.join(str(error).split())[:80]}") from None
    image = Image.open(io.BytesIO(bytes(data)))
    # now: the stream of bytes ends with this function
    image.load()
    return image.convert("RGBA")
