"""The data card's part on several sources: what became of the samples of each, and of each type."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.samples.visit_order import group_of_rows, in_group
from bettersynth.data.tables.samples import types_of
from bettersynth.recipes.mixing.mixture import Mix


def sources_part(
    pool: pa.Table, mix: Mix, used: np.ndarray, weights: Mapping[str, float]
) -> dict[str, Any]:
    """Return `sources`, `types` and, with weights, `weights` with the share each was given.

    Nothing for a pool of one source without weights. `used` is bool `[rows]`.
    """
    # the table of several sources names types
    if "type" not in pool.column_names and not weights:
        return {}
    sources = pool["source"]
    types = types_of(pool)
    part: dict[str, Any] = {
        "sources": counts_of(sources, mix, used),
        "types": counts_of(types, mix, used),
    }
    if weights:
        # exact for shares such as .7, .2 and .1
        total = math.fsum(weights.values())
        groups = group_of_rows(weights, sources, types)
        asked: dict[str, dict[str, float]] = {}
        for name, weight in weights.items():
            visits = int(mix.weight[in_group(groups, name)].sum())
            share = visits / int(mix.weight.sum())
            asked[name] = {"weight": weight, "asked": weight / total, "share": share}
        part["weights"] = asked
    return part


def counts_of(names: pa.ChunkedArray, mix: Mix, used: np.ndarray) -> dict[str, dict[str, int]]:
    """Return by name the samples in the pool, those in training (`used`, bool `[rows]`) and their
    visits.
    """
    counts: dict[str, dict[str, int]] = {}
    for name in sorted(names.unique().to_pylist()):
        own = in_group(names, name)
        counts[name] = {
            "pool": int(own.sum()),
            "samples": int((own & used).sum()),
            "exchanged": int((own & mix.exchanged).sum()),
            "visits": int(mix.weight[own].sum()),
        }
    return counts
