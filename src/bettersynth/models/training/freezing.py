"""Which parameters a stage trains, and how the others are held."""

from __future__ import annotations

import torch
from torch import nn

from bettersynth.models.architecture.image_bounds import train_bounds_alone
from bettersynth.models.architecture.mini_gemini import MiniGemini
from bettersynth.models.devices.precision import cast_parameters


def freeze(
    model: MiniGemini,
    tune_mm_mlp_adapter: bool = False,
    freeze_mm_mlp_adapter: bool = False,
    freeze_backbone: bool = False,
    optimize_vision_tower: bool = False,
    optimize_vision_tower_aux: bool = False,
) -> list[str]:
    """Set `requires_grad` by the reference's flags and return the names of what is trained.

    Stage 1 is `tune_mm_mlp_adapter` (projector, mining, and the embeddings of the tokens around
    pictures where such have a table of their own), stage 2 none of them (those and the language
    model). Towers are frozen but for the last half of CLIP's layers with
    `optimize_vision_tower`, the last block of each ConvNeXt stage with `..._aux`.
    """
    # from the whole to its parts: each line below overrules the one before
    model.requires_grad_(not tune_mm_mlp_adapter)
    model.mm_projector.requires_grad_(not freeze_mm_mlp_adapter)
    # mining has no flag of its own in the reference: it is trained in both stages
    model.mining.requires_grad_(True)
    if tune_mm_mlp_adapter:
        train_bounds_alone(model)
    if freeze_backbone:
        model.language_model.model.requires_grad_(False)
    tower = model.vision_tower
    if tower is not None:
        tower.requires_grad_(False)
        # the tower's own switch: without it its forward pass keeps no graph
        tower.trainable = optimize_vision_tower
        if optimize_vision_tower:
            layers = tower.clip.encoder.layers
            # the rounded-down half that is nearest to the output
            layers[len(layers) - len(layers) // 2 :].requires_grad_(True)
    tower_aux = model.vision_tower_aux
    if tower_aux is not None:
        tower_aux.requires_grad_(False)
        tower_aux.trainable = optimize_vision_tower_aux
        if optimize_vision_tower_aux:
            for stage in tower_aux.vision_stages:
                # the reference's choice: one block a stage
                stage.blocks[-1].requires_grad_(True)
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


def trained_share(model: nn.Module) -> tuple[int, int]:
    """Return the numbers of trained and of all parameters."""
    trained = 0
    total = 0
    for parameter in model.parameters():
        total += parameter.numel()
        if parameter.requires_grad:
            trained += parameter.numel()
    return trained, total


def store_frozen_in_half(model: MiniGemini) -> None:
    """Keep towers and decoder in bfloat16 where nothing of them but adapters is trained.

    That is half of the memory, and autocast computes in it anyway. Not for float16: Gemma's hidden
    states leave its range, so float32 weights keep the residual stream in float32 there.
    """
    for part in (model.vision_tower, model.vision_tower_aux, model.language_model):
        if part is not None and _trains_adapters_alone(part):
            cast_parameters(part, torch.bfloat16)


def _trains_adapters_alone(part: nn.Module) -> bool:
    trained = [name for name, parameter in part.named_parameters() if parameter.requires_grad]
    return all(".lora_" in name for name in trained)
