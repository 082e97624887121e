"""The section `finetune` of `params.yaml`: training stage 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from bettersynth.errors import UserError
from bettersynth.settings.training import TrainingSettings, zero_stage


@dataclass(frozen=True)
class Lora:
    """`params.yaml: finetune.lora`. `targets` are names of linear layers of the decoder's blocks
    (null: all of them).

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


@dataclass(frozen=True, kw_only=True)
class FinetuneSettings(TrainingSettings):
    """`params.yaml: finetune`. `freeze_backbone` freezes the language model's layers; `lora` trains
    adapters in their place.
    """

    # Only with optimizer: muon, which no shipped conf of stage 2 takes; the rate of stage 1.
    muon_learning_rate: float = 0.02
    # conf/finetune/mgm_2b.yaml names it with the reference's value.
    freeze_backbone: bool = False
    lora: Lora | None

    def __post_init__(self) -> None:
        if self.lora is None:
            return
        if self.freeze_backbone:
            raise UserError(
                "params.yaml: finetune has both lora and freeze_backbone; adapters freeze the "
                "layers themselves, so set one of them"
            )
        quantised = self.lora.bits is not None
        if quantised and self.deepspeed is not None and zero_stage(self.deepspeed) == 3:
            raise UserError(
                "params.yaml: finetune.lora.bits does not go with ZeRO-3, which cannot split "
                "quantised weights; use conf/deepspeed/zero2.json"
            )
