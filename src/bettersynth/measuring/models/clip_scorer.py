"""Similarities by a CLIP, or another contrastive model, in transformers' format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from bettersynth.data.files.reading import read_json
from bettersynth.data.pictures.flips import NO_FLIPS, Flips
from bettersynth.data.samples.batch import Images
from bettersynth.measuring.models.clip_preparation import ClipPreparation
from bettersynth.measuring.models.contrastive_model import ContrastiveModel
from bettersynth.measuring.models.embedding_rows import distinct_rows, pair_scores
from bettersynth.models.devices.held_model import held_model
from bettersynth.models.devices.to_device import on_device
from bettersynth.models.weights.hub import loading
from bettersynth.models.weights.identity import file_of_model

# pictures in one forward pass
IMAGE_BATCH = 32


class ClipTowers:
    """The model itself: what is held once where several processes prepare pictures for it."""

    BY_ROWS: ClassVar = ("images", "texts")

    def __init__(self, name: str, trust_remote_code: bool, precision: str):
        """Load the folder or hub id `name`, to compute in `precision`.

        Raises:
            UserError: it cannot be loaded.
        """
        from bettersynth.measuring.models.clip_model import ClipModel

        with loading(f"the model {name} of hf_clip", name):
            clip = ClipModel.load(name, precision)
            self.model = clip or ContrastiveModel(name, trust_remote_code, precision)
            self.preparation = preparation_of(name)

    def scale(self) -> float:
        """Return what the model multiplies a cosine by."""
        return self.model.scale

    def images(self, pixels: np.ndarray) -> np.ndarray:
        """Return unit rows float32 `[n, width]` of prepared uint8 `[n, 3, height, width]`."""
        moved = on_device(pixels, self.model.device)
        return self.model.images(self.preparation.scaled(moved)).cpu().numpy()

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit rows float32 `[texts, width]`; there is at least one text."""
        return self.model.texts(texts).cpu().numpy()


def preparation_of(name: str) -> ClipPreparation:
    """Return how the model `name` wants its pictures."""
    return ClipPreparation(read_json(file_of_model(name, "preprocessor_config.json")))


class ClipScorer:
    """`logits_per_text / 100`, as Data-Juicer takes it: the cosine where exp(logit_scale) is 100.

    Distinct pictures and texts are embedded once a call.
    """

    def __init__(self, name: str, trust_remote_code: bool, precision: str = "float32"):
        """Load the folder or hub id `name`, to compute in `precision`, a float type of torch.

        Raises:
            UserError: it cannot be loaded.
        """
        self.towers = held_model(ClipTowers, name, trust_remote_code, precision)
        self.scale = self.towers.ask("scale")
        self.preparation = preparation_of(name)

    def similarity(
        self, images: Images, pairs: Sequence[tuple[str, str]], flips: Flips
    ) -> np.ndarray:
        """Return float32 `[pairs]`, one similarity for each (image name, text)."""
        names, image_rows = distinct_rows([name for name, _ in pairs])
        texts, text_rows = distinct_rows([text for _, text in pairs])
        image_vectors = self.embed_images(images, names, flips)
        scores = pair_scores(image_vectors, self.embed_texts(texts), image_rows, text_rows)
        return scores * np.float32(self.scale / 100)

    def embed_images(
        self, images: Images, names: Sequence[str], flips: Flips = NO_FLIPS
    ) -> np.ndarray:
        """Return unit vectors float32 `[names, width]`; there is at least one name."""
        rows = []
        for start in range(0, len(names), IMAGE_BATCH):
            prepared = []
            for name in names[start : start + IMAGE_BATCH]:
                picture = flips.apply(images.picture(name))
                prepared.append(self.preparation(picture, flips.channels_first))
            rows.append(self.towers.ask("images", np.stack(prepared)))
        return np.concatenate(rows)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[texts, width]`; there is at least one text."""
        return self.towers.ask("texts", texts)
