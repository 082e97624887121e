"""The section `pretrain` of `params.yaml`: training stage 1."""

from __future__ import annotations

from dataclasses import dataclass

from bettersynth.errors import UserError
from bettersynth.settings.training import TrainingSettings


@dataclass(frozen=True)
class PretrainSettings(TrainingSettings):
    """`params.yaml: pretrain`. `restarts` initialisations run for `restart_steps` steps; the one with the best loss then goes on.

    `freeze_mm_mlp_adapter` trains the mining alone; `optimize_vision_tower` and `..._aux` train parts of the towers too.
    """

    restarts: int = 1
    restart_steps: int = 40
    freeze_mm_mlp_adapter: bool = False
    optimize_vision_tower: bool = False
    optimize_vision_tower_aux: bool = False

    def __post_init__(self) -> None:
        if self.restarts < 1 or self.restart_steps < 1:
            raise UserError(
                f"params.yaml: pretrain.restarts is {self.restarts}, "
                f"restart_steps {self.restart_steps}; both must be 1 or more"
            )
