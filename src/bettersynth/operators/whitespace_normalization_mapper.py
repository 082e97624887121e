"""Strip texts and write every kind of space as a plain one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Source: Data-Juicer's list. Line ends stay.
_SPACES = (
    "\t"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"  # of given widths
    "\u00a0\u202f\u205f\u3000"  # no-break, mathematical, ideographic
    "\u200b\u200c\u200d\u2060"  # of no width, joiners too
    "\ufffc\u0084"
)
_TABLE = str.maketrans(dict.fromkeys(_SPACES, " "))


@dataclass(frozen=True)
class Settings:
    """Nothing can be set."""


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the stripped texts with plain spaces only."""
    return [text.strip().translate(_TABLE) for text in texts]
