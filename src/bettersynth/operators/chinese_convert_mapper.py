"""Convert between simplified, traditional and regional Chinese characters, by OpenCC."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Settings:
    """`mode` is FROM2TO: s simplified, t traditional, hk Hong Kong, jp Japanese kanji.

    tw is Taiwan, with a p behind it also Taiwan's idioms.
    """

    mode: Literal[
        "s2t",
        "t2s",
        "s2tw",
        "tw2s",
        "s2hk",
        "hk2s",
        "s2twp",
        "tw2sp",
        "t2tw",
        "tw2t",
        "hk2t",
        "t2hk",
        "t2jp",
        "jp2t",
    ] = "s2t"


def rewrite(texts: Sequence[str], settings: Settings) -> list[str]:
    """Return the texts in the other characters."""
    converter = _converter(settings.mode)
    return [converter.convert(text) for text in texts]


@functools.lru_cache(maxsize=4)
def _converter(mode: str) -> Any:
    # here: only this operator needs it
    from opencc import OpenCC

    return OpenCC(mode)
