"""An operator that ends the process that measures a sample with the text `poison`."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

READS = ("text",)
STATS = ("length", "measured_together")
CACHED = True
VERSION = 1


@dataclass(frozen=True)
class Measuring:
    pass


def measure(batch, settings):
    """Return each text's length, and how many samples were measured with it."""
    if "poison" in batch.texts:
        os.kill(os.getpid(), signal.SIGKILL)
    together = [len(batch)] * len(batch)
    return {"length": [len(text) for text in batch.texts], "measured_together": together}
