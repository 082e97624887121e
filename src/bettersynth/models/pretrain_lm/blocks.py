"""Documents as one long row of tokens on disk, and its cut into blocks of equal length.

Files may be larger than memory.
"""

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

from bettersynth.data.row_files.documents import (
    ROLES,
    document_files,
    is_answer,
    is_question,
    parts_of,
    read_documents,
)
from bettersynth.errors import UserError
from bettersynth.settings.pretrain_lm import TextSettings

# documents tokenised at a time
BATCH = 512
# vocabularies of 256,000 do not fit 16 bits
TOKEN = np.uint32
# set in a token that is read and not learned; no vocabulary is so large
UNLEARNED = TOKEN(1 << 31)
# torch's word for it among labels
IGNORED = np.int64(-100)
ROWS_AT_ONCE = 4096
SETTING = "pretrain_lm.text"


def is_held_out(text: str, share: float) -> bool:
    """Return whether a document belongs to the held-out part.

    Equal texts always fall on the same side.
    """
    # by the text itself: the split survives new files and another order
    return zlib.crc32(text.encode()) % 1_000_000 < share * 1_000_000


def write_tokens(settings: TextSettings, tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write `train.bin` and `held_out.bin` under `folder`, unless they are there already.

    They hold uint32, bos and eos around each part of a document; with `answers_only`, `UNLEARNED`
    is set in the human's parts and in what introduces an answer.

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
            for text, ids in _encoded(settings, settings.train_files, tokenizer):
                (held_out if is_held_out(text, share) else train).write(ids.tobytes())
            for _, ids in _encoded(settings, settings.held_out_files, tokenizer):
                held_out.write(ids.tobytes())
        # a kill between the two leaves one file, and both are written again
        for path in (train_file, held_out_file):
            os.replace(path, folder / path.name)


def _encoded(
    settings: TextSettings, names: Iterable[str], tokenizer: PreTrainedTokenizerBase
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the text of each document as often as it has parts, with a part's tokens (uint32)."""
    for path in document_files(names, SETTING):
        documents = tqdm(
            read_documents(path, settings.column),
            desc=f"tokens of {path}",
            unit=" documents",
            mininterval=1.0,
        )
        stream = iter(documents)
        while batch := list(islice(stream, BATCH)):
            yield from _encode(batch, tokenizer, settings.answers_only)


def _encode(
    documents: list[tuple[str, str]], tokenizer: PreTrainedTokenizerBase, answers_only: bool
) -> Iterator[tuple[str, np.ndarray]]:
    texts = []
    parts = []
    for place, text in documents:
        for part in parts_of(text, place):
            texts.append(text)
            parts.append(part)
    # the blank behind the colon belongs to the answer's first token
    encoded = tokenizer([*parts, ROLES[1].rstrip()], add_special_tokens=False, verbose=False)
    *rows, role = encoded.input_ids
    for text, part, ids in zip(texts, parts, rows, strict=True):
        row = np.array([tokenizer.bos_token_id, *ids, tokenizer.eos_token_id], TOKEN)
        if answers_only and is_question(part):
            row |= UNLEARNED
        elif answers_only and is_answer(part):
            # and the start token
            row[: 1 + _shared_length(ids, role)] |= UNLEARNED
        # the whole document's text: all parts of it must fall on one side of the split
        yield text, row


def _shared_length(ids: list[int], others: list[int]) -> int:
    """Return how many tokens two rows begin with alike."""
    length = 0
    # of different lengths
    for one, other in zip(ids, others, strict=False):
        if one != other:
            break
        length += 1
    return length


class Blocks(Dataset[dict[str, Any]]):
    """Blocks of `size` tokens, memory-mapped; the rest at the end is left out, and where something
    is not to be learned, so is a block without anything to learn. Of what stays, the first `most`.

    Item: `input_ids` and `labels` (int64 `[size]`; -100: not learned), and `block`, its number.
    """

    def __init__(
        self, path: Path, size: int, answers_only: bool = False, most: int | None = None
    ) -> None:
        self.tokens = path.stat().st_size // TOKEN().itemsize
        blocks = self.tokens // size
        # an empty file cannot be mapped
        self.rows = np.empty((0, size), TOKEN)
        if blocks:
            self.rows = np.memmap(path, TOKEN, "r", shape=(blocks, size))
        # numbers of the blocks that count
        self.numbers: Sequence[int] = range(blocks)
        if answers_only:
            self.numbers = _with_something_to_learn(self.rows)
        self.numbers = self.numbers[:most]

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, index: int) -> dict[str, Any]:
        number = self.numbers[index]
        row = self.rows[number]
        ids = torch.from_numpy((row & ~UNLEARNED).astype(np.int64))
        labels = torch.from_numpy(np.where(row & UNLEARNED, IGNORED, row).astype(np.int64))
        return {"input_ids": ids, "labels": labels, "block": torch.tensor(number)}


def _with_something_to_learn(rows: np.ndarray) -> list[int]:
    numbers: list[int] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        # nothing predicts a block's first token
        following = rows[start : start + ROWS_AT_ONCE, 1:]
        learned = ((following & UNLEARNED) == 0).any(axis=1)
        numbers += (start + np.flatnonzero(learned)).tolist()
    return numbers
