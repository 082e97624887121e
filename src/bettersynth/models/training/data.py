"""Training rows (LLaVA json) as batches: tokens, labels, and the pictures or cached features beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from tqdm import tqdm
from transformers import PreTrainedTokenizerBase

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.files.reading import read_json, read_table
from bettersynth.data.pictures.images import BadImage, ImageStore, decode_image
from bettersynth.data.tables.feature_store import FeatureStore
from bettersynth.errors import UserError
from bettersynth.models.architecture.conversation import IMAGE_TOKEN
from bettersynth.models.architecture.encoding import Encoded, PieceTokens, encode
from bettersynth.models.architecture.image_pipeline import ImagePipeline
from bettersynth.models.architecture.splicing import IGNORE_INDEX, IMAGE_TOKEN_INDEX
from bettersynth.settings.training import Template

MAX_MASKED_SHARE = 0.01


class ImageSource(Protocol):
    """Turns picture names into what the model takes; a name of None asks for the blank of a conversation without a picture."""

    def __call__(self, names: Sequence[str | None]) -> dict[str, Tensor]: ...


class CachedFeatures:
    """Features that the frozen towers gave once: `low_res` `[n, P*P, C]` and `high_res` `[n, S, S, A]`, float32."""

    def __init__(self, store: FeatureStore, sha256: dict[str, str]) -> None:
        self.store, self.sha256 = store, sha256

    def __call__(self, names: Sequence[str | None]) -> dict[str, Tensor]:
        rows = [self.store.row(self._sha(name)) if name is not None else -1 for name in names]
        wanted = np.array([max(row, 0) for row in rows])
        blank = np.array([row < 0 for row in rows])
        arrays = {"low_res": self.store.low_res(wanted), "high_res": self.store.high_res(wanted)}
        tensors = {}
        for key, array in arrays.items():
            values = array.astype(np.float32)
            values[blank] = 0.0
            tensors[key] = torch.from_numpy(values)
        return tensors

    def _sha(self, name: str) -> str:
        try:
            return self.sha256[name]
        except KeyError:
            raise UserError(
                f"image {name} of the training rows is neither in the sample table nor in an images.zip"
            ) from None


class Pixels:
    """Pictures decoded and processed on the fly; a broken one ends the run (it was readable when the pool was made)."""

    def __init__(self, images: ImageStore, pipeline: ImagePipeline) -> None:
        self.images, self.pipeline = images, pipeline

    def __call__(self, names: Sequence[str | None]) -> dict[str, Tensor]:
        pairs = [self._load(name) if name is not None else self.pipeline.blank() for name in names]
        return {
            "images": torch.stack([low for low, _ in pairs]),
            "images_aux": torch.stack([aux for _, aux in pairs]),
        }

    def _load(self, name: str) -> tuple[Tensor, Tensor]:
        try:
            return self.pipeline(decode_image(self.images.read(name)))
        except BadImage as error:
            raise UserError(f"{name}: {error}") from None


def read_rows(path: str | Path) -> list[dict[str, Any]]:
    """Return the items of a LLaVA json: `id`, `conversations`, and `image` (a name or a list of names) where there are pictures.

    Raises:
        UserError: no such file, not a list of such items, empty, or an item with another number of `<image>` than pictures.
    """
    try:
        rows = read_json(path)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist; run `snakemake --cores all {path}`") from None
    if not isinstance(rows, list) or not rows:
        raise UserError(
            f"{path} holds no training rows; it must be a non-empty JSON list of conversations"
        )
    for k, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("conversations"), list):
            raise UserError(f'{path} item {k}: every item needs "id" and "conversations"')
    return rows


def image_names(row: dict[str, Any]) -> list[str]:
    """Return the picture names of a LLaVA row."""
    image = row.get("image")
    if image is None:
        return []
    return [image] if isinstance(image, str) else list(image)


def image_hashes(names: Sequence[str], samples: str | Path, *zips: str | Path) -> dict[str, str]:
    """Return the sha256 of each picture's bytes: from the sample table where it has the name, else of the zip's bytes.

    Raises:
        UserError: a name that nothing holds.
    """
    wanted, known = set(names), {}
    if Path(samples).exists():
        table = read_table(samples, ["images", "image_sha256"])
        for members, hashes in zip(
            table.column("images").to_pylist(),
            table.column("image_sha256").to_pylist(),
            strict=True,
        ):
            known.update(zip(members, hashes, strict=True))
    store = ImageStore(*[path for path in zips if Path(path).exists()])
    for name in sorted(wanted - known.keys()):
        known[name] = sha256_of_bytes(store.read(name))
    return {name: known[name] for name in wanted}


class TrainingRows(Dataset[dict[str, Any]]):
    """Encoded rows. Item: `id`, `input_ids` and `labels` (int64 `[T]`), `images` (names, one None without pictures)."""

    def __init__(
        self,
        rows: list[dict[str, Any]],
        tokenizer: PreTrainedTokenizerBase,
        template: Template,
        where: str,
    ) -> None:
        self.rows, self.where = rows, where
        self.encoded = encode_rows(rows, tokenizer, template, where)
        self.lengths = [
            len(encoded.input_ids) * (1 if image_names(row) else -1)
            for encoded, row in zip(self.encoded, rows, strict=True)
        ]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        encoded, row = self.encoded[index], self.rows[index]
        return {
            "id": str(row.get("id", index)),
            "input_ids": encoded.input_ids,
            "labels": encoded.labels,
            "images": image_names(row) or [None],
        }


def encode_rows(
    rows: list[dict[str, Any]],
    tokenizer: PreTrainedTokenizerBase,
    template: Template,
    where: str,
    progress: bool = True,
) -> list[Encoded]:
    """Return tokens and labels of all rows; equal conversations are encoded once.

    Raises:
        UserError: wrong roles, another number of `<image>` than pictures, or more than 1 % of the rows masked from end to end.
    """
    done: dict[tuple[Any, ...], Encoded] = {}
    pieces = PieceTokens(tokenizer)
    encoded = []
    for k, row in enumerate(tqdm(rows, desc="tokens", disable=not progress, mininterval=1.0)):
        place = f"{where} item {k} (id {row.get('id', '?')})"
        turns = row["conversations"]
        names = image_names(row)
        key = (
            bool(names),
            *((t.get("from"), t.get("value")) if isinstance(t, dict) else None for t in turns),
        )
        if key not in done:
            done[key] = encode(turns, tokenizer, template, bool(names), place, pieces)
        written = sum(turn["value"].count(IMAGE_TOKEN) for turn in turns)
        placed = int(
            (done[key].input_ids == IMAGE_TOKEN_INDEX).sum()
        )  # several in one turn become one, as in the reference
        if not written == placed == len(names):
            raise UserError(
                f"{place}: {written} <image> in the text for {len(names)} images; a turn takes one at most"
            )
        encoded.append(done[key])
    longest = min(tokenizer.model_max_length, max(len(one.labels) for one in encoded))
    reasons = Counter(
        one.problem or f"no answer within {longest} tokens"
        for one in encoded
        if not one.labels[:longest].ne(IGNORE_INDEX).any()
    )
    masked = sum(reasons.values())
    if masked > MAX_MASKED_SHARE * len(rows):
        listed = "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common(3))
        raise UserError(
            f"{where}: {masked} of {len(rows)} rows have nothing to learn from (allowed {MAX_MASKED_SHARE:.0%}): {listed}"
        )
    return encoded


class Collator:
    """Pads rows on the right with the pad token and -100, cuts both to `max_length` text tokens, and fetches the pictures."""

    def __init__(self, images: ImageSource | None, pad_token_id: int, max_length: int) -> None:
        self.images, self.pad_token_id, self.max_length = images, pad_token_id, max_length
        self.samples = self.tokens = 0  # what the trainer took of it; a picture is one token here

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return `ids` (list), `input_ids`, `labels`, `attention_mask` `[B, T]`, and what the image source gives."""
        cut = [
            (item["input_ids"][: self.max_length], item["labels"][: self.max_length])
            for item in items
        ]
        longest = max(len(ids) for ids, _ in cut)
        input_ids = torch.full((len(cut), longest), self.pad_token_id, dtype=torch.int64)
        labels = torch.full((len(cut), longest), IGNORE_INDEX, dtype=torch.int64)
        for k, (ids, row_labels) in enumerate(cut):
            input_ids[k, : len(ids)], labels[k, : len(ids)] = ids, row_labels
        batch: dict[str, Any] = {
            "ids": [item.get("id") for item in items],
            "input_ids": input_ids,
            "labels": labels,
        }
        batch["attention_mask"] = input_ids.ne(self.pad_token_id)
        if self.images is not None:
            names = []
            for (ids, _), item in zip(cut, items, strict=True):
                left = max(
                    1, int((ids == IMAGE_TOKEN_INDEX).sum())
                )  # the cut may have taken later placeholders away
                names += list(item.get("images") or [None])[:left]
            batch.update(self.images(names))
        return batch
