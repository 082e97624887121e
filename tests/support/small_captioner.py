"""Nano's captioner in miniature: random weights, and stored features of the pictures it sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from bettersynth.data.files.hashing import sha256_of_bytes
from bettersynth.data.tables.feature_store import FEATURES, write_index
from bettersynth.models.backbones.caption_model import CaptionModel
from bettersynth.models.backbones.caption_words import vocabulary_of
from bettersynth.models.backbones.prefix_captioner import save_captioner
from bettersynth.models.captioners import nano_prefix


def save_small_captioner(pictures: Sequence[bytes]) -> None:
    """Make this folder one whose captioner knows the features of these pictures' files."""
    FEATURES.mkdir(parents=True)
    pooled = np.random.default_rng(0).random((len(pictures), 1280), dtype=np.float32)
    np.save(FEATURES / "pooled.npy", pooled)
    write_index(FEATURES, [sha256_of_bytes(content) for content in pictures])
    torch.manual_seed(0)
    words = vocabulary_of(["a red dog", "two cats"], 1)
    model = CaptionModel(len(words), 16, 32, 0.0)
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {"mean": torch.full((1280,), 0.5), "deviation": torch.full((1280,), 0.2)}
    save_captioner(nano_prefix.MODEL, tensors, {"width": 16, "hidden": 32}, words)
