"""The section `score` of `params.yaml`: how answers become scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from bettersynth.settings.reading import SEEDS

MMBenchProtocol = Literal["likelihood", "likelihood_minus_prior", "strict", "circular", "vanilla"]


@dataclass(frozen=True, kw_only=True)
class ScoreSettings:
    """`mmbench_protocol` is the headline; `extraction` the rules that find letters for `circular`
    and `vanilla`; `baseline` a file of `bettersynth baseline`, null for no ratios.
    """

    BOUNDS: ClassVar = {
        "bootstrap_draws": (100, 1_000_000),
        "bootstrap_seed": SEEDS,
    }

    mmbench_protocol: MMBenchProtocol
    extraction: Literal["vlmevalkit", "vlmevalkit-2024", "lmms-eval"]
    textvqa_protocol: Literal["llava", "lmms-eval", "vlmevalkit"]
    baseline: Path | None
    bootstrap_draws: int
    bootstrap_seed: int
