"""Replacing what a pattern matches, for the mappers whose pattern a recipe may change."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from bettersynth.errors import UserError
from bettersynth.measuring.text.user_patterns import compile_pattern, substitute


def compiled(pattern: str) -> regex.Pattern[str]:
    """Return the compiled pattern, `.` matching line ends too.

    A pattern written as a Python raw string (r'...') is unwrapped, as Data-Juicer's recipes have
    them.

    Raises:
        UserError: not a pattern.
    """
    is_raw_string = pattern[:2] in ("r'", 'r"') and pattern[-1] == pattern[1]
    if is_raw_string and len(pattern) > 2:
        pattern = pattern[2:-1]
    return compile_pattern(pattern, flags=regex.DOTALL)


def replace(texts: Sequence[str], pattern: str, replacement: str = "") -> list[str]:
    r"""Return the texts with every match of `pattern` replaced.

    Raises:
        UserError: not a pattern, one that takes too long, or a replacement that names a group
            (`\1`) that it has not.
    """
    matcher = compiled(pattern)
    try:
        return [substitute(matcher, replacement, text) for text in texts]
    except (regex.error, IndexError) as error:
        raise UserError(
            f"repl {replacement!r} does not go with the pattern {pattern!r}: {error}"
        ) from None
