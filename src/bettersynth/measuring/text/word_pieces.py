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
        UserError: no file is named, it does not exist, or is none of SentencePiece's.
    """
    if not model:
        raise UserError(
            "tokenization: true needs the file of a SentencePiece model in the setting tokenizer"
        )
    if not Path(model).is_file():
        raise UserError(f"the SentencePiece model {model} does not exist")
    from sentencepiece import SentencePieceProcessor

    try:
        processor = SentencePieceProcessor(model_file=model)
    # what it says of another file names a place in its own code
    except (RuntimeError, OSError):
        raise UserError(f"{model} is no SentencePiece model") from None
    return lambda text: processor.encode(text, out_type=str)
