"""Keep samples whose text has a number of tokens in a range."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text.tokenizers import load_tokenizer, token_counts
from bettersynth.models.weights.identity import hash_of_model

VERSION = 1
READS = ("text",)
STATS = ("num_token",)
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """`hf_tokenizer` is a folder or hub id."""

    hf_tokenizer: str = "EleutherAI/pythia-6.9b-deduped"


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_num` to `max_num`."""

    min_num: float = 10
    max_num: float = math.inf


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_model(settings.hf_tokenizer)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `num_token`: tokens of the whole text, without those a tokenizer adds."""
    if not len(batch):
        # without loading a tokenizer
        return {"num_token": []}
    return {"num_token": token_counts(load_tokenizer(settings.hf_tokenizer), batch.texts)}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["num_token"], settings.min_num, settings.max_num, settings)
