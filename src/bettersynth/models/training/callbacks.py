"""What happens beside a training step: the line that counts, the live curve, an early end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from bettersynth.models.training.checkpoints import seal

# The Trainer hands over `args`, `state` and `control` by position, more by name.
# ruff: noqa: ARG002


class ProgressBar(TrainerCallback):
    """One line that counts steps and shows the loss."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Open the line; a resumed run begins where it was cut short."""
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
    ) -> None:
        """Show the loss of the last step."""
        logs = kwargs.get("logs") or {}
        if state.is_world_process_zero and "loss" in logs:
            self.bar.set_postfix(loss=f"{float(logs['loss']):.3f}", refresh=False)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Count the steps up to the Trainer's own number."""
        if state.is_world_process_zero:
            self.bar.update(state.global_step - self.bar.n)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Close the line."""
        if state.is_world_process_zero:
            self.bar.close()


class SealCheckpoints(TrainerCallback):
    """Makes a checkpoint one that a later run goes on from, when all processes have written it."""

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Seal what was saved, in the main process."""
        # a seal before the slowest process has written would name half a checkpoint whole
        if torch.distributed.is_initialized():
            torch.distributed.barrier()
        if state.is_world_process_zero:
            seal(Path(args.output_dir) / f"checkpoint-{state.global_step}")


class LiveCurve(TrainerCallback):
    """Hands loss and learning rate to dvclive at every step.

    `dvc plots` and editors show them while the training runs.
    """

    def __init__(self, folder: Path) -> None:
        from dvclive import Live

        # dvclive would resume from files that a kill may have torn; the checkpoint has the steps
        # no experiment, no dvc.yaml of its own: the pipeline's stages record the run
        self.live = Live(str(folder), resume=False, save_dvc_exp=False, dvcyaml=None)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Write the steps before the checkpoint that a resumed run goes on from."""
        for entry in state.log_history:
            self.write(entry["step"], entry)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Write what the Trainer logs of a step."""
        self.write(state.global_step, kwargs.get("logs") or {})

    def write(self, step: int, logs: dict[str, float]) -> None:
        """Write loss and learning rate of a step; logs without a loss are passed over."""
        if "loss" in logs:
            self.write_metrics(step, {"loss": logs["loss"], "lr": logs["learning_rate"]})

    def write_metrics(self, step: int, metrics: dict[str, float]) -> None:
        """Write `metrics` of a step by their names."""
        self.live.step = step
        for name, value in metrics.items():
            self.live.log_metric(name, float(value))
        self.live.make_summary()

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Write what is pending."""
        self.live.end()


class StopAt(TrainerCallback):
    """Ends the run after `step` steps with a checkpoint, under the schedule of the whole run."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Ask for a checkpoint and the end."""
        # the Trainer saves at the last step by itself
        if self.step <= state.global_step < state.max_steps:
            control.should_save = True
            control.should_training_stop = True
