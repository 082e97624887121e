"""Keep the samples with the largest (or smallest) values of a field."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bettersynth.errors import UserError
from bettersynth.measuring.field_values import rank_number, ranked, smaller_size


@dataclass(frozen=True)
class Settings:
    """`top_ratio` of the samples and `topk` samples: the smaller of the two.

    `reverse: false` takes the smallest values.
    """

    field_key: str = ""
    top_ratio: float | None = None
    topk: int | None = None
    reverse: bool = True
    compat: Literal["", "data_juicer"] = ""


def field(settings: Settings) -> str:
    """Return the dot path of the field that is compared."""
    return settings.field_key


def ranks_numbers(settings: Settings) -> bool:
    """Whether rows are ranked by their numbers; Data-Juicer sorts the text of a plain field."""
    asks_for_fewer = bool(settings.top_ratio or settings.topk)
    return bool(settings.field_key) and asks_for_fewer and settings.compat != "data_juicer"


def select(values: Sequence[Any], settings: Settings) -> list[int]:
    """Return positions in sorted order, equal values by position.

    A list counts by its mean, what has no number comes last. All positions, in order, where no
    setting asks for fewer or there is one sample at most. Under `compat: data_juicer` a field that
    is not nested is compared as it is, text as text.

    Raises:
        UserError: values that cannot be compared as they are.
    """
    size = smaller_size(settings.top_ratio, settings.topk, len(values))
    if len(values) <= 1 or not settings.field_key or size is None:
        return list(range(len(values)))
    # Data-Juicer turns values into numbers for nested fields alone
    if settings.compat != "data_juicer" or "." in settings.field_key:
        last = -sys.maxsize if settings.reverse else sys.maxsize
        values = [rank_number(value, last, settings.compat) for value in values]
    try:
        return ranked(values, settings.reverse, size)
    except TypeError as error:
        raise UserError(
            f"topk_specified_field_selector: the values of {settings.field_key} cannot be compared "
            f"as they are, which `compat: data_juicer` does: {error}"
        ) from None
