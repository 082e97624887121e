"""The section `captioner` of `params.yaml`: the captioner that is trained here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CaptionerSettings:
    """`params.yaml: captioner`. `train: false` where nothing is recaptioned, or a captioner brings its own weights."""

    train: bool = True
    width: int = 128
    hidden: int = 256
    dropout: float = 0.5
    label_smoothing: float = 0.1
    min_count: int = 1
    max_words: int = 24
    updates: int = 2500
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    held_out: float = 0.05
    seed: int = 0
