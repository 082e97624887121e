"""Keep samples whose text a KenLM n-gram model finds likely to a degree in a range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text.kenlm_models import load_model
from bettersynth.measuring.text.word_pieces import split_pieces
from bettersynth.models.weights.identity import hash_of_model

VERSION = 1
READS = ("text",)
STATS = ("perplexity",)
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """`tokenizer` is a SentencePiece file, `kenlm_model` an n-gram model over its pieces.

    That is .arpa text, or binary with the package kenlm.
    """

    lang: str = "en"
    tokenizer: str = ""
    kenlm_model: str = ""


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_ppl` to `max_ppl`."""

    min_ppl: float = 0
    max_ppl: float = 1500


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    files = [file for file in (settings.tokenizer, settings.kenlm_model) if file]
    return "".join(map(hash_of_model, files))


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `perplexity` of each text's pieces, rounded to one decimal; 0.0 without any line.

    Raises:
        UserError: a model is not given or does not exist.
    """
    if not len(batch):
        return {"perplexity": []}
    if not settings.kenlm_model:
        raise UserError(
            "perplexity_filter needs tokenizer (a SentencePiece model) "
            "and kenlm_model (an n-gram model over its pieces)"
        )
    split = split_pieces(settings.tokenizer)
    model = load_model(settings.kenlm_model)
    perplexities = []
    for text in batch.texts:
        lines = " ".join(split(text)).splitlines()
        if not lines:
            perplexities.append(0.0)
            continue
        # its end counts as a word
        length = sum(len(line.split()) + 1 for line in lines)
        log10_probability = sum(map(model.score, lines))
        # rounded as Data-Juicer stores it
        perplexities.append(round(10.0 ** (-log10_probability / length), 1))
    return {"perplexity": perplexities}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["perplexity"], settings.min_ppl, settings.max_ppl, settings)
