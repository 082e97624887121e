"""Keep samples whose response is of a perplexity in a range, by a language model."""

from __future__ import annotations

import math

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
STATS = ("llm_perplexity",)
CACHED = True


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `llm_perplexity`: the exponential of the mean negative log likelihood of the
    response's tokens after the query, from 1 on.

    Raises:
        BadSample: a field that a template names holds no text, or a response has no token.
    """
    return {STATS[0]: response_values(batch, settings, _perplexity)}


def _perplexity(model: CausalLoss, query: str, response: str) -> float:
    return math.exp(model.of_response(query, response))


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values[STATS[0]], settings.min_score, settings.max_score, settings)
