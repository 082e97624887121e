"""The section `scorer` of `params.yaml`: the image-text similarity model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ScorerSettings:
    """`params.yaml: scorer`.

    Each of `members` heads is trained on all but its own `held_out` share of the concepts. `matched` and `shuffled` are the scores
    that the median matched and the median shuffled held-out pair get; they put the score on CLIP's scale.
    `folder`: of a ready CLIP (`stats.image_text_similarity_filter.hf_clip` names it too); nothing is trained then.
    """

    folder: str | None = None
    members: int = 3
    hidden: int = 1024
    width: int = 256
    dropout: float = 0.7
    updates: int = 300
    batch: int = 384
    learning_rate: float = 1e-3
    weight_decay: float = 0.1
    initial_scale: float = 10.0
    same_meaning: float = 0.9
    held_out: float = 0.1
    bank: int = 1024
    temperature: float = 0.05
    matched: float = 0.30
    shuffled: float = 0.20
    seed: int = 0
