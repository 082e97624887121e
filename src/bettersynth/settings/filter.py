"""The section `filter` of `params.yaml`: the recipe that decides over measured samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bettersynth.settings.refine import RefineSettings


@dataclass(frozen=True, kw_only=True)
class FilterSettings:
    """`recipe`: operators with their deciding settings, in order; `threshold` is the similarity
    bound that the conf puts into it.

    Two controls for experiments: `control: random` counts what the recipe keeps and draws as many
    from the whole pool; `oracle` first drops the planted mismatches, which no recipe can see.
    `refine` moves the recipe's bounds to the pool's own values.
    """

    threshold: float | None
    recipe: list[Any]
    control: Literal["", "random"]
    oracle: bool
    seed: int
    refine: RefineSettings
