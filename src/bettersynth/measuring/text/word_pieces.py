"""SentencePiece models given by file, for the operators that can count pieces in place of words."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

from bettersynth.errors import UserError


@functools.lru_cache(maxsize=4)
def split_pieces(model: str) -> Callable[[str], list[str]]:
    """Return the function that splits a text into the pieces of a SentencePiece `model` file.

    Raises:
        UserError: no file is named, or it does not exist.
    """
    if not model:
        raise UserError(
            "tokenization: true needs the file of a SentencePiece model in the setting tokenizer"
        )
    if not Path(model).is_file():
        raise UserError(f"the SentencePiece model {model} does not exist")
    from sentencepiece import SentencePieceProcessor

    processor = SentencePieceProcessor(model_file=model)
    return lambda text: processor.encode(text, out_type=str)
