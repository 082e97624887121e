"""A trained model that is asked for whole batches by other processes: tensors go in as bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bettersynth.models.answering.answer_parts import Packed
from bettersynth.models.answering.asked_model import AskedModel
from bettersynth.models.answering.generation import Prompt
from bettersynth.models.devices.determinism import set_deterministic
from bettersynth.settings.predict import PredictSettings


def packed(tensor: Tensor) -> Packed:
    """Return a tensor of the CPU as bytes."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    return Packed(tensor.contiguous().view(torch.uint8).numpy(), dtype)


def unpacked(content: Packed) -> Tensor:
    """Return the tensor again, to the bit."""
    # writable, which torch wants
    own = np.require(content.content, requirements=["C", "W"])
    return torch.from_numpy(own).view(getattr(torch, content.dtype))


class PackedModel:
    """Each method takes one batch, of `predict.batch_size` items at most."""

    def __init__(self, folder: Path, settings: PredictSettings) -> None:
        set_deterministic(settings.threads)
        self.model = AskedModel(folder, settings)

    def see(self, files: Sequence[bytes], _: None, first: int) -> Packed:
        """Return the image tokens of pictures, of which the first has this number."""
        return packed(self.model.see(files, first))

    def continuations(
        self,
        prompts: Sequence[Prompt],
        pictures: Packed | None,
        max_new_tokens: int,
        stop_tokens: set[int],
    ) -> list[list[int]]:
        """Return the greedy continuation of each prompt."""
        seen = None if pictures is None else unpacked(pictures)
        return self.model.continuations(prompts, seen, max_new_tokens, stop_tokens)

    def log_probabilities(
        self, pairs: Sequence[tuple[Prompt, Sequence[int]]], pictures: Packed | None
    ) -> list[float]:
        """Return the summed log-probability of each answer's tokens after its prompt."""
        seen = None if pictures is None else unpacked(pictures)
        prompts = [prompt for prompt, _ in pairs]
        return self.model.log_probabilities(prompts, [answer for _, answer in pairs], seen)
