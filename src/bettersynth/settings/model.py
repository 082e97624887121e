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
        "mm_vision_select_layer": (-1000, 1000),
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
    # Which hidden layer of the low-resolution tower is used: 0 is its embeddings, -1 the last.
    # Cached features hold one already. conf/model/mgm_2b.yaml names it.
    mm_vision_select_layer: int = -2
