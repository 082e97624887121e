"""How long a model worked and how long it waited for pictures."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass
class Use:
    """Seconds of the clock: `busy` is the sum of all turns, from `first` to `last` they took place.

    The first turn loads libraries and kernels, so the time counts from its end on.
    """

    busy: float = 0.0
    first: float = 0.0
    last: float = 0.0

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """Count the block as one turn of the model."""
        start = time.monotonic()
        yield
        end = time.monotonic()
        if self.first:
            self.busy += end - start
        else:
            self.first = end
        self.last = end

    @property
    def seconds(self) -> float:
        """From the end of the first turn to that of the last one."""
        return self.last - self.first


def waiting_share(uses: Sequence[Use]) -> float | None:
    """Return the share of the time in [0, 1] that models waited; None if there was no time."""
    seconds = sum(use.seconds for use in uses)
    if seconds <= 0:
        return None
    return 1 - sum(use.busy for use in uses) / seconds


def in_words(share: float | None) -> str:
    """Return what a line on a finished work ends in; "" where nothing is known."""
    return "" if share is None else f"; the model waited {share:.0%} of its time"


def in_ledger(share: float | None) -> dict[str, float]:
    """Return what a stage's record says of it; nothing where nothing is known."""
    return {} if share is None else {"model_waiting_share": round(share, 3)}
