"""Tokenizers by folder or hub name, loaded once a process."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from bettersynth.models.weights.hub import loading


@functools.lru_cache(maxsize=4)
def load_tokenizer(name: str) -> Any:
    """Return the tokenizer of a local folder or hub model.

    Raises:
        UserError: it is neither on this disk nor can it be fetched.
    """
    from transformers import AutoTokenizer

    with loading(f"the tokenizer {name}", name):
        return AutoTokenizer.from_pretrained(name)


def token_counts(tokenizer: Any, texts: Sequence[str]) -> list[int]:
    """Return the number of tokens of each text, without special tokens."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False, verbose=False)
    return list(map(len, encoded["input_ids"]))
