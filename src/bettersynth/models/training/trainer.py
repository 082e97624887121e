"""One training stage through transformers' Trainer; its checkpoints resume to the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import Sampler
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from bettersynth.data.files.writing import complete_or_absent, naming_in_errors
from bettersynth.errors import UserError
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.devices.processes import is_main_process, process_count
from bettersynth.models.training.arguments import quiet_trainer, training_arguments
from bettersynth.models.training.callbacks import LiveCurve, ProgressBar, SealCheckpoints, StopAt
from bettersynth.models.training.checkpoints import WEIGHTS, last_checkpoint
from bettersynth.models.training.data import Collator, TrainingRows
from bettersynth.models.training.deepspeed import gather_partitioned
from bettersynth.models.training.freezing import store_frozen_in_half
from bettersynth.models.training.global_batch import fit_global_batch, training_steps
from bettersynth.models.training.liger import use_liger
from bettersynth.models.training.optimizer import build_optimizer
from bettersynth.models.training.parameter_groups import parameter_groups
from bettersynth.models.training.sampler import TrainingSampler
from bettersynth.models.training.schedule import cosine_schedule
from bettersynth.settings.training import TrainingSettings


class MiniGeminiTrainer(Trainer):
    """Trainer with this project's order, optimiser and schedule.

    A checkpoint holds only what is trained, and how to go on.
    """

    def __init__(
        self,
        model: MiniGemini,
        args: TrainingArguments,
        rows: TrainingRows,
        collator: Collator,
        settings: TrainingSettings,
        callbacks: list[TrainerCallback],
    ) -> None:
        self.settings = settings
        super().__init__(
            model=model, args=args, train_dataset=rows, data_collator=collator, callbacks=callbacks
        )
        # `ProgressBar` stands in their place
        self.remove_callback(ProgressCallback)
        self.remove_callback(PrinterCallback)

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:  # noqa: ARG002
        rows: TrainingRows = self.train_dataset  # type: ignore[assignment]
        # micro-batches of one step count as processes: they are dealt out alike
        world_size = self.args.world_size * self.args.gradient_accumulation_steps
        return TrainingSampler(
            rows.lengths,
            self.settings.grouping,
            self.args.train_batch_size,
            world_size,
            self.args.seed,
        )

    def create_optimizer(self, model: Any = None) -> Optimizer:  # noqa: ARG002
        """Return the optimiser of what is trained, made at the first call."""
        if self.optimizer is None:
            settings = self.settings
            groups = parameter_groups(
                self.model,
                settings.learning_rate,
                settings.weight_decay,
                settings.mm_projector_lr,
                settings.lr_multi,
            )
            self.optimizer = build_optimizer(
                settings.optimizer, groups, settings.muon_learning_rate
            )
        return self.optimizer

    def create_scheduler(
        self, num_training_steps: int, optimizer: Optimizer | None = None
    ) -> LambdaLR:
        """Return the warm-up and cosine schedule, made at the first call."""
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
        num_items_in_batch: Any = None,  # noqa: ARG002
    ) -> Any:
        """Return the batch's loss, a scalar.

        Raises:
            UserError: it is not finite; the batch's samples are named.
        """
        ids = inputs.pop("ids")
        self.data_collator.samples += len(ids)
        # counted here and not in the collator, which runs ahead in workers
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
        # under ZeRO-3 the Trainer hands over whole tensors; the model's own are split
        state = state_dict if state_dict is not None else self.model.state_dict()
        trained = {}
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad and name in state:
                trained[name] = state[name].contiguous().cpu()
        with complete_or_absent(folder / WEIGHTS) as temporary:
            save_file(trained, temporary)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        # torch writes optimiser and schedule, and names no file where the disk is full
        with naming_in_errors(folder):
            super()._save_checkpoint(model, trial)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        trained = load_file(Path(resume_from_checkpoint) / WEIGHTS)
        # not strict: the frozen rest is in the model already
        (model or self.model).load_state_dict(trained, strict=False)


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
    """Train what `requires_grad`; return one record a step: `step`, `loss`, `lr`.

    `model` holds the result. The run goes on from the newest checkpoint under `scratch`, with the
    numbers that an uninterrupted run would give. `stop_at` ends early, with a checkpoint. `live` is
    a folder in which dvclive keeps the loss up to date while the training runs.

    Raises:
        UserError: a loss that is not finite (with the batch's ids), an impossible global batch, or
            a precision the device lacks.
    """
    quiet_trainer()
    settings = fit_global_batch(settings, process_count())
    # the Trainer asks for a number of steps before it can tell the number of processes
    own = {"max_steps": 1, "average_tokens_across_devices": False}
    args = training_arguments(settings, scratch, seed, own)
    args.max_steps = training_steps(len(rows), settings, args.world_size)
    if args.bf16:
        store_frozen_in_half(model)
    _prepare_decoder(model, settings)
    checkpoint = last_checkpoint(scratch, remove_broken=is_main_process())
    callbacks: list[TrainerCallback] = [ProgressBar(), SealCheckpoints()]
    if stop_at:
        callbacks.append(StopAt(stop_at))
    if live is not None and is_main_process():
        callbacks.append(LiveCurve(live))
    # after `freeze` and `add_lora`: the optimiser takes what requires gradients now
    trainer = MiniGeminiTrainer(model, args, rows, collator, settings, callbacks)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    gather_partitioned(model)
    return loss_curve(trainer.state.log_history)


def _prepare_decoder(model: MiniGemini, settings: TrainingSettings) -> None:
    if settings.gradient_checkpointing:
        model.language_model.activation_checkpointing_enable({"use_reentrant": False})
    if settings.liger_kernel:
        use_liger(model.language_model)
    if settings.torch_compile:
        # in place: names of parameters stay, and splicing runs as it is
        model.language_model.model.compile(dynamic=True)
    model.packing = settings.packing


def loss_curve(history: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Return one record a step of the Trainer's log that has a loss."""
    records = []
    for entry in history:
        if "loss" in entry:
            rate = entry["learning_rate"]
            records.append({"step": entry["step"], "loss": entry["loss"], "lr": rate})
    return records
