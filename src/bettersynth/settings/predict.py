"""The section `predict` of `params.yaml`: how the benchmarks are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bettersynth.settings.training import Precision, Template


@dataclass(frozen=True, kw_only=True)
class PredictSettings:
    """`params.yaml: predict`. `textvqa_ocr_tokens`: TextVQA's prompts keep their OCR tokens."""

    BOUNDS: ClassVar = {
        "batch_size": (1, 100_000),
        "mmbench_tokens": (1, 100_000),
        "textvqa_tokens": (1, 100_000),
        "threads": (1, 4096),
    }

    template: Template
    batch_size: int
    mmbench_tokens: int
    textvqa_tokens: int
    textvqa_ocr_tokens: bool
    precision: Precision
    # As in training: flash_attention_2 where card and installation allow it, else sdpa.
    attn_implementation: str = "auto"
    threads: int | None
