"""Reference OCR tokens: what a real OCR engine reads in a picture, errors included.

It is PP-OCRv4 in rapidocr-onnxruntime. The engine sees the very bytes that the model is given; only
its text detector works on a copy enlarged to `DETECTOR_SIDE`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

import numpy as np
from tqdm import tqdm

from bettersynth.data.files.orphans import end_with_parent
from bettersynth.data.files.watched_pool import WatchedPool
from bettersynth.data.pictures.decoding import decode_image

# Pixels of the shorter side. The detector's own default (736) finds no more on pictures of 128 to
# 160 pixels and takes four times as long.
DETECTOR_SIDE = 320
# pictures that travel to a process together
CHUNK = 8


@dataclass(frozen=True)
class Line:
    """One line of text as read, its box in pixels of the picture.

    `score` in [0, 1] is the recogniser's own confidence.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    score: float


@lru_cache(maxsize=1)
def _engine() -> Any:
    # slow to import, and only workers need it
    from rapidocr_onnxruntime import RapidOCR

    # No orientation classifier: all pictures are upright, and now and then it turns a word over
    return RapidOCR(
        intra_op_num_threads=1,
        inter_op_num_threads=1,
        det_limit_side_len=DETECTOR_SIDE,
        use_cls=False,
    )


def read_lines(data: bytes) -> list[Line]:
    """Return the lines of text in an encoded picture, in no particular order; one thread.

    Raises:
        BadImage: the bytes are no picture.
    """
    pixels = np.asarray(decode_image(data))  # uint8 [height, width, RGB]
    # as the engine takes them
    blue_first = np.ascontiguousarray(pixels[:, :, ::-1])
    result, _ = _engine()(blue_first)
    lines = []
    for corners, text, score in result or []:
        across = [corner[0] for corner in corners]
        down = [corner[1] for corner in corners]
        lines.append(Line(text, min(across), min(down), max(across), max(down), float(score)))
    return lines


def reading_order(lines: Sequence[Line]) -> list[Line]:
    """Return the lines row by row from the top, each row from the left.

    A line joins the row above if its middle lies within that row's first (highest) line.
    """
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.top + line.bottom, line.left)):
        middle = (line.top + line.bottom) / 2
        if rows and rows[-1][0].top < middle < rows[-1][0].bottom:
            rows[-1].append(line)
        else:
            rows.append([line])
    ordered: list[Line] = []
    for row in rows:
        ordered += sorted(row, key=lambda line: line.left)
    return ordered


def read_tokens(data: bytes) -> list[str]:
    """Return the words of a picture in reading order, as read (letter case kept).

    Commas, which part tokens in a prompt, are cut off.
    """
    tokens = []
    for line in reading_order(read_lines(data)):
        for word in line.text.split():
            token = word.replace(",", "")
            if token:
                tokens.append(token)
    return tokens


def read_all_tokens(pictures: Sequence[bytes], processes: int, what: str) -> list[list[str]]:
    """Return `read_tokens` of each picture, in their order, on `processes` processes.

    The result does not depend on their number. `what` names the progress bar.
    """
    with contextlib.ExitStack() as stack:
        if processes > 1 and len(pictures) > CHUNK:
            # spawn: a fork of a process in which onnxruntime has threads may hang
            workers = WatchedPool(processes, get_context("spawn"), end_with_parent)
            pool = stack.enter_context(workers)
            results = pool.map(read_tokens, pictures, chunksize=CHUNK)
        else:
            results = map(read_tokens, pictures)
        return list(tqdm(results, total=len(pictures), desc=what, unit="picture", mininterval=1))
