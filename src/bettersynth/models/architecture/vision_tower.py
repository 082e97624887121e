"""The low-resolution tower: a CLIP ViT of which one hidden layer's patch tokens are used.

The class token is left out. Letters in shapes: N pictures, P x P patches, width C.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import CLIPVisionConfig, CLIPVisionModel

from bettersynth.data.files.reading import read_object
from bettersynth.errors import UserError
from bettersynth.models.weights.reading import load_into, read_weights
from bettersynth.settings.model import used_layers

# of the picture model's tensors in a CLIP file
PREFIX = "vision_model."


class VisionTower(nn.Module):
    """CLIP's vision transformer up to the selected layer; frozen unless `trainable` is set."""

    def __init__(self, config: CLIPVisionConfig, select_layer: int = -2) -> None:
        super().__init__()
        self.config = config
        self.clip = CLIPVisionModel(config)
        self.trainable = False
        # the layers behind it are built too: files hold them
        self.used_layers = used_layers(select_layer, config.num_hidden_layers)

    @classmethod
    def from_folder(cls, folder: str | Path, select_layer: int = -2) -> VisionTower:
        """Build the tower of a folder in CLIP's format.

        That is `config.json` of a CLIP or CLIP vision model, and its weights.
        """
        tower = cls(read_clip_config(folder), select_layer)
        tower.load(read_weights(folder))
        return tower

    def load(self, weights: dict[str, Tensor], where: str = "the vision tower") -> None:
        """Fill the tower from CLIP's tensors (a text model beside it is left out).

        Raises:
            UserError: one is missing, unknown or of another shape; `where` is what it names.
        """
        own = {}
        for name, value in weights.items():
            if name.startswith(PREFIX):
                own[name.removeprefix(PREFIX)] = value
        # of older files; a buffer that is made anew
        own.pop("embeddings.position_ids", None)
        load_into(self.clip, own, where)

    def forward(self, images: Tensor) -> Tensor:
        """Return patch tokens `[N, P*P, C]` of pictures `[N, 3, H, W]`."""
        with torch.set_grad_enabled(self.trainable and torch.is_grad_enabled()):
            hidden = self.clip.embeddings(images.to(self.clip.dtype))
            hidden = self.clip.pre_layrnorm(hidden)  # [N, 1 + P*P, C]
            for layer in self.clip.encoder.layers[: self.used_layers]:
                hidden = layer(hidden, attention_mask=None)
            # without the class token
            return hidden[:, 1:]


def read_clip_config(folder: str | Path) -> CLIPVisionConfig:
    """Return the vision part of a CLIP folder's `config.json`.

    Raises:
        UserError: no such file.
    """
    path = Path(folder) / "config.json"
    if not path.exists():
        raise UserError(
            f"{path} does not exist; a low-resolution tower is a folder with a CLIP model's "
            "config.json and weights"
        )
    config = read_object(path)
    return CLIPVisionConfig(**config.get("vision_config", config))
