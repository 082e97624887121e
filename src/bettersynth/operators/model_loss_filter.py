"""Keep samples by how well a trained model foretells their text: hard, dirty and easy ones.

Source: the idea of "refine by model feedback" in Data-Juicer's sandbox, which has no such job."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.models.trained_model import TrainedModel, pair_losses
from bettersynth.measuring.pictures.picture_chunks import (
    distinct_pairs,
    picture_chunks,
    reduced_values,
)
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import ImageEnds, any_or_all, flatten, in_range
from bettersynth.settings.training import Precision, Template

VERSION = 1
READS = ("text", "images")
STATS = ("model_loss", "model_loss_blind", "model_loss_gain")
CACHED = True


@dataclass(frozen=True)
class Measuring:
    """`model` is a trained folder: `models/pretrain/SEED` or `models/finetune/SEED` of a finished
    experiment, or one of upstream's layout. One of stage 1 holds no decoder: `language_model` is
    the folder of the one that it was trained with.

    The text is asked for as an answer to `question` in the words of `template`: those that it was
    trained with. `plain` asks nothing. `reduce_mode` joins the pictures of one chunk.
    """

    model: str = ""
    language_model: str = ""
    template: Template = "gemma"
    # one of those that LLaVA's captions answer
    question: str = "Describe the image concisely."
    precision: Precision = "float32"
    reduce_mode: Literal["avg", "max", "min"] = "avg"


@dataclass(frozen=True)
class Deciding(ImageEnds):
    """The values that are kept; all three must be in theirs, and by default every one is."""

    min_loss: float = 0.0
    max_loss: float = math.inf
    min_blind: float = 0.0
    max_blind: float = math.inf
    min_gain: float = -math.inf
    max_gain: float = math.inf


def require_complete(settings: Measuring) -> None:
    """Pass if there is such a model.

    Raises:
        UserError: none is named, or it or its decoder is not there.
    """
    _asked(settings).require_complete()


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return _asked(settings).hash()


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return three values in nats a token for each chunk with an image token.

    `model_loss`: the mean cross entropy of the chunk's words before its pictures, 0 or more.
    `model_loss_blind`: the same without pictures. `model_loss_gain`: what the pictures take off,
    below 0 where they mislead. A sample without pictures has none.

    Raises:
        BadSample: a chunk has image tokens but no picture is left for them.
        UserError: there is no such model.
    """
    chunks = picture_chunks(batch)
    pairs = distinct_pairs(chunks)
    seen = {}
    blind = {}
    gain = {}
    for pair, loss in zip(pairs, pair_losses(batch.pictures, pairs, _asked(settings)), strict=True):
        seen[pair] = loss.seen
        blind[pair] = loss.blind
        gain[pair] = loss.blind - loss.seen
    values: Values = {}
    for stat, by_pair in zip(STATS, (seen, blind, gain), strict=True):
        values[stat] = reduced_values(chunks, by_pair, settings.reduce_mode)
    return values


def _asked(settings: Measuring) -> TrainedModel:
    return TrainedModel(
        settings.model,
        settings.language_model,
        settings.template,
        settings.question,
        settings.precision,
    )


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`; a chunk counts as inside when all its values are."""
    bounds = {
        "model_loss": (settings.min_loss, settings.max_loss),
        "model_loss_blind": (settings.min_blind, settings.max_blind),
        "model_loss_gain": (settings.min_gain, settings.max_gain),
    }
    inside = np.array(True)
    counts = np.array([], dtype=np.int64)
    for stat, (low, high) in bounds.items():
        numbers, counts = flatten(values[stat])
        inside = inside & in_range(numbers, low, high, settings)
    return any_or_all(inside, counts, settings.any_or_all)
