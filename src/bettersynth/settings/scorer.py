"""The section `scorer` of `params.yaml`: the image-text similarity model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bettersynth.errors import UserError


@dataclass(frozen=True, kw_only=True)
class ScorerSettings:
    """`params.yaml: scorer`.

    Each of `members` heads is trained on all but its own `held_out` share of the concepts.
    `matched` and `shuffled` are the scores that the median matched and the median shuffled held-out
    pair get; they put the score on CLIP's scale. `folder`: of a ready CLIP
    (`stats.image_text_similarity_filter.hf_clip` names it too); nothing is trained then.
    """

    BOUNDS: ClassVar = {
        "members": (1, 1000),
        "hidden": (1, 65_536),
        "width": (1, 65_536),
        "dropout": (0, 1),
        "updates": (1, 100_000_000),
        "batch": (2, 1_000_000),
        "learning_rate": (0, 100),
        "weight_decay": (0, 100),
        "same_meaning": (-1, 1),
        "held_out": (0, 1),
        "bank": (1, 10_000_000),
        "temperature": (1e-6, 1_000_000),
    }

    # conf/scorer/mgm_2b.yaml names one; nano trains its own.
    folder: str | None = None
    members: int
    hidden: int
    width: int
    dropout: float
    updates: int
    batch: int
    learning_rate: float
    weight_decay: float
    initial_scale: float
    same_meaning: float
    held_out: float
    bank: int
    temperature: float
    matched: float
    shuffled: float
    seed: int

    def __post_init__(self) -> None:
        where = "params.yaml: scorer"
        if self.dropout >= 1:
            raise UserError(f"{where}.dropout is {self.dropout:g}; it must be below 1")
        # the held-out concepts calibrate the scale, the others are learned from
        if not 0 < self.held_out < 1:
            raise UserError(f"{where}.held_out is {self.held_out:g}; it must lie between 0 and 1")
        if self.initial_scale <= 0:
            raise UserError(f"{where}.initial_scale is {self.initial_scale:g}; it must be above 0")
        if self.matched <= self.shuffled:
            raise UserError(
                f"{where}.matched is {self.matched:g}, shuffled {self.shuffled:g}; matched pairs "
                "must get the higher score"
            )
