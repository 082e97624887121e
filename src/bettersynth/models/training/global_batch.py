"""How many rows an optimiser step takes: batch_size x accumulation x processes."""

from __future__ import annotations

import dataclasses
import math

from bettersynth.errors import UserError
from bettersynth.settings.training import TrainingSettings

# valid settings that a refusal names
SUGGESTIONS = 3


def training_steps(rows: int, settings: TrainingSettings, processes: int = 1) -> int:
    """Return the optimiser steps of a run."""
    accumulation = settings.accumulation or 1
    rows_a_step = settings.batch_size * accumulation * processes
    # visits are rows too, counted as often as they are trained on
    visits = settings.visits or rows
    # rounded up: the last step may be a small one, no row is left out
    return math.ceil(visits / rows_a_step)


def fit_global_batch(settings: TrainingSettings, processes: int) -> TrainingSettings:
    """Return the settings with their accumulation filled in.

    batch_size x accumulation x processes is then the global batch.

    Raises:
        UserError: that is impossible; the nearest valid settings are named.
    """
    if settings.accumulation is None:
        if settings.global_batch is None:
            raise UserError(
                "accumulation is null; that needs global_batch, the rows of one optimiser step"
            )
        # rounded down; the check below refuses what is not exact
        passes = max(1, settings.global_batch // (settings.batch_size * processes))
        settings = dataclasses.replace(settings, accumulation=passes)
    check_global_batch(settings, processes)
    return settings


def check_global_batch(settings: TrainingSettings, processes: int) -> None:
    """Refuse a batch that is not the one asked for.

    Raises:
        UserError: batch_size x accumulation x processes is not `global_batch`.
    """
    wanted = settings.global_batch
    got = settings.batch_size * (settings.accumulation or 1) * processes
    if wanted is None or got == wanted:
        return
    if wanted % processes:
        counts = sorted(_nearest_divisors(wanted, processes))
        raise UserError(
            f"a global batch of {wanted} cannot be split over {processes} processes; "
            f"use {', '.join(map(str, counts))}"
        )
    splits = []
    for batch_size, accumulation in _nearest_splits(wanted // processes, settings.batch_size):
        splits.append(f"batch_size {batch_size} with accumulation {accumulation}")
    listed = ", ".join(splits)
    raise UserError(
        f"batch_size {settings.batch_size} x accumulation {settings.accumulation} x {processes} "
        f"processes = {got}, not the global batch {wanted}; with {processes} processes use {listed}"
    )


def _nearest_divisors(number: int, to: int) -> list[int]:
    divisors = _divisors(number)
    divisors.sort(key=lambda count: (abs(count - to), count))
    return divisors[:SUGGESTIONS]


def _divisors(number: int) -> list[int]:
    return [count for count in range(1, number + 1) if number % count == 0]


def _nearest_splits(share: int, batch_size: int) -> list[tuple[int, int]]:
    """Return (batch size, accumulation) of one process's share, nearest in ratio first."""

    def distance(size: int) -> tuple[float, int]:
        # by ratio: 4 is as far from 8 as 16 is; the smaller of two equals takes less memory
        return abs(math.log(size / batch_size)), size

    sizes = sorted(_divisors(share), key=distance)
    return [(size, share // size) for size in sizes[:SUGGESTIONS]]
