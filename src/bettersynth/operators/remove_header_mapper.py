"""Remove what stands before the first heading of LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HEADING = re.compile(
    r"\\\b(?:chapter|part|section|subsection|subsubsection|paragraph|subparagraph)\b\*?(?:\[.*?\])?\{.*?\}",
    re.DOTALL,
)


@dataclass(frozen=True)
class Settings:
    """`drop_no_head` empties texts without any heading; otherwise they stay."""

    drop_no_head: bool = True


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts from their first heading on."""
    found = []
    for text in texts:
        heading = _HEADING.search(text)
        found.append(text[heading.start() :] if heading else "" if settings.drop_no_head else text)
    return found
