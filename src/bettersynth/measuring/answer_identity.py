"""What kept answers of trained models are known by; light, for those who only list the cache."""

from __future__ import annotations

from bettersynth.data.files.code_digest import code_digest

# goes up when the same question gets another answer than before
VERSION = 1
# what `bettersynth cache` lists answers under
CACHE_NAME = "predict"


def answers_code() -> str:
    """Return the digest of the code that answers."""
    return code_digest("bettersynth.models.answering.asked_model")
