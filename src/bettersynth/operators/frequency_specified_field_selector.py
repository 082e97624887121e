"""Keep the samples whose value of a field is among the most (or least) frequent ones."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bettersynth.measuring.field_values import require_plain, smaller_size


@dataclass(frozen=True)
class Settings:
    """`top_ratio` of the different values and `topk` values: the smaller of the two.

    `reverse: false` takes the rarest.
    """

    field_key: str = ""
    top_ratio: float | None = None
    topk: int | None = None
    reverse: bool = True


def field(settings: Settings) -> str:
    """Return the dot path of the field that is compared."""
    return settings.field_key


def select(values: Sequence[Any], settings: Settings) -> list[int]:
    """Return positions grouped by value, equally frequent values by first appearance.

    All of them, in order, where no setting asks for fewer.

    Raises:
        UserError: a value is neither text, number nor null.
    """
    if len(values) <= 1 or not settings.field_key:
        return list(range(len(values)))
    require_plain(values, "frequency_specified_field_selector", settings.field_key)
    groups: dict[Any, list[int]] = {}
    for position, value in enumerate(values):
        groups.setdefault(value, []).append(position)
    size = smaller_size(settings.top_ratio, settings.topk, len(groups))
    if size is None:
        return list(range(len(values)))
    # sorted is stable, also in reverse: equally frequent values by first appearance
    by_size = sorted(groups.values(), key=len, reverse=settings.reverse)
    return list(itertools.chain.from_iterable(by_size[:size]))
