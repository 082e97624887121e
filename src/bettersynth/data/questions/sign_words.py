"""The words that sign boards carry: some are the benchmark's, the others the instruction data's."""

from __future__ import annotations

import zlib
from functools import lru_cache
from importlib import resources

# one word in three belongs to the benchmark's boards
BENCHMARK_WORD_MODULUS = 3


@lru_cache(maxsize=1)
def sign_words() -> tuple[str, ...]:
    """Return all words that a sign may carry: lower case, sorted, 3 to 9 letters."""
    folder = resources.files("bettersynth.data.questions")
    return tuple(folder.joinpath("sign_words.txt").read_text(encoding="utf-8").split())


def benchmark_words() -> tuple[str, ...]:
    """Return the words of the benchmark's boards.

    No instruction board carries one, so that reading them is not recalling them.
    """
    return tuple(word for word in sign_words() if _is_benchmark_word(word))


def instruction_words() -> tuple[str, ...]:
    """Return the words of the instruction data's boards: all that are not the benchmark's."""
    return tuple(word for word in sign_words() if not _is_benchmark_word(word))


def _is_benchmark_word(word: str) -> bool:
    return zlib.crc32(word.encode()) % BENCHMARK_WORD_MODULUS == 0
