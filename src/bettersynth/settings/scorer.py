"""The section `scorer` of `params.yaml`: the image-text similarity model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ScorerSettings:
    """`params.yaml: scorer`.

    Each of `members` heads is trained on all but its own `held_out` share of the concepts.
    `matched` and `shuffled` are the scores that the median matched and the median shuffled held-out
    pair get; they put the score on CLIP's scale. `folder`: of a ready CLIP
    (`stats.image_text_similarity_filter.hf_clip` names it too); nothing is trained then.
    """

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
