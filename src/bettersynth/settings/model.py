"""The section `model` of `params.yaml`: the parts that the model is put together from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from bettersynth.errors import UserError


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """`params.yaml: model`. Without tower folders the model reads the cached features of
    `data/features`, and `image_size_aux` (pixels) goes unused.
    """

    BOUNDS: ClassVar = {
        "mm_projector_width": (1, 65_536),
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
    # Of the hidden layers of an mlpNx_gelu; null is the language model's hidden size.
    mm_projector_width: int | None
    image_size_aux: int
    image_grid: int
    image_global: bool
    tokenizer_model_max_length: int
    drop_path: float
    # Tokens <im_start> and <im_end> around each picture's own.
    mm_use_im_start_end: bool
    # Which hidden layer of the low-resolution tower is used: 0 is its embeddings, -1 the last.
    # Cached features hold one already. conf/model/mgm_2b.yaml names it.
    mm_vision_select_layer: int = -2

    def __post_init__(self) -> None:
        if (self.vision_tower is None) != (self.vision_tower_aux is None):
            raise UserError(
                "params.yaml: model needs both vision_tower and vision_tower_aux, or neither "
                "(cached features)"
            )
        require_projector(self.mm_projector_type, self.mm_projector_width, "params.yaml: model.")
        layer = self.mm_vision_select_layer
        if self.vision_tower is None and layer != ModelSettings.mm_vision_select_layer:
            raise UserError(
                f"params.yaml: model.mm_vision_select_layer is {layer}, but cached features have "
                "no layers; name both vision_tower and vision_tower_aux, or leave it out"
            )


def require_projector(kind: str, width: int | None, prefix: str) -> None:
    """Pass if `kind` is a projector's, with hidden layers to be `width` wide or `width` None.

    `prefix` is what an error writes before a setting's name.

    Raises:
        UserError: it is another kind, or one without hidden layers has a width.
    """
    if not re.fullmatch(r"linear|identity|mlp[1-9]x_gelu", kind):
        raise UserError(
            f"{prefix}mm_projector_type is {kind!r}; allowed: linear, identity, mlp1x_gelu ... "
            "mlp9x_gelu"
        )
    if width is not None and not re.fullmatch(r"mlp[2-9]x_gelu", kind):
        raise UserError(
            f"{prefix}mm_projector_width is {width}, but mm_projector_type {kind!r} has no hidden "
            "layer; set mm_projector_width to null, or mm_projector_type to mlp2x_gelu"
        )


def used_layers(select_layer: int, layers: int) -> int:
    """Return after how many of a tower's layers its hidden state is used.

    Hidden states count from 0, the embeddings, to `layers`.

    Raises:
        UserError: there are fewer.
    """
    used = select_layer if select_layer >= 0 else layers + 1 + select_layer
    if not 0 <= used <= layers:
        raise UserError(
            f"mm_vision_select_layer is {select_layer}; the tower has {layers} layers: "
            f"allowed are {-layers - 1} to {layers}"
        )
    return used
