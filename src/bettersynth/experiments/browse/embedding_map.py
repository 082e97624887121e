"""A map of the pictures: the two directions in which their features differ most (PCA)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from bettersynth.data.tables.feature_store import FEATURES, INDEX, FeatureStore
from bettersynth.errors import UserError
from bettersynth.experiments.browse.pairs import Pairs
from bettersynth.experiments.history.data_difference import evenly

# pictures, drawn evenly, from which the directions are taken
FITTED = 10_000
# pictures projected at a time: 100 MB of features
CHUNK = 20_000
AXES = ("map_x", "map_y")


def has_map(folder: Path = FEATURES) -> bool:
    """Whether features are stored; towers from folders store none."""
    return (folder / INDEX).is_file() and (folder / "pooled.npy").is_file()


def embedding_map(pairs: Pairs, folder: Path = FEATURES) -> dict[str, pa.ChunkedArray]:
    """Return the columns `map_x` and `map_y`, of each pair's first picture.

    Null for a pair whose picture has no features.

    Raises:
        UserError: fewer than three pictures have features.
    """
    store = FeatureStore(folder)
    hashes = [(own or [""])[0] for own in pairs.pool["image_sha256"].to_pylist()]
    known = np.array([sha256 in store for sha256 in hashes])
    if known.sum() < 3:
        raise UserError(f"{folder} holds features of {known.sum()} pictures of this pool")
    rows = store.rows(sha256 for sha256, there in zip(hashes, known, strict=True) if there)
    mean, directions = principal_directions(store.pooled(rows[evenly(len(rows), FITTED)]))
    places = np.full((len(pairs), 2), np.nan)
    parts: list[np.ndarray] = []
    for start in range(0, len(rows), CHUNK):
        parts.append((store.pooled(rows[start : start + CHUNK]) - mean) @ directions)
    places[known] = np.concatenate(parts)
    columns: dict[str, pa.ChunkedArray] = {}
    for axis, name in enumerate(AXES):
        column = pa.array(places[:, axis], pa.float64(), from_pandas=True)
        columns[name] = pa.chunked_array([column])
    return columns


def principal_directions(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean `[channels]` and the two main directions `[channels, 2]`.

    `features` is `[rows, channels]`. The largest entry of each direction is positive, so
    that two maps of one pool look alike.
    """
    mean = features.mean(axis=0)
    centred = (features - mean).astype(np.float64)
    # eigenvalues come in ascending order
    _, vectors = np.linalg.eigh(centred.T @ centred)
    directions = vectors[:, :-3:-1]
    largest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[largest, np.arange(2)])
    return mean, directions * signs
