"""The part `filter.refine` of `params.yaml`: bounds taken from the measured values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class RefineSettings:
    """`rule`: "" moves nothing, `k_sigma` takes mean - k and + k standard deviations, `percentiles` the quantiles `low` and `high`."""

    rule: Literal["", "k_sigma", "percentiles"] = ""
    k: float = 3.0
    low: float = 0.05
    high: float = 0.95
