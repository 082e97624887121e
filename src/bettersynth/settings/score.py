"""The section `score` of `params.yaml`: how answers become scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bettersynth.errors import UserError


@dataclass(frozen=True)
class ScoreSettings:
    """`mmbench_protocol` is the headline; `extraction` the rules that find letters for `circular` and `vanilla`; `baseline` a file
    of `bettersynth.evaluation.scoring.baseline_scores`, None for no ratios."""

    mmbench_protocol: Literal[
        "likelihood", "likelihood_minus_prior", "strict", "circular", "vanilla"
    ] = "likelihood"
    extraction: Literal["vlmevalkit", "vlmevalkit-2024", "lmms-eval"] = "vlmevalkit"
    textvqa_protocol: Literal["llava", "lmms-eval", "vlmevalkit"] = "llava"
    baseline: Path | None = None
    bootstrap_draws: int = 4000
    bootstrap_seed: int = 0

    def __post_init__(self) -> None:
        if self.bootstrap_draws < 100:
            raise UserError(
                f"params.yaml: score.bootstrap_draws is {self.bootstrap_draws}; "
                "it must be 100 or more"
            )
