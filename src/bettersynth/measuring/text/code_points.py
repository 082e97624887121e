"""Counting characters of many texts at once: all code points in one array."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

# Code points below are looked up in a table, the few different ones above are asked one by one.
_LATIN = 0x250


def code_points(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the code points of all texts, uint32 `[characters]`.

    Beside them, where each text ends, int64 `[texts]`.
    """
    lengths = np.array(list(map(len, texts)), dtype=np.int64)
    ends = np.cumsum(lengths)
    # a text from JSON may hold half of a surrogate pair, which is no code point to be encoded
    encoded = "".join(texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(encoded, dtype=np.uint32), ends


@functools.lru_cache(maxsize=16)
def _table(member: Callable[[str], bool]) -> np.ndarray:
    """Return bool `[_LATIN]`: which of the first code points `member` accepts."""
    return np.array([member(chr(code)) for code in range(_LATIN)], dtype=bool)


def members(codes: np.ndarray, member: Callable[[str], bool]) -> np.ndarray:
    """Return bool `[characters]`: which code points are characters that `member` accepts.

    `codes` is uint32 `[characters]`.
    """
    latin = codes < _LATIN
    if latin.all():
        return _table(member)[codes]
    flags = np.empty(len(codes), dtype=bool)
    flags[latin] = _table(member)[codes[latin]]
    different, place = np.unique(codes[~latin], return_inverse=True)
    accepted = np.array([member(chr(code)) for code in different], dtype=bool)
    flags[~latin] = accepted[place]
    return flags


def counts(flags: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return int64 `[texts]`: how many flags of each text are set.

    `flags` is bool `[characters]`, `ends` int64 `[texts]` as of `code_points`.
    """
    # each character, and the end
    set_before = np.concatenate([[0], np.cumsum(flags)])
    borders = np.concatenate([[0], ends])
    return np.diff(set_before[borders])


def shares(texts: Sequence[str], member: Callable[[str], bool]) -> list[float]:
    """Return the share of characters in each text that `member` accepts, 0.0 for an empty text."""
    codes, ends = code_points(texts)
    accepted = counts(members(codes, member), ends)
    lengths = np.diff(ends, prepend=0)
    return (accepted / np.maximum(lengths, 1)).tolist()
