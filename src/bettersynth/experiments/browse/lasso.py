"""Which points lie in a polygon that somebody drew around them."""

from __future__ import annotations

import dataclasses

import numpy as np

from bettersynth.errors import UserError

MOST_CORNERS = 500


@dataclasses.dataclass(frozen=True)
class Lasso:
    """A closed polygon over the columns `x` and `y`: its corners, in turn."""

    x: str
    y: str
    polygon: list[list[float]]

    def __post_init__(self) -> None:
        if not 3 <= len(self.polygon) <= MOST_CORNERS:
            raise UserError(
                f"the lasso has {len(self.polygon)} corners; it must have 3 to {MOST_CORNERS}"
            )
        if any(len(corner) != 2 for corner in self.polygon):
            raise UserError("each corner of the lasso must be two numbers")


def inside(x: np.ndarray, y: np.ndarray, polygon: list[list[float]]) -> np.ndarray:
    """Return which points lie in the polygon, bool `[points]`; NaN lies nowhere.

    A point is inside if a ray from it crosses an odd number of sides.
    """
    corners = np.array(polygon, dtype=np.float64)
    low = corners.min(axis=0)
    high = corners.max(axis=0)
    near = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
    rows = np.flatnonzero(near)
    px = x[rows]
    py = y[rows]
    odd = np.zeros(len(rows), dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > py) != (y2 > py)
        odd ^= crosses & (px < (x2 - x1) * (py - y1) / (y2 - y1) + x1)
    flags = np.zeros(len(x), dtype=bool)
    flags[rows[odd]] = True
    return flags
