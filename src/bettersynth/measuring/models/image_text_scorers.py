"""Contrastive image-text models behind one interface, chosen by the name in `hf_clip`.

`nano` is the pipeline's own scorer, `open_clip:ARCHITECTURE/WEIGHTS` a model of open_clip, anything
else a folder or hub id of a CLIP in transformers' format.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from bettersynth.data.pictures.flips import Flips
from bettersynth.data.samples.batch import Images
from bettersynth.measuring.models.clip_scorer import ClipScorer
from bettersynth.measuring.models.nano_scorer import NANO_SCORER, NanoScorer
from bettersynth.measuring.models.open_clip_scorer import OpenClipScorer
from bettersynth.measuring.models.scorer_choice import FLOAT32, NANO
from bettersynth.models.backbones.nano_features import NANO_TOWERS
from bettersynth.models.weights.identity import hash_of_model


class Scorer(Protocol):
    """What every scorer can do."""

    def similarity(
        self, images: Images, pairs: Sequence[tuple[str, str]], flips: Flips
    ) -> np.ndarray:
        """Return float32 `[pairs]`, one similarity for each (image name, text)."""
        ...

    def embed_images(self, images: Images, names: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[names, width]`; there is at least one."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[texts, width]`, in the pictures' space; at least one."""
        ...


def model_hash(name: str) -> str:
    """Return what changes when the weights of model `name` do."""
    if name == NANO:
        return hash_of_model(NANO_SCORER) + hash_of_model(NANO_TOWERS)
    return hash_of_model(name)


@functools.lru_cache(maxsize=2)
def load_scorer(name: str, trust_remote_code: bool = False, precision: str = FLOAT32) -> Scorer:
    """Return the scorer that `hf_clip: name` asks for; `nano` knows float32 alone.

    Raises:
        UserError: the model is neither on this disk nor can it be fetched.
    """
    if name == NANO:
        return NanoScorer()
    if name.startswith("open_clip:"):
        return OpenClipScorer(name.removeprefix("open_clip:"), precision)
    return ClipScorer(name, trust_remote_code, precision)
