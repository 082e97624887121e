"""What the seeds of a run can show: where the uncertainty comes from, and the smallest difference
to be seen.
"""

from __future__ import annotations

import dataclasses

import pyarrow as pa

from bettersynth.data.tables.items import TEXT_PROTOCOL
from bettersynth.evaluation.scoring.item_scores import picture_scores
from bettersynth.evaluation.statistics.variance import (
    detectable,
    minimum_detectable_difference,
    seeds_needed,
    variance_components,
)

SEED_COUNTS = (2, 3, 5, 8, 12)
ONE_POINT = 0.01


@dataclasses.dataclass(frozen=True)
class Variation:
    """Where one score's uncertainty comes from, and what seeds show.

    `seed`, `item` and `rest` are percent of its variance; `detectable` holds (seeds, difference in
    points); `for_one_point` the seeds that show one point, None if too many.
    """

    label: str
    sentence: str
    seed: float
    item: float
    rest: float
    detectable: tuple[tuple[int, float], ...]
    for_one_point: int | None


def variation(items: pa.Table, protocol: str) -> list[Variation]:
    """Return the variation of the two headline scores; nothing with one seed."""
    variations = []
    for benchmark, column, label in (
        ("mmbench", protocol, "MMBench"),
        ("textvqa", TEXT_PROTOCOL, "TextVQA"),
    ):
        scores = picture_scores(items, benchmark, column)
        components = variance_components(scores)
        if components.seeds < 2:
            return []
        points = []
        for seeds in sorted({*SEED_COUNTS, components.seeds}):
            points.append((seeds, 100 * minimum_detectable_difference(components, seeds)))
        shares = components.shares()
        variations.append(
            Variation(
                label=label,
                sentence=detectable(components),
                seed=100 * shares["seed"],
                item=100 * shares["item"],
                rest=100 * shares["rest"],
                detectable=tuple(points),
                for_one_point=seeds_needed(components, ONE_POINT),
            )
        )
    return variations
