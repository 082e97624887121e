"""Pictures that are copies of others: resized, recompressed, or cropped to 70 % of a side or more.

First coarse: 8 x 8 colours of the whole of one picture against those of many cuts of the other, in
both directions. Then fine: OpenCV aligns the two at 96 x 96 (Evangelidis and Psarakis' enhanced
correlation), and what is left between them decides. A perceptual hash of 64 bits changes by 10 to
20 bits under a crop of 10 %, as much as two drawings of one thing differ.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np
from PIL import Image

# pixels: what is compared, and where the alignment starts
SIDE = 96
COARSE_SIDE = 32
CELLS = 8
# shares of a side that a cut keeps; the coarse comparison bears the steps between them
KEPT = (1.0, 0.85, 0.7)
STEP = 0.075
# below this norm a cut is one colour, which is like any other of that colour
LEAST_CONTRAST = 20.0
LEAST_ALIKE = 0.76
CANDIDATES = 3
COARSE_CORRELATION = 0.85
# of the alignment at most: most pairs are no copies and end after the coarse one
COARSE_STEPS = 20
FINE_STEPS = 30
# of the aligned grey values; planted crops: 5 % are below .977; other pictures: none above .957
CORRELATION = 0.965
# difference that is left, in standard deviations of the picture: .21 (95 %) against .30 (least)
DIFFERENCE = 0.2
PICTURES_AT_ONCE = 256
LEAST_OVERLAP = 0.5
LEAST_SCALE = 0.6
MOST_SCALE = 1.1
MOST_SHEAR = 0.015


@dataclasses.dataclass(frozen=True)
class Copy:
    """`picture` (a position) shows the same as `original` (a position among the others).

    `correlation` is that of the aligned pictures, up to 1.
    """

    picture: int
    original: int
    correlation: float


def thumbnail_pixels(picture: Image.Image) -> np.ndarray:
    """Return uint8 `[96, 96, 3]`, stretched to a square: changed proportions count for nothing."""
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


@dataclasses.dataclass(frozen=True)
class Originals:
    """Pictures to look for: `pixels` uint8 `[N, 96, 96, 3]`, and their cuts' colours."""

    pixels: np.ndarray
    cuts: np.ndarray  # as `_descriptors` gives them


def originals_of(pixels: np.ndarray) -> Originals:
    """Return `thumbnail_pixels` of some pictures, uint8 `[N, 96, 96, 3]`, ready to be compared."""
    return Originals(pixels, _descriptors(pixels))


def find_copies(pictures: np.ndarray, originals: Originals) -> Iterator[Copy]:
    """Yield which of `pictures` are copies of which originals, or an original a cut of which.

    `pictures` are `thumbnail_pixels`, uint8 `[N, 96, 96, 3]`. The best original of each is given.
    """
    for start in range(0, len(pictures), PICTURES_AT_ONCE):
        part = pictures[start : start + PICTURES_AT_ONCE]
        for row, (picture, candidates) in enumerate(_candidates(part, originals)):
            best = None
            for column, cut, picture_is_whole in candidates:
                other = originals.pixels[column]
                pair = (picture, other) if picture_is_whole else (other, picture)
                correlation = _aligned(*pair, cut)
                if correlation and (best is None or correlation > best.correlation):
                    best = Copy(start + row, column, correlation)
            if best is not None:
                yield best


def _candidates(
    pictures: np.ndarray, originals: Originals
) -> Iterator[tuple[np.ndarray, list[tuple[int, int, bool]]]]:
    """Yield each picture with the likeliest (original, cut, whether the original is cut)."""
    cuts = _descriptors(pictures)
    # [pictures, originals]: how alike at best, and by which cut of the other
    of_originals, original_cuts = _most_alike(cuts[:, 0], originals.cuts)
    of_pictures, picture_cuts = _most_alike(originals.cuts[:, 0], cuts)
    alike = np.maximum(of_originals, of_pictures.T)
    for row, picture in enumerate(pictures):
        candidates = []
        for column in np.argsort(-alike[row], kind="stable")[:CANDIDATES].tolist():
            if alike[row, column] < LEAST_ALIKE:
                break
            picture_is_whole = bool(of_originals[row, column] >= of_pictures[column, row])
            cut = original_cuts[row, column] if picture_is_whole else picture_cuts[column, row]
            candidates.append((column, int(cut), picture_is_whole))
        yield picture, candidates


@functools.cache
def _cuts() -> list[tuple[float, float]]:
    """Return (start, end) of the cuts of a side, as shares of it; the whole side comes first."""
    cuts = []
    for kept in KEPT:
        places = round((1 - kept) / STEP) + 1
        cuts += [(float(start), float(start + kept)) for start in np.linspace(0, 1 - kept, places)]
    return cuts


@functools.cache
def _cell_means() -> np.ndarray:
    """Return `[cuts x cells, 96]`: what averages a side's pixels over each cell of each cut."""
    edges_of_pixels = np.arange(SIDE + 1)
    rows = []
    for start, end in _cuts():
        edges = np.linspace(start * SIDE, end * SIDE, CELLS + 1)
        for low, high in zip(edges[:-1], edges[1:], strict=True):
            # a pixel at a cell's edge counts by its part inside
            inside = np.clip(edges_of_pixels, low, high)
            rows.append(np.diff(inside) / (high - low))
    return np.array(rows, dtype=np.float32)


