"""Remove tables written as plain text: consecutive lines with the same number of columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bettersynth.errors import UserError


@dataclass(frozen=True)
class Settings:
    """Columns a table may have; both are between 2 and 20."""

    min_col: int = 2
    max_col: int = 20

    def __post_init__(self) -> None:
        if not 2 <= self.min_col <= self.max_col <= 20:
            raise UserError(
                f"remove_table_text_mapper: min_col {self.min_col} and max_col "
                f"{self.max_col} must be between 2 and 20"
            )


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without runs of at least two lines of equally many words.

    Words are separated by one space, tab or bar. The first line of a text always stays.
    """
    cleaned = list(texts)
    for columns in range(settings.min_col, settings.max_col + 1):
        # a separator may be part of a word, as in Data-Juicer: a bar is both
        row = re.compile(rf"(?<=\n)(?:\S+?(?:[ |\t]\S+?){{{columns - 1}}}\n+){{2,}}")
        cleaned = [row.sub("", text) for text in cleaned]
    return cleaned
