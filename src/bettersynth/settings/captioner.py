"""The section `captioner` of `params.yaml`: the captioner that is trained here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CaptionerSettings:
    """`params.yaml: captioner`. `train: false` where nothing is recaptioned, or a captioner brings
    its own weights; the other settings count for nothing then.
    """

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
