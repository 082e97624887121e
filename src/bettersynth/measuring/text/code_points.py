"""Counting characters of many texts at once: all code points in one array, looked up in a table of members."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

_LATIN = 0x250  # code points below are looked up in a table, the few different ones above are asked one by one


def code_points(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the code points of all texts, uint32 `[characters]`, and where each text ends, int64 `[texts]`."""
    ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)))
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32), ends


@functools.lru_cache(maxsize=16)
def _table(member: Callable[[str], bool]) -> np.ndarray:
    return np.fromiter((member(chr(code)) for code in range(_LATIN)), dtype=bool, count=_LATIN)


def members(codes: np.ndarray, member: Callable[[str], bool]) -> np.ndarray:
    """Return bool `[characters]`: which code points are characters that `member` accepts."""
    latin = codes < _LATIN
    if latin.all():
        return _table(member)[codes]
    flags = np.empty(len(codes), dtype=bool)
    flags[latin] = _table(member)[codes[latin]]
    different, place = np.unique(codes[~latin], return_inverse=True)
    flags[~latin] = np.fromiter(
        (member(chr(code)) for code in different), dtype=bool, count=len(different)
    )[place]
    return flags


def counts(flags: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return int64 `[texts]`: how many flags of each text are set."""
    before = np.concatenate([[0], np.cumsum(flags)])[np.concatenate([[0], ends])]
    return np.diff(before)


def shares(texts: Sequence[str], member: Callable[[str], bool]) -> list[float]:
    """Return the share of characters in each text that `member` accepts, 0.0 for an empty text."""
    codes, ends = code_points(texts)
    found = counts(members(codes, member), ends)
    return (found / np.maximum(np.diff(ends, prepend=0), 1)).tolist()
