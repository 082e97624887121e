"""Keep samples whose query helps a language model with the response to a degree in a range."""

from __future__ import annotations

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.models.causal_loss import CausalLoss
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import in_range
from bettersynth.measuring.text.response_losses import (
    Deciding,
    Measuring,
    fields_read,
    model_hash,
    reads,
    response_values,
)

__all__ = ["Deciding", "Measuring", "fields_read", "keep", "measure", "model_hash", "reads"]
VERSION = 1
READS = ("text",)
STATS = ("ifd_score",)
CACHED = True


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `ifd_score`: the loss of the response after the query / the loss without it;
    below 1 where the query helps. Source: arXiv 2308.12032.

    Raises:
        BadSample: a field that a template names holds no text, or a response has no token.
    """
    return {STATS[0]: response_values(batch, settings, _difficulty)}


def _difficulty(model: CausalLoss, query: str, response: str) -> float:
    return model.of_response(query, response) / model.of_response("", response)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values[STATS[0]], settings.min_score, settings.max_score, settings)
