"""Work that ends the process that does it, to see what becomes of the rest."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bettersynth.errors import UserError


def take(part, positions):
    return [part[position] for position in positions]


@dataclass(frozen=True)
class DeadlyWork:
    """Starts the summing of whole numbers in a worker.

    `poison` ends the process each time, `dies_once` the first time, for which a file in `folder`
    stands; `refuses` is a user's mistake. A part takes `waits` seconds.
    """

    poison: tuple[int, ...] = ()
    dies_once: tuple[int, ...] = ()
    refuses: int | None = None
    folder: Path = Path()
    tells_process: bool = False
    waits: float = 0.0

    def __call__(self):
        if self.tells_process:
            (self.folder / str(os.getpid())).touch()
        return self.add

    def add(self, part):
        time.sleep(self.waits)
        for item in part:
            if item == self.refuses:
                raise UserError(f"there is no such thing as {item}")
            mark = self.folder / f"died of {item}"
            if item in self.dies_once and not mark.exists():
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if item in self.poison:
                os.kill(os.getpid(), signal.SIGKILL)
        return sum(part)


@dataclass(frozen=True)
class Unstartable:
    """Cannot start any work: a user's mistake that shows in a worker only."""

    def __call__(self):
        raise UserError("there is no such model")


@dataclass(frozen=True)
class DyingOnce:
    """Starts another work in a worker; the first part ends its process, for which `mark` stands."""

    start: Callable[[], Callable[[Any], Any]]
    mark: Path

    def __call__(self):
        do = self.start()

        def die_or_do(part):
            try:
                # made by one of several that try at once
                self.mark.touch(exist_ok=False)
            except FileExistsError:
                return do(part)
            os.kill(os.getpid(), signal.SIGKILL)

        return die_or_do


@dataclass(frozen=True)
class TellingThreads:
    """Starts what tells with how many threads a worker computes."""

    def __call__(self):
        import torch

        def tell(_):
            words = os.environ["OMP_NUM_THREADS"], os.environ["TOKENIZERS_PARALLELISM"]
            return *words, torch.get_num_threads()

        return tell
