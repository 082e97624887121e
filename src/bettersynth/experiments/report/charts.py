"""Small charts as inline SVG: 340 x 210 units, colours from the page's style sheet, the same bytes
for the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape

from bettersynth.experiments.report.axes import (
    TOP,
    WIDTH,
    Axes,
    number,
    short,
    svg,
    widened,
)

BINS = 32
# whole numbers over a wider range share bins
MOST_WHOLE_BINS = 45
# quantiles: the axis runs over what lies between them
SHOWN_TAILS = (0.005, 0.995)
# of the axis: a bound that far beyond its ends is drawn still
NEAR = 0.35


def histogram(before: np.ndarray, after: np.ndarray, bounds: Sequence[float], label: str) -> Markup:
    """Return shares of two sets of finite values by bin.

    `before [values]` are filled bars, `after [values]` a line, `bounds` dashed lines. The axis runs
    over the middle 99 % of `before` and every bound near it; the ends hold what lies beyond them.
    """
    tails = np.quantile(before, SHOWN_TAILS)
    low, high = widened(*map(float, tails))
    drawn = _near_bounds(bounds, low, high)
    low = min([low, *drawn])
    high = max([high, *drawn])
    edges = _bin_edges(before, low, high)
    shares_before = _shares(before, edges)
    shares_after = _shares(after, edges)
    highest = max(float(shares_before.max()), float(shares_after.max()))
    axes = Axes((edges[0], edges[-1]), (0.0, 1.05 * highest))
    parts = axes.frame(label, "% of samples")
    parts += _bars(axes, edges, shares_before)
    if len(after):
        # a step line: each inner edge twice, each share over its whole bin
        steps_x = np.repeat(edges, 2)[1:-1].tolist()
        steps_y = np.repeat(shares_after, 2).tolist()
        parts.append(f'<polyline class="line" {axes.path(steps_x, steps_y)}/>')
    for bound in drawn:
        parts += _bound(axes, bound)
    listed = ", ".join(map(short, drawn)) or "none"
    return svg(parts, f"{label}: distribution before and after, bounds {listed}")


def _near_bounds(bounds: Sequence[float], low: float, high: float) -> list[float]:
    reach = NEAR * (high - low)
    finite = [bound for bound in bounds if math.isfinite(bound)]
    return [bound for bound in finite if low - reach <= bound <= high + reach]


def _bin_edges(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return `[bins + 1]` edges; few whole numbers have a bin each, around the number."""
    whole = bool(np.all(values == np.round(values)))
    if whole and high - low <= MOST_WHOLE_BINS:
        return np.arange(math.floor(low) - 0.5, math.ceil(high) + 1)
    return np.linspace(low, high, BINS + 1)


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return `[bins]`: the percent of `values [values]` in each bin, the ends' with what lies
    beyond.
    """
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return 100 * counts / max(1, len(values))


def _bars(axes: Axes, edges: np.ndarray, shares: np.ndarray) -> list[str]:
    bars = []
    floor = axes.up(0)
    for left, right, share in zip(edges[:-1], edges[1:], shares, strict=True):
        if not share:
            continue
        x = axes.across(left)
        # a gap between bars, but no bar vanishes
        width = max(0.8, axes.across(right) - x - 0.8)
        top = axes.up(share)
        size = f'width="{number(width)}" height="{number(floor - top)}"'
        bars.append(f'<rect class="bar" x="{number(x + 0.4)}" y="{number(top)}" {size}/>')
    return bars


def _bound(axes: Axes, bound: float) -> list[str]:
    """Return a dashed line and its number, which stands on the side with more room."""
    x = axes.across(bound)
    ends = f'y1="{TOP}" y2="{number(axes.up(0))}"'
    at_right = x > WIDTH * 0.75
    side = "end" if at_right else ""
    label_x = x - 4 if at_right else x + 4
    return [
        f'<line class="bound" x1="{number(x)}" x2="{number(x)}" {ends}/>',
        f'<text class="bound-label {side}" x="{number(label_x)}" y="{TOP + 8}">'
        f"{short(bound)}</text>",
    ]


def curves(
    series: Sequence[tuple[Sequence[float], Sequence[float]]],
    x_label: str,
    y_label: str,
    title: str,
) -> Markup:
    """Return one thin line a series of (x, y) and, where all share their x, the mean as a bold one.

    A long series may leave the picture at its highest half percent: the first steps' losses.
    """
    x_all = np.concatenate([np.asarray(x, dtype=float) for x, _ in series])
    y_all = np.concatenate([np.asarray(y, dtype=float) for _, y in series])
    # the first losses are far above the rest and would press the curve flat
    top = float(y_all.max())
    if len(y_all) > 50:
        top = float(np.quantile(y_all, 0.995))
    x_ends = (float(x_all.min()), float(x_all.max()))
    axes = Axes(x_ends, (min(0.0, float(y_all.min())), 1.05 * top))
    parts = axes.frame(x_label, y_label)
    highest = axes.y[1]
    for x, y in series:
        points = axes.path(x, np.minimum(y, highest).tolist())
        parts.append(f'<polyline class="line thin" {points}/>')
    first_x = list(series[0][0])
    if len(series) > 1 and all(list(x) == first_x for x, _ in series):
        mean = np.mean([y for _, y in series], axis=0)
        points = axes.path(first_x, np.minimum(mean, highest).tolist())
        parts.append(f'<polyline class="line" {points}/>')
    return svg(parts, title)


def roc_curve(
    false_positive: Sequence[float],
    true_positive: Sequence[float],
    point: tuple[float, float] | None,
    title: str,
) -> Markup:
    """Return a ROC curve over [0, 1] x [0, 1] with the chance diagonal.

    `point` (false positives, true positives) is marked: where the threshold stands.
    """
    axes = Axes((0.0, 1.0), (0.0, 1.0))
    parts = axes.frame("share of good pairs dropped", "share of mismatches found")
    parts.append(f'<polyline class="chance" {axes.path([0, 1], [0, 1])}/>')
    parts.append(f'<polyline class="line" {axes.path(false_positive, true_positive)}/>')
    if point:
        x = number(axes.across(point[0]))
        y = number(axes.up(point[1]))
        parts.append(f'<circle class="mark" cx="{x}" cy="{y}" r="5"/>')
    return svg(parts, title)


def scatter(
    points: Sequence[tuple[float, float, float, float, str]],
    x_label: str,
    y_label: str,
    title: str,
) -> Markup:
    """Return a dot a point (x, y, low, high, name); low to high is y's interval, a thin line.

    A dot says its name where the mouse rests on it. A point without numbers (NaN) has no place.
    """
    points = [point for point in points if all(map(math.isfinite, point[:4]))]
    x = [point[0] for point in points]
    lows = [point[2] for point in points]
    highs = [point[3] for point in points]
    axes = Axes(_with_room(x), _with_room([*lows, *highs]))
    parts = axes.frame(x_label, y_label)
    for across, up, low, high, name in points:
        place = number(axes.across(across))
        ends = f'y1="{number(axes.up(low))}" y2="{number(axes.up(high))}"'
        parts.append(f'<line class="line thin" x1="{place}" x2="{place}" {ends}/>')
        dot = f'<circle class="mark" cx="{place}" cy="{number(axes.up(up))}" r="4">'
        parts.append(f"{dot}<title>{escape(name)}</title></circle>")
    return svg(parts, title)


def _with_room(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis that keeps dots off the frame."""
    low, high = widened(min(values, default=0.0), max(values, default=0.0))
    room = 0.05 * (high - low)
    return low - room, high + room
