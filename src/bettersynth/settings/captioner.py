"""The section `captioner` of `params.yaml`: the captioner that is trained here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bettersynth.errors import UserError


@dataclass(frozen=True, kw_only=True)
class CaptionerSettings:
    """`params.yaml: captioner`. `train: false` where nothing is recaptioned, or a captioner brings
    its own weights; the other settings count for nothing then.
    """

    BOUNDS: ClassVar = {
        "width": (1, 65_536),
        "hidden": (1, 65_536),
        "dropout": (0, 1),
        "label_smoothing": (0, 1),
        "min_count": (0, 1_000_000),
        "max_words": (1, 10_000),
        "updates": (1, 100_000_000),
        "batch": (1, 1_000_000),
        "learning_rate": (0, 100),
        "weight_decay": (0, 100),
        "held_out": (0, 1),
    }

    # Only conf/captioner/none.yaml says otherwise.
    train: bool = True
    width: int
    hidden: int
    dropout: float
    label_smoothing: float
    min_count: int
    max_words: int
    updates: int
    batch: int
    learning_rate: float
    weight_decay: float
    held_out: float
    seed: int

    def __post_init__(self) -> None:
        for name in ("dropout", "label_smoothing", "held_out"):
            if getattr(self, name) >= 1:
                raise UserError(
                    f"params.yaml: captioner.{name} is {getattr(self, name):g}; it must be below 1"
                )
