"""The section `pretrain_lm` of `params.yaml`: a language model trained here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bettersynth.settings.training import Precision


@dataclass(frozen=True)
class Shape:
    """The decoder's size, in the words of transformers' Gemma configuration."""

    hidden_size: int
    layers: int
    heads: int
    intermediate_size: int


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One part of the training.

    `phases` are the shares of its steps at which each stage of its curriculum ends; `decay_share`
    is the last share of the steps, over which both rates fall linearly to 0.
    """

    steps: int
    batch_rows: int
    muon_lr: float
    adamw_lr: float
    muon_weight_decay: float
    decay_share: float
    warmup_steps: int
    phases: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class TextSettings:
    """`params.yaml: pretrain_lm.text`. Documents of `train_files` (csv and jsonl by `column`, txt)
    are joined and cut into blocks of `block_size` tokens; `batch_size` counts blocks a process and
    forward pass.

    The held-out part is `held_out_files`, or else a share of the documents.
    """

    language_model: str
    train_files: tuple[str, ...]
    held_out_files: tuple[str, ...]
    held_out_share: float
    column: str
    block_size: int
    batch_size: int
    accumulation: int
    epochs: float
    learning_rate: float
    weight_decay: float
    warmup_share: float
    max_grad_norm: float
    precision: Precision
    attn_implementation: str
    gradient_checkpointing: bool
    torch_compile: bool
    deepspeed: str | None
    eval_steps: int
    save_steps: int
    workers: int
    threads: int | None


@dataclass(frozen=True, kw_only=True)
class PretrainLmSettings:
    """`params.yaml: pretrain_lm`. With `text` only `output` and `seed` count beside it.

    `seed` is that of the first weights; rows, noise and order take the seeds after it, two for each
    part. `pieces`: learned pieces of the BPE, before whole words are added. `min_count`: how often
    a word must occur in tags, sentences and titles to get a token of its own. `colors`: a second
    part that binds signs' colours to their words (conf/pretrain_lm/colors.yaml). `report_every`:
    steps. `exam_rows`: per test; sign tests take half as many. `text`: continued pretraining on
    files (conf/pretrain_lm/text.yaml).
    """

    archives: Path
    output: Path
    seed: int
    pieces: int
    min_count: int
    shape: Shape
    schedule: Schedule
    colors: Schedule | None
    report_every: int
    exam_rows: int
    text: TextSettings | None
