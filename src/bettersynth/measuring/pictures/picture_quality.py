"""Numbers that tell a faulty picture from its grey values, float32 `[height, width]`, 0 to 255."""

from __future__ import annotations

import numpy as np

BLOCK = 8
# grey levels between the lightest and the darkest pixel of a line that is called plain
PLAIN = 12.0
# a bar ends where most of the next line differs from it by more than this
STEP = 24.0
STEP_SHARE = 0.6
SMEARED = 2
# added to both mean steps: a plain picture has none
NO_STEP = 0.5


def sharpness(grey: np.ndarray) -> float:
    """Return the variance of the Laplacian.

    Source: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, 2000.
    """
    if min(grey.shape) < 3:
        return 0.0
    inner = grey[1:-1, 1:-1]
    beside = grey[1:-1, :-2] + grey[1:-1, 2:]
    above = grey[:-2, 1:-1] + grey[2:, 1:-1]
    return float(np.var(beside + above - 4 * inner))


def contrast(grey: np.ndarray) -> float:
    """Return the standard deviation, 0 to 127.5; `0` for a picture of one colour."""
    return float(grey.std())


def border(grey: np.ndarray) -> float:
    """Return the share of the area that lies in plain bars along the sides, 0 to 1.

    A bar is lines without a step that end at one: most pixels of the next line are of another grey.
    So the plain paper around a drawing is none. A picture of one colour has no bar.
    """
    height, width = grey.shape
    top, bottom = _bars(grey)
    left, right = _bars(grey.T)
    inner = max(0, height - top - bottom) * max(0, width - left - right)
    return 1 - inner / (height * width)


def _bars(grey: np.ndarray) -> tuple[int, int]:
    """Return how many lines from the first and from the last are a bar."""
    plain = np.ptp(grey, axis=1) < PLAIN
    if plain.all():
        return 0, 0
    sides = []
    for lines, is_plain in ((grey, plain), (grey[::-1], plain[::-1])):
        count = int(np.argmin(is_plain))
        # compression smears the end of a bar over the lines beside it
        after = lines[min(count + SMEARED, len(lines) - 1)]
        steps = np.abs(after - lines[0]) > STEP
        sides.append(count if count and steps.mean() > STEP_SHARE else 0)
    return sides[0], sides[1]


def blocks(grey: np.ndarray) -> float:
    """Return the mean step across the borders of 8 x 8 blocks over the mean step within them.

    1 where nothing marks the blocks; a picture under 16 pixels has none.
    """
    if min(grey.shape) < 2 * BLOCK:
        return 1.0
    at_borders = []
    within = []
    for lines in (grey, grey.T):
        steps = np.abs(np.diff(lines, axis=1)).mean(axis=0)  # [width - 1]
        is_border = np.arange(len(steps)) % BLOCK == BLOCK - 1
        at_borders.append(steps[is_border].mean())
        within.append(steps[~is_border].mean())
    return float((np.mean(at_borders) + NO_STEP) / (np.mean(within) + NO_STEP))
