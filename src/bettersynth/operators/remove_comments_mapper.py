"""Remove comments from LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# the character before: an escaped sign is no comment
_INLINE = re.compile(r"[^\\]%.+$", re.MULTILINE)
_WHOLE_LINE = re.compile(r"^%.*\n?", re.MULTILINE)


@dataclass(frozen=True)
class Settings:
    """`inline` removes comments behind text, `multiline` lines of comment.

    The character before the sign goes too, as in Data-Juicer, even if it is a line end.
    """

    doc_type: Literal["tex"] | tuple[str, ...] = "tex"
    inline: bool = True
    multiline: bool = True


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts without comments; a percent sign after a backslash is none."""
    cleaned = list(texts)
    if settings.inline:
        cleaned = [_INLINE.sub("", text) for text in cleaned]
    if settings.multiline:
        cleaned = [_WHOLE_LINE.sub("", text) for text in cleaned]
    return cleaned
