"""A tiny Stable Diffusion pipeline with random weights, saved in the real format."""

from __future__ import annotations

from pathlib import Path

import torch

from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

TOKENIZER = Path(__file__).parents[1] / "fixtures" / "operators" / "clip_tiny"


def save_diffusion(folder: Path) -> Path:
    """Write a pipeline of text encoder, denoiser and autoencoder; pictures are multiples of 8."""
    declare_missing_schemas()
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

    torch.manual_seed(0)
    tokenizer = CLIPTokenizer.from_pretrained(TOKENIZER)
    size = {
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    words = CLIPTextModel(
        CLIPTextConfig(
            **size,
            vocab_size=len(tokenizer),
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    blocks = {"block_out_channels": (8, 16), "norm_num_groups": 4, "layers_per_block": 1}
    unet = UNet2DConditionModel(
        sample_size=16,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16,
        attention_head_dim=2,
        **blocks,
    )
    encoder = {
        "down_block_types": ("DownEncoderBlock2D",) * 2,
        "up_block_types": ("UpDecoderBlock2D",) * 2,
    }
    autoencoder = AutoencoderKL(latent_channels=4, sample_size=32, **encoder, **blocks)
    parts = {
        "vae": autoencoder,
        "text_encoder": words,
        "tokenizer": tokenizer,
        "unet": unet,
        "scheduler": DDIMScheduler(steps_offset=1, clip_sample=False),
    }
    made = StableDiffusionPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )
    made.save_pretrained(folder)
    return folder
