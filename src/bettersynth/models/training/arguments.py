"""The arguments that every training here hands to transformers' Trainer."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from transformers import TrainingArguments

from bettersynth.models.devices.precision import tensor_float, training_precision
from bettersynth.models.devices.processes import process_count
from bettersynth.models.training.deepspeed import read_deepspeed
from bettersynth.settings.pretrain_lm import TextSettings
from bettersynth.settings.training import TrainingSettings

TALKATIVE = ("transformers.trainer", "transformers.trainer_utils")


def quiet_trainer() -> None:
    """Silence what the Trainer says of every run: that it aligns token ids, and the like."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)


def training_arguments(
    settings: TrainingSettings | TextSettings, scratch: Path, seed: int, own: dict[str, Any]
) -> TrainingArguments:
    """Return the arguments of a run whose checkpoints lie under `scratch`; `own` adds to them.

    Raises:
        UserError: a precision that the device lacks, or a DeepSpeed configuration that is none.
    """
    precision = training_precision(settings.precision)
    cuda = torch.cuda.is_available()
    # nccl needs GPUs
    gloo = process_count() > 1 and not cuda
    arguments = TrainingArguments(
        output_dir=str(scratch),
        per_device_train_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulation,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        logging_steps=1,
        # a loss that is not finite must be seen
        logging_nan_inf_filter=False,
        save_steps=settings.save_steps,
        save_total_limit=2,
        # no tracker: DVC records the run
        report_to=[],
        disable_tqdm=True,
        bf16=precision == "bfloat16",
        fp16=precision == "float16",
        tf32=tensor_float(),
        use_cpu=not cuda,
        seed=seed,
        data_seed=seed,
        # rows carry ids, and pictures by name, which the model does not take
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_num_workers=settings.workers,
        dataloader_pin_memory=cuda,
        deepspeed=read_deepspeed(settings.deepspeed),
        # every trained parameter gets a gradient in every step (see patch_info_mining)
        ddp_find_unused_parameters=False,
        ddp_backend="gloo" if gloo else None,
        **own,
    )
    # several GPUs are used by several processes, never by torch's DataParallel
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments
