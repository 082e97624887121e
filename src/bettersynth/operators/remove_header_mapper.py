"""Remove what stands before the first heading of LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NAMES = "chapter|part|section|subsection|subsubsection|paragraph|subparagraph"
# \section{Title}, perhaps with a star, perhaps with a short title in brackets
_HEADING = re.compile(rf"\\\b(?:{_NAMES})\b\*?(?:\[.*?\])?\{{.*?\}}", re.DOTALL)


@dataclass(frozen=True)
class Settings:
    """`drop_no_head` empties texts without any heading; otherwise they stay."""

    drop_no_head: bool = True


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts from their first heading on."""
    cut = []
    for text in texts:
        heading = _HEADING.search(text)
        if heading:
            cut.append(text[heading.start() :])
        else:
            cut.append("" if settings.drop_no_head else text)
    return cut
