"""The section `model` of `params.yaml`: the parts that the model is put together from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """`params.yaml: model`. Without tower folders the model reads the cached features of
    `data/features`, and `image_size_aux` (pixels) goes unused.
    """

    language_model: str
    vision_tower: str | None
    vision_tower_aux: str | None
    mm_projector_type: str
    image_size_aux: int
    image_grid: int
    image_global: bool
    tokenizer_model_max_length: int
    drop_path: float
