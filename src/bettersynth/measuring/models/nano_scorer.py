"""Similarities by the pipeline's own scorer: two trained heads on frozen towers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bettersynth.data.pictures.flips import Flips
from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.measuring.models.embedding_rows import distinct_rows
from bettersynth.models.backbones.nano_features import nano_pooled

NANO_SCORER = Path("models/scorer")


class NanoScorer:
    """The scorer in `models/scorer`; features of the pool's pictures come from `data/features`."""

    def __init__(self) -> None:
        if not NANO_SCORER.is_dir():
            raise UserError(
                f"hf_clip: nano needs {NANO_SCORER}; make it with "
                f"`snakemake --cores all {NANO_SCORER}`, or name another model"
            )
        # torch comes with it: settings are checked without
        from bettersynth.models.backbones.lit_scorer import LitScorer

        self.scorer = LitScorer.load(NANO_SCORER)

    def similarity(
        self, images: Images, pairs: Sequence[tuple[str, str]], flips: Flips
    ) -> np.ndarray:
        """Return float32 `[pairs]`, one cosine for each (image name, text)."""
        names, image_rows = distinct_rows([name for name, _ in pairs])
        pooled = nano_pooled(images, names, flips)
        return self.scorer.similarity(pooled[image_rows], [text for _, text in pairs])

    def embed_images(self, images: Images, names: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[names, width]`."""
        return self.scorer.embed_images(nano_pooled(images, names))

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[texts, width]`."""
        return self.scorer.embed_texts(texts)
