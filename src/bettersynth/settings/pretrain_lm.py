"""The section `pretrain_lm` of `params.yaml`: a language model trained on text before stage 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bettersynth.errors import UserError
from bettersynth.settings.lora import Lora
from bettersynth.settings.training import Precision

LANGUAGE_MODEL = "models/language-model"
"""What the stage writes; `model.language_model` names it to use it."""
# files are dependencies of dvc.yaml, which has no list: as many places stand there
MOST_FILES = 6


@dataclass(frozen=True, kw_only=True)
class TextSettings:
    """`params.yaml: pretrain_lm.text`. Documents of `train_files` (csv and jsonl by `column`, txt;
    a folder stands for all such files in it) are joined and cut into blocks of `block_size`
    tokens; `batch_size` counts blocks a process and forward pass.

    The held-out part is `held_out_files`, or else a share of the documents; its first
    `max_eval_samples` blocks are measured (null: all). `answers_only`: of a conversation in marks
    only the assistant's words, each answer with its end token, are learned and measured. `lora`
    trains adapters, which are merged at the end, in the place of the weights.
    """

    BOUNDS: ClassVar = {
        "held_out_share": (0, 1),
        "block_size": (2, 10_000_000),
        "batch_size": (1, 100_000),
        "accumulation": (1, 100_000),
        "epochs": (0, 1_000_000),
        "learning_rate": (0, 100),
        "weight_decay": (0, 100),
        "warmup_share": (0, 1),
        "max_grad_norm": (0, 1_000_000),
        "eval_steps": (1, 1_000_000_000),
        "max_eval_samples": (1, 1_000_000_000),
        "save_steps": (1, 1_000_000_000),
        "workers": (0, 4096),
        "threads": (1, 4096),
    }

    language_model: str
    seed: int
    train_files: tuple[str, ...]
    held_out_files: tuple[str, ...]
    held_out_share: float
    column: str
    answers_only: bool
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
    max_eval_samples: int | None
    save_steps: int
    workers: int
    threads: int | None
    lora: Lora | None

    def __post_init__(self) -> None:
        if self.lora and self.lora.bits is not None:
            raise UserError(
                "params.yaml: pretrain_lm.text.lora.bits is for stage 2 alone, as "
                "finetune.lora.bits; leave it null"
            )
        number = len(self.train_files) + len(self.held_out_files)
        if number > MOST_FILES:
            raise UserError(
                f"params.yaml: pretrain_lm.text names {number} files, and at most {MOST_FILES} can "
                "be watched; put them into a folder and name that"
            )


@dataclass(frozen=True, kw_only=True)
class PretrainLmSettings:
    """`params.yaml: pretrain_lm`. Without `text` nothing is trained, and there is no such stage."""

    text: TextSettings | None


def text_paths(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each setting of `pretrain_lm.text` that names a path, dotted, with its path; a file of
    a list by its place: `pretrain_lm.text.train_files.0`.
    """
    text = (params.get("pretrain_lm") or {}).get("text") or {}
    for setting in ("language_model", "deepspeed"):
        if text.get(setting):
            yield f"pretrain_lm.text.{setting}", str(text[setting])
    for setting in ("train_files", "held_out_files"):
        for place, path in enumerate(text.get(setting) or ()):
            yield f"pretrain_lm.text.{setting}.{place}", str(path)
