"""Keep samples whose text has a number of actions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text.spacy_models import hash_of_pipeline, parsed

VERSION = 1
READS = ("text",)
STATS = ("num_action",)
CACHED = True

# Chinese and English tags of verbs, as Data-Juicer lists them
TAGS = frozenset({"VV", "VB", "VBP", "VBZ", "VBD", "VBG", "VBN"})


@dataclass(frozen=True)
class Measuring:
    """`lang` chooses the parser; `spacy_model` names another."""

    lang: Literal["en", "zh"] = "en"
    # default: the first installed of Data-Juicer's medium one and the small ones
    spacy_model: str = ""


@dataclass(frozen=True)
class Deciding(Ends):
    """`min_action_num` is the least number of verbs that is kept."""

    min_action_num: float = 1


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_pipeline(settings.lang, settings.spacy_model)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `num_action`: verbs, by part of speech and tag, special tokens left out."""
    words = [batch.tokens.strip(text) for text in batch.texts]
    actions = []
    for document in parsed(words, settings.lang, settings.spacy_model):
        verbs = [token for token in document if token.pos_ == "VERB" and token.tag_ in TAGS]
        actions.append(len(verbs))
    return {"num_action": actions}


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: whose value is in the range."""
    return in_range(values["num_action"], settings.min_action_num, math.inf, settings)
