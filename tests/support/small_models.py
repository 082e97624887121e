"""Models of a few lines, to be held by another process."""

from __future__ import annotations

import os
import time

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
