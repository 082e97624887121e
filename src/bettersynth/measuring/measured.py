"""What measuring gives: values of the samples that can be measured, reasons for the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from bettersynth.data.samples.batch import BadSample, Batch, UnreadableImage
from bettersynth.measuring.protocols import Values


@dataclass
class Measured:
    """Values of the samples at `positions` of a batch, in order.

    `bad` gives the reason of each other position.
    """

    values: Values
    positions: list[int]
    bad: dict[int, str] = field(default_factory=dict)


def reason_of(error: UnreadableImage) -> str:
    """Return why a sample with such a picture is set aside."""
    return f"image {error.name}: {error.reason}"


def measure_good(operator: ModuleType, settings: Any, batch: Batch) -> Measured:
    """Return the values of all samples that can be measured.

    One bad picture costs the samples that show it, nothing else.
    """
    positions = list(range(len(batch)))
    bad: dict[int, str] = {}
    while True:
        left = batch.take(positions) if bad else batch
        try:
            return Measured(operator.measure(left, settings), positions, bad)
        except UnreadableImage as error:
            showing = [at for at in positions if error.name in batch.images[at]]
            bad.update(dict.fromkeys(showing, reason_of(error)))
        except BadSample as error:
            bad.update({positions[at]: error.reason for at in error.positions})
        positions = [at for at in positions if at not in bad]
