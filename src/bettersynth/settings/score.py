"""The section `score` of `params.yaml`: how answers become scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bettersynth.errors import UserError

MMBenchProtocol = Literal["likelihood", "likelihood_minus_prior", "strict", "circular", "vanilla"]


@dataclass(frozen=True, kw_only=True)
class ScoreSettings:
    """`mmbench_protocol` is the headline; `extraction` the rules that find letters for `circular`
    and `vanilla`; `baseline` a file of `bettersynth baseline`, null for no ratios.
    """

    mmbench_protocol: MMBenchProtocol
    extraction: Literal["vlmevalkit", "vlmevalkit-2024", "lmms-eval"]
    textvqa_protocol: Literal["llava", "lmms-eval", "vlmevalkit"]
    baseline: Path | None
    bootstrap_draws: int
    bootstrap_seed: int

    def __post_init__(self) -> None:
        if self.bootstrap_draws < 100:
            raise UserError(
                f"params.yaml: score.bootstrap_draws is {self.bootstrap_draws}; "
                "it must be 100 or more"
            )
