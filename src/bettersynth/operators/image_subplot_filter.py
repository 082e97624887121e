"""Drop samples whose pictures look like figures of several plots: lines in an even grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from PIL import Image

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import any_or_all, flatten

VERSION = 1
READS = ("images",)
STATS = (
    "image_subplot_confidence",
    "horizontal_peak_count",
    "vertical_peak_count",
    "subplot_detected",
)
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """Settings of the edge and line detectors: lengths in pixels, angles in degrees.

    `min_horizontal_lines` and `min_vertical_lines` enter the score too.
    """

    # what OpenCV takes
    BOUNDS: ClassVar = {
        "canny_threshold1": (0, 2**31 - 1),
        "canny_threshold2": (0, 2**31 - 1),
        "hough_threshold": (0, 2**31 - 1),
        "min_line_length": (0, 2**31 - 1),
        "max_line_gap": (0, 2**31 - 1),
    }

    min_horizontal_lines: int = 3
    min_vertical_lines: int = 3
    min_confidence: float = 0.5
    canny_threshold1: int = 70
    canny_threshold2: int = 190
    hough_threshold: int = 110
    min_line_length: int = 110
    max_line_gap: int = 18
    angle_tolerance: float = 4.0


@dataclass(frozen=True)
class Deciding:
    """A picture with at least so many lines both ways, and so sure, is a grid of subplots."""

    min_horizontal_lines: int = 3
    min_vertical_lines: int = 3
    min_confidence: float = 0.5
    any_or_all: Literal["any", "all"] = "any"


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return per picture a confidence in [0, 1] and the numbers of level and upright lines.

    `subplot_detected` says for a sample whether any of its confidences suffices.
    """
    values: Values = {stat: [] for stat in STATS}

    def score(name: str) -> tuple[float, int, int]:
        return grid_score(batch.pictures.picture(name), settings)

    grids = batch.per_image(score)
    for sample in grids:
        confidences = [grid[0] for grid in sample]
        values["image_subplot_confidence"].append(confidences)
        values["horizontal_peak_count"].append([grid[1] for grid in sample])
        values["vertical_peak_count"].append([grid[2] for grid in sample])
        enough = bool(sample) and max(confidences) >= settings.min_confidence
        values["subplot_detected"].append(enough)
    return values


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: which ones stay.

    A sample goes if any (or every one) of its pictures has the confidence and both numbers of
    lines.
    """
    confidence, counts = flatten(values["image_subplot_confidence"])
    level, _ = flatten(values["horizontal_peak_count"])
    upright, _ = flatten(values["vertical_peak_count"])
    plots = (
        (confidence >= settings.min_confidence)
        & (level >= settings.min_horizontal_lines)
        & (upright >= settings.min_vertical_lines)
    )
    return (counts == 0) | ~any_or_all(plots, counts, settings.any_or_all)


def grid_score(picture: Image.Image, settings: Measuring) -> tuple[float, int, int]:
    """Return (confidence, level lines, upright lines) of one picture.

    By Canny edges and the probabilistic Hough transform.
    """
    import cv2

    # the same lines whatever runs beside
    cv2.setNumThreads(1)
    sharp = cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2GRAY)
    # Data-Juicer's window: fine texture makes no edges
    grey = cv2.GaussianBlur(sharp, (5, 5), 0)
    edges = cv2.Canny(grey, settings.canny_threshold1, settings.canny_threshold2)
    lines = cv2.HoughLinesP(
        edges,
        1,
        np.pi / 180,
        settings.hough_threshold,
        minLineLength=settings.min_line_length,
        maxLineGap=settings.max_line_gap,
    )
    if lines is None:
        return 0.0, 0, 0
    lines = lines.reshape(-1, 4).astype(np.float64)  # [lines, 4]: x1, y1, x2, y2
    across = lines[:, 2] - lines[:, 0]
    down = lines[:, 3] - lines[:, 1]
    # -90 to 90, or to 180 for lines that are drawn from the right
    slope = np.degrees(np.arctan2(down, across))
    angle = np.where(across == 0, 90.0, slope)
    tolerance = settings.angle_tolerance
    is_level = (np.abs(angle) <= tolerance) | (np.abs(angle - 180) <= tolerance)
    is_vertical = (np.abs(angle - 90) <= tolerance) | (np.abs(angle + 90) <= tolerance)
    # with a tolerance of 45 degrees or more a line could be both
    level = lines[is_level]
    upright = lines[~is_level & is_vertical]
    confidence = grid_confidence(level, upright, picture.width, picture.height, settings)
    return confidence, len(level), len(upright)


def grid_confidence(
    level: np.ndarray, upright: np.ndarray, width: int, height: int, settings: Measuring
) -> float:
    """Return in [0, 1] how much the lines of a picture of `width` by `height` are a grid.

    `level` and `upright` are float64 `[lines, 4]`: x1, y1, x2, y2 in pixels. Weighed are numbers
    of lines (.4), even spacing (.3), crossings per area (.2) and equal lengths (.1).
    """
    if not len(level) or not len(upright):
        return 0.0
    # where the lines lie: the middle of both ends
    rows = np.sort((level[:, 1] + level[:, 3]) / 2)
    columns = np.sort((upright[:, 0] + upright[:, 2]) / 2)
    # per 100 x 100 pixels, taking each line to cross all of the other kind
    crossings = len(level) * len(upright) / (width * height) * 10000
    several = len(level) > 1 and len(upright) > 1
    # one line has no length to be equal to
    widths = np.abs(level[:, 2] - level[:, 0]) if len(level) > 1 else []
    heights = np.abs(upright[:, 3] - upright[:, 1]) if len(upright) > 1 else []
    # added from left to right: another order would round differently
    score = _reached(len(level), settings.min_horizontal_lines) * 0.2
    score += _reached(len(upright), settings.min_vertical_lines) * 0.2
    score += _evenness(np.diff(rows), height * 0.05) * 0.15
    score += _evenness(np.diff(columns), width * 0.05) * 0.15
    score += (min(crossings / 10, 1.0) if several else 0.0) * 0.2
    score += _evenness(widths, width * 0.3) * 0.05
    score += _evenness(heights, height * 0.3) * 0.05
    return float(min(score, 1.0))


def _reached(lines: int, wanted: int) -> float:
    """Return how much of `wanted` is there, at most 1; nothing wanted is all of it."""
    return min(lines / wanted, 1.0) if wanted > 0 else 1.0


def _evenness(values: np.ndarray | Sequence[float], smallest: float) -> float:
    """Return 1 - deviation / mean, at least 0, and 0 without values.

    Half of that where the mean is below `smallest`.
    """
    if not len(values) or np.mean(values) == 0:
        return 0.0
    even = max(0.0, 1 - float(np.std(values) / np.mean(values)))
    return even * 0.5 if np.mean(values) < smallest else even
