r"""Regular expressions that a recipe may hold, ended where one would run over a text for hours.

Of the `regex` module, which Data-Juicer reads most of them with: it knows \p{Han}, and a limit.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

import regex

from bettersynth.errors import UserError

# for one text; a sound pattern takes microseconds
LONGEST_SECONDS = 10


@functools.lru_cache(maxsize=64)
def compile_pattern(pattern: str, where: str = "pattern", flags: int = 0) -> regex.Pattern[str]:
    """Return the compiled pattern; `where` is the setting that holds it.

    Raises:
        UserError: not a pattern.
    """
    try:
        return regex.compile(pattern, flags)
    except regex.error as error:
        raise UserError(f"{where} {pattern!r} is not a regular expression: {error}") from None


def substitute(matcher: regex.Pattern[str], replacement: str, text: str) -> str:
    r"""Return the text with every match replaced.

    Raises:
        UserError: it would take more than `LONGEST_SECONDS`.
        regex.error, IndexError: `replacement` names a group (`\1`) that the pattern has not.
    """
    with _in_time(matcher, text):
        return matcher.sub(replacement, text, timeout=LONGEST_SECONDS)


def find_all(matcher: regex.Pattern[str], text: str) -> list[regex.Match[str]]:
    """Return all matches in a text.

    Raises:
        UserError: it would take more than `LONGEST_SECONDS`.
    """
    with _in_time(matcher, text):
        return list(matcher.finditer(text, timeout=LONGEST_SECONDS))


def match_at_start(matcher: regex.Pattern[str], text: str) -> regex.Match[str] | None:
    """Return the match at the start of a text, None where there is none.

    Raises:
        UserError: it would take more than `LONGEST_SECONDS`.
    """
    with _in_time(matcher, text):
        return matcher.match(text, timeout=LONGEST_SECONDS)


@contextlib.contextmanager
def _in_time(matcher: regex.Pattern[str], text: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        start = text[:40]
        raise UserError(
            f"the pattern {matcher.pattern!r} takes more than {LONGEST_SECONDS} s on one text "
            f"({len(text):,} characters: {start!r}...); a repeat within a repeat does, such as "
            "(a+)+: write it without"
        ) from None
