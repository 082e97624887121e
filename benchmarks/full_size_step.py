"""Optimiser steps of the whole 3.0 B-parameter model from random weights, stage 1 and stage 2, on
one GPU: samples a second and memory.

    PYTHONPATH=src python benchmarks/full_size_step.py [--batch 8] [--passes 4] [--steps 3] \
        [--stage 1] [--keep-activations] [--liger] [--peak 989]

The log of a finalist of the challenge has 45.2 (stage 1) and 13.4 samples/s (stage 2) on four GPUs
of a kind it does not name, loading included; here nothing is loaded. Made-up pictures at 768
pixels, conversations of 40 words in stage 1 and 200 in stage 2. Stage 2 without sharding needs
about 45 GB for weights, gradients and AdamW's state before any activation.

The share of the card's peak is of the operations that the model needs: what gradient checkpointing
computes twice counts once. Measured numbers stand in benchmarks/README.md.
tests/models/training/test_full_size_step.py runs this code on a tiny model.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

import bettersynth.models.architecture  # noqa: F401 (before transformers' models: see there)
from bettersynth.models.architecture.configuration import MiniGeminiConfig
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.splicing import IGNORE_INDEX, IMAGE_TOKEN_INDEX
from bettersynth.models.architecture.vision_tower import VisionTower
from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux
from bettersynth.models.devices.attention import choose_attention
from bettersynth.models.devices.precision import choose_precision
from bettersynth.models.training.freezing import freeze, store_frozen_in_half
from bettersynth.models.training.liger import use_liger
from bettersynth.models.training.optimizer import build_optimizer
from bettersynth.models.training.parameter_groups import parameter_groups

MGM_2B = {
    "model_type": "mgm_gemma",
    "vocab_size": 256000,
    "hidden_size": 2048,
    "intermediate_size": 16384,
    "num_hidden_layers": 18,
    "num_attention_heads": 8,
    "num_key_value_heads": 1,
    "head_dim": 256,
    "max_position_embeddings": 8192,
    "hidden_act": "gelu",
    "mm_hidden_size": 1024,
    "mm_hidden_size_aux": 2880,
    "image_size_aux": 768,
}
CLIP_L = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": 336,
    "patch_size": 14,
}
CONVNEXT_L = ((192, 384, 768, 1536), (3, 3, 27, 3))
WORDS, RATES, REFERENCE = {1: 40, 2: 200}, {1: 1e-3, 2: 2e-5}, {1: 45.2, 2: 13.4}


class Timing(NamedTuple):
    """`loss` of the last step; `bytes` is the most that was allocated on the GPU at once (0 on
    CPU); `operations` is what one sample needs, in floating-point operations.
    """

    samples_per_second: float
    loss: float
    bytes: int
    operations: float


def full_model(device: torch.device, precision: str) -> MiniGemini:
    """Return MGM-2B with random weights on the device."""
    from transformers import CLIPVisionConfig

    torch.manual_seed(0)
    with device:
        towers = VisionTower(CLIPVisionConfig(**CLIP_L)), VisionTowerAux(*CONVNEXT_L)
        return MiniGemini(
            MiniGeminiConfig.from_dict(MGM_2B), *towers, choose_attention("auto", precision)
        )


def made_up_batch(
    model: MiniGemini, rows: int, words: int, sides: tuple[int, int]
) -> dict[str, Tensor]:
    """Return one picture and `words` tokens a row, the last third supervised.

    `sides` are the pixels of both resolutions. `input_ids` and `labels` are int `[rows, words]`,
    `images` and `images_aux` float `[rows, 3, side, side]`.
    """
    device = model.device
    ids = torch.randint(3, model.config.vocab_size, (rows, words), device=device)
    ids[:, 4] = IMAGE_TOKEN_INDEX
    labels = torch.full_like(ids, IGNORE_INDEX)
    labels[:, -words // 3 :] = ids[:, -words // 3 :]
    low, high = (torch.randn(rows, 3, side, side, device=device) for side in sides)
    return {"input_ids": ids, "labels": labels, "images": low, "images_aux": high}


def autocast(model: MiniGemini, precision: str) -> torch.autocast:
    """Return the context in which the Trainer runs a pass."""
    return torch.autocast(
        model.device.type, dtype=getattr(torch, precision), enabled=precision != "float32"
    )


def operations_a_sample(model: MiniGemini, stage: int, batch: dict[str, Tensor]) -> float:
    """Return the floating-point operations that a training sample needs.

    Twice the forward pass of what stands behind the towers in stage 1, where no gradient of a
    weight of the decoder is needed, three times in stage 2. The towers run forward alone.
    """
    # torch's counter does not know attention with fewer keys than queries
    attention = model.config._attn_implementation
    model.language_model.set_attn_implementation("eager")
    with torch.no_grad():
        with FlopCounterMode(display=False) as of_all:
            model(**batch)
        with FlopCounterMode(display=False) as of_towers:
            model.tower_features(batch["images"], batch["images_aux"])
    model.language_model.set_attn_implementation(attention)
    towers = of_towers.get_total_flops()
    rest = of_all.get_total_flops() - towers
    passes = 2 if stage == 1 else 3
    return (towers + passes * rest) / len(batch["input_ids"])


def time_stage(
    model: MiniGemini,
    stage: int,
    rows: int,
    passes: int,
    steps: int,
    precision: str,
    keep_activations: bool = False,
) -> Timing:
    """Time `steps` optimiser steps of `passes` forward and backward passes of `rows` rows (the
    median; one step before is not counted).
    """
    freeze(model, tune_mm_mlp_adapter=stage == 1)
    if precision == "bfloat16":
        store_frozen_in_half(model)
    model.train()
    if not keep_activations:
        model.language_model.activation_checkpointing_enable({"use_reentrant": False})
    optimizer = build_optimizer("adamw", parameter_groups(model, RATES[stage]))
    cuda = model.device.type == "cuda"
    assert model.vision_tower is not None and model.architecture.image_size_aux is not None
    batch = made_up_batch(
        model,
        rows,
        WORDS[stage],
        (model.vision_tower.config.image_size, model.architecture.image_size_aux),
    )
    with autocast(model, precision):
        operations = operations_a_sample(model, stage, batch)
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    seconds, loss = [], torch.zeros(())
    for _ in range(steps + 1):
        if cuda:
            torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(passes):
            with autocast(model, precision):
                loss = model(**batch).loss / passes
            loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        if cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    peak = torch.cuda.max_memory_allocated() if cuda else 0
    rate = rows * passes / statistics.median(seconds[1:])
    return Timing(rate, float(loss.detach()) * passes, peak, operations)


def main() -> None:
    """Time optimiser steps of the whole model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--batch", type=int, default=8, help="rows a pass")
    parser.add_argument("--passes", type=int, default=4, help="passes a step")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--keep-activations", action="store_true", help="no gradient checkpointing")
    parser.add_argument("--liger", action="store_true", help="as liger_kernel: true")
    parser.add_argument("--peak", type=float, default=989.0, help="the card's TFLOP/s in bfloat16")
    parser.add_argument("--stage", type=int, choices=[1, 2], default=None, help="default: both")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        print(
            "full_size_step needs a GPU of 40 GB (stage 1) or 80 GB (stage 2); there is none here"
        )
        return
    device, precision = torch.device("cuda"), choose_precision("auto")
    for stage in (1, 2) if arguments.stage is None else (arguments.stage,):
        model = full_model(device, precision)
        if arguments.liger:
            use_liger(model.language_model)
        if stage == 1:
            print(
                f"{torch.cuda.get_device_name()}, {precision}, "
                f"{model.config._attn_implementation}, "
                f"{sum(p.numel() for p in model.parameters()):,} parameters"
            )
        found = time_stage(
            model,
            stage,
            arguments.batch,
            arguments.passes,
            arguments.steps,
            precision,
            arguments.keep_activations,
        )
        share = found.samples_per_second * found.operations / arguments.peak / 1e12
        print(
            f"stage {stage}: {found.samples_per_second:.1f} samples/s on one GPU (reference "
            f"log: {REFERENCE[stage]} on four), "
            f"{found.bytes / 2**30:.1f} GiB at most, {found.operations / 1e12:.1f} TFLOP a "
            f"sample, {share:.1%} of {arguments.peak:.0f} TFLOP/s, loss {found.loss:.2f}",
            flush=True,
        )
        del model
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
