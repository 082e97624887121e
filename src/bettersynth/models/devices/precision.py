"""Number types: which one this machine computes in, and parameters in another."""

from __future__ import annotations

import torch
from torch import nn

from bettersynth.errors import UserError
from bettersynth.settings.training import Precision

# CUDA's first number for the cards that compute in bfloat16 and TF32
AMPERE = 8


def has_ampere() -> bool:
    """Return whether there is a GPU, and one of Ampere's generation or later."""
    return torch.cuda.is_available() and torch.cuda.get_device_capability()[0] >= AMPERE


def choose_precision(name: Precision) -> Precision:
    """Return the precision that `name` asks for.

    `auto` takes bfloat16 where the GPU computes in it, float16 on older ones, else float32.
    """
    if name != "auto":
        return name
    if not torch.cuda.is_available():
        return "float32"
    return "bfloat16" if has_ampere() else "float16"


def training_precision(name: Precision) -> Precision:
    """Return the precision to train in.

    Raises:
        UserError: float16 without a GPU.
    """
    precision = choose_precision(name)
    if precision == "float16" and not torch.cuda.is_available():
        raise UserError("precision float16 needs a GPU; on CPU use float32 or bfloat16")
    return precision


def tensor_float() -> bool | None:
    """Return whether float32 products run as TF32, as the reference's do.

    None stands for where there is no TF32: asking for it is an error there.
    """
    return True if has_ampere() else None


def cast_parameters(module: nn.Module, dtype: torch.dtype) -> None:
    """Convert the frozen float parameters in place.

    Buffers stay: rotary frequencies in 8 bits of mantissa would bend positions.
    """
    for parameter in module.parameters():
        if not parameter.requires_grad and parameter.is_floating_point():
            parameter.data = parameter.data.to(dtype)
