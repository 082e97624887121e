"""Keep the samples with the largest weighted sum of several values, each on one scale.

A value counts by how many standard deviations it lies from the mean of the samples that are left,
so that a similarity around .3 and a matching score around .9 can be added. It is ours:
Data-Juicer has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bettersynth.errors import UserError
from bettersynth.measuring.field_values import as_number, ranked, smaller_size


@dataclass(frozen=True)
class Settings:
    """`weights` by field, such as `{__dj__stats__.image_text_similarity: 0.5}`.

    Kept are `top_ratio` of the samples and `topk` samples: the smaller of the two.
    """

    weights: dict[str, float] = field(default_factory=dict)
    top_ratio: float | None = None
    topk: int | None = None

    def __post_init__(self) -> None:
        if self.weights and not any(self.weights.values()):
            raise UserError("weighted_sum_selector: weights are all 0")
        if self.weights and self.top_ratio is None and self.topk is None:
            raise UserError("weighted_sum_selector: say how many to keep: topk or top_ratio")
        for setting in ("top_ratio", "topk"):
            value = getattr(self, setting)
            if value is not None and value <= 0:
                raise UserError(f"weighted_sum_selector: {setting} is {value}; it must be above 0")


def fields(settings: Settings) -> list[str]:
    """Return the paths of the fields that are weighed.

    Raises:
        UserError: none is named.
    """
    if not settings.weights:
        raise UserError(
            "weighted_sum_selector: weights names no field, such as "
            "{__dj__stats__.image_text_similarity: 1.0}"
        )
    return list(settings.weights)


def ranks_numbers(settings: Settings) -> bool:
    """Whether rows are ranked by their numbers: always."""
    return True


def select(values: Sequence[Any], settings: Settings) -> list[int]:
    """Return the positions kept, in the samples' order.

    `values` holds one value a sample, or a tuple of them where several fields are weighed. Of equal
    sums the first sample is kept; one that lacks a value comes after all others.
    """
    size = smaller_size(settings.top_ratio, settings.topk, len(values))
    sums = weighted_sums(values, list(settings.weights.values()))
    lowest_first = [-np.inf if np.isnan(number) else number for number in sums.tolist()]
    return sorted(ranked(lowest_first, descending=True, size=size or 0))


def weighted_sums(values: Sequence[Any], weights: Sequence[float]) -> np.ndarray:
    """Return the weighted sum of z-scores, float64 `[samples]`, NaN where a value is missing.

    Mean and standard deviation are the population's, over the samples that have a finite value. A
    value that does not vary adds nothing.
    """
    sums = np.zeros(len(values))
    for place, weight in enumerate(weights):
        column = [row[place] for row in values] if len(weights) > 1 else values
        numbers = np.array([as_number(value, np.nan) for value in column], dtype=np.float64)
        finite = numbers[np.isfinite(numbers)]
        centre = finite.mean() if len(finite) else 0.0
        spread = finite.std() if len(finite) else 0.0
        z_scores = (numbers - centre) / spread if spread else numbers * 0.0
        sums += weight * z_scores
    return sums
