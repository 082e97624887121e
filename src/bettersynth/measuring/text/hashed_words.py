"""Words as numbers: Spark's Tokenizer and HashingTF, which GPT-3's quality classifier reads by.

Source: Apache Spark 3, ml.feature.Tokenizer and ml.feature.HashingTF (murmur3_x86_32 of the word's
UTF-8, seed 42, modulo the number of features). Spark 2 hashed the last bytes of a word otherwise.
"""

from __future__ import annotations

import functools
import re

SEED = 42
# Java's \s, which has fewer marks than Python's
BLANK = re.compile("[ \t\n\x0b\f\r]")


def spark_words(text: str) -> list[str]:
    """Return the lower-cased parts between single blanks, as Spark's Tokenizer.

    Two blanks have an empty word between them; those at the end of a text are dropped.
    """
    words = BLANK.split(text.lower())
    # Java drops empty words at the end, but never the only one
    while len(words) > 1 and not words[-1]:
        words.pop()
    return [] if words == [""] and text else words


@functools.lru_cache(maxsize=2**18)
def feature_of(word: str, features: int) -> int:
    """Return the feature, 0 to `features` - 1, that counts a word, as Spark's HashingTF."""
    from sklearn.utils import murmurhash3_32

    return int(murmurhash3_32(word.encode(), SEED)) % features
