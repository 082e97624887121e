"""Adapters in the place of a decoder's weights: `lora` in the sections of trainings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True)
class Lora:
    """`finetune.lora` and `pretrain_lm.text.lora`. `targets` are names of linear layers of the
    decoder's blocks (null: all of them).

    `bits` holds the frozen weights in 4 or 8 bits through bitsandbytes, as QLoRA does; null keeps
    them whole. Of 4 bits `quant_type` is the kind of number, and `double_quant` holds the scales of
    its blocks in 8 bits too (arXiv 2305.14314).

    The shipped confs train whole weights (`lora: null`), so that the defaults stand here:
    `-S finetune.lora={}` is enough to try adapters.
    """

    BOUNDS: ClassVar = {
        "rank": (1, 100_000),
        "alpha": (0, 1_000_000),
        "dropout": (0, 1),
    }

    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.0
    targets: tuple[str, ...] | None = None
    bits: Literal[4, 8] | None = None
    quant_type: Literal["nf4", "fp4"] = "nf4"
    double_quant: bool = True
