"""Keep one of the samples that mean nearly the same: close embeddings within a cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.errors import UserError
from bettersynth.measuring.models import embeddings, image_text_scorers
from bettersynth.measuring.protocols import EMBEDDING, Values

VERSION = embeddings.VERSION
READS = ("text", "images")
STATS = (EMBEDDING,)
CACHED = True


@dataclass(frozen=True)
class Measuring(embeddings.Embedding):
    """What is embedded, and by which model."""


@dataclass(frozen=True)
class Deciding:
    """A sample goes for one before it in its cluster, if that stays and is too close.

    That is a cosine of `similarity_threshold` or more. `clusters` by k-means (default: about the
    square root of the samples); only the samples of one cluster are compared.
    """

    similarity_threshold: float = 0.95
    clusters: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.clusters is not None and self.clusters < 1:
            raise UserError(
                f"semantic_deduplicator: clusters is {self.clusters}; it must be above 0"
            )


def model_hash(settings: Measuring) -> str:
    """Return what changes when the files do that a value depends on."""
    return image_text_scorers.model_hash(settings.hf_clip)


def reads(settings: Measuring) -> tuple[str, ...]:
    """Return what a value depends on: "text", "images"."""
    return embeddings.reads(settings)


def measure(batch: Batch, settings: Measuring) -> Values:
    """Return each sample's embedding as text, "" where it has none."""
    return embeddings.embed(batch, settings)


def keep(values: Values, settings: Deciding) -> np.ndarray:
    """Return bool `[samples]`: the first of each group stays, those without an embedding always.

    Source: SemDeDup (arXiv:2303.09540), which compares with dropped samples too and keeps by the
    distance to the centre.
    """
    written = values[EMBEDDING]
    vectors, positions = embeddings.vectors_of(written)
    flags = np.ones(len(written), dtype=bool)
    clusters = embeddings.clusters_of(vectors, settings.clusters, settings.seed)
    for cluster in np.unique(clusters):
        rows = np.flatnonzero(clusters == cluster)
        flags[positions[rows]] = first_of_close(vectors[rows], settings.similarity_threshold)
    return flags


def first_of_close(vectors: np.ndarray, threshold: float) -> np.ndarray:
    """Return bool `[n]`: which unit vectors `[n, width]` stay.

    Their cosine to each one before them that stays is below `threshold`.
    """
    flags = np.zeros(len(vectors), dtype=bool)
    kept = np.empty_like(vectors)
    count = 0
    for row, vector in enumerate(vectors):
        if count == 0 or float((kept[:count] @ vector).max()) < threshold:
            flags[row] = True
            kept[count] = vector
            count += 1
    return flags
