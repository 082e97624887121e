"""What the sections `pretrain` and `finetune` of `params.yaml` share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from bettersynth.errors import UserError

OptimizerName = Literal["adamw", "muon"]
Grouping = Literal["random", "length", "modality_length", "sorted_batches"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
Template = Literal["gemma", "v1", "plain", "llama_3", "mistral_instruct", "chatml", "v0"]


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """What both stages share.

    `batch_size`: rows a process and forward pass. `accumulation`: passes an optimiser step; null:
    what `global_batch` leaves for each process. `visits`: rows trained on, over and over if need
    be (null: one pass). Rates are peaks after warm-up.
    """

    BOUNDS: ClassVar = {
        "batch_size": (1, 100_000),
        "accumulation": (1, 100_000),
        "visits": (1, 100_000_000),
        "global_batch": (1, 10_000_000),
        "learning_rate": (0, 100),
        "muon_learning_rate": (0, 100),
        "weight_decay": (0, 100),
        "warmup_share": (0, 1),
        "max_grad_norm": (0, 1_000_000),
        "save_steps": (1, 1_000_000_000),
        "threads": (1, 4096),
        "workers": (0, 4096),
        "mm_projector_lr": (0, 100),
    }

    batch_size: int
    accumulation: int | None
    visits: int | None
    optimizer: OptimizerName
    learning_rate: float
    muon_learning_rate: float
    weight_decay: float
    warmup_share: float
    max_grad_norm: float
    grouping: Grouping
    template: Template
    precision: Precision
    packing: bool
    torch_compile: bool
    save_steps: int
    threads: int | None
    # What a run of minutes on a CPU leaves alone; conf/pretrain/mgm_2b.yaml and
    # conf/finetune/mgm_2b.yaml name them all.
    attn_implementation: str = "auto"
    gradient_checkpointing: bool = False
    liger_kernel: bool = False  # fused kernels of the decoder, on a GPU
    deepspeed: str | None = None  # path of a ZeRO json, such as conf/deepspeed/zero2.json
    global_batch: int | None = None  # rows an optimiser step over all processes; else refused
    workers: int = 0  # processes that read pictures; 0: the training process itself
    # What the reference (MGM) can do beyond its own scripts.
    mm_projector_lr: float | None = None  # the projector's own rate
    lr_multi: str | None = None  # `NAME:FACTOR,...` scales the rate of parameters so named
    freeze_mm_mlp_adapter: bool = False  # the projector stays; in stage 1 the mining alone learns
    optimize_vision_tower: bool = False  # parts of the low-resolution tower learn too
    optimize_vision_tower_aux: bool = False  # parts of the high-resolution tower learn too


def zero_stage(path: str) -> int:
    """Return the ZeRO stage of a DeepSpeed configuration.

    Raises:
        UserError: the file is not there or is no JSON.
    """
    try:
        configuration = json.loads(Path(path).read_text())
        return int(configuration.get("zero_optimization", {}).get("stage", 0))
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise UserError(
            f"deepspeed: {path} cannot be read as JSON ({error}); "
            "ready ones are under conf/deepspeed"
        ) from None
