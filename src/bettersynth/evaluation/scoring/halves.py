"""The items of a benchmark in two halves: one that a search may see, and one that it may not.

Whoever picks the best of many recipes by a score picks its luck too. The luck is left behind in the
half that was looked at: the other half scores the winner as if it had never been compared.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from bettersynth.data.tables.items import completed
from bettersynth.evaluation.scoring.baseline_scores import Baseline
from bettersynth.evaluation.scoring.headline import answer_scores
from bettersynth.evaluation.scoring.item_scores import scores_of_rows
from bettersynth.settings.score import ScoreSettings

Half = Literal["seen", "unseen"]
SPLIT_SEED = 0


def items_of_half(items: pa.Table, half: Half, seed: int = SPLIT_SEED) -> pa.Table:
    """Return the rows of one half, in their order.

    Pictures are parted, and never the questions on one. Of each score (`scores_of_rows`) the
    `seen` half has as many pictures as the other, or one more. The same pictures fall into the same
    half whatever the recipe, the training seeds and the order of the rows.
    """
    items = completed(items)
    scores = scores_of_rows(items)
    # an item that names no picture has one of its own
    pictures = []
    for picture, item in zip(items["picture"].to_pylist(), items["item"].to_pylist(), strict=True):
        pictures.append(item if picture is None else picture)
    rows = list(zip(scores, pictures, strict=True))
    seen: set[tuple[str, str]] = set()
    for score in sorted(set(scores)):
        names = sorted({picture for name, picture in rows if name == score})
        seen |= {(score, picture) for picture in _seen_pictures(score, names, seed)}
    is_wanted = [(row in seen) == (half == "seen") for row in rows]
    return items.filter(pa.array(is_wanted, pa.bool_()))


def _seen_pictures(score: str, names: Sequence[str], seed: int) -> list[str]:
    rng = np.random.default_rng([seed, zlib.crc32(f"halves of {score}".encode())])
    order = rng.permutation(len(names))
    return [names[place] for place in order[: (len(names) + 1) // 2]]


def half_scores(
    items: pa.Table,
    half: Half,
    settings: ScoreSettings,
    baseline: Baseline | None,
    seed: int = SPLIT_SEED,
) -> dict[str, Any]:
    """Return the scores and intervals of one half, under the names that score.json has."""
    return answer_scores(items_of_half(items, half, seed), settings, baseline)
