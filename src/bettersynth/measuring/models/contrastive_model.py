"""A contrastive image-text model of transformers that is no CLIP of the first kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bettersynth.errors import UserError
from bettersynth.measuring.models.embedding_rows import unit_rows
from bettersynth.measuring.text.tokenizers import load_tokenizer

if TYPE_CHECKING:
    from torch import Tensor

# texts in one forward pass
TEXT_BATCH = 64


class ContrastiveModel:
    """Two towers behind transformers' AutoModel, on the GPU if there is one."""

    def __init__(self, name: str, trust_remote_code: bool, precision: str = "float32"):
        """Load the folder or hub id `name`, to compute in `precision`, a float type of torch.

        Raises:
            UserError: the model compares no pictures with texts.
            OSError, ValueError: transformers cannot load it.
        """
        import torch

        from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

        declare_missing_schemas()
        from transformers import AutoModel

        model = AutoModel.from_pretrained(
            name, trust_remote_code=trust_remote_code, dtype=torch.float32
        ).eval()
        if not hasattr(model, "logit_scale"):
            kind = type(model).__name__
            raise UserError(f"{name} is a {kind}, not a contrastive image-text model")
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model.to(self.device)
        self.scale = float(model.logit_scale.detach().exp())
        self.dtype = getattr(torch, precision)
        self.model = model.to(self.dtype)
        self.tokenizer = load_tokenizer(name)
        self.text_length = int(model.config.text_config.max_position_embeddings)

    def images(self, pixels: Tensor) -> Tensor:
        """Return unit rows float32 `[n, width]` of prepared pictures `[n, 3, height, width]`."""
        import torch

        pixels = pixels.to(self.device, self.dtype)
        with torch.inference_mode():
            return unit_rows(self.model.get_image_features(pixel_values=pixels))

    def texts(self, texts: Sequence[str]) -> Tensor:
        """Return unit rows float32 `[texts, width]`; there is at least one text."""
        import torch

        rows = []
        for start in range(0, len(texts), TEXT_BATCH):
            inputs = self.tokenizer(
                list(texts[start : start + TEXT_BATCH]),
                return_tensors="pt",
                truncation=True,
                max_length=self.text_length,
                padding=True,
            )
            ids = inputs["input_ids"].to(self.device)
            with torch.inference_mode():
                rows.append(unit_rows(self.model.get_text_features(input_ids=ids)))
        return torch.cat(rows)
