"""Samples as points: embeddings by a contrastive model, kept as text, and their clusters."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.models import image_text_scorers
from bettersynth.measuring.models.scorer_choice import ScorerChoice
from bettersynth.measuring.protocols import EMBEDDING, Values

# goes up when `embed` returns other vectors than before
VERSION = 1
KMEANS_BATCH = 4096


@dataclass(frozen=True)
class Embedding(ScorerChoice):
    """`of` says what is embedded."""

    of: Literal["image", "text", "both"] = "image"


def reads(settings: Embedding) -> tuple[str, ...]:
    """Return what an embedding depends on."""
    if settings.of == "both":
        return ("text", "images")
    return ("images",) if settings.of == "image" else ("text",)


def embed(batch: Batch, settings: Embedding) -> Values:
    """Return `__dj__embedding`: a unit vector as base64 of float16.

    It is that of the mean of a sample's pictures, of its text, or both side by side; "" for a
    sample without pictures, where pictures count.
    """
    written = [""] * len(batch)
    rows = []
    for row, names in enumerate(batch.images):
        if names or settings.of == "text":
            rows.append(row)
    if not rows:
        return {EMBEDDING: written}
    known = batch.take(rows)
    scorer = image_text_scorers.load_scorer(
        settings.hf_clip, settings.trust_remote_code, settings.precision
    )
    vectors = []
    if settings.of in ("image", "both"):
        vectors.append(_unit(picture_means(known, scorer)))
    if settings.of in ("text", "both"):
        texts = [known.tokens.strip(text) for text in known.texts]
        vectors.append(_unit(scorer.embed_texts(texts)))
    # half the bytes of float32; "<f2": the same text on machines of either byte order
    joined = _unit(np.concatenate(vectors, axis=1)).astype("<f2")
    for row, vector in zip(rows, joined, strict=True):
        written[row] = base64.b64encode(vector.tobytes()).decode()
    return {EMBEDDING: written}


def picture_means(batch: Batch, scorer: image_text_scorers.Scorer) -> np.ndarray:
    """Return float32 `[samples, width]`: the mean of each sample's pictures, at least one each."""
    names = list(dict.fromkeys(itertools.chain.from_iterable(batch.images)))
    vectors = scorer.embed_images(batch.pictures, names)
    vector_of = dict(zip(names, vectors, strict=True))
    means = []
    for sample in batch.images:
        means.append(np.mean([vector_of[name] for name in sample], axis=0))
    return np.stack(means)


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors `[n, width]` with the length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def vectors_of(values: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return unit vectors float32 `[n, width]` of the values that have one.

    Beside them, their positions among the values, int64 `[n]`.
    """
    positions = np.flatnonzero([bool(value) for value in values]).astype(np.int64)
    if not len(positions):
        return np.empty((0, 1), dtype=np.float32), positions
    raw = b"".join(base64.b64decode(values[position]) for position in positions)
    vectors = np.frombuffer(raw, dtype="<f2").reshape(len(positions), -1)
    # float16 rounds the length off
    return _unit(vectors.astype(np.float32)), positions


def clusters_of(vectors: np.ndarray, clusters: int | None, seed: int) -> np.ndarray:
    """Return the k-means cluster of each of `vectors` `[n, width]`, int64 `[n]`.

    None stands for about the square root of n clusters. The same vectors in the same order give
    the same clusters.
    """
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    wanted = clusters or max(1, round(len(vectors) ** 0.5))
    number = min(len(vectors), wanted)
    if number <= 1:
        return np.zeros(len(vectors), dtype=np.int64)
    means = MiniBatchKMeans(number, batch_size=KMEANS_BATCH, n_init=3, random_state=seed)
    # sums in the order of one thread, so the same each time
    with threadpool_limits(1):
        return np.asarray(means.fit_predict(vectors), dtype=np.int64)
