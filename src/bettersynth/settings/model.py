"""The section `model` of `params.yaml`: the parts that the model is put together from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelSettings:
    """`params.yaml: model`. Without tower folders the model reads the cached features of `data/features`."""

    language_model: str = "models/nano-decoder"
    vision_tower: str | None = None
    vision_tower_aux: str | None = None
    mm_projector_type: str = "mlp2x_gelu"
    image_size_aux: int = 768  # pixels; unused with cached features
    image_grid: int = 1
    image_global: bool = False
    tokenizer_model_max_length: int = 2048
    drop_path: float = 0.0  # the reference leaves 0.1 on in its frozen tower
