"""Liger's fused kernels in a decoder of transformers: fewer passes over memory on a GPU."""

from __future__ import annotations

import importlib.util

import torch
from torch import nn

from bettersynth.errors import UserError

# activations whose gated form Liger computes; it knows no exact GELU, which Gemma has in upstream
TANH_GELU = "gelu_pytorch_tanh"


def require_liger() -> None:
    """Check that Liger's kernels can run here.

    Raises:
        UserError: the package is not installed, or there is no GPU.
    """
    if importlib.util.find_spec("liger_kernel") is None:
        raise UserError(
            "liger_kernel is true, but the package liger-kernel is not installed; pip install -e "
            "'.[liger]', or set it to false"
        )
    if not torch.cuda.is_available():
        raise UserError("liger_kernel is true, but there is no GPU; set it to false")


def use_liger(decoder: nn.Module) -> None:
    """Let Liger compute norms, rotary positions and gated maps of a decoder, in place.

    Parameters and their names stay. The loss stays torch's: `next_token_loss` already sees the
    supervised positions alone. A gated map with exact GELU stays torch's too.

    Raises:
        UserError: as `require_liger`.
    """
    require_liger()
    # what transformers' own Trainer calls for `use_liger_kernel`
    from liger_kernel.transformers import _apply_liger_kernel_to_instance

    _apply_liger_kernel_to_instance(
        model=decoder,
        cross_entropy=False,
        fused_linear_cross_entropy=False,
        geglu=decoder.config.hidden_act == TANH_GELU,
    )
