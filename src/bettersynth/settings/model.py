"""The section `model` of `params.yaml`: the parts that the model is put together from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """`params.yaml: model`. Without tower folders the model reads the cached features of
    `data/features`, and `image_size_aux` (pixels) goes unused.
    """

    BOUNDS: ClassVar = {
        "image_size_aux": (1, 16_384),
        "image_grid": (1, 64),
        "tokenizer_model_max_length": (1, 10_000_000),
        "drop_path": (0, 1),
    }

    language_model: str
    vision_tower: str | None
    vision_tower_aux: str | None
    mm_projector_type: str
    image_size_aux: int
    image_grid: int
    image_global: bool
    tokenizer_model_max_length: int
    drop_path: float
