"""The conversations of stage 2 from all their parts: one after the other, or shared by weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from bettersynth.data.samples.llava import llava_entry
from bettersynth.data.samples.visit_order import group_of_rows, weighted_order
from bettersynth.data.tables.samples import read_conversations
from bettersynth.settings.instruction import InstructionSettings

Item = dict[str, Any]


def arranged(parts: Mapping[str, Sequence[Item]], settings: InstructionSettings) -> list[Item]:
    """Return the items of all parts and of the pool's sources for stage 2, by part.

    With weights there are `settings.visits` items, some of them more than once, in random order.

    Raises:
        UserError: weights and parts do not go together.
    """
    items: list[Item] = []
    sources: list[str] = []
    types: list[str] = []
    for name, of_part in parts.items():
        items += of_part
        sources += [name] * len(of_part)
        # of questions and published data all show pictures, or nearly
        types += ["instruction"] * len(of_part)
    for row in read_conversations("instruction"):
        items.append(llava_entry(row["id"], row["images"], row["turns"]))
        sources.append(row["source"])
        types.append(row["type"])
    if not settings.weights or not settings.visits:
        return items
    names = [pa.chunked_array([pa.array(column, pa.string())]) for column in (sources, types)]
    groups = group_of_rows(settings.weights, *names)
    where = "params.yaml: instruction.weights"
    rows = np.arange(len(items))
    weights = settings.weights
    order = weighted_order(rows, groups, weights, settings.visits, settings.seed, where)
    return [items[row] for row in order]
