"""Training rows (LLaVA json) as batches of tokens and labels.

Letters in shapes: B rows of T tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from bettersynth.data.samples.llava import (
    llava_entries,
    pictures_of,
    require_a_token_a_picture,
    require_few_masked,
    trained_turns,
    turns_of,
)
from bettersynth.errors import UserError
from bettersynth.models.architecture.encoding import Encoded, PieceTokens, encode
from bettersynth.models.architecture.splicing import IGNORE_INDEX, IMAGE_TOKEN_INDEX
from bettersynth.models.training.image_sources import ImageSource
from bettersynth.settings.training import Template


def read_rows(path: str | Path) -> list[dict[str, Any]]:
    """Return the items of a LLaVA json.

    Each has `id`, `conversations`, and `image` (a name or a list of names) where there are
    pictures.

    Raises:
        UserError: no such file, not a list of such items, or empty.
    """
    rows: list[dict[str, Any]] = []
    try:
        for place, entry in llava_entries(Path(path)):
            turns_of(entry, place)
            rows.append(entry)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`") from None
    return rows


def all_image_names(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return the different picture names of all rows, sorted."""
    names: set[str] = set()
    for row in rows:
        names.update(pictures_of(row))
    return sorted(names)


class TrainingRows(Dataset[dict[str, Any]]):
    """Encoded rows.

    Item: `id`, `input_ids` and `labels` (int64 `[T]`), `images` (names, one None without
    pictures). `lengths` are token counts, negative for rows without a picture.
    """

    def __init__(
        self,
        rows: list[dict[str, Any]],
        tokenizer: PreTrainedTokenizerBase,
        template: Template,
        where: str,
        image_bounds: bool = False,
    ) -> None:
        self.rows = rows
        self.where = where
        self.encoded = encode_rows(rows, tokenizer, template, where, image_bounds=image_bounds)
        self.lengths = []
        for row, encoded in zip(rows, self.encoded, strict=True):
            length = len(encoded.input_ids)
            self.lengths.append(length if pictures_of(row) else -length)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        row = self.rows[index]
        encoded = self.encoded[index]
        return {
            "id": str(index if row.get("id") is None else row["id"]),
            "input_ids": encoded.input_ids,
            "labels": encoded.labels,
            # a conversation without a picture still takes one (blank) block: see splicing
            "images": pictures_of(row) or [None],
        }


def encode_rows(
    rows: list[dict[str, Any]],
    tokenizer: PreTrainedTokenizerBase,
    template: Template,
    where: str,
    progress: bool = True,
    image_bounds: bool = False,
) -> list[Encoded]:
    """Return tokens and labels of all rows; equal conversations are encoded once.

    `image_bounds`: pictures stand between the tokens of their start and end.

    Raises:
        UserError: wrong roles, another number of `<image>` than pictures, or more than 1 % of the
            rows masked from end to end.
    """
    pieces = PieceTokens(tokenizer, image_bounds=image_bounds)
    known: dict[tuple[Any, ...], Encoded] = {}
    encoded_rows = []
    shown = tqdm(rows, desc="tokens", disable=not progress, mininterval=1.0)
    for position, row in enumerate(shown):
        place = f"{where} item {position} (id {row.get('id', '?')})"
        turns = row["conversations"]
        names = pictures_of(row)
        require_a_token_a_picture(trained_turns(turns, place), len(names), place)
        # with a picture the tokens differ: `<image>` moves to the front
        has_image = bool(names)
        key = (has_image, *((turn["from"], turn["value"]) for turn in turns))
        if key not in known:
            known[key] = encode(turns, tokenizer, template, has_image, place, pieces)
        encoded_rows.append(known[key])
    _refuse_masked_rows(encoded_rows, tokenizer.model_max_length, where)
    return encoded_rows


def _refuse_masked_rows(encoded_rows: list[Encoded], max_length: int, where: str) -> None:
    # what the collator cuts away cannot be learned from either
    longest = min(max_length, max(len(encoded.labels) for encoded in encoded_rows))
    reasons: Counter[str] = Counter()
    for encoded in encoded_rows:
        if not encoded.labels[:longest].ne(IGNORE_INDEX).any():
            reasons[encoded.problem or f"no answer within {longest} tokens"] += 1
    require_few_masked(reasons, len(encoded_rows), where)


class Collator:
    """Pads rows on the right, cuts them to `max_length` text tokens, and fetches the pictures."""

    def __init__(self, images: ImageSource | None, pad_token_id: int, max_length: int) -> None:
        self.images = images
        self.pad_token_id = pad_token_id
        self.max_length = max_length
        # what the trainer took of it; a picture is one token here
        self.samples = 0
        self.tokens = 0

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return `ids` (list), `input_ids`, `labels` and `attention_mask` `[B, T]`.

        What the image source gives is beside them.
        """
        lengths = [len(item["input_ids"]) for item in items]
        longest = min(max(lengths), self.max_length)
        shape = (len(items), longest)
        # the cut counts a picture as one token: splicing makes it many, and cuts again
        input_ids = torch.full(shape, self.pad_token_id, dtype=torch.int64)
        labels = torch.full(shape, IGNORE_INDEX, dtype=torch.int64)
        for row, item in enumerate(items):
            ids = item["input_ids"][: self.max_length]
            input_ids[row, : len(ids)] = ids
            labels[row, : len(ids)] = item["labels"][: self.max_length]
        batch: dict[str, Any] = {
            "ids": [item.get("id") for item in items],
            "input_ids": input_ids,
            "labels": labels,
            "attention_mask": input_ids.ne(self.pad_token_id),
        }
        if self.images is not None:
            batch.update(self.images(self._names(items)))
        return batch

    def _names(self, items: Sequence[dict[str, Any]]) -> list[str | None]:
        """Return the pictures that the cut rows still show, one None for a row without."""
        names: list[str | None] = []
        for item in items:
            # the cut may have taken later placeholders away
            kept_ids = item["input_ids"][: self.max_length]
            shown = int((kept_ids == IMAGE_TOKEN_INDEX).sum())
            images = item.get("images") or [None]
            names += images[: max(1, shown)]
        return names
