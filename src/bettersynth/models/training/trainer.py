"""One training stage through transformers' Trainer: order, schedule, loss, and checkpoints that resume to the same numbers."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import logging
import math
import os
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import Sampler
from tqdm import tqdm
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.files.writing import complete_or_absent
from bettersynth.errors import UserError
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.training.data import Collator, TrainingRows
from bettersynth.models.training.optimizer import build_optimizer, parameter_groups
from bettersynth.models.training.sampler import TrainingSampler
from bettersynth.models.training.schedule import cosine_schedule
from bettersynth.settings.training import Precision, TrainingSettings, zero_stage

WEIGHTS = "trained.safetensors"


class MiniGeminiTrainer(Trainer):
    """Trainer with this project's order, optimiser and schedule; a checkpoint holds only what is trained, and how to go on."""

    def __init__(
        self,
        model: MiniGemini,
        args: TrainingArguments,
        rows: TrainingRows,
        collator: Collator,
        settings: TrainingSettings,
        **kwargs: Any,
    ) -> None:
        self.settings = settings
        super().__init__(
            model=model, args=args, train_dataset=rows, data_collator=collator, **kwargs
        )
        self.remove_callback(ProgressCallback)
        self.remove_callback(PrinterCallback)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:  # noqa: ARG002
        rows: TrainingRows = self.train_dataset  # type: ignore[assignment]
        world = self.args.world_size * self.args.gradient_accumulation_steps
        return TrainingSampler(
            rows.lengths, self.settings.grouping, self.args.train_batch_size, world, self.args.seed
        )

    def create_optimizer(self, model: Any = None) -> Optimizer:  # noqa: ARG002
        if self.optimizer is None:
            s = self.settings
            groups = parameter_groups(
                self.model, s.learning_rate, s.weight_decay, s.mm_projector_lr, s.lr_multi
            )
            self.optimizer = build_optimizer(s.optimizer, groups, s.muon_learning_rate)
        return self.optimizer

    def create_scheduler(
        self, num_training_steps: int, optimizer: Optimizer | None = None
    ) -> LambdaLR:
        if self.lr_scheduler is None:
            self.lr_scheduler = cosine_schedule(
                optimizer or self.optimizer, num_training_steps, self.settings.warmup_share
            )
        return self.lr_scheduler

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:  # noqa: ARG002
        ids = inputs.pop("ids")
        self.data_collator.samples += len(ids)
        self.data_collator.tokens += int(inputs["attention_mask"].sum())
        output = model(**inputs)
        if not bool(torch.isfinite(output.loss)):
            raise UserError(
                f"the loss is {output.loss.item()} at step {self.state.global_step + 1}; "
                f"the batch held the samples {', '.join(map(str, ids))}. "
                "Lower the learning rate, or look at these samples"
            )
        return (output.loss, output) if return_outputs else output.loss

    def _save(
        self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None
    ) -> None:
        folder = Path(output_dir or self.args.output_dir)
        state = state_dict if state_dict is not None else self.model.state_dict()
        trained = {
            name for name, parameter in self.model.named_parameters() if parameter.requires_grad
        }
        with complete_or_absent(folder / WEIGHTS) as temporary:
            save_file(
                {
                    name: value.contiguous().cpu()
                    for name, value in state.items()
                    if name in trained
                },
                temporary,
            )

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        (model or self.model).load_state_dict(
            load_file(Path(resume_from_checkpoint) / WEIGHTS), strict=False
        )


