"""Work that ends the process that does it, to see what becomes of the rest."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

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
