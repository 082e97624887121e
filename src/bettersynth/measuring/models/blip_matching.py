"""Whether picture and text match, by the matching head of a BLIP."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from bettersynth.measuring.models.image_classifiers import (
    load_model,
    load_processor,
    tensors_of,
)
from bettersynth.models.devices.held_model import HeldModel, held_model


class BlipMatching:
    """A BLIP with its matching head."""

    BY_ROWS: ClassVar = ("probabilities",)

    def __init__(self, name: str, trust_remote_code: bool):
        self.model = load_model("BlipForImageTextRetrieval", name, trust_remote_code)

    def text_length(self) -> int:
        """Return how many tokens the model reads of a text."""
        return int(self.model.config.text_config.max_position_embeddings)

    def probabilities(self, inputs: Mapping[str, np.ndarray]) -> list[float]:
        """Return how likely each picture and its text match, by one forward pass."""
        import torch

        with torch.inference_mode():
            # [pairs, 2]: no match, match
            logits = self.model(**tensors_of(inputs, self.model)).itm_score
            return logits.softmax(dim=-1)[:, 1].float().cpu().tolist()


@functools.lru_cache(maxsize=1)
def _load(name: str, trust_remote_code: bool) -> tuple[HeldModel, Any, int]:
    model = held_model(BlipMatching, name, trust_remote_code)
    return model, load_processor(name, trust_remote_code), model.ask("text_length")


def blip_match_probabilities(
    name: str, trust_remote_code: bool, pictures: Sequence[Image.Image], texts: Sequence[str]
) -> list[float]:
    """Return how likely each picture and the text beside it match, each in [0, 1].

    Raises:
        UserError: the model `name` is neither on this disk nor can it be fetched.
    """
    model, processor, text_length = _load(name, trust_remote_code)
    inputs = processor(
        text=list(texts),
        images=list(pictures),
        return_tensors="np",
        truncation=True,
        max_length=text_length,
        padding=True,
    )
    return model.ask("probabilities", dict(inputs))
