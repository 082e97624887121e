"""Scores with intervals against a number of the experiment, as inline SVG: recipes, and their
random controls as a second line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from bettersynth.experiments.report.axes import Axes, number, svg


@dataclass(frozen=True)
class ScoredPoint:
    """One experiment: where it stands, its score in percent and the ends of its interval."""

    name: str
    x: float
    score: float
    low: float
    high: float


def score_lines(
    recipes: Sequence[ScoredPoint], controls: Sequence[ScoredPoint], x_label: str, y_label: str
) -> Markup:
    """Return the chart; a point names its experiment where one points at it."""
    points = [*recipes, *controls]
    x = [point.x for point in points]
    lows = [point.low for point in points]
    highs = [point.high for point in points]
    # room beside the outermost points
    margin = 0.05 * (max(x) - min(x))
    axes = Axes((min(x) - margin, max(x) + margin), (min(lows) - 1, max(highs) + 1))
    parts = axes.frame(x_label, y_label)
    parts += _series(axes, recipes, "recipes")
    parts += _series(axes, controls, "controls")
    names = ", ".join(f"{point.name} {point.score:.1f}" for point in points)
    return svg(parts, f"{y_label} against {x_label}: {names}")


def _series(axes: Axes, points: Sequence[ScoredPoint], kind: str) -> list[str]:
    ordered = sorted(points, key=lambda point: point.x)
    x = [point.x for point in ordered]
    path = axes.path(x, [point.score for point in ordered])
    parts = [f'<polyline class="joined {kind}" {path}/>'] if len(ordered) > 1 else []
    for point in ordered:
        across = number(axes.across(point.x))
        low = number(axes.up(point.low))
        high = number(axes.up(point.high))
        bounds = f"{point.low:.1f} to {point.high:.1f}"
        title = f"<title>{escape(point.name)}: {point.score:.2f} ({bounds})</title>"
        parts.append(
            f'<line class="whisker {kind}" x1="{across}" x2="{across}" y1="{low}" y2="{high}"/>'
        )
        center = f'cx="{across}" cy="{number(axes.up(point.score))}"'
        parts.append(f'<circle class="point {kind}" {center} r="4">{title}</circle>')
    return parts
