"""Keep the samples whose value of a field is among given tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bettersynth.measuring.field_values import require_plain


@dataclass(frozen=True)
class Settings:
    """`target_tags` are compared as they are: the text "1" is not the number 1."""

    field_key: str = ""
    target_tags: tuple[Any, ...] = ()


def field(settings: Settings) -> str:
    """Return the dot path of the field that is compared."""
    return settings.field_key


def select(values: Sequence[Any], settings: Settings) -> list[int]:
    """Return positions in order; all of them without a field or where there is one sample at most.

    Raises:
        UserError: a value is neither text, number nor null.
    """
    if len(values) <= 1 or not settings.field_key:
        return list(range(len(values)))
    require_plain(values, "tags_specified_field_selector", settings.field_key)
    return [position for position, value in enumerate(values) if value in settings.target_tags]
