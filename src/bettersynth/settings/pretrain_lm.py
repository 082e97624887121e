"""The section `pretrain_lm` of `params.yaml`: a language model trained here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bettersynth.settings.training import Precision


@dataclass(frozen=True)
class Shape:
    """The decoder's size, in the words of transformers' Gemma configuration."""

    hidden_size: int = 128
    layers: int = 4
    heads: int = 4
    intermediate_size: int = 320


@dataclass(frozen=True)
class Schedule:
    """One part of the training. `phases` are the shares of its steps at which each stage of its curriculum ends."""

    steps: int = 10000
    batch_rows: int = 32
    muon_lr: float = 0.02
    adamw_lr: float = 0.003
    muon_weight_decay: float = 0.1
    decay_share: float = (
        0.5  # the last share of the steps, over which both rates fall linearly to 0
    )
    warmup_steps: int = 50
    phases: tuple[float, ...] = (0.032, 0.1, 0.22, 0.45)


@dataclass(frozen=True)
class TextSettings:
    """`params.yaml: pretrain_lm.text`. Documents of `train_files` (csv, jsonl, txt) are joined and cut into blocks of `block_size` tokens.

    The held-out part is `held_out_files`, or else a share of the documents.
    """

    language_model: str = "models/nano-decoder"
    train_files: tuple[str, ...] = ()
    held_out_files: tuple[str, ...] = ()
    held_out_share: float = 0.02
    column: str = "text"  # of csv and jsonl
    block_size: int = 1024
    batch_size: int = 8  # blocks a process and forward pass
    accumulation: int = 1
    epochs: float = 1.0
    learning_rate: float = 3e-5
    weight_decay: float = 0.0
    warmup_share: float = 0.03
    max_grad_norm: float = 1.0  # 0: no clipping
    precision: Precision = "float32"
    attn_implementation: str = "auto"
    gradient_checkpointing: bool = False
    torch_compile: bool = False
    deepspeed: str | None = None
    eval_steps: int = 500
    save_steps: int = 500
    workers: int = 0
    threads: int | None = 1


@dataclass(frozen=True)
class PretrainLmSettings:
    """`params.yaml: pretrain_lm`. With `text` only `output` and `seed` count beside it."""

    archives: Path = Path("data/archives")
    output: Path = Path("models/nano-decoder")
    seed: int = (
        0  # of the first weights; rows, noise and order take the seeds after it, two for each part
    )
    pieces: int = 1000  # learned pieces of the BPE, before whole words are added
    min_count: int = (
        3  # how often a word must occur in tags, sentences and titles to get a token of its own
    )
    shape: Shape = field(default_factory=Shape)
    schedule: Schedule = field(default_factory=Schedule)
    colors: Schedule | None = (
        None  # a second part that binds signs' colours to their words; conf/pretrain_lm/colors.yaml
    )
    report_every: int = 1000  # steps
    exam_rows: int = 200  # per test; sign tests take half as many
    text: TextSettings | None = None  # continued pretraining on files; conf/pretrain_lm/text.yaml
