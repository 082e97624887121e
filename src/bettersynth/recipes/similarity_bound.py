"""The image-text similarity that an experiment is known by, as its settings say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bettersynth.recipes.filter_section import OWN_BOUND, SIMILARITY_OPERATOR
from bettersynth.recipes.lines import stat_of_label


def similarity_bound(params: Mapping[str, Any]) -> float | None:
    """Return the similarity below which the recipe of an experiment's `params` drops.

    None if no line goes by similarity, or if its bound is refined by the pool. `filter.threshold`
    alone says nothing: controls without a rule have one too.
    """
    section = params.get("filter") or {}
    if (section.get("refine") or {}).get("rule"):
        return None
    for line in section.get("recipe") or []:
        for label, given in line.items():
            given = given or {}
            if stat_of_label(label) == SIMILARITY_OPERATOR and "min_score" in given:
                return float(given["min_score"])
            own = OWN_BOUND.search(str(given.get("filter_condition", "")))
            if own:
                return float(own[1])
    return None
