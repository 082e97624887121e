"""In what order samples are visited, and how often: all alike, or by weights."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bettersynth.data.questions.shares import share_out
from bettersynth.errors import UserError
from bettersynth.settings.one_source import TYPES


def training_order(rows: np.ndarray, visits: int, seed: int) -> np.ndarray:
    """Return `visits` entries of `rows` in training order, `[visits]`.

    Whole shuffled passes over the rows, the last one cut short.
    """
    rng = np.random.default_rng([seed, zlib.crc32(b"mix.order")])
    passes = -(-visits // len(rows))  # rounded up
    return np.concatenate([rng.permutation(rows) for _ in range(passes)])[:visits]


def group_of_rows(
    weights: Mapping[str, float], sources: pa.ChunkedArray, types: pa.ChunkedArray
) -> pa.ChunkedArray:
    """Return what the weights call each row: its source or its type."""
    return types if set(weights) <= set(TYPES) else sources


def in_group(groups: pa.ChunkedArray, name: str) -> np.ndarray:
    """Return which rows are of a group, bool `[rows]`."""
    return pc.equal(groups, name).to_numpy().astype(bool)


def weighted_order(
    rows: np.ndarray,
    groups: pa.ChunkedArray,
    weights: Mapping[str, float],
    visits: int,
    seed: int,
    where: str,
) -> np.ndarray:
    """Return `visits` entries of `rows` in training order, `[visits]`; `groups` is `[rows]`.

    Each group has its weight's share of the visits, to the nearest whole one, in whole shuffled
    passes over its rows with the last one cut short. Groups are mixed at random.

    Raises:
        UserError: a group has a weight and no row, or a row's group no weight.
    """
    present = set(groups.unique().to_pylist())
    for name in sorted(present.union(weights)):
        if name not in weights:
            raise UserError(f"{where} gives no weight to {name}, which has samples")
        if name not in present:
            raise UserError(f"{where}.{name} is {weights[name]:g}, but no sample of it is left")
    rng = np.random.default_rng([seed, zlib.crc32(b"mix.weights")])
    dealt = rng.permutation(np.array(share_out(weights, visits, where)))
    order = np.zeros(visits, dtype=np.int64)
    for name in weights:
        places = np.flatnonzero(dealt == name)
        if len(places):
            order[places] = training_order(rows[in_group(groups, name)], len(places), seed)
    return order
