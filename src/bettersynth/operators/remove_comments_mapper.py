"""Remove comments from LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_INLINE = re.compile(r"[^\\]%.+$", re.MULTILINE)
_WHOLE_LINE = re.compile(r"^%.*\n?", re.MULTILINE)


@dataclass(frozen=True)
class Settings:
    """`inline` removes comments behind text (with the character before the sign, as Data-Juicer does), `multiline` lines of comment."""

    doc_type: Literal["tex"] | tuple[str, ...] = "tex"
    inline: bool = True
    multiline: bool = True


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without comments; a percent sign after a backslash is none."""
    found = list(texts)
    if settings.inline:
        found = [_INLINE.sub("", text) for text in found]
    if settings.multiline:
        found = [_WHOLE_LINE.sub("", text) for text in found]
    return found
