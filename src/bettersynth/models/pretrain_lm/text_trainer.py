"""transformers' Trainer on blocks of text, and what it measures on the held-out ones.

Letters in shapes: B blocks of T tokens, a vocabulary of V.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    EvalPrediction,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from bettersynth.errors import UserError
from bettersynth.models.devices.processes import is_main_process
from bettersynth.models.pretrain_lm.blocks import Blocks
from bettersynth.models.training.callbacks import LiveCurve, ProgressBar, SealCheckpoints
from bettersynth.models.training.checkpoints import last_checkpoint
from bettersynth.models.training.deepspeed import gather_partitioned
from bettersynth.models.training.optimizer import ADAMW
from bettersynth.models.training.parameter_groups import decayed_names
from bettersynth.models.training.schedule import cosine_schedule

# beyond it a perplexity is larger than a float
LARGEST_LOSS = 700.0


class TextTrainer(Trainer):
    """Trainer with this project's schedule and its words for a loss that is not finite."""

    warmup_share = 0.03

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:  # noqa: ARG002
        """Return AdamW over what is trained, decayed and not, made at the first call."""
        if self.optimizer is None:
            names = decayed_names(self.model)
            decayed: list[Tensor] = []
            others: list[Tensor] = []
            for name, parameter in self.model.named_parameters():
                # under adapters
                if not parameter.requires_grad:
                    continue
                if name in names:
                    decayed.append(parameter)
                else:
                    others.append(parameter)
            groups = []
            for parameters, decay in ((decayed, self.args.weight_decay), (others, 0.0)):
                if parameters:
                    groups.append({"params": parameters, "weight_decay": decay})
            self.optimizer = torch.optim.AdamW(groups, lr=self.args.learning_rate, **ADAMW)
        return self.optimizer

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> Any:
        """Return the warm-up and cosine schedule, made at the first call."""
        if self.lr_scheduler is None:
            self.lr_scheduler = cosine_schedule(
                optimizer or self.optimizer, num_training_steps, self.warmup_share
            )
        return self.lr_scheduler

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the batch's loss, a scalar (and the model's output).

        Raises:
            UserError: it is not finite while training; the batch's blocks are named.
        """
        blocks = inputs.pop("block")
        computed = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        loss = computed[0] if return_outputs else computed
        if model.training and not bool(torch.isfinite(loss)):
            named = ", ".join(str(int(block)) for block in blocks)
            raise UserError(
                f"the loss is {loss.item()} at step {self.state.global_step + 1}; the batch held "
                f"the blocks {named}"
            )
        return computed


class EvaluateAtEnd(TrainerCallback):
    """Measures the held-out part after the last step, wherever `eval_steps` falls."""

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Ask for a measurement at the last step."""
        if state.global_step >= state.max_steps:
            control.should_evaluate = True


class LiveTextCurve(LiveCurve):
    """Hands dvclive what is measured on the held-out part too."""

    def write(self, step: int, logs: dict[str, float]) -> None:
        """Write held-out loss, perplexity and token accuracy of a step beside its loss."""
        super().write(step, logs)
        if "eval_held_out_loss" in logs:
            self.write_metrics(step, held_out_measures(logs))


def token_measures(logits: Tensor, labels: Tensor) -> Tensor:
    """Return of each block how many next tokens are the most likely ones, and the sum of their
    negative log likelihoods in nats, float64 `[B, 2]`; tokens that are not learned count in none.

    `logits` are `[B, T, V]`, `labels` `[B, T]`.
    """
    measures = []
    # on the device and one block at a time: logits of all blocks would not fit in memory
    for block, tokens in zip(logits[:, :-1], labels[:, 1:], strict=True):
        right = (block.argmax(-1) == tokens).sum()
        likelihood = nn.functional.cross_entropy(block.float(), tokens, reduction="sum")
        measures.append(torch.stack([right.double(), likelihood.double()]))
    return torch.stack(measures)


def mean_measures(measured: EvalPrediction) -> dict[str, float]:
    """Return loss and token accuracy over all learned tokens, of what `token_measures` counted.

    `measured.predictions` are `[blocks, 2]`, `measured.label_ids` `[blocks, T]`.
    """
    tokens = (measured.label_ids[:, 1:] >= 0).sum()
    right, likelihood = measured.predictions.sum(axis=0) / tokens
    return {"held_out_loss": float(likelihood), "token_accuracy": float(right)}


def held_out_measures(metrics: dict[str, float]) -> dict[str, float]:
    """Return held-out loss, perplexity and token accuracy of what the Trainer logs of them."""
    loss = metrics["eval_held_out_loss"]
    return {
        "held_out_loss": loss,
        "perplexity": math.exp(min(loss, LARGEST_LOSS)),
        "token_accuracy": metrics["eval_token_accuracy"],
    }


def run_trainer(
    model: PreTrainedModel,
    args: TrainingArguments,
    blocks: dict[str, Blocks],
    warmup_share: float,
    live: Path,
) -> list[dict[str, float]]:
    """Train in place on `blocks["train"]` and return the log, with `blocks["held_out"]` measured.

    The run goes on from its newest checkpoint. `live` is a folder in which dvclive keeps the curves
    up to date while it runs.
    """
    checkpoint = last_checkpoint(Path(args.output_dir), remove_broken=is_main_process())
    callbacks: list[TrainerCallback] = [ProgressBar(), SealCheckpoints(), EvaluateAtEnd()]
    if is_main_process():
        callbacks.append(LiveTextCurve(live))
    trainer = TextTrainer(
        model,
        args,
        train_dataset=blocks["train"],
        eval_dataset=blocks["held_out"],
        compute_metrics=mean_measures,
        preprocess_logits_for_metrics=token_measures,
        callbacks=callbacks,
    )
    trainer.warmup_share = warmup_share
    for callback in (ProgressCallback, PrinterCallback):
        trainer.remove_callback(callback)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    gather_partitioned(model)
    return read_log(trainer.state.log_history, int(args.eval_steps))


def read_log(history: list[dict[str, Any]], eval_steps: int) -> list[dict[str, float]]:
    """Return one record a step that has a loss or a measurement.

    What a resumed run measured where it began is left out.
    """
    records: dict[int, dict[str, float]] = {}
    last = max((entry["step"] for entry in history), default=0)
    for entry in history:
        step = entry["step"]
        record = records.setdefault(step, {"step": step})
        if "loss" in entry:
            record |= {"loss": entry["loss"], "lr": entry["learning_rate"]}
        if "eval_held_out_loss" in entry and (step % eval_steps == 0 or step == last):
            record |= held_out_measures(entry)
    return [records[step] for step in sorted(records) if len(records[step]) > 1]
