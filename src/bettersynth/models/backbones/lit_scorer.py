"""Nano's image-text similarity: small trained heads on two frozen towers (LiT).

Images come as pooled Lite0 features, texts through MiniLM. Members (trained with other seeds and
other held-out folds) are averaged, and the score is put on CLIP's scale, so that thresholds read
as CLIP's do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bettersynth.data.files.hashing import sha256_of_file
from bettersynth.data.files.reading import read_object
from bettersynth.data.files.writing import write_json
from bettersynth.errors import UserError
from bettersynth.models.backbones.lit_heads import Heads, Standard, pair_scores, standardise
from bettersynth.models.backbones.lite0_shapes import POOLED_CHANNELS
from bettersynth.models.backbones.model_folder import (
    MANIFEST,
    require_as_written,
    save_tensors,
    tensors_under,
    write_manifest,
)
from bettersynth.models.backbones.text_tower import (
    PACKAGE,
    TEXT_CHANNELS,
    TextTower,
    text_tower_folder,
)
from bettersynth.models.devices.threads import one_thread
from bettersynth.models.weights.reading import read_weights

# pairs in every pass, filled up with zeros: the same work gives the same bits
PAIR_BATCH = 256
# of a score; float32 gives no more
DECIMALS = 6


class LitScorer:
    """The trained scorer of a folder that `save_scorer` wrote."""

    def __init__(self, tensors: dict[str, Tensor], config: dict[str, Any], model_hash: str):
        self.config = config
        self.model_hash = model_hash
        self.standard = Standard(tensors["mean"], tensors["deviation"])
        self.bank_pooled = tensors["bank.pooled"]  # [bank, 1280]
        self.bank_text = tensors["bank.text"]  # [bank, 384]
        self.members = [_member(tensors, number, config) for number in range(config["members"])]
        with one_thread(), torch.inference_mode():
            self.bank_images = self._image_vectors(self.bank_pooled)
            self.bank_texts = self._text_vectors(self.bank_text)
        self._text_tower: TextTower | None = None

    @classmethod
    def load(cls, folder: str | Path) -> LitScorer:
        """Read a scorer.

        Raises:
            UserError: it is not there, or damaged.
        """
        folder = Path(folder)
        try:
            require_as_written(folder)
            config = read_object(folder / "config.json")
            tensors = read_weights(folder / "model.safetensors")
            model_hash = sha256_of_file(folder / MANIFEST)
        except FileNotFoundError as error:
            raise UserError(
                f"{error.filename or folder} does not exist; "
                "run `python -m bettersynth.steps.scorer`"
            ) from None
        return cls(tensors, config, model_hash)

    @property
    def text_tower(self) -> TextTower:
        """MiniLM, read when it is first needed."""
        if self._text_tower is None:
            self._text_tower = TextTower()
        return self._text_tower

    def similarity(self, pooled: np.ndarray, texts: Sequence[str]) -> np.ndarray:
        """Return float64 `[n]` in -1 to 1 for n pairs.

        They are pooled features `[n, 1280]` and texts without special tokens. Useful thresholds
        lie where CLIP's do (the calibration is in the scorer's `config.json`). A pair's score does
        not depend on the other pairs.
        """
        if len(pooled) != len(texts):
            raise ValueError(f"{len(pooled)} images for {len(texts)} texts")
        scores = np.empty(len(texts), dtype=np.float64)
        embedded = self.text_tower.embed(texts)
        with one_thread(), torch.inference_mode():
            for start in range(0, len(texts), PAIR_BATCH):
                rows = slice(start, start + PAIR_BATCH)
                scores[rows] = self._scores_of_batch(pooled[rows], embedded[rows])
        # a line, so that the order of pairs stays
        on_clips_scale = self.config["slope"] * scores + self.config["offset"]
        return np.round(np.clip(on_clips_scale, -1, 1), DECIMALS)

    def embed_images(self, pooled: np.ndarray) -> np.ndarray:
        """Return unit vectors float32 `[n, members * width]` of pooled features `[n, 1280]`.

        They lie in the space that texts share.
        """
        return self._embed(pooled, POOLED_CHANNELS, self._image_vectors)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[n, members * width]`."""
        return self._embed(self.text_tower.embed(texts), TEXT_CHANNELS, self._text_vectors)

    def _embed(
        self, inputs: np.ndarray, channels: int, vectors_of: Callable[[Tensor], Tensor]
    ) -> np.ndarray:
        """Return `vectors_of` of inputs `[n, channels]`, batch by batch."""
        width = len(self.members) * self.config["width"]
        vectors = np.empty((len(inputs), width), dtype=np.float32)
        with one_thread(), torch.inference_mode():
            for start in range(0, len(inputs), PAIR_BATCH):
                batch = inputs[start : start + PAIR_BATCH]
                made = vectors_of(_filled_up(batch, channels))
                vectors[start : start + len(batch)] = made[: len(batch)].numpy()
        return vectors

    def _scores_of_batch(self, pooled: np.ndarray, embedded: np.ndarray) -> np.ndarray:
        """Return float64 `[n]` of at most `PAIR_BATCH` pairs, before they get CLIP's scale."""
        images = self._image_vectors(_filled_up(pooled, POOLED_CHANNELS))
        texts = self._text_vectors(_filled_up(embedded, TEXT_CHANNELS))
        scores = pair_scores(
            images, texts, self.bank_images, self.bank_texts, self.config["temperature"]
        )
        return scores.double().numpy()[: len(pooled)]

    def _image_vectors(self, pooled: Tensor) -> Tensor:
        """Return `[n, members * width]` of pooled features `[n, 1280]`."""
        features = standardise(pooled, self.standard)
        return _side_by_side([member.images(features) for member in self.members])

    def _text_vectors(self, embedded: Tensor) -> Tensor:
        """Return `[n, members * width]` of MiniLM vectors `[n, 384]`."""
        return _side_by_side([member.texts(embedded) for member in self.members])


def _member(tensors: dict[str, Tensor], number: int, config: dict[str, Any]) -> Heads:
    """Return the heads of one member, from the tensors of all."""
    heads = Heads(config["hidden"], config["width"], dropout=0.0)
    heads.load_state_dict(tensors_under(f"members.{number}.", tensors))
    return heads.eval().requires_grad_(False)


def _filled_up(rows: np.ndarray, channels: int) -> Tensor:
    """Return float32 `[PAIR_BATCH, channels]`: `rows` `[n, channels]`, then zeros."""
    batch = torch.zeros(PAIR_BATCH, channels)
    batch[: len(rows)] = torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))
    return batch


def _side_by_side(vectors: list[Tensor]) -> Tensor:
    """Return the members' unit vectors `[n, width]` as one of unit length, `[n, members * width]`.

    The cosine of joined vectors is the mean of the members' cosines.
    """
    return torch.cat(vectors, dim=1) / len(vectors) ** 0.5


def save_scorer(folder: str | Path, tensors: dict[str, Tensor], config: dict[str, Any]) -> None:
    """Write a scorer's tensors, `config.json` and `manifest.json` to `folder`.

    The hash of MiniLM's weights is noted too.
    """
    folder = Path(folder)
    minilm = text_tower_folder() / "model.safetensors"
    text_tower = {"package": PACKAGE, "sha256": sha256_of_file(minilm)}
    save_tensors(folder, tensors)
    write_json(folder / "config.json", {"architecture": "lit", **config, "text_tower": text_tower})
    write_manifest(folder)
