"""The section `pretrain` of `params.yaml`: training stage 1."""

from __future__ import annotations

from dataclasses import dataclass

from bettersynth.errors import UserError
from bettersynth.settings.training import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class PretrainSettings(TrainingSettings):
    """`params.yaml: pretrain`. `restarts` initialisations run for `restart_steps` steps; the one
    with the best loss then goes on.
    """

    restarts: int
    restart_steps: int

    def __post_init__(self) -> None:
        if self.restarts < 1 or self.restart_steps < 1:
            raise UserError(
                f"params.yaml: pretrain.restarts is {self.restarts}, "
                f"restart_steps {self.restart_steps}; both must be 1 or more"
            )
