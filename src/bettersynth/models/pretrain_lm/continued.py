"""Continued pretraining of any causal language model on text files, through transformers' Trainer: ZeRO, resume, held-out perplexity."""

from __future__ import annotations

import dataclasses
import math
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.errors import UserError
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.models.pretrain_lm.blocks import Blocks, write_tokens
from bettersynth.models.pretrain_lm.saving import save_folder
from bettersynth.models.training.optimizer import decayed_names, set_deterministic
from bettersynth.models.training.schedule import cosine_schedule
from bettersynth.models.training.stages import forget, model_files, run_key
from bettersynth.models.training.trainer import (
    ProgressBar,
    choose_attention,
    choose_precision,
    gather_partitioned,
    is_main_process,
    last_checkpoint,
    prepare_deepspeed,
    tensor_float,
)
from bettersynth.settings.pretrain_lm import TextSettings


class TextTrainer(Trainer):
    """Trainer with this project's schedule and its words for a loss that is not finite."""

    warmup_share = 0.03

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:  # noqa: ARG002
        if self.optimizer is None:
            decayed = decayed_names(self.model)
            groups: list[dict[str, Any]] = [
                {"params": [], "weight_decay": decay} for decay in (self.args.weight_decay, 0.0)
            ]
            for name, parameter in self.model.named_parameters():
                groups[0 if name in decayed else 1]["params"].append(parameter)
            self.optimizer = torch.optim.AdamW(
                [g for g in groups if g["params"]],
                lr=self.args.learning_rate,
                betas=(0.9, 0.999),
                eps=1e-8,
            )
        return self.optimizer

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> Any:
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
        blocks = inputs.pop("block")
        found = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        loss = found[0] if return_outputs else found
        if model.training and not bool(torch.isfinite(loss)):
            named = ", ".join(str(int(block)) for block in blocks)
            raise UserError(
                f"the loss is {loss.item()} at step {self.state.global_step + 1}; the batch held the blocks {named}"
            )
        return found


class EvaluateAtEnd(TrainerCallback):
    """Measures the held-out part after the last step, wherever `eval_steps` falls."""

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:  # noqa: ARG002
        if state.global_step >= state.max_steps:
            control.should_evaluate = True


def right_tokens(logits: Tensor, labels: Tensor) -> Tensor:
    """Return how many next tokens of each block are the most likely ones: int64 `[B]`, of logits `[B, T, V]` and labels `[B, T]`."""
    return (logits[:, :-1].argmax(-1) == labels[:, 1:]).sum(1)


def token_accuracy(found: Any) -> dict[str, float]:
    """Return the share of right next tokens over all blocks, of what `right_tokens` counted."""
    return {
        "token_accuracy": float(
            found.predictions.sum() / (found.label_ids.shape[0] * (found.label_ids.shape[1] - 1))
        )
    }


