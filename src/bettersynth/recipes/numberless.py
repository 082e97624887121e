"""Rows that a selector ranks although they have no number: they come last, and so are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bettersynth.errors import UserError
from bettersynth.measuring.field_values import has_number
from bettersynth.recipes.lines import Line

# by row, the values of the fields that a selector compares
Compared = Sequence[tuple[Any, ...]]


def without_number(line: Line, compared: Compared) -> list[int]:
    """Return the positions of rows that a selector ranks without a number in each of its fields.

    There are none for lines that rank nothing, and under `compat: data_juicer`, which sorts text.
    """
    if not _ranks_numbers(line):
        return []
    return [position for position, values in enumerate(compared) if not _is_ranked(values)]


def require_some_number(line: Line, compared: Compared) -> None:
    """Pass if a selector that ranks rows has a number of one of them at least, or no row at all.

    Raises:
        UserError: it would take the first rows as they come.
    """
    if compared and _ranks_numbers(line) and not any(map(_is_ranked, compared)):
        fields = " and ".join(line.compared_fields)
        raise UserError(
            f"{line.label}: none of {len(compared):,} rows has a number in {fields}, such as "
            f"{compared[0][0]!r:.80}; name a field of numbers"
        )


def _ranks_numbers(line: Line) -> bool:
    ranks = getattr(line.operator, "ranks_numbers", None)
    return ranks is not None and ranks(line.deciding)


def _is_ranked(values: tuple[Any, ...]) -> bool:
    return all(map(has_number, values))
