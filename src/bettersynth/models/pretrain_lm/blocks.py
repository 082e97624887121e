"""Documents as one long row of tokens on disk, and its cut into blocks of equal length.

Files may be larger than memory.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch.utils.data import Dataset
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from bettersynth.errors import UserError
from bettersynth.models.pretrain_lm.documents import parts_of, read_documents
from bettersynth.settings.pretrain_lm import TextSettings

# documents tokenised at a time
BATCH = 512
# vocabularies of 256,000 do not fit 16 bits
TOKEN = np.uint32


def is_held_out(text: str, share: float) -> bool:
    """Return whether a document belongs to the held-out part.

    Equal texts always fall on the same side.
    """
    # by the text itself: the split survives new files and another order
    return zlib.crc32(text.encode()) % 1_000_000 < share * 1_000_000


def write_tokens(settings: TextSettings, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write `train.bin` and `held_out.bin` under `folder`, unless they are there already.

    They hold uint32, bos and eos around each part of a document.

    Raises:
        UserError: bad files or documents, or a tokenizer without bos or eos.
    """
    if (folder / "train.bin").exists() and (folder / "held_out.bin").exists():
        return
    if tokenizer.bos_token_id is None or tokenizer.eos_token_id is None:
        raise UserError(
            "the tokenizer has no bos or no eos token; documents are told apart by them"
        )
    folder.mkdir(parents=True, exist_ok=True)
    # whole files of their own are held out in the place of a share
    share = 0.0 if settings.held_out_files else settings.held_out_share
    # on the same disk, so that the files can be moved into place whole
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        train_file = Path(temporary) / "train.bin"
        held_out_file = Path(temporary) / "held_out.bin"
        with train_file.open("wb") as train, held_out_file.open("wb") as held_out:
            for text, ids in _encoded(settings.train_files, settings.column, tokenizer):
                _write(held_out if is_held_out(text, share) else train, ids)
            for _, ids in _encoded(settings.held_out_files, settings.column, tokenizer):
                _write(held_out, ids)
        # a kill between the two leaves one file, and both are written again
        for path in (train_file, held_out_file):
            os.replace(path, folder / path.name)


def _write(stream: BinaryIO, ids: list[int]) -> None:
    stream.write(np.array(ids, dtype=TOKEN).tobytes())


def _encoded(
    files: Iterable[str], column: str, tokenizer: PreTrainedTokenizerBase
) -> Iterator[tuple[str, list[int]]]:
    """Yield the text of each document as often as it has parts, with a part's tokens."""
    for path in files:
        documents = tqdm(
            read_documents(Path(path), column),
            desc=f"tokens of {path}",
            unit=" documents",
            mininterval=1.0,
        )
        stream = iter(documents)
        while batch := list(islice(stream, BATCH)):
            yield from _encode(batch, tokenizer)


def _encode(
    documents: list[tuple[str, str]], tokenizer: PreTrainedTokenizerBase
) -> Iterator[tuple[str, list[int]]]:
    texts = []
    parts = []
    for place, text in documents:
        for part in parts_of(text, place):
            texts.append(text)
            parts.append(part)
    encoded = tokenizer(parts, add_special_tokens=False, verbose=False).input_ids
    for text, ids in zip(texts, encoded, strict=True):
        # the whole document's text: all parts of it must fall on one side of the split
        yield text, [tokenizer.bos_token_id, *ids, tokenizer.eos_token_id]


class Blocks(Dataset[dict[str, Any]]):
    """Blocks of `size` tokens, memory-mapped; the rest at the end is left out.

    Item: `input_ids` and `labels` (int64 `[size]`), and `block`, its number.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.tokens = path.stat().st_size // TOKEN().itemsize
        blocks = self.tokens // size
        # an empty file cannot be mapped
        self.rows = np.empty((0, size), TOKEN)
        if blocks:
            self.rows = np.memmap(path, TOKEN, "r", shape=(blocks, size))

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        ids = torch.from_numpy(self.rows[index].astype(np.int64))
        return {"input_ids": ids, "labels": ids, "block": torch.tensor(index)}