class ProgressBar(TrainerCallback):
    """One line that counts steps and shows the loss."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:  # noqa: ARG002
        if state.is_world_process_zero:
            self.bar = tqdm(
                total=state.max_steps,
                initial=state.global_step,
                desc="train",
                mininterval=1.0,
                file=sys.stderr,
            )

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:  # noqa: ARG002
        if state.is_world_process_zero and "loss" in (logs := kwargs.get("logs") or {}):
            self.bar.set_postfix(loss=f"{float(logs['loss']):.3f}", refresh=False)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:  # noqa: ARG002
        if state.is_world_process_zero:
            self.bar.update(state.global_step - self.bar.n)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:  # noqa: ARG002
        if state.is_world_process_zero:
            self.bar.close()


class LiveCurve(TrainerCallback):
    """Hands loss and learning rate to dvclive at every step, for `dvc plots` and editors while the training runs."""

    def __init__(self, folder: Path, resume: bool) -> None:
        from dvclive import Live

        self.live = Live(str(folder), resume=resume, save_dvc_exp=False, dvcyaml=None)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:  # noqa: ARG002
        if "loss" in (logs := kwargs.get("logs") or {}):
            self.live.step = state.global_step
            self.live.log_metric("loss", float(logs["loss"]))
            self.live.log_metric("lr", float(logs["learning_rate"]))
            self.live.make_summary()

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:  # noqa: ARG002
        self.live.end()


class StopAt(TrainerCallback):
    """Ends the run after `step` steps with a checkpoint there, under the schedule of the whole run."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:  # noqa: ARG002
        if state.global_step >= self.step and state.global_step < state.max_steps:
            control.should_save = control.should_training_stop = True


def training_steps(rows: int, settings: TrainingSettings, processes: int = 1) -> int:
    """Return the optimiser steps of a run."""
    return math.ceil(
        (settings.visits or rows) / (settings.batch_size * (settings.accumulation or 1) * processes)
    )


