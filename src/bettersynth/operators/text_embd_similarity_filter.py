"""Keep samples whose text is, by its embedding, like the texts of a small set of good ones."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.models.text_encoder import Pooling, TextEncoder, load_encoder
from bettersynth.measuring.protocols import Values
from bettersynth.measuring.ranges import Ends, in_range
from bettersynth.measuring.text.field_templates import TEXT, fields_of, filled
from bettersynth.models.weights.identity import hash_of_model

VERSION = 1
READS = ("text",)
STATS = ("text_embd_similarity",)
CACHED = True
WHERE = "text_embd_similarity_filter"


@dataclass(frozen=True)
class Measuring:
    """`valid_dataset` holds the good texts: rows with the fields that `input_template` names.

    `api_or_hf_model` is an encoder of transformers, a folder or hub id; embeddings of an endpoint
    are not here. `pooling` makes one vector of the tokens' (None: the last token's, for decoders;
    `mean` for encoders such as MiniLM). Of `model_params` only `trust_remote_code` is known.
    """

    api_or_hf_model: str = "sentence-transformers/all-MiniLM-L6-v2"
    is_hf_model: Literal[True] = True
    valid_dataset: list[dict[str, Any]] | None = None
    pooling: Pooling = None
    input_template: str | None = None
    model_params: dict[str, bool] | None = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := set(self.model_params or {}) - {"trust_remote_code", "device"}:
            raise UserError(f"{WHERE}: model_params has no {', '.join(sorted(unknown))}")
        names = _fields(self.input_template)
        if not names:
            raise UserError(f"{WHERE}: input_template names no field, such as {{text}}")
        for number, row in enumerate(self.valid_dataset or [], 1):
            for name in names:
                if not isinstance(row.get(name), str):
                    raise UserError(f"{WHERE}: valid_dataset row {number} has no text {name}")


@dataclass(frozen=True)
class Deciding(Ends):
    """The range that is kept: `min_score` to `max_score`."""

    min_score: float = 0.1
    max_score: float = 1.0


def require_complete(settings: Measuring) -> None:
    """Pass if there are texts to compare with.

    Raises:
        UserError: there are none.
    """
    if not settings.valid_dataset:
        raise UserError(
            f"{WHERE}: valid_dataset holds no text to compare with; write some, such as "
            "`valid_dataset: [{text: a red kite over the sea}]`"
        )


def _fields(template: str | None) -> list[str]:
    return fields_of(template or f"{{{TEXT}}}", f"{WHERE}: input_template")


def reads(settings: Measuring) -> tuple[str, ...]:
    """Return what a value depends on."""
    return (TEXT,) if _fields(settings.input_template) == [TEXT] else (TEXT, "fields")


def fields_read(settings: Measuring) -> list[str]:
    """Return the fields that the template names beside the text."""
    return [name for name in _fields(settings.input_template) if name != TEXT]


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return hash_of_model(settings.api_or_hf_model)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return `text_embd_similarity`: the mean cosine to the good texts, in [-1, 1].

    Special tokens count.

    Raises:
        BadSample: a field that the template names holds no text.
    """
    require_complete(settings)
    remote = bool((settings.model_params or {}).get("trust_remote_code"))
    encoder = load_encoder(settings.api_or_hf_model, remote)
    template = settings.input_template or f"{{{TEXT}}}"
    good = tuple(template.format(**row) for row in settings.valid_dataset or [])
    mean_good = _mean_vector(encoder, good, settings.pooling)
    texts = filled(template, fields_read(settings), batch)
    values: list[float] = []
    for text in texts:
        # the mean of cosines with unit vectors is the cosine-like product with their mean
        values.append(float(encoder.embed(text, settings.pooling) @ mean_good))
    return {"text_embd_similarity": values}


@functools.lru_cache(maxsize=4)
def _mean_vector(encoder: TextEncoder, texts: tuple[str, ...], pooling: Pooling) -> np.ndarray:
    vectors = [encoder.embed(text, pooling) for text in texts]
    mean: np.ndarray = np.mean(vectors, axis=0)
    return mean


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[texts]`: whose value is in the range."""
    return in_range(
        values["text_embd_similarity"], settings.min_score, settings.max_score, settings
    )
