"""What all charts share: the plot area with its two scales, round ticks, numbers as people write
them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 340, 210
LEFT, RIGHT, TOP, BOTTOM = 40, 10, 22, 32


class Axes:
    """A plot area with the two scales of its data: `x` and `y` are the numbers at its ends."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]):
        self.x = widened(*x)
        self.y = widened(*y)

    def across(self, value: float) -> float:
        """Return the horizontal place of a value, in the picture's units from its left."""
        low, high = self.x
        return LEFT + (value - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def up(self, value: float) -> float:
        """Return the vertical place of a value, in the picture's units from its top."""
        low, high = self.y
        # SVG counts from the top down
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def frame(self, x_label: str, y_label: str) -> list[str]:
        """Return grid lines, tick labels and axis labels."""
        parts = []
        right = WIDTH - RIGHT
        for tick in ticks(*self.y):
            y = number(self.up(tick))
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y}" y2="{y}"/>')
            place = f'x="{LEFT - 5}" y="{y}" dy="0.32em"'
            parts.append(f'<text class="tick end" {place}>{short(tick)}</text>')
        for tick in ticks(*self.x):
            place = f'x="{number(self.across(tick))}" y="{HEIGHT - BOTTOM + 13}"'
            parts.append(f'<text class="tick mid" {place}>{short(tick)}</text>')
        place = f'x="{(LEFT + right) / 2:g}" y="{HEIGHT - 4}"'
        parts.append(f'<text class="label mid" {place}>{escape(x_label)}</text>')
        parts.append(f'<text class="label" x="2" y="9">{escape(y_label)}</text>')
        return parts

    def path(self, x: Sequence[float], y: Sequence[float]) -> str:
        """Return the attribute `points` of a line through (x, y) `[points]`."""
        points = []
        for point_x, point_y in zip(x, y, strict=True):
            points.append(f"{number(self.across(point_x))},{number(self.up(point_y))}")
        return f'points="{" ".join(points)}"'


def widened(low: float, high: float) -> tuple[float, float]:
    """Return the ends of a scale; values that are all the same stand in its middle."""
    low = float(low)
    high = float(high)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def number(value: float) -> str:
    """Return a place in the picture: one decimal, none where it is 0."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def short(value: float) -> str:
    """Return a number as people write it on an axis: 0.25, 1,200, 35k, 1.2M."""
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:g}M"
    if size >= 1e4:
        return f"{value / 1e3:g}k"
    return f"{value:,.0f}" if size >= 1000 else f"{round(value, 6):g}"


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers between `low` and `high`, around `about` of them."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    # a hair of tolerance: 0.1 + 0.2 must not lose its tick to rounding
    steps = [power * factor for factor in (1, 2, 2.5, 5, 10)]
    step = next(step for step in steps if step >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    # + 0.0 makes -0.0 a plain 0
    return [round(step * position, 12) + 0.0 for position in range(first, last + 1)]


def svg(parts: Sequence[str], title: str) -> Markup:
    """Return the whole picture; `title` is what a screen reader says. The parts are markup made
    here.
    """
    body = "".join(parts)
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    return Markup(f'<svg {box} role="img" aria-label="{escape(title)}">{body}</svg>')
