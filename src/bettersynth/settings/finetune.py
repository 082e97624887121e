"""The section `finetune` of `params.yaml`: training stage 2."""

from __future__ import annotations

from dataclasses import dataclass

from bettersynth.errors import UserError
from bettersynth.settings.lora import Lora
from bettersynth.settings.training import TrainingSettings, zero_stage


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
