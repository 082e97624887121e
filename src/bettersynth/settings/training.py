"""What the sections `pretrain` and `finetune` of `params.yaml` share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bettersynth.errors import UserError

OptimizerName = Literal["adamw", "muon"]
Grouping = Literal["random", "length", "modality_length", "sorted_batches"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
Template = Literal["gemma", "v1", "plain"]


@dataclass(frozen=True)
class TrainingSettings:
    """What both stages share. `visits`: rows trained on, over and over if need be (null: one pass). Rates are peaks after warm-up."""

    batch_size: int = 32  # rows a process and forward pass
    accumulation: int | None = (
        1  # passes an optimiser step; null: what global_batch leaves for each process
    )
    visits: int | None = None
    optimizer: OptimizerName = "adamw"
    learning_rate: float = 1e-3
    muon_learning_rate: float = 0.02
    mm_projector_lr: float | None = None
    lr_multi: str | None = None
    weight_decay: float = 0.0
    warmup_share: float = 0.03
    max_grad_norm: float = 0.0  # 0: no clipping, as the reference
    grouping: Grouping = "sorted_batches"
    template: Template = "gemma"
    precision: Precision = "float32"
    attn_implementation: str = "auto"
    gradient_checkpointing: bool = False
    torch_compile: bool = False  # compiles the decoder on first use; needs a C++ compiler on CPU
    packing: bool = False  # conversations of a batch share rows, each seeing only itself: the same loss without padding
    deepspeed: str | None = None  # path of a ZeRO json, such as conf/deepspeed/zero2.json
    global_batch: int | None = (
        None  # refused unless batch_size x accumulation x processes equals it
    )
    workers: int = 0
    save_steps: int = 100
    threads: int | None = 1


def zero_stage(path: str) -> int:
    """Return the ZeRO stage of a DeepSpeed configuration.

    Raises:
        UserError: the file is not there or is no JSON.
    """
    try:
        configuration = json.loads(Path(path).read_text())
        return int(configuration.get("zero_optimization", {}).get("stage", 0))
    except (OSError, ValueError) as error:
        raise UserError(
            f"deepspeed: {path} cannot be read as JSON ({error}); "
            "ready ones are under conf/deepspeed"
        ) from None
