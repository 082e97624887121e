"""The part `filter.refine` of `params.yaml`: bounds taken from the measured values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bettersynth.errors import UserError

RefineRule = Literal["", "k_sigma", "percentiles"]
NEEDS: dict[RefineRule, tuple[str, ...]] = {
    "": (),
    "k_sigma": ("k",),
    "percentiles": ("low", "high"),
}


@dataclass(frozen=True)
class RefineSettings:
    """`rule`: "" moves nothing, `k_sigma` takes mean - k and + k standard deviations,
    `percentiles` the quantiles `low` and `high`.

    `over` says of which values: those of the whole pool (and of a data set), or of the samples that
    are left when a line's turn comes.
    """

    rule: RefineRule
    # Only the rule that needs one names it: conf/refine/k_sigma.yaml, conf/refine/percentiles.yaml.
    k: float | None = None
    low: float | None = None
    high: float | None = None
    over: Literal["pool", "left"] | None = None

    def __post_init__(self) -> None:
        missing = [name for name in NEEDS[self.rule] if getattr(self, name) is None]
        if missing:
            raise UserError(
                f"filter.refine lacks {' and '.join(missing)}, which its rule {self.rule} needs; "
                f"refine={self.rule} sets all"
            )
