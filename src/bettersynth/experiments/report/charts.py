"""Small charts as inline SVG: 340 x 210 units, colours from the page's style sheet, the same bytes for the same numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape

WIDTH, HEIGHT = 340, 210
LEFT, RIGHT, TOP, BOTTOM = 40, 10, 22, 32


class Axes:
    """A plot area with the two scales of its data."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]):
        self.x, self.y = _widened(x), _widened(y)

    def across(self, value: float) -> float:
        return LEFT + (value - self.x[0]) / (self.x[1] - self.x[0]) * (WIDTH - LEFT - RIGHT)

    def up(self, value: float) -> float:
        return (
            HEIGHT
            - BOTTOM
            - (value - self.y[0]) / (self.y[1] - self.y[0]) * (HEIGHT - TOP - BOTTOM)
        )

    def frame(self, x_label: str, y_label: str) -> list[str]:
        """Return grid lines, tick labels and axis labels."""
        parts = []
        for tick in ticks(*self.y):
            y = _n(self.up(tick))
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
            parts.append(
                f'<text class="tick end" x="{LEFT - 5}" y="{y}" dy="0.32em">{short(tick)}</text>'
            )
        for tick in ticks(*self.x):
            parts.append(
                f'<text class="tick mid" x="{_n(self.across(tick))}" y="{HEIGHT - BOTTOM + 13}">{short(tick)}</text>'
            )
        parts.append(
            f'<text class="label mid" x="{(LEFT + WIDTH - RIGHT) / 2:g}" y="{HEIGHT - 4}">{escape(x_label)}</text>'
        )
        parts.append(f'<text class="label" x="2" y="9">{escape(y_label)}</text>')
        return parts

    def path(self, x: Sequence[float], y: Sequence[float]) -> str:
        points = " ".join(
            f"{_n(self.across(a))},{_n(self.up(b))}" for a, b in zip(x, y, strict=True)
        )
        return f'points="{points}"'


def _widened(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = float(ends[0]), float(ends[1])
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _n(value: float) -> str:
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
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(step * k, 12) + 0.0 for k in range(first, math.floor(high / step + 1e-9) + 1)]


def svg(parts: Sequence[str], title: str) -> Markup:
    """Return the whole picture; `title` is what a screen reader says. The parts are markup made here."""
    body = "".join(parts)
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">{body}</svg>'
    )


def histogram(before: np.ndarray, after: np.ndarray, bounds: Sequence[float], label: str) -> Markup:
    """Return shares of two sets of finite values by bin: `before` as filled bars, `after` as a line; bounds as dashed lines.

    The axis runs over the middle 99 % of `before` and every bound near it; the ends hold what lies beyond them.
    """
    low, high = (float(v) for v in np.quantile(before, [0.005, 0.995]))
    low, high = _widened((low, high))
    reach = 0.35 * (high - low)
    drawn = [
        bound for bound in bounds if math.isfinite(bound) and low - reach <= bound <= high + reach
    ]
    low, high = min([low, *drawn]), max([high, *drawn])
    whole = bool(np.all(before == np.round(before))) and high - low <= 45
    edges = (
        np.arange(math.floor(low) - 0.5, math.ceil(high) + 1)
        if whole
        else np.linspace(low, high, 33)
    )
    shares = [
        100 * np.histogram(np.clip(v, edges[0], edges[-1]), edges)[0] / max(1, len(v))
        for v in (before, after)
    ]
    axes = Axes((edges[0], edges[-1]), (0.0, 1.05 * max(float(s.max()) for s in shares)))
    parts = axes.frame(label, "% of samples")
    base = axes.up(0)
    for k, share in enumerate(shares[0]):
        if share:
            x, wide = axes.across(edges[k]), axes.across(edges[k + 1]) - axes.across(edges[k])
            size = f'width="{_n(max(0.8, wide - 0.8))}" height="{_n(base - axes.up(share))}"'
            parts.append(f'<rect class="bar" x="{_n(x + 0.4)}" y="{_n(axes.up(share))}" {size}/>')
    if len(after):
        steps_x = np.repeat(edges, 2)[1:-1]
        parts.append(
            f'<polyline class="line" {axes.path(steps_x.tolist(), np.repeat(shares[1], 2).tolist())}/>'
        )
    for bound in drawn:
        x = axes.across(bound)
        parts.append(f'<line class="bound" x1="{_n(x)}" x2="{_n(x)}" y1="{TOP}" y2="{_n(base)}"/>')
        side = "end" if x > WIDTH * 0.75 else ""
        parts.append(
            f'<text class="bound-label {side}" x="{_n(x - 4 if side else x + 4)}" y="{TOP + 8}">{short(bound)}</text>'
        )
    return svg(
        parts,
        f"{label}: distribution before and after, bounds {', '.join(map(short, drawn)) or 'none'}",
    )


def curves(
    series: Sequence[tuple[Sequence[float], Sequence[float]]],
    x_label: str,
    y_label: str,
    title: str,
) -> Markup:
    """Return one thin line a series of (x, y) and, where all share their x, the mean as a bold one."""
    x_all = np.concatenate([np.asarray(x, dtype=float) for x, _ in series])
    y_all = np.concatenate([np.asarray(y, dtype=float) for _, y in series])
    top = float(np.quantile(y_all, 0.995)) if len(y_all) > 50 else float(y_all.max())
    axes = Axes(
        (float(x_all.min()), float(x_all.max())), (min(0.0, float(y_all.min())), 1.05 * top)
    )
    parts = axes.frame(x_label, y_label)
    for x, y in series:
        parts.append(
            f'<polyline class="line thin" {axes.path(x, np.minimum(y, axes.y[1]).tolist())}/>'
        )
    if len(series) > 1 and all(list(x) == list(series[0][0]) for x, _ in series):
        mean = np.mean([y for _, y in series], axis=0)
        parts.append(
            f'<polyline class="line" {axes.path(series[0][0], np.minimum(mean, axes.y[1]).tolist())}/>'
        )
    return svg(parts, title)


def roc_curve(
    false_positive: Sequence[float],
    true_positive: Sequence[float],
    point: tuple[float, float] | None,
    title: str,
) -> Markup:
    """Return a ROC curve over [0, 1] x [0, 1] with the chance diagonal, and a mark where the threshold stands."""
    axes = Axes((0.0, 1.0), (0.0, 1.0))
    parts = axes.frame("share of good pairs dropped", "share of mismatches found")
    parts.append(f'<polyline class="chance" {axes.path([0, 1], [0, 1])}/>')
    parts.append(f'<polyline class="line" {axes.path(false_positive, true_positive)}/>')
    if point:
        parts.append(
            f'<circle class="mark" cx="{_n(axes.across(point[0]))}" cy="{_n(axes.up(point[1]))}" r="5"/>'
        )
    return svg(parts, title)
