"""The similarity operator, which writes down what it measures, and dies of one text.

A module that `measure` takes as the operator: its workers find it by name, so that this folder must
be in their PYTHONPATH.
"""

from __future__ import annotations

import os
import signal

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.operators import image_text_similarity_filter as counted

READS, STATS, CACHED, VERSION = counted.READS, counted.STATS, counted.CACHED, counted.VERSION
Measuring, model_hash = counted.Measuring, counted.model_hash
# under which name its scores are kept, and whose code tells them apart
CACHED_AS = "image_text_similarity_filter"
POISON = "this text ends its worker"
# the file that each measured sample is a byte of
TALLY = "MEASURED_SAMPLES"


def measure(batch: Batch, settings: counted.Measuring) -> Values:
    """Return what the similarity operator measures."""
    if POISON in batch.texts:
        os.kill(os.getpid(), signal.SIGKILL)
    values = counted.measure(batch, settings)
    # in one write, so that no other's is between
    tally = os.open(os.environ[TALLY], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(tally, b"." * len(batch))
    os.close(tally)
    return values
