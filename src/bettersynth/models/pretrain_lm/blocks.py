"""Documents as one long row of tokens on disk, and its cut into blocks of equal length: files may be larger than memory."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from bettersynth.errors import UserError
from bettersynth.models.pretrain_lm.documents import parts_of, read_documents

BATCH = 512  # documents tokenised at a time
TOKEN = np.uint32


def is_held_out(text: str, share: float) -> bool:
    """Return whether a document belongs to the held-out part; equal texts always fall on the same side."""
    return zlib.crc32(text.encode()) % 1_000_000 < share * 1_000_000


def write_tokens(
    files: Sequence[str],
    held_out_files: Sequence[str],
    share: float,
    column: str,
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
) -> None:
    """Write `train.bin` and `held_out.bin` under `folder` (uint32, bos and eos around each part), unless they are there already.

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
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        places = {name: Path(temporary) / f"{name}.bin" for name in ("train", "held_out")}
        with places["train"].open("wb") as train, places["held_out"].open("wb") as held_out:
            for paths, chosen in ((files, None), (held_out_files, held_out)):
                for path in paths:
                    for texts in _batches(read_documents(Path(path), column), path):
                        for text, ids in _encode(texts, tokenizer):
                            stream = chosen or (
                                held_out
                                if is_held_out(text, 0.0 if held_out_files else share)
                                else train
                            )
                            stream.write(np.array(ids, dtype=TOKEN).tobytes())
        for name, place in places.items():
            os.replace(place, folder / f"{name}.bin")


def _batches(documents: Iterable[tuple[str, str]], path: str) -> Iterator[list[tuple[str, str]]]:
    stream = iter(tqdm(documents, desc=f"tokens of {path}", unit=" documents", mininterval=1.0))
    while batch := list(islice(stream, BATCH)):
        yield batch


def _encode(
    documents: list[tuple[str, str]], tokenizer: PreTrainedTokenizerBase
) -> Iterator[tuple[str, list[int]]]:
    parts = [(text, part) for place, text in documents for part in parts_of(text, place)]
    encoded = tokenizer(
        [part for _, part in parts], add_special_tokens=False, verbose=False
    ).input_ids
    for (text, _), ids in zip(parts, encoded, strict=True):
        yield text, [tokenizer.bos_token_id, *ids, tokenizer.eos_token_id]


class Blocks(Dataset[dict[str, Any]]):
    """Blocks of `size` tokens, memory-mapped; the rest at the end is left out. Item: `input_ids`, `labels` (int64 `[size]`), `block`."""

    def __init__(self, path: Path, size: int) -> None:
        count = path.stat().st_size // TOKEN().itemsize
        self.tokens = count
        self.rows = (
            np.memmap(path, TOKEN, "r", shape=(count // size, size))
            if count >= size
            else np.empty((0, size), TOKEN)
        )

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        ids = torch.from_numpy(self.rows[index].astype(np.int64))
        return {"input_ids": ids, "labels": ids, "block": torch.tensor(index)}
