"""Nano's own captioner, trained by the pipeline; it reads cached features and knows no prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bettersynth.backbones.prefix_captioner import PrefixCaptioner, Sampling
from bettersynth.captioners import Picture
from bettersynth.feature_store import FeatureStore

MODEL = Path("models/captioner")
FEATURES = Path("data/features")


class Captioner:
    """`models/captioner` on the features of `data/features`."""

    def __init__(self) -> None:
        self.model = PrefixCaptioner.load(MODEL)
        self.features = FeatureStore(FEATURES)
        self.model_hash = self.model.model_hash

    def caption(self, pictures: Sequence[Picture], prompts: Sequence[str], settings: Sampling, seed: int) -> list[list[str]]:
        """Return `settings.candidates` captions for each picture, the greedy one first; `prompts` are not read.

        Neither the order nor the company of the pictures changes a caption.
        """
        sha256s = [picture.sha256 for picture in pictures]
        return self.model.candidates(self.features.pooled(self.features.rows(sha256s)), sha256s, settings, seed)