def _descriptors(pictures: np.ndarray) -> np.ndarray:
    """Return float32 `[pictures, cuts x cuts, 8 x 8 x 3]` of unit length, the whole one first.

    A cut of one colour is all 0, like nothing.
    """
    means = _cell_means()
    number = len(_cuts())
    # [pictures, cuts x 8, cuts x 8, 3], first down the columns and then along the rows
    columns = np.einsum("ch,phwk->pcwk", means, pictures.astype(np.float32), optimize=True)
    cells = np.einsum("dw,pcwk->pcdk", means, columns, optimize=True)
    split = cells.reshape(len(pictures), number, CELLS, number, CELLS, 3)
    values = split.transpose(0, 1, 3, 2, 4, 5).reshape(len(pictures), number * number, -1)
    values -= values.mean(axis=2, keepdims=True)
    norms = np.linalg.norm(values, axis=2, keepdims=True)
    return np.where(norms > LEAST_CONTRAST, values / np.maximum(norms, LEAST_CONTRAST), 0.0)


def _most_alike(wholes: np.ndarray, cuts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return `[wholes, others]`: the highest cosine over the others' cuts, and which cut has it."""
    others, number, size = cuts.shape
    cosines = wholes @ cuts.reshape(others * number, size).T
    by_cut = cosines.reshape(len(wholes), others, number)
    return by_cut.max(axis=2), by_cut.argmax(axis=2)


def _aligned(whole: np.ndarray, other: np.ndarray, cut: int) -> float:
    """Return the correlation of `whole` with the aligned cut of `other`; 0 if it is no copy."""
    vertical, horizontal = divmod(cut, len(_cuts()))
    top, bottom = _cuts()[vertical]
    left, right = _cuts()[horizontal]
    # maps shares of the whole to shares of the other picture
    start = np.array([[right - left, 0, left], [0, bottom - top, top]], np.float32)
    coarse = _alignment(_grey(whole, COARSE_SIDE), _grey(other, COARSE_SIDE), start, COARSE_STEPS)
    if coarse is None or coarse[0] < COARSE_CORRELATION:
        return 0.0
    fine = _alignment(_grey(whole, SIDE), _grey(other, SIDE), coarse[1], FINE_STEPS)
    if fine is None or fine[0] < CORRELATION:
        return 0.0
    correlation, warp = fine
    if not _is_cut(warp) or _difference(whole, other, warp) > DIFFERENCE:
        return 0.0
    return correlation


def _grey(pixels: np.ndarray, side: int) -> np.ndarray:
    """Return float32 `[side, side]`, a little blurred: slopes that the alignment can follow."""
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    resized = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(resized, (0, 0), 1)


def _alignment(
    whole: np.ndarray, other: np.ndarray, start: np.ndarray, steps: int
) -> tuple[float, np.ndarray] | None:
    """Return (correlation, affine map in shares of a side) from `start`; None where none fits."""
    import cv2

    in_pixels = start.copy()
    in_pixels[:, 2] *= len(whole)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, steps, 1e-4)
    try:
        correlation, warp = cv2.findTransformECC(
            whole, other, in_pixels, cv2.MOTION_AFFINE, stop, None, 1
        )
    except cv2.error:
        # it does not converge: these two do not fit
        return None
    warp = warp.copy()
    warp[:, 2] /= len(whole)
    return float(correlation), warp


def _is_cut(warp: np.ndarray) -> bool:
    """Return whether the map is that of a cut: no turn, no shear, about the cuts' sizes."""
    scales = np.diag(warp[:, :2])
    shears = np.abs([warp[0, 1], warp[1, 0]])
    return bool((scales > LEAST_SCALE).all() and (scales < MOST_SCALE).all()) and bool(
        (shears < MOST_SHEAR).all()
    )


def _difference(whole: np.ndarray, other: np.ndarray, warp: np.ndarray) -> float:
    """Return what is left between the aligned pictures' colours, in their standard deviations.

    Brightness and contrast are fitted first. Infinite where less than half of it lies inside.
    """
    import cv2

    in_pixels = warp.copy()
    in_pixels[:, 2] *= SIDE
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    blurred = cv2.GaussianBlur(whole.astype(np.float32), (0, 0), 1)
    other_blurred = cv2.GaussianBlur(other.astype(np.float32), (0, 0), 1)
    moved = cv2.warpAffine(other_blurred, in_pixels, (SIDE, SIDE), flags=flags)
    ones = np.ones((SIDE, SIDE), np.float32)
    inside = cv2.warpAffine(ones, in_pixels, (SIDE, SIDE), flags=flags) > 0.99
    if inside.mean() < LEAST_OVERLAP:
        return float("inf")
    # [pixels inside, 3]
    seen = blurred[inside]
    slope, offset = np.polyfit(moved[inside].ravel(), seen.ravel(), 1)
    left = seen - (slope * moved[inside] + offset)
    spread = float((seen - seen.mean(axis=0)).std())
    return float(np.sqrt((left**2).mean()) / max(1.0, spread))
