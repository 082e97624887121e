"""Models of a few lines, to be held by another process."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

import numpy as np

from bettersynth.errors import UserError


class Doubling:
    made = 0

    def __init__(self, factor: int):
        self.factor = factor
        Doubling.made += 1

    def times(self, numbers: np.ndarray) -> np.ndarray:
        return numbers * self.factor

    def process(self) -> int:
        return os.getpid()

    def number(self) -> int:
        return Doubling.made

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


def no_model(name: str) -> None:
    raise UserError(f"no model is called {name}")


class Cramped:
    """On a GPU whose memory holds `fits` rows; `asked` are the rows of each call."""

    BY_ROWS = ("doubled", "sums", "lengths", "broken")

    def __init__(self, fits: int):
        self.fits = fits
        self.asked: list[int] = []

    def _require_room(self, rows: int) -> None:
        import torch

        self.asked.append(rows)
        if rows > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory")

    def doubled(self, rows: np.ndarray) -> np.ndarray:
        self._require_room(len(rows))
        return rows * 2

    def sums(self, columns: Mapping[str, np.ndarray]) -> list[int]:
        self._require_room(len(columns["a"]))
        return (columns["a"] + columns["b"]).tolist()

    def lengths(self, words: Sequence[str]) -> list[int]:
        self._require_room(len(words))
        return list(map(len, words))

    def broken(self, rows: np.ndarray) -> None:
        raise ValueError("no lack of memory")

    def whole(self, rows: np.ndarray) -> np.ndarray:
        self._require_room(len(rows))
        return rows
