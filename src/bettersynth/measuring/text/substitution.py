"""Replacing what a pattern matches, for the mappers whose pattern a recipe may change."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from bettersynth.errors import UserError


@functools.lru_cache(maxsize=32)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern, `.` matching line ends too.

    A pattern written as a Python raw string (r'...') is unwrapped, as Data-Juicer's recipes have
    them.

    Raises:
        UserError: not a pattern.
    """
    is_raw_string = pattern[:2] in ("r'", 'r"') and pattern[-1] == pattern[1]
    if is_raw_string and len(pattern) > 2:
        pattern = pattern[2:-1]
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise UserError(f"pattern {pattern!r} is not a regular expression: {error}") from None


def replace(texts: Sequence[str], pattern: str, replacement: str = "") -> list[str]:
    """Return the texts with every match of `pattern` replaced."""
    matcher = compiled(pattern)
    return [matcher.sub(replacement, text) for text in texts]
