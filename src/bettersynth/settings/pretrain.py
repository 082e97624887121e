"""The section `pretrain` of `params.yaml`: training stage 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bettersynth.settings.training import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class PretrainSettings(TrainingSettings):
    """`params.yaml: pretrain`. `restarts` initialisations run for `restart_steps` steps; the one
    with the best loss then goes on.
    """

    BOUNDS: ClassVar = {
        **TrainingSettings.BOUNDS,
        "restarts": (1, 1000),
        "restart_steps": (1, 1_000_000),
    }

    restarts: int
    restart_steps: int