def load(settings: TextSettings) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the language model and its tokenizer.

    Raises:
        UserError: no model there, broken weights, a tokenizer with more tokens than the model, or blocks longer than its positions.
    """
    attention = choose_attention(settings.attn_implementation, settings.precision)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            settings.language_model,
            dtype=torch.float32,
            attn_implementation=attention,
            local_files_only=True,
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise UserError(
            f"{settings.language_model} holds no language model that can be read: {str(error).splitlines()[0][:200]}"
        ) from None
    tokenizer = load_tokenizer(settings.language_model)
    if len(tokenizer) > model.config.vocab_size:
        raise UserError(
            f"the tokenizer of {settings.language_model} has {len(tokenizer)} tokens, its model only {model.config.vocab_size}"
        )
    longest = getattr(model.config, "max_position_embeddings", None)
    if settings.block_size < 2 or (longest and settings.block_size > longest):
        raise UserError(
            f"pretrain_lm.text.block_size is {settings.block_size}; {settings.language_model} takes 2 to {longest} tokens"
        )
    return model, tokenizer


def continue_pretraining(settings: TextSettings, output: Path, seed: int) -> list[dict[str, float]]:
    """Train on and save to `output`; return the log: step, loss, lr, and on the held-out part loss, perplexity and token accuracy.

    A killed run goes on from its last checkpoint with the numbers of an uninterrupted one.

    Raises:
        UserError: bad files, documents or settings, a loss that is not finite.
    """
    if not settings.train_files:
        raise UserError("pretrain_lm.text.train_files is empty; name csv, jsonl or txt files")
    set_deterministic(settings.threads)
    files = [Path(path) for path in (*settings.train_files, *settings.held_out_files)]
    missing = [path for path in files if not path.is_file()]
    if missing:
        raise UserError(
            f"{missing[0]} does not exist; name the files in params.yaml: pretrain_lm.text"
        )
    if not Path(settings.language_model).is_dir():
        raise UserError(f"{settings.language_model} is no folder of a language model")
    key = run_key(
        [*files, *model_files(settings.language_model)],
        {"seed": seed, "text": dataclasses.asdict(settings)},
        __name__,
    )
    scratch = scratch_folder("pretrain_lm", key)
    model, tokenizer = load(
        settings
    )  # before the arguments: whole in each process, also with ZeRO-3
    args = training_arguments(settings, scratch, seed)
    with args.main_process_first(desc="tokens"):
        write_tokens(
            settings.train_files,
            settings.held_out_files,
            settings.held_out_share,
            settings.column,
            tokenizer,
            scratch / "tokens",
        )
    blocks = {
        name: Blocks(scratch / f"tokens/{name}.bin", settings.block_size)
        for name in ("train", "held_out")
    }
    for name, part in blocks.items():
        if not len(part):
            more = (
                "raise held_out_share or name held_out_files"
                if name == "held_out"
                else "name more files"
            )
            raise UserError(
                f"the {name} part has {part.tokens} tokens, less than one block of {settings.block_size}; {more}, or set a smaller block_size"
            )
    if settings.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if settings.torch_compile:
        model.model.compile(dynamic=True)
    log = run_trainer(model, args, blocks, settings)
    if is_main_process():
        facts = {
            "made_by": "python -m bettersynth.steps.pretrain_lm", "from": settings.language_model, "seed": seed,
            "text": dataclasses.asdict(settings), "tokens": {name: part.tokens for name, part in blocks.items()},
            "torch": str(torch.__version__).split("+")[0],
        }  # fmt: skip

        def write(folder: Path) -> None:
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)

        save_folder(output, write, log, facts)
        forget(scratch)
    return log


def run_trainer(
    model: PreTrainedModel,
    args: TrainingArguments,
    blocks: dict[str, Blocks],
    settings: TextSettings,
) -> list[dict[str, float]]:
    """Train in place and return the log."""
    trainer = TextTrainer(
        model, args, train_dataset=blocks["train"], eval_dataset=blocks["held_out"], compute_metrics=token_accuracy,
        preprocess_logits_for_metrics=right_tokens, callbacks=[ProgressBar(), EvaluateAtEnd()],
    )  # fmt: skip
    trainer.warmup_share = settings.warmup_share
    for callback in (ProgressCallback, PrinterCallback):
        trainer.remove_callback(callback)
    checkpoint = last_checkpoint(Path(args.output_dir), remove_broken=is_main_process())
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    gather_partitioned(model)
    return read_log(trainer.state.log_history, settings.eval_steps)


def training_arguments(settings: TextSettings, scratch: Path, seed: int) -> TrainingArguments:
    """Return transformers' arguments."""
    deepspeed = prepare_deepspeed(settings.deepspeed) if settings.deepspeed is not None else None
    cuda, launched = torch.cuda.is_available(), int(os.environ.get("WORLD_SIZE", "1")) > 1
    precision = choose_precision(settings.precision)
    if precision == "float16" and not cuda:
        raise UserError("precision float16 needs a GPU; on CPU use float32 or bfloat16")
    args = TrainingArguments(
        output_dir=str(scratch), per_device_train_batch_size=settings.batch_size, per_device_eval_batch_size=settings.batch_size,
        gradient_accumulation_steps=settings.accumulation, num_train_epochs=settings.epochs, learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay, max_grad_norm=settings.max_grad_norm, logging_steps=1, logging_nan_inf_filter=False,
        eval_strategy="steps", eval_steps=settings.eval_steps, eval_on_start=True, save_steps=settings.save_steps, save_total_limit=2,
        report_to=[], disable_tqdm=True, bf16=precision == "bfloat16", fp16=precision == "float16",
        tf32=tensor_float(), use_cpu=not cuda, seed=seed, data_seed=seed, remove_unused_columns=False, label_names=["labels"],
        dataloader_num_workers=settings.workers, dataloader_pin_memory=cuda, deepspeed=deepspeed,
        ddp_find_unused_parameters=False, ddp_backend="gloo" if launched and not cuda else None,
    )  # fmt: skip
    args._n_gpu = min(
        args.n_gpu, 1
    )  # several GPUs are used by several processes, never by torch's DataParallel
    return args


def read_log(history: list[dict[str, Any]], eval_steps: int) -> list[dict[str, float]]:
    """Return one record a step that has a loss or a measurement; what a resumed run measured where it began is left out."""
    records: dict[int, dict[str, float]] = {}
    last = max((entry["step"] for entry in history), default=0)
    for entry in history:
        record = records.setdefault(entry["step"], {"step": entry["step"]})
        if "loss" in entry:
            record |= {"loss": entry["loss"], "lr": entry["learning_rate"]}
        if "eval_loss" in entry and (entry["step"] % eval_steps == 0 or entry["step"] == last):
            loss = entry["eval_loss"]
            record |= {
                "held_out_loss": loss,
                "perplexity": math.exp(min(loss, 700.0)),
                "token_accuracy": entry["eval_token_accuracy"],
            }
    return [records[step] for step in sorted(records) if len(records[step]) > 1]
