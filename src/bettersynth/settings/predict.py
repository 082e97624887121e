"""The section `predict` of `params.yaml`: how the benchmarks are answered."""

from __future__ import annotations

from dataclasses import dataclass

from bettersynth.settings.training import Precision, Template


@dataclass(frozen=True)
class PredictSettings:
    """`params.yaml: predict`. `likelihood`: also score MMBench's options as free answers; `textvqa_ocr_tokens`: TextVQA's prompts keep
    their line of OCR tokens. `attn_implementation` as in training."""

    template: Template = "gemma"
    batch_size: int = 64
    mmbench_tokens: int = 16
    textvqa_tokens: int = 16
    textvqa_ocr_tokens: bool = True
    likelihood: bool = True
    precision: Precision = "float32"
    attn_implementation: str = "auto"
    threads: int | None = 1
