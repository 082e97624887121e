"""Muon whose orthogonalisation runs in float32 on CPUs.

torch's Muon computes it in bfloat16, which pays on GPUs. A CPU without bfloat16 instructions (AVX2)
emulates them: 1.3 instead of 60 GFLOPS, nine tenths of stage 1's time. CPUs with them gain little
at these sizes, and a result should not depend on which of the two CPUs computed it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


class Muon(torch.optim.Muon):
    """torch's Muon with its settings and its state; on CPUs only the update's precision differs."""

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every matrix once; returns the closure's loss, if there is a closure."""
        on_cpu = all(matrix.device.type == "cpu" for matrix in self._matrices())
        if not on_cpu:
            return super().step(closure)
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is not None:
                    self._step_one(matrix, group)
        return loss

    def _matrices(self) -> list[Tensor]:
        matrices: list[Tensor] = []
        for group in self.param_groups:
            matrices += group["params"]
        return matrices

    def _step_one(self, matrix: Tensor, group: dict[str, Any]) -> None:
        """Change `matrix` `[rows, columns]` in place, as torch.optim.Muon does in other precision.

        Source: torch 2.13, torch/optim/_muon.py.
        """
        state = self.state[matrix]
        momentum = group["momentum"]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(matrix.grad)
        average = state["momentum_buffer"].lerp_(matrix.grad, 1 - momentum)
        # Nesterov: look ahead along the average before orthogonalising
        direction = matrix.grad.lerp(average, momentum) if group["nesterov"] else average
        update = orthogonalised(
            direction.float(), group["ns_coefficients"], group["ns_steps"], group["eps"]
        )
        rows, columns = matrix.shape
        if group["adjust_lr_fn"] == "match_rms_adamw":
            # so that an entry's update is about as large as AdamW's: arXiv 2502.16982
            scale = 0.2 * math.sqrt(max(rows, columns))
        else:
            scale = math.sqrt(max(1, rows / columns))
        # decay before the step and beside it, as in AdamW
        matrix.mul_(1 - group["lr"] * group["weight_decay"])
        matrix.add_(update.to(matrix.dtype), alpha=-group["lr"] * scale)


def orthogonalised(
    matrix: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Tensor:
    """Return about U V^T of `matrix` = U S V^T, both `[rows, columns]`, by Newton-Schulz steps.

    The singular values of the result lie between about 0.7 and 1.2.

    Source: Keller Jordan's Muon, as torch.optim.Muon has it.
    """
    linear, cubic, quintic = coefficients
    is_tall = matrix.size(0) > matrix.size(1)
    # the Gram matrix of the shorter side is the smaller one
    wide = matrix.T if is_tall else matrix
    # all singular values to at most 1, where the polynomial below drives them towards 1
    wide = wide / wide.norm().clamp(min=eps)
    for _ in range(steps):
        gram = wide @ wide.T  # [shorter, shorter]
        # S -> linear S + cubic S^3 + quintic S^5 on the singular values
        polynomial = torch.addmm(gram, gram, gram, beta=cubic, alpha=quintic)
        wide = torch.addmm(wide, polynomial, wide, beta=linear)
    return wide.T if is_tall else wide
