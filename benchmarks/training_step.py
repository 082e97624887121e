"""What makes a training step cheaper without changing its result: one forward and backward pass of
a small Mini-Gemini, form by form.

    PYTHONPATH=src python benchmarks/training_step.py
    # about 3 minutes on one core; --only head, and so on, runs one part

`middle` is a 5.7M decoder (256 wide, 6 layers, 4,096 words), `nano` the default's shape; 16 image
tokens a picture, cached features.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable

import torch
from ratios import compare
from torch import Tensor

import bettersynth.models.architecture  # noqa: F401 (before transformers' models: see there)
from bettersynth.models.architecture.configuration import MiniGeminiConfig
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.splicing import IGNORE_INDEX, IMAGE_TOKEN_INDEX
from bettersynth.models.training.freezing import freeze

SIZES = {
    "nano": {
        "vocab_size": 4707,
        "hidden_size": 128,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "head_dim": 32,
        "intermediate_size": 320,
    },
    "middle": {
        "vocab_size": 4096,
        "hidden_size": 256,
        "num_hidden_layers": 6,
        "num_attention_heads": 8,
        "head_dim": 32,
        "intermediate_size": 768,
    },
    "large vocabulary": {
        "vocab_size": 32000,
        "hidden_size": 256,
        "num_hidden_layers": 6,
        "num_attention_heads": 8,
        "head_dim": 32,
        "intermediate_size": 768,
    },
}
Batch = dict[str, Tensor]


def small_model(size: str) -> MiniGemini:
    """Return a model of one of the `SIZES`, drawn by one seed."""
    torch.manual_seed(0)
    settings = {
        "model_type": "mgm_gemma",
        "mm_hidden_size": 320,
        "mm_hidden_size_aux": 496,
        **SIZES[size],
    }
    settings["num_key_value_heads"] = settings["num_attention_heads"]
    return MiniGemini(MiniGeminiConfig.from_dict(settings)).train()


def batch_of(lengths: list[int], supervised: float, vocabulary: int) -> Batch:
    """Conversations of these many words with one picture each; the last share of the words is
    supervised.
    """
    torch.manual_seed(1)
    ids = torch.zeros(len(lengths), max(lengths), dtype=torch.int64)
    labels = torch.full_like(ids, IGNORE_INDEX)
    for k, length in enumerate(lengths):
        ids[k, :length] = torch.randint(3, vocabulary, (length,))
        ids[k, 4] = IMAGE_TOKEN_INDEX
        answer = max(1, round(supervised * length))
        labels[k, length - answer : length] = ids[k, length - answer : length]
    low_res, high_res = torch.randn(len(lengths), 16, 320), torch.randn(len(lengths), 8, 8, 496)
    return {
        "input_ids": ids,
        "attention_mask": ids != 0,
        "labels": labels,
        "low_res": low_res,
        "high_res": high_res,
    }


def step(model: MiniGemini, batch: Batch, **options: bool) -> Batch:
    """Do one forward and one backward pass; return the loss and a gradient to compare."""
    model.zero_grad()
    loss = model(**batch, **options).loss
    loss.backward()
    return {"loss": loss, "gradient": model.mm_projector[0].weight.grad}


def head(size: str) -> None:
    """Time the language-model head on every position, and on the supervised ones."""
    model, batch = small_model(size), batch_of([112] * 8, 0.2, 4000)
    forms = {
        "head on every position": lambda: step(model, batch, all_logits=True),
        "on supervised ones (20 %)": lambda: step(model, batch),
    }
    compare(f"language-model head, {size}", forms)


def frozen(size: str) -> None:
    """Time a backward pass with weight gradients everywhere, and as stage 1 has them."""
    whole, batch = small_model(size), batch_of([112] * 8, 0.2, 4000)
    stage_one = copy.deepcopy(whole)
    freeze(stage_one, tune_mm_mlp_adapter=True)
    forms = {
        "weight gradients everywhere": lambda: step(whole, batch),
        "stage 1: none in the decoder": lambda: step(stage_one, batch),
    }
    compare(f"weight gradients, {size}", forms)


def bfloat16(size: str) -> None:
    """Time a step in float32, and under bfloat16 autocast."""
    model, batch = small_model(size), batch_of([112] * 8, 0.2, 4000)

    def autocast() -> Batch:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return step(model, batch)

    compare(
        f"precision, {size}", {"float32": lambda: step(model, batch), "bfloat16 autocast": autocast}
    )


def compiled(size: str) -> None:
    """Time a step with the decoder as it is, and compiled."""
    model, batch = small_model(size), batch_of([112] * 8, 0.2, 4000)
    fast = copy.deepcopy(model)
    fast.language_model.model.compile(dynamic=True)
    compare(
        f"torch.compile, {size}",
        {"eager": lambda: step(model, batch), "compiled decoder": lambda: step(fast, batch)},
        warm=2,
    )


def packing(size: str) -> None:
    """Time a step on conversations that are padded, and packed into fewer rows."""
    lengths = (
        (torch.randn(16, generator=torch.Generator().manual_seed(2)) * 0.8 + 3.8)
        .exp()
        .clamp(8, 300)
        .int()
        .tolist()
    )
    model, batch = small_model(size), batch_of(lengths, 0.4, 4000)
    packed = copy.deepcopy(model)
    packed.packing = True
    share = sum(lengths) / (len(lengths) * max(lengths))
    title = (
        f"packing, {size}: 16 conversations of {min(lengths)} to {max(lengths)} words, "
        f"{share:.0%} of the padded batch is words"
    )
    compare(title, {"padded": lambda: step(model, batch), "packed": lambda: step(packed, batch)})


PARTS: dict[str, tuple[Callable[[str], None], tuple[str, ...]]] = {
    "head": (head, ("nano", "middle", "large vocabulary")),
    "frozen": (frozen, ("nano", "middle")),
    "bfloat16": (bfloat16, ("nano", "middle")),
    "compiled": (compiled, ("nano", "middle")),
    "packing": (packing, ("nano", "middle")),
}


def main() -> None:
    """Time the parts that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PARTS)
    only = parser.parse_args().only
    for name, (part, sizes) in PARTS.items():
        for size in sizes if only in (None, name) else ():
            part(size)


if __name__ == "__main__":
    main()