def fit_global_batch(settings: TrainingSettings, processes: int) -> TrainingSettings:
    """Return the settings with their accumulation filled in, so that batch_size x accumulation x processes is the global batch.

    Raises:
        UserError: that is impossible; the nearest valid settings are named.
    """
    if settings.accumulation is None:
        if settings.global_batch is None:
            raise UserError(
                "accumulation is null; that needs global_batch, the rows of one optimiser step"
            )
        passes = max(1, settings.global_batch // (settings.batch_size * processes))
        settings = dataclasses.replace(settings, accumulation=passes)
    check_global_batch(settings, processes)
    return settings


def check_global_batch(settings: TrainingSettings, processes: int) -> None:
    """Refuse a batch that is not the one asked for.

    Raises:
        UserError: batch_size x accumulation x processes is not `global_batch`; the nearest valid settings are named.
    """
    wanted, got = (
        settings.global_batch,
        settings.batch_size * (settings.accumulation or 1) * processes,
    )
    if wanted is None or got == wanted:
        return
    if wanted % processes:
        near = sorted(
            (n for n in range(1, wanted + 1) if wanted % n == 0),
            key=lambda n: (abs(n - processes), n),
        )[:3]
        raise UserError(
            f"a global batch of {wanted} cannot be split over {processes} processes; use {', '.join(map(str, sorted(near)))}"
        )
    share = wanted // processes
    pairs = [(b, share // b) for b in range(1, share + 1) if share % b == 0]
    pairs.sort(key=lambda pair: (abs(math.log(pair[0] / settings.batch_size)), pair))
    listed = ", ".join(f"batch_size {b} with accumulation {a}" for b, a in pairs[:3])
    raise UserError(
        f"batch_size {settings.batch_size} x accumulation {settings.accumulation} x {processes} processes = {got}, "
        f"not the global batch {wanted}; "
        f"with {processes} processes use {listed}"
    )


def is_main_process() -> bool:
    """Return whether this process is the one that writes (launchers set RANK)."""
    return os.environ.get("RANK", "0") == "0"


def prepare_deepspeed(path: str) -> dict[str, Any]:
    """Put DeepSpeed's compiled helpers under `.cache/`, remove locks of killed compilations, which would hang every later run, and do a
    launcher's part where there is one process alone. Returns the configuration, where gradients are clipped as `max_grad_norm` says:
    accelerate would clip them at 1 where the file is silent.

    Raises:
        UserError: the configuration is not there or is no JSON, or the package is not installed.
    """
    zero_stage(path)
    if importlib.util.find_spec("deepspeed") is None:
        raise UserError(
            "deepspeed is set, but the package is not installed; pip install deepspeed, or set it to null"
        )
    os.environ.setdefault("TORCH_EXTENSIONS_DIR", str(scratch_folder("torch_extensions").resolve()))
    os.environ.setdefault("DS_ACCELERATOR", "cuda" if torch.cuda.is_available() else "cpu")
    if is_main_process():
        for lock in Path(os.environ["TORCH_EXTENSIONS_DIR"]).glob("**/lock"):
            if time.time() - lock.stat().st_mtime > 600:
                lock.unlink()
    if "RANK" not in os.environ:  # one process and no launcher: DeepSpeed would look for MPI
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        os.environ |= {
            "RANK": "0",
            "LOCAL_RANK": "0",
            "WORLD_SIZE": "1",
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
        }
    return {"gradient_clipping": "auto", **json.loads(Path(path).read_text())}


def gather_partitioned(model: MiniGemini) -> None:
    """After ZeRO-3, give the main process whole parameters again, on the CPU; nothing to do otherwise."""
    if not any(hasattr(parameter, "ds_id") for parameter in model.parameters()):
        return
    import deepspeed

    for parameter in model.parameters():
        with deepspeed.zero.GatheredParameters([parameter]):
            whole = parameter.detach().cpu().clone() if is_main_process() else None
        if whole is not None:
            parameter.data = whole


def last_checkpoint(folder: Path, remove_broken: bool = True) -> Path | None:
    """Return the newest complete checkpoint; with `remove_broken`, those that a kill cut short are removed."""
    for path in sorted(
        folder.glob("checkpoint-*"), key=lambda p: int(p.name.split("-")[1]), reverse=True
    ):
        try:
            json.loads((path / "trainer_state.json").read_text())  # the Trainer writes it last
            if (path / WEIGHTS).exists():
                load_file(path / WEIGHTS)
            return path
        except (OSError, ValueError, SafetensorError):
            if remove_broken:
                shutil.rmtree(path)
    return None


def train(
    model: MiniGemini,
    rows: TrainingRows,
    collator: Collator,
    settings: TrainingSettings,
    scratch: Path,
    seed: int,
    stop_at: int | None = None,
    live: Path | None = None,
) -> list[dict[str, float]]:
    """Train what `requires_grad`; return one record a step: `step`, `loss`, `lr`. `model` holds the result.

    Goes on from the newest checkpoint under `scratch`, with the numbers that an uninterrupted run would give. `stop_at` ends early, with
    a checkpoint. `live` is a folder in which dvclive keeps the loss up to date while the training runs.

    Raises:
        UserError: a loss that is not finite (with the batch's ids), an impossible global batch, or a precision the device lacks.
    """
    for name in ("transformers.trainer", "transformers.trainer_utils"):
        logging.getLogger(name).setLevel(logging.ERROR)
    deepspeed = prepare_deepspeed(settings.deepspeed) if settings.deepspeed is not None else None
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if not torch.cuda.is_available():
        os.environ.setdefault(
            "DS_ACCELERATOR", "cpu"
        )  # or deepspeed, where it is installed, warns that there is no GPU
    settings = fit_global_batch(settings, processes)
    cuda, launched, precision = (
        torch.cuda.is_available(),
        processes > 1,
        choose_precision(settings.precision),
    )
    if precision == "float16" and not cuda:
        raise UserError("precision float16 needs a GPU; on CPU use float32 or bfloat16")
    args = TrainingArguments(
        output_dir=str(scratch), per_device_train_batch_size=settings.batch_size, gradient_accumulation_steps=settings.accumulation,
        max_steps=1, learning_rate=settings.learning_rate, max_grad_norm=settings.max_grad_norm, weight_decay=settings.weight_decay,
        logging_steps=1, logging_nan_inf_filter=False, save_steps=settings.save_steps, save_total_limit=2, report_to=[], disable_tqdm=True,
        bf16=precision == "bfloat16", fp16=precision == "float16", tf32=tensor_float(), use_cpu=not cuda,
        seed=seed, data_seed=seed, remove_unused_columns=False, label_names=["labels"], dataloader_num_workers=settings.workers,
        dataloader_pin_memory=cuda, deepspeed=deepspeed, ddp_find_unused_parameters=False,
        average_tokens_across_devices=False, ddp_backend="gloo" if launched and not cuda else None,
    )  # fmt: skip
    args._n_gpu = min(
        args.n_gpu, 1
    )  # several GPUs are used by several processes, never by torch's DataParallel
    if precision == "bfloat16":
        store_frozen_in_half(model)
    args.max_steps = training_steps(len(rows), settings, args.world_size)
    if settings.gradient_checkpointing:
        model.language_model.activation_checkpointing_enable({"use_reentrant": False})
    if settings.torch_compile:
        model.language_model.model.compile(
            dynamic=True
        )  # in place: names of parameters stay, and splicing runs as it is
    model.packing = settings.packing
    callbacks: list[TrainerCallback] = [ProgressBar(), *([StopAt(stop_at)] if stop_at else [])]
    checkpoint = last_checkpoint(scratch, remove_broken=is_main_process())
    if live is not None and is_main_process():
        callbacks.append(LiveCurve(live, resume=checkpoint is not None))
    trainer = MiniGeminiTrainer(model, args, rows, collator, settings, callbacks=callbacks)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    gather_partitioned(model)
    return [
        {"step": entry["step"], "loss": entry["loss"], "lr": entry["learning_rate"]}
        for entry in trainer.state.log_history
        if "loss" in entry
    ]


def tensor_float() -> bool | None:
    """Return whether float32 products run as TF32, as the reference's do: from Ampere on; None elsewhere, where asking for it is an error."""
    return (
        True if torch.cuda.is_available() and torch.cuda.get_device_capability()[0] >= 8 else None
    )


def choose_precision(name: Precision) -> Precision:
    """Return the precision: `auto` takes bfloat16 where the GPU computes in it (Ampere and later), float16 on older ones, else float32."""
    if name != "auto":
        return name
    if not torch.cuda.is_available():
        return "float32"
    return "bfloat16" if torch.cuda.get_device_capability()[0] >= 8 else "float16"


def store_frozen_in_half(model: MiniGemini) -> None:
    """Keep towers and decoder in bfloat16 where nothing of them but adapters is trained: half of the memory, and autocast computes in it anyway.

    Not for float16: Gemma's hidden states leave its range, so float32 weights keep the residual stream in float32 there.
    """
    for part in (model.vision_tower, model.vision_tower_aux, model.language_model):
        if part is not None and all(
            ".lora_" in name
            for name, parameter in part.named_parameters()
            if parameter.requires_grad
        ):
            cast_parameters(part, torch.bfloat16)


def cast_parameters(module: torch.nn.Module, dtype: torch.dtype) -> None:
    """Convert the frozen float parameters in place. Buffers stay: rotary frequencies in 8 bits of mantissa would bend positions."""
    for parameter in module.parameters():
        if not parameter.requires_grad and parameter.is_floating_point():
            parameter.data = parameter.data.to(dtype)


def choose_attention(name: str, precision: str, packing: bool = False) -> str:
    """Return the attention implementation: `auto` takes flash_attention_2 where package, card and settings allow it, else sdpa.

    Raises:
        UserError: an unknown name, or flash_attention_2 where it cannot run (older than Ampere, not installed, float32, packing).
    """
    if name not in ("auto", "sdpa", "eager", "flash_attention_2"):
        raise UserError(
            f"attn_implementation is {name!r}; allowed: auto, sdpa, eager, flash_attention_2"
        )
    if name in ("sdpa", "eager"):
        return name
    reason = ""
    if not torch.cuda.is_available():
        reason = "there is no GPU"
    elif torch.cuda.get_device_capability()[0] < 8:
        reason = f"{torch.cuda.get_device_name()} is older than Ampere"
    elif precision == "float32":
        reason = "precision is float32; it needs bfloat16 or float16"
    elif packing:
        reason = "packing needs a block mask, which it does not take"
    else:
        try:
            import flash_attn  # noqa: F401
        except ImportError:
            reason = "the package flash-attn is not installed"
    if name == "flash_attention_2" and reason:
        raise UserError(
            f"attn_implementation flash_attention_2 cannot run: {reason}; use auto or sdpa"
        )
    return "sdpa" if reason else "flash_attention_2"
