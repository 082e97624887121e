"""Similarities by a model of the package open_clip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from bettersynth.data.pictures.flips import NO_FLIPS, Flips
from bettersynth.data.samples.batch import Images
from bettersynth.errors import UserError
from bettersynth.measuring.models.embedding_rows import distinct_rows, pair_scores, unit_rows
from bettersynth.models.devices.held_model import held_model
from bettersynth.models.devices.to_device import on_device
from bettersynth.models.weights.hub import loading

# pictures in one forward pass
IMAGE_BATCH = 32
# texts in one forward pass
TEXT_BATCH = 64


class OpenClipTowers:
    """The model itself: what is held once where several processes prepare pictures for it."""

    BY_ROWS: ClassVar = ("images", "texts")

    def __init__(self, name: str, precision: str):
        """Load the model `ARCHITECTURE/WEIGHTS`, to compute in `precision`.

        Raises:
            UserError: open_clip does not know the architecture, or cannot load the weights.
        """
        import torch

        from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

        declare_missing_schemas()
        import open_clip

        architecture, _, weights = name.partition("/")
        if architecture not in open_clip.list_models():
            raise UserError(
                f"open_clip has no architecture {architecture}; "
                "write open_clip:ARCHITECTURE/WEIGHTS"
            )
        with loading(f"open_clip:{name}", weights):
            self.model, _, self.prepare = open_clip.create_model_and_transforms(
                architecture, pretrained=weights or None, weights_only=True
            )
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.dtype = getattr(torch, precision)
        self.model.eval().to(self.device, self.dtype)
        self.tokenizer = open_clip.get_tokenizer(architecture)

    def preparation(self) -> Any:
        """Return what makes a tensor `[3, height, width]` of a picture."""
        return self.prepare

    def images(self, pixels: np.ndarray) -> np.ndarray:
        """Return unit rows float32 `[n, width]` of prepared pictures `[n, 3, height, width]`."""
        import torch

        with torch.inference_mode():
            moved = on_device(pixels, self.device).to(self.dtype)
            return unit_rows(self.model.encode_image(moved)).cpu().numpy()

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit rows float32 `[texts, width]`; there is at least one text."""
        import torch

        rows = []
        for start in range(0, len(texts), TEXT_BATCH):
            batch = list(texts[start : start + TEXT_BATCH])
            ids = self.tokenizer(batch).to(self.device)  # [texts, context]
            with torch.inference_mode():
                rows.append(unit_rows(self.model.encode_text(ids)).cpu().numpy())
        return np.concatenate(rows)


class OpenClipScorer:
    """The cosine of picture and text by `ARCHITECTURE/WEIGHTS`.

    WEIGHTS is a tag of open_clip or a file.
    """

    def __init__(self, name: str, precision: str = "float32"):
        """Load the model, to compute in `precision`, a float type of torch.

        Raises:
            UserError: open_clip does not know the architecture, or cannot load the weights.
        """
        self.towers = held_model(OpenClipTowers, name, precision)
        self.prepare = self.towers.ask("preparation")

    def similarity(
        self, images: Images, pairs: Sequence[tuple[str, str]], flips: Flips
    ) -> np.ndarray:
        """Return float32 `[pairs]`, one cosine for each (image name, text)."""
        names, image_rows = distinct_rows([name for name, _ in pairs])
        texts, text_rows = distinct_rows([text for _, text in pairs])
        image_vectors = self.embed_images(images, names, flips)
        return pair_scores(image_vectors, self.embed_texts(texts), image_rows, text_rows)

    def embed_images(
        self, images: Images, names: Sequence[str], flips: Flips = NO_FLIPS
    ) -> np.ndarray:
        """Return unit vectors float32 `[names, width]`; there is at least one name."""
        rows = []
        for start in range(0, len(names), IMAGE_BATCH):
            prepared = []
            for name in names[start : start + IMAGE_BATCH]:
                picture = flips.apply(images.picture(name))
                prepared.append(self.prepare(picture).numpy())
            rows.append(self.towers.ask("images", np.stack(prepared)))
        return np.concatenate(rows)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors float32 `[texts, width]`; there is at least one text."""
        return self.towers.ask("texts", texts)
