"""Samples as points: embeddings of pictures or texts by a contrastive model, kept as text in a stat column, and their clusters."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bettersynth.data.samples.batch import Batch
from bettersynth.measuring.models import image_text_scorers
from bettersynth.measuring.protocols import EMBEDDING, Values

VERSION = 1  # goes up when `embed` returns other vectors than before
KMEANS_BATCH = 4096


@dataclass(frozen=True)
class Embedding:
    """`hf_clip` names the model as in image_text_similarity_filter (`nano`: the pipeline's own); `of` says what is embedded."""

    hf_clip: str = "openai/clip-vit-base-patch32"
    trust_remote_code: bool = False
    of: Literal["image", "text", "both"] = "image"


def reads(settings: Embedding) -> tuple[str, ...]:
    """Return what an embedding depends on."""
    return {"image": ("images",), "text": ("text",), "both": ("text", "images")}[settings.of]


def embed(batch: Batch, settings: Embedding) -> Values:
    """Return `__dj__embedding`: a unit vector as base64 of float16, of the mean of a sample's pictures, its text, or both side by side.

    "" for a sample without pictures, where pictures count.
    """
    known = [bool(names) or settings.of == "text" for names in batch.images]
    found = [""] * len(batch)
    rows = [k for k, flag in enumerate(known) if flag]
    if rows:
        part = batch.take(rows)
        scorer = image_text_scorers.load_scorer(settings.hf_clip, settings.trust_remote_code)
        vectors = []
        if settings.of in ("image", "both"):
            names = list(dict.fromkeys(name for sample in part.images for name in sample))
            of_image = dict(zip(names, scorer.embed_images(part.pictures, names), strict=True))
            vectors.append(
                _unit(
                    np.stack(
                        [
                            np.mean([of_image[name] for name in sample], axis=0)
                            for sample in part.images
                        ]
                    )
                )
            )
        if settings.of in ("text", "both"):
            vectors.append(
                _unit(scorer.embed_texts([part.tokens.strip(text) for text in part.texts]))
            )
        joined = _unit(np.concatenate(vectors, axis=1)).astype("<f2")
        for k, vector in zip(rows, joined, strict=True):
            found[k] = base64.b64encode(vector.tobytes()).decode()
    return {EMBEDDING: found}


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def vectors_of(values: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return unit vectors float32 `[n, width]` of the values that have one, and their positions."""
    positions = np.array([k for k, value in enumerate(values) if value], dtype=np.int64)
    if not len(positions):
        return np.empty((0, 1), dtype=np.float32), positions
    raw = b"".join(base64.b64decode(values[k]) for k in positions)
    return _unit(
        np.frombuffer(raw, dtype="<f2").reshape(len(positions), -1).astype(np.float32)
    ), positions


def clusters_of(vectors: np.ndarray, clusters: int | None, seed: int) -> np.ndarray:
    """Return the k-means cluster of each of `vectors` `[n, width]`, int `[n]`; None: about the square root of n clusters.

    The same vectors in the same order give the same clusters.
    """
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    number = min(len(vectors), clusters or max(1, round(len(vectors) ** 0.5)))
    if number <= 1:
        return np.zeros(len(vectors), dtype=np.int64)
    means = MiniBatchKMeans(number, batch_size=KMEANS_BATCH, n_init=3, random_state=seed)
    with threadpool_limits(1):
        return np.asarray(means.fit_predict(vectors), dtype=np.int64)
