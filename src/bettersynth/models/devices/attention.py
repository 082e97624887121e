"""Which implementation of attention runs here."""

from __future__ import annotations

import torch

from bettersynth.errors import UserError
from bettersynth.models.devices.precision import has_ampere

IMPLEMENTATIONS = ("auto", "sdpa", "eager", "flash_attention_2")


def choose_attention(name: str, precision: str, packing: bool = False) -> str:
    """Return the attention implementation that `name` asks for.

    `auto` takes flash_attention_2 where package, card and settings allow it, else sdpa.

    Raises:
        UserError: an unknown name, or flash_attention_2 where it cannot run.
    """
    if name not in IMPLEMENTATIONS:
        raise UserError(
            f"attn_implementation is {name!r}; allowed: auto, sdpa, eager, flash_attention_2"
        )
    if name in ("sdpa", "eager"):
        return name
    obstacle = _flash_attention_obstacle(precision, packing)
    if name == "flash_attention_2" and obstacle:
        raise UserError(
            f"attn_implementation flash_attention_2 cannot run: {obstacle}; use auto or sdpa"
        )
    return "sdpa" if obstacle else "flash_attention_2"


def _flash_attention_obstacle(precision: str, packing: bool) -> str:
    """Return why flash attention cannot run, "" where it can."""
    if not torch.cuda.is_available():
        return "there is no GPU"
    if not has_ampere():
        return f"{torch.cuda.get_device_name()} is older than Ampere"
    if precision == "float32":
        return "precision is float32; it needs bfloat16 or float16"
    if packing:
        return "packing needs a block mask, which it does not take"
    if not _flash_attention_imports():
        return "the package flash-attn is not installed"
    return ""


def _flash_attention_imports() -> bool:
    try:
        import flash_attn  # noqa: F401
    except ImportError:
        # absent, or built for another torch
        return False
    return True
