"""What rows bring along from an earlier run: stats, and hashes of deduplicators.

They are a user's file as any other field, and so are looked at before they are counted with.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from bettersynth.data.samples.sample_rows import STATS_FIELD
from bettersynth.errors import UserError
from bettersynth.measuring.measured import Measured
from bettersynth.measuring.protocols import Values
from bettersynth.recipes.lines import Line
from bettersynth.recipes.verdicts import keeps

HASH_FIELDS = ("__dj__hash", "__dj__minhash", "__dj__simhash", "__dj__imagehash", "__dj__embedding")
# of a value in a message
SHOWN_CHARACTERS = 80
# what operators raise on values that are none of theirs, such as a text in the place of a number
_NOT_THEIRS = (TypeError, ValueError, ArithmeticError, LookupError)


def take_stats(row: dict[str, Any], where: str) -> dict[str, Any] | None:
    """Take the stats out of a row and return them, None where it has none; null is none.

    Raises:
        UserError: they are no mapping.
    """
    stats = row.pop(STATS_FIELD, None)
    if stats is not None and not isinstance(stats, dict):
        raise UserError(f"{where}: {STATS_FIELD} must be names with values, not {_shown(stats)}")
    return stats


def take_hashes(row: dict[str, Any]) -> dict[str, Any]:
    """Take the hashes out of a row and return them by their fields."""
    return {key: row.pop(key) for key in HASH_FIELDS if key in row}


def known_values(
    line: Line, carriers: Sequence[dict[str, Any]], places: Sequence[str]
) -> Measured | None:
    """Return the values of a line that all rows carry already, None where some must be measured.

    `carriers` holds the stats or hashes of each row, `places` where it stands. Data-Juicer takes
    them whatever settings they were measured with.

    Raises:
        UserError: the line cannot judge a row by what it carries.
    """
    names: list[str] = []
    for name in line.operator.STATS:
        if all(name in carrier for carrier in carriers):
            names.append(name)
    if not carriers or not names or names[0] != line.operator.STATS[0]:
        return None
    values: Values = {}
    for name in names:
        values[name] = [carrier[name] for carrier in carriers]
    if line.sees_all:
        _require_hashes(values, places)
    else:
        _require_judged(line, values, places)
    return Measured(values, list(range(len(places))))


def _require_hashes(values: Values, places: Sequence[str]) -> None:
    for field, column in values.items():
        for place, value in zip(places, column, strict=True):
            if wanted := _lacks(field, value):
                raise UserError(f"{place}: {field} must be {wanted}, not {_shown(value)}")


def _lacks(field: str, value: Any) -> str:
    """Return what the hash in a field must be, "" if the value is that."""
    if field == "__dj__minhash":
        is_list = isinstance(value, list) and value and all(isinstance(x, str) for x in value)
        return "" if is_list else "a list of texts"
    if not isinstance(value, str):
        return "text"
    if field == "__dj__simhash":
        is_word = value.isascii() and value.isdecimal() and len(value) <= 20 and int(value) < 2**64
        return "" if is_word else "a whole number of 64 bits as text"
    if field == "__dj__embedding":
        return "" if _is_embedding(value) else "float16 numbers in base64"
    return ""


def _is_embedding(value: str) -> bool:
    try:
        # two bytes a number
        return len(base64.b64decode(value, validate=True)) % 2 == 0
    except (binascii.Error, ValueError):
        return False


def _require_judged(line: Line, values: Values, places: Sequence[str]) -> None:
    try:
        keeps(line, values, len(places))
    except _NOT_THEIRS as error:
        row = _first_not_judged(line, values, len(places))
        found: list[str] = []
        for name, column in values.items():
            found.append(f"{STATS_FIELD}.{name} {_shown(column[row])}")
        raise UserError(
            f"{places[row]}: {line.label} cannot use the row's own {', '.join(found)} ({error})"
        ) from None


def _first_not_judged(line: Line, values: Values, rows: int) -> int:
    """Return the first row that the line cannot judge alone, 0 if it is none of them."""
    for row in range(rows):
        try:
            keeps(line, {name: [column[row]] for name, column in values.items()}, 1)
        except _NOT_THEIRS:
            return row
    return 0


def _shown(value: Any) -> str:
    return repr(value)[:SHOWN_CHARACTERS]
