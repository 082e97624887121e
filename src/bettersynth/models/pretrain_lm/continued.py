"""Continued pretraining of any causal language model on text files.

It runs through transformers' Trainer: ZeRO, resume, held-out perplexity.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from bettersynth.data.files.scratch import scratch_folder
from bettersynth.data.row_files.documents import document_files
from bettersynth.errors import UserError
from bettersynth.models.architecture.assembly import require_fitting_tokenizer
from bettersynth.models.architecture.tokenizers import load_tokenizer
from bettersynth.models.devices.attention import choose_attention
from bettersynth.models.devices.processes import is_main_process
from bettersynth.models.pretrain_lm.blocks import SETTING, Blocks, write_tokens
from bettersynth.models.pretrain_lm.saving import save_folder
from bettersynth.models.pretrain_lm.text_trainer import run_trainer
from bettersynth.models.training.arguments import training_arguments
from bettersynth.models.training.checkpoints import forget
from bettersynth.models.training.lora import add_lora
from bettersynth.models.training.run_files import model_files, run_key, write_curve
from bettersynth.settings.pretrain_lm import TextSettings

PARTS = ("train", "held_out")
CURVES = {
    "loss": ("step", "loss", "lr"),
    "held_out": ("step", "held_out_loss", "perplexity", "token_accuracy"),
}
LIVE = Path("results/live/pretrain_lm")


@dataclasses.dataclass
class Decoder:
    """A language model alone, where adapters are put into that of a larger model."""

    language_model: PreTrainedModel


def continue_pretraining(settings: TextSettings, output: Path) -> list[dict[str, float]]:
    """Train, write `output` and the curves, and return the log.

    The log holds step, loss and lr, and on the held-out part loss, perplexity and token accuracy.
    A killed run goes on from its last checkpoint with the numbers of an uninterrupted one.

    Raises:
        UserError: bad files, documents or settings, a loss that is not finite.
    """
    files = text_files(settings)
    deciding = [*files, *model_files(settings.language_model)]
    key = run_key(deciding, dataclasses.asdict(settings), __name__)
    scratch = scratch_folder("pretrain_lm", key)
    # before the arguments, which set ZeRO-3 up: the model is whole in each process
    model, tokenizer = load(settings)
    measuring = {
        "per_device_eval_batch_size": settings.batch_size,
        "num_train_epochs": settings.epochs,
        "eval_strategy": "steps",
        "eval_steps": settings.eval_steps,
        # else nothing tells what the training began from
        "eval_on_start": True,
    }
    args = training_arguments(settings, scratch, settings.seed, measuring)
    # one process writes the tokens, the others find them there
    with args.main_process_first(desc="tokens"):
        write_tokens(settings, tokenizer, scratch / "tokens")
    blocks = {}
    for name in PARTS:
        most = settings.max_eval_samples if name == "held_out" else None
        path = scratch / f"tokens/{name}.bin"
        blocks[name] = Blocks(path, settings.block_size, settings.answers_only, most)
    require_blocks(blocks, settings.block_size)
    adapters = None
    if settings.lora:
        adapters = add_lora(Decoder(model), settings.lora, settings.seed)
    if settings.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if settings.torch_compile:
        # in place, so that names of parameters stay
        model.model.compile(dynamic=True)
    log = run_trainer(model, args, blocks, settings.warmup_share, LIVE)
    if is_main_process():
        if adapters is not None:
            adapters.merge_and_unload()
        write_curves(log)
        save(model, tokenizer, settings, output, log, blocks)
        forget(scratch)
    return log


def text_files(settings: TextSettings) -> list[Path]:
    """Return the files of both parts.

    Raises:
        UserError: none are named, or one or the language model is not there.
    """
    if not settings.train_files:
        raise UserError("pretrain_lm.text.train_files is empty; name csv, jsonl or txt files")
    files = document_files((*settings.train_files, *settings.held_out_files), SETTING)
    if not Path(settings.language_model).is_dir():
        raise UserError(f"{settings.language_model} is no folder of a language model")
    return files


def load(settings: TextSettings) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the language model and its tokenizer.

    Raises:
        UserError: no model there, broken weights, a tokenizer with more tokens than the model, or
            blocks longer than its positions.
    """
    folder = settings.language_model
    attention = choose_attention(settings.attn_implementation, settings.precision)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation=attention, local_files_only=True
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise UserError(
            f"{folder} holds no language model that can be read: {str(error).splitlines()[0][:200]}"
        ) from None
    tokenizer = load_tokenizer(folder)
    require_fitting_tokenizer(tokenizer, model.config.vocab_size, folder)
    longest = getattr(model.config, "max_position_embeddings", None)
    if settings.block_size < 2 or (longest and settings.block_size > longest):
        raise UserError(
            f"pretrain_lm.text.block_size is {settings.block_size}; {folder} takes 2 to {longest} "
            "tokens"
        )
    return model, tokenizer


def require_blocks(blocks: dict[str, Blocks], block_size: int) -> None:
    """Check that each part has a block to learn from, or to measure.

    Raises:
        UserError: one has none.
    """
    cures = {
        "train": "name more files",
        "held_out": "raise held_out_share or name held_out_files",
    }
    for name, part in blocks.items():
        if len(part):
            continue
        if part.tokens >= block_size:
            raise UserError(
                f"no block of the {name} part holds an answer; {cures[name]}, or set "
                "answers_only: false"
            )
        raise UserError(
            f"the {name} part has {part.tokens} tokens, less than one block of {block_size}; "
            f"{cures[name]}, or set a smaller block_size"
        )


def write_curves(log: list[dict[str, float]]) -> None:
    """Write `loss.tsv` and `held_out.tsv` to `results/pretrain_lm/`, which `dvc plots show` draws:
    one line a step that has a loss, or was measured.
    """
    for name, columns in CURVES.items():
        records = []
        for record in log:
            if columns[-1] in record:
                records.append({column: record[column] for column in columns})
        write_curve(f"results/pretrain_lm/{name}.tsv", records)


def save(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    settings: TextSettings,
    output: Path,
    log: list[dict[str, float]],
    blocks: dict[str, Blocks],
) -> None:
    """Write the trained model's folder: see `save_folder`."""
    facts = {
        "made_by": "python -m bettersynth.steps.pretrain_lm",
        "from": settings.language_model,
        "text": dataclasses.asdict(settings),
        "tokens": {name: part.tokens for name, part in blocks.items()},
        # without the build (+cpu, +cu130): it changes no setting
        "torch": str(torch.__version__).split("+")[0],
    }

    def write(folder: Path) -> None:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    save_folder(output, write, log, facts)
