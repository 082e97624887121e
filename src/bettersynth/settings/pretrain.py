"""The section `pretrain` of `params.yaml`: training stage 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bettersynth.errors import UserError
from bettersynth.settings.training import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class PretrainSettings(TrainingSettings):
    """`params.yaml: pretrain`. `restarts` initialisations run for `restart_steps` steps; the one
    with the best loss then goes on.

    `projector` names a stage-1 file to go on from, this project's or upstream's, in the place of a
    fresh start.
    """

    BOUNDS: ClassVar = {
        **TrainingSettings.BOUNDS,
        "restarts": (1, 1000),
        "restart_steps": (1, 1_000_000),
    }

    restarts: int
    restart_steps: int
    projector: str | None

    def __post_init__(self) -> None:
        if self.projector and self.restarts > 1:
            raise UserError(
                f"params.yaml: pretrain.restarts is {self.restarts}, but a run that goes on from "
                "pretrain.projector has one start; set it to 1"
            )
