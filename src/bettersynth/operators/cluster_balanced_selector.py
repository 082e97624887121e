"""Keep a number of samples, as evenly as can be from the clusters of their embeddings."""

from __future__ import annotations

import zlib
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
# the same embeddings: a picture is embedded once for both
CACHED_AS = "semantic_deduplicator"
DROPPED = "not drawn from its cluster"


@dataclass(frozen=True)
class Measuring(embeddings.Embedding):
    """What is embedded, and by which model."""


@dataclass(frozen=True)
class Deciding:
    """`select_ratio` of the samples and `select_num` samples: the smaller of the two.

    `clusters` as in semantic_deduplicator.
    """

    select_ratio: float | None = None
    select_num: int | None = None
    clusters: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.clusters is not None and self.clusters < 1:
            raise UserError(
                f"cluster_balanced_selector: clusters is {self.clusters}; it must be above 0"
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
    """Return bool `[samples]`: which ones are drawn; all, where no setting asks for fewer.

    Samples without an embedding are a cluster of their own.
    """
    written = values[EMBEDDING]
    sizes = []
    if settings.select_ratio is not None:
        sizes.append(int(settings.select_ratio * len(written)))
    if settings.select_num is not None:
        sizes.append(settings.select_num)
    if not sizes or min(sizes) >= len(written):
        return np.ones(len(written), dtype=bool)
    vectors, positions = embeddings.vectors_of(written)
    clusters = np.full(len(written), -1, dtype=np.int64)
    clusters[positions] = embeddings.clusters_of(vectors, settings.clusters, settings.seed)
    return draw_evenly(clusters, max(0, min(sizes)), settings.seed)


def draw_evenly(clusters: np.ndarray, number: int, seed: int) -> np.ndarray:
    """Return bool `[rows]`: `number` rows drawn at random, evenly from the clusters.

    `clusters` int `[rows]` is the cluster of each row. Every row gets a random rank in its
    cluster; rows go by that rank, those of one rank in random order. So a cluster gives as many
    as any other while it has that many.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"cluster_balanced_selector")])
    order = rng.permutation(len(clusters))
    # stable: within a cluster the rows stay in their random order
    by_cluster = order[np.argsort(clusters[order], kind="stable")]
    # of each row in this order, where its cluster begins
    starts = np.searchsorted(clusters[by_cluster], clusters[by_cluster], side="left")
    # [rows], from 0 in each cluster
    rank = np.empty(len(clusters), dtype=np.int64)
    rank[by_cluster] = np.arange(len(clusters)) - starts
    chosen = order[np.argsort(rank[order], kind="stable")][:number]
    flags = np.zeros(len(clusters), dtype=bool)
    flags[chosen] = True
    return flags
