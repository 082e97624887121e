"""Keep samples whose text has a share of letters and digits in a range."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text.code_points import shares
from bettersynth.measuring.text.tokenizers import load_tokenizer, token_counts

VERSION = 1
READS = ("text",)
STATS = ("alnum_ratio", "alpha_token_ratio")
CACHED = False


@dataclass(frozen=True)
class Measuring:
    """`tokenization` divides letters by tokens of `hf_tokenizer`; the ratio can exceed 1."""

    tokenization: bool = False
    hf_tokenizer: str = "EleutherAI/pythia-6.9b-deduped"


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_ratio` to `max_ratio`."""

    min_ratio: float = 0.25
    max_ratio: float = math.inf


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `alnum_ratio` in [0, 1], or `alpha_token_ratio` >= 0 with `tokenization`.

    An empty text has 0.
    """
    if not settings.tokenization:
        return {"alnum_ratio": shares(batch.texts, str.isalnum)}
    token_numbers = token_counts(load_tokenizer(settings.hf_tokenizer), batch.texts)
    ratios = []
    for text, tokens in zip(batch.texts, token_numbers, strict=True):
        letters = sum(map(str.isalpha, text))
        ratios.append(letters / tokens if tokens else 0.0)
    return {"alpha_token_ratio": ratios}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    ratio = values["alnum_ratio"] if "alnum_ratio" in values else values["alpha_token_ratio"]
    return in_range(ratio, settings.min_ratio, settings.max_ratio, settings)
