"""Special tokens outlive every text mapper: without one, a row's picture has no place any more.

A mapper sees the whole text first, so that what it does is what it does alone. Only where a token
is gone or changed afterwards does it get the text again with the tokens hidden.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from bettersynth.data.samples.batch import Tokens
from bettersynth.data.samples.text_form import OTHER_TOKENS

Rewrite = Callable[[Sequence[str]], list[str]]

# Private characters, one for each token of a text: no mapper takes one for a letter or a mark, and
# no two are equal, so that none counts as a repeated sentence
FIRST_HIDDEN = 0xF0000
# how many there are
HIDDEN = 0xFFFE


def rewrite_words(rewrite: Rewrite, texts: Sequence[str], tokens: Tokens) -> list[str]:
    """Return what `rewrite` makes of texts, with the special tokens of each as they were."""
    special = re.compile("|".join(map(re.escape, (tokens.image, tokens.eoc, *OTHER_TOKENS))))
    rewritten = rewrite(texts)
    for position, (before, after) in enumerate(zip(texts, rewritten, strict=True)):
        if before == after:
            continue
        found = special.findall(before)
        if special.findall(after) != found:
            rewritten[position] = _with_tokens_hidden(rewrite, before, special, found)
    return rewritten


def _with_tokens_hidden(
    rewrite: Rewrite, text: str, special: re.Pattern[str], found: Sequence[str]
) -> str:
    """Return the rewritten text; `found` are its tokens in order."""
    parts = special.split(text)
    hidden = [chr(FIRST_HIDDEN + number) for number in range(len(found))]
    if len(found) > HIDDEN or any(FIRST_HIDDEN <= ord(char) for char in text):
        return _by_parts(rewrite, parts, found)
    masked = "".join(itertools.chain(*zip(parts, [*hidden, ""], strict=True)))
    (after,) = rewrite([masked])
    if [char for char in after if ord(char) >= FIRST_HIDDEN] != hidden:
        restored = _put_back(masked, after, hidden)
        if restored is None:
            return _by_parts(rewrite, parts, found)
        after = restored
    for char, token in zip(hidden, found, strict=True):
        after = after.replace(char, token)
    return after


def _put_back(masked: str, after: str, hidden: Sequence[str]) -> str | None:
    """Return `after` with the hidden characters that it lost, each where `masked` has it.

    The white space beside one comes back too. None where a mapper did more than remove: its text
    is no part of the old one, so that no place can be told.
    """
    lost = [char for char in hidden if char not in after]
    if not lost:
        return None
    # places in `masked`
    kept: set[int] = set()
    for found in re.finditer(rf"\s*[{''.join(lost)}]\s*", masked):
        kept.update(range(*found.span()))
    restored: list[str] = []
    # how much of `after` stands in `restored`
    at = 0
    for place, char in enumerate(masked):
        if at < len(after) and after[at] == char:
            at += 1
        elif place not in kept:
            continue
        restored.append(char)
    return "".join(restored) if at == len(after) else None


def _by_parts(rewrite: Rewrite, parts: Sequence[str], found: Sequence[str]) -> str:
    """Return the text of parts that are rewritten one by one, white space at their ends kept."""
    written: list[str] = []
    for part, token in zip(parts, [*found, ""], strict=True):
        words = part.strip()
        if words:
            (after,) = rewrite([words])
            start = part.index(words)
            part = part[:start] + after + part[start + len(words) :]
        written.append(part + token)
    return "".join(written)
