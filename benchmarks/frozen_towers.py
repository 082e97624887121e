"""Frozen towers and cached features against towers that run, or learn, in every step: stage 1,
forward and backward.

    PYTHONPATH=src python benchmarks/frozen_towers.py     (about 1 minute on one core)

Towers of middling size with random weights (a 12-layer ViT of width 384 at 224 pixels, ConvNeXt-T
at 256), a 5.7M decoder, 4 pictures. With the reference's own towers the ratio is larger, but their
features take 27 MB a picture.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from ratios import compare
from torch import Tensor
from training_step import SIZES, batch_of

from bettersynth.models.architecture.configuration import MiniGeminiConfig
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.architecture.vision_tower import VisionTower
from bettersynth.models.architecture.vision_tower_aux import VisionTowerAux
from bettersynth.models.training.freezing import freeze

WIDTHS = (96, 192, 384, 768)


def model_with_towers(learn: bool) -> MiniGemini:
    """A stage-1 model; `learn` also trains what the reference's flags can train of the towers."""
    from transformers import CLIPVisionConfig

    torch.manual_seed(0)
    clip = CLIPVisionConfig(
        hidden_size=384,
        intermediate_size=1536,
        num_hidden_layers=12,
        num_attention_heads=6,
        image_size=224,
        patch_size=14,
    )
    settings = {
        "model_type": "mgm_gemma",
        "mm_hidden_size": 384,
        "mm_hidden_size_aux": sum(WIDTHS),
        **SIZES["middle"],
    }
    towers = VisionTower(clip), VisionTowerAux(WIDTHS, (3, 3, 9, 3))
    model = MiniGemini(
        MiniGeminiConfig.from_dict({**settings, "num_key_value_heads": 8}), *towers
    ).train()
    freeze(
        model,
        tune_mm_mlp_adapter=True,
        optimize_vision_tower=learn,
        optimize_vision_tower_aux=learn,
    )
    return model


def main() -> None:
    """Time a training step with cached features, and with towers."""
    batch = batch_of([64] * 4, 0.3, 4000)
    batch = {name: value for name, value in batch.items() if name not in ("low_res", "high_res")}
    pixels = {"images": torch.randn(4, 3, 224, 224), "images_aux": torch.randn(4, 3, 256, 256)}
    learning, frozen = model_with_towers(True), model_with_towers(False)

    def step(model: MiniGemini, **pictures: Tensor) -> dict[str, Tensor]:
        model.zero_grad()
        loss = model(**batch, **pictures).loss
        loss.backward()
        return {"loss": loss, "gradient": model.mm_projector[0].weight.grad}

    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        names = [Path(folder) / f"{name}.npy" for name in ("low_res", "high_res")]
        for path, value in zip(names, frozen.tower_features(**pixels), strict=True):
            np.save(path, value.numpy().astype(np.float16))
        cached = [np.load(path, mmap_mode="r") for path in names]

        def from_cache() -> dict[str, Tensor]:
            low_res, high_res = (torch.from_numpy(array.astype(np.float32)) for array in cached)
            return step(frozen, low_res=low_res, high_res=high_res)

        with torch.enable_grad():
            forms = {
                "towers learn (last layers)": lambda: step(learning, **pixels),
                "frozen towers, run each step": lambda: step(frozen, **pixels),
                "cached features (float16)": from_cache,
            }
            compare("towers in stage 1, 4 pictures", forms)


if __name__ == "__main__":
    main()
